//! A buffer whose rank is known when the layer is built.

use crate::build::{Buffer, Build};
use crate::error::{Error, Result};
use crate::shape::tuple;
use crate::tensor::Tensor;
use burn::module::{Content, Module, ModuleDisplay, ModuleDisplayDefault, ModuleMapper, ModuleVisitor, Param, ParamId};

/// A [`Buffer`] of a rank that the layer's options say. A scalar is stored with one axis.
#[derive(Clone, Debug)]
#[allow(missing_docs)] // a rank each
pub enum AnyBuffer {
    Rank1(Buffer<1>),
    Rank2(Buffer<2>),
    Rank3(Buffer<3>),
    Rank4(Buffer<4>),
    Rank5(Buffer<5>),
}

macro_rules! each {
    ($self:expr, $buffer:ident => $body:expr) => {
        match $self {
            Self::Rank1($buffer) => $body,
            Self::Rank2($buffer) => $body,
            Self::Rank3($buffer) => $body,
            Self::Rank4($buffer) => $body,
            Self::Rank5($buffer) => $body,
        }
    };
}

macro_rules! rebuilt {
    ($self:expr, $buffer:ident => $body:expr) => {
        match $self {
            Self::Rank1($buffer) => Self::Rank1($body),
            Self::Rank2($buffer) => Self::Rank2($body),
            Self::Rank3($buffer) => Self::Rank3($body),
            Self::Rank4($buffer) => Self::Rank4($body),
            Self::Rank5($buffer) => Self::Rank5($body),
        }
    };
}

impl AnyBuffer {
    /// State with the values `values`, of at most 5 axes.
    ///
    /// # Errors
    /// More axes.
    pub fn new(values: Tensor, cx: &Build) -> Result<Self> {
        let shape = values.shape();
        let values = values.to_float().to_device(cx.device()).autodiff();
        Ok(match shape.len() {
            0 | 1 => Self::Rank1(buffer(values)?),
            2 => Self::Rank2(buffer(values)?),
            3 => Self::Rank3(buffer(values)?),
            4 => Self::Rank4(buffer(values)?),
            5 => Self::Rank5(buffer(values)?),
            _ => return Err(Error::shape("buffer", "at most 5 axes", tuple(&shape))),
        })
    }

    /// The id to update it by.
    pub fn id(&self) -> ParamId {
        each!(self, buffer => buffer.id())
    }

    /// The value.
    pub fn value(&self) -> Tensor {
        each!(self, buffer => buffer.value().into())
    }
}

fn buffer<const D: usize>(values: Tensor) -> Result<Buffer<D>> {
    let values: burn::Tensor<D> = values.try_into()?;
    crate::leaves::made();
    Ok(Buffer::of(Param::initialized(ParamId::new(), values.require_grad())))
}

impl ModuleDisplayDefault for AnyBuffer {
    fn content(&self, content: Content) -> Option<Content> {
        content.add_formatted(&"buffer").optional()
    }
}

impl ModuleDisplay for AnyBuffer {}

impl Module for AnyBuffer {
    fn visit<V: ModuleVisitor>(&self, visitor: &mut V) {
        each!(self, buffer => buffer.visit(visitor))
    }
    fn map<M: ModuleMapper>(self, mapper: &mut M) -> Self {
        rebuilt!(self, buffer => buffer.map(mapper))
    }
    fn valid(&self) -> Self {
        rebuilt!(self, buffer => buffer.valid())
    }
    fn train(self) -> Self {
        self
    }
    fn materialize(self) -> Self {
        rebuilt!(self, buffer => buffer.materialize())
    }
    fn collect_devices(&self, devices: Vec<burn::tensor::Device>) -> Vec<burn::tensor::Device> {
        each!(self, buffer => buffer.collect_devices(devices))
    }
    fn fork(self, device: &burn::tensor::Device) -> Self {
        rebuilt!(self, buffer => buffer.fork(device))
    }
    fn to_device(self, device: &burn::tensor::Device) -> Self {
        rebuilt!(self, buffer => buffer.to_device(device))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::Device;
    use crate::random::Stream;
    use crate::weights;

    #[test]
    fn ranks_are_kept_and_nothing_is_trained() {
        let cx = Build::new(&Device::flex(), Stream::new(0));
        for shape in [vec![2], vec![2, 3], vec![1, 2, 3]] {
            let buffer = AnyBuffer::new(Tensor::ones(&shape), &cx).unwrap();
            let listed = weights::list(&buffer);
            assert_eq!((listed.len(), &listed[0].shape, listed[0].trainable), (1, &shape, false));
            assert_eq!(buffer.value().shape(), shape);
            assert!(!weights::list(&buffer.no_grad().unfreeze())[0].trainable);
        }
    }
}
