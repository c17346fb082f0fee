//! What an optimizer remembers of one weight.

use super::{About, Update};
use burn::module::ParamId;
use kiln_core::{Device, Tensor};
use std::collections::HashMap;

/// The names of what isn't the rule's own.
pub(crate) const AVERAGE: &str = "average";
pub(crate) const ACCUMULATOR: &str = "gradient_accumulator";

/// All memories, by weight.
pub(crate) type Memories = HashMap<ParamId, Memory>;

#[derive(Clone, Debug)]
pub(crate) struct Memory {
    /// The rule's slots; a scalar stands for one this weight doesn't have.
    pub(crate) slots: Vec<Tensor>,
    /// The running average, where one is kept.
    pub(crate) average: Option<Tensor>,
    /// The sum of gradients since the last update, where they are gathered.
    pub(crate) accumulator: Option<Tensor>,
}

/// What an optimizer keeps beside the rule's slots.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kept {
    pub(crate) average: bool,
    pub(crate) accumulator: bool,
}

impl Kept {
    pub(crate) fn beside(self, rule: &dyn Update) -> Parts<'_> {
        Parts { rule, average: self.average, accumulator: self.accumulator }
    }
}

/// Which parts a memory has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parts<'a> {
    pub(crate) rule: &'a dyn Update,
    pub(crate) average: bool,
    pub(crate) accumulator: bool,
}

impl Parts<'_> {
    /// The names of the parts in Keras' order.
    pub(crate) fn names(self) -> Vec<&'static str> {
        let own = [(self.average, AVERAGE), (self.accumulator, ACCUMULATOR)];
        own.into_iter().filter_map(|(on, name)| on.then_some(name)).chain(self.rule.slots().iter().copied()).collect()
    }

    /// Whether some weights go without the part number `part` of the names.
    pub(crate) fn is_optional(self, part: usize) -> bool {
        let own = usize::from(self.average) + usize::from(self.accumulator);
        part.checked_sub(own).is_some_and(|slot| self.rule.is_optional(slot))
    }

    /// The shape of each part for a weight; `None` where the weight has no such part.
    pub(crate) fn shapes(self, weight: &About<'_>) -> Vec<Option<Vec<usize>>> {
        let own = usize::from(self.average) + usize::from(self.accumulator);
        let slots = (0..self.rule.slots().len()).map(|slot| self.rule.slot_shape(slot, weight));
        std::iter::repeat_n(Some(weight.shape.to_vec()), own).chain(slots).collect()
    }
}

impl Memory {
    /// Before the first update.
    pub(crate) fn new(parts: Parts<'_>, about: &About<'_>, weight: &Tensor) -> Self {
        let slot = |slot| match parts.rule.slot_shape(slot, about) {
            Some(_) => parts.rule.init_slot(slot, weight),
            None => Tensor::constant(0.0),
        };
        Self {
            slots: (0..parts.rule.slots().len()).map(slot).collect(),
            average: parts.average.then(|| weight.clone()),
            accumulator: parts.accumulator.then(|| weight.zeros_like()),
        }
    }

    /// From loaded parts, one for each name.
    pub(crate) fn from_parts(parts: Parts<'_>, tensors: Vec<Tensor>) -> Self {
        let mut tensors = tensors.into_iter();
        let average = if parts.average { tensors.next() } else { None };
        let accumulator = if parts.accumulator { tensors.next() } else { None };
        Self { average, accumulator, slots: tensors.collect() }
    }

    /// The parts, in the order of the names.
    pub(crate) fn parts(&self) -> impl Iterator<Item = &Tensor> {
        self.average.iter().chain(&self.accumulator).chain(&self.slots)
    }

    pub(crate) fn move_to(&mut self, device: &Device) {
        let parts = self.average.iter_mut().chain(&mut self.accumulator).chain(&mut self.slots);
        parts.for_each(|part| *part = part.clone().to_device(device));
    }
}
