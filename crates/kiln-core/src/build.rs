//! Makes the weights of a layer.

use crate::device::Device;
use crate::error::{Error, Result};
use crate::initializer::Initializer;
use crate::random::Stream;
use crate::shape::tuple;
use burn::module::{Module, ModuleMapper, ModuleVisitor, Param, ParamId};

/// Where a layer's weights are made: the device, and random numbers that depend on the seed, the layer's name and the
/// weight's name alone.
#[derive(Debug, Clone)]
pub struct Build {
    device: Device,
    stream: Stream,
}

impl Build {
    /// For the weights of one layer on `device`, drawn from `stream`.
    pub fn new(device: &Device, stream: Stream) -> Self {
        Self { device: device.clone(), stream }
    }

    /// For the weights of a part of the layer.
    pub fn part(&self, name: &str) -> Self {
        Self { device: self.device.clone(), stream: self.stream.named(name) }
    }

    /// The device.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// A trainable weight.
    ///
    /// # Errors
    /// An initializer that can't fill this shape.
    pub fn weight<const D: usize>(&self, name: &str, shape: [usize; D], initializer: &Initializer) -> Result<Param<burn::Tensor<D>>> {
        if shape.contains(&0) {
            return Err(Error::shape(name, "a weight with no axis of size 0", tuple(&shape)));
        }
        let values = initializer.draw(&shape, self.stream.named(name))?;
        let values: burn::Tensor<D> = values.to_device(&self.device).autodiff().try_into()?;
        Ok(Param::initialized(ParamId::new(), values.require_grad()))
    }

    /// State that is saved but not trained: running statistics, counters.
    ///
    /// # Errors
    /// An initializer that can't fill this shape.
    pub fn buffer<const D: usize>(&self, name: &str, shape: [usize; D], initializer: &Initializer) -> Result<Buffer<D>> {
        Ok(Buffer(self.weight(name, shape, initializer)?.set_require_grad(false)))
    }
}

/// State of a layer that no optimizer touches and `unfreeze()` can't make trainable; changed by [`Context::update`](crate::Context::update).
#[derive(Clone, Debug)]
pub struct Buffer<const D: usize>(Param<burn::Tensor<D>>);

impl<const D: usize> Buffer<D> {
    /// The id to update it by.
    pub fn id(&self) -> ParamId {
        self.0.id
    }

    /// The value.
    pub fn value(&self) -> burn::Tensor<D> {
        self.0.val()
    }

    pub(crate) fn of(param: Param<burn::Tensor<D>>) -> Self {
        Self(param.set_require_grad(false))
    }
}

impl<const D: usize> Module for Buffer<D> {
    fn visit<V: ModuleVisitor>(&self, visitor: &mut V) {
        visitor.visit_float(&self.0);
    }
    fn map<M: ModuleMapper>(self, mapper: &mut M) -> Self {
        let param = mapper.map_float(self.0);
        Self(if param.is_require_grad() { param.set_require_grad(false) } else { param })
    }
    fn valid(&self) -> Self {
        Self(self.0.valid())
    }
    fn train(self) -> Self {
        self
    }
    fn materialize(self) -> Self {
        Self(self.0.materialize())
    }
    fn collect_devices(&self, devices: Vec<burn::tensor::Device>) -> Vec<burn::tensor::Device> {
        self.0.collect_devices(devices)
    }
    fn fork(self, device: &burn::tensor::Device) -> Self {
        Self(self.0.fork(device))
    }
    fn to_device(self, device: &burn::tensor::Device) -> Self {
        Self(self.0.to_device(device))
    }
}
