//! Cells repeated in place.

use crate::spatial::{Axes, DataFormat, Sizes};
use kiln_core::{Error, Result, Shape, Tensor};

/// Each cell of `axis` `times` times, next to each other; the dtype stays.
pub(crate) fn repeat(x: Tensor, axis: usize, times: usize) -> Result<Tensor> {
    if times == 1 {
        return Ok(x);
    }
    let open = x.expand_dims(axis as isize + 1)?;
    let mut shape = open.shape();
    shape[axis + 1] = times;
    let wide = open.broadcast_to(&shape)?;
    let cells = shape.remove(axis + 1) * shape[axis];
    shape[axis] = cells;
    wide.reshape(shape.iter().map(|&n| n as isize).collect::<Vec<_>>())
}

/// The shape of `input` with each of `N` spatial axes `size` times as long.
pub(crate) fn enlarged<const N: usize>(class: &str, size: Sizes<N>, format: &DataFormat, input: &Shape) -> Result<Shape> {
    if size.0.contains(&0) {
        return match N {
            1 => Err(Error::option(class, "size", "at least 1", 0)),
            _ => Err(Error::option(class, "size", "at least 1 on each axis", size)),
        };
    }
    let Axes { batch, spatial, channels } = format.axes::<N>(class, input)?;
    let spatial: [_; N] = std::array::from_fn(|i| spatial[i].map(|n| n.saturating_mul(size.0[i])));
    Ok(format.shape(Axes { batch, spatial, channels }))
}
