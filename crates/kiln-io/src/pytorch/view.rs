//! Tensors as PyTorch stores them: sizes and strides over a storage that several may share. Turning, cutting and splitting axes moves no
//! number.

use crate::hdf5::{Read, fault, half};
use kiln_core::shape::tuple;

/// The kind of a storage's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dtype {
    F16,
    Bf16,
    F32,
    F64,
    I8,
    I16,
    I32,
    I64,
    U8,
    Bool,
}

impl Dtype {
    pub(super) fn of_storage(class: &str) -> Option<Self> {
        Some(match class {
            "HalfStorage" => Self::F16,
            "BFloat16Storage" => Self::Bf16,
            "FloatStorage" => Self::F32,
            "DoubleStorage" => Self::F64,
            "CharStorage" => Self::I8,
            "ShortStorage" => Self::I16,
            "IntStorage" => Self::I32,
            "LongStorage" => Self::I64,
            "ByteStorage" => Self::U8,
            "BoolStorage" => Self::Bool,
            _ => return None,
        })
    }

    /// Bytes of a number.
    pub(super) fn width(self) -> usize {
        match self {
            Self::I8 | Self::U8 | Self::Bool => 1,
            Self::F16 | Self::Bf16 | Self::I16 => 2,
            Self::F32 | Self::I32 => 4,
            Self::F64 | Self::I64 => 8,
        }
    }

    fn number(self, element: &[u8]) -> f32 {
        if let (Self::F32, Ok(bytes)) = (self, element.try_into()) {
            return f32::from_le_bytes(bytes);
        }
        let bits = element.iter().rev().fold(0u64, |n, byte| n << 8 | u64::from(*byte));
        match self {
            Self::F16 => half(bits as u16) as f32,
            Self::Bf16 => f32::from_bits((bits as u32) << 16),
            Self::F32 => f32::from_bits(bits as u32),
            Self::F64 => f64::from_bits(bits) as f32,
            Self::I8 => f32::from(bits as i8),
            Self::I16 => f32::from(bits as i16),
            Self::I32 => bits as i32 as f32,
            Self::I64 => bits as i64 as f32,
            Self::U8 => f32::from(bits as u8),
            Self::Bool => f32::from(u8::from(bits != 0)),
        }
    }
}

/// Numbers that lie elsewhere in the file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Storage<'a> {
    pub(super) key: &'a str,
    pub(super) dtype: Dtype,
    /// How many numbers.
    pub(super) length: usize,
    /// Where this storage begins in that of the key, in numbers.
    pub(super) offset: usize,
}

/// A tensor: sizes and strides over a storage.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct View<'a> {
    pub(super) storage: Storage<'a>,
    offset: usize,
    pub(super) shape: Vec<usize>,
    strides: Vec<usize>,
}

impl<'a> View<'a> {
    /// Checked: all its numbers lie in the storage.
    pub(super) fn new(storage: Storage<'a>, offset: usize, shape: Vec<usize>, strides: Vec<usize>) -> Read<Self> {
        if shape.len() != strides.len() || shape.len() > 8 {
            return fault(format!("a tensor of {} axes with {} strides", shape.len(), strides.len()));
        }
        let last = || {
            let reach = shape.iter().zip(&strides).try_fold(0usize, |sum, (n, stride)| sum.checked_add((n - 1).checked_mul(*stride)?))?;
            reach.checked_add(offset)?.checked_add(storage.offset)
        };
        let empty = shape.contains(&0);
        if !empty && last().is_none_or(|last| last - storage.offset >= storage.length) {
            return fault(format!("a tensor of shape {} that reaches beyond its {} numbers", tuple(&shape), storage.length));
        }
        Ok(Self { storage, offset, shape, strides })
    }

    /// The axes in another order.
    pub(super) fn permute(&self, order: &[usize]) -> Self {
        let pick = |from: &[usize]| order.iter().filter_map(|axis| from.get(*axis).copied()).collect();
        Self { shape: pick(&self.shape), strides: pick(&self.strides), ..self.clone() }
    }

    /// The part `index` of `count` equal ones of the first axis.
    pub(super) fn part(&self, index: usize, count: usize) -> Self {
        let mut part = self.clone();
        if let (Some(n), Some(stride)) = (part.shape.first_mut(), self.strides.first()) {
            *n /= count;
            part.offset += index * *n * stride;
        }
        part
    }

    /// Makes axes of `sizes` of one axis; their product is its size.
    pub(super) fn split(&self, axis: usize, sizes: &[usize]) -> Self {
        let mut split = self.clone();
        let mut stride = self.strides.get(axis).copied().unwrap_or(0);
        let mut strides = Vec::new();
        for size in sizes.iter().rev() {
            strides.insert(0, stride);
            stride = stride.saturating_mul(*size);
        }
        split.shape.splice(axis..axis + 1, sizes.iter().copied());
        split.strides.splice(axis..axis + 1, strides);
        split
    }

    /// The numbers in order, from the bytes of the storage that the key names.
    pub(super) fn numbers(&self, bytes: &[u8]) -> Read<Vec<f32>> {
        let width = self.storage.dtype.width();
        let count: usize = self.shape.iter().product();
        let mut numbers = Vec::with_capacity(count);
        let (outer, inner, step) = match (self.shape.split_last(), self.strides.last()) {
            (Some((inner, outer)), Some(step)) => (outer, *inner, *step),
            _ => (&[][..], 1, 0),
        };
        let mut index = vec![0; outer.len()];
        while numbers.len() < count {
            let start = index.iter().zip(&self.strides).map(|(i, stride)| i * stride).sum::<usize>() + self.offset + self.storage.offset;
            for i in 0..inner {
                let place = (start + i * step).checked_mul(width);
                match place.and_then(|place| bytes.get(place..place.checked_add(width)?)) {
                    Some(element) => numbers.push(self.storage.dtype.number(element)),
                    None => return fault(format!("the storage `{}` is cut off", self.storage.key)),
                }
            }
            for (i, n) in index.iter_mut().zip(outer).rev() {
                *i += 1;
                if *i < *n {
                    break;
                }
                *i = 0;
            }
        }
        Ok(numbers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORAGE: Storage<'_> = Storage { key: "0", dtype: Dtype::U8, length: 12, offset: 0 };

    #[test]
    fn axes_are_turned_cut_and_split() {
        let bytes: Vec<u8> = (0..12).collect();
        let view = View::new(STORAGE, 0, vec![4, 3], vec![3, 1]).unwrap();
        assert_eq!(view.permute(&[1, 0]).numbers(&bytes).unwrap(), [0.0, 3.0, 6.0, 9.0, 1.0, 4.0, 7.0, 10.0, 2.0, 5.0, 8.0, 11.0]);
        assert_eq!(view.part(1, 2).numbers(&bytes).unwrap(), [6.0, 7.0, 8.0, 9.0, 10.0, 11.0]);
        let split = view.split(0, &[2, 2]).permute(&[1, 0, 2]);
        assert_eq!((split.shape.clone(), split.numbers(&bytes).unwrap()[3..6].to_vec()), (vec![2, 2, 3], vec![6.0, 7.0, 8.0]));
    }

    #[test]
    fn no_view_reaches_beyond_its_storage() {
        let view = |offset, shape: &[usize], strides: &[usize]| View::new(STORAGE, offset, shape.to_vec(), strides.to_vec());
        assert!(view(0, &[12], &[1]).is_ok() && view(0, &[usize::MAX], &[0]).is_ok() && view(5, &[0, 3], &[9, 9]).is_ok());
        assert_eq!(view(1, &[12], &[1]).unwrap_err().0, "a tensor of shape (12,) that reaches beyond its 12 numbers");
        assert!(view(usize::MAX, &[1], &[1]).is_err() && view(0, &[usize::MAX, 2], &[2, 1]).is_err() && view(0, &[2], &[]).is_err());
        assert!(view(0, &[4], &[1]).unwrap().numbers(&[1, 2]).is_err());
    }

    #[test]
    fn every_dtype_is_a_number() {
        let number = |dtype: Dtype, bytes: &[u8]| dtype.number(bytes);
        assert_eq!(number(Dtype::F16, &[0, 0xc0]), -2.0);
        assert_eq!(number(Dtype::Bf16, &[0xc0, 0x3f]), 1.5);
        assert_eq!(number(Dtype::F64, &2.25f64.to_le_bytes()), 2.25);
        assert_eq!(number(Dtype::I64, &(-3i64).to_le_bytes()), -3.0);
        assert_eq!(number(Dtype::I8, &[0xff]), -1.0);
        assert_eq!((number(Dtype::U8, &[0xff]), number(Dtype::Bool, &[7])), (255.0, 1.0));
    }
}
