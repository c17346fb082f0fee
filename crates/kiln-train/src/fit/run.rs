//! The loop: epochs of steps, validation, callbacks.

use super::batches::{Batches, split, weigh};
use super::handle::{Handle, each};
use super::means::Means;
use super::passes::Pass;
use super::place::{Cut, Place, callbacks_state, restore_callbacks};
use super::{Fit, History, Logs, ProgressBar, State, Step, Trainee};
use crate::callbacks::{Callback, Controls, Flow, Params};
use kiln_core::data::{Batch, Data, FromBatch, IntoData};
use kiln_core::random::{self, Stream};
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
    let steps = options.steps_per_epoch.or(train.steps());
    let params = Params { epochs: options.epochs, steps, verbose: options.verbose };
    let callbacks = std::mem::take(&mut options.callbacks);
    Loop { trainee, train, validation, options, callbacks, params, history: History::default(), last: Logs::new() }.run()
}

fn with_weights(data: Data, (weights, names): (Vec<kiln_core::Tensor>, Vec<String>)) -> Result<Data> {
    let Data::Arrays(mut arrays) = data else {
        return Err(Error::option("fit", "sample_weight", "used with arrays", "a data set")
            .hint("give the weight as third element of the data set"));
    };
    (arrays.sample_weight, arrays.names.sample_weight) = (weights, names.into());
    arrays.into_data()
}

struct Loop<'a, T> {
    trainee: &'a mut T,
    train: Batches,
    validation: Option<Batches>,
    options: Fit,
    callbacks: Vec<Box<dyn Callback>>,
    params: Params,
    history: History,
    last: Logs,
}

impl<T: Trainee> Loop<'_, T> {
    fn run(mut self) -> Result<History> {
        let last = self.options.epochs;
        let train = self.train.clone();
        let limit = self.options.steps_per_epoch;
        let kept = self.kept()?;
        let stop = self.call(|c, m| c.on_train_begin(m))?;
        let (mut at, mut means) = (Place::new(self.options.initial_epoch, self.trainee.iterations()), Means::default());
        if let Some(state) = kept {
            (at, means) = self.resume(&state)?;
        }
        at.stop = at.stop.or(stop);
        let several = last.saturating_sub(self.options.initial_epoch) > 1;
        let seed = Stream::new(random::random_seed()).named("fit").child(at.before);
        // With `steps_per_epoch` the stream of batches goes on from epoch to epoch.
        let pass = |at: &Place| train.epoch(at.pass, seed.named("order").child(at.pass), at.taken);
        let mut batches = None;
        while at.epoch < last && at.stop.is_none() {
            if self.options.verbose != Some(0) && several {
                eprintln!("Epoch {}/{last}", at.epoch + 1);
            }
            if !at.within {
                let epoch = at.epoch;
                at.stop = self.call(|c, m| c.on_epoch_begin(epoch, m))?;
                self.trainee.reset();
                (means, at.within) = (Means::default(), true);
            }
            let mut progress = ProgressBar::new(self.options.verbose, limit.or(train.steps())).after(means.steps);
            while at.stop.is_none() && limit.is_none_or(|n| means.steps < n) {
                let batch = match batches.get_or_insert_with(|| pass(&at)).next() {
                    Some(batch) => batch?,
                    // The data ended within the epoch: begin again, as Keras does with arrays.
                    None if limit.is_some() && at.step > 0 => {
                        (at.pass, at.taken) = (at.pass + 1, 0);
                        match batches.insert(pass(&at)).next() {
                            Some(batch) => batch?,
                            None => return Err(Error::data("fit", "the data set gives no batch the second time").hint("add `repeat`")),
                        }
                    }
                    None => break,
                };
                let step = Step { epoch: at.epoch, batch: means.steps, stream: seed.child(at.step) };
                let again = train.again(&batch, at.pass, seed.named("order").child(at.pass), at.taken);
                (at.taken, at.step) = (at.taken + 1, at.step + 1);
                at.stop = self.step(batch, again, &step, &mut means)?;
                progress.step(&means.logs);
                self.keep(&at, &means)?;
            }
            if means.steps == 0 && at.stop.is_none() {
                return Err(Error::data("fit", "the data set gives no batch").hint("is it empty, or a `take` or `filter` too strict?"));
            }
            self.end_epoch(&mut at, std::mem::take(&mut means), progress)?;
            if limit.is_none() {
                (at.pass, at.taken, batches) = (at.pass + 1, 0, None);
            }
            (at.epoch, at.within) = (at.epoch + 1, false);
            self.keep(&at, &means)?;
        }
        drop(batches);
        if let Some(reason) = at.stop {
            if self.options.verbose != Some(0) {
                eprintln!("stopped early: {reason}");
            }
            self.history.stop(reason);
        }
        self.trainee.finish()?;
        let logs = std::mem::take(&mut self.last);
        self.call(|c, m| c.on_train_end(&logs, m).map(|()| Flow::Continue))?;
        Ok(self.history)
    }

    /// A step with a batch; `again` gives the batch a second time.
    fn step(&mut self, batch: Batch, again: impl FnOnce() -> Option<Batch>, at: &Step, means: &mut Means) -> Result<Option<String>> {
        if let Some(reason) = self.call(|c, m| c.on_train_batch_begin(at.batch, m))? {
            return Ok(Some(reason));
        }
        let samples = batch.len();
        let logs = self.trainee.train_step(T::Batch::from_batch(batch)?, at)?;
        let invalid = logs.get("loss").is_some_and(|loss| !loss.is_finite());
        if invalid && !self.callbacks.iter().any(|c| c.accepts_nan()) {
            return Err(self.diverged(at, again(), logs.loss));
        }
        means.add(logs, samples, T::RUNNING);
        let logs = &means.logs;
        self.call(|c, m| c.on_train_batch_end(at.batch, logs, m))
    }

    fn end_epoch(&mut self, at: &mut Place, means: Means, progress: ProgressBar) -> Result<()> {
        let mut logs = means.logs;
        if let Some(validation) = self.validation.as_ref().filter(|_| self.options.validates(at.epoch) && at.stop.is_none()) {
            let pass = Pass { batches: validation, steps: self.options.validation_steps, bar: Some(0), params: self.params };
            for (name, value) in pass.test(self.trainee, &mut self.callbacks)?.iter() {
                logs.set(&format!("val_{name}"), value);
            }
        }
        progress.finish(&logs);
        let asked = self.call(|c, m| c.on_epoch_end(at.epoch, &mut logs, m))?;
        at.stop = at.stop.take().or(asked);
        self.history.push(at.epoch, &logs);
        self.last = logs;
        Ok(())
    }

    fn diverged(&mut self, at: &Step, batch: Option<Batch>, loss: f64) -> Error {
        let place = batch.and_then(|batch| self.trainee.find_invalid(&batch));
        let cause = place.map_or(String::new(), |place| format!(": {place}"));
        let what = format!("the loss became {loss} in epoch {}, batch {}{cause}", at.epoch + 1, at.batch);
        Error::diverged("fit", what).hint("lower the learning rate, clip the gradients, or look for NaN in the data")
    }

    fn call(&mut self, f: impl FnMut(&mut dyn Callback, &mut dyn Controls) -> Result<Flow>) -> Result<Option<String>> {
        each(&mut self.callbacks, self.trainee, self.params, f)
    }

    /// The state of an earlier run that a callback kept.
    fn kept(&mut self) -> Result<Option<State>> {
        for callback in &mut self.callbacks {
            if let Some(state) = callback.kept()? {
                return Ok(Some(state));
            }
        }
        Ok(None)
    }

    fn cut(&self) -> Cut {
        let Fit { batch_size, steps_per_epoch, shuffle, .. } = self.options;
        Cut { batch_size, steps: self.train.steps(), limit: steps_per_epoch, shuffle }
    }

    /// Hands the whole state to the callbacks that ask for it.
    fn keep(&mut self, at: &Place, means: &Means) -> Result<()> {
        if !self.callbacks.iter().any(|c| c.wants_state()) {
            return Ok(());
        }
        let mut state = State::new();
        state.put("place", at.state());
        state.put("means", means.state());
        state.put("cut", self.cut().state());
        state.put("history", self.history.state());
        state.set("last", &self.last);
        state.set("random", &random::random_state());
        state.put("trainee", self.trainee.state()?);
        state.put("callbacks", callbacks_state(&self.callbacks)?);
        self.callbacks.iter_mut().filter(|c| c.wants_state()).try_for_each(|c| c.keep(&state))
    }

    /// Goes on where the state was kept.
    fn resume(&mut self, state: &State) -> Result<(Place, Means)> {
        let at = Place::restore(&state.part("place"))?;
        if at.within {
            self.cut().compare(&state.part("cut"))?;
        }
        self.trainee.restore(&state.part("trainee"))?;
        self.history = History::restore(&state.part("history"))?;
        state.read("last", &mut self.last)?;
        let mut model = Handle { trainee: &mut *self.trainee, params: self.params };
        restore_callbacks(&mut self.callbacks, &state.part("callbacks"), &mut model)?;
        let (seed, draws) = state.get("random")?;
        random::set_random_state((seed, draws));
        if self.options.verbose != Some(0) {
            let over = at.stop.is_some() || at.epoch >= self.options.epochs;
            let place = if over { "behind the end".to_owned() } else { format!("before step {} in epoch {}", at.step + 1, at.epoch + 1) };
            eprintln!("resumed {place}");
        }
        Ok((at, Means::restore(&state.part("means"))?))
    }
}
