//! An optimizer: a rule, and the options all rules share.

use super::average::Average;
use super::common::Common;
use super::decay::Decay;
use super::loss_scale::LossScale;
use super::memory::{Kept, Memories};
use super::multi::Multi;
use super::{Clip, Update};
use crate::config::Config;
use crate::schedules::{IntoLearningRate, LearningRate};
use burn::optim::ModuleOptimizer;
use kiln_core::{Error, Result};
use std::fmt;

/// An update rule with its learning rate, limits on gradients, weight decay and what it remembers of each weight; several
/// optimizers for different weights; or one of Burn's optimizers.
///
/// One step is: divide the gradients by the loss scale, gather them where they are accumulated, clip them, take
/// `weight_decay · learning_rate` of each weight off it, update it by the rule, average, count.
///
/// Keras: `src/optimizers/base_optimizer.py`, class `BaseOptimizer`.
pub struct Optimizer {
    pub(crate) engine: Engine,
    pub(crate) learning_rate: LearningRate,
    pub(crate) decay: Decay,
    pub(crate) clip: Option<Clip>,
    pub(crate) average: Option<Average>,
    pub(crate) accumulation: Option<u64>,
    pub(crate) loss_scale: Option<LossScale>,
    pub(crate) iterations: u64,
    /// Memories were loaded and not yet compared with the weights.
    pub(crate) loaded: bool,
    /// The weights and their averages have changed places.
    pub(crate) swapped: bool,
    /// Class and own options of one of Keras' optimizers.
    pub(crate) described: Option<Config>,
}

pub(crate) enum Engine {
    Rule { rule: Box<dyn Update>, memories: Memories },
    Multi(Multi),
    Burn(Box<ModuleOptimizer>),
}

impl Clone for Engine {
    fn clone(&self) -> Self {
        match self {
            Self::Rule { rule, memories } => Self::Rule { rule: rule.boxed_clone(), memories: memories.clone() },
            Self::Multi(multi) => Self::Multi(multi.clone()),
            Self::Burn(optimizer) => Self::Burn(optimizer.clone()),
        }
    }
}

impl Clone for Optimizer {
    fn clone(&self) -> Self {
        let (engine, described) = (self.engine.clone(), self.described.clone());
        Self { engine, described, learning_rate: self.learning_rate.clone(), decay: self.decay.clone(), ..*self }
    }
}

impl fmt::Debug for Optimizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Optimizer");
        match &self.engine {
            Engine::Rule { rule, .. } => debug.field("rule", rule),
            Engine::Multi(multi) => debug.field("optimizers", &multi.optimizers),
            Engine::Burn(_) => debug.field("rule", &"burn"),
        };
        debug.field("learning_rate", &self.learning_rate).field("iterations", &self.iterations).finish_non_exhaustive()
    }
}

impl Optimizer {
    /// From a rule of your own and a learning rate: a number, a schedule or a closure.
    pub fn new(rule: impl Update, learning_rate: impl IntoLearningRate) -> Self {
        Self::of(Engine::Rule { rule: Box::new(rule), memories: Memories::new() }, learning_rate.into_learning_rate())
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

    pub(crate) fn of(engine: Engine, learning_rate: LearningRate) -> Self {
        Self {
            engine,
            learning_rate,
            decay: Decay::default(),
            clip: None,
            average: None,
            accumulation: None,
            loss_scale: None,
            iterations: 0,
            loaded: false,
            swapped: false,
            described: None,
        }
    }

    /// From a rule and the options all rules share, checked.
    pub(crate) fn built(rule: impl Update, common: Common) -> Result<Self> {
        let clip = common.clip(rule.name())?;
        let optimizer = Self {
            clip,
            decay: common.decay,
            average: common.use_ema.then_some(common.average),
            accumulation: common.gradient_accumulation_steps,
            loss_scale: common.loss_scale_factor.map(LossScale::Fixed),
            ..Self::new(rule, common.learning_rate)
        };
        optimizer.check()?;
        Ok(optimizer)
    }

    /// Before each update a weight loses this part of itself times the learning rate.
    pub fn weight_decay(mut self, decay: f64) -> Self {
        self.decay.rate = Some(decay);
        self
    }

    /// Leaves weights out of the decay whose own name, `bias` or `gamma`, matches one of these regular expressions.
    pub fn exclude_from_weight_decay(mut self, names: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        self.decay.exclude(names);
        self
    }

    /// A limit on gradients.
    pub fn clip(mut self, clip: Clip) -> Self {
        self.clip = Some(clip);
        self
    }

    /// Keeps a running average of the weights of which the part `momentum` stays in a step, and makes the weights their
    /// averages after every `overwrite_frequency` updates, where that is given: Keras' `use_ema`.
    pub fn ema(mut self, momentum: f64, overwrite_frequency: Option<u64>) -> Self {
        self.average = Some(Average { momentum, overwrite_frequency });
        self
    }

    /// Multiplies the loss by this and divides the gradients by it.
    pub fn loss_scale_factor(mut self, factor: f64) -> Self {
        self.loss_scale = Some(LossScale::Fixed(factor));
        self
    }

    /// Updates the weights once in so many steps, by the mean of the gradients since; at least 2.
    pub fn gradient_accumulation_steps(mut self, steps: u64) -> Self {
        self.accumulation = Some(steps);
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
            Engine::Multi(multi) => {
                multi.check()?;
                self.refuse_options("the optimizers inside")?;
            }
            Engine::Burn(_) => self.refuse_options("the optimizer of Burn")?,
        }
        self.decay.check(who)?;
        self.clip.map_or(Ok(()), |clip| clip.check(who))?;
        self.average.map_or(Ok(()), |average| average.check(who))?;
        self.loss_scale.map_or(Ok(()), |scale| scale.check(who))?;
        match self.accumulation {
            Some(steps) if steps < 2 => Err(Error::option(who, "gradient_accumulation_steps", "at least 2", steps)),
            _ => Ok(()),
        }
    }

    /// Options of a rule don't reach through to what is no rule.
    fn refuse_options(&self, inner: &str) -> Result<()> {
        let set = [
            ("clip", self.clip.is_some()),
            ("weight_decay", self.decay.rate.is_some()),
            ("exclude_from_weight_decay", self.decay.except.is_some()),
            ("ema", self.average.is_some()),
            ("gradient_accumulation_steps", self.accumulation.is_some()),
        ];
        match set.into_iter().find(|(_, set)| *set) {
            Some((option, _)) => Err(Error::option(self.name(), option, "unset", "a value").hint(format!("set it on {inner}"))),
            None => Ok(()),
        }
    }

    /// The rule's name; `multi_optimizer`; `burn` for an optimizer of Burn.
    pub fn name(&self) -> &'static str {
        match &self.engine {
            Engine::Rule { rule, .. } => rule.name(),
            Engine::Multi(_) => "multi_optimizer",
            Engine::Burn(_) => "burn",
        }
    }

    /// The learning rate of the next step; of several optimizers that of the default one.
    pub fn learning_rate(&self) -> f64 {
        match &self.engine {
            Engine::Multi(multi) => multi.default_optimizer().map_or(f64::NAN, Self::learning_rate),
            _ => self.learning_rate.at(self.iterations),
        }
    }

    /// Sets the learning rate.
    ///
    /// # Errors
    /// A schedule drives it, there are several optimizers, or the rate is negative, infinite or NaN.
    pub fn set_learning_rate(&mut self, rate: f64) -> Result<()> {
        let (expected, hint) = match (&self.engine, &self.learning_rate) {
            (Engine::Multi(_), _) => ("left to the optimizers inside", "set it on one of `optimizers_mut`"),
            (_, LearningRate::Schedule(_)) => ("left to the schedule that drives it", "compile with a number to set it by hand"),
            (_, LearningRate::Constant(_)) => {
                let rate = LearningRate::Constant(rate);
                rate.check(self.name())?;
                self.learning_rate = rate;
                return Ok(());
            }
        };
        Err(Error::option(self.name(), "learning_rate", expected, rate).hint(hint))
    }

    /// The learning rates by the names that logs have for them: `learning_rate`, or `learning_rate_adam` … of several optimizers.
    pub fn learning_rates(&self) -> Vec<(String, f64)> {
        match &self.engine {
            Engine::Multi(multi) => multi
                .optimizers
                .iter()
                .map(|optimizer| (format!("learning_rate_{}", optimizer.name()), optimizer.learning_rate()))
                .collect(),
            _ => vec![("learning_rate".to_owned(), self.learning_rate())],
        }
    }

    /// Sets the learning rates in the same order; those that stay the same may be a schedule's. All or nothing.
    ///
    /// # Errors
    /// Another number of them, or those of [`Optimizer::set_learning_rate`].
    pub fn set_learning_rates(&mut self, rates: &[f64]) -> Result<()> {
        let Engine::Multi(multi) = &mut self.engine else {
            return match rates {
                [rate] => self.set_learning_rate(*rate),
                _ => Err(Error::option(self.name(), "learning_rate", "one number", format!("{rates:?}"))),
            };
        };
        if rates.len() != multi.optimizers.len() {
            return Err(Error::option("multi_optimizer", "learning_rate", format!("{} numbers", multi.optimizers.len()), rates.len()));
        }
        let mut optimizers = multi.optimizers.clone();
        for (optimizer, rate) in optimizers.iter_mut().zip(rates).filter(|(optimizer, rate)| optimizer.learning_rate() != **rate) {
            optimizer.set_learning_rate(*rate)?;
        }
        multi.optimizers = optimizers;
        Ok(())
    }

    /// The steps taken. With accumulated gradients the weights are updated in one of several.
    pub fn iterations(&self) -> u64 {
        self.iterations
    }

    /// The optimizers inside a [`MultiOptimizer`], the default one first; empty for a single one.
    ///
    /// [`MultiOptimizer`]: super::MultiOptimizer
    pub fn optimizers_mut(&mut self) -> &mut [Self] {
        match &mut self.engine {
            Engine::Multi(multi) => &mut multi.optimizers,
            _ => &mut [],
        }
    }

    /// Burn's optimizer, when it is one; its record is its state.
    pub fn burn_mut(&mut self) -> Option<&mut ModuleOptimizer> {
        match &mut self.engine {
            Engine::Burn(optimizer) => Some(optimizer),
            _ => None,
        }
    }

    /// What is kept of each weight beside the rule's slots.
    pub(crate) fn kept(&self) -> Kept {
        Kept { average: self.average.is_some(), accumulator: self.accumulation.is_some() }
    }
}
