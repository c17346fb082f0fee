//! The walks over a module's weights.

use super::{At, Clip, Update};
use burn::module::{ModuleMapper, ModuleVisitor, Param, ParamId};
use burn::optim::GradientsParams;
use kiln_core::shape::tuple;
use kiln_core::{Error, Result, Tensor};
use std::collections::HashMap;

/// Updates every weight that has a gradient.
pub(crate) struct Step<'a> {
    pub(crate) rule: &'a dyn Update,
    pub(crate) slots: &'a mut HashMap<ParamId, Vec<Tensor>>,
    pub(crate) gradients: GradientsParams,
    pub(crate) clip: Option<Clip>,
    pub(crate) global_norm: Option<f64>,
    pub(crate) weight_decay: Option<f64>,
    pub(crate) at: At,
    /// Whether slots were just loaded, perhaps onto another device.
    pub(crate) loaded: bool,
    pub(crate) result: Result<()>,
}

fn mapped<const D: usize>(shape: &[usize]) -> [usize; D] {
    std::array::from_fn(|axis| shape.get(axis).copied().unwrap_or(1))
}

impl ModuleMapper for Step<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<burn::Tensor<D>>) -> Param<burn::Tensor<D>> {
        let id = param.id;
        let Some(gradient) = self.gradients.remove::<D>(id) else {
            return param;
        };
        let (id, weight, mapper) = param.consume();
        let (recorded, leaf, strategy) = (weight.is_autodiff(), weight.is_require_grad(), weight.gradient_checkpointing_strategy());
        let mut weight = Tensor::from(weight.inner());
        let mut gradient = Tensor::from(gradient.inner());
        if let Some(clip) = self.clip {
            gradient = clip.apply(gradient, self.global_norm);
        }
        if let Some(decay) = self.weight_decay {
            weight = weight * (1.0 - decay * self.at.learning_rate);
        }
        let rule = self.rule;
        let slots = self.slots.entry(id).or_insert_with(|| (0..rule.slots().len()).map(|slot| rule.init_slot(slot, &weight)).collect());
        if self.loaded {
            let device = weight.device();
            slots.iter_mut().for_each(|slot| *slot = slot.clone().to_device(&device));
        }
        let (shape, device) = (weight.shape(), weight.device());
        let updated = rule.update(weight, gradient, slots, self.at);
        let updated = match updated.float::<D>() {
            Ok(updated) if updated.dims()[..] == shape[..] => updated,
            _ => {
                // The caller gets the error instead of the module.
                self.result = Err(Error::shape(rule.name(), "a rule that keeps the weight's shape", "another shape"));
                burn::Tensor::zeros(mapped::<D>(&shape), device.burn())
            }
        };
        let updated = if recorded { updated.autodiff() } else { updated };
        let updated = match strategy {
            Some(strategy) if recorded => updated.with_gradient_checkpointing_strategy(strategy),
            _ => updated,
        };
        Param::from_mapped_value(id, if leaf { updated.require_grad() } else { updated }, mapper)
    }
}

/// The common length of all gradients.
pub(crate) struct GlobalNorm<'a> {
    pub(crate) gradients: &'a GradientsParams,
    pub(crate) squares: Option<Tensor>,
}

impl GlobalNorm<'_> {
    pub(crate) fn value(self) -> f64 {
        self.squares.map_or(0.0, |squares| squares.item().sqrt())
    }
}

impl ModuleVisitor for GlobalNorm<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<burn::Tensor<D>>) {
        if let Some(gradient) = self.gradients.get::<D>(param.id) {
            let square = Tensor::from(gradient.inner()).square().sum();
            self.squares = Some(match self.squares.take() {
                Some(sum) => sum + square,
                None => square,
            });
        }
    }
}

/// Compares loaded slots with the weights they belong to.
pub(crate) struct Compare<'a> {
    pub(crate) who: &'static str,
    pub(crate) names: &'static [&'static str],
    pub(crate) slots: &'a HashMap<ParamId, Vec<Tensor>>,
    pub(crate) result: Result<()>,
}

impl ModuleVisitor for Compare<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<burn::Tensor<D>>) {
        let Some(slots) = self.slots.get(&param.id) else { return };
        let shape = param.shape().to_vec();
        if let Some((slot, name)) = slots.iter().zip(self.names).find(|(slot, _)| slot.shape() != shape)
            && self.result.is_ok()
        {
            let expected = format!("a `{name}` of shape {}", tuple(&shape));
            self.result = Err(Error::shape(self.who, expected, tuple(&slot.shape())).hint("it was saved for another model"));
        }
    }
}
