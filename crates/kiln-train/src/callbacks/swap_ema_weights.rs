//! Evaluates with the averages of the weights.

use super::{Callback, Controls, Flow};
use crate::fit::{Logs, State};
use kiln_core::Result;

/// Exchanges the weights with the running averages that an optimizer with `use_ema(true)` keeps, before each evaluation and prediction,
/// and back after it. With `swap_on_epoch(true)` the averages also stand in the model at the end of each epoch, for callbacks that come
/// later, such as a `ModelCheckpoint`. Keras: `keras/src/callbacks/swap_ema_weights.py`.
///
/// ```
/// use kiln_train::callbacks::SwapEmaWeights;
/// let callback = SwapEmaWeights::new().swap_on_epoch(true);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct SwapEmaWeights {
    swap_on_epoch: bool,
    averaged: bool,
}

impl SwapEmaWeights {
    /// Swaps around evaluations and predictions.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether to swap at the ends and beginnings of epochs, too. Default false.
    pub fn swap_on_epoch(mut self, swap: bool) -> Self {
        self.swap_on_epoch = swap;
        self
    }

    fn swap(&mut self, averaged: bool, model: &mut dyn Controls) -> Result<Flow> {
        if self.averaged != averaged {
            model.swap_averages()?;
            self.averaged = averaged;
        }
        Ok(Flow::Continue)
    }
}

impl Callback for SwapEmaWeights {
    fn on_train_begin(&mut self, _: &mut dyn Controls) -> Result<Flow> {
        self.averaged = false;
        Ok(Flow::Continue)
    }
    fn on_epoch_begin(&mut self, _: usize, model: &mut dyn Controls) -> Result<Flow> {
        self.swap(false, model)
    }
    fn on_epoch_end(&mut self, _: usize, _: &mut Logs, model: &mut dyn Controls) -> Result<Flow> {
        if self.swap_on_epoch { self.swap(true, model) } else { Ok(Flow::Continue) }
    }
    fn on_test_begin(&mut self, model: &mut dyn Controls) -> Result<Flow> {
        self.swap(true, model)
    }
    fn on_test_end(&mut self, _: &Logs, model: &mut dyn Controls) -> Result<()> {
        self.swap(false, model).map(|_| ())
    }
    fn on_predict_begin(&mut self, model: &mut dyn Controls) -> Result<Flow> {
        self.swap(true, model)
    }
    fn on_predict_end(&mut self, model: &mut dyn Controls) -> Result<()> {
        self.swap(false, model).map(|_| ())
    }
    fn state(&self) -> Result<State> {
        let mut state = State::new();
        state.set("averaged", &self.averaged);
        Ok(state)
    }
    fn restore(&mut self, state: &State, _: &mut dyn Controls) -> Result<()> {
        state.read("averaged", &mut self.averaged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::callbacks::double::{Double, epochs};

    #[test]
    fn swaps_there_and_back() {
        let mut model = Double::default();
        epochs(&mut SwapEmaWeights::new(), &mut model, "loss", &[1.0, 1.0]);
        assert_eq!(model.swaps, 0);
        epochs(&mut SwapEmaWeights::new().swap_on_epoch(true), &mut model, "loss", &[1.0, 1.0]);
        assert_eq!(model.swaps, 3);
        let mut callback = SwapEmaWeights::new();
        callback.on_test_begin(&mut model).unwrap();
        assert_eq!(model.swaps, 4);
        callback.on_test_end(&Logs::new(), &mut model).unwrap();
        callback.on_predict_begin(&mut model).unwrap();
        callback.on_predict_end(&mut model).unwrap();
        assert_eq!(model.swaps, 7);
    }
}
