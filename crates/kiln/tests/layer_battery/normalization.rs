use crate::row::Row;
use kiln::prelude::*;

pub(crate) fn rows() -> Vec<Row> {
    let clipping = RenormClipping { rmin: Some(0.5), rmax: Some(2.0), dmax: None };
    vec![
        Row::new(BatchNormalization::new().momentum(0.9).gamma_initializer("random_normal"), [5]),
        Row::new(BatchNormalization::new().axis(1).scale(false).moving_variance_initializer(Initializer::Constant { value: 2.0 }), [3, 4]),
        Row::new(BatchNormalization::new().center(false).renorm(true).renorm_clipping(clipping).renorm_momentum(0.5), [2, 2, 3]),
        Row::new(LayerNormalization::new().gamma_regularizer("l2").beta_constraint("non_neg"), [4, 3]),
        Row::new(LayerNormalization::new().axis([1, -1]).epsilon(0.1).gamma_initializer("random_normal"), [2, 3, 2]),
        Row::new(LayerNormalization::new().rms_scaling(true), [4]),
        Row::new(GroupNormalization::new().groups(2).epsilon(0.1).beta_regularizer("l1").gamma_constraint("max_norm"), [3, 4]),
        Row::new(GroupNormalization::new().groups(-1).axis(1).epsilon(0.1).center(false), [3, 4, 2]),
        Row::new(RmsNormalization::new(), [4, 3]),
        Row::new(RmsNormalization::new().axis([1, 2]).epsilon(0.1), [4, 3]),
        Row::new(UnitNormalization::new(), [4, 3]),
        Row::new(UnitNormalization::new().axis([1, 2]), [4, 3]),
        Row::new(SpectralNormalization::new(Dense::new(3).kernel_regularizer("l2").kernel_constraint("max_norm")), [5]),
        Row::new(SpectralNormalization::new(Dense::new(3)).power_iterations(2), [2, 5]),
    ]
}
