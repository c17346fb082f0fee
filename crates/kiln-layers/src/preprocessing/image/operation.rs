//! What all layers of this room share: they take images, put the channels last, and act alone or with random numbers.

use super::draws::Draws;
use super::names::DataFormat;
use super::warp::sizes;
use burn::module::Module;
use kiln_core::layer::{Call, Options};
use kiln_core::random::Stream;
use kiln_core::{Context, Error, Result, Shape, Tensor};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// The options that all layers of this room have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Common {
    #[serde(flatten)]
    pub(super) options: Options,
    #[serde(default = "channels_last", deserialize_with = "or_channels_last")]
    pub(super) data_format: DataFormat,
}

fn channels_last() -> DataFormat {
    DataFormat::ChannelsLast
}

fn or_channels_last<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<DataFormat, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_else(channels_last))
}

impl Default for Common {
    fn default() -> Self {
        Self { options: Options::default(), data_format: DataFormat::ChannelsLast }
    }
}

/// An operation on a batch of images.
pub(super) trait Operation: fmt::Debug + Send + Sync + 'static {
    /// The class, for errors.
    const WHO: &'static str;
    /// Whether it acts in training only.
    const RANDOM: bool = true;
    /// The numbers of channels it takes; any when empty.
    const CHANNELS: &'static [usize] = &[];

    /// Whether the options are fine.
    fn check(&self) -> Result<()>;

    /// Height and width of the output.
    fn size(&self, size: [Option<usize>; 2]) -> [Option<usize>; 2] {
        size
    }

    /// The seed of the layer's own.
    fn seed(&self) -> Option<u64> {
        None
    }

    /// The images without random numbers: in inference, and always if there are none.
    fn plain(&self, images: Tensor) -> Result<Tensor> {
        Ok(images)
    }

    /// The images, of shape (batch, height, width, channels), changed by random numbers.
    fn random(&self, images: Tensor, draws: &Draws) -> Result<Tensor>;
}

/// The shape of the output of `operation`.
pub(super) fn output_shape<O: Operation>(operation: &O, common: &Common, input: &Shape) -> Result<Shape> {
    operation.check()?;
    common.data_format.check(O::WHO, "data_format", &[DataFormat::ChannelsLast, DataFormat::ChannelsFirst])?;
    let last = common.data_format == DataFormat::ChannelsLast;
    let &[batch, a, b, c] = input.axes() else {
        let axes = if last { "(batch, height, width, channels)" } else { "(batch, channels, height, width)" };
        return Err(Error::shape(O::WHO, format!("an input of 4 axes, {axes}"), input));
    };
    let (size, channels) = if last { ([a, b], c) } else { ([b, c], a) };
    channels.map_or(Ok(()), check_channels::<O>)?;
    if size.contains(&Some(0)) {
        return Err(Error::shape(O::WHO, "images of at least one pixel", input));
    }
    let [height, width] = operation.size(size);
    Ok(Shape::new(if last { vec![batch, height, width, channels] } else { vec![batch, channels, height, width] }))
}

fn check_channels<O: Operation>(count: usize) -> Result<()> {
    if O::CHANNELS.is_empty() || O::CHANNELS.contains(&count) {
        return Ok(());
    }
    let known: Vec<String> = O::CHANNELS.iter().map(usize::to_string).collect();
    Err(Error::shape(O::WHO, format!("images of {} channels", known.join(" or ")), count))
}

/// The object-safe part of [`Operation`].
pub(super) trait Act: fmt::Debug + Send + Sync {
    /// Acts as in training.
    fn change(&self, images: Tensor, draws: &Draws) -> Result<Tensor>;
    fn act(&self, images: Tensor, cx: &Context) -> Result<Tensor>;
    fn who(&self) -> &'static str;
}

impl<O: Operation> Act for O {
    fn change(&self, images: Tensor, draws: &Draws) -> Result<Tensor> {
        if O::RANDOM { self.random(images, draws) } else { self.plain(images) }
    }
    fn act(&self, images: Tensor, cx: &Context) -> Result<Tensor> {
        let [n, h, w, c] = sizes(&images);
        check_channels::<O>(c)?;
        if h * w * c == 0 {
            return Err(Error::shape(O::WHO, "images of at least one pixel and channel", images.describe()));
        }
        if n == 0 {
            let [height, width] = self.size([Some(h), Some(w)]).map(Option::unwrap_or_default);
            return Ok(Tensor::zeros([0, height, width, c]).to_device(&images.device()));
        }
        if !O::RANDOM || !cx.is_training() {
            return self.plain(images);
        }
        let own = |seed| Stream::new(seed).child(cx.random().key());
        let stream = self.seed().map_or_else(|| cx.random(), own);
        let device = images.device();
        self.random(images, &Draws::new(stream, n, device))
    }
    fn who(&self) -> &'static str {
        O::WHO
    }
}

/// A built layer of this room. It has no weights.
#[derive(Module, Debug)]
pub struct ImageModule {
    #[module(skip)]
    operation: Arc<dyn Act>,
    #[module(skip)]
    channels_last: bool,
}

impl ImageModule {
    pub(super) fn new<O: Operation>(operation: O, common: &Common) -> Self {
        Self { operation: Arc::new(operation), channels_last: common.data_format == DataFormat::ChannelsLast }
    }
}

impl Call for ImageModule {
    fn call(&self, x: Tensor, cx: &Context) -> Result<Tensor> {
        if x.rank() != 4 {
            return Err(Error::shape(self.operation.who(), "an input of 4 axes", x.describe()));
        }
        let x = x.to_float();
        if self.channels_last {
            return self.operation.act(x, cx);
        }
        self.operation.act(x.transpose([0, 2, 3, 1])?, cx)?.transpose([0, 3, 1, 2])
    }
}

/// Writes `Layer` for a description with a field `common: Common` that is an [`Operation`], and the setter of `data_format`.
macro_rules! image_layer {
    ($layer:ident) => {
        impl kiln_core::layer::Layer for $layer {
            const CLASS: &'static str = <Self as $crate::preprocessing::image::operation::Operation>::WHO;
            type Module = $crate::preprocessing::image::ImageModule;

            fn options(&self) -> &kiln_core::layer::Options {
                &self.common.options
            }

            fn options_mut(&mut self) -> &mut kiln_core::layer::Options {
                &mut self.common.options
            }

            fn output_shape(&self, input: &kiln_core::Shape) -> kiln_core::Result<kiln_core::Shape> {
                $crate::preprocessing::image::operation::output_shape(self, &self.common, input)
            }

            fn build(&self, input: &kiln_core::Shape, _: &kiln_core::build::Build) -> kiln_core::Result<Self::Module> {
                self.output_shape(input)?;
                Ok($crate::preprocessing::image::ImageModule::new(self.clone(), &self.common))
            }
        }

        impl $layer {
            /// Where the channels stand: `channels_last` or `channels_first`. Default `channels_last`.
            pub fn data_format(mut self, format: impl Into<$crate::preprocessing::image::DataFormat>) -> Self {
                self.common.data_format = format.into();
                self
            }
        }
    };
}
pub(super) use image_layer;

/// Writes the setter of `seed`.
macro_rules! seed {
    () => {
        /// A seed of the layer's own. Default: the global one.
        pub fn seed(mut self, seed: u64) -> Self {
            self.seed = Some(seed);
            self
        }
    };
}
pub(super) use seed;
