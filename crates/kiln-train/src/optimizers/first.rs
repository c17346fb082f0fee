//! What happens to a weight and its gradient before a rule.

use super::At;
use kiln_core::Tensor;
use kiln_core::kernels::{self, Formula, Number};

/// The weight's decay and the limit on its gradient, as factors.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct First {
    /// What is left of the weight.
    pub(crate) weight: f64,
    /// What is left of the gradient.
    pub(crate) gradient: f64,
}

impl Default for First {
    fn default() -> Self {
        Self { weight: 1.0, gradient: 1.0 }
    }
}

impl First {
    /// The weight and the gradient that a rule is given.
    pub(crate) fn apply(self, weight: Tensor, gradient: Tensor) -> (Tensor, Tensor) {
        let times = |tensor: Tensor, factor: f64| if factor == 1.0 { tensor } else { tensor * factor };
        (times(weight, self.weight), times(gradient, self.gradient))
    }
}

/// A formula behind the factors.
struct Behind<'a, F> {
    formula: &'a F,
    weight: f32,
    gradient: f32,
}

impl<F: Formula<N>, const N: usize> Formula<N> for Behind<'_, F> {
    #[inline(always)]
    fn each<T: Number>(&self, weight: T, gradient: T, slots: [T; N]) -> (T, [T; N]) {
        self.formula.each(weight * self.weight, gradient * self.gradient, slots)
    }
}

impl At {
    /// The weight after an update by `formula`: [`kernels::update`], in whose pass the weight decays and the gradient is limited first.
    ///
    /// # Panics
    /// As there.
    pub fn update<const N: usize>(&self, formula: &impl Formula<N>, weight: Tensor, gradient: Tensor, slots: &mut [Tensor]) -> Tensor {
        if self.first == First::default() {
            return kernels::update(formula, weight, gradient, slots);
        }
        let behind = Behind { formula, weight: self.first.weight as f32, gradient: self.first.gradient as f32 };
        kernels::update(&behind, weight, gradient, slots)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{IntoOptimizer, NAMES, Optimizer};
    use super::*;
    use crate::optimizers::optimizer::Engine;

    /// A rule's update of a weight that decays and whose gradient is limited, in one pass or before.
    fn updated(optimizer: &Optimizer, one_pass: bool) -> Option<Vec<f32>> {
        let Engine::Rule { rule, .. } = &optimizer.engine else { return None };
        if one_pass && !rule.is_one_pass() {
            return None;
        }
        let values = |seed: f64| Tensor::constant((0..24).map(|i| ((f64::from(i) + seed) * 1.7).sin()).collect::<Vec<f64>>());
        let (weight, gradient) = (values(0.0).reshape([4, 6]).unwrap(), values(5.0).reshape([4, 6]).unwrap());
        let mut slots: Vec<Tensor> = (0..rule.slots().len()).map(|slot| rule.init_slot(slot, &weight)).collect();
        let first = First { weight: 0.75, gradient: 0.125 };
        let at = At { learning_rate: 0.1, step: 1, first: if one_pass { first } else { First::default() } };
        let (weight, gradient) = if one_pass { (weight, gradient) } else { first.apply(weight, gradient) };
        Some(rule.update(weight, gradient, &mut slots, at).to_vec())
    }

    #[test]
    fn one_pass_gives_what_two_give() {
        let mut found = Vec::new();
        for name in NAMES {
            let optimizer = name.into_optimizer().unwrap();
            if let (Some(one), Some(two)) = (updated(&optimizer, true), updated(&optimizer, false)) {
                found.push(optimizer.name());
                assert!(one.iter().zip(&two).all(|(a, b)| (a - b).abs() < 1e-6), "{name}: {one:?} {two:?}");
            }
        }
        found.sort_unstable();
        found.dedup();
        assert_eq!(found, ["adagrad", "adam", "adamax", "adamw", "lion", "nadam", "rmsprop", "sgd"]);
    }
}
