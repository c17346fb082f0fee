//! The weights that the cells of dense layers have in common, and their products.

use crate::parts::module_of;
use crate::recurrent::cell::{Walked, Whole};
use crate::recurrent::dropped::Dropped;
use crate::recurrent::settings::Settings;
use burn::module::Param;
use burn::tensor::module::linear;
use kiln_core::build::Build;
use kiln_core::kernels::{self, Cell, Walk};
use kiln_core::{Context, Error, Result, Shape, Tensor};

type Matrix = burn::Tensor<2>;

/// `kernel` (features, gates · units), `recurrent_kernel` (units, gates · units) and a bias: one row, or one for the input and one for
/// the state.
#[derive(Clone, Debug)]
pub(super) struct Kernels {
    kernel: Param<Matrix>,
    recurrent_kernel: Param<Matrix>,
    row: Option<Param<burn::Tensor<1>>>,
    pair: Option<Param<Matrix>>,
    dropped: Dropped,
    units: usize,
}

module_of!(Kernels { kernel as "kernel", recurrent_kernel as "recurrent_kernel", row as "bias", pair as "bias" });

/// How the bias is made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum BiasForm {
    /// One row.
    Row,
    /// One row, whose second gate is 1 at first.
    ForgetOnes,
    /// A row for the input and one for the state.
    Pair,
}

impl Kernels {
    pub(super) fn new(settings: &Settings, features: usize, units: usize, gates: usize, form: BiasForm, cx: &Build) -> Result<Self> {
        let (mut row, mut pair, width) = (None, None, gates.saturating_mul(units));
        let init = &settings.bias_initializer;
        if settings.use_bias {
            match form {
                BiasForm::Row => row = Some(cx.weight("bias", [width], init)?),
                BiasForm::ForgetOnes => row = Some(cx.weight_of(forget_ones(units, gates, init, cx)?)?),
                BiasForm::Pair => pair = Some(cx.weight("bias", [2, width], init)?),
            }
        }
        Ok(Self {
            kernel: cx.weight("kernel", [features, width], &settings.kernel_initializer)?,
            recurrent_kernel: cx.weight("recurrent_kernel", [units, width], &settings.recurrent_initializer)?,
            row,
            pair,
            dropped: Dropped::new(settings),
            units,
        })
    }

    /// Walks over a whole sequence at once; `None` where the steps must be walked one by one.
    pub(super) fn walk(&self, cell: Cell, whole: Whole<'_>, cx: &Context) -> Result<Option<Walked>> {
        let Whole { x, states, mask, sequence, keep } = whole;
        let &[batch, time, features] = x.shape().as_slice() else { return Ok(None) };
        let masks = self.dropped.draw(&[batch, features], &[batch, self.units], cell.gates(), cx, &x.device())?;
        let x = match (masks.input.as_slice(), masks.recurrent.as_slice()) {
            ([], []) => x.clone(),
            ([dropped], []) => x.try_mul(dropped.expand_dims(1)?)?,
            _ => return Ok(None),
        };
        let walk = Walk {
            backwards: sequence.go_backwards,
            sequences: sequence.return_sequences,
            states: keep,
            zero_output_for_mask: sequence.zero_output_for_mask,
        };
        let weights = [self.kernel.val().into(), self.recurrent_kernel.val().into()];
        let bias = self.row.as_ref().map(|row| row.val().into()).or_else(|| self.pair.as_ref().map(|pair| pair.val().into()));
        let Some(all) = kernels::recur(cell, walk, &x, weights, bias, states, mask) else { return Ok(None) };
        let steps = if sequence.return_sequences { time } else { 1 };
        let row = |slot: usize| {
            let part = all.slice([(..).into(), (slot as isize..slot as isize + 1).into()])?;
            part.reshape([batch as isize, self.units as isize])
        };
        let output = match (sequence.return_sequences, all.shape()[1] > steps) {
            (true, true) => all.slice([(..).into(), (..steps as isize).into()])?,
            (true, false) => all.clone(),
            (false, true) => row(0)?,
            (false, false) => all.reshape([batch as isize, self.units as isize])?,
        };
        let count = if keep { cell.states() } else { 0 };
        let states = (0..count).map(|state| row(steps + state)).collect::<Result<_>>()?;
        Ok(Some((output, states)))
    }

    /// Prepares the products of one sequence. `pieces` are the widths, in units, in which the recurrent kernel is to be had.
    pub(super) fn start(&self, who: &'static str, step: &[usize], pieces: &[usize], cx: &Context) -> Result<Products> {
        let (kernel, recurrent) = (self.kernel.val(), self.recurrent_kernel.val());
        let ([features, width], units) = (kernel.dims(), self.units);
        let [batch, have] = match step {
            [batch, have] => [*batch, *have],
            _ => return Err(Error::shape(who, "a step of 2 axes: (batch, features)", kiln_core::shape::tuple(step))),
        };
        if have != features {
            return Err(Error::shape(who, format!("last axis {features}"), kiln_core::shape::tuple(step)));
        }
        let gates = width / units;
        let device = kiln_core::Tensor::from(kernel.clone()).device();
        let masks = self.dropped.draw(&[batch, features], &[batch, units], gates, cx, &device)?;
        let typed = |masks: Vec<Tensor>| masks.into_iter().map(Tensor::float::<2>).collect::<Result<Vec<_>>>();
        let (inputs, recurrents) = (typed(masks.input)?, typed(masks.recurrent)?);
        let cut = |matrix: &Matrix, from: usize, n: usize| matrix.clone().narrow(1, from * units, n * units);
        let kernels = match inputs.len() {
            0 | 1 => vec![kernel],
            _ => (0..gates).map(|gate| cut(&kernel, gate, 1)).collect(),
        };
        // Masks of their own for each gate need its part of the kernel alone.
        let ones = vec![1; gates];
        let pieces = if recurrents.is_empty() { pieces } else { &ones };
        let from = pieces.iter().scan(0, |from, n| Some(std::mem::replace(from, *from + n)));
        let recurrent = match pieces {
            [_] => vec![recurrent],
            _ => from.zip(pieces).map(|(from, n)| cut(&recurrent, from, *n)).collect(),
        };
        let second = self.pair.as_ref().map(|pair| pair.val());
        let input_bias = match &second {
            Some(pair) => Some(pair.clone().narrow(0, 0, 1).reshape([width])),
            None => self.row.as_ref().map(|row| row.val()),
        };
        let recurrent_bias = second.map(|pair| pair.narrow(0, 1, 1));
        Ok(Products { who, kernels, input_bias, inputs, recurrent, recurrent_bias, recurrents, units })
    }
}

/// Keras draws the gates before and after the second by themselves.
pub(super) fn forget_ones(units: usize, gates: usize, init: &kiln_core::initializer::Initializer, cx: &Build) -> Result<Tensor> {
    let rest = cx.draw("bias_rest", &[units.saturating_mul(gates - 2)], init)?;
    Tensor::concat(&[cx.draw("bias", &[units], init)?, Tensor::ones([units]), rest], 0)
}

/// The products of one sequence.
pub(super) struct Products {
    who: &'static str,
    /// The kernel, or that of each gate.
    kernels: Vec<Matrix>,
    input_bias: Option<burn::Tensor<1>>,
    /// No mask, one for all gates, or one for each.
    inputs: Vec<Matrix>,
    recurrent: Vec<Matrix>,
    /// (1, gates · units)
    pub(super) recurrent_bias: Option<Matrix>,
    recurrents: Vec<Matrix>,
    units: usize,
}

impl Products {
    /// `x · kernel + bias` for the inputs of all steps, (time, batch, features).
    pub(super) fn project(&self, x: Tensor) -> Result<Tensor> {
        let x: burn::Tensor<3> = x.float()?;
        let [time, batch, features] = x.dims();
        let flat = |x: burn::Tensor<3>| x.reshape([time * batch, features]);
        let masked = |mask: &Matrix| flat(x.clone() * mask.clone().unsqueeze::<3>());
        let y = match (self.inputs.as_slice(), self.kernels.as_slice()) {
            ([], [kernel]) => linear(flat(x), kernel.clone(), self.input_bias.clone()),
            ([mask], [kernel]) => linear(masked(mask), kernel.clone(), self.input_bias.clone()),
            (masks, kernels) => {
                let products = masks.iter().zip(kernels).map(|(mask, kernel)| masked(mask).matmul(kernel.clone()));
                let y = burn::Tensor::cat(products.collect(), 1);
                match &self.input_bias {
                    Some(bias) => y + bias.clone().unsqueeze(),
                    None => y,
                }
            }
        };
        let width = y.dims()[1];
        Ok(y.reshape([time, batch, width]).into())
    }

    /// `state · recurrent_kernel` for all gates.
    pub(super) fn recur(&self, state: &Matrix) -> Matrix {
        self.products(state, &self.recurrent)
    }

    /// `state · recurrent_kernel` for all pieces of the kernel but the last.
    pub(super) fn recur_before_last(&self, state: &Matrix) -> Matrix {
        self.products(state, &self.recurrent[..self.recurrent.len().saturating_sub(1)])
    }

    /// `(factor * state) · recurrent_kernel` for the last piece of the kernel, which is that of `gate` alone.
    pub(super) fn recur_last(&self, factor: Matrix, state: &Matrix, gate: usize) -> Matrix {
        let state = factor * self.masked(state, gate);
        match self.recurrent.last() {
            Some(last) => state.matmul(last.clone()),
            None => state,
        }
    }

    fn products(&self, state: &Matrix, pieces: &[Matrix]) -> Matrix {
        let product = |(gate, piece): (usize, &Matrix)| self.masked(state, gate).matmul(piece.clone());
        match pieces {
            [whole] => product((0, whole)),
            pieces => burn::Tensor::cat(pieces.iter().enumerate().map(product).collect(), 1),
        }
    }

    /// The state under the mask of a gate.
    fn masked(&self, state: &Matrix, gate: usize) -> Matrix {
        match self.recurrents.get(gate) {
            Some(mask) => state.clone() * mask.clone(),
            None => state.clone(),
        }
    }

    /// The part `gate` of (batch, gates · units).
    pub(super) fn gate(&self, all: &Matrix, gate: usize) -> Tensor {
        all.clone().narrow(1, gate * self.units, self.units).into()
    }

    /// The only state, or both.
    pub(super) fn states<const N: usize>(&self, states: Vec<Tensor>) -> Result<[Matrix; N]> {
        let count = states.len();
        let states = states.into_iter().map(Tensor::float::<2>).collect::<Result<Vec<_>>>()?;
        let wrong = |received: String| Error::shape(self.who, format!("{N} states of {} units", self.units), received);
        if let Some(odd) = states.iter().find(|state| state.dims()[1] != self.units) {
            return Err(wrong(kiln_core::shape::tuple(&odd.dims())));
        }
        states.try_into().map_err(|_| wrong(format!("{count} states")))
    }
}

/// The features of a step of (batch, features).
pub(super) fn features(who: &str, units: usize, step: &Shape) -> Result<usize> {
    if units == 0 {
        return Err(Error::option(who, "units", "at least 1", 0));
    }
    if step.rank() != 2 {
        return Err(Error::shape(who, "a step of 2 axes: (batch, features)", step));
    }
    step.last().filter(|n| *n > 0).ok_or_else(|| Error::shape(who, "a known last axis", step))
}
