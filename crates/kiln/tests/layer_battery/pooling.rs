use crate::row::Row;
use kiln::prelude::*;

pub(crate) fn rows() -> Vec<Row> {
    let rows = vec![
        Row::new(MaxPooling1d::new(3).strides(2).padding("same"), [7, 2]),
        Row::new(MaxPooling2d::new(2), [4, 5, 2]),
        Row::new(MaxPooling2d::new([3, 2]).strides([2, 1]).padding("same").data_format("channels_first"), [2, 5, 4]),
        Row::new(MaxPooling3d::new(2).strides([2, 1, 2]).padding("same"), [3, 4, 3, 2]),
        Row::new(AveragePooling1d::new(2).data_format("channels_first"), [2, 6]),
        Row::new(AveragePooling2d::new([3, 2]).strides(2).padding("same"), [5, 6, 2]),
        Row::new(AveragePooling2d::new(3).strides(1).padding("same"), [4, 5, 2]),
        Row::new(AveragePooling3d::new([2, 3, 2]).strides(2).padding("same"), [3, 4, 5, 1]),
        Row::new(GlobalMaxPooling1d::new(), [4, 3]),
        Row::new(GlobalMaxPooling2d::new().keepdims(true), [3, 4, 2]),
        Row::new(GlobalMaxPooling3d::new().data_format("channels_first"), [2, 2, 3, 2]),
        Row::new(GlobalAveragePooling1d::new().keepdims(true), [4, 3]),
        Row::new(GlobalAveragePooling2d::new().data_format("channels_first"), [2, 3, 4]),
        Row::new(GlobalAveragePooling3d::new(), [2, 3, 2, 2]),
        Row::new(AdaptiveMaxPooling1d::new(3), [7, 2]),
        Row::new(AdaptiveMaxPooling2d::new([2, 4]).data_format("channels_first"), [2, 5, 6]),
        Row::new(AdaptiveMaxPooling3d::new(2), [3, 2, 5, 2]),
        Row::new(AdaptiveAveragePooling1d::new(5), [3, 2]),
        Row::new(AdaptiveAveragePooling2d::new([3, 2]), [5, 4, 2]),
        Row::new(AdaptiveAveragePooling3d::new([2, 1, 3]).data_format("channels_first"), [2, 3, 2, 4]),
    ];
    rows.into_iter().map(Row::of_rank).collect()
}
