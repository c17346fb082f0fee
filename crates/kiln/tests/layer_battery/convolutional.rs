use crate::row::Row;
use kiln::prelude::*;

pub(crate) fn rows() -> Vec<Row> {
    let conv1d = Conv1d::new(3, 3).padding("causal").dilation_rate(2).activation("tanh");
    let conv2d = Conv2d::new(4, (3, 2)).strides([2, 1]).padding("same").groups(2).kernel_regularizer("l2").bias_constraint("max_norm");
    let transpose2d = Conv2dTranspose::new(3, (3, 4)).strides([2, 3]).output_padding([1, 2]).kernel_constraint("non_neg");
    let depthwise2d = DepthwiseConv2d::new(3).depth_multiplier(2).padding("same").strides(2).depthwise_regularizer("l1");
    let separable2d = SeparableConv2d::new(3, (2, 3)).padding("same").depth_multiplier(2).pointwise_initializer("he_normal");
    let rows = vec![
        Row::new(Conv1d::new(2, 2).strides(2).data_format("channels_first"), [3, 7]),
        Row::new(conv1d, [6, 2]),
        Row::new(Conv1d::new(2, 4).padding("same").strides(3).use_bias(false), [8, 2]),
        Row::new(conv2d, [5, 6, 2]),
        Row::new(Conv2d::new(2, 3).activation("tanh"), [5, 5, 2]),
        Row::new(Conv2d::new(2, 3).strides(2), [6, 8, 2]),
        Row::new(Conv2d::new(2, 2).dilation_rate([2, 3]).padding("same").data_format("channels_first"), [2, 5, 6]),
        Row::new(Conv3d::new(2, (2, 3, 2)).strides([1, 2, 2]).padding("same"), [3, 5, 4, 2]),
        Row::new(Conv3d::new(2, 2).groups(2).dilation_rate([1, 2, 1]).activation("tanh"), [3, 4, 3, 2]),
        Row::new(Conv1dTranspose::new(2, 3).strides(2).padding("same"), [4, 3]),
        Row::new(Conv1dTranspose::new(2, 2).strides(3).data_format("channels_first"), [3, 4]),
        Row::new(transpose2d, [3, 4, 2]),
        Row::new(Conv2dTranspose::new(2, 3).strides(2).padding("same").activation("tanh"), [3, 4, 2]),
        Row::new(Conv3dTranspose::new(2, 2).strides([1, 2, 1]).padding("same"), [2, 3, 2, 2]),
        Row::new(DepthwiseConv1d::new(3).dilation_rate(2).activation("tanh"), [7, 2]),
        Row::new(depthwise2d, [5, 6, 2]),
        Row::new(DepthwiseConv2d::new(2).data_format("channels_first").use_bias(false), [2, 4, 5]),
        Row::new(SeparableConv1d::new(3, 3).strides(2).padding("same"), [7, 2]),
        Row::new(separable2d, [5, 4, 2]),
    ];
    rows.into_iter().map(Row::of_rank).collect()
}
