use crate::row::Row;
use kiln::prelude::*;

pub(crate) fn rows() -> Vec<Row> {
    let of_rank = vec![
        Row::new(Permute::new([3, 1, 2]), [2, 3, 4]),
        Row::new(RepeatVector::new(3), [4]),
        Row::new(Cropping1d::new((1, 2)), [6, 2]),
        Row::new(Cropping2d::new(((1, 0), (0, 2))).data_format("channels_first"), [2, 4, 5]),
        Row::new(Cropping3d::new([0, 1, 1]), [2, 3, 4, 2]),
        Row::new(ZeroPadding1d::new((1, 2)), [3, 2]),
        Row::new(ZeroPadding2d::new(((1, 0), (0, 2))), [3, 4, 2]),
        Row::new(ZeroPadding3d::new(1).data_format("channels_first"), [2, 2, 2, 3]),
        Row::new(UpSampling1d::new(3), [4, 2]),
        Row::new(UpSampling2d::new([2, 3]), [3, 2, 2]),
        Row::new(UpSampling2d::new([3, 2]).interpolation("bilinear"), [3, 4, 2]),
        Row::new(UpSampling2d::new(2).interpolation("bicubic").data_format("channels_first"), [2, 4, 3]),
        Row::new(UpSampling2d::new([1, 2]).interpolation("lanczos3"), [2, 3, 1]),
        Row::new(UpSampling3d::new([2, 1, 2]).data_format("channels_first"), [2, 2, 2, 2]),
    ];
    let rows = vec![
        Row::new(Flatten::new(), [3, 4]),
        Row::new(Flatten::new().data_format("channels_first"), [3, 4, 2]),
        Row::new(Reshape::new([2, -1]), [6]),
    ];
    rows.into_iter().chain(of_rank.into_iter().map(Row::of_rank)).collect()
}
