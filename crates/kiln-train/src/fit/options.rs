//! The options of `fit`.

use crate::callbacks::Callback;
use kiln_core::data::{Data, IntoData, Tensors};
use kiln_core::{Error, Result, Tensor};
use std::fmt;

/// In which epochs validation runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frequency {
    /// Every n-th.
    Every(usize),
    /// In these, counted from 1.
    In(Vec<usize>),
}

impl From<usize> for Frequency {
    fn from(n: usize) -> Self {
        Self::Every(n)
    }
}
impl<const N: usize> From<[usize; N]> for Frequency {
    fn from(epochs: [usize; N]) -> Self {
        Self::In(epochs.to_vec())
    }
}

/// The options of `fit`, with Keras' names and defaults.
///
/// ```
/// use kiln_train::{Fit, callbacks::EarlyStopping};
/// let options = Fit::new().epochs(50).batch_size(64).validation_split(0.1).callback(EarlyStopping::new("val_loss").patience(3));
/// ```
pub struct Fit {
    pub(crate) epochs: usize,
    pub(crate) initial_epoch: usize,
    pub(crate) batch_size: Option<usize>,
    pub(crate) steps_per_epoch: Option<usize>,
    pub(crate) shuffle: bool,
    pub(crate) validation_split: f64,
    pub(crate) validation_data: Option<Result<Data>>,
    pub(crate) validation_batch_size: Option<usize>,
    pub(crate) validation_steps: Option<usize>,
    pub(crate) validation_freq: Frequency,
    pub(crate) class_weight: Vec<(usize, f64)>,
    /// The tensors and their names.
    pub(crate) sample_weight: Option<(Vec<Tensor>, Vec<String>)>,
    pub(crate) callbacks: Vec<Box<dyn Callback>>,
    pub(crate) verbose: Option<u8>,
}

impl Default for Fit {
    fn default() -> Self {
        Self {
            epochs: 1,
            initial_epoch: 0,
            batch_size: None,
            steps_per_epoch: None,
            shuffle: true,
            validation_split: 0.0,
            validation_data: None,
            validation_batch_size: None,
            validation_steps: None,
            validation_freq: Frequency::Every(1),
            class_weight: Vec::new(),
            sample_weight: None,
            callbacks: Vec::new(),
            verbose: None,
        }
    }
}

impl fmt::Debug for Fit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fit").field("epochs", &self.epochs).field("batch_size", &self.batch_size).finish_non_exhaustive()
    }
}

macro_rules! setters {
    ($($(#[$doc:meta])* $name:ident: $t:ty => $value:expr;)*) => {$(
        $(#[$doc])*
        pub fn $name(mut self, $name: $t) -> Self {
            self.$name = $value;
            self
        }
    )*};
}

impl Fit {
    /// One epoch, batches of 32, shuffled, no validation.
    pub fn new() -> Self {
        Self::default()
    }

    setters! {
        /// The index of the last epoch: with `initial_epoch(3).epochs(5)`, two are run. Default 1.
        epochs: usize => epochs;
        /// The epoch to begin with, counted from 0. Default 0.
        initial_epoch: usize => initial_epoch;
        /// Samples a step. Default 32. Not for a `Dataset`, which makes its own batches.
        batch_size: usize => Some(batch_size);
        /// Steps an epoch; the next epoch goes on where this one ended. Default: all the data.
        steps_per_epoch: usize => Some(steps_per_epoch);
        /// Whether samples come in a new order in each epoch. Default true; a `Dataset` shuffles by itself.
        shuffle: bool => shuffle;
        /// The last share of the samples, taken before any shuffling, is kept for validation. Default 0.
        validation_split: f64 => validation_split;
        /// Samples a step in validation. Default: `batch_size`.
        validation_batch_size: usize => Some(validation_batch_size);
        /// Steps of a validation. Default: all the data.
        validation_steps: usize => Some(validation_steps);
        /// 0 is silent, 1 a progress bar, 2 a line an epoch. Default: a bar on a terminal, else lines.
        verbose: u8 => Some(verbose);
    }

    /// A weight for each sample, shape (n,): `&weights` for all outputs, `[&a, &b]` for each, or `[("label", &a)]` for some of them.
    pub fn sample_weight(mut self, sample_weight: impl Tensors) -> Self {
        let names = sample_weight.names();
        self.sample_weight = Some((sample_weight.tensors(), names));
        self
    }

    /// Validates on these data after each epoch; goes before `validation_split`.
    pub fn validation_data(mut self, data: impl IntoData) -> Self {
        self.validation_data = Some(data.into_data());
        self
    }

    /// In which epochs to validate: `2` for every second, `[1, 5]` for the first and the fifth. Default 1.
    pub fn validation_freq(mut self, frequency: impl Into<Frequency>) -> Self {
        self.validation_freq = frequency.into();
        self
    }

    /// The weight of each class in the loss; those not named have 1. Training only.
    pub fn class_weight(mut self, weights: impl IntoIterator<Item = (usize, f64)>) -> Self {
        self.class_weight = weights.into_iter().collect();
        self
    }

    /// Adds a callback; they run in the order they are added.
    pub fn callback(mut self, callback: impl Callback + 'static) -> Self {
        self.callbacks.push(Box::new(callback));
        self
    }

    pub(crate) fn check(&self) -> Result<()> {
        let positive = |name: &str, value: Option<usize>| match value {
            Some(0) => Err(Error::option("fit", name, "at least 1", 0)),
            _ => Ok(()),
        };
        positive("batch_size", self.batch_size)?;
        positive("steps_per_epoch", self.steps_per_epoch)?;
        positive("validation_batch_size", self.validation_batch_size)?;
        positive("validation_steps", self.validation_steps)?;
        if self.initial_epoch >= self.epochs {
            return Err(Error::option("fit", "epochs", format!("above `initial_epoch` {}", self.initial_epoch), self.epochs));
        }
        if !(0.0..1.0).contains(&self.validation_split) {
            return Err(Error::option("fit", "validation_split", "from 0 to below 1", self.validation_split));
        }
        if self.validation_freq == Frequency::Every(0) {
            return Err(Error::option("fit", "validation_freq", "at least 1", 0));
        }
        if !self.class_weight.is_empty() && self.sample_weight.is_some() {
            return Err(Error::option("fit", "class_weight", "used without `sample_weight`", "both"));
        }
        match self.class_weight.iter().find(|(_, w)| !w.is_finite() || *w < 0.0) {
            Some((class, weight)) => Err(Error::option("fit", "class_weight", "numbers from 0", format!("{weight} for class {class}"))),
            None => Ok(()),
        }
    }

    pub(crate) fn validates(&self, epoch: usize) -> bool {
        match &self.validation_freq {
            Frequency::Every(n) => (epoch + 1).is_multiple_of(*n),
            Frequency::In(epochs) => epochs.contains(&(epoch + 1)),
        }
    }
}
