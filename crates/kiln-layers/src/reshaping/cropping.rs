//! Borders cut off.

use crate::spatial::{Axes, DataFormat, Margins, class_of, setters};
use burn::module::Module;
use kiln_core::build::Build;
use kiln_core::layer::{Call, Layer, Options};
use kiln_core::{Context, Error, Result, Shape, Tensor, layer_options};
use serde::{Deserialize, Serialize};

/// Cuts cells off both ends of `N` spatial axes: [`Cropping1d`], [`Cropping2d`], [`Cropping3d`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cropping<const N: usize> {
    #[serde(flatten)]
    options: Options,
    cropping: Margins<N>,
    /// None for one axis, where Keras has no such option.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    data_format: Option<DataFormat>,
}

/// Cuts steps off both ends of sequences (batch, steps, channels). Keras: `keras/src/layers/reshaping/cropping1d.py`.
///
/// ```
/// use kiln_core::{Shape, layer::Layer};
/// use kiln_layers::Cropping1d;
/// assert_eq!(Cropping1d::new((1, 2)).output_shape(&Shape::batch_of([8, 3]))?, Shape::batch_of([5, 3]));
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub type Cropping1d = Cropping<1>;

/// Cuts the borders off images (batch, height, width, channels). Keras: `keras/src/layers/reshaping/cropping2d.py`.
///
/// ```
/// use kiln_core::{Shape, layer::Layer};
/// use kiln_layers::Cropping2d;
/// assert_eq!(Cropping2d::new(((2, 2), (4, 4))).output_shape(&Shape::batch_of([28, 28, 3]))?, Shape::batch_of([24, 20, 3]));
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub type Cropping2d = Cropping<2>;

/// Cuts the borders off volumes (batch, depth, height, width, channels). Keras: `keras/src/layers/reshaping/cropping3d.py`.
///
/// ```
/// use kiln_core::{Shape, layer::Layer};
/// use kiln_layers::Cropping3d;
/// assert_eq!(Cropping3d::new([1, 2, 2]).output_shape(&Shape::batch_of([8, 8, 8, 3]))?, Shape::batch_of([6, 4, 4, 3]));
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub type Cropping3d = Cropping<3>;

/// A built [`Cropping1d`].
pub type Cropping1dModule = CroppingModule<1>;

/// A built [`Cropping2d`].
pub type Cropping2dModule = CroppingModule<2>;

/// A built [`Cropping3d`].
pub type Cropping3dModule = CroppingModule<3>;

impl<const N: usize> Cropping<N> {
    /// What to cut: one integer for all sides, one for each axis, or a pair (start, end) for each axis.
    pub fn new(cropping: impl Into<Margins<N>>) -> Self {
        let data_format = (N > 1).then_some(DataFormat::ChannelsLast);
        Self { options: Options::default(), cropping: cropping.into(), data_format }
    }

    fn format(&self) -> DataFormat {
        self.data_format.clone().unwrap_or(DataFormat::ChannelsLast)
    }
}

impl Cropping<2> {
    setters! {
        /// `channels_last` or `channels_first`. Default `channels_last`.
        some data_format: DataFormat;
    }
}

impl Cropping<3> {
    setters! {
        /// `channels_last` or `channels_first`. Default `channels_last`.
        some data_format: DataFormat;
    }
}

/// Keras' default: nothing of images, a border of 1 of steps and volumes.
impl<const N: usize> Default for Cropping<N> {
    fn default() -> Self {
        Self::new(usize::from(N != 2))
    }
}

/// The axes that are left; at least a cell of each.
fn left<const N: usize>(class: &str, cropping: &Margins<N>, format: &DataFormat, input: &Shape) -> Result<Axes<N>> {
    let mut axes = format.axes::<N>(class, input)?;
    for (n, (start, end)) in axes.spatial.iter_mut().zip(cropping.0) {
        if let Some(cells) = n.as_mut() {
            let cut = start.saturating_add(end);
            if cut >= *cells {
                return Err(Error::option(class, "cropping", format!("less than the axes of {input}"), format!("({start}, {end})")));
            }
            *cells -= cut;
        }
    }
    Ok(axes)
}

impl<const N: usize> Layer for Cropping<N> {
    const CLASS: &'static str = class_of(N, N + 2, &["Cropping1D", "Cropping2D", "Cropping3D"]);
    type Module = CroppingModule<N>;
    layer_options!();

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        let format = self.format();
        Ok(format.shape(left(Self::CLASS, &self.cropping, &format, input)?))
    }

    fn build(&self, input: &Shape, _: &Build) -> Result<CroppingModule<N>> {
        self.output_shape(input)?;
        Ok(CroppingModule { class: Self::CLASS, cropping: self.cropping, format: self.format() })
    }
}

/// A built [`Cropping`].
#[derive(Module, Debug)]
pub struct CroppingModule<const N: usize> {
    #[module(skip)]
    class: &'static str,
    #[module(skip)]
    cropping: Margins<N>,
    #[module(skip)]
    format: DataFormat,
}

impl<const N: usize> Call for CroppingModule<N> {
    fn call(&self, x: Tensor, _: &Context) -> Result<Tensor> {
        let axes = left(self.class, &self.cropping, &self.format, &Shape::known(x.shape()))?;
        let mut ranges = vec![(..).into(); self.format.spatial_axis()];
        for (n, (start, _)) in axes.spatial.into_iter().zip(self.cropping.0) {
            ranges.push((start as isize..(start + n.unwrap_or(0)) as isize).into());
        }
        x.slice(ranges)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn something_must_be_left() {
        let error = Cropping2d::new([1, 2]).output_shape(&Shape::batch_of([4, 4, 1])).unwrap_err().to_string();
        assert_eq!(error, "Cropping2D: `cropping` must be less than the axes of (None, 4, 4, 1), received (2, 2)");
        assert!(Cropping1d::new(usize::MAX).output_shape(&Shape::batch_of([4, 1])).is_err());
        let open = Cropping1d::new(3).output_shape(&Shape::new([None, None, Some(2)])).unwrap();
        assert_eq!(open, Shape::new([None, None, Some(2)]));
    }
}
