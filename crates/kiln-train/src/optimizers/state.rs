//! What an optimizer remembers, to be saved and loaded by names.

use super::loss_scale::LossScale;
use super::memory::{Memories, Memory};
use super::optimizer::{Engine, Optimizer};
use burn::module::ParamId;
use kiln_core::{Error, Result, Tensor};
use std::collections::HashMap;

impl Optimizer {
    /// The weights that have slots, the slots' names and values, in the weights' order of creation: what a file needs to
    /// go on from here, beside [`Optimizer::iterations`] and [`Optimizer::loss_scale`]. Empty for an optimizer of Burn.
    pub fn slots(&self) -> impl Iterator<Item = (ParamId, &'static str, Tensor)> {
        let mut all = Vec::new();
        self.gather(&mut all);
        all.sort_by_key(|(id, ..)| id.val());
        all.into_iter()
    }

    fn gather(&self, all: &mut Vec<(ParamId, &'static str, Tensor)>) {
        match &self.engine {
            Engine::Rule { rule, memories } => {
                let names = self.kept().beside(&**rule).names();
                for (id, memory) in memories {
                    // A scalar stands for a slot the weight doesn't have.
                    let parts = names.iter().zip(memory.parts()).filter(|(_, part)| part.rank() > 0);
                    all.extend(parts.map(|(name, part)| (*id, *name, part.clone())));
                }
            }
            Engine::Multi(multi) => multi.optimizers.iter().for_each(|optimizer| optimizer.gather(all)),
            Engine::Burn(_) => {}
        }
    }

    /// Takes back what [`Optimizer::iterations`] and [`Optimizer::slots`] gave. All or nothing.
    ///
    /// # Errors
    /// A slot the rule doesn't have, a weight that lacks one, or an optimizer of Burn, which has
    /// [`Optimizer::burn_mut`] for that. Shapes are compared with the weights' at the next step; so are the names, where
    /// several optimizers share the weights.
    pub fn load<N: AsRef<str>>(&mut self, iterations: u64, slots: impl IntoIterator<Item = (ParamId, N, Tensor)>) -> Result<()> {
        let who = self.name();
        let kept = self.kept();
        match &mut self.engine {
            Engine::Burn(_) => {
                return Err(Error::order(who, "the state of an optimizer of Burn is loaded by its own methods"));
            }
            Engine::Multi(multi) => {
                multi.pending = Some(slots.into_iter().map(|(id, name, tensor)| (id, name.as_ref().to_owned(), tensor)).collect());
            }
            Engine::Rule { rule, memories } => {
                let parts = kept.beside(&**rule);
                let names = parts.names();
                let mut found: HashMap<ParamId, Vec<Option<Tensor>>> = HashMap::new();
                for (id, name, tensor) in slots {
                    let Some(part) = names.iter().position(|n| *n == name.as_ref()) else {
                        return Err(Error::unknown(&format!("slot of {who}"), name.as_ref(), names.iter().copied()));
                    };
                    found.entry(id).or_insert_with(|| vec![None; names.len()])[part] = Some(tensor.inner());
                }
                let mut loaded = Memories::new();
                for (id, tensors) in found {
                    let given = |(part, tensor): (usize, Option<Tensor>)| match tensor {
                        None if parts.is_optional(part) => Ok(Tensor::constant(0.0)),
                        None => Err(Error::data(who, format!("a weight lacks its `{}`", names[part]))),
                        Some(tensor) => Ok(tensor),
                    };
                    let tensors = tensors.into_iter().enumerate().map(given).collect::<Result<_>>()?;
                    loaded.insert(id, Memory::from_parts(parts, tensors));
                }
                *memories = loaded;
            }
        }
        (self.iterations, self.loaded) = (iterations, true);
        Ok(())
    }

    /// What the loss is multiplied by, and the steps in a row with finite gradients since that changed (0 for a fixed
    /// factor). `None` when losses are not scaled.
    pub fn loss_scale(&self) -> Option<(f64, u64)> {
        self.loss_scale.map(|scale| match scale {
            LossScale::Fixed(factor) => (factor, 0),
            LossScale::Dynamic { scale, finite_steps, .. } => (scale, finite_steps),
        })
    }

    /// Takes back what [`Optimizer::loss_scale`] gave.
    ///
    /// # Errors
    /// The optimizer is not a [`LossScaleOptimizer`](super::LossScaleOptimizer), or the scale is no number above 0.
    pub fn set_loss_scale(&mut self, factor: f64, steps: u64) -> Result<()> {
        let who = self.name();
        super::common::positive(who, "loss_scale", factor)?;
        match &mut self.loss_scale {
            Some(LossScale::Dynamic { scale, finite_steps, .. }) => {
                (*scale, *finite_steps) = (factor, steps);
                Ok(())
            }
            _ => Err(Error::order(who, "only the scale of a `LossScaleOptimizer` changes")),
        }
    }
}
