//! Modules inside a module whose names are known only at run time: `lstm_cell`, `forward_gru`, `dense`.

use burn::module::{Module, ModuleMapper, ModuleVisitor};
use burn::tensor::Device;

/// Makes a struct a Burn module of the fields listed; the others are constants. A field stands in paths under the name it is given,
/// one without a name adds nothing to them.
macro_rules! module_of {
    ($type:ident { $($field:ident $(as $name:literal)?),* $(,)? }) => {
        impl burn::module::Module for $type {
            fn visit<V: burn::module::ModuleVisitor>(&self, visitor: &mut V) {
                $(
                    $(visitor.enter_module($name, concat!("Struct:", stringify!($type)));)?
                    burn::module::Module::visit(&self.$field, visitor);
                    $(visitor.exit_module($name, concat!("Struct:", stringify!($type)));)?
                )*
            }
            fn map<M: burn::module::ModuleMapper>(self, mapper: &mut M) -> Self {
                $(
                    $(mapper.enter_module($name, concat!("Struct:", stringify!($type)));)?
                    let $field = burn::module::Module::map(self.$field, mapper);
                    $(mapper.exit_module($name, concat!("Struct:", stringify!($type)));)?
                )*
                #[allow(clippy::needless_update)]
                Self { $($field,)* ..self }
            }
            fn valid(&self) -> Self {
                #[allow(clippy::needless_update)]
                Self { $($field: burn::module::Module::valid(&self.$field),)* ..self.clone() }
            }
            fn train(self) -> Self {
                #[allow(clippy::needless_update)]
                Self { $($field: burn::module::Module::train(self.$field),)* ..self }
            }
            fn materialize(self) -> Self {
                #[allow(clippy::needless_update)]
                Self { $($field: burn::module::Module::materialize(self.$field),)* ..self }
            }
            fn fork(self, device: &burn::tensor::Device) -> Self {
                #[allow(clippy::needless_update)]
                Self { $($field: burn::module::Module::fork(self.$field, device),)* ..self }
            }
            fn to_device(self, device: &burn::tensor::Device) -> Self {
                #[allow(clippy::needless_update)]
                Self { $($field: burn::module::Module::to_device(self.$field, device),)* ..self }
            }
            fn collect_devices(&self, devices: Vec<burn::tensor::Device>) -> Vec<burn::tensor::Device> {
                $(let devices = burn::module::Module::collect_devices(&self.$field, devices);)*
                devices
            }
        }
    };
}
pub(crate) use module_of;

/// Modules, each under its own name.
#[derive(Clone, Debug)]
pub(crate) struct Parts<M>(pub(crate) Vec<(String, M)>);

impl<M: Module> Parts<M> {
    /// The modules, in their order.
    pub(crate) fn modules(&self) -> impl Iterator<Item = &M> {
        self.0.iter().map(|(_, module)| module)
    }

    fn each(self, mut change: impl FnMut(&str, M) -> M) -> Self {
        Self(self.0.into_iter().map(|(name, module)| (name.clone(), change(&name, module))).collect())
    }
}

const CONTAINER: &str = "Struct:Parts";

impl<M: Module> Module for Parts<M> {
    fn visit<V: ModuleVisitor>(&self, visitor: &mut V) {
        for (name, module) in &self.0 {
            visitor.enter_module(name, CONTAINER);
            module.visit(visitor);
            visitor.exit_module(name, CONTAINER);
        }
    }
    fn map<P: ModuleMapper>(self, mapper: &mut P) -> Self {
        self.each(|name, module| {
            mapper.enter_module(name, CONTAINER);
            let module = module.map(mapper);
            mapper.exit_module(name, CONTAINER);
            module
        })
    }
    fn valid(&self) -> Self {
        Self(self.0.iter().map(|(name, module)| (name.clone(), module.valid())).collect())
    }
    fn train(self) -> Self {
        self.each(|_, module| module.train())
    }
    fn materialize(self) -> Self {
        self.each(|_, module| module.materialize())
    }
    fn fork(self, device: &Device) -> Self {
        self.each(|_, module| module.fork(device))
    }
    fn to_device(self, device: &Device) -> Self {
        self.each(|_, module| module.to_device(device))
    }
    fn collect_devices(&self, devices: Vec<Device>) -> Vec<Device> {
        self.modules().fold(devices, |devices, module| module.collect_devices(devices))
    }
}
