//! What all recurrent layers become.

use crate::parts::{Parts, module_of};
use crate::recurrent::any_cell::AnyCellModule;
use crate::recurrent::cell::{CellCall, Walked, Whole};
use crate::recurrent::scan::scan;
use crate::recurrent::sequence::Sequence;
use kiln_core::build::State;
use kiln_core::layer::Call;
use kiln_core::shape::tuple;
use kiln_core::value::{Value, Values, one};
use kiln_core::{Context, Error, Result, Tensor};

/// A built recurrent layer: [`Rnn`](crate::Rnn), [`SimpleRnn`](crate::SimpleRnn), [`Lstm`](crate::Lstm), [`Gru`](crate::Gru) and the
/// convolutional ones.
#[derive(Clone, Debug)]
pub struct RnnModule {
    pub(super) cell: Parts<AnyCellModule>,
    /// The states of a stateful layer.
    pub(super) carried: Vec<State>,
    pub(super) who: &'static str,
    /// The class of the cell.
    pub(super) class: &'static str,
    /// The axes of the input.
    pub(super) rank: usize,
    /// The shapes of the states of one sample.
    pub(super) shapes: Vec<Vec<usize>>,
    pub(super) sequence: Sequence,
}

module_of!(RnnModule { cell, carried });

impl RnnModule {
    /// The states to begin with.
    fn begin(&self, x: &Tensor, given: Vec<Tensor>, batch: usize) -> Result<Vec<Tensor>> {
        let whole: Vec<Vec<usize>> = self.shapes.iter().map(|sample| [&[batch], sample.as_slice()].concat()).collect();
        if let Some(size) = self.carried.first().and_then(|state| state.shape().first()).filter(|size| **size != batch) {
            return Err(Error::shape(self.who, format!("batches of {size} samples, whose states are kept"), format!("{batch} samples")));
        }
        if !given.is_empty() {
            let shapes: Vec<Vec<usize>> = given.iter().map(Tensor::shape).collect();
            return match shapes == whole {
                true => Ok(given),
                false => Err(Error::shape(self.who, format!("initial states of shapes {whole:?}"), format!("{shapes:?}"))),
            };
        }
        if !self.carried.is_empty() {
            let recorded = x.is_autodiff();
            let place = |state: Tensor| if recorded { state.autodiff() } else { state.inner() };
            return Ok(self.carried.iter().map(|state| place(state.value())).collect());
        }
        let device = x.device();
        Ok(whole.iter().map(|shape| Tensor::zeros(shape).to_device(&device)).collect())
    }

    /// The walk, each step made of Burn's operations.
    fn step_by_step(&self, cell: &dyn CellCall, x: Tensor, states: Vec<Tensor>, mask: Option<&Tensor>, cx: &Context) -> Result<Walked> {
        let step: Vec<usize> = x.shape().into_iter().enumerate().filter(|(axis, _)| *axis != 1).map(|(_, n)| n).collect();
        // Steps are taken from the first axis, where each is one piece of memory.
        let x = x.transpose([1, 0].into_iter().chain(2..self.rank).collect::<Vec<_>>())?;
        let run = cell.start(&step, cx).and_then(|run| scan(&run, x, states, mask, self.sequence));
        run.map_err(|e| e.by(self.class, self.who))
    }

    /// A mask `(batch, time)` fit for `x`.
    fn check(&self, x: &Tensor, mask: Option<&Tensor>) -> Result<()> {
        let shape = x.shape();
        if shape.len() != self.rank || shape[..2].contains(&0) {
            return Err(Error::shape(self.who, format!("an input of {} axes and at least one step", self.rank), tuple(&shape)));
        }
        match mask {
            Some(mask) if mask.shape() != shape[..2] => {
                Err(Error::shape(self.who, format!("a mask of shape {}", tuple(&shape[..2])), tuple(&mask.shape())))
            }
            _ => Ok(()),
        }
    }
}

impl Call for RnnModule {
    fn call(&self, x: Tensor, cx: &Context) -> Result<Tensor> {
        Ok(self.call_many(one(x), cx)?.swap_remove(0).tensor)
    }

    fn call_many(&self, inputs: Values, cx: &Context) -> Result<Values> {
        let mut inputs = inputs.into_iter();
        let Some(Value { tensor, mask }) = inputs.next() else {
            return Err(Error::shape(self.who, "a sequence", "no input"));
        };
        let x = tensor.to_float();
        self.check(&x, mask.as_ref())?;
        let batch = x.shape()[0];
        let states = self.begin(&x, inputs.map(|value| value.tensor.to_float()).collect(), batch)?;
        let cell = self.cell.modules().next().ok_or_else(|| Error::order(self.who, "there is no cell"))?.cell()?;
        let keep = self.sequence.return_state || !self.carried.is_empty();
        let whole = Whole { x: &x, states: &states, mask: mask.as_ref(), sequence: self.sequence, keep };
        let walked = cell.walk(whole, cx).map_err(|e| e.by(self.class, self.who))?;
        let (output, states) = match walked {
            Some(walked) => walked,
            None => self.step_by_step(cell, x, states, mask.as_ref(), cx)?,
        };
        for (carried, state) in self.carried.iter().zip(&states) {
            carried.set(state, cx)?;
        }
        let output = Value { tensor: output, mask: mask.filter(|_| self.sequence.return_sequences) };
        let states = if self.sequence.return_state { states } else { Vec::new() };
        Ok(std::iter::once(output).chain(states.into_iter().map(Value::from)).collect())
    }
}
