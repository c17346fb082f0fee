//! A model: its plan, its weights, and everything a user asks of it.

use crate::compiled::Compiled;
use crate::wiring::Wiring;
use burn::module::{Module, ParamId};
use kiln_core::blueprint::Blueprint;
use kiln_core::build::Build;
use kiln_core::random::{Stream, random_seed};
use kiln_core::symbol::IntoSymbols;
use kiln_core::{AnyLayer, AnyModule, Device, Error, Graph, Result, Shape, Tensor};
use kiln_layers::BurnModule;
use std::sync::OnceLock;

/// New values for buffers and states.
pub(crate) type Updates = Vec<(ParamId, Tensor)>;

/// How a model is put together.
#[derive(Debug, Clone)]
pub(crate) enum Plan {
    /// Layers that follow one another.
    Chain { layers: Vec<AnyLayer>, input: Option<Shape> },
    /// Any graph.
    Wired(Blueprint),
    /// A module of Burn, whose shapes Kiln doesn't know.
    Module,
}

/// A model. Keras: `keras/src/models/model.py`, `keras/src/trainers/trainer.py`.
///
/// ```
/// use kiln_core::symbol::On;
/// use kiln_layers::{Dense, Input};
/// use kiln_models::Model;
/// let input = Input::new([4]);
/// let hidden = Dense::new(8).activation("relu").on(&input)?;
/// let output = Dense::new(3).activation("softmax").on(&hidden)?;
/// let model = Model::new(&input, &output)?;
/// assert_eq!(model.count_params()?, 67);
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Debug)]
pub struct Model {
    name: String,
    pub(crate) plan: Plan,
    device: Device,
    pub(crate) blueprint: Option<Blueprint>,
    graph: Option<Graph>,
    /// The graph without recording, made when first asked for after a change.
    inference: OnceLock<Graph>,
    /// Whether a batch was seen to depend on those before it, so that they are no longer tried at once.
    pub(crate) in_order: bool,
    /// The symbols that the model was wired with, or that stand for its chain.
    pub(crate) wiring: OnceLock<Wiring>,
    /// The version of the layers' weights that the graph has.
    pub(crate) seen: u64,
    pub(crate) compiled: Option<Compiled>,
    /// The lengths of the last step's gradients, while a callback watches them.
    pub(crate) watched: Option<Vec<(String, f64)>>,
}

/// A copy with weights of its own: training one doesn't change the other.
impl Clone for Model {
    fn clone(&self) -> Self {
        let mut model = self.clone_plan();
        (model.device, model.graph, model.compiled) = (self.device.clone(), self.latest_graph(), self.compiled.clone());
        model.publish();
        model
    }
}

impl Model {
    /// Everything between inputs and outputs.
    ///
    /// # Errors
    /// An output that depends on an input not listed, a name given twice, an option a layer can't take.
    pub fn new(inputs: impl IntoSymbols, outputs: impl IntoSymbols) -> Result<Self> {
        let wiring = Wiring { inputs: inputs.into_symbols(), outputs: outputs.into_symbols() };
        let blueprint = Blueprint::trace(&wiring.inputs, &wiring.outputs)?;
        let mut model = Self::from_plan(Plan::Wired(blueprint.clone()), "functional");
        model.wiring = OnceLock::from(wiring);
        model.build_from(blueprint)?;
        Ok(model)
    }

    /// Any module of Burn, called by `forward`. Kiln trains it like its own.
    ///
    /// # Errors
    /// A `KILN_DEVICE` that isn't there.
    ///
    /// ```
    /// use kiln_core::{Device, Tensor};
    /// use kiln_models::Model;
    /// let device = Device::current()?.autodiff();
    /// let linear = burn::nn::LinearConfig::new(3, 2).init(device.burn());
    /// let mut model = Model::from_module(linear, |m, x: burn::Tensor<2>| m.forward(x))?;
    /// assert_eq!(model.predict(&Tensor::ones([5, 3]))?.shape(), [5, 2]);
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn from_module<M: Module + Sync + 'static, const I: usize, const O: usize>(
        module: M,
        forward: impl Fn(&M, burn::Tensor<I>) -> burn::Tensor<O> + Send + Sync + 'static,
    ) -> Result<Self> {
        let mut model = Self::from_plan(Plan::Module, "module");
        model.device = Device::current()?;
        let module = module.to_device(model.device.autodiff().burn());
        model.graph = Some(Graph::of(AnyModule::new(BurnModule::new(module, forward)), Shape::new(vec![None; I])));
        Ok(model)
    }

    pub(crate) fn from_plan(plan: Plan, name: &str) -> Self {
        Self {
            name: name.to_owned(),
            plan,
            device: Device::host(),
            blueprint: None,
            graph: None,
            inference: OnceLock::new(),
            in_order: false,
            wiring: OnceLock::new(),
            seen: 0,
            compiled: None,
            watched: None,
        }
    }

    pub(crate) fn push(&mut self, layer: AnyLayer) {
        if let Plan::Chain { layers, input } = &mut self.plan {
            if layers.is_empty() && input.is_none() {
                *input = layer.options().input_shape.as_ref().map(Shape::batch_of);
            }
            layers.push(layer);
            self.forget();
        }
    }

    pub(crate) fn pop(&mut self) -> Option<AnyLayer> {
        self.forget();
        match &mut self.plan {
            Plan::Chain { layers, .. } => layers.pop(),
            _ => None,
        }
    }

    pub(crate) fn set_input_shape(&mut self, shape: Shape) {
        if let Plan::Chain { input, .. } = &mut self.plan {
            *input = Some(shape);
            self.forget();
        }
    }

    fn forget(&mut self) {
        (self.blueprint, self.graph) = (None, None);
        (self.inference, self.wiring) = (OnceLock::new(), OnceLock::new());
        self.in_order = false;
    }

    /// The model's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Names the model.
    pub fn set_name(&mut self, name: &str) {
        self.name = name.to_owned();
    }

    /// The device the model computes on.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Whether the weights exist.
    pub fn is_built(&self) -> bool {
        self.graph.is_some()
    }

    /// Makes the weights for samples of `shape`, the batch axis left out. Done by the first `fit` or `predict` otherwise.
    ///
    /// # Errors
    /// A shape or an option that a layer can't take.
    pub fn build(&mut self, shape: impl AsRef<[usize]>) -> Result<()> {
        self.build_for(Shape::batch_of(shape))
    }

    fn build_for(&mut self, shape: Shape) -> Result<()> {
        match &self.plan {
            Plan::Chain { layers, .. } if layers.is_empty() => Err(Error::order("Sequential", "the model has no layers").hint("`add` one")),
            Plan::Chain { layers, input } => {
                let blueprint = Blueprint::chain(layers, input.clone().unwrap_or(shape))?;
                self.build_from(blueprint)
            }
            Plan::Wired(blueprint) => self.build_from(blueprint.clone()),
            Plan::Module => Ok(()),
        }
    }

    pub(crate) fn build_from(&mut self, blueprint: Blueprint) -> Result<()> {
        let device = Device::current()?;
        let cx = Build::new(&device, Stream::new(random_seed()).named("weights"));
        self.build_with(blueprint, &cx)
    }

    pub(crate) fn build_with(&mut self, blueprint: Blueprint, cx: &Build) -> Result<()> {
        self.device = cx.device().clone();
        self.graph = Some(blueprint.build_at(cx)?);
        self.blueprint = Some(blueprint);
        self.inference = OnceLock::new();
        self.publish();
        Ok(())
    }

    /// The model itself if it has weights, else a chain built for the shape it declares; a copy with the latest weights if another model
    /// has trained them since this one was used.
    ///
    /// # Errors
    /// A model that is not built and declares no shape.
    pub fn built(&self) -> Result<std::borrow::Cow<'_, Self>> {
        if self.is_built() {
            return Ok(if self.is_stale() { std::borrow::Cow::Owned(self.clone()) } else { std::borrow::Cow::Borrowed(self) });
        }
        match &self.plan {
            Plan::Chain { input: Some(shape), .. } => {
                let mut model = self.clone();
                model.build_for(shape.clone())?;
                Ok(std::borrow::Cow::Owned(model))
            }
            _ => Err(Error::order("Model", "the model is not built yet")
                .hint("give the first layer an `input_shape`, call `build`, or fit it first")),
        }
    }

    pub(crate) fn ensure_built(&mut self, x: &[Tensor]) -> Result<()> {
        if self.is_built() {
            return Ok(());
        }
        let axes = x.first().map(Tensor::shape).unwrap_or_default();
        match axes.split_first() {
            Some((_, sample)) if !sample.is_empty() => self.build_for(Shape::batch_of(sample)),
            // A row of numbers is a column of samples with one feature, as in Keras.
            Some(_) => self.build_for(Shape::batch_of([1])),
            None => Err(Error::shape("Model", "data with a batch axis", "a scalar")),
        }
    }

    pub(crate) fn graph(&self) -> &Graph {
        static EMPTY: OnceLock<Graph> = OnceLock::new();
        self.graph.as_ref().unwrap_or_else(|| EMPTY.get_or_init(Graph::default))
    }

    pub(crate) fn take_graph(&mut self) -> Graph {
        self.inference = OnceLock::new();
        self.graph.take().unwrap_or_default()
    }

    pub(crate) fn put_graph(&mut self, graph: Graph) {
        self.graph = Some(graph);
    }

    /// Replaces the graph, which is moved so that weights can be changed in place. Should that fail, the weights of the last `fit` or
    /// `build` come back.
    pub(crate) fn change_graph(&mut self, change: impl FnOnce(Graph) -> Result<Graph>) -> Result<()> {
        match change(self.take_graph()) {
            Ok(graph) => self.put_graph(graph),
            Err(error) => {
                if let Some(blueprint) = self.blueprint.clone() {
                    self.build_from(blueprint)?;
                }
                return Err(error);
            }
        }
        Ok(())
    }

    /// Writes what a call left for buffers and states.
    pub(crate) fn fold(&mut self, updates: Updates) {
        if !updates.is_empty() {
            let graph = self.take_graph();
            self.put_graph(graph.fold(updates));
        }
    }

    /// Zeroes what stateful layers carry from batch to batch, in training and in inference alike. Weights stay.
    ///
    /// ```
    /// use kiln_core::Tensor;
    /// use kiln_layers::{Input, Lstm};
    /// use kiln_models::sequential;
    /// let mut model = sequential![Input::new([3, 1]).batch_size(2), Lstm::new(4).stateful(true)];
    /// let first = model.predict(&Tensor::ones([2, 3, 1]))?;
    /// assert_ne!(model.predict(&Tensor::ones([2, 3, 1]))?.to_vec::<f32>(), first.to_vec::<f32>());
    /// model.reset_states();
    /// assert_eq!(model.predict(&Tensor::ones([2, 3, 1]))?.to_vec::<f32>(), first.to_vec::<f32>());
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn reset_states(&mut self) {
        if self.is_built() {
            let graph = self.take_graph();
            self.put_graph(graph.reset_states());
        }
    }

    /// The graph without recording.
    pub(crate) fn inference(&self) -> &Graph {
        self.inference.get_or_init(|| self.graph().valid())
    }

    /// The graph that records what gradients need, or the one that doesn't.
    pub(crate) fn side(&self, recorded: bool) -> &Graph {
        if recorded { self.graph() } else { self.inference() }
    }

    /// The plan: layers, their uses and all shapes; `None` before the model is built, and for a module of Burn.
    pub fn blueprint(&self) -> Option<&Blueprint> {
        self.blueprint.as_ref()
    }

    /// The names of the outputs: those of the layers they come from.
    pub fn output_names(&self) -> Vec<String> {
        self.blueprint.as_ref().map_or_else(|| vec!["output".to_owned()], Blueprint::output_names)
    }

    /// The number of values in all weights.
    ///
    /// # Errors
    /// A model that isn't built.
    pub fn count_params(&self) -> Result<usize> {
        Ok(self.built()?.graph().weights().iter().fold(0, |sum: usize, w| sum.saturating_add(w.len())))
    }

    /// The values of all weights, layer by layer.
    ///
    /// # Errors
    /// A model that isn't built.
    pub fn get_weights(&self) -> Result<Vec<Tensor>> {
        let model = self.built()?;
        let values = kiln_core::weights::values(model.inference());
        Ok(values.into_iter().map(|(_, value)| value.to_device(&Device::host())).collect())
    }

    /// Sets all weights, in the order of [`Model::get_weights`].
    ///
    /// # Errors
    /// Another number of weights, or another shape; nothing is changed then.
    pub fn set_weights(&mut self, values: impl AsRef<[Tensor]>) -> Result<()> {
        if let Plan::Chain { input: Some(shape), .. } = &self.plan
            && !self.is_built()
        {
            self.build_for(shape.clone())?;
        }
        let (weights, values) = (self.built()?.graph().weights(), values.as_ref());
        if weights.len() != values.len() {
            return Err(Error::shape("set_weights", format!("{} weights", weights.len()), values.len()));
        }
        if let Some((weight, value)) = weights.iter().zip(values).find(|(w, v)| w.shape != v.shape()) {
            let expected = format!("shape {} for `{}`", kiln_core::shape::tuple(&weight.shape), weight.path);
            return Err(Error::shape("set_weights", expected, value.describe()));
        }
        let values = weights.iter().map(|w| w.id).zip(values.iter().map(|v| v.clone().to_float())).collect();
        let graph = self.take_graph();
        self.put_graph(kiln_core::weights::replace(graph, values));
        self.publish();
        Ok(())
    }
}
