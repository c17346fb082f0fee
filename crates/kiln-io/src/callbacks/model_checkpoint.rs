//! Saves the model now and then.

use super::file_name::{Number, fill};
use super::{SaveFreq, model_of};
use crate::save::SaveModel;
use kiln_core::{Error, Result};
use kiln_train::callbacks::Monitor;
use kiln_train::{Callback, Controls, Flow, Logs, State};
use std::path::{Path, PathBuf};

/// Saves the model, or its weights, after each epoch or so many batches, or only when `monitor` is better than ever.
///
/// The file's name may hold places for numbers in Python's words: `{epoch:02d}` (from 1), `{batch}` (from 1, with a number as
/// `save_freq`), and anything in the logs, `{val_loss:.2f}`. It ends in `.keras`; of weights alone in `.weights.h5` or `.safetensors`.
/// Folders are made. A file is written whole or not at all.
///
/// Keras: `keras/src/callbacks/model_checkpoint.py`.
///
/// ```
/// use kiln_io::callbacks::ModelCheckpoint;
/// let best = ModelCheckpoint::new("best.keras").monitor("val_accuracy").save_best_only(true);
/// let all = ModelCheckpoint::new("runs/{epoch:02d}-{val_loss:.2f}.weights.h5").save_weights_only(true);
/// ```
#[derive(Clone, Debug)]
pub struct ModelCheckpoint {
    filepath: String,
    monitor: Monitor,
    mode: String,
    verbose: u8,
    save_best_only: bool,
    save_weights_only: bool,
    save_freq: SaveFreq,
    best: Option<f64>,
    epoch: usize,
    seen: usize,
}

impl ModelCheckpoint {
    /// The file, with places for numbers.
    pub fn new(filepath: impl AsRef<Path>) -> Self {
        Self {
            filepath: filepath.as_ref().to_string_lossy().into_owned(),
            monitor: Monitor::new("ModelCheckpoint", "val_loss"),
            mode: "auto".to_owned(),
            verbose: 0,
            save_best_only: false,
            save_weights_only: false,
            save_freq: SaveFreq::Epoch,
            best: None,
            epoch: 0,
            seen: 0,
        }
    }

    /// The number that says which model is the best. Default `val_loss`.
    pub fn monitor(mut self, name: &str) -> Self {
        self.monitor = Monitor::new("ModelCheckpoint", name);
        self.monitor.set_mode(&self.mode);
        self
    }

    /// 1 says what it saves. Default 0.
    pub fn verbose(mut self, verbose: u8) -> Self {
        self.verbose = verbose;
        self
    }

    /// Whether only a model that is better than all before is saved. Default false.
    pub fn save_best_only(mut self, best: bool) -> Self {
        self.save_best_only = best;
        self
    }

    /// Whether weights are saved, with the optimizer's state, instead of the whole model. Default false.
    pub fn save_weights_only(mut self, weights: bool) -> Self {
        self.save_weights_only = weights;
        self
    }

    /// `min`, `max` or `auto`, which asks the model's metrics and knows losses. Default `auto`.
    pub fn mode(mut self, mode: &str) -> Self {
        mode.clone_into(&mut self.mode);
        self.monitor.set_mode(mode);
        self
    }

    /// `"epoch"` saves after every epoch, a number after so many batches. Default `"epoch"`.
    pub fn save_freq(mut self, frequency: impl Into<SaveFreq>) -> Self {
        self.save_freq = frequency.into();
        self
    }

    /// What the first model must be better than, with `save_best_only`. Default none.
    pub fn initial_value_threshold(mut self, value: f64) -> Self {
        self.best = Some(value);
        self
    }

    fn check(&self) -> Result<()> {
        let (ends, expected): (&[&str], _) = match self.save_weights_only {
            true => (&[".weights.h5", ".safetensors"], "a name that ends in `.weights.h5` or `.safetensors`, with `save_weights_only`"),
            false => (&[".keras"], "a name that ends in `.keras`"),
        };
        if !ends.iter().any(|end| self.filepath.ends_with(end)) {
            return Err(Error::option("ModelCheckpoint", "filepath", expected, format!("`{}`", self.filepath)));
        }
        self.save_freq.check("ModelCheckpoint")?;
        self.monitor.check()
    }

    fn path(&self, batch: Option<usize>, logs: &Logs) -> Result<PathBuf> {
        let find = |key: &str| match (key, batch) {
            ("epoch", _) => Some(Number::Whole(self.epoch + 1)),
            ("batch", Some(batch)) if logs.get(key).is_none() => Some(Number::Whole(batch + 1)),
            _ => logs.get(key).map(Number::Real),
        };
        let mut known = logs.names();
        known.extend(std::iter::once("epoch").chain(batch.map(|_| "batch")));
        fill("ModelCheckpoint", &self.filepath, find, &known).map(PathBuf::from)
    }

    /// Whether this model is to be saved, and what there is to say.
    fn decide(&mut self, path: &Path, logs: &Logs, model: &mut dyn Controls) -> Result<bool> {
        let (verbose, epoch, path) = (self.verbose > 0, self.epoch + 1, path.display());
        if !self.save_best_only {
            if verbose {
                model.say(&format!("\nEpoch {epoch}: saving model to {path}"));
            }
            return Ok(true);
        }
        let current = self.monitor.read(logs, model)?;
        let best = self.best.map_or("None".to_owned(), |best| format!("{best:.5}"));
        let better = self.best.is_none_or(|best| self.monitor.better(current, best));
        let name = self.monitor.name();
        if verbose && better {
            model.say(&format!("\nEpoch {epoch}: {name} improved from {best} to {current:.5}, saving model to {path}"));
        } else if verbose {
            model.say(&format!("\nEpoch {epoch}: {name} did not improve from {best}"));
        }
        if better {
            self.best = Some(current);
        }
        Ok(better)
    }

    fn save(&mut self, batch: Option<usize>, logs: &Logs, model: &mut dyn Controls) -> Result<Flow> {
        let path = self.path(batch, logs)?;
        if !self.decide(&path, logs, model)? {
            return Ok(Flow::Continue);
        }
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|e| Error::file(folder, e))?;
        }
        let none = || Error::order("ModelCheckpoint", "the trainee has no model to save").hint("give it the method `model`");
        let saved = model_of(model).ok_or_else(none)?;
        if self.save_weights_only {
            saved.save_weights(&path)?
        } else {
            saved.save(&path)?
        }
        if self.verbose > 0 {
            model.say(&format!("\nEpoch {}: finished saving model to {}", self.epoch + 1, path.display()));
        }
        Ok(Flow::Continue)
    }
}

impl Callback for ModelCheckpoint {
    fn on_train_begin(&mut self, _: &mut dyn Controls) -> Result<Flow> {
        self.check().map(|()| Flow::Continue)
    }

    fn on_epoch_begin(&mut self, epoch: usize, _: &mut dyn Controls) -> Result<Flow> {
        self.epoch = epoch;
        Ok(Flow::Continue)
    }

    fn on_train_batch_end(&mut self, batch: usize, logs: &Logs, model: &mut dyn Controls) -> Result<Flow> {
        let due = self.save_freq.after_batch(&mut self.seen);
        if due { self.save(Some(batch), logs, model) } else { Ok(Flow::Continue) }
    }

    fn on_epoch_end(&mut self, epoch: usize, logs: &mut Logs, model: &mut dyn Controls) -> Result<Flow> {
        self.epoch = epoch;
        if self.save_freq == SaveFreq::Epoch { self.save(None, logs, model) } else { Ok(Flow::Continue) }
    }

    fn state(&self) -> Result<State> {
        let mut state = State::new();
        state.set("best", &self.best);
        state.set("epoch", &self.epoch);
        state.set("seen", &self.seen);
        Ok(state)
    }

    fn restore(&mut self, state: &State, _: &mut dyn Controls) -> Result<()> {
        state.read("best", &mut self.best)?;
        state.read("epoch", &mut self.epoch)?;
        state.read("seen", &mut self.seen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::callbacks::double::Double;
    use crate::load_model;
    use kiln_core::{Layer, Tensor};
    use kiln_layers::Dense;
    use kiln_models::sequential;

    /// The files after three epochs of two batches with these losses, and what was said.
    fn run(name: &str, change: impl Fn(ModelCheckpoint) -> ModelCheckpoint) -> (Vec<String>, Vec<String>) {
        let dir = std::env::temp_dir().join(format!("kiln_checkpoint_{}_{name}", std::process::id()));
        let mut model = sequential![Dense::new(1).input_dim(2)];
        model.build([2]).unwrap();
        let mut model = Double { model: Some(model), said: Vec::new() };
        let file =
            if name.contains("weights") { "sub/{epoch:02d}-{val_loss:.1f}.weights.h5" } else { "sub/{epoch:02d}-{val_loss:.1f}.keras" };
        let mut callback = change(ModelCheckpoint::new(dir.join(file)));
        callback.on_train_begin(&mut model).unwrap();
        for (epoch, loss) in [0.5, 0.7, 0.4].into_iter().enumerate() {
            callback.on_epoch_begin(epoch, &mut model).unwrap();
            let mut logs = kiln_train::logs! { "loss" => loss, "val_loss" => loss, "val_other_score" => loss };
            (0..2).for_each(|batch| assert_eq!(callback.on_train_batch_end(batch, &logs, &mut model).unwrap(), Flow::Continue));
            callback.on_epoch_end(epoch, &mut logs, &mut model).unwrap();
        }
        let mut files: Vec<String> =
            std::fs::read_dir(dir.join("sub")).unwrap().map(|f| f.unwrap().file_name().to_string_lossy().into_owned()).collect();
        files.sort();
        std::fs::remove_dir_all(&dir).unwrap();
        (files, model.said.into_iter().map(|s| s.replace(&dir.display().to_string(), "DIR")).collect())
    }

    #[test]
    fn every_option_changes_what_is_saved() {
        assert_eq!(run("plain", |c| c).0, ["01-0.5.keras", "02-0.7.keras", "03-0.4.keras"]);
        assert_eq!(run("best", |c| c.save_best_only(true)).0, ["01-0.5.keras", "03-0.4.keras"]);
        assert_eq!(run("max", |c| c.save_best_only(true).mode("max")).0, ["01-0.5.keras", "02-0.7.keras"]);
        assert_eq!(run("mode", |c| c.mode("max").monitor("val_other_score").save_best_only(true)).0, ["01-0.5.keras", "02-0.7.keras"]);
        assert_eq!(run("threshold", |c| c.save_best_only(true).initial_value_threshold(0.45)).0, ["03-0.4.keras"]);
        assert_eq!(run("weights", |c| c.save_weights_only(true)).0.len(), 3);
        assert_eq!(run("batches", |c| c.save_freq(4)).0, ["02-0.7.keras"]);
        assert_eq!(run("batch", |c| c.save_freq(1)).0.len(), 3);
    }

    #[test]
    fn says_what_keras_says() {
        assert_eq!(run("quiet", |c| c).1, [""; 0]);
        let said = run("loud", |c| c.save_best_only(true).verbose(1)).1;
        assert_eq!(said[0], "\nEpoch 1: val_loss improved from None to 0.50000, saving model to DIR/sub/01-0.5.keras");
        assert_eq!(said[1], "\nEpoch 1: finished saving model to DIR/sub/01-0.5.keras");
        assert_eq!(said[2], "\nEpoch 2: val_loss did not improve from 0.50000");
        assert_eq!(run("plainly", |c| c.verbose(1)).1[2], "\nEpoch 2: saving model to DIR/sub/02-0.7.keras");
    }

    #[test]
    fn the_best_of_a_training_is_there() {
        let path = std::env::temp_dir().join(format!("kiln_checkpoint_{}.keras", std::process::id()));
        let mut model = sequential![Dense::new(1)];
        model.compile("sgd", "mse", ()).unwrap();
        let (x, y) = (Tensor::ones([8, 2]), Tensor::zeros([8, 1]));
        let callback = ModelCheckpoint::new(&path).monitor("loss").save_best_only(true);
        model.fit((&x, &y), kiln_train::Fit::new().epochs(3).verbose(0).callback(callback)).unwrap();
        let mut saved = load_model(&path).unwrap();
        assert_eq!(saved.predict(&x).unwrap().to_vec::<f32>(), model.predict(&x).unwrap().to_vec::<f32>());
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn mistakes_are_errors() {
        let error = |callback: ModelCheckpoint| callback.check().unwrap_err().to_string();
        assert_eq!(
            error(ModelCheckpoint::new("a.h5")),
            "ModelCheckpoint: `filepath` must be a name that ends in `.keras`, received `a.h5`"
        );
        assert!(error(ModelCheckpoint::new("a.keras").save_weights_only(true)).contains(".weights.h5"));
        let expected = "ModelCheckpoint: `save_freq` must be `epoch` or a number of batches, received `batch`";
        assert_eq!(error(ModelCheckpoint::new("a.keras").save_freq("batch")), expected);
        assert!(error(ModelCheckpoint::new("a.keras").save_freq(0)).contains("at least 1"));
        assert!(error(ModelCheckpoint::new("a.keras").mode("up")).contains("`mode`"));
    }

    #[test]
    fn saves_what_keras_saves_and_says_it_so() {
        let all: serde_json::Value = serde_json::from_str(include_str!("../../testdata/callbacks.json")).unwrap();
        for (i, row) in all["rows"].as_array().unwrap().iter().enumerate() {
            let dir = std::env::temp_dir().join(format!("kiln_checkpoint_{}_keras_{i}", std::process::id()));
            let _ = std::fs::remove_dir_all(&dir);
            let mut callback = ModelCheckpoint::new(dir.join(row["pattern"].as_str().unwrap()));
            for (option, value) in row["options"].as_object().unwrap() {
                let yes = value.as_bool().unwrap_or_default();
                callback = match option.as_str() {
                    "monitor" => callback.monitor(value.as_str().unwrap()),
                    "mode" => callback.mode(value.as_str().unwrap()),
                    "save_best_only" => callback.save_best_only(yes),
                    "save_weights_only" => callback.save_weights_only(yes),
                    "save_freq" => callback.save_freq(value.as_u64().unwrap() as usize),
                    "initial_value_threshold" => callback.initial_value_threshold(value.as_f64().unwrap()),
                    _ => callback.verbose(value.as_u64().unwrap() as u8),
                };
            }
            let mut shown = sequential![Dense::new(1).input_dim(1)];
            shown.build([1]).unwrap();
            let mut model = Double { model: Some(shown), said: Vec::new() };
            callback.on_train_begin(&mut model).unwrap();
            for (epoch, value) in row["values"].as_array().unwrap().iter().enumerate() {
                let value = value.as_f64().unwrap();
                callback.on_epoch_begin(epoch, &mut model).unwrap();
                let mut logs = kiln_train::logs! { "loss" => value / 4.0 };
                (0..2).for_each(|batch| drop(callback.on_train_batch_end(batch, &logs, &mut model).unwrap()));
                logs.set("val_loss", value);
                callback.on_epoch_end(epoch, &mut logs, &mut model).unwrap();
            }
            let cut = format!("{}/", dir.display());
            let said: String = model.said.iter().map(|s| s.replace(&cut, "") + "\n").collect();
            assert_eq!(said, row["said"].as_str().unwrap(), "{row}");
            let saved: std::collections::BTreeSet<&str> = row["saved"].as_array().unwrap().iter().map(|s| s.as_str().unwrap()).collect();
            let mut folders = vec![dir.clone()];
            let mut files = std::collections::BTreeSet::new();
            while let Some(folder) = folders.pop() {
                for entry in std::fs::read_dir(folder).unwrap() {
                    let path = entry.unwrap().path();
                    if path.is_dir() {
                        folders.push(path);
                    } else {
                        files.insert(path.display().to_string().replace(&cut, ""));
                    }
                }
            }
            assert_eq!(files.iter().map(String::as_str).collect::<std::collections::BTreeSet<_>>(), saved, "{row}");
            std::fs::remove_dir_all(dir).unwrap();
        }
    }
}
