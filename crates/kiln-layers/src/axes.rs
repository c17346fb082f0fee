//! Axes as Keras writes them, and what a built layer asks of its input.

use kiln_core::shape::tuple;
use kiln_core::{Error, Result, Shape, Tensor};
use serde::{Deserialize, Serialize};

/// One axis, or several; negative ones count from the end.
///
/// ```
/// use kiln_layers::LayerNormalization;
/// let rows = LayerNormalization::new().axis(-1);
/// let images = LayerNormalization::new().axis([1, 2, 3]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Axes {
    /// One axis.
    One(isize),
    /// Several.
    Many(Vec<isize>),
}

macro_rules! from_integers {
    ($($t:ty)*) => {$(
        impl From<$t> for Axes {
            fn from(axis: $t) -> Self {
                Self::One(axis as isize)
            }
        }
        impl<const N: usize> From<[$t; N]> for Axes {
            fn from(axes: [$t; N]) -> Self {
                Self::Many(axes.into_iter().map(|a| a as isize).collect())
            }
        }
    )*};
}
from_integers!(i32 isize usize);

impl From<Vec<isize>> for Axes {
    fn from(axes: Vec<isize>) -> Self {
        Self::Many(axes)
    }
}

impl Axes {
    /// The axes as given.
    pub fn list(&self) -> &[isize] {
        match self {
            Self::One(axis) => std::slice::from_ref(axis),
            Self::Many(axes) => axes,
        }
    }

    /// The positions in an input of `shape`, in order.
    pub(crate) fn positions(&self, who: &str, option: &str, shape: &Shape) -> Result<Vec<usize>> {
        let mut positions: Vec<usize> = self.list().iter().map(|axis| position(who, option, *axis, shape)).collect::<Result<_>>()?;
        positions.sort_unstable();
        if positions.is_empty() || positions.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(Error::option(who, option, format!("different axes of {shape}"), format!("{:?}", self.list())));
        }
        Ok(positions)
    }

    /// The sizes of the axes, which must be known, in the order of Keras' weights: that of the numbers given, so that -1 comes before 1.
    pub(crate) fn sizes(&self, who: &str, option: &str, shape: &Shape) -> Result<Vec<usize>> {
        let mut axes = self.list().to_vec();
        axes.sort_unstable();
        axes.into_iter().map(|axis| size(who, shape, position(who, option, axis, shape)?)).collect()
    }
}

/// The position of `axis` in an input of `shape`.
pub(crate) fn position(who: &str, option: &str, axis: isize, shape: &Shape) -> Result<usize> {
    let rank = shape.rank() as isize;
    let place = if axis < 0 { axis + rank } else { axis };
    if (0..rank).contains(&place) {
        return Ok(place as usize);
    }
    Err(Error::option(who, option, format!("in {}..{rank} for an input of shape {shape}", -rank), axis))
}

/// The size of an axis, which must be known to make a weight of it.
pub(crate) fn size(who: &str, shape: &Shape, place: usize) -> Result<usize> {
    let known = shape.axes().get(place).copied().flatten();
    known.ok_or_else(|| Error::shape(who, format!("a known size of axis {place}"), shape))
}

/// The input's shape with only the axes `kept` fixed.
pub(crate) fn spec(shape: &Shape, kept: &[usize]) -> Shape {
    Shape::new(shape.axes().iter().enumerate().map(|(i, n)| n.filter(|_| kept.contains(&i))).collect::<Vec<_>>())
}

/// Refuses an input that the layer was not built for.
pub(crate) fn fit(who: &str, spec: &Shape, x: &Tensor) -> Result<()> {
    let shape = x.shape();
    if spec.fits(&shape) { Ok(()) } else { Err(Error::shape(who, format!("input of shape {spec}"), tuple(&shape))) }
}

/// [`Tensor::reshape`] with sizes.
pub(crate) fn reshape(x: &Tensor, shape: &[usize]) -> Result<Tensor> {
    x.reshape(shape.iter().map(|&n| n as isize).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_are_found_from_either_end() {
        let shape = Shape::batch_of([4, 5]);
        assert_eq!(Axes::from([-1, 1]).positions("Layer", "axis", &shape).unwrap(), [1, 2]);
        assert_eq!(serde_json::to_string(&Axes::from(-1)).unwrap(), "-1");
        assert_eq!(serde_json::from_str::<Axes>("[1,2]").unwrap(), Axes::from([1, 2]));
        let error = Axes::from(3).positions("Layer", "axis", &shape).unwrap_err();
        assert_eq!(error.to_string(), "Layer: `axis` must be in -3..3 for an input of shape (None, 4, 5), received 3");
        let error = Axes::from([2, -1]).positions("Layer", "axis", &shape).unwrap_err();
        assert_eq!(error.to_string(), "Layer: `axis` must be different axes of (None, 4, 5), received [2, -1]");
    }
}
