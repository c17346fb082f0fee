use crate::row::Row;
use kiln::prelude::*;

pub(crate) fn rows() -> Vec<Row> {
    vec![
        Row::new(Dropout::new(0.4), [6]),
        Row::new(Dropout::new(0.25).seed(3).noise_shape([None, Some(1)]), [6]),
        Row::new(AlphaDropout::new(0.2).seed(3).noise_shape([None, Some(1)]), [6]),
        Row::new(GaussianDropout::new(0.2).seed(3), [6]),
        Row::new(GaussianNoise::new(0.2).seed(3), [6]),
        Row::new(SpatialDropout1d::new(0.2), [3, 2]).of_rank(),
        Row::new(SpatialDropout2d::new(0.2).seed(1).data_format("channels_first"), [3, 2, 2]).of_rank(),
        Row::new(SpatialDropout3d::new(0.2), [3, 2, 2, 2]).of_rank(),
        Row::new(ActivityRegularization::new().l1(0.1).l2(0.2), [6]),
    ]
}
