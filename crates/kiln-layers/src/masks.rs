//! Masks joined: boolean tensors of one shape, or of shapes that broadcast.

use kiln_core::{DType, Result, Tensor};

/// Where both are true.
pub(crate) fn and(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    a.try_mul(b)?.greater(0)
}

/// Where one is true.
pub(crate) fn or(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    a.try_add(b)?.greater(0)
}

/// Where any element of the last axis, which goes away, is true.
pub(crate) fn any_of_last(mask: &Tensor) -> Result<Tensor> {
    mask.clone().cast(DType::I32).max_axis(-1)?.greater(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_are_joined() {
        let (a, b) = (Tensor::constant([true, true, false]), Tensor::constant([[true], [false]]));
        assert_eq!(and(&a, &b).unwrap().to_vec::<bool>(), [true, true, false, false, false, false]);
        assert_eq!(or(&a, &b).unwrap().to_vec::<bool>(), [true, true, true, true, true, false]);
        assert_eq!(any_of_last(&Tensor::constant([[true, false], [false, false]])).unwrap().to_vec::<bool>(), [true, false]);
    }
}
