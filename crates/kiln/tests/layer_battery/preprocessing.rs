use crate::row::Row;
use kiln::prelude::*;

pub(crate) fn rows() -> Vec<Row> {
    let boundaries = || Discretization::new([-0.5, 0.5]);
    let ids = || IntegerLookup::new().vocabulary([2, 5, 7]);
    vec![
        Row::new(Rescaling::new(0.5).offset(-1.0), [6]),
        Row::new(Normalization::new(), [6]),
        Row::new(Normalization::new().mean([0.5, 1.0, 0.0]).variance([4.0, 2.0, 1.0]), [2, 3]),
        Row::new(boundaries(), [6]).no_gradient().of_rank(),
        Row::new(boundaries().output_mode("one_hot"), [6]).no_gradient().of_rank(),
        Row::new(boundaries().output_mode("count"), [6]).no_gradient().of_rank(),
        Row::new(CategoryEncoding::new(5), [6]).integers(5).no_gradient().of_rank(),
        Row::new(CategoryEncoding::new(5).output_mode("one_hot"), [1]).integers(5).no_gradient().of_rank(),
        Row::many(CategoryEncoding::new(5).output_mode("count"), &[&[6], &[6]]).integers(5).no_gradient().of_rank(),
        Row::new(ids().num_oov_indices(2).mask_token(0), [6]).integers(9).no_gradient().of_rank(),
        Row::new(ids().output_mode("tf_idf").idf_weights([0.5, 1.0, 2.0]), [6]).integers(9).no_gradient().of_rank(),
    ]
}
