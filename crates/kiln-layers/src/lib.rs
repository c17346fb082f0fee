//! The layers of Kiln, in the rooms Keras keeps them in.
//!
//! A layer is one file: its description, a `Module` that the description builds, and its tests.
//!
//! - [`core`] has dense, activation, closures
//! - [`regularization`] has dropout
//! - [`reshaping`] has flatten, reshape
//! - [`preprocessing`] has rescaling, normalization, discretization, category encoding, integer lookup, and images: resizing,
//!   cropping, random changes

pub mod core;
mod list;
pub mod preprocessing;
pub mod regularization;
pub mod reshaping;

pub use crate::list::{layer_classes, layer_from_config, nested_layer};

pub use crate::core::{Activation, BurnModule, Dense, Input, Lambda};
pub use preprocessing::image::{
    AugMix, AutoContrast, CenterCrop, ContrastLimitedAdaptiveHistogramEqualization, Equalization, RandAugment, RandomBrightness,
    RandomColorDegeneration, RandomColorJitter, RandomContrast, RandomCrop, RandomElasticTransform, RandomErasing, RandomFlip,
    RandomGaussianBlur, RandomGrayscale, RandomHue, RandomInvert, RandomPerspective, RandomPosterization, RandomRotation, RandomSaturation,
    RandomSharpness, RandomShear, RandomTranslation, RandomZoom, Resizing, Solarization,
};
pub use preprocessing::{CategoryEncoding, Discretization, IntegerLookup, Normalization, Rescaling};
pub use regularization::Dropout;
pub use reshaping::{Flatten, Reshape};
