//! Reading and replacing the parameters of a module by path and id.

use crate::build::State;
use crate::leaves;
use crate::tensor::Tensor;
use burn::module::{Module, ModuleMapper, ModuleVisitor, Param, ParamId};
use std::collections::HashMap;

/// One parameter of a module.
#[derive(Clone, Debug)]
pub struct Weight {
    /// The path: `dense_1.kernel`.
    pub path: String,
    /// Burn's id.
    pub id: ParamId,
    /// The shape.
    pub shape: Vec<usize>,
    /// Whether an optimizer changes it.
    pub trainable: bool,
}

impl Weight {
    /// The number of values; of a sketch it may be more than can be counted, and is the largest number then.
    pub fn len(&self) -> usize {
        self.shape.iter().fold(1, |product: usize, n| product.saturating_mul(*n))
    }

    /// Whether there are no values.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[derive(Default)]
struct Lister {
    path: Vec<String>,
    weights: Vec<Weight>,
}

impl ModuleVisitor for Lister {
    fn visit_float<const D: usize>(&mut self, param: &Param<burn::Tensor<D>>) {
        self.weights.push(Weight {
            path: self.path.join("."),
            id: param.id,
            shape: param.lazy_shape().to_vec(),
            trainable: param.is_require_grad(),
        });
    }
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_owned());
    }
    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }
}

/// The float parameters of `module`, in its own order.
pub fn list<M: Module>(module: &M) -> Vec<Weight> {
    let mut lister = Lister::default();
    module.visit(&mut lister);
    lister.weights
}

struct Reader(Vec<(ParamId, Tensor)>);

impl ModuleVisitor for Reader {
    fn visit_float<const D: usize>(&mut self, param: &Param<burn::Tensor<D>>) {
        self.0.push((param.id, param.val().into()));
    }
}

/// The values of the float parameters, recorded where the module is; an `Arc` each, not a copy.
pub fn values<M: Module>(module: &M) -> Vec<(ParamId, Tensor)> {
    let mut reader = Reader(Vec::new());
    module.visit(&mut reader);
    reader.0
}

struct Writer(HashMap<ParamId, Tensor>);

impl ModuleMapper for Writer {
    fn map_float<const D: usize>(&mut self, param: Param<burn::Tensor<D>>) -> Param<burn::Tensor<D>> {
        let fitting = |t: &Tensor| t.shape() == param.lazy_shape().to_vec();
        match self.0.remove(&param.id).filter(fitting).map(burn::Tensor::<D>::try_from) {
            Some(Ok(value)) => param.map(|old| {
                let (device, grad) = (old.device(), old.is_require_grad());
                let value = value.without_autodiff().to_device(&device.clone().without_autodiff());
                let value = if device.is_autodiff() { burn::Tensor::from_inner(value) } else { value };
                leaves::made();
                value.set_require_grad(grad)
            }),
            _ => param,
        }
    }
}

/// `module` with other values for some parameters, which keep their id, device and whether they are trained. A value of
/// another shape than its parameter's is passed over.
pub fn replace<M: Module>(module: M, values: Vec<(ParamId, Tensor)>) -> M {
    module.map(&mut Writer(values.into_iter().collect()))
}

/// Zeroes what it meets inside a [`State`].
struct Zeroes {
    inside: bool,
}

impl ModuleMapper for Zeroes {
    fn map_float<const D: usize>(&mut self, param: Param<burn::Tensor<D>>) -> Param<burn::Tensor<D>> {
        if self.inside { param.map(|values| values.zeros_like()) } else { param }
    }
    fn enter_module(&mut self, _: &str, container: &str) {
        self.inside = container == State::CONTAINER;
    }
    fn exit_module(&mut self, _: &str, _: &str) {
        self.inside = false;
    }
}

/// Reads what it meets inside a [`State`].
struct States {
    inside: bool,
    found: Vec<(ParamId, Tensor)>,
}

impl ModuleMapper for States {
    fn map_float<const D: usize>(&mut self, param: Param<burn::Tensor<D>>) -> Param<burn::Tensor<D>> {
        if self.inside {
            self.found.push((param.id, Tensor::from(param.val()).inner()));
        }
        param
    }
    fn enter_module(&mut self, _: &str, container: &str) {
        self.inside = container == State::CONTAINER;
    }
    fn exit_module(&mut self, _: &str, _: &str) {
        self.inside = false;
    }
}

/// The values of all [`State`]s, which [`values`] leaves out; [`replace`] sets them.
pub fn states<M: Module>(module: &M) -> Vec<(ParamId, Tensor)> {
    let mut states = States { inside: false, found: Vec::new() };
    module.clone().map(&mut states);
    states.found
}

/// `module` with all its [`State`]s zero, as after building.
pub fn reset_states<M: Module>(module: M) -> M {
    module.map(&mut Zeroes { inside: false })
}

struct Unfreezer;

impl ModuleMapper for Unfreezer {
    fn map_float<const D: usize>(&mut self, param: Param<burn::Tensor<D>>) -> Param<burn::Tensor<D>> {
        if param.is_require_grad() { param } else { param.set_require_grad(true) }
    }
}

/// `module` with all weights trained; buffers and states stay what they are.
pub(crate) fn unfreeze<M: Module>(module: M) -> M {
    module.map(&mut Unfreezer)
}
