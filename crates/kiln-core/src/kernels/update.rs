//! Updates of weights.

use super::{Formula, Number};
use crate::tensor::Tensor;

impl Number for Tensor {
    fn root(self) -> Self {
        self.sqrt()
    }
    fn larger(self, other: Self) -> Self {
        self.maximum(&other).unwrap_or(other)
    }
    fn size(self) -> Self {
        self.abs()
    }
    fn sign(self) -> Self {
        Self::sign(self)
    }
}

/// The weight after an update by `formula`, for which the first `N` of `slots`, of the weight's shape, are put in place of the ones
/// before. Numbers in memory are updated in place, in one pass.
///
/// ```
/// use kiln_core::{Tensor, kernels::{Formula, Number, update}};
///
/// struct Descent;
/// impl Formula<0> for Descent {
///     #[inline(always)]
///     fn each<T: Number>(&self, weight: T, gradient: T, _: [T; 0]) -> (T, [T; 0]) {
///         (weight - gradient * 0.5, [])
///     }
/// }
/// let weight = update(&Descent, Tensor::constant([1.0, 2.0]), Tensor::constant([2.0, -2.0]), &mut []);
/// assert_eq!(weight.to_vec::<f32>(), [0.0, 3.0]);
/// ```
///
/// # Panics
/// On fewer slots than `N`, and on shapes that differ.
pub fn update<const N: usize>(formula: &impl Formula<N>, weight: Tensor, gradient: Tensor, slots: &mut [Tensor]) -> Tensor {
    let scalar = weight.rank() == 0;
    let take = |i: usize| std::mem::replace(&mut slots[i], Tensor::constant(0.0)).into_dispatch();
    let (mut weight, mut taken) = (weight.into_dispatch(), std::array::from_fn::<_, N, _>(take));
    let updated = kiln_kernels::update(formula, &mut weight, gradient.into_dispatch(), taken.each_mut());
    let weight = Tensor::from_dispatch(weight).mark(scalar);
    let taken = taken.map(|slot| Tensor::from_dispatch(slot).mark(scalar));
    let (weight, taken) = match updated {
        Ok(()) => (weight, taken),
        Err(gradient) => formula.each(weight, Tensor::from_dispatch(gradient).mark(scalar), taken),
    };
    for (slot, new) in slots.iter_mut().zip(taken) {
        *slot = new;
    }
    weight
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::DType;

    struct All;

    impl Formula<2> for All {
        #[inline(always)]
        fn each<T: Number>(&self, w: T, g: T, [a, b]: [T; 2]) -> (T, [T; 2]) {
            let a = (a * 0.9).larger(g.clone().size());
            let b = b * 0.5 + g.clone().sign();
            (w - g / (a.clone().root() + 0.25) * b.clone(), [a, b])
        }
    }

    #[test]
    fn a_formula_gives_the_same_in_memory_and_of_tensors() {
        let values = |seed: f64| Tensor::constant((0..37).map(|i| ((f64::from(i) + seed) * 1.7).sin()).collect::<Vec<f64>>());
        let run = |dtype: DType| {
            let [w, g, a, b] = [0.0, 3.0, 5.0, 7.0].map(|seed| values(seed).cast(dtype));
            let mut slots = [a.abs(), b, Tensor::constant(9.0)];
            let w = update(&All, w, g, &mut slots);
            assert_eq!(slots[2].item(), 9.0);
            [w, slots[0].clone(), slots[1].clone()].map(|t| t.to_vec::<f64>())
        };
        for (ours, composed) in run(DType::F32).iter().flatten().zip(run(DType::F64).iter().flatten()) {
            assert!((ours - composed).abs() < 1e-6 * composed.abs().max(1.0), "{ours} {composed}");
        }
    }
}
