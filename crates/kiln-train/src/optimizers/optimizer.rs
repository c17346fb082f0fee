//! What all optimizers do: walk over the weights, clip, decay, update, count.

use super::common::Common;
use super::mapper::{Compare, GlobalNorm, Step};
use super::{At, Clip, Update};
use crate::schedules::{IntoLearningRate, LearningRate};
use burn::module::{Module, ParamId};
use burn::optim::{GradientsParams, ModuleOptimizer};
use kiln_core::{Error, Result, Tensor};
use std::collections::HashMap;
use std::fmt;

/// An update rule with its learning rate, limits on gradients, weight decay and what it remembers of each weight; or one of
/// Burn's optimizers.
///
/// One step is: clip the gradients, take `weight_decay · learning_rate` of each weight off it, update it by the rule, count.
///
/// Keras: `src/optimizers/base_optimizer.py`, class `BaseOptimizer`.
pub struct Optimizer {
    engine: Engine,
    learning_rate: LearningRate,
    weight_decay: Option<f64>,
    clip: Option<Clip>,
    iterations: u64,
    /// Slots were loaded and not yet compared with the weights.
    loaded: bool,
}

enum Engine {
    Rule { rule: Box<dyn Update>, slots: HashMap<ParamId, Vec<Tensor>> },
    Burn(Box<ModuleOptimizer>),
}

impl Clone for Engine {
    fn clone(&self) -> Self {
        match self {
            Self::Rule { rule, slots } => Self::Rule { rule: rule.boxed_clone(), slots: slots.clone() },
            Self::Burn(optimizer) => Self::Burn(optimizer.clone()),
        }
    }
}

impl Clone for Optimizer {
    fn clone(&self) -> Self {
        Self { engine: self.engine.clone(), learning_rate: self.learning_rate.clone(), ..*self }
    }
}

impl fmt::Debug for Optimizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Optimizer");
        match &self.engine {
            Engine::Rule { rule, .. } => debug.field("rule", rule),
            Engine::Burn(_) => debug.field("rule", &"burn"),
        };
        debug.field("learning_rate", &self.learning_rate).field("iterations", &self.iterations).finish_non_exhaustive()
    }
}

impl Optimizer {
    /// From a rule of your own and a learning rate: a number, a schedule or a closure.
    pub fn new(rule: impl Update, learning_rate: impl IntoLearningRate) -> Self {
        Self::of(Engine::Rule { rule: Box::new(rule), slots: HashMap::new() }, learning_rate.into_learning_rate())
    }

    /// From an optimizer of Burn, which clips and decays by its own options.
    ///
    /// ```
    /// use burn::optim::{AdamConfig, ModuleOptimizer};
    /// use kiln_train::optimizers::Optimizer;
    /// let optimizer = Optimizer::from_burn(AdamConfig::new().init(), 0.001);
    /// assert_eq!(optimizer.name(), "burn");
    /// ```
    pub fn from_burn(optimizer: ModuleOptimizer, learning_rate: impl IntoLearningRate) -> Self {
        Self::of(Engine::Burn(Box::new(optimizer)), learning_rate.into_learning_rate())
    }

    fn of(engine: Engine, learning_rate: LearningRate) -> Self {
        Self { engine, learning_rate, weight_decay: None, clip: None, iterations: 0, loaded: false }
    }

    /// From a rule and the options all rules share, checked.
    pub(crate) fn built(rule: impl Update, common: Common) -> Result<Self> {
        let clip = common.clip(rule.name())?;
        let mut optimizer = Self::new(rule, common.learning_rate);
        (optimizer.clip, optimizer.weight_decay) = (clip, common.weight_decay);
        optimizer.check()?;
        Ok(optimizer)
    }

    /// Before each update a weight loses this part of itself times the learning rate. Not for Burn's optimizers.
    pub fn weight_decay(mut self, decay: f64) -> Self {
        self.weight_decay = Some(decay);
        self
    }

    /// A limit on gradients. Not for Burn's optimizers.
    pub fn clip(mut self, clip: Clip) -> Self {
        self.clip = Some(clip);
        self
    }

    /// Whether the options make sense.
    ///
    /// # Errors
    /// The first option that is out of range.
    pub fn check(&self) -> Result<()> {
        let who = self.name();
        self.learning_rate.check(who)?;
        match &self.engine {
            Engine::Rule { rule, .. } => rule.check()?,
            Engine::Burn(_) if self.clip.is_some() || self.weight_decay.is_some() => {
                let hint = "set clipping and weight decay on the optimizer of Burn";
                return Err(Error::option(who, "clip", "unset for an optimizer of Burn", "a clip or a weight decay").hint(hint));
            }
            Engine::Burn(_) => {}
        }
        if let Some(clip) = self.clip {
            clip.check(who)?;
        }
        match self.weight_decay {
            Some(decay) if decay.is_nan() || decay < 0.0 => Err(Error::option(who, "weight_decay", "at least 0", decay)),
            _ => Ok(()),
        }
    }

    /// The rule's name, `burn` for an optimizer of Burn.
    pub fn name(&self) -> &'static str {
        match &self.engine {
            Engine::Rule { rule, .. } => rule.name(),
            Engine::Burn(_) => "burn",
        }
    }

    /// The learning rate of the next update.
    pub fn learning_rate(&self) -> f64 {
        self.learning_rate.at(self.iterations)
    }

    /// Sets the learning rate.
    ///
    /// # Errors
    /// A schedule drives it, or the rate is negative, infinite or NaN.
    pub fn set_learning_rate(&mut self, rate: f64) -> Result<()> {
        if matches!(self.learning_rate, LearningRate::Schedule(_)) {
            let error = Error::option(self.name(), "learning_rate", "left to the schedule that drives it", rate);
            return Err(error.hint("compile with a number to set it by hand"));
        }
        let rate = LearningRate::Constant(rate);
        rate.check(self.name())?;
        self.learning_rate = rate;
        Ok(())
    }

    /// The number of updates done.
    pub fn iterations(&self) -> u64 {
        self.iterations
    }

    /// The weights that have slots, the slots' names and values, in the weights' order of creation: what a file needs to
    /// go on from here, beside [`Optimizer::iterations`]. Empty for an optimizer of Burn.
    pub fn slots(&self) -> impl Iterator<Item = (ParamId, &'static str, Tensor)> {
        let mut all = Vec::new();
        if let Engine::Rule { rule, slots } = &self.engine {
            for (id, tensors) in slots {
                all.extend(rule.slots().iter().zip(tensors).map(|(name, tensor)| (*id, *name, tensor.clone())));
            }
        }
        all.sort_by_key(|(id, ..)| id.val());
        all.into_iter()
    }

    /// Takes back what [`Optimizer::iterations`] and [`Optimizer::slots`] gave. All or nothing.
    ///
    /// # Errors
    /// A slot the rule doesn't have, a weight that lacks one, or an optimizer of Burn, which has
    /// [`Optimizer::burn_mut`] for that. Shapes are compared with the weights' at the next step.
    pub fn load<N: AsRef<str>>(&mut self, iterations: u64, slots: impl IntoIterator<Item = (ParamId, N, Tensor)>) -> Result<()> {
        let who = self.name();
        let Engine::Rule { rule, slots: own } = &mut self.engine else {
            return Err(Error::order(who, "the state of an optimizer of Burn is loaded by its own methods"));
        };
        let names = rule.slots();
        let mut found: HashMap<ParamId, Vec<Option<Tensor>>> = HashMap::new();
        for (id, name, tensor) in slots {
            let Some(slot) = names.iter().position(|n| *n == name.as_ref()) else {
                return Err(Error::unknown(&format!("slot of {who}"), name.as_ref(), names.iter().copied()));
            };
            found.entry(id).or_insert_with(|| vec![None; names.len()])[slot] = Some(tensor.inner());
        }
        let mut loaded = HashMap::new();
        for (id, tensors) in found {
            let missing = tensors.iter().position(Option::is_none);
            if let Some(missing) = missing {
                return Err(Error::data(who, format!("a weight lacks its `{}`", names[missing])));
            }
            loaded.insert(id, tensors.into_iter().flatten().collect());
        }
        *own = loaded;
        (self.iterations, self.loaded) = (iterations, true);
        Ok(())
    }

    /// Burn's optimizer, when it is one; its record is its state.
    pub fn burn_mut(&mut self) -> Option<&mut ModuleOptimizer> {
        match &mut self.engine {
            Engine::Rule { .. } => None,
            Engine::Burn(optimizer) => Some(optimizer),
        }
    }

    /// One step: updates every weight of `module` that has a gradient. Weights without one stay as they are.
    ///
    /// The module comes by value, so that weights can be updated in place.
    ///
    /// # Errors
    /// Loaded slots of another model, or a rule that changes a weight's shape. Slots are compared before any weight is touched.
    pub fn apply<M: Module>(&mut self, gradients: GradientsParams, module: M) -> Result<M> {
        let at = At { learning_rate: self.learning_rate(), step: self.iterations + 1 };
        let module = match &mut self.engine {
            Engine::Burn(optimizer) => optimizer.step(at.learning_rate, module, gradients),
            Engine::Rule { rule, slots } => {
                if self.loaded {
                    let mut compare = Compare { who: rule.name(), names: rule.slots(), slots, result: Ok(()) };
                    module.visit(&mut compare);
                    compare.result?;
                }
                let global_norm = matches!(self.clip, Some(Clip::GlobalNorm(_))).then(|| {
                    let mut norm = GlobalNorm { gradients: &gradients, squares: None };
                    module.visit(&mut norm);
                    norm.value()
                });
                let (clip, weight_decay, loaded) = (self.clip, self.weight_decay, self.loaded);
                let mut step = Step { rule: &**rule, slots, gradients, clip, global_norm, weight_decay, at, loaded, result: Ok(()) };
                let module = module.map(&mut step);
                step.result?;
                module
            }
        };
        self.loaded = false;
        self.iterations += 1;
        Ok(module)
    }

    /// One step down the gradient of a scalar `loss`. On an error the module stays as it was.
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
    pub fn minimize<M: Module>(&mut self, loss: Tensor, module: &mut M) -> Result<()> {
        if loss.len() != 1 {
            return Err(Error::shape("minimize", "a loss of one number", loss.describe()));
        }
        let none = || Error::data("minimize", "the loss depends on no trainable weight of the module");
        let loss = loss.reshape([1])?.float::<1>()?;
        if !loss.is_tracked() {
            return Err(none().hint("compute it from the module on the recording side of the device"));
        }
        let gradients = GradientsParams::from_grads(loss.backward(), module);
        if gradients.is_empty() {
            return Err(none());
        }
        *module = self.apply(gradients, module.clone())?;
        Ok(())
    }
}
