//! The dtypes: their kinds, names and conversions.

use super::{Tensor, with_rank};
use burn::tensor::DType;

/// The kind of a dtype, in the order of promotion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Bool,
    Int,
    Float,
}

impl Tensor {
    /// The same values with another dtype; floats are truncated towards zero, a bool is whether a value differs from 0.
    pub fn cast(self, dtype: DType) -> Self {
        if self.dtype() == dtype {
            return self;
        }
        let name = self.name.clone();
        let (rank, self_scalar) = (self.rank(), self.scalar);
        let cast: Self = match (self.kind(), kind_of(dtype)) {
            (Kind::Float, Kind::Float | Kind::Int) => with_rank!(rank, D => {
                let x = self.f::<D>();
                if dtype.is_float() { x.cast(float_dtype(dtype)).into() } else { x.cast(int_dtype(dtype)).into() }
            }),
            (Kind::Int, Kind::Float | Kind::Int) => with_rank!(rank, D => {
                let x = self.i::<D>();
                if dtype.is_float() { x.cast(float_dtype(dtype)).into() } else { x.cast(int_dtype(dtype)).into() }
            }),
            (Kind::Bool, Kind::Float) => with_rank!(rank, D => self.b::<D>().float().cast(float_dtype(dtype)).into()),
            (Kind::Bool, Kind::Int) => with_rank!(rank, D => self.b::<D>().int().cast(int_dtype(dtype)).into()),
            (Kind::Float, Kind::Bool) => with_rank!(rank, D => self.f::<D>().not_equal_scalar(0.0f32).into()),
            (Kind::Int, Kind::Bool) => with_rank!(rank, D => self.i::<D>().not_equal_scalar(0i32).into()),
            (Kind::Bool, Kind::Bool) => self,
        };
        Self { name, scalar: self_scalar, ..cast }
    }

    /// The values as a 32-bit float tensor, Keras' `floatx`; no copy when they are.
    pub fn to_float(self) -> Self {
        self.cast(DType::F32)
    }

    pub(crate) fn kind(&self) -> Kind {
        kind_of(self.dtype())
    }
}

/// Keras' name of a dtype: `float32`, `int64`, `bool`.
pub fn dtype_name(dtype: DType) -> &'static str {
    match dtype {
        DType::F64 => "float64",
        DType::F32 | DType::Flex32 => "float32",
        DType::F16 => "float16",
        DType::BF16 => "bfloat16",
        DType::I64 => "int64",
        DType::I32 => "int32",
        DType::I16 => "int16",
        DType::I8 => "int8",
        DType::U64 => "uint64",
        DType::U32 => "uint32",
        DType::U16 => "uint16",
        DType::U8 => "uint8",
        DType::Bool(_) => "bool",
        _ => "quantized",
    }
}

pub(super) fn kind_of(dtype: DType) -> Kind {
    match dtype {
        DType::Bool(_) => Kind::Bool,
        d if d.is_int() || d.is_uint() => Kind::Int,
        _ => Kind::Float,
    }
}

fn float_dtype(dtype: DType) -> burn::tensor::FloatDType {
    use burn::tensor::FloatDType as F;
    match dtype {
        DType::F64 => F::F64,
        DType::F16 => F::F16,
        DType::BF16 => F::BF16,
        _ => F::F32,
    }
}

fn int_dtype(dtype: DType) -> burn::tensor::IntDType {
    use burn::tensor::IntDType as I;
    match dtype {
        DType::I64 => I::I64,
        DType::I16 => I::I16,
        DType::I8 => I::I8,
        DType::U64 => I::U64,
        DType::U32 => I::U32,
        DType::U16 => I::U16,
        DType::U8 => I::U8,
        _ => I::I32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn casts_truncate_towards_zero() {
        let t = Tensor::constant([-1.7, 0.0, 2.9]);
        assert_eq!(t.clone().cast(DType::I32).to_vec::<i64>(), [-1, 0, 2]);
        assert_eq!(t.cast(DType::Bool(burn::tensor::BoolStore::Native)).to_vec::<f32>(), [1.0, 0.0, 1.0]);
    }
}
