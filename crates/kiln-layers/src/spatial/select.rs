//! Cells of one axis in any order.

use kiln_core::{Error, Result, Tensor};

/// The cells of `axis` in the order of `indices`, which are below its size.
pub(crate) fn select(x: &Tensor, axis: usize, indices: &[usize]) -> Result<Tensor> {
    let indices: Vec<i32> = indices.iter().map(|&i| i as i32).collect();
    let indices = Tensor::constant(indices).to_device(&x.device()).int::<1>()?;
    macro_rules! ranks {
        ($($rank:literal)+) => {
            match x.rank() {
                $($rank => Ok(x.clone().float::<$rank>()?.select(axis, indices).into()),)+
                rank => Err(Error::shape("select", "an input of 3 to 5 axes", format!("{rank} axes"))),
            }
        };
    }
    ranks!(3 4 5)
}
