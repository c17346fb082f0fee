//! Layers that bring their inputs to mean 0, to variance 1, or to length 1.

mod affine;
mod batch_normalization;
mod batch_statistics;
mod group_normalization;
mod layer_normalization;
mod renorm;
mod rms_normalization;
mod rows;
mod spectral_normalization;
mod unit_normalization;

pub use batch_normalization::{BatchNormalization, BatchNormalizationModule};
pub use group_normalization::{GroupNormalization, GroupNormalizationModule};
pub use layer_normalization::{LayerNormalization, LayerNormalizationModule};
pub use renorm::RenormClipping;
pub use rms_normalization::{RmsNormalization, RmsNormalizationModule};
pub use spectral_normalization::{SpectralNormalization, SpectralNormalizationModule};
pub use unit_normalization::{UnitNormalization, UnitNormalizationModule};

#[cfg(test)]
mod tests {
    use super::*;
    use kiln_core::build::Build;
    use kiln_core::initializer::Initializer;
    use kiln_core::random::Stream;
    use kiln_core::{Device, Layer, Shape, weights};

    fn values(layer: &impl Layer) -> Vec<(String, f64)> {
        let cx = Build::new(&Device::current().unwrap(), Stream::new(1));
        let module = layer.build(&Shape::batch_of([4]), &cx).unwrap();
        let values = weights::values(&module);
        weights::list(&module).into_iter().zip(values).map(|(w, (_, v))| (w.path, v.mean().item())).collect()
    }

    #[test]
    fn initializers_fill_their_weights() {
        let all = |value: f64| Initializer::Constant { value };
        let named = |all: &[(&str, f64)]| all.iter().map(|(n, v)| ((*n).to_owned(), *v)).collect::<Vec<_>>();
        let batch = BatchNormalization::new()
            .gamma_initializer(all(2.0))
            .beta_initializer(all(3.0))
            .moving_mean_initializer(all(4.0))
            .moving_variance_initializer(all(9.0));
        let plain = [("gamma", 2.0), ("beta", 3.0), ("moving_mean", 4.0), ("moving_variance", 9.0)];
        assert_eq!(values(&batch), named(&plain));
        let renorm = [("moving_stddev", 3.0), ("renorm_mean", 4.0), ("renorm_stddev", 3.0)];
        assert_eq!(values(&batch.renorm(true)), [named(&plain), named(&renorm)].concat());
        let layer = LayerNormalization::new().gamma_initializer(all(2.0)).beta_initializer(all(3.0));
        assert_eq!(values(&layer), named(&plain[..2]));
        let group = GroupNormalization::new().groups(2).gamma_initializer(all(2.0)).beta_initializer(all(3.0));
        assert_eq!(values(&group), named(&plain[..2]));
    }

    #[test]
    fn constraints_name_their_weights() {
        let of = |c: Vec<(&'static str, kiln_core::constraint::Constraint)>| c.into_iter().map(|(w, _)| w).collect::<Vec<_>>();
        let batch = BatchNormalization::new().gamma_constraint("max_norm").beta_constraint("non_neg");
        assert_eq!(of(batch.constraints()), ["gamma", "beta"]);
        assert_eq!(of(LayerNormalization::new().beta_constraint("non_neg").constraints()), ["beta"]);
        assert_eq!(of(GroupNormalization::new().gamma_constraint("non_neg").constraints()), ["gamma"]);
        let spectral = SpectralNormalization::new(crate::Dense::new(2).kernel_constraint("non_neg"));
        assert_eq!(of(spectral.constraints()), ["layer.kernel"]);
    }

    #[test]
    fn agrees_with_keras() {
        let gap = crate::reference::check(include_str!("../../testdata/normalization.json"));
        assert!(gap <= 1.0);
    }
}
