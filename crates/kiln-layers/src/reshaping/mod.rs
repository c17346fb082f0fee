//! Layers that move values without changing them, or put values between them.

mod cropping;
mod flatten;
mod interpolation;
mod permute;
mod repeat;
mod repeat_vector;
mod reshape;
mod up_sampling1d;
mod up_sampling2d;
mod up_sampling3d;
mod zero_padding;

pub use cropping::{Cropping, Cropping1d, Cropping1dModule, Cropping2d, Cropping2dModule, Cropping3d, Cropping3dModule, CroppingModule};
pub use flatten::{Flatten, FlattenModule};
pub use interpolation::Interpolation;
pub use permute::{Permute, PermuteModule};
pub use repeat_vector::{RepeatVector, RepeatVectorModule};
pub use reshape::{Reshape, ReshapeModule};
pub use up_sampling1d::{UpSampling1d, UpSampling1dModule};
pub use up_sampling2d::{UpSampling2d, UpSampling2dModule};
pub use up_sampling3d::{UpSampling3d, UpSampling3dModule};
pub use zero_padding::{ZeroPadding, ZeroPadding1d, ZeroPadding1dModule, ZeroPadding2d, ZeroPadding2dModule};
pub use zero_padding::{ZeroPadding3d, ZeroPadding3dModule, ZeroPaddingModule};

#[cfg(test)]
mod tests {
    use super::*;
    use kiln_core::build::Build;
    use kiln_core::random::Stream;
    use kiln_core::value::one;
    use kiln_core::{AnyLayer, Context, DType, Device, Shape, Tensor};

    #[test]
    fn all_agree_with_keras() {
        crate::spatial::golden::agree(include_str!("../../testdata/reshaping.json"));
    }

    #[test]
    fn defaults_are_those_of_keras() {
        use crate::{MaxPooling1d, MaxPooling3d};
        assert_eq!((MaxPooling1d::default(), MaxPooling3d::default()), (MaxPooling1d::new(2), MaxPooling3d::new([2, 2, 2])));
        assert_eq!((Cropping1d::default(), Cropping2d::default()), (Cropping1d::new((1, 1)), Cropping2d::new(0)));
        assert_eq!((Cropping3d::default(), ZeroPadding2d::default()), (Cropping3d::new(1), ZeroPadding2d::new(((1, 1), (1, 1)))));
        assert_eq!((UpSampling1d::default(), UpSampling2d::default()), (UpSampling1d::new(2), UpSampling2d::new([2, 2])));
        assert_eq!(UpSampling3d::default(), UpSampling3d::new(2));
    }

    #[test]
    fn integers_stay_integers() {
        let of = |layer: AnyLayer, shape: &[usize]| {
            let (device, count) = (Device::current().unwrap(), shape.iter().product::<usize>());
            let x = Tensor::from_vec((0..count as i32).collect(), shape).unwrap().to_device(&device);
            let module = layer.build(&[Shape::known(shape)], &Build::new(&device, Stream::new(0))).unwrap();
            let y = module.call(one(x), &Context::inference()).unwrap().remove(0).tensor;
            assert_eq!(y.dtype(), DType::I32, "{}", layer.class());
            y.to_vec::<i32>()
        };
        assert_eq!(of(Permute::new([2, 1]).into(), &[1, 2, 2]), [0, 2, 1, 3]);
        assert_eq!(of(RepeatVector::new(2).into(), &[1, 2]), [0, 1, 0, 1]);
        assert_eq!(of(Cropping1d::new((1, 0)).into(), &[1, 3, 1]), [1, 2]);
        assert_eq!(of(ZeroPadding1d::new((1, 0)).into(), &[1, 2, 1]), [0, 0, 1]);
        assert_eq!(of(UpSampling1d::new(2).into(), &[1, 2, 1]), [0, 0, 1, 1]);
        assert_eq!(of(UpSampling2d::new([1, 2]).into(), &[1, 1, 2, 1]), [0, 0, 1, 1]);
        assert_eq!(of(UpSampling3d::new([2, 1, 1]).into(), &[1, 1, 1, 2, 1]), [0, 1, 0, 1]);
        assert_eq!(of(Flatten::new().data_format("channels_first").into(), &[1, 2, 2]), [0, 2, 1, 3]);
    }
}
