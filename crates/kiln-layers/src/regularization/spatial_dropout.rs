//! Dropout of whole feature maps, in one, two and three dimensions.
//!
//! Keras: `keras/src/layers/regularization/spatial_dropout.py`; Tompson and others, 2014.

use super::random::{check_share, keep, stream};
use burn::module::Module;
use kiln_core::build::Build;
use kiln_core::layer::{Call, Layer, MaskRule, Options};
use kiln_core::shape::tuple;
use kiln_core::{Context, Error, Result, Shape, Tensor, layer_options};
use serde::{Deserialize, Serialize};

const FORMATS: [&str; 2] = ["channels_last", "channels_first"];

/// What the three layers become.
#[derive(Module, Debug)]
pub struct SpatialDropoutModule {
    #[module(skip)]
    who: &'static str,
    #[module(skip)]
    rank: usize,
    #[module(skip)]
    channels_first: bool,
    #[module(skip)]
    rate: f64,
    #[module(skip)]
    seed: Option<u64>,
}

impl SpatialDropoutModule {
    fn check(&self, format: &str, input: &Shape) -> Result<Shape> {
        check_share(self.who, "rate", self.rate)?;
        if !FORMATS.contains(&format) {
            return Err(Error::option(self.who, "data_format", "`channels_last` or `channels_first`", format!("`{format}`")));
        }
        if input.rank() != self.rank {
            return Err(Error::shape(self.who, format!("an input of {} axes", self.rank), input));
        }
        Ok(input.clone())
    }
}

impl Call for SpatialDropoutModule {
    const MASK: MaskRule = MaskRule::Pass;

    fn call(&self, x: Tensor, cx: &Context) -> Result<Tensor> {
        let mut shape = x.shape();
        if shape.len() != self.rank {
            return Err(Error::shape(self.who, format!("an input of {} axes", self.rank), tuple(&shape)));
        }
        if !cx.is_training() || self.rate == 0.0 {
            return Ok(x);
        }
        let channels = if self.channels_first { 1 } else { self.rank - 1 };
        (1..self.rank).filter(|i| *i != channels).for_each(|i| shape[i] = 1);
        let kept = keep(stream(self.seed, cx), &shape, self.rate)?.to_device(&x.device());
        x.to_float().try_mul(kept)
    }
}

macro_rules! spatial_dropout {
    ($($name:ident $class:literal $rank:literal $axes:literal $( $format:ident )?;)*) => {$(
        /// In training, sets a share `rate` of the channels of each sample to 0 and multiplies the others by `1 / (1 - rate)`.
        ///
        #[doc = concat!("Inputs: ", $axes, ".")]
        ///
        /// ```
        #[doc = concat!("use kiln_layers::", stringify!($name), ";")]
        #[doc = concat!("let layer = ", stringify!($name), "::new(0.3);")]
        /// ```
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        pub struct $name {
            #[serde(flatten)]
            options: Options,
            rate: f64,
            seed: Option<u64>,
            $($format: String,)?
        }

        impl $name {
            /// The share of channels to drop, from 0 to 1.
            pub fn new(rate: f64) -> Self {
                Self { options: Options::default(), rate, seed: None, $($format: FORMATS[0].to_owned())? }
            }

            /// A seed of the layer's own. Default: the global one.
            pub fn seed(mut self, seed: u64) -> Self {
                self.seed = Some(seed);
                self
            }

            $(
                /// `channels_last` or `channels_first`. Default `channels_last`.
                pub fn $format(mut self, format: impl Into<String>) -> Self {
                    self.$format = format.into();
                    self
                }
            )?

            fn format(&self) -> &str {
                $(if true { return &self.$format; })?
                FORMATS[0]
            }

            fn module(&self) -> SpatialDropoutModule {
                let channels_first = self.format() == FORMATS[1];
                SpatialDropoutModule { who: Self::CLASS, rank: $rank, channels_first, rate: self.rate, seed: self.seed }
            }
        }

        impl Layer for $name {
            const CLASS: &'static str = $class;
            type Module = SpatialDropoutModule;
            layer_options!();

            fn output_shape(&self, input: &Shape) -> Result<Shape> {
                self.module().check(self.format(), input)
            }

            fn build(&self, input: &Shape, _: &Build) -> Result<SpatialDropoutModule> {
                self.output_shape(input)?;
                Ok(self.module())
            }
        }
    )*};
}

spatial_dropout! {
    SpatialDropout1d "SpatialDropout1D" 3 "(batch, steps, channels)";
    SpatialDropout2d "SpatialDropout2D" 4 "(batch, rows, columns, channels), or channels first" data_format;
    SpatialDropout3d "SpatialDropout3D" 5 "(batch, three axes, channels), or channels first" data_format;
}

#[cfg(test)]
mod tests {
    use super::*;
    use kiln_core::Device;
    use kiln_core::random::Stream;

    fn call(layer: &impl Layer, shape: &[usize], cx: &Context) -> Vec<f32> {
        let device = Device::current().unwrap();
        let module = layer.build(&Shape::batch_of(&shape[1..]), &Build::new(&device, Stream::new(0))).unwrap();
        module.call(Tensor::ones(shape).to_device(&device), cx).unwrap().to_vec()
    }

    #[test]
    fn whole_maps_fall() {
        let cx = || Context::training(Stream::new(5));
        // (8, 9, 4): of each sample, a channel falls for all steps or for none.
        let y = call(&SpatialDropout1d::new(0.5), &[8, 9, 4], &cx());
        assert!(y.chunks(36).all(|sample| sample.chunks(4).all(|step| step == &sample[..4])));
        assert!(y.iter().all(|v| *v == 0.0 || *v == 2.0) && y.contains(&0.0) && y.contains(&2.0));
        let y = call(&SpatialDropout2d::new(0.5), &[8, 2, 3, 4], &cx());
        assert!(y.chunks(24).all(|sample| sample.chunks(4).all(|place| place == &sample[..4])));
        let y = call(&SpatialDropout2d::new(0.5).data_format("channels_first"), &[8, 4, 2, 3], &cx());
        assert!(y.chunks(6).all(|map| map.iter().all(|v| v == &map[0])) && y.contains(&0.0) && y.contains(&2.0));
        let y = call(&SpatialDropout3d::new(0.25).seed(3), &[8, 2, 2, 2, 4], &cx());
        assert!(y.chunks(32).all(|sample| sample.chunks(4).all(|place| place == &sample[..4])));
        assert_ne!(y, call(&SpatialDropout3d::new(0.25), &[8, 2, 2, 2, 4], &cx()));
        assert_eq!(call(&SpatialDropout1d::new(0.5), &[2, 2, 2], &Context::inference()), [1.0; 8]);
    }

    #[test]
    fn mistakes_are_errors() {
        let error = SpatialDropout2d::new(0.5).data_format("last").output_shape(&Shape::batch_of([2, 2, 2])).unwrap_err();
        assert_eq!(error.to_string(), "SpatialDropout2D: `data_format` must be `channels_last` or `channels_first`, received `last`");
        let error = SpatialDropout1d::new(0.5).output_shape(&Shape::batch_of([2])).unwrap_err();
        assert_eq!(error.to_string(), "SpatialDropout1D: expected an input of 3 axes, received (None, 2)");
        assert!(SpatialDropout3d::new(1.5).output_shape(&Shape::batch_of([2, 2, 2, 2])).is_err());
    }
}
