//! The loop: epochs of steps, validation, callbacks.

use super::batches::{Batches, split, weigh};
use super::{Fit, History, Logs, ProgressBar, Step, Trainee, Weights};
use crate::callbacks::{Callback, Controls, Flow};
use kiln_core::data::{Batch, Data, FromBatch, IntoData};
use kiln_core::random::{Stream, random_seed};
use kiln_core::{Error, Result};

/// Trains anything that can take a step.
///
/// # Errors
/// Options and data that don't fit, a loss that is no number, an error of a step or a callback.
pub fn fit<T: Trainee>(trainee: &mut T, data: impl IntoData, mut options: Fit) -> Result<History> {
    options.check()?;
    let (mut data, mut validation) = (data.into_data()?, options.validation_data.take().transpose()?);
    if let Some(weights) = options.sample_weight.take() {
        data = with_weights(data, weights)?;
    }
    if validation.is_none() && options.validation_split > 0.0 {
        let (train, held) = split(data, options.validation_split)?;
        (data, validation) = (train, Some(held));
    }
    let data = weigh(data, &options.class_weight)?;
    let train = Batches::new(data, options.batch_size, options.shuffle);
    let validation = validation.map(|v| Batches::new(v, options.validation_batch_size.or(options.batch_size), false));
    trainee.prepare(&train.sample()?)?;
    if let Some(words) = trainee.describe().filter(|_| options.verbose != Some(0)) {
        eprintln!("{words}");
    }
    Loop { trainee, train, validation, options, history: History::default(), last: Logs::new() }.run()
}

/// Evaluates on data; the numbers are those of all samples.
///
/// # Errors
/// Data that don't fit.
pub fn evaluate<T: Trainee>(trainee: &mut T, batches: &Batches, steps: Option<usize>, verbose: Option<u8>) -> Result<Logs> {
    trainee.reset();
    let mut means = Means::default();
    let mut progress = ProgressBar::new(verbose, steps.or(batches.steps()));
    for batch in batches.epoch(0, Stream::new(0)).take(steps.unwrap_or(usize::MAX)) {
        let batch = batch?;
        let samples = batch.len();
        let logs = trainee.test_step(T::Batch::from_batch(batch)?)?;
        means.add(logs, samples, T::RUNNING);
        progress.step(&means.logs);
    }
    if means.steps == 0 {
        return Err(Error::data("evaluate", "the data set gives no batch"));
    }
    progress.finish(&means.logs);
    Ok(means.logs)
}

fn with_weights(data: Data, (weights, names): (Vec<kiln_core::Tensor>, Vec<String>)) -> Result<Data> {
    let Data::Arrays(mut arrays) = data else {
        return Err(Error::option("fit", "sample_weight", "used with arrays", "a data set")
            .hint("give the weight as third element of the data set"));
    };
    (arrays.sample_weight, arrays.names.sample_weight) = (weights, names.into());
    arrays.into_data()
}

/// The logs of an epoch so far: the last ones if they are running values, else their means over samples.
#[derive(Default)]
struct Means {
    logs: Logs,
    samples: usize,
    steps: usize,
}

impl Means {
    fn add(&mut self, logs: Logs, samples: usize, running: bool) {
        self.steps += 1;
        if running || self.steps == 1 {
            self.logs = logs;
            self.samples = samples;
            return;
        }
        let (before, now) = (self.samples as f64, samples as f64);
        for (name, value) in logs.iter() {
            let old = self.logs.get(name).unwrap_or(value);
            self.logs.set(name, (old * before + value * now) / (before + now));
        }
        self.samples += samples;
    }
}

struct Loop<'a, T> {
    trainee: &'a mut T,
    train: Batches,
    validation: Option<Batches>,
    options: Fit,
    history: History,
    last: Logs,
}

/// A trainee as callbacks see it.
struct Handle<'a, T>(&'a mut T);

impl<T: Trainee> Controls for Handle<'_, T> {
    fn weights(&self) -> Option<Weights> {
        self.0.weights()
    }
    fn set_weights(&mut self, weights: &Weights) {
        self.0.set_weights(weights);
    }
    fn learning_rate(&self) -> Option<f64> {
        self.0.learning_rate()
    }
    fn set_learning_rate(&mut self, rate: f64) -> Result<()> {
        self.0.set_learning_rate(rate)
    }
}

impl<T: Trainee> Loop<'_, T> {
    fn run(mut self) -> Result<History> {
        let (first, last) = (self.options.initial_epoch, self.options.epochs);
        let train = self.train.clone();
        let limit = self.options.steps_per_epoch;
        let mut stop = self.call(|c, m| c.on_train_begin(m))?;
        // With `steps_per_epoch` the stream of batches goes on from epoch to epoch.
        let before = self.trainee.iterations();
        let seed = Stream::new(random_seed()).named("fit").child(before);
        let mut passes = first as u64;
        let mut batches = train.epoch(passes, seed.named("order").child(passes));
        let mut step = 0u64;
        for epoch in first..last {
            if stop.is_some() {
                break;
            }
            if limit.is_none() && epoch > first {
                passes += 1;
                batches = train.epoch(passes, seed.named("order").child(passes));
            }
            if self.options.verbose != Some(0) && last - first > 1 {
                eprintln!("Epoch {}/{last}", epoch + 1);
            }
            stop = self.call(|c, m| c.on_epoch_begin(epoch, m))?;
            self.trainee.reset();
            let mut means = Means::default();
            let mut progress = ProgressBar::new(self.options.verbose, limit.or(train.steps()));
            while stop.is_none() && limit.is_none_or(|n| means.steps < n) {
                let batch = match batches.next() {
                    Some(batch) => batch?,
                    // The data ended within the epoch: begin again, as Keras does with arrays.
                    None if limit.is_some() && (means.steps > 0 || step > 0) => {
                        passes += 1;
                        batches = train.epoch(passes, seed.named("order").child(passes));
                        match batches.next() {
                            Some(batch) => batch?,
                            None => return Err(Error::data("fit", "the data set gives no batch the second time").hint("add `repeat`")),
                        }
                    }
                    None => break,
                };
                let at = Step { epoch, batch: means.steps, stream: seed.child(step) };
                stop = self.step(batch, &at, &mut means)?;
                step += 1;
                progress.step(&means.logs);
            }
            if means.steps == 0 && stop.is_none() {
                return Err(Error::data("fit", "the data set gives no batch").hint("is it empty, or a `take` or `filter` too strict?"));
            }
            let mut logs = means.logs;
            if let Some(validation) = self.validation.clone().filter(|_| self.options.validates(epoch) && stop.is_none()) {
                for (name, value) in evaluate(self.trainee, &validation, self.options.validation_steps, Some(0))?.iter() {
                    logs.set(&format!("val_{name}"), value);
                }
            }
            progress.finish(&logs);
            let asked = self.call(|c, m| c.on_epoch_end(epoch, &mut logs, m))?;
            stop = stop.or(asked);
            self.history.push(epoch, &logs);
            self.last = logs;
        }
        drop(batches);
        if let Some(reason) = stop {
            if self.options.verbose != Some(0) {
                eprintln!("stopped early: {reason}");
            }
            self.history.stop(reason);
        }
        self.trainee.finish()?;
        for callback in &mut self.options.callbacks {
            callback.on_train_end(&self.last, &mut Handle(self.trainee))?;
        }
        Ok(self.history)
    }

    fn step(&mut self, batch: Batch, at: &Step, means: &mut Means) -> Result<Option<String>> {
        if let Some(reason) = self.call(|c, m| c.on_train_batch_begin(at.batch, m))? {
            return Ok(Some(reason));
        }
        let samples = batch.len();
        let kept = batch.clone();
        let logs = self.trainee.train_step(T::Batch::from_batch(batch)?, at)?;
        let invalid = logs.get("loss").is_some_and(|loss| !loss.is_finite());
        if invalid && !self.options.callbacks.iter().any(|c| c.accepts_nan()) {
            return Err(self.diverged(at, &kept, logs.loss));
        }
        means.add(logs, samples, T::RUNNING);
        let logs = &means.logs;
        let mut stop = None;
        for callback in &mut self.options.callbacks {
            if let Flow::Stop(reason) = callback.on_train_batch_end(at.batch, logs, &mut Handle(self.trainee))? {
                stop.get_or_insert(reason);
            }
        }
        Ok(stop)
    }

    fn diverged(&mut self, at: &Step, batch: &Batch, loss: f64) -> Error {
        let cause = self.trainee.find_invalid(batch).map_or(String::new(), |place| format!(": {place}"));
        let what = format!("the loss became {loss} in epoch {}, batch {}{cause}", at.epoch + 1, at.batch);
        Error::diverged("fit", what).hint("lower the learning rate, clip the gradients, or look for NaN in the data")
    }

    /// Runs one method of every callback; the first reason to stop counts.
    fn call(&mut self, mut f: impl FnMut(&mut dyn Callback, &mut dyn Controls) -> Result<Flow>) -> Result<Option<String>> {
        let mut stop = None;
        for callback in &mut self.options.callbacks {
            if let Flow::Stop(reason) = f(callback.as_mut(), &mut Handle(self.trainee))? {
                stop.get_or_insert(reason);
            }
        }
        Ok(stop)
    }
}
