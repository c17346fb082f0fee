//! One step of an optimizer.

use super::gradients::{Accumulate, GlobalNorm};
use super::mapper::{Compare, Paths, Step};
use super::optimizer::{Engine, Optimizer};
use super::{At, Clip, First, Trained};
use burn::module::Module;
use burn::optim::GradientsParams;
use kiln_core::{Error, Result, Tensor};

impl Optimizer {
    /// One step: updates every weight of `module` that has a gradient. Weights without one stay as they are. The gradients
    /// are those of the loss after [`Optimizer::scale_loss`].
    ///
    /// The module comes by value, so that weights can be updated in place.
    ///
    /// # Errors
    /// Loaded slots of another model, a weight that two patterns of a `MultiOptimizer` match, or a rule that changes a
    /// weight's shape. All but the last are found before any weight is touched.
    pub fn apply<M: Module>(&mut self, gradients: GradientsParams, module: M) -> Result<M> {
        self.prepare(&module)?;
        self.step(gradients, module)
    }

    /// Hands loaded state to where it belongs, and compares it with the weights.
    pub(crate) fn prepare<M: Module>(&mut self, module: &M) -> Result<()> {
        let kept = self.kept();
        match &mut self.engine {
            Engine::Multi(multi) => multi.prepare(self.iterations, module),
            Engine::Rule { rule, memories } if self.loaded => {
                let paths = if rule.reads_paths() { Paths::list(module) } else { Paths::default() };
                Compare::all(kept.beside(&**rule), memories, &paths, module)
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn step<M: Module>(&mut self, mut gradients: GradientsParams, module: M) -> Result<M> {
        if let Some(scale) = &mut self.loss_scale
            && !scale.unscale(&mut gradients, &module)
        {
            return Ok(module);
        }
        if self.swapped {
            let what = "the weights have changed places with their averages, which are not trained";
            return Err(Error::order(self.name(), what).hint("swap them back before the step"));
        }
        let rate = self.learning_rate();
        let module = match &mut self.engine {
            Engine::Burn(optimizer) => optimizer.step(rate, module, gradients),
            Engine::Multi(multi) => multi.step(gradients, module)?,
            Engine::Rule { .. } => self.update(gradients, module)?,
        };
        self.loaded = false;
        self.iterations += 1;
        Ok(module)
    }

    fn update<M: Module>(&mut self, mut gradients: GradientsParams, module: M) -> Result<M> {
        let (learning_rate, kept) = (self.learning_rate(), self.kept());
        let (average, accumulation, iterations, clip) = (self.average, self.accumulation, self.iterations, self.clip);
        let Engine::Rule { rule, memories } = &mut self.engine else { return Ok(module) };
        let parts = kept.beside(&**rule);
        let loaded = self.loaded;
        let by_path = self.decay.except.is_some() || rule.reads_paths();
        let paths = if by_path { Paths::list(&module) } else { Paths::default() };
        if let Some(steps) = accumulation {
            let update = (iterations + 1).is_multiple_of(steps).then_some(steps);
            module.visit(&mut Accumulate { gradients: &mut gradients, memories, parts, paths: &paths, update, loaded });
            if update.is_none() && average.is_none() {
                return Ok(module);
            }
        }
        let global_norm = matches!(clip, Some(Clip::GlobalNorm(_))).then(|| GlobalNorm::of(&gradients, &module));
        // Rules count updates, schedules count steps.
        let at = At { learning_rate, step: iterations / accumulation.unwrap_or(1) + 1, first: First::default() };
        let decay = &self.decay;
        let mut step = Step { parts, memories, paths: &paths, gradients, clip, global_norm, decay, average, at, loaded, result: Ok(()) };
        let module = module.map(&mut step);
        step.result?;
        Ok(module)
    }

    /// The loss multiplied by the loss scale, where there is one: what gradients are to be computed from.
    ///
    /// ```
    /// use kiln_core::Tensor;
    /// use kiln_train::optimizers::{IntoOptimizer, Sgd};
    /// let sgd = Sgd::new().loss_scale_factor(8.0).into_optimizer()?;
    /// assert_eq!(sgd.scale_loss(Tensor::constant(0.5)).item(), 4.0);
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn scale_loss(&self, loss: Tensor) -> Tensor {
        match self.loss_scale {
            Some(scale) => loss * scale.factor(),
            None => loss,
        }
    }

    /// One step down the gradient of a scalar `loss`, for a Burn module or a model. On an error it stays as it was.
    ///
    /// # Errors
    /// A loss that isn't one float or depends on no weight of the module, and those of [`Optimizer::apply`].
    ///
    /// ```
    /// use burn::module::{Module, Param};
    /// use kiln_core::{Device, Tensor};
    /// use kiln_train::optimizers::{IntoOptimizer, Sgd};
    ///
    /// #[derive(Module, Debug)]
    /// struct Line {
    ///     slope: Param<burn::Tensor<1>>,
    /// }
    /// let device = Device::flex().autodiff();
    /// let mut line = Line { slope: Param::from_tensor(burn::Tensor::from_floats([1.0], device.burn())) };
    /// let mut optimizer = Sgd::new().learning_rate(0.5).into_optimizer()?;
    ///
    /// let loss = (Tensor::from(line.slope.val()) - 3.0).square().sum();
    /// optimizer.minimize(loss, &mut line)?;
    /// assert_eq!(Tensor::from(line.slope.val()).item(), 3.0);
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn minimize(&mut self, loss: Tensor, model: &mut impl Trained) -> Result<()> {
        if loss.len() != 1 {
            return Err(Error::shape("minimize", "a loss of one number", loss.describe()));
        }
        let none = || Error::data("minimize", "the loss depends on no trainable weight of the module");
        let loss = self.scale_loss(loss).reshape([1])?.float::<1>()?;
        if !loss.is_tracked() {
            return Err(none().hint("compute it from the module on the recording side of the device"));
        }
        let gradients = GradientsParams::from_grads(loss.backward(), model.module());
        if gradients.is_empty() {
            return Err(none());
        }
        model.change(|module| self.apply(gradients, module))
    }
}
