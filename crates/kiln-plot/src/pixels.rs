//! From the values of a tensor to bytes.

use kiln_core::{DType, Error, Result, Tensor};

/// One or more pictures of the same size, 8 bits a channel.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pixels {
    pub(crate) width: usize,
    pub(crate) height: usize,
    /// 1: grey, 3: RGB, 4: RGB and alpha.
    pub(crate) channels: usize,
    /// All pictures, one after the other, row by row.
    pub(crate) bytes: Vec<u8>,
}

impl Pixels {
    /// From a tensor of pictures of this height, width and number of channels.
    pub(crate) fn new(who: &str, tensor: &Tensor, height: usize, width: usize, channels: usize) -> Result<Self> {
        Ok(Self { width, height, channels, bytes: bytes(who, tensor)? })
    }

    /// The picture with this index, each pixel `scale` times as wide and high.
    pub(crate) fn enlarged(&self, index: usize, scale: usize) -> Vec<u8> {
        let row_len = self.width * self.channels;
        let start = index * self.height * row_len;
        let mut out = Vec::with_capacity(self.height * row_len * scale * scale);
        for row in self.bytes[start..start + self.height * row_len].chunks_exact(row_len.max(1)) {
            let wide: Vec<u8> = row.chunks_exact(self.channels).flat_map(|p| p.repeat(scale)).collect();
            (0..scale).for_each(|_| out.extend_from_slice(&wide));
        }
        out
    }
}

/// Height, width and channels of one picture, if the axes are those of one.
pub(crate) fn picture(axes: &[usize]) -> Option<(usize, usize, usize)> {
    let (height, width, channels) = match *axes {
        [height, width] => (height, width, 1),
        [height, width, channels @ (1 | 3 | 4)] => (height, width, channels),
        _ => return None,
    };
    (height > 0 && width > 0).then_some((height, width, channels))
}

/// The most pixels of a picture.
pub(crate) const MOST: usize = 1 << 28;

/// Width and height of a picture, if it has at most [`MOST`] pixels.
pub(crate) fn within_limit(width: usize, height: usize) -> Option<(u32, u32)> {
    width.checked_mul(height).filter(|area| *area <= MOST)?;
    Some((u32::try_from(width).ok()?, u32::try_from(height).ok()?))
}

fn bytes(who: &str, tensor: &Tensor) -> Result<Vec<u8>> {
    match tensor.dtype() {
        DType::Bool(_) => Ok(tensor.to_vec::<bool>().into_iter().map(|v| if v { 255 } else { 0 }).collect()),
        DType::U8 => Ok(tensor.to_vec::<u8>()),
        dtype if dtype.is_float() => from_floats(who, &tensor.to_vec::<f64>()),
        _ => from_integers(who, &tensor.to_vec::<i64>()),
    }
}

fn from_integers(who: &str, values: &[i64]) -> Result<Vec<u8>> {
    let (min, max) = (values.iter().min().copied().unwrap_or(0), values.iter().max().copied().unwrap_or(0));
    if min < 0 || max > 255 {
        return Err(Error::data(who, format!("integers of a picture must lie in 0 to 255, found {min} to {max}")));
    }
    Ok(values.iter().map(|v| *v as u8).collect())
}

fn from_floats(who: &str, values: &[f64]) -> Result<Vec<u8>> {
    if let Some(at) = values.iter().position(|v| v.is_nan()) {
        return Err(Error::data(who, format!("value {at} of the picture is NaN")).hint("look for a division by zero before it"));
    }
    let (min, max) = values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(*v), b.max(*v)));
    let factor = match (min, max) {
        (min, max) if min >= 0.0 && max <= 1.0 => 255.0,
        (min, max) if min >= 0.0 && max <= 255.0 => 1.0,
        _ if values.is_empty() => 1.0,
        _ => {
            let what = format!("floats of a picture must lie in 0 to 1 or in 0 to 255, found {min} to {max}");
            return Err(Error::data(who, what).hint("scale them: `(x - min) / (max - min)`"));
        }
    };
    Ok(values.iter().map(|v| (v * factor).round() as u8).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use kiln_core::DType;

    fn error(tensor: Tensor) -> String {
        bytes("Image", &tensor).unwrap_err().to_string()
    }

    #[test]
    fn each_dtype_has_its_range() {
        assert_eq!(bytes("", &Tensor::constant([0.0, 0.5, 1.0])).unwrap(), [0, 128, 255]);
        assert_eq!(bytes("", &Tensor::constant([0.0, 0.5, 200.4])).unwrap(), [0, 1, 200]);
        assert_eq!(bytes("", &Tensor::constant([0.0, 0.5, 1.0]).cast(DType::F16)).unwrap(), [0, 128, 255]);
        assert_eq!(bytes("", &Tensor::constant([0, 1, 255])).unwrap(), [0, 1, 255]);
        assert_eq!(bytes("", &Tensor::from_vec(vec![0u8, 1, 255], [3]).unwrap()).unwrap(), [0, 1, 255]);
        assert_eq!(bytes("", &Tensor::constant([true, false])).unwrap(), [255, 0]);
    }

    #[test]
    fn values_out_of_range_are_named() {
        assert_eq!(error(Tensor::constant([3, -4, 300])), "Image: integers of a picture must lie in 0 to 255, found -4 to 300");
        assert_eq!(
            error(Tensor::constant([-0.5, 2.0])),
            "Image: floats of a picture must lie in 0 to 1 or in 0 to 255, found -0.5 to 2; scale them: `(x - min) / (max - min)`"
        );
        assert_eq!(error(Tensor::constant([0.0, f64::NAN])), "Image: value 1 of the picture is NaN; look for a division by zero before it");
        assert!(error(Tensor::constant([0.0, f64::INFINITY])).contains("found 0 to inf"));
    }

    #[test]
    fn shapes_of_pictures() {
        assert_eq!(picture(&[2, 3]), Some((2, 3, 1)));
        assert_eq!(picture(&[2, 3, 4]), Some((2, 3, 4)));
        assert!([&[2][..], &[2, 3, 2], &[1, 2, 3, 3], &[0, 3], &[]].into_iter().all(|axes| picture(axes).is_none()));
    }

    #[test]
    fn pixels_grow_without_blur() {
        let pixels = Pixels { width: 2, height: 1, channels: 1, bytes: vec![9, 9, 1, 2] };
        assert_eq!(pixels.enlarged(1, 2), [1, 1, 2, 2, 1, 1, 2, 2]);
    }
}
