//! Type erasure: any [`Call`] in a box is a Burn module again, so that optimizers, records, freezing and LoRA see through it.
//!
//! Burn's `Module` is not object safe, because visitors and mappers are generic over the rank. Here they pass through
//! object-safe twins that carry the rank as a number and the parameter as `dyn Any`.

use crate::context::Context;
use crate::error::Result;
use crate::layer::Call;
use crate::tensor::with_rank;
use crate::value::{Value, Values, one};
use burn::module::{Content, Flag, Module, ModuleDisplay, ModuleDisplayDefault, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Bool, Device, Int, Tensor};
use std::any::Any;
use std::fmt::Debug;

/// Visits parameters of any rank; each `value` is a `Param<Tensor<rank, kind>>`.
trait DynVisitor {
    fn float(&mut self, rank: usize, value: &dyn Any);
    fn int(&mut self, rank: usize, value: &dyn Any);
    fn bool(&mut self, rank: usize, value: &dyn Any);
    fn flag(&mut self, flag: &Param<Flag>);
    fn enter(&mut self, name: &str, container: &str);
    fn exit(&mut self, name: &str, container: &str);
}

/// Maps parameters of any rank; each `slot` is an `Option<Param<Tensor<rank, kind>>>` that holds one before and after.
trait DynMapper {
    fn float(&mut self, rank: usize, slot: &mut dyn Any);
    fn int(&mut self, rank: usize, slot: &mut dyn Any);
    fn bool(&mut self, rank: usize, slot: &mut dyn Any);
    fn flag(&mut self, flag: Param<Flag>) -> Param<Flag>;
    fn enter(&mut self, name: &str, container: &str);
    fn exit(&mut self, name: &str, container: &str);
}

/// A dynamic visitor or mapper seen as a generic one.
struct ToDyn<'a, T: ?Sized>(&'a mut T);

impl ModuleVisitor for ToDyn<'_, dyn DynVisitor + '_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.0.float(D, param);
    }
    fn visit_int<const D: usize>(&mut self, param: &Param<Tensor<D, Int>>) {
        self.0.int(D, param);
    }
    fn visit_bool<const D: usize>(&mut self, param: &Param<Tensor<D, Bool>>) {
        self.0.bool(D, param);
    }
    fn visit_flag(&mut self, flag: &Param<Flag>) {
        self.0.flag(flag);
    }
    fn enter_module(&mut self, name: &str, container: &str) {
        self.0.enter(name, container);
    }
    fn exit_module(&mut self, name: &str, container: &str) {
        self.0.exit(name, container);
    }
}

/// Lends `param` to a dynamic mapper, which puts one back.
#[allow(clippy::expect_used)]
fn lend<T>(param: T, map: impl FnOnce(&mut Option<T>)) -> T {
    let mut slot = Some(param);
    map(&mut slot);
    // `remap` below, the only code that is given the slot, always refills it.
    slot.expect("the slot was refilled")
}

impl ModuleMapper for ToDyn<'_, dyn DynMapper + '_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        lend(param, |slot| self.0.float(D, slot))
    }
    fn map_int<const D: usize>(&mut self, param: Param<Tensor<D, Int>>) -> Param<Tensor<D, Int>> {
        lend(param, |slot| self.0.int(D, slot))
    }
    fn map_bool<const D: usize>(&mut self, param: Param<Tensor<D, Bool>>) -> Param<Tensor<D, Bool>> {
        lend(param, |slot| self.0.bool(D, slot))
    }
    fn map_flag(&mut self, flag: Param<Flag>) -> Param<Flag> {
        self.0.flag(flag)
    }
    fn enter_module(&mut self, name: &str, container: &str) {
        self.0.enter(name, container);
    }
    fn exit_module(&mut self, name: &str, container: &str) {
        self.0.exit(name, container);
    }
}

/// A generic visitor or mapper seen as a dynamic one.
struct FromDyn<'a, T>(&'a mut T);

/// Runs `f` on the parameter inside `value`. `ToDyn` is the only caller and names the rank of the type it passes, so the
/// downcast holds; were it not to, the parameter would be passed over.
fn seen<T: 'static>(value: &dyn Any, f: impl FnOnce(&T)) {
    if let Some(param) = value.downcast_ref::<T>() {
        f(param);
    }
}

/// Replaces the parameter inside `slot`; see [`seen`] for the downcast.
fn remap<T: 'static>(slot: &mut dyn Any, f: impl FnOnce(T) -> T) {
    if let Some(slot) = slot.downcast_mut::<Option<T>>() {
        *slot = slot.take().map(f);
    }
}

impl<V: ModuleVisitor> DynVisitor for FromDyn<'_, V> {
    fn float(&mut self, rank: usize, value: &dyn Any) {
        with_rank!(rank, D => seen(value, |p| self.0.visit_float::<D>(p)));
    }
    fn int(&mut self, rank: usize, value: &dyn Any) {
        with_rank!(rank, D => seen(value, |p| self.0.visit_int::<D>(p)));
    }
    fn bool(&mut self, rank: usize, value: &dyn Any) {
        with_rank!(rank, D => seen(value, |p| self.0.visit_bool::<D>(p)));
    }
    fn flag(&mut self, flag: &Param<Flag>) {
        self.0.visit_flag(flag);
    }
    fn enter(&mut self, name: &str, container: &str) {
        self.0.enter_module(name, container);
    }
    fn exit(&mut self, name: &str, container: &str) {
        self.0.exit_module(name, container);
    }
}

impl<M: ModuleMapper> DynMapper for FromDyn<'_, M> {
    fn float(&mut self, rank: usize, slot: &mut dyn Any) {
        with_rank!(rank, D => remap(slot, |p| self.0.map_float::<D>(p)));
    }
    fn int(&mut self, rank: usize, slot: &mut dyn Any) {
        with_rank!(rank, D => remap(slot, |p| self.0.map_int::<D>(p)));
    }
    fn bool(&mut self, rank: usize, slot: &mut dyn Any) {
        with_rank!(rank, D => remap(slot, |p| self.0.map_bool::<D>(p)));
    }
    fn flag(&mut self, flag: Param<Flag>) -> Param<Flag> {
        self.0.map_flag(flag)
    }
    fn enter(&mut self, name: &str, container: &str) {
        self.0.enter_module(name, container);
    }
    fn exit(&mut self, name: &str, container: &str) {
        self.0.exit_module(name, container);
    }
}

/// The object-safe twin of [`Call`] and Burn's `Module`.
trait Erased: Debug + Send + Sync {
    fn call(&self, inputs: Values, cx: &Context) -> Result<Values>;
    fn call_joined(&self, inputs: &Values, next: &AnyModule, cx: &Context) -> Result<Option<Values>>;
    fn visit(&self, visitor: &mut dyn DynVisitor);
    fn map(self: Box<Self>, mapper: &mut dyn DynMapper) -> Box<dyn Erased>;
    fn valid(&self) -> Box<dyn Erased>;
    fn train(self: Box<Self>) -> Box<dyn Erased>;
    fn materialize(self: Box<Self>) -> Box<dyn Erased>;
    fn fork(self: Box<Self>, device: &Device) -> Box<dyn Erased>;
    fn to_device(self: Box<Self>, device: &Device) -> Box<dyn Erased>;
    fn collect_devices(&self, devices: Vec<Device>) -> Vec<Device>;
    fn boxed_clone(&self) -> Box<dyn Erased>;
    fn as_any(&self) -> &dyn Any;
}

impl<C: Call> Erased for C {
    fn call(&self, inputs: Values, cx: &Context) -> Result<Values> {
        self.call_many(inputs, cx)
    }
    fn call_joined(&self, inputs: &Values, next: &AnyModule, cx: &Context) -> Result<Option<Values>> {
        match inputs.as_slice() {
            [Value { tensor, mask: None }] => Ok(Call::call_joined(self, tensor, next, cx)?.map(one)),
            _ => Ok(None),
        }
    }
    fn visit(&self, visitor: &mut dyn DynVisitor) {
        Module::visit(self, &mut ToDyn(visitor));
    }
    fn map(mut self: Box<Self>, mapper: &mut dyn DynMapper) -> Box<dyn Erased> {
        *self = Module::map(*self, &mut ToDyn(mapper)); // keeps the box
        self
    }
    fn valid(&self) -> Box<dyn Erased> {
        Box::new(Module::valid(self))
    }
    fn train(self: Box<Self>) -> Box<dyn Erased> {
        Box::new(Module::train(*self))
    }
    fn materialize(self: Box<Self>) -> Box<dyn Erased> {
        Box::new(Module::materialize(*self))
    }
    fn fork(self: Box<Self>, device: &Device) -> Box<dyn Erased> {
        Box::new(Module::fork(*self, device))
    }
    fn to_device(self: Box<Self>, device: &Device) -> Box<dyn Erased> {
        Box::new(Module::to_device(*self, device))
    }
    fn collect_devices(&self, devices: Vec<Device>) -> Vec<Device> {
        Module::collect_devices(self, devices)
    }
    fn boxed_clone(&self) -> Box<dyn Erased> {
        Box::new(self.clone())
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// Any built layer, and whether it is trained.
#[derive(Debug)]
pub struct AnyModule {
    module: Box<dyn Erased>,
    trained: bool,
}

impl AnyModule {
    /// Erases the type of a built layer.
    pub fn new(module: impl Call) -> Self {
        Self { module: Box::new(module), trained: true }
    }

    /// The same layer without gradients; it is called as one that isn't trained, whatever calls it.
    pub fn frozen(self) -> Self {
        Self { trained: false, ..self.no_grad() }
    }

    /// The same layer, marked as trained or not.
    pub(crate) fn marked(self, trained: bool) -> Self {
        Self { trained, ..self }
    }

    /// Whether the layer is trained.
    pub fn is_trained(&self) -> bool {
        self.trained
    }

    fn with(&self, module: Box<dyn Erased>) -> Self {
        Self { module, trained: self.trained }
    }

    /// Calls the layer.
    ///
    /// # Errors
    /// As the layer's own.
    pub fn call(&self, inputs: Values, cx: &Context) -> Result<Values> {
        cx.trained(self.trained, || self.module.call(inputs, cx))
    }

    /// What `next` gives for the layer's output, if the layer does the work of both at once: for one input without a mask.
    ///
    /// # Errors
    /// As the layer's own.
    pub(crate) fn call_joined(&self, inputs: &Values, next: &Self, cx: &Context) -> Result<Option<Values>> {
        cx.trained(self.trained, || self.module.call_joined(inputs, next, cx))
    }

    /// The layer, if it is a `T`.
    pub fn downcast_ref<T: Call>(&self) -> Option<&T> {
        self.module.as_any().downcast_ref()
    }
}

impl Clone for AnyModule {
    fn clone(&self) -> Self {
        self.with(self.module.boxed_clone())
    }
}

impl Module for AnyModule {
    fn visit<V: ModuleVisitor>(&self, visitor: &mut V) {
        self.module.visit(&mut FromDyn(visitor));
    }
    fn map<M: ModuleMapper>(self, mapper: &mut M) -> Self {
        Self { module: self.module.map(&mut FromDyn(mapper)), ..self }
    }
    fn valid(&self) -> Self {
        self.with(self.module.valid())
    }
    fn train(self) -> Self {
        Self { module: self.module.train(), ..self }
    }
    fn materialize(self) -> Self {
        Self { module: self.module.materialize(), ..self }
    }
    fn fork(self, device: &Device) -> Self {
        Self { module: self.module.fork(device), ..self }
    }
    fn to_device(self, device: &Device) -> Self {
        Self { module: self.module.to_device(device), ..self }
    }
    fn collect_devices(&self, devices: Vec<Device>) -> Vec<Device> {
        self.module.collect_devices(devices)
    }
}

impl ModuleDisplayDefault for AnyModule {
    fn content(&self, content: Content) -> Option<Content> {
        content.add_formatted(&"layer").optional()
    }
}

impl ModuleDisplay for AnyModule {}
