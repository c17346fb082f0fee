//! One step of a convolutional LSTM.

use crate::recurrent::cell::{Cell, CellCall, Run, Stepped};
use crate::recurrent::conv_field::{ConvField, Window};
use crate::recurrent::dropped::{Dropped, Masks};
use crate::recurrent::kernels::forget_ones;
use crate::recurrent::settings::Settings;
use crate::{cell_call, cell_layer};
use burn::module::{Module, Param};
use kiln_core::activation::Activation;
use kiln_core::build::Build;
use kiln_core::constraint::Constraint;
use kiln_core::layer::{Call, Layer, Options};
use kiln_core::regularizer::Regularizer;
use kiln_core::{Context, Error, Result, Shape, Tensor, layer_options};
use serde::{Deserialize, Serialize};

/// One step of the layers of `D - 2` axes of space: [`LstmCell`](crate::LstmCell) with convolutions in place of its products.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ConvLstmCell<const D: usize> {
    #[serde(flatten)]
    options: Options,
    filters: usize,
    #[serde(flatten)]
    pub(super) field: ConvField,
    pub(super) recurrent_activation: Activation,
    pub(super) unit_forget_bias: bool,
    #[serde(flatten)]
    pub(super) settings: Settings,
}

impl<const D: usize> ConvLstmCell<D> {
    pub(super) fn new(filters: usize, field: ConvField) -> Self {
        let (recurrent_activation, unit_forget_bias) = (Activation::Sigmoid, true);
        Self { options: Options::default(), filters, field, recurrent_activation, unit_forget_bias, settings: Settings::default() }
    }

    /// The space and channels of the input, the space of the state, the convolution of the input.
    fn plan(&self, step: &Shape) -> Result<(usize, Vec<usize>, Window)> {
        self.settings.check(Self::CLASS)?;
        self.recurrent_activation.check()?;
        if self.filters == 0 {
            return Err(Error::option(Self::CLASS, "filters", "at least 1", 0));
        }
        self.field.check(Self::CLASS, D - 2)?;
        let (space, channels) = self.field.space(Self::CLASS, D - 2, step)?;
        let (out, window) = self.field.of_input(Self::CLASS, &space)?;
        Ok((channels, out, window))
    }

    fn kernel_shape(&self, channels: usize) -> [usize; D] {
        let kernel = self.field.kernel();
        std::array::from_fn(|axis| {
            kernel.get(axis).copied().unwrap_or(if axis == D - 2 { channels } else { self.filters.saturating_mul(4) })
        })
    }
}

impl<const D: usize> Layer for ConvLstmCell<D> {
    const CLASS: &'static str = "ConvLSTMCell";
    type Module = ConvLstmCellModule<D>;
    layer_options!();
    cell_layer!();

    fn output_shape(&self, step: &Shape) -> Result<Shape> {
        let (_, space, _) = self.plan(step)?;
        Ok(self.field.shape(step.axes().first().copied().flatten(), &space, self.filters))
    }

    fn build(&self, step: &Shape, cx: &Build) -> Result<ConvLstmCellModule<D>> {
        let (channels, space, window) = self.plan(step)?;
        let (settings, bias) = (&self.settings, &self.settings.bias_initializer);
        let bias = match (settings.use_bias, self.unit_forget_bias) {
            (false, _) => None,
            (true, true) => Some(cx.weight_of(forget_ones(self.filters, 4, bias, cx)?)?),
            (true, false) => Some(cx.weight("bias", [self.filters.saturating_mul(4)], bias)?),
        };
        Ok(ConvLstmCellModule {
            kernel: cx.weight("kernel", self.kernel_shape(channels), &settings.kernel_initializer)?,
            recurrent_kernel: cx.weight("recurrent_kernel", self.kernel_shape(self.filters), &settings.recurrent_initializer)?,
            bias,
            plan: Plan {
                window,
                sample: step.sample().unwrap_or_default(),
                state: self.field.shape(None, &space, self.filters).sample().unwrap_or_default(),
                cell: self.clone(),
                dropped: Dropped::new(settings).each_gate(),
            },
        })
    }

    fn regularizers(&self) -> Vec<(&'static str, Regularizer)> {
        self.settings.regularizers()
    }

    fn constraints(&self) -> Vec<(&'static str, Constraint)> {
        self.settings.constraints()
    }
}

impl<const D: usize> Cell for ConvLstmCell<D> {
    fn state_shapes(&self, step: &Shape) -> Result<Vec<Shape>> {
        let state = self.output_shape(step)?;
        Ok(vec![state.clone(), state])
    }
}

/// What never changes after building.
#[derive(Clone, Debug)]
struct Plan<const D: usize> {
    cell: ConvLstmCell<D>,
    window: Window,
    /// The shapes of an input and a state of one sample.
    sample: Vec<usize>,
    state: Vec<usize>,
    dropped: Dropped,
}

/// A built [`ConvLstmCell`].
#[derive(Module, Debug)]
pub(crate) struct ConvLstmCellModule<const D: usize> {
    kernel: Param<burn::Tensor<D>>,
    recurrent_kernel: Param<burn::Tensor<D>>,
    bias: Option<Param<burn::Tensor<1>>>,
    #[module(skip)]
    plan: Plan<D>,
}

impl<const D: usize> Call for ConvLstmCellModule<D> {
    cell_call!();
}

/// From Keras' order (window, channels, filters) to Burn's (filters, channels, window).
fn burns<const D: usize>(kernel: burn::Tensor<D>) -> Result<Tensor> {
    Tensor::from(kernel).transpose([D - 1, D - 2].into_iter().chain(0..D - 2).collect::<Vec<_>>())
}

/// The part `gate` of `axis`, which holds four.
fn gate(all: &Tensor, axis: usize, gate: usize) -> Result<Tensor> {
    let n = all.shape()[axis] / 4;
    let mut ranges = vec![(..).into(); axis];
    ranges.push(((gate * n) as isize..((gate + 1) * n) as isize).into());
    all.slice(ranges)
}

impl<const D: usize> CellCall for ConvLstmCellModule<D> {
    fn step(&self, x: Tensor, states: Vec<Tensor>, cx: &Context) -> Result<Stepped> {
        self.start(&x.shape(), cx)?.one(x, states)
    }

    fn start<'a>(&'a self, step: &[usize], cx: &'a Context) -> Result<Run<'a>> {
        let who = ConvLstmCell::<D>::CLASS;
        let Plan { cell, window, sample, state, dropped } = &self.plan;
        if step.get(1..) != Some(sample.as_slice()) {
            return Err(Error::shape(who, format!("steps of shape {}", kiln_core::shape::tuple(sample)), kiln_core::shape::tuple(step)));
        }
        let (kernel, recurrent) = (burns(self.kernel.val())?, burns(self.recurrent_kernel.val())?);
        let whole = [&[step[0]], state.as_slice()].concat();
        let Masks { input, recurrent: recurrents } = dropped.draw(step, &whole, 4, cx, &kernel.device())?;
        let (field, inner) = (&cell.field, cell.field.of_state());
        let axis = field.channel_axis(D);
        // Masks of their own for each gate need its part of the kernel alone.
        let convolved =
            move |x: &Tensor, kernel: &Tensor, masks: &[Tensor], window: &Window, bias: Option<burn::Tensor<1>>| -> Result<Tensor> {
                if masks.is_empty() {
                    return window.convolve(field.to_first(x.clone())?, kernel.clone(), bias);
                }
                let each = |(i, mask): (usize, &Tensor)| window.convolve(field.to_first(x * mask)?, gate(kernel, 0, i)?, None);
                let gates = masks.iter().enumerate().map(each).collect::<Result<Vec<_>>>()?;
                let all = Tensor::concat(&gates, 1)?;
                match bias {
                    Some(bias) => {
                        Ok(all
                            + Tensor::from(bias).reshape([1, -1].into_iter().chain(std::iter::repeat_n(1, D - 2)).collect::<Vec<_>>())?)
                    }
                    None => Ok(all),
                }
            };
        let project = move |x: Tensor| {
            let (time, shape) = (x.shape()[0], x.shape());
            let flat: Vec<isize> = std::iter::once(shape[0] * shape[1]).chain(shape[2..].iter().copied()).map(|n| n as isize).collect();
            // A mask of a batch, for each of its steps.
            let masks = input.iter().map(|mask| Tensor::concat(&vec![mask.clone(); time], 0)).collect::<Result<Vec<_>>>()?;
            let y = convolved(&x.reshape(flat)?, &kernel, &masks, window, self.bias.as_ref().map(|b| b.val()))?;
            let y = field.restored(y)?;
            let out: Vec<isize> = shape[..2].iter().copied().chain(y.shape().into_iter().skip(1)).map(|n| n as isize).collect();
            y.reshape(out)
        };
        let run = Run::new(move |x: Tensor, states: Vec<Tensor>| {
            let [h, c]: [Tensor; 2] =
                states.try_into().map_err(|states: Vec<Tensor>| Error::shape(who, "two states", format!("{} states", states.len())))?;
            if let Some(odd) = [&h, &c].into_iter().find(|state| state.shape() != whole) {
                return Err(Error::shape(who, format!("states of shape {}", kiln_core::shape::tuple(&whole)), odd.describe()));
            }
            let z = x + field.restored(convolved(&h, &recurrent, &recurrents, &inner, None)?)?;
            let gated = |i: usize| cell.recurrent_activation.apply(gate(&z, axis, i)?);
            let candidate = cell.settings.activation.apply(gate(&z, axis, 2)?)?;
            let c = gated(1)? * c + gated(0)? * candidate;
            let h = gated(3)? * cell.settings.activation.apply(c.clone())?;
            Ok((h.clone(), vec![h, c]))
        });
        Ok(run.projecting(project))
    }
}
