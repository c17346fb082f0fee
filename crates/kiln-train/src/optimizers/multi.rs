//! Several optimizers, each for some of the weights.

use super::IntoOptimizer;
use super::optimizer::{Engine, Optimizer};
use crate::schedules::LearningRate;
use burn::module::{Module, ModuleVisitor, Param, ParamId};
use burn::optim::GradientsParams;
use kiln_core::{Error, Result, Tensor};
use regex::Regex;
use std::collections::HashMap;

/// Different optimizers, or one with different learning rates, for different weights.
///
/// Each pattern is the path of a weight, `dense_1.kernel`, or a regular expression that a whole path must match. Weights that
/// no pattern matches are the default optimizer's. Options such as clipping are set on the optimizers inside, and a global
/// norm is that of an optimizer's own weights.
///
/// Keras: `src/optimizers/multi_optimizer.py`, classes `MultiOptimizer` and `OptimizerMap`.
///
/// ```
/// use kiln_train::optimizers::{Adam, IntoOptimizer, MultiOptimizer, Sgd};
/// let slow_encoder = MultiOptimizer::new(Adam::new()).with(r"encoder\..*", Adam::new().learning_rate(1e-5)).with(r".*\.bias", Sgd::new());
/// let mut optimizer = slow_encoder.into_optimizer()?;
/// assert_eq!(optimizer.optimizers_mut().len(), 3);
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct MultiOptimizer {
    default: Result<Optimizer>,
    others: Vec<(String, Result<Optimizer>)>,
    loss_scale_factor: Option<f64>,
}

impl MultiOptimizer {
    /// With an optimizer for the weights that no pattern matches.
    pub fn new(default: impl IntoOptimizer) -> Self {
        Self { default: default.into_optimizer(), others: Vec::new(), loss_scale_factor: None }
    }

    /// An optimizer for the weights whose path is, or matches, `pattern`.
    pub fn with(mut self, pattern: &str, optimizer: impl IntoOptimizer) -> Self {
        self.others.push((pattern.to_owned(), optimizer.into_optimizer()));
        self
    }

    /// Multiplies the loss by this and divides all gradients by it.
    pub fn loss_scale_factor(mut self, factor: f64) -> Self {
        self.loss_scale_factor = Some(factor);
        self
    }
}

impl IntoOptimizer for MultiOptimizer {
    fn into_optimizer(self) -> Result<Optimizer> {
        let mut multi = Multi { optimizers: vec![self.default?], patterns: Vec::new(), routes: HashMap::new(), pending: None };
        for (text, optimizer) in self.others {
            let whole = Regex::new(&format!("^(?:{text})$"));
            let Ok(whole) = whole else {
                return Err(Error::option("multi_optimizer", "pattern", "a path or a regular expression", format!("`{text}`")));
            };
            if multi.patterns.iter().any(|pattern| pattern.text == text) {
                return Err(Error::option("multi_optimizer", "pattern", "given once", format!("`{text}` twice")));
            }
            multi.patterns.push(Pattern { text, whole });
            multi.optimizers.push(optimizer?);
        }
        let optimizer = Optimizer::of(Engine::Multi(multi), LearningRate::Constant(0.0));
        match self.loss_scale_factor {
            Some(factor) => optimizer.loss_scale_factor(factor),
            None => optimizer,
        }
        .into_optimizer()
    }
}

#[derive(Clone, Debug)]
struct Pattern {
    text: String,
    whole: Regex,
}

/// The optimizers at work.
#[derive(Clone, Debug)]
pub(crate) struct Multi {
    /// The default one, then one for each pattern.
    pub(crate) optimizers: Vec<Optimizer>,
    patterns: Vec<Pattern>,
    /// Whose each weight is, as far as weights were met.
    routes: HashMap<ParamId, usize>,
    /// Loaded slots whose optimizer will be known when the module is seen.
    pub(crate) pending: Option<Vec<(ParamId, String, Tensor)>>,
}

impl Multi {
    pub(crate) fn default_optimizer(&self) -> Option<&Optimizer> {
        self.optimizers.first()
    }

    pub(crate) fn check(&self) -> Result<()> {
        for optimizer in &self.optimizers {
            optimizer.check()?;
            let inside = |what: &str| -> Result<()> {
                Err(Error::order("multi_optimizer", format!("{what} can't stand inside a `MultiOptimizer`")))
            };
            match (&optimizer.engine, optimizer.loss_scale) {
                (Engine::Multi(_), _) => inside("a `MultiOptimizer`")?,
                (_, Some(_)) => inside("a loss scale")
                    .map_err(|error| error.hint("set it on the whole, or put the whole into a `LossScaleOptimizer`"))?,
                _ => {}
            }
        }
        Ok(())
    }

    /// Whose weight a path is.
    fn route(&self, path: &str) -> Result<usize> {
        if let Some(exact) = self.patterns.iter().position(|pattern| pattern.text == path) {
            return Ok(exact + 1);
        }
        let mut matches = self.patterns.iter().enumerate().filter(|(_, pattern)| pattern.whole.is_match(path));
        match (matches.next(), matches.next()) {
            (Some((_, first)), Some((_, second))) => {
                let what = format!("the weight `{path}` matches both `{}` and `{}`", first.text, second.text);
                Err(Error::data("multi_optimizer", what))
            }
            (one, _) => Ok(one.map_or(0, |(i, _)| i + 1)),
        }
    }

    /// Learns whose each weight is, and hands on what was loaded.
    pub(crate) fn prepare<M: Module>(&mut self, iterations: u64, module: &M) -> Result<()> {
        let mut unknown = Unknown { routes: &self.routes, found: false };
        module.visit(&mut unknown);
        if unknown.found {
            for weight in kiln_core::weights::list(module) {
                self.routes.insert(weight.id, self.route(&weight.path)?);
            }
        }
        if let Some(pending) = self.pending.take() {
            let mut parts: Vec<Vec<(ParamId, String, Tensor)>> = vec![Vec::new(); self.optimizers.len()];
            for slot in pending {
                parts[self.routes.get(&slot.0).copied().unwrap_or(0)].push(slot);
            }
            for (optimizer, slots) in self.optimizers.iter_mut().zip(parts) {
                optimizer.load(iterations, slots)?;
            }
        }
        self.optimizers.iter_mut().try_for_each(|optimizer| optimizer.prepare(module))
    }

    pub(crate) fn step<M: Module>(&mut self, gradients: GradientsParams, module: M) -> Result<M> {
        let parts = self.optimizers.iter().map(|_| GradientsParams::new()).collect();
        let mut split = Split { routes: &self.routes, gradients, parts };
        module.visit(&mut split);
        let parts = split.parts;
        let mut module = module;
        for (optimizer, gradients) in self.optimizers.iter_mut().zip(parts) {
            // As in Keras an optimizer without gradients doesn't count the step.
            if !gradients.is_empty() {
                module = optimizer.step(gradients, module)?;
            }
        }
        Ok(module)
    }
}

/// Looks for a weight that wasn't met before.
struct Unknown<'a> {
    routes: &'a HashMap<ParamId, usize>,
    found: bool,
}

impl ModuleVisitor for Unknown<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<burn::Tensor<D>>) {
        self.found |= !self.routes.contains_key(&param.id);
    }
}

/// Gives each optimizer its weights' gradients.
struct Split<'a> {
    routes: &'a HashMap<ParamId, usize>,
    gradients: GradientsParams,
    parts: Vec<GradientsParams>,
}

impl ModuleVisitor for Split<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<burn::Tensor<D>>) {
        let Some(gradient) = self.gradients.remove::<D>(param.id) else { return };
        let route = self.routes.get(&param.id).copied().unwrap_or(0);
        if let Some(part) = self.parts.get_mut(route) {
            part.register::<D>(param.id, gradient);
        }
    }
}
