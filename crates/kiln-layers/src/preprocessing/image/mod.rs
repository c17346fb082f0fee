//! Layers that change images: sizes, and random changes in training.
//!
//! An image is read elsewhere by one mechanism, `warp`; colours are changed by `color`, neighbours summed by `stencil`. A random change is a
//! function of the seed, the step, the layer and the place of the image in its batch.

mod aug_mix;
mod auto_contrast;
mod center_crop;
mod choice;
mod clahe;
mod color;
mod draws;
mod equalization;
mod factor;
#[cfg(test)]
mod goldens;
mod histogram;
mod names;
mod operation;
mod rand_augment;
mod random_brightness;
mod random_color_degeneration;
mod random_color_jitter;
mod random_contrast;
mod random_crop;
mod random_elastic_transform;
mod random_erasing;
mod random_flip;
mod random_gaussian_blur;
mod random_grayscale;
mod random_hue;
mod random_invert;
mod random_perspective;
mod random_posterization;
mod random_rotation;
mod random_saturation;
mod random_sharpness;
mod random_shear;
mod random_translation;
mod random_zoom;
#[cfg(test)]
mod randomness;
mod resample;
mod resizing;
mod solarization;
mod stencil;
mod warp;
mod warping;

pub use factor::Factor;
pub use names::{DataFormat, FillMode, Interpolation};
pub use operation::ImageModule;

pub use aug_mix::AugMix;
pub use auto_contrast::AutoContrast;
pub use center_crop::CenterCrop;
pub use clahe::ContrastLimitedAdaptiveHistogramEqualization;
pub use equalization::Equalization;
pub use rand_augment::RandAugment;
pub use random_brightness::RandomBrightness;
pub use random_color_degeneration::RandomColorDegeneration;
pub use random_color_jitter::RandomColorJitter;
pub use random_contrast::RandomContrast;
pub use random_crop::RandomCrop;
pub use random_elastic_transform::RandomElasticTransform;
pub use random_erasing::{Fill, RandomErasing};
pub use random_flip::{FlipMode, RandomFlip};
pub use random_gaussian_blur::{KernelSize, RandomGaussianBlur};
pub use random_grayscale::RandomGrayscale;
pub use random_hue::RandomHue;
pub use random_invert::RandomInvert;
pub use random_perspective::RandomPerspective;
pub use random_posterization::RandomPosterization;
pub use random_rotation::RandomRotation;
pub use random_saturation::RandomSaturation;
pub use random_sharpness::RandomSharpness;
pub use random_shear::RandomShear;
pub use random_translation::RandomTranslation;
pub use random_zoom::RandomZoom;
pub use resizing::Resizing;
pub use solarization::Solarization;
