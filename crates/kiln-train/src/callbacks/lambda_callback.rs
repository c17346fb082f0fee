//! Closures as a callback.

use super::{Callback, Controls, Flow};
use crate::fit::Logs;
use kiln_core::{Result, Tensor};
use std::fmt;

/// A closure for each station, its place in the trait, and the setter: `station(arguments) -> answer`.
macro_rules! stations {
    ($($(#[$doc:meta])* $name:ident($($arg:ident: $ty:ty),*) -> $answer:ty, $none:expr;)*) => {
        /// Runs closures between steps and epochs. Keras: `keras/src/callbacks/lambda_callback.py`.
        ///
        /// ```
        /// use kiln_train::callbacks::{Flow, LambdaCallback};
        /// let print = LambdaCallback::new().on_epoch_end(|epoch, logs, _model| {
        ///     println!("epoch {epoch}: {logs}");
        ///     Ok(Flow::Continue)
        /// });
        /// ```
        #[derive(Default)]
        pub struct LambdaCallback {
            $($name: Option<Box<dyn FnMut($($ty,)* &mut dyn Controls) -> Result<$answer> + Send>>,)*
        }

        impl LambdaCallback {
            /// Does nothing yet.
            pub fn new() -> Self {
                Self::default()
            }

            $(
                $(#[$doc])*
                pub fn $name(mut self, f: impl FnMut($($ty,)* &mut dyn Controls) -> Result<$answer> + Send + 'static) -> Self {
                    self.$name = Some(Box::new(f));
                    self
                }
            )*
        }

        impl Callback for LambdaCallback {
            $(
                fn $name(&mut self, $($arg: $ty,)* model: &mut dyn Controls) -> Result<$answer> {
                    self.$name.as_mut().map_or(Ok($none), |f| f($($arg,)* model))
                }
            )*
        }
    };
}

stations! {
    /// Before the first epoch.
    on_train_begin() -> Flow, Flow::Continue;
    /// After the last epoch.
    on_train_end(logs: &Logs) -> (), ();
    /// Before each epoch.
    on_epoch_begin(epoch: usize) -> Flow, Flow::Continue;
    /// After each epoch.
    on_epoch_end(epoch: usize, logs: &mut Logs) -> Flow, Flow::Continue;
    /// Before each training step.
    on_train_batch_begin(batch: usize) -> Flow, Flow::Continue;
    /// After each training step.
    on_train_batch_end(batch: usize, logs: &Logs) -> Flow, Flow::Continue;
    /// Before each evaluation.
    on_test_begin() -> Flow, Flow::Continue;
    /// After each evaluation.
    on_test_end(logs: &Logs) -> (), ();
    /// Before each batch of an evaluation.
    on_test_batch_begin(batch: usize) -> Flow, Flow::Continue;
    /// After each batch of an evaluation.
    on_test_batch_end(batch: usize, logs: &Logs) -> Flow, Flow::Continue;
    /// Before each prediction.
    on_predict_begin() -> Flow, Flow::Continue;
    /// After each prediction.
    on_predict_end() -> (), ();
    /// Before each batch of a prediction.
    on_predict_batch_begin(batch: usize) -> Flow, Flow::Continue;
    /// After each batch of a prediction.
    on_predict_batch_end(batch: usize, outputs: &[Tensor]) -> Flow, Flow::Continue;
}

impl fmt::Debug for LambdaCallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LambdaCallback")
    }
}
