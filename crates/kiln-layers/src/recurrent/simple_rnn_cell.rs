//! One step of a fully connected recurrent layer.

use crate::parts::module_of;
use crate::recurrent::cell::{Cell, CellCall, Run, Stepped, Walked, Whole};
use crate::recurrent::kernels::{BiasForm, Kernels, features};
use crate::recurrent::settings::{Settings, cell_setters};
use crate::{cell_call, cell_layer};
use kiln_core::activation::Activation;
use kiln_core::build::Build;
use kiln_core::constraint::Constraint;
use kiln_core::kernels;
use kiln_core::layer::{Call, Layer, Options};
use kiln_core::regularizer::Regularizer;
use kiln_core::{Context, Result, Shape, Tensor, layer_options};
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// One step of [`SimpleRnn`](crate::SimpleRnn): `h' = activation(x · kernel + bias + h · recurrent_kernel)`. Inputs are `x` (batch,
/// features) and `h` (batch, units); outputs are the output and the new `h`, which are the same.
///
/// Weights: `kernel` (features, units), `recurrent_kernel` (units, units), `bias` (units). Keras: `keras/src/layers/rnn/simple_rnn.py`.
///
/// ```
/// use kiln_layers::{Rnn, SimpleRnnCell};
/// let layer = Rnn::new(SimpleRnnCell::new(8).activation("relu"));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SimpleRnnCell {
    #[serde(flatten)]
    options: Options,
    units: usize,
    #[serde(flatten)]
    pub(super) settings: Settings,
}

impl SimpleRnnCell {
    /// A state of `units` numbers.
    pub fn new(units: usize) -> Self {
        Self { options: Options::default(), units, settings: Settings::default() }
    }

    cell_setters!(settings);

    fn features(&self, step: &Shape) -> Result<usize> {
        self.settings.check(Self::CLASS)?;
        features(Self::CLASS, self.units, step)
    }
}

impl Layer for SimpleRnnCell {
    const CLASS: &'static str = "SimpleRNNCell";
    type Module = SimpleRnnCellModule;
    layer_options!();
    cell_layer!();

    fn output_shape(&self, step: &Shape) -> Result<Shape> {
        self.features(step)?;
        Ok(step.with_last(self.units))
    }

    fn build(&self, step: &Shape, cx: &Build) -> Result<SimpleRnnCellModule> {
        let kernels = Kernels::new(&self.settings, self.features(step)?, self.units, 1, BiasForm::Row, cx)?;
        Ok(SimpleRnnCellModule { kernels, activation: self.settings.activation.clone() })
    }

    fn regularizers(&self) -> Vec<(&'static str, Regularizer)> {
        self.settings.regularizers()
    }

    fn constraints(&self) -> Vec<(&'static str, Constraint)> {
        self.settings.constraints()
    }
}

impl Cell for SimpleRnnCell {
    fn state_shapes(&self, step: &Shape) -> Result<Vec<Shape>> {
        Ok(vec![self.output_shape(step)?])
    }
}

/// A built [`SimpleRnnCell`].
#[derive(Clone, Debug)]
pub struct SimpleRnnCellModule {
    kernels: Kernels,
    activation: Activation,
}

module_of!(SimpleRnnCellModule { kernels });

impl Call for SimpleRnnCellModule {
    cell_call!();
}

impl CellCall for SimpleRnnCellModule {
    fn step(&self, x: Tensor, states: Vec<Tensor>, cx: &Context) -> Result<Stepped> {
        self.start(&x.shape(), cx)?.one(x, states)
    }

    fn start<'a>(&'a self, step: &[usize], cx: &'a Context) -> Result<Run<'a>> {
        let products = Rc::new(self.kernels.start(SimpleRnnCell::CLASS, step, &[1], cx)?);
        let shared = products.clone();
        let run = Run::new(move |x, states| {
            let [h] = products.states(states)?;
            let h = self.activation.apply((x.float::<2>()? + products.recur(&h)).into())?;
            Ok((h.clone(), vec![h]))
        });
        Ok(run.projecting(move |x| shared.project(x)))
    }

    fn walk(&self, whole: Whole<'_>, cx: &Context) -> Result<Option<Walked>> {
        match self.activation.curve() {
            Some(curve) => self.kernels.walk(kernels::Cell::Simple(curve), whole, cx),
            _ => Ok(None),
        }
    }
}
