//! Layers that bring their inputs to mean 0, to variance 1, or to length 1.

mod affine;
mod batch_normalization;
mod batch_statistics;
mod group_normalization;
mod layer_normalization;
mod local_response_normalization;
mod renorm;
mod rms_normalization;
mod rows;
mod spectral_normalization;
mod unit_normalization;

pub use batch_normalization::{BatchNormalization, BatchNormalizationModule};
pub use group_normalization::{GroupNormalization, GroupNormalizationModule};
pub use layer_normalization::{LayerNormalization, LayerNormalizationModule};
pub use local_response_normalization::{LocalResponseNormalization, LocalResponseNormalizationModule};
pub use renorm::RenormClipping;
pub use rms_normalization::{RmsNormalization, RmsNormalizationModule};
pub use spectral_normalization::{SpectralNormalization, SpectralNormalizationModule};
pub use unit_normalization::{UnitNormalization, UnitNormalizationModule};

#[cfg(test)]
mod tests {
    #[test]
    fn agrees_with_keras() {
        let gap = crate::reference::check(include_str!("../../testdata/normalization.json"));
        assert!(gap <= 1.0);
    }
}
