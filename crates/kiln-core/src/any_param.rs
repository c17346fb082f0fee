//! A weight whose rank is known at run time.

use crate::leaves;
use crate::tensor::{Tensor, with_rank};
use burn::module::{Content, Module, ModuleDisplay, ModuleDisplayDefault, ModuleMapper, ModuleVisitor, Param, ParamId};

/// Writes an enum with a variant for each rank, and Burn's `Module` for it.
macro_rules! any_param {
    ($($rank:ident = $n:literal),*) => {
        /// A trainable weight of any rank: layers whose weights have as many axes as their input or equation asks for keep them here.
        ///
        /// ```
        /// use kiln_core::{build::Build, random::Stream, Device};
        /// let cx = Build::new(&Device::current()?, Stream::new(1));
        /// let alpha = cx.any_weight("alpha", &[2, 3], &"zeros".into())?;
        /// assert_eq!(alpha.value().shape(), [2, 3]);
        /// # Ok::<(), kiln_core::Error>(())
        /// ```
        #[derive(Clone, Debug)]
        pub struct AnyParam(Ranks);

        #[derive(Clone, Debug)]
        enum Ranks { $($rank(Param<burn::Tensor<$n>>)),* }

        impl AnyParam {
            /// The id that gradients and optimizers know it by.
            pub fn id(&self) -> ParamId {
                match &self.0 { $(Ranks::$rank(p) => p.id),* }
            }

            /// The value.
            pub fn value(&self) -> Tensor {
                match &self.0 { $(Ranks::$rank(p) => p.val().into()),* }
            }
        }

        $(impl From<Param<burn::Tensor<$n>>> for AnyParam {
            fn from(param: Param<burn::Tensor<$n>>) -> Self {
                Self(Ranks::$rank(param))
            }
        })*

        impl Module for AnyParam {
            fn visit<V: ModuleVisitor>(&self, visitor: &mut V) {
                match &self.0 { $(Ranks::$rank(p) => visitor.visit_float(p)),* }
            }
            fn map<M: ModuleMapper>(self, mapper: &mut M) -> Self {
                match self.0 { $(Ranks::$rank(p) => mapper.map_float(p).into()),* }
            }
            fn valid(&self) -> Self {
                match &self.0 { $(Ranks::$rank(p) => p.valid().into()),* }
            }
            fn train(self) -> Self {
                match self.0 { $(Ranks::$rank(p) => Module::train(p).into()),* }
            }
            fn materialize(self) -> Self {
                match self.0 { $(Ranks::$rank(p) => Module::materialize(p).into()),* }
            }
            fn collect_devices(&self, devices: Vec<burn::tensor::Device>) -> Vec<burn::tensor::Device> {
                match &self.0 { $(Ranks::$rank(p) => p.collect_devices(devices)),* }
            }
            fn fork(self, device: &burn::tensor::Device) -> Self {
                match self.0 { $(Ranks::$rank(p) => Module::fork(p, device).into()),* }
            }
            fn to_device(self, device: &burn::tensor::Device) -> Self {
                match self.0 { $(Ranks::$rank(p) => Module::to_device(p, device).into()),* }
            }
        }

        impl ModuleDisplayDefault for AnyParam {
            fn content(&self, content: Content) -> Option<Content> {
                match &self.0 { $(Ranks::$rank(p) => p.content(content)),* }
            }
        }
    };
}
any_param!(One = 1, Two = 2, Three = 3, Four = 4, Five = 5, Six = 6, Seven = 7, Eight = 8);

impl ModuleDisplay for AnyParam {}

impl AnyParam {
    /// A weight with the given value, which is on the recording side of its device; a scalar becomes a weight of one axis.
    pub(crate) fn new(value: Tensor) -> Self {
        leaves::made();
        with_rank!(value.rank(), D => Param::initialized(ParamId::new(), value.f::<D>().require_grad()).into())
    }
}
