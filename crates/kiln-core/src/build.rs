//! Makes the weights of a layer.

use crate::any_param::AnyParam;
use crate::context::Context;
use crate::device::Device;
use crate::error::{Error, Result};
use crate::initializer::Initializer;
use crate::leaves;
use crate::random::Stream;
use crate::shape::tuple;
use crate::tensor::Tensor;
use burn::module::{Content, Module, ModuleDisplay, ModuleDisplayDefault, ModuleMapper, ModuleVisitor, Param, ParamId};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Where a layer's weights are made: the device, and random numbers that depend on the seed, the layer's name and the
/// weight's name alone.
#[derive(Debug, Clone)]
pub struct Build {
    device: Device,
    stream: Stream,
    /// Whether weights are only shapes: one zero that stands for all values.
    sketch: bool,
    budget: Option<Budget>,
}

/// How many more values may be made for a model that a file describes.
#[derive(Debug, Clone)]
struct Budget(Arc<AtomicUsize>);

impl Budget {
    fn take(&self, shape: &[usize]) -> Result<()> {
        let wanted = shape.iter().try_fold(1usize, |n, axis| n.checked_mul(*axis)).unwrap_or(usize::MAX);
        let spent = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(wanted));
        spent.map(|_| ()).map_err(|left| Error::shape("", format!("a weight of at most {left} values"), tuple(shape)))
    }
}

impl Build {
    /// For the weights of one layer on `device`, drawn from `stream`.
    pub fn new(device: &Device, stream: Stream) -> Self {
        Self { device: device.clone(), stream, sketch: false, budget: None }
    }

    /// For weights that have a shape but no values: each is one zero, broadcast, so that a large model costs no memory. To count
    /// weights, or to put all of them in place at once.
    ///
    /// ```
    /// use kiln_core::{Device, build::Build};
    /// let cx = Build::sketch(&Device::flex());
    /// let kernel = cx.weight("kernel", [100_000, 100_000], &"glorot_uniform".into())?;
    /// assert_eq!(kernel.dims(), [100_000, 100_000]);
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn sketch(device: &Device) -> Self {
        Self { device: device.clone(), stream: Stream::new(0), sketch: true, budget: None }
    }

    /// For weights that a file will give: zeros at first, and at most `values` numbers in all, so that a file can't ask for more
    /// memory than it is worth.
    pub fn for_file(device: &Device, values: usize) -> Self {
        Self { device: device.clone(), stream: Stream::new(0), sketch: false, budget: Some(Budget(Arc::new(AtomicUsize::new(values)))) }
    }

    /// For the weights of a part of the layer.
    pub fn part(&self, name: &str) -> Self {
        Self { stream: self.stream.named(name), ..self.clone() }
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
        self.weight_of(self.draw(name, &shape, initializer)?)
    }

    /// The first values of the weight `name`, for a weight that is put together from several draws.
    ///
    /// # Errors
    /// An initializer that can't fill this shape.
    pub fn draw(&self, name: &str, shape: &[usize], initializer: &Initializer) -> Result<Tensor> {
        if shape.contains(&0) {
            return Err(Error::shape(name, "a weight with no axis of size 0", tuple(shape)));
        }
        if self.sketch {
            let one = Tensor::zeros(vec![1; shape.len()]);
            return one.broadcast_to(shape);
        }
        match &self.budget {
            Some(budget) => budget.take(shape).map(|()| Tensor::zeros(shape)),
            None => initializer.draw(shape, self.stream.named(name)),
        }
    }

    /// A trainable weight of these values.
    ///
    /// # Errors
    /// Values of another rank.
    pub fn weight_of<const D: usize>(&self, values: Tensor) -> Result<Param<burn::Tensor<D>>> {
        let values: burn::Tensor<D> = self.placed(values).try_into()?;
        leaves::made();
        Ok(Param::initialized(ParamId::new(), values.require_grad()))
    }

    /// A trainable weight whose rank is known at run time; no axes give a weight of one value.
    ///
    /// # Errors
    /// An initializer that can't fill this shape, more than 8 axes.
    pub fn any_weight(&self, name: &str, shape: &[usize], initializer: &Initializer) -> Result<AnyParam> {
        Ok(AnyParam::new(self.placed(self.draw(name, shape, initializer)?)))
    }

    /// A trainable weight whose inputs and outputs of a unit are not those of a dense or convolution kernel of this shape:
    /// `fans` are their numbers, whose product is the number of values.
    ///
    /// # Errors
    /// An initializer that can't fill this shape, more than 8 axes.
    pub fn any_weight_with_fans(&self, name: &str, shape: &[usize], fans: [usize; 2], initializer: &Initializer) -> Result<AnyParam> {
        use Initializer as I;
        let values = match initializer {
            _ if self.budget.is_some() => self.draw(name, shape, initializer)?,
            // These draw every value alike, from a spread that depends on the fans: a matrix has the fans asked for.
            I::VarianceScaling { .. }
            | I::GlorotUniform { .. }
            | I::GlorotNormal { .. }
            | I::HeUniform { .. }
            | I::HeNormal { .. }
            | I::LecunUniform { .. }
            | I::LecunNormal { .. }
                if !self.sketch && fans[0].checked_mul(fans[1]) == shape.iter().try_fold(1usize, |n, axis| n.checked_mul(*axis)) =>
            {
                // A sketch has no values to bring into another shape.
                let drawn = if self.sketch { shape } else { &fans };
                self.draw(name, drawn, initializer)?.reshape_to(shape)
            }
            _ => self.draw(name, shape, initializer)?,
        };
        Ok(AnyParam::new(self.placed(values)))
    }

    fn placed(&self, values: Tensor) -> Tensor {
        values.to_device(&self.device).autodiff()
    }

    /// State that is saved but not trained: running statistics, counters.
    ///
    /// # Errors
    /// An initializer that can't fill this shape.
    pub fn buffer<const D: usize>(&self, name: &str, shape: [usize; D], initializer: &Initializer) -> Result<Buffer<D>> {
        Ok(Buffer(self.weight(name, shape, initializer)?.set_require_grad(false)))
    }

    /// What is carried from one call to the next, zeros at first.
    ///
    /// # Errors
    /// None for a shape of at least one element.
    pub fn state(&self, shape: &[usize]) -> Result<State> {
        if let Some(budget) = &self.budget {
            budget.take(shape)?;
        }
        let zeros = Tensor::zeros([shape.iter().product::<usize>()]);
        Ok(State { values: self.weight_of(zeros)?.set_require_grad(false), shape: shape.to_vec() })
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

    /// The buffer with another first value, for one that no initializer draws.
    pub fn with_value(self, value: burn::Tensor<D>) -> Self {
        Self(self.0.map(|_| value.detach().set_require_grad(false)))
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

/// What a layer carries from one call to the next (a recurrent layer's `stateful`): no weight, so that it is neither listed, counted
/// nor saved. It is changed by [`State::set`] and zeroed by [`weights::reset_states`](crate::weights::reset_states).
#[derive(Clone, Debug)]
pub struct State {
    /// Flat, so that one type holds states of any rank.
    values: Param<burn::Tensor<1>>,
    shape: Vec<usize>,
}

impl State {
    /// What a mapper is told on entering a state.
    pub const CONTAINER: &'static str = "State";

    /// The shape.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The value.
    pub fn value(&self) -> Tensor {
        Tensor::from(self.values.val()).reshape_to(&self.shape)
    }

    /// A new value, written after the step: in training and in inference.
    ///
    /// # Errors
    /// Another shape.
    pub fn set(&self, value: &Tensor, cx: &Context) -> Result<()> {
        if value.shape() != self.shape {
            return Err(Error::shape("State", format!("shape {}", tuple(&self.shape)), value.describe()));
        }
        cx.update(self.values.id, value.reshape([-1])?);
        Ok(())
    }

    fn with(self, change: impl FnOnce(Param<burn::Tensor<1>>) -> Param<burn::Tensor<1>>) -> Self {
        let values = change(self.values);
        // `unfreeze()` must not make a state trainable.
        let values = if values.is_require_grad() { values.set_require_grad(false) } else { values };
        Self { values, shape: self.shape }
    }
}

impl Module for State {
    fn visit<V: ModuleVisitor>(&self, _: &mut V) {}
    fn map<M: ModuleMapper>(self, mapper: &mut M) -> Self {
        mapper.enter_module("state", Self::CONTAINER);
        let mapped = self.with(|values| mapper.map_float(values));
        mapper.exit_module("state", Self::CONTAINER);
        mapped
    }
    fn valid(&self) -> Self {
        Self { values: self.values.valid(), shape: self.shape.clone() }
    }
    fn train(self) -> Self {
        self
    }
    fn materialize(self) -> Self {
        self.with(Module::materialize)
    }
    fn collect_devices(&self, devices: Vec<burn::tensor::Device>) -> Vec<burn::tensor::Device> {
        self.values.collect_devices(devices)
    }
    fn fork(self, device: &burn::tensor::Device) -> Self {
        self.with(|values| values.fork(device))
    }
    fn to_device(self, device: &burn::tensor::Device) -> Self {
        self.with(|values| values.to_device(device))
    }
}

impl<const D: usize> ModuleDisplayDefault for Buffer<D> {
    fn content(&self, content: Content) -> Option<Content> {
        self.0.content(content)
    }
}

impl<const D: usize> ModuleDisplay for Buffer<D> {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::weights;

    #[test]
    fn a_file_gets_no_more_than_it_is_worth() {
        let cx = Build::for_file(&Device::current().unwrap(), 10);
        let kernel = cx.part("dense").weight("kernel", [2, 3], &"ones".into()).unwrap();
        assert_eq!(Tensor::from(kernel.val()).to_vec::<f32>(), [0.0; 6]);
        let error = cx.weight("bias", [5], &"zeros".into()).unwrap_err().to_string();
        assert_eq!(error, "expected a weight of at most 4 values, received (5,)");
        assert!(cx.state(&[usize::MAX, 2]).is_err() && cx.state(&[4]).is_ok());
    }

    #[test]
    fn states_are_set_and_reset_and_never_trained() {
        let cx = Build::new(&Device::current().unwrap(), Stream::new(1));
        let state = cx.state(&[2, 3]).unwrap();
        let call = Context::inference();
        state.set(&Tensor::ones([2, 3]), &call).unwrap();
        let state = weights::replace(state, call.take_updates());
        assert_eq!((state.value().shape(), state.value().to_vec::<f32>()), (vec![2, 3], vec![1.0; 6]));
        assert!(weights::list(&state).is_empty());
        let state = state.unfreeze();
        assert!(!state.values.is_require_grad());
        assert_eq!(weights::reset_states(state.clone()).value().to_vec::<f32>(), [0.0; 6]);
        let error = state.set(&Tensor::ones([3, 2]), &call).unwrap_err().to_string();
        assert_eq!(error, "State: expected shape (2, 3), received shape (3, 2) of float32");
    }

    #[test]
    fn fans_decide_the_spread() {
        let cx = Build::new(&Device::current().unwrap(), Stream::new(3));
        let at_most = |w: AnyParam| w.value().abs().max().item();
        // Keras takes a (100, 2, 3) kernel for one of 2 inputs and 3 outputs in a window of 100.
        let plain = cx.any_weight("kernel", &[100, 2, 3], &"glorot_uniform".into()).unwrap();
        let dense = cx.any_weight_with_fans("kernel", &[100, 2, 3], [100, 6], &"glorot_uniform".into()).unwrap();
        assert!((at_most(plain) - (6.0f64 / 500.0).sqrt()).abs() < 2e-3);
        assert!((at_most(dense) - (6.0f64 / 106.0).sqrt()).abs() < 4e-3);
        let scalar = cx.any_weight("scale", &[], &"ones".into()).unwrap();
        assert_eq!(scalar.value().to_vec::<f32>(), [1.0]);
    }
}
