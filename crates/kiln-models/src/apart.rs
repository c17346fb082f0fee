//! Evaluation and prediction of several batches at once: where none depends on another, each is a thread's own work, and no thread waits
//! for another within a batch.

use crate::compiled::Output;
use crate::model::{Model, Updates};
use kiln_core::data::Batch;
use kiln_core::random::{random_state, within};
use kiln_core::{Context, Device, Result, Tensor};
use kiln_train::Logs;
use kiln_train::fit::ToNumber;
use rayon::prelude::*;

/// A batch that was evaluated, before it is counted.
pub(crate) struct Tested {
    loss: f64,
    /// The losses of several outputs.
    parts: Vec<f64>,
    samples: usize,
    y: Vec<Tensor>,
    outputs: Vec<Output>,
    weights: Vec<Tensor>,
}

impl Model {
    /// A batch's losses and outputs in inference, and what layers would remember of it.
    pub(crate) fn tested(&self, batch: Batch) -> Result<(Tested, Updates)> {
        let samples = batch.len();
        let batch = self.ordered(batch)?;
        let (y, weights) = self.targets(&batch)?;
        let cx = Context::inference().with_logits(true);
        let outputs = self.forward(batch.x, &cx, false)?;
        let (loss, parts) = self.total(&outputs, &y, &weights, &cx, false)?;
        Ok((Tested { loss: loss.number(), parts, samples, y, outputs, weights }, cx.take_updates()))
    }

    /// Adds a batch to the running values.
    pub(crate) fn count(&mut self, tested: Tested) -> Result<Logs> {
        let Tested { loss, parts, samples, y, outputs, weights } = tested;
        self.compiled_mut()?.update((loss, parts), samples, &y, outputs, &weights)
    }

    /// A batch's outputs in inference, on the host, and what layers would remember of it.
    pub(crate) fn looked(&self, batch: Batch) -> Result<(Vec<Tensor>, Updates)> {
        let cx = Context::inference();
        let outputs = self.inference().run(self.values(self.ordered(batch)?.x, false), &cx)?;
        Ok((outputs.into_iter().map(|output| output.tensor.to_device(&Device::host())).collect(), cx.take_updates()))
    }

    /// What `pass` gives for each of the batches, on threads; nothing where a batch depends on those before it, because layers carry states
    /// or draw random numbers, and where the device is no CPU.
    pub(crate) fn apart<T: Send>(
        &mut self,
        batches: &[Batch],
        pass: impl Fn(&Self, Batch) -> Result<(T, Updates)> + Sync,
    ) -> Result<Option<Vec<T>>> {
        if batches.len() < 2 || self.in_order || !self.is_built() || !self.device().is_cpu() {
            return Ok(None);
        }
        self.sync()?;
        self.in_order = !kiln_core::weights::states(self.inference()).is_empty();
        if self.in_order {
            return Ok(None);
        }
        let (model, state) = (&*self, random_state());
        let alone = |batch: &Batch| within(state, || pass(model, batch.clone()));
        let found: Vec<(Result<(T, Updates)>, bool)> = batches.par_iter().map(alone).collect();
        let mut all = Vec::with_capacity(found.len());
        for (passed, drew) in found {
            let (value, updates) = passed?;
            if drew || !updates.is_empty() {
                self.in_order = true;
                return Ok(None);
            }
            all.push(value);
        }
        Ok(Some(all))
    }
}
