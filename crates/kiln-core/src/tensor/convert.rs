//! From and to Burn's typed tensors, Burn's data and vectors.

use super::{Kind, MAX_RANK, Scalar, Tensor, kind_of, with_rank};
use crate::device::Device;
use crate::error::{Error, Result};
use burn::tensor::{Bool, Element, Float, Int, TensorData};

macro_rules! try_from {
    ($kind:ty, $method:ident) => {
        impl<const D: usize> TryFrom<Tensor> for burn::Tensor<D, $kind> {
            type Error = Error;
            fn try_from(tensor: Tensor) -> Result<Self> {
                tensor.$method::<D>()
            }
        }
    };
}
try_from!(Float, float);
try_from!(Int, int);
try_from!(Bool, bool);

impl Tensor {
    /// The values in row-major order, converted to `T`.
    pub fn to_vec<T: Scalar>(&self) -> Vec<T> {
        T::read(self.to_data())
    }

    /// The first value as `f64`: the value of a scalar. NaN when there is none.
    pub fn item(&self) -> f64 {
        self.to_vec::<f64>().first().copied().unwrap_or(f64::NAN)
    }

    /// The values as Burn's `TensorData`, in the dtype they have.
    pub fn to_data(&self) -> TensorData {
        self.clone().into_data()
    }

    /// As [`Tensor::to_data`], without a copy where the values have no other owner.
    pub fn into_data(self) -> TensorData {
        match self.kind() {
            Kind::Float => with_rank!(self.rank(), D => self.f::<D>().into_data()),
            Kind::Int => with_rank!(self.rank(), D => self.i::<D>().into_data()),
            Kind::Bool => with_rank!(self.rank(), D => self.b::<D>().into_data()),
        }
    }

    /// From Burn's `TensorData`, with its dtype, on `device`.
    ///
    /// # Errors
    /// A rank over 8.
    pub fn from_data(data: TensorData, device: &Device) -> Result<Self> {
        let rank = data.rank();
        if rank > MAX_RANK {
            return Err(Error::shape("Tensor", format!("at most {MAX_RANK} axes"), format!("{rank} axes")));
        }
        let scalar = rank == 0;
        let data = if scalar { TensorData::from_bytes(data.bytes().clone(), [1], data.dtype()) } else { data };
        let dtype = data.dtype();
        let options = || (device.burn(), dtype);
        let tensor: Self = match kind_of(dtype) {
            Kind::Float => with_rank!(rank, D => burn::Tensor::<D>::from_data(data, options()).into()),
            Kind::Int => with_rank!(rank, D => burn::Tensor::<D, Int>::from_data(data, options()).into()),
            Kind::Bool => with_rank!(rank, D => burn::Tensor::<D, Bool>::from_data(data, options()).into()),
        };
        Ok(tensor.mark(scalar))
    }

    /// As a typed float tensor of Burn.
    ///
    /// # Errors
    /// Another rank or another kind of dtype.
    pub fn float<const D: usize>(self) -> Result<burn::Tensor<D>> {
        self.expect::<D>(Kind::Float, "float")?;
        Ok(self.f())
    }

    /// As a typed integer tensor of Burn.
    ///
    /// # Errors
    /// Another rank or another kind of dtype.
    pub fn int<const D: usize>(self) -> Result<burn::Tensor<D, Int>> {
        self.expect::<D>(Kind::Int, "int")?;
        Ok(self.i())
    }

    /// As a typed boolean tensor of Burn.
    ///
    /// # Errors
    /// Another rank or another kind of dtype.
    pub fn bool<const D: usize>(self) -> Result<burn::Tensor<D, Bool>> {
        self.expect::<D>(Kind::Bool, "bool")?;
        Ok(self.b())
    }

    fn expect<const D: usize>(&self, kind: Kind, word: &str) -> Result<()> {
        // Burn has no rank 0, so a scalar comes as rank 1.
        if self.rank().max(1) == D && self.kind() == kind {
            return Ok(());
        }
        Err(Error::shape("Tensor", format!("a {word} tensor of rank {D}"), self.describe()))
    }

    // The three conversions below are for callers that have just matched on `kind()` and `rank()`.
    pub(crate) fn f<const D: usize>(self) -> burn::Tensor<D> {
        burn::Tensor::from_bridge(self.inner)
    }

    pub(crate) fn i<const D: usize>(self) -> burn::Tensor<D, Int> {
        burn::Tensor::from_bridge(self.inner)
    }

    pub(crate) fn b<const D: usize>(self) -> burn::Tensor<D, Bool> {
        burn::Tensor::from_bridge(self.inner)
    }
}

/// The values of `data` converted to `T`.
pub(crate) fn read<T: Element>(data: TensorData) -> Vec<T> {
    data.convert::<T>().try_to_vec::<T>().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn burn_tensors_go_in_and_out() {
        let t = Tensor::constant([[1.0, 2.0]]);
        let burn: burn::Tensor<2> = t.clone().try_into().unwrap();
        assert_eq!(Tensor::from(burn).to_vec::<f32>(), [1.0, 2.0]);
        let error = t.float::<3>().unwrap_err();
        assert_eq!(error.to_string(), "Tensor: expected a float tensor of rank 3, received shape (1, 2) of float32");
    }
}
