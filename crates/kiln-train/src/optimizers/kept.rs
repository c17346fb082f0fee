//! All that an optimizer's later steps depend on, by the paths of the weights.

use super::Trained;
use super::optimizer::{Engine, Optimizer};
use crate::fit::State;
use crate::schedules::LearningRate;
use burn::module::ParamId;
use kiln_core::{Error, Result, Tensor};
use std::collections::HashMap;

impl Optimizer {
    /// Everything it remembers, for a training that is to go on exactly: steps, slots by the paths of `model`'s weights, the learning
    /// rate unless a schedule gives it, the loss scale; of several optimizers each one's.
    ///
    /// ```
    /// use burn::module::{Module, Param};
    /// use kiln_core::{Device, Tensor};
    /// use kiln_train::optimizers::{Adam, IntoOptimizer};
    ///
    /// #[derive(Module, Debug)]
    /// struct Line {
    ///     slope: Param<burn::Tensor<1>>,
    /// }
    /// let device = Device::flex().autodiff();
    /// let mut line = Line { slope: Param::from_tensor(burn::Tensor::from_floats([1.0], device.burn())) };
    /// let mut adam = Adam::new().into_optimizer()?;
    /// adam.minimize(Tensor::from(line.slope.val()).square().sum(), &mut line)?;
    /// let state = adam.state(&line)?;
    /// let mut other = Adam::new().into_optimizer()?;
    /// other.restore(&state, &line)?;
    /// assert_eq!(other.iterations(), 1);
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// A slot of a weight that the model doesn't have; an optimizer of Burn, which keeps its state to itself.
    pub fn state(&self, model: &impl Trained) -> Result<State> {
        let paths = kiln_core::weights::list(model.module()).into_iter().map(|w| (w.id, w.path)).collect();
        self.keep(&paths)
    }

    fn keep(&self, paths: &HashMap<ParamId, String>) -> Result<State> {
        let mut state = State::new();
        state.set("name", &self.name().to_owned());
        state.set("iterations", &self.iterations);
        state.set("swapped", &self.swapped);
        state.set("loss_scale", &self.loss_scale());
        if let LearningRate::Constant(rate) = self.learning_rate {
            state.set("learning_rate", &rate);
        }
        match &self.engine {
            Engine::Burn(_) => {
                return Err(Error::order(self.name(), "the state of an optimizer of Burn can't be kept").hint("use one of Kiln's"));
            }
            Engine::Multi(multi) => {
                for (i, optimizer) in multi.optimizers.iter().enumerate() {
                    state.put(&format!("optimizers/{i}"), optimizer.keep(paths)?);
                }
            }
            Engine::Rule { .. } => {
                for (id, slot, tensor) in self.slots() {
                    let path = paths.get(&id).ok_or_else(|| Error::data(self.name(), "it remembers a weight that isn't in the model"))?;
                    state.set_tensor(&format!("slots/{path}/{slot}"), &tensor);
                }
            }
        }
        Ok(state)
    }

    /// Takes back what [`Optimizer::state`] gave, for `model`. All or nothing.
    ///
    /// # Errors
    /// The state of another optimizer, or of another model.
    pub fn restore(&mut self, state: &State, model: &impl Trained) -> Result<()> {
        let ids = kiln_core::weights::list(model.module()).into_iter().map(|w| (w.path, w.id)).collect();
        let mut restored = self.clone();
        restored.take(state, &ids)?;
        *self = restored;
        Ok(())
    }

    fn take(&mut self, state: &State, ids: &HashMap<String, ParamId>) -> Result<()> {
        let name: String = state.get("name")?;
        if name != self.name() {
            return Err(Error::data(self.name(), format!("the state that was kept is of the optimizer `{name}`")));
        }
        let iterations = state.get("iterations")?;
        match &mut self.engine {
            Engine::Burn(_) => return Err(Error::order(self.name(), "the state of an optimizer of Burn can't be kept")),
            Engine::Multi(multi) => {
                for (i, optimizer) in multi.optimizers.iter_mut().enumerate() {
                    optimizer.take(&state.part(&format!("optimizers/{i}")), ids)?;
                }
                self.iterations = iterations;
            }
            Engine::Rule { .. } => {
                let kept = state.part("slots");
                let slots = kept.tensors().map(|(name, tensor)| -> Result<(ParamId, String, Tensor)> {
                    let (path, slot) = name.rsplit_once('/').unwrap_or((name, ""));
                    let id = ids.get(path).ok_or_else(|| Error::unknown("weight of the model", path, ids.keys().map(String::as_str)))?;
                    Ok((*id, slot.to_owned(), tensor.clone()))
                });
                let slots = slots.collect::<Result<Vec<_>>>()?;
                self.load(iterations, slots)?;
            }
        }
        if let LearningRate::Constant(_) = self.learning_rate {
            self.learning_rate = LearningRate::Constant(state.get("learning_rate")?);
        }
        if let (Some(super::loss_scale::LossScale::Dynamic { .. }), Some((scale, steps))) = (self.loss_scale, state.get("loss_scale")?) {
            self.set_loss_scale(scale, steps)?;
        }
        state.read("swapped", &mut self.swapped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optimizers::{Adafactor, Adam, IntoOptimizer, LossScaleOptimizer, MultiOptimizer, RmsProp, Sgd};
    use burn::module::{Module, Param};
    use kiln_core::Device;

    #[derive(Module, Debug)]
    struct Pair {
        a: Param<burn::Tensor<2>>,
        b: Param<burn::Tensor<1>>,
    }

    fn pair() -> Pair {
        let device = Device::flex().autodiff();
        let kernel = burn::Tensor::from_floats([[1.0, 2.0, 3.0], [0.5, 0.25, 4.0]], device.burn());
        Pair { a: Param::from_tensor(kernel), b: Param::from_tensor(burn::Tensor::from_floats([1.5, -2.0], device.burn())) }
    }

    fn step(optimizer: &mut Optimizer, pair: &mut Pair, with_b: bool) {
        let (a, b) = (Tensor::from(pair.a.val()), Tensor::from(pair.b.val()));
        let loss = a.square().sum();
        let loss = if with_b { loss + b.square().sum() } else { loss };
        optimizer.minimize(loss, pair).unwrap();
    }

    fn bits(pair: &Pair) -> Vec<u32> {
        let values = [Tensor::from(pair.a.val()), Tensor::from(pair.b.val())];
        values.iter().flat_map(|t| t.to_vec::<f32>()).map(f32::to_bits).collect()
    }

    #[test]
    fn steps_after_it_are_the_same() {
        let rows: [fn() -> Result<Optimizer>; 6] = [
            || Adam::new().learning_rate(0.1).amsgrad(true).into_optimizer(),
            || Sgd::new().momentum(0.9).use_ema(true).gradient_accumulation_steps(2).into_optimizer(),
            || RmsProp::new().centered(true).momentum(0.5).into_optimizer(),
            || Adafactor::new().into_optimizer(),
            || LossScaleOptimizer::new(Adam::new()).dynamic_growth_steps(2).into_optimizer(),
            || MultiOptimizer::new(Adam::new()).with("b", Sgd::new().momentum(0.9)).into_optimizer(),
        ];
        for (row, make) in rows.iter().enumerate() {
            let (mut whole, mut optimizer) = (pair(), make().unwrap());
            // A weight that has no gradient at first: its optimizer counts fewer steps.
            (0..5).for_each(|i| step(&mut optimizer, &mut whole, i > 1));
            let (mut first, mut before) = (pair(), make().unwrap());
            (0..3).for_each(|i| step(&mut before, &mut first, i > 1));
            let state = before.state(&first).unwrap();
            let (mut second, mut after) = (pair(), make().unwrap());
            second.a = Param::from_tensor(first.a.val().inner().autodiff());
            second.b = Param::from_tensor(first.b.val().inner().autodiff());
            after.restore(&state, &second).unwrap();
            (3..5).for_each(|_| step(&mut after, &mut second, true));
            assert_eq!(bits(&second), bits(&whole), "row {row}");
            assert_eq!((after.iterations(), after.loss_scale()), (optimizer.iterations(), optimizer.loss_scale()));
        }
    }

    #[test]
    fn the_rate_that_was_set_comes_back_and_mistakes_are_errors() {
        let line = pair();
        let mut adam = Adam::new().into_optimizer().unwrap();
        adam.set_learning_rate(0.1 + 0.2).unwrap();
        let mut other = Adam::new().into_optimizer().unwrap();
        other.restore(&adam.state(&line).unwrap(), &line).unwrap();
        assert_eq!(other.learning_rate(), 0.1 + 0.2);
        let mut sgd = Sgd::new().into_optimizer().unwrap();
        let error = sgd.restore(&adam.state(&line).unwrap(), &line).unwrap_err();
        assert_eq!(error.to_string(), "sgd: the state that was kept is of the optimizer `adam`");
        let burns = Optimizer::from_burn(burn::optim::AdamConfig::new().init(), 0.1);
        assert!(burns.state(&line).is_err());
    }
}
