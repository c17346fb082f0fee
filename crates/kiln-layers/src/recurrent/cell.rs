//! The sockets of a recurrent cell: what a recurrent layer repeats for each step of a sequence.

use crate::recurrent::Sequence;
use kiln_core::layer::Layer;
use kiln_core::{Context, Error, Result, Shape, Tensor};

/// The description of a cell. A cell is a layer as well: called by itself, it takes the input of one step and the states before
/// it, and gives its output and the states after it. Its [`Layer::output_shape`] and [`Layer::build`] are for the shape of one
/// step's input, `(batch, ...)`; [`cell_layer!`](crate::cell_layer) and [`cell_call!`](crate::cell_call) write the rest.
///
/// ```
/// use burn::module::{Module, Param};
/// use kiln_core::build::Build;
/// use kiln_core::layer::{Call, Layer, Options};
/// use kiln_core::random::Stream;
/// use kiln_core::{Context, Device, Result, Shape, Tensor, layer_options};
/// use kiln_layers::recurrent::{Cell, CellCall, Stepped};
/// use kiln_layers::{Rnn, cell_call, cell_layer};
/// use serde::{Deserialize, Serialize};
///
/// /// A leaky sum: `state * leak + x`.
/// #[derive(Clone, Debug, Serialize, Deserialize)]
/// struct Leaky {
///     #[serde(flatten)]
///     options: Options,
///     leak: f64,
/// }
///
/// impl Layer for Leaky {
///     const CLASS: &'static str = "Leaky";
///     type Module = LeakyModule;
///     layer_options!();
///     cell_layer!();
///     fn output_shape(&self, step: &Shape) -> Result<Shape> {
///         Ok(step.clone())
///     }
///     fn build(&self, _: &Shape, _: &Build) -> Result<LeakyModule> {
///         Ok(LeakyModule { leak: self.leak })
///     }
/// }
///
/// impl Cell for Leaky {
///     fn state_shapes(&self, step: &Shape) -> Result<Vec<Shape>> {
///         Ok(vec![step.clone()])
///     }
/// }
///
/// #[derive(Module, Debug)]
/// struct LeakyModule {
///     leak: f64,
/// }
///
/// impl Call for LeakyModule {
///     cell_call!();
/// }
///
/// impl CellCall for LeakyModule {
///     fn step(&self, x: Tensor, states: Vec<Tensor>, _: &Context) -> Result<Stepped> {
///         let sum = &states[0] * self.leak + x;
///         Ok((sum.clone(), vec![sum]))
///     }
/// }
///
/// let layer = Rnn::new(Leaky { options: Options::default(), leak: 0.5 }).return_sequences(true);
/// let module = layer.build(&Shape::batch_of([4, 1]), &Build::new(&Device::current()?, Stream::new(0)))?;
/// let y = module.call(Tensor::ones([1, 4, 1]).to_device(&Device::current()?), &Context::inference())?;
/// assert_eq!(y.to_vec::<f32>(), [1.0, 1.5, 1.75, 1.875]);
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub trait Cell: Layer<Module: CellCall> {
    /// The shapes of the states for the shape of one step's input, both with the batch axis.
    ///
    /// # Errors
    /// A shape or an option that the cell can't take.
    fn state_shapes(&self, step: &Shape) -> Result<Vec<Shape>>;
}

/// The output of a step and the states after it.
pub type Stepped = (Tensor, Vec<Tensor>);

/// A built cell.
pub trait CellCall: Send + Sync {
    /// One step: the output and the new states.
    ///
    /// `cx.random()` is the same at all steps of a sequence, so that masks drawn from it stay the same over time, as in Keras.
    ///
    /// # Errors
    /// An input or states of the wrong shape.
    fn step(&self, x: Tensor, states: Vec<Tensor>, cx: &Context) -> Result<Stepped>;

    /// Prepares the steps of one sequence, whose inputs have the shape `step`. A cell overrides it to do once what is the same at all
    /// steps: drawing masks, slicing kernels, projecting all inputs.
    ///
    /// # Errors
    /// As [`CellCall::step`].
    fn start<'a>(&'a self, step: &[usize], cx: &'a Context) -> Result<Run<'a>> {
        let _ = step;
        Ok(Run::new(move |x, states| self.step(x, states, cx)))
    }

    /// Walks over a whole sequence at once: for cells that have an operation of their own for it. `None`, the default, has the steps walked
    /// one by one.
    ///
    /// # Errors
    /// As [`CellCall::step`].
    fn walk(&self, whole: Whole<'_>, cx: &Context) -> Result<Option<Walked>> {
        let _ = (whole, cx);
        Ok(None)
    }
}

/// A sequence to walk over.
#[derive(Clone, Copy, Debug)]
pub struct Whole<'a> {
    /// (batch, time, ...)
    pub x: &'a Tensor,
    /// The states to begin with.
    pub states: &'a [Tensor],
    /// The steps that count, (batch, time).
    pub mask: Option<&'a Tensor>,
    /// How it is walked.
    pub sequence: Sequence,
    /// Whether the last states are asked for; they may be left out else.
    pub keep: bool,
}

/// The output of a whole walk, and the states behind it if they are asked for.
pub type Walked = (Tensor, Vec<Tensor>);

type Project<'a> = Box<dyn Fn(Tensor) -> Result<Tensor> + 'a>;
type Advance<'a> = Box<dyn Fn(Tensor, Vec<Tensor>) -> Result<Stepped> + 'a>;

/// A cell that runs over one sequence.
pub struct Run<'a> {
    project: Option<Project<'a>>,
    step: Advance<'a>,
}

impl std::fmt::Debug for Run<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Run").finish_non_exhaustive()
    }
}

impl<'a> Run<'a> {
    /// Steps made by `step` from what [`Run::project`] gives.
    pub fn new(step: impl Fn(Tensor, Vec<Tensor>) -> Result<Stepped> + 'a) -> Self {
        Self { project: None, step: Box::new(step) }
    }

    /// What can be done for the inputs of all steps at once, `(time, batch, ...)` to `(time, batch, ...)`. Default: nothing.
    pub fn projecting(self, project: impl Fn(Tensor) -> Result<Tensor> + 'a) -> Self {
        Self { project: Some(Box::new(project)), ..self }
    }

    /// The inputs `(time, batch, ...)` as the steps want them.
    ///
    /// # Errors
    /// Inputs of the wrong shape.
    pub fn project(&self, x: Tensor) -> Result<Tensor> {
        match &self.project {
            Some(project) => project(x),
            None => Ok(x),
        }
    }

    /// A step from an input that has been projected.
    ///
    /// # Errors
    /// States of the wrong shape.
    pub fn step(&self, x: Tensor, states: Vec<Tensor>) -> Result<Stepped> {
        (self.step)(x, states)
    }

    /// A step from an input that has not.
    ///
    /// # Errors
    /// As [`Run::project`] and [`Run::step`].
    pub fn one(&self, x: Tensor, states: Vec<Tensor>) -> Result<Stepped> {
        let x = match &self.project {
            Some(project) => project(x.expand_dims(0)?)?.squeeze(0)?,
            None => x,
        };
        self.step(x, states)
    }
}

/// Takes apart the inputs of a cell: one step and its states.
#[doc(hidden)]
pub fn cell_output_shapes<C: Cell>(cell: &C, inputs: &[Shape]) -> Result<Vec<Shape>> {
    let Some((step, given)) = inputs.split_first() else {
        return Err(Error::shape(C::CLASS, "an input and states", "no input"));
    };
    let states = cell.state_shapes(step)?;
    let fits = |(want, have): (&Shape, &Shape)| {
        let agree = |(w, h): (&Option<usize>, &Option<usize>)| w.is_none() || h.is_none() || w == h;
        want.rank() == have.rank() && want.axes().iter().zip(have.axes()).all(agree)
    };
    if given.len() != states.len() || !states.iter().zip(given).all(fits) {
        return Err(Error::shape(C::CLASS, format!("states of shapes {states:?} after the input"), format!("{given:?}")));
    }
    let mut shapes = vec![cell.output_shape(step)?];
    shapes.extend(states);
    Ok(shapes)
}

/// Writes `output_shapes` and `build_many` of a cell's [`Layer`].
#[macro_export]
macro_rules! cell_layer {
    () => {
        fn output_shapes(&self, inputs: &[$crate::kiln_core::Shape]) -> $crate::kiln_core::Result<Vec<$crate::kiln_core::Shape>> {
            $crate::recurrent::cell_output_shapes(self, inputs)
        }
        fn build_many(
            &self,
            inputs: &[$crate::kiln_core::Shape],
            cx: &$crate::kiln_core::build::Build,
        ) -> $crate::kiln_core::Result<Self::Module> {
            $crate::recurrent::cell_output_shapes(self, inputs)?;
            match inputs.first() {
                Some(step) => self.build(step, cx),
                None => self.build(&$crate::kiln_core::Shape::default(), cx),
            }
        }
    };
}

/// Writes the `call` and `call_many` of a cell's [`Call`](kiln_core::Call): inputs are a step and its states, outputs the same.
#[macro_export]
macro_rules! cell_call {
    () => {
        fn call(
            &self,
            x: $crate::kiln_core::Tensor,
            cx: &$crate::kiln_core::Context,
        ) -> $crate::kiln_core::Result<$crate::kiln_core::Tensor> {
            Ok($crate::recurrent::CellCall::step(self, x, Vec::new(), cx)?.0)
        }
        fn call_many(
            &self,
            inputs: $crate::kiln_core::value::Values,
            cx: &$crate::kiln_core::Context,
        ) -> $crate::kiln_core::Result<$crate::kiln_core::value::Values> {
            let mut tensors = inputs.into_iter().map(|value| value.tensor.to_float());
            let x = tensors.next().ok_or_else(|| $crate::kiln_core::Error::shape("", "an input and states", "no input"))?;
            let (y, states) = $crate::recurrent::CellCall::step(self, x, tensors.collect(), cx)?;
            Ok(std::iter::once(y).chain(states).map($crate::kiln_core::value::Value::from).collect())
        }
    };
}
