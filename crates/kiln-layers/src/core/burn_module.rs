//! Any Burn module as a layer.

use burn::module::{Module, ModuleMapper, ModuleVisitor};
use kiln_core::layer::Call;
use kiln_core::{Context, Error, Result, Tensor};
use std::fmt;
use std::sync::Arc;

type Forward<M> = Arc<dyn Fn(&M, Tensor) -> Result<Tensor> + Send + Sync>;

/// A module of Burn and how to call it.
#[derive(Clone)]
pub struct BurnModule<M> {
    module: M,
    forward: Forward<M>,
}

impl<M: Module> BurnModule<M> {
    /// `forward` is called with the module and its input as a typed tensor of Burn.
    pub fn new<const I: usize, const O: usize>(
        module: M,
        forward: impl Fn(&M, burn::Tensor<I>) -> burn::Tensor<O> + Send + Sync + 'static,
    ) -> Self {
        let forward = move |module: &M, x: Tensor| -> Result<Tensor> {
            let received = x.describe();
            let x = x.to_float().float::<I>().map_err(|_| Error::shape("Module", format!("an input of {I} axes"), received))?;
            Ok(forward(module, x).into())
        };
        Self { module, forward: Arc::new(forward) }
    }
}

impl<M: fmt::Debug> fmt::Debug for BurnModule<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.module.fmt(f)
    }
}

impl<M: Module + Sync + 'static> Call for BurnModule<M> {
    fn call(&self, x: Tensor, _: &Context) -> Result<Tensor> {
        (self.forward)(&self.module, x)
    }
}

impl<M: Module> Module for BurnModule<M> {
    fn visit<V: ModuleVisitor>(&self, visitor: &mut V) {
        self.module.visit(visitor);
    }
    fn map<Mapper: ModuleMapper>(self, mapper: &mut Mapper) -> Self {
        Self { module: self.module.map(mapper), forward: self.forward }
    }
    fn valid(&self) -> Self {
        Self { module: self.module.valid(), forward: self.forward.clone() }
    }
    fn train(self) -> Self {
        Self { module: self.module.train(), forward: self.forward }
    }
    fn materialize(self) -> Self {
        Self { module: self.module.materialize(), forward: self.forward }
    }
    fn fork(self, device: &burn::tensor::Device) -> Self {
        Self { module: self.module.fork(device), forward: self.forward }
    }
    fn to_device(self, device: &burn::tensor::Device) -> Self {
        Self { module: self.module.to_device(device), forward: self.forward }
    }
    fn collect_devices(&self, devices: Vec<burn::tensor::Device>) -> Vec<burn::tensor::Device> {
        self.module.collect_devices(devices)
    }
}
