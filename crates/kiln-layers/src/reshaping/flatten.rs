//! All axes of a sample made one.

use crate::spatial::{DataFormat, setters};
use burn::module::Module;
use kiln_core::build::Build;
use kiln_core::layer::{Call, Layer, Options};
use kiln_core::{Context, Result, Shape, Tensor, layer_options};
use serde::{Deserialize, Serialize};

/// Lays the values of each sample in one row, the last axis fastest, the channels even faster if they come first.
///
/// Keras: `keras/src/layers/reshaping/flatten.py`.
///
/// ```
/// use kiln_core::{Shape, layer::Layer};
/// use kiln_layers::Flatten;
/// assert_eq!(Flatten::new().output_shape(&Shape::batch_of([28, 28]))?, Shape::batch_of([784]));
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Flatten {
    #[serde(flatten)]
    options: Options,
    #[serde(default)]
    data_format: DataFormat,
}

impl Flatten {
    /// The layer.
    pub fn new() -> Self {
        Self::default()
    }

    setters! {
        /// `channels_last` or `channels_first`; the channels are then moved behind the other axes. Default `channels_last`.
        into data_format: DataFormat;
    }
}

impl Layer for Flatten {
    const CLASS: &'static str = "Flatten";
    type Module = FlattenModule;
    layer_options!();

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        self.data_format.check()?;
        let batch = input.axes().first().copied().flatten();
        let mut rest = input.axes().get(1..).unwrap_or_default().iter().copied();
        let rest = rest.try_fold(1usize, |product, n| n.map(|n| product.saturating_mul(n)));
        Ok(Shape::new([batch, rest]))
    }

    fn build(&self, input: &Shape, _: &Build) -> Result<FlattenModule> {
        self.output_shape(input)?;
        Ok(FlattenModule { format: self.data_format.clone() })
    }
}

/// A built [`Flatten`].
#[derive(Module, Debug)]
pub struct FlattenModule {
    #[module(skip)]
    format: DataFormat,
}

impl Call for FlattenModule {
    fn call(&self, x: Tensor, _: &Context) -> Result<Tensor> {
        let x = match self.format {
            DataFormat::ChannelsFirst if x.rank() > 2 => DataFormat::ChannelsLast.restore(x)?,
            _ => x,
        };
        let shape = x.shape();
        let rows = shape.first().copied().unwrap_or(1);
        x.reshape([rows as isize, shape.iter().skip(1).product::<usize>() as isize])
    }
}
