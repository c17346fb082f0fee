//! Layers that are on in training alone, to make a model generalise.

mod activity_regularization;
mod alpha_dropout;
mod dropout;
mod gaussian_dropout;
mod gaussian_noise;
mod random;
mod spatial_dropout;

pub use activity_regularization::{ActivityRegularization, ActivityRegularizationModule};
pub use alpha_dropout::{AlphaDropout, AlphaDropoutModule};
pub use dropout::{Dropout, DropoutModule};
pub use gaussian_dropout::{GaussianDropout, GaussianDropoutModule};
pub use gaussian_noise::{GaussianNoise, GaussianNoiseModule};
pub(crate) use random::{keep, stream};
pub use spatial_dropout::{SpatialDropout1d, SpatialDropout2d, SpatialDropout3d, SpatialDropoutModule};

#[cfg(test)]
mod tests {
    #[test]
    fn inference_is_as_in_keras() {
        let gap = crate::reference::check(include_str!("../../testdata/regularization.json"));
        assert!(gap <= 1.0);
    }
}
