//! One step of the gated recurrent unit.

use crate::parts::module_of;
use crate::recurrent::cell::{Cell, CellCall, Run, Stepped, Walked, Whole};
use crate::recurrent::kernels::{BiasForm, Kernels, features};
use crate::recurrent::settings::{Settings, cell_setters, gate_setters, reset_setters};
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

/// One step of [`Gru`](crate::Gru). With the gates `z = σ(x · W_z + h · U_z + b_z)` and `r` likewise, the candidate is
/// `g = tanh(x · W_h + b_h + r * (h · U_h + b'_h))`, or `tanh(x · W_h + b_h + (r * h) · U_h)` without `reset_after`; the new state is
/// `z * h + (1 - z) * g`. Inputs are `x` (batch, features) and `h` (batch, units); outputs are the output and the new `h`, which are the same.
///
/// Weights, with the gates in the order z, r, h: `kernel` (features, 3 · units), `recurrent_kernel` (units, 3 · units), `bias` (2, 3 · units):
/// a row for the input and one for the state; (3 · units) without `reset_after`. Keras: `keras/src/layers/rnn/gru.py`; Cho and others, 2014.
///
/// ```
/// use kiln_layers::{GruCell, Rnn};
/// let layer = Rnn::new(GruCell::new(8).reset_after(false));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GruCell {
    #[serde(flatten)]
    options: Options,
    units: usize,
    pub(super) recurrent_activation: Activation,
    pub(super) reset_after: bool,
    #[serde(flatten)]
    pub(super) settings: Settings,
}

impl GruCell {
    /// A state of `units` numbers.
    pub fn new(units: usize) -> Self {
        let (recurrent_activation, reset_after) = (Activation::Sigmoid, true);
        Self { options: Options::default(), units, recurrent_activation, reset_after, settings: Settings::default() }
    }

    cell_setters!(settings);
    gate_setters!(recurrent_activation);
    reset_setters!(reset_after);

    fn features(&self, step: &Shape) -> Result<usize> {
        self.settings.check(Self::CLASS)?;
        self.recurrent_activation.check()?;
        features(Self::CLASS, self.units, step)
    }
}

impl Layer for GruCell {
    const CLASS: &'static str = "GRUCell";
    type Module = GruCellModule;
    layer_options!();
    cell_layer!();

    fn output_shape(&self, step: &Shape) -> Result<Shape> {
        self.features(step)?;
        Ok(step.with_last(self.units))
    }

    fn build(&self, step: &Shape, cx: &Build) -> Result<GruCellModule> {
        let form = if self.reset_after { BiasForm::Pair } else { BiasForm::Row };
        let kernels = Kernels::new(&self.settings, self.features(step)?, self.units, 3, form, cx)?;
        let (activation, recurrent_activation) = (self.settings.activation.clone(), self.recurrent_activation.clone());
        Ok(GruCellModule { kernels, activation, recurrent_activation, reset_after: self.reset_after })
    }

    fn regularizers(&self) -> Vec<(&'static str, Regularizer)> {
        self.settings.regularizers()
    }

    fn constraints(&self) -> Vec<(&'static str, Constraint)> {
        self.settings.constraints()
    }
}

impl Cell for GruCell {
    fn state_shapes(&self, step: &Shape) -> Result<Vec<Shape>> {
        Ok(vec![self.output_shape(step)?])
    }
}

/// A built [`GruCell`].
#[derive(Clone, Debug)]
pub struct GruCellModule {
    kernels: Kernels,
    activation: Activation,
    recurrent_activation: Activation,
    reset_after: bool,
}

module_of!(GruCellModule { kernels });

impl Call for GruCellModule {
    cell_call!();
}

impl CellCall for GruCellModule {
    fn step(&self, x: Tensor, states: Vec<Tensor>, cx: &Context) -> Result<Stepped> {
        self.start(&x.shape(), cx)?.one(x, states)
    }

    fn start<'a>(&'a self, step: &[usize], cx: &'a Context) -> Result<Run<'a>> {
        // Without `reset_after` the candidate's product waits for the gates.
        let pieces: &[usize] = if self.reset_after { &[3] } else { &[2, 1] };
        let products = Rc::new(self.kernels.start(GruCell::CLASS, step, pieces, cx)?);
        let shared = products.clone();
        let run = Run::new(move |x, states| {
            let [h] = products.states(states)?;
            let x: burn::Tensor<2> = x.float()?;
            let part = |all: &burn::Tensor<2>, gate: usize| products.gate(all, gate).float::<2>();
            let gate = |z: burn::Tensor<2>| self.recurrent_activation.apply(z.into())?.float::<2>();
            let (z, candidate) = if self.reset_after {
                let inner = match &products.recurrent_bias {
                    Some(bias) => products.recur(&h) + bias.clone(),
                    None => products.recur(&h),
                };
                let z = gate(part(&x, 0)? + part(&inner, 0)?)?;
                let r = gate(part(&x, 1)? + part(&inner, 1)?)?;
                (z, part(&x, 2)? + r * part(&inner, 2)?)
            } else {
                let inner = products.recur_before_last(&h);
                let z = gate(part(&x, 0)? + part(&inner, 0)?)?;
                let r = gate(part(&x, 1)? + part(&inner, 1)?)?;
                (z, part(&x, 2)? + products.recur_last(r, &h, 2))
            };
            let candidate: burn::Tensor<2> = self.activation.apply(candidate.into())?.float()?;
            // z * h + (1 - z) * candidate
            let h = Tensor::from(z * (h - candidate.clone()) + candidate);
            Ok((h.clone(), vec![h]))
        });
        Ok(run.projecting(move |x| shared.project(x)))
    }

    fn walk(&self, whole: Whole<'_>, cx: &Context) -> Result<Option<Walked>> {
        match (&self.activation, &self.recurrent_activation) {
            (Activation::Tanh, Activation::Sigmoid) if self.reset_after => self.kernels.walk(kernels::Cell::Gru, whole, cx),
            _ => Ok(None),
        }
    }
}
