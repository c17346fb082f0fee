//! The weights and their running averages change places.

use super::mapper::Taken;
use super::memory::Memories;
use super::optimizer::{Engine, Optimizer};
use burn::module::{Module, ModuleMapper, Param};
use kiln_core::{Error, Result};

/// What becomes of a weight and its average.
#[derive(Clone, Copy, PartialEq)]
enum Turn {
    /// They change places.
    Swap,
    /// The weight becomes its average.
    Overwrite,
    /// The average becomes the weight.
    Settle,
}

struct Turner<'a> {
    memories: &'a mut Memories,
    turn: Turn,
}

impl ModuleMapper for Turner<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<burn::Tensor<D>>) -> Param<burn::Tensor<D>> {
        let Some(slot) = self.memories.get_mut(&param.id).and_then(|memory| memory.average.as_mut()) else { return param };
        let Ok(average) = slot.clone().float::<D>() else { return param };
        let (taken, weight) = Taken::from(param);
        let Ok(own) = weight.clone().float::<D>() else { return taken.put(average) };
        // Loaded averages may be on another device until the next step.
        let average = average.to_device(weight.device().burn());
        match self.turn {
            Turn::Swap => {
                *slot = weight;
                taken.put(average)
            }
            Turn::Overwrite => taken.put(average),
            Turn::Settle => {
                *slot = weight;
                taken.put(own)
            }
        }
    }
}

impl Optimizer {
    fn turn<M: Module>(&mut self, module: M, turn: Turn) -> M {
        let averages = self.average.is_some();
        match &mut self.engine {
            Engine::Rule { memories, .. } if averages => module.map(&mut Turner { memories, turn }),
            Engine::Multi(multi) => multi.optimizers.iter_mut().fold(module, |module, optimizer| optimizer.turn(module, turn)),
            _ => module,
        }
    }

    /// Whether running averages are kept.
    fn averages(&self) -> bool {
        match &self.engine {
            Engine::Multi(multi) => multi.optimizers.iter().any(Self::averages),
            _ => self.average.is_some(),
        }
    }

    /// The module with the running averages in the place of its weights, where averages are kept: the end of a training.
    ///
    /// Keras: `src/optimizers/base_optimizer.py`, `finalize_variable_values`.
    pub fn finalize<M: Module>(&mut self, module: M) -> M {
        if !self.swapped {
            return self.turn(module, Turn::Overwrite);
        }
        // They are there already; the weights that were swapped out are not needed any more.
        self.swapped = false;
        self.turn(module, Turn::Settle)
    }

    /// The module whose weights have changed places with their running averages, for an evaluation; the next call changes them back.
    ///
    /// Keras: `src/callbacks/swap_ema_weights.py`.
    ///
    /// # Errors
    /// No averages are kept; then `module` is lost, so ask with [`Optimizer::check_averages`] first.
    pub fn swap_averages<M: Module>(&mut self, module: M) -> Result<M> {
        self.check_averages()?;
        self.swapped = !self.swapped;
        Ok(self.turn(module, Turn::Swap))
    }

    /// Whether averages are kept, so that they can be swapped.
    ///
    /// # Errors
    /// None are.
    pub fn check_averages(&self) -> Result<()> {
        let none = || Error::option(self.name(), "use_ema", "true for averages of the weights", false);
        if self.averages() { Ok(()) } else { Err(none()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optimizers::{IntoOptimizer, MultiOptimizer, Sgd};
    use kiln_core::{Device, Tensor};

    #[derive(Module, Debug)]
    struct Line {
        slope: Param<burn::Tensor<1>>,
    }

    impl Line {
        fn value(&self) -> f64 {
            Tensor::from(self.slope.val()).item()
        }
    }

    #[test]
    fn weights_and_averages_change_places() {
        let sgd = || Sgd::new().learning_rate(1.0).use_ema(true).ema_momentum(0.5);
        for mut optimizer in [sgd().into_optimizer().unwrap(), MultiOptimizer::new(sgd()).into_optimizer().unwrap()] {
            let device = Device::flex().autodiff();
            let mut line = Line { slope: Param::from_tensor(burn::Tensor::from_floats([0.0], device.burn())) };
            for _ in 0..2 {
                let loss = Tensor::from(line.slope.val()).sum();
                optimizer.minimize(loss, &mut line).unwrap();
            }
            assert_eq!(line.value(), -2.0);
            line = optimizer.swap_averages(line).unwrap();
            assert_eq!(line.value(), -1.5);
            let loss = Tensor::from(line.slope.val()).sum();
            assert!(optimizer.minimize(loss, &mut line).unwrap_err().to_string().contains("averages"));
            line = optimizer.swap_averages(line).unwrap();
            assert_eq!(line.value(), -2.0);
            line = optimizer.swap_averages(line).unwrap();
            line = optimizer.finalize(line);
            assert_eq!(line.value(), -1.5);
            line = optimizer.finalize(line);
            assert_eq!(line.value(), -1.5);
        }
        assert!(Sgd::new().into_optimizer().unwrap().check_averages().is_err());
    }
}
