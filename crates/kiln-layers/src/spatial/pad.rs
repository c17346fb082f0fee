//! Zeros around a tensor.

use kiln_core::{DType, Error, Result, Tensor};

/// Zeros (or false) before and after the last axes, one pair for each; the dtype stays.
pub(crate) fn pad(x: Tensor, pads: &[(usize, usize)]) -> Result<Tensor> {
    if pads.iter().all(|pair| *pair == (0, 0)) {
        return Ok(x);
    }
    let dtype = x.dtype();
    if matches!(dtype, DType::Bool(_)) {
        return Ok(pad(x.cast(DType::I32), pads)?.cast(dtype));
    }
    macro_rules! ranks {
        ($($rank:literal)+) => {
            match x.rank() {
                $($rank if dtype.is_float() => Ok(x.float::<$rank>()?.pad(pads, 0.0f32).into()),
                $rank => Ok(x.int::<$rank>()?.pad(pads, 0i32).into()),)+
                rank => Err(Error::shape("pad", "an input of 3 to 5 axes", format!("{rank} axes"))),
            }
        };
    }
    ranks!(3 4 5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dtype_is_padded() {
        let x = Tensor::constant([[[1, 2]]]);
        let y = pad(x.clone(), &[(1, 0), (0, 2)]).unwrap();
        assert_eq!((y.shape(), y.dtype()), (vec![1, 2, 4], x.dtype()));
        assert_eq!(y.to_vec::<i32>(), [0, 0, 0, 0, 1, 2, 0, 0]);
        let mask = pad(x.greater(1).unwrap(), &[(1, 1)]).unwrap();
        assert_eq!(mask.to_vec::<bool>(), [false, false, true, false]);
        assert_eq!(pad(x.to_float(), &[(0, 1)]).unwrap().to_vec::<f32>(), [1.0, 2.0, 0.0]);
    }
}
