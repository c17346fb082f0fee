//! One step of the long short-term memory.

use crate::parts::module_of;
use crate::recurrent::cell::{Cell, CellCall, Run, Stepped, Walked, Whole};
use crate::recurrent::kernels::{BiasForm, Kernels, features};
use crate::recurrent::settings::{Settings, cell_setters, forget_setters, gate_setters};
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

/// One step of [`Lstm`](crate::Lstm). With `z = x · kernel + h · recurrent_kernel + bias`, cut into four gates:
/// `c' = σ(z_f) * c + σ(z_i) * tanh(z_c)`, `h' = σ(z_o) * tanh(c')`. Inputs are `x` (batch, features), `h` and `c` (batch, units); outputs are
/// the output, which is `h'`, then `h'` and `c'`.
///
/// Weights, with the gates in the order i, f, c, o: `kernel` (features, 4 · units), `recurrent_kernel` (units, 4 · units), `bias` (4 · units).
/// Keras: `keras/src/layers/rnn/lstm.py`; Hochreiter and Schmidhuber, 1997.
///
/// ```
/// use kiln_layers::{LstmCell, Rnn};
/// let layer = Rnn::new(LstmCell::new(8).unit_forget_bias(false));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LstmCell {
    #[serde(flatten)]
    options: Options,
    units: usize,
    pub(super) recurrent_activation: Activation,
    pub(super) unit_forget_bias: bool,
    #[serde(flatten)]
    pub(super) settings: Settings,
}

impl LstmCell {
    /// Two states of `units` numbers.
    pub fn new(units: usize) -> Self {
        let (recurrent_activation, unit_forget_bias) = (Activation::Sigmoid, true);
        Self { options: Options::default(), units, recurrent_activation, unit_forget_bias, settings: Settings::default() }
    }

    cell_setters!(settings);
    gate_setters!(recurrent_activation);
    forget_setters!(unit_forget_bias);

    fn features(&self, step: &Shape) -> Result<usize> {
        self.settings.check(Self::CLASS)?;
        self.recurrent_activation.check()?;
        features(Self::CLASS, self.units, step)
    }
}

impl Layer for LstmCell {
    const CLASS: &'static str = "LSTMCell";
    type Module = LstmCellModule;
    layer_options!();
    cell_layer!();

    fn output_shape(&self, step: &Shape) -> Result<Shape> {
        self.features(step)?;
        Ok(step.with_last(self.units))
    }

    fn build(&self, step: &Shape, cx: &Build) -> Result<LstmCellModule> {
        let form = if self.unit_forget_bias { BiasForm::ForgetOnes } else { BiasForm::Row };
        let kernels = Kernels::new(&self.settings, self.features(step)?, self.units, 4, form, cx)?;
        let (activation, recurrent_activation) = (self.settings.activation.clone(), self.recurrent_activation.clone());
        Ok(LstmCellModule { kernels, activation, recurrent_activation })
    }

    fn regularizers(&self) -> Vec<(&'static str, Regularizer)> {
        self.settings.regularizers()
    }

    fn constraints(&self) -> Vec<(&'static str, Constraint)> {
        self.settings.constraints()
    }
}

impl Cell for LstmCell {
    fn state_shapes(&self, step: &Shape) -> Result<Vec<Shape>> {
        let state = self.output_shape(step)?;
        Ok(vec![state.clone(), state])
    }
}

/// A built [`LstmCell`].
#[derive(Clone, Debug)]
pub struct LstmCellModule {
    kernels: Kernels,
    activation: Activation,
    recurrent_activation: Activation,
}

module_of!(LstmCellModule { kernels });

impl Call for LstmCellModule {
    cell_call!();
}

impl CellCall for LstmCellModule {
    fn step(&self, x: Tensor, states: Vec<Tensor>, cx: &Context) -> Result<Stepped> {
        self.start(&x.shape(), cx)?.one(x, states)
    }

    fn start<'a>(&'a self, step: &[usize], cx: &'a Context) -> Result<Run<'a>> {
        let products = Rc::new(self.kernels.start(LstmCell::CLASS, step, &[4], cx)?);
        let shared = products.clone();
        let run = Run::new(move |x, states| {
            let [h, c] = products.states(states)?;
            let z = x.float::<2>()? + products.recur(&h);
            let gate = |gate: usize| self.recurrent_activation.apply(products.gate(&z, gate))?.float::<2>();
            let candidate: burn::Tensor<2> = self.activation.apply(products.gate(&z, 2))?.float()?;
            let c = gate(1)? * c + gate(0)? * candidate;
            let h = Tensor::from(gate(3)? * self.activation.apply(c.clone().into())?.float::<2>()?);
            Ok((h.clone(), vec![h, c.into()]))
        });
        Ok(run.projecting(move |x| shared.project(x)))
    }

    fn walk(&self, whole: Whole<'_>, cx: &Context) -> Result<Option<Walked>> {
        match (&self.activation, &self.recurrent_activation) {
            (Activation::Tanh, Activation::Sigmoid) => self.kernels.walk(kernels::Cell::Lstm, whole, cx),
            _ => Ok(None),
        }
    }
}
