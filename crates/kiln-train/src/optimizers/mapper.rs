//! The walks over a module's weights that change or compare them.

use super::average::Average;
use super::decay::Decay;
use super::memory::{Memories, Memory, Parts};
use super::{About, At, Clip};
use burn::module::{Module, ModuleMapper, ModuleVisitor, Param, ParamId, ParamMapper};
use burn::optim::GradientsParams;
use burn::tensor::GradientCheckpointingStrategy;
use kiln_core::shape::tuple;
use kiln_core::{Error, Result, Tensor};
use std::collections::HashMap;

/// The paths of the weights, where an optimizer reads them.
#[derive(Debug, Default)]
pub(crate) struct Paths(HashMap<ParamId, String>);

impl Paths {
    pub(crate) fn list<M: Module>(module: &M) -> Self {
        Self(kiln_core::weights::list(module).into_iter().map(|weight| (weight.id, weight.path)).collect())
    }

    pub(crate) fn of(&self, id: ParamId) -> &str {
        self.0.get(&id).map_or("", String::as_str)
    }
}

/// A weight taken out of its parameter, with what is needed to put one back.
pub(crate) struct Taken<const D: usize> {
    id: ParamId,
    mapper: ParamMapper<burn::Tensor<D>>,
    recorded: bool,
    leaf: bool,
    strategy: Option<GradientCheckpointingStrategy>,
}

impl<const D: usize> Taken<D> {
    pub(crate) fn from(param: Param<burn::Tensor<D>>) -> (Self, Tensor) {
        let (id, weight, mapper) = param.consume();
        let (recorded, leaf, strategy) = (weight.is_autodiff(), weight.is_require_grad(), weight.gradient_checkpointing_strategy());
        (Self { id, mapper, recorded, leaf, strategy }, Tensor::from(weight.inner()))
    }

    pub(crate) fn put(self, weight: burn::Tensor<D>) -> Param<burn::Tensor<D>> {
        let weight = if self.recorded { weight.autodiff() } else { weight };
        let weight = match self.strategy {
            Some(strategy) if self.recorded => weight.with_gradient_checkpointing_strategy(strategy),
            _ => weight,
        };
        Param::from_mapped_value(self.id, if self.leaf { weight.require_grad() } else { weight }, self.mapper)
    }
}

/// Updates every weight that has a gradient, and the averages.
pub(crate) struct Step<'a> {
    pub(crate) parts: Parts<'a>,
    pub(crate) memories: &'a mut Memories,
    pub(crate) paths: &'a Paths,
    pub(crate) gradients: GradientsParams,
    pub(crate) clip: Option<Clip>,
    pub(crate) global_norm: Option<f64>,
    pub(crate) decay: &'a Decay,
    pub(crate) average: Option<Average>,
    pub(crate) at: At,
    /// Whether memories were just loaded, perhaps onto another device.
    pub(crate) loaded: bool,
    pub(crate) result: Result<()>,
}

fn mapped<const D: usize>(shape: &[usize]) -> [usize; D] {
    std::array::from_fn(|axis| shape.get(axis).copied().unwrap_or(1))
}

impl Step<'_> {
    fn update(&mut self, weight: Tensor, mut gradient: Tensor, about: &About<'_>, memory: &mut Memory) -> Tensor {
        let (rule, mut at) = (self.parts.rule, self.at);
        if let Some(clip) = self.clip {
            (gradient, at.first.gradient) = clip.apply(gradient, self.global_norm);
        }
        if let Some(rate) = rule.weight_decay(about, self.decay.rate)
            && !self.decay.excludes(about)
        {
            at.first.weight = 1.0 - rate * at.learning_rate;
        }
        if rule.is_one_pass() {
            return rule.update(weight, gradient, &mut memory.slots, at);
        }
        let (weight, gradient) = std::mem::take(&mut at.first).apply(weight, gradient);
        rule.update(weight, gradient, &mut memory.slots, at)
    }
}

impl ModuleMapper for Step<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<burn::Tensor<D>>) -> Param<burn::Tensor<D>> {
        let id = param.id;
        let gradient = self.gradients.remove::<D>(id);
        // An average moves on in every step, also in those that only gather gradients.
        if gradient.is_none() && (self.average.is_none() || !self.memories.contains_key(&id)) {
            return param;
        }
        let (taken, mut weight) = Taken::from(param);
        let (shape, device) = (weight.shape(), weight.device());
        let paths = self.paths;
        let about = About { path: paths.of(id), shape: &shape };
        let mut memory = match self.memories.remove(&id) {
            Some(memory) => memory,
            None => Memory::new(self.parts, &about, &weight),
        };
        if self.loaded {
            memory.move_to(&device);
        }
        if let Some(gradient) = gradient {
            weight = self.update(weight, Tensor::from(gradient.inner()), &about, &mut memory);
        }
        if weight.shape() != shape {
            // The caller gets the error instead of the module.
            self.result = Err(Error::shape(self.parts.rule.name(), "a rule that keeps the weight's shape", "another shape"));
            return taken.put(burn::Tensor::zeros(mapped::<D>(&shape), device.burn()));
        }
        if let (Some(average), Some(before)) = (self.average, memory.average.take()) {
            let updates = self.at.step - 1;
            let next = average.next(before, &weight, updates);
            if average.overwrites(updates) {
                weight = next.clone();
            }
            memory.average = Some(next);
        }
        self.memories.insert(id, memory);
        match weight.float::<D>() {
            Ok(weight) => taken.put(weight),
            Err(error) => {
                self.result = Err(error);
                taken.put(burn::Tensor::zeros(mapped::<D>(&shape), device.burn()))
            }
        }
    }
}

/// Compares loaded memories with the weights they belong to.
pub(crate) struct Compare<'a> {
    parts: Parts<'a>,
    memories: &'a Memories,
    paths: &'a Paths,
    result: Result<()>,
}

impl Compare<'_> {
    pub(crate) fn all<M: Module>(parts: Parts<'_>, memories: &Memories, paths: &Paths, module: &M) -> Result<()> {
        let mut compare = Compare { parts, memories, paths, result: Ok(()) };
        module.visit(&mut compare);
        compare.result
    }
}

impl ModuleVisitor for Compare<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<burn::Tensor<D>>) {
        let Some(memory) = self.memories.get(&param.id) else { return };
        let shape = param.shape().to_vec();
        let shapes = self.parts.shapes(&About { path: self.paths.of(param.id), shape: &shape });
        for ((part, name), expected) in memory.parts().zip(self.parts.names()).zip(shapes) {
            // A scalar stands for a part the weight goes without.
            let expected = expected.unwrap_or_default();
            if part.shape() != expected && self.result.is_ok() {
                let received = if part.rank() == 0 { "none".to_owned() } else { tuple(&part.shape()) };
                let error = Error::shape(self.parts.rule.name(), format!("a `{name}` of shape {}", tuple(&expected)), received);
                self.result = Err(error.hint("it was saved for another model"));
            }
        }
    }
}
