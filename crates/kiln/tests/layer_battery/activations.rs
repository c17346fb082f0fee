use crate::row::Row;
use kiln::prelude::*;

pub(crate) fn rows() -> Vec<Row> {
    vec![
        Row::new(Relu::new(), [6]),
        // Each value jumps at the threshold, so that differences across it say nothing.
        Row::new(Relu::new().max_value(1.0).negative_slope(0.1).threshold(0.2), [6]).no_gradient(),
        Row::new(LeakyRelu::new(), [6]),
        Row::new(Elu::new().alpha(0.7), [2, 3]),
        Row::new(PRelu::new().alpha_initializer("random_normal").alpha_regularizer("l1").alpha_constraint("non_neg"), [2, 3]),
        Row::new(PRelu::new().alpha_initializer("random_normal").shared_axes([1, 2]), [2, 3, 2]),
        Row::new(Softmax::new(), [6]),
        Row::new(Softmax::new().axis([1, 2]), [2, 3]),
    ]
}
