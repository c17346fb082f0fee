//! Ends a training whose loss is no number.

use super::{Callback, Controls, Flow};
use crate::fit::Logs;
use kiln_core::Result;

/// Stops the training quietly when the loss is NaN or infinite; without it, `fit` returns an error that names the first layer
/// and the batch. Keras: `keras/src/callbacks/terminate_on_nan.py`.
///
/// ```
/// use kiln_train::callbacks::TerminateOnNan;
/// let callback = TerminateOnNan::new().raise_error(true);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct TerminateOnNan {
    raise_error: bool,
}

impl TerminateOnNan {
    /// The callback.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether it is an error after all, as it is without the callback. Default false.
    pub fn raise_error(mut self, raise: bool) -> Self {
        self.raise_error = raise;
        self
    }
}

impl Callback for TerminateOnNan {
    fn on_train_batch_end(&mut self, batch: usize, logs: &Logs, model: &mut dyn Controls) -> Result<Flow> {
        let invalid = logs.get("loss").is_some_and(|loss| !loss.is_finite());
        if invalid && model.params().verbose != Some(0) {
            model.say(&format!("Batch {batch}: Invalid loss, terminating training"));
        }
        Ok(if invalid { Flow::Stop(format!("batch {batch}: invalid loss")) } else { Flow::Continue })
    }

    fn accepts_nan(&self) -> bool {
        !self.raise_error
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::callbacks::double::Double;

    #[test]
    fn stops_at_what_is_no_number() {
        let mut model = Double::default();
        let mut after = |loss: f64| TerminateOnNan::new().on_train_batch_end(3, &crate::logs! { "loss" => loss }, &mut model).unwrap();
        assert_eq!(after(1.0), Flow::Continue);
        assert_eq!(after(f64::NAN), Flow::Stop("batch 3: invalid loss".into()));
        assert!(matches!(after(f64::INFINITY), Flow::Stop(_)));
        assert_eq!(model.said.len(), 2);
        assert!(TerminateOnNan::new().accepts_nan() && !TerminateOnNan::new().raise_error(true).accepts_nan());
    }
}
