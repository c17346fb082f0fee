//! One pass over data without training: evaluation and prediction.

use super::batches::Batches;
use super::handle::each;
use super::means::Means;
use super::{Fit, Logs, ProgressBar, Trainee};
use crate::callbacks::{Callback, Flow, Params};
use kiln_core::data::{FromBatch, IntoData};
use kiln_core::random::Stream;
use kiln_core::{Error, Result, Tensor};

/// Evaluates on data; the numbers are those of all samples. Of the options, `batch_size`, `steps_per_epoch`, `verbose` and the
/// callbacks count.
///
/// # Errors
/// Data that don't fit.
pub fn evaluate<T: Trainee>(trainee: &mut T, data: impl IntoData, mut options: Fit) -> Result<Logs> {
    options.check()?;
    let batches = Batches::new(data.into_data()?, options.batch_size, false);
    trainee.prepare(&batches.sample()?)?;
    let pass = Pass::new(&batches, &options);
    pass.test(trainee, &mut options.callbacks)
}

/// The outputs for all samples. Of the options, those of [`evaluate`] count.
///
/// # Errors
/// Data that don't fit.
pub fn predict<T: Trainee>(trainee: &mut T, data: impl IntoData, mut options: Fit) -> Result<Vec<Tensor>> {
    options.check()?;
    let batches = Batches::new(data.into_data()?, options.batch_size, false);
    let pass = Pass::new(&batches, &options);
    pass.predict(trainee, &mut options.callbacks)
}

/// How to go through the data.
pub(crate) struct Pass<'a> {
    pub(crate) batches: &'a Batches,
    pub(crate) steps: Option<usize>,
    pub(crate) bar: Option<u8>,
    pub(crate) params: Params,
}

impl<'a> Pass<'a> {
    fn new(batches: &'a Batches, options: &Fit) -> Self {
        let steps = options.steps_per_epoch;
        let params = Params { epochs: 1, steps: steps.or(batches.steps()), verbose: options.verbose };
        Self { batches, steps, bar: options.verbose, params }
    }

    /// The batches in groups as large as it pays to hand over at once, with the samples of each.
    fn groups<T: Trainee>(&self) -> impl Iterator<Item = Result<(Vec<usize>, Vec<T::Batch>)>> + '_ {
        let mut batches = self.batches.epoch(0, Stream::new(0), 0).take(self.steps.unwrap_or(usize::MAX));
        let size = self.batches.group();
        std::iter::from_fn(move || {
            let group: Result<Vec<(usize, T::Batch)>> =
                batches.by_ref().take(size).map(|batch| batch.and_then(|b| Ok((b.len(), T::Batch::from_batch(b)?)))).collect();
            match group {
                Ok(group) if group.is_empty() => None,
                group => Some(group.map(|group| group.into_iter().unzip())),
            }
        })
    }

    pub(crate) fn test<T: Trainee>(&self, trainee: &mut T, callbacks: &mut [Box<dyn Callback>]) -> Result<Logs> {
        trainee.reset();
        let params = self.params;
        let mut stop = each(callbacks, trainee, params, |c, m| c.on_test_begin(m))?;
        let mut means = Means::default();
        let mut progress = ProgressBar::new(self.bar, self.steps.or(self.batches.steps()));
        let mut groups = self.groups::<T>();
        while let (None, Some(group)) = (&stop, groups.next()) {
            let (samples, batches) = group?;
            // The callbacks are told batch by batch all the same.
            let first = means.steps;
            stop = each(callbacks, trainee, params, |c, m| c.on_test_batch_begin(first, m))?;
            for (logs, samples) in trainee.test_steps(batches)?.into_iter().zip(samples) {
                let number = means.steps;
                if number > first {
                    stop = each(callbacks, trainee, params, |c, m| c.on_test_batch_begin(number, m))?;
                }
                means.add(logs, samples, T::RUNNING);
                let logs = &means.logs;
                stop = each(callbacks, trainee, params, |c, m| c.on_test_batch_end(number, logs, m))?.or(stop);
                progress.step(logs);
                if stop.is_some() {
                    break;
                }
            }
        }
        if means.steps == 0 && stop.is_none() {
            return Err(Error::data("evaluate", "the data set gives no batch"));
        }
        progress.finish(&means.logs);
        each(callbacks, trainee, params, |c, m| c.on_test_end(&means.logs, m).map(|()| Flow::Continue))?;
        Ok(means.logs)
    }

    fn predict<T: Trainee>(&self, trainee: &mut T, callbacks: &mut [Box<dyn Callback>]) -> Result<Vec<Tensor>> {
        let params = self.params;
        let mut stop = each(callbacks, trainee, params, |c, m| c.on_predict_begin(m))?;
        let mut parts: Vec<Vec<Tensor>> = Vec::new();
        let mut progress = ProgressBar::new(self.bar, self.steps.or(self.batches.steps()));
        let mut groups = self.groups::<T>();
        let mut number = 0;
        while let (None, Some(group)) = (&stop, groups.next()) {
            let first = number;
            stop = each(callbacks, trainee, params, |c, m| c.on_predict_batch_begin(first, m))?;
            for outputs in trainee.predict_steps(group?.1)? {
                if number > first {
                    stop = each(callbacks, trainee, params, |c, m| c.on_predict_batch_begin(number, m))?;
                }
                stop = each(callbacks, trainee, params, |c, m| c.on_predict_batch_end(number, &outputs, m))?.or(stop);
                parts.resize_with(outputs.len(), Vec::new);
                parts.iter_mut().zip(outputs).for_each(|(all, output)| all.push(output));
                progress.step(&Logs::new());
                number += 1;
                if stop.is_some() {
                    break;
                }
            }
        }
        progress.finish(&Logs::new());
        each(callbacks, trainee, params, |c, m| c.on_predict_end(m).map(|()| Flow::Continue))?;
        if parts.is_empty() {
            return Err(Error::data("predict", "the data set gives no batch"));
        }
        parts.iter().map(|p| Tensor::concat(p, 0)).collect()
    }
}
