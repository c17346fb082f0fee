//! Writes what TensorBoard shows.

mod event_file;
mod message;
mod summary;
#[cfg(test)]
mod tests;

use super::model_of;
use crate::save::SaveModel;
use event_file::EventFile;
use kiln_core::{Error, Result, Tensor};
use kiln_train::{Callback, Controls, Flow, Logs, State};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// How often losses and metrics of steps are written, beside those of epochs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UpdateFreq {
    /// Never.
    Epoch,
    /// In every n-th step.
    Batches(usize),
    /// A word that is neither `epoch` nor `batch`; reported when the training begins.
    Unknown(String),
}

impl From<usize> for UpdateFreq {
    fn from(batches: usize) -> Self {
        Self::Batches(batches)
    }
}

impl From<&str> for UpdateFreq {
    fn from(word: &str) -> Self {
        match word {
            "epoch" => Self::Epoch,
            "batch" => Self::Batches(1),
            other => Self::Unknown(other.to_owned()),
        }
    }
}

/// Writes event files that `tensorboard --logdir logs` shows: losses, metrics and learning rates of epochs (`epoch_loss`) under `train` and
/// `validation`, of steps (`batch_loss`), of evaluations (`evaluation_loss_vs_iterations`), the graph of the layers, and histograms and
/// pictures of weights.
///
/// Keras: `keras/src/callbacks/tensorboard.py`; its options `profile_batch`, `embeddings_freq` and `embeddings_metadata` are not there.
///
/// ```
/// use kiln_io::callbacks::TensorBoard;
/// let callback = TensorBoard::new("logs").histogram_freq(1).update_freq(100);
/// ```
#[derive(Debug)]
pub struct TensorBoard {
    log_dir: PathBuf,
    histogram_freq: usize,
    write_graph: bool,
    write_images: bool,
    write_steps_per_second: bool,
    update_freq: UpdateFreq,
    train: EventFile,
    validation: EventFile,
    step: usize,
    /// When the epoch and the step began, and the steps taken before the epoch.
    epoch_start: (Instant, u64),
    step_start: Instant,
}

/// In the folder `logs`.
impl Default for TensorBoard {
    fn default() -> Self {
        Self::new("logs")
    }
}

impl TensorBoard {
    /// The folder, in which the folders `train` and `validation` are made. Other runs go into folders of their own.
    pub fn new(log_dir: impl AsRef<Path>) -> Self {
        let log_dir = log_dir.as_ref().to_path_buf();
        Self {
            histogram_freq: 0,
            write_graph: true,
            write_images: false,
            write_steps_per_second: false,
            update_freq: UpdateFreq::Epoch,
            train: EventFile::new(log_dir.join("train")),
            validation: EventFile::new(log_dir.join("validation")),
            step: 0,
            epoch_start: (Instant::now(), 0),
            step_start: Instant::now(),
            log_dir,
        }
    }

    /// In every so many epochs, the first among them, histograms of the weights are written; 0 for never. Default 0.
    pub fn histogram_freq(mut self, epochs: usize) -> Self {
        self.histogram_freq = epochs;
        self
    }

    /// Whether the graph of the layers is written. Default true.
    pub fn write_graph(mut self, write: bool) -> Self {
        self.write_graph = write;
        self
    }

    /// Whether weights are written as pictures, too, where histograms are. Default false.
    pub fn write_images(mut self, write: bool) -> Self {
        self.write_images = write;
        self
    }

    /// Whether steps a second are written, of each epoch and, with `update_freq`, of steps. Default false.
    pub fn write_steps_per_second(mut self, write: bool) -> Self {
        self.write_steps_per_second = write;
        self
    }

    /// `"epoch"`, `"batch"` or a number of steps: how often losses and metrics of steps are written. Default `"epoch"`.
    pub fn update_freq(mut self, frequency: impl Into<UpdateFreq>) -> Self {
        self.update_freq = frequency.into();
        self
    }

    fn write_model(&mut self, model: &mut dyn Controls) -> Result<()> {
        let Some(json) = model_of(model).map(SaveModel::to_json) else { return Ok(()) };
        match json {
            Ok(json) => self.train.write(0, &[summary::model("keras", &json)]),
            Err(error) => {
                model.say(&format!("warning: TensorBoard will not show the graph: {error}"));
                Ok(())
            }
        }
    }

    fn write_weights(&mut self, epoch: usize, model: &dyn Controls) -> Result<()> {
        let mut values = Vec::new();
        for (path, weight) in model.named_weights() {
            let name = path.replace('.', "/");
            values.push(summary::histogram(&format!("{name}/histogram"), &weight.to_vec::<f64>()));
            if self.write_images {
                values.extend(image(&format!("{name}/image"), weight)?);
            }
        }
        self.train.write(epoch as u64, &values)
    }

    /// Whether this step is written.
    fn records(&self) -> bool {
        matches!(self.update_freq, UpdateFreq::Batches(every) if self.step.is_multiple_of(every))
    }
}

/// A weight as pictures: a kernel as one, a bias as a column, three axes as one picture for each place of the last.
fn image(name: &str, weight: Tensor) -> Result<Option<Vec<u8>>> {
    let axes: Vec<usize> = weight.shape().into_iter().filter(|n| *n != 1).collect();
    let signed: Vec<isize> = axes.iter().map(|n| *n as isize).collect();
    let weight = weight.reshape(signed)?;
    let (images, height, width, channels, weight) = match axes[..] {
        [n] => (1, n, 1, 1, weight),
        [rows, columns] if rows > columns => (1, columns, rows, 1, weight.transpose([1, 0])?),
        [rows, columns] => (1, rows, columns, 1, weight),
        [rows, columns, images] => (images, rows, columns, 1, weight.transpose([2, 0, 1])?),
        [images, rows, columns, channels] if [3, 4].contains(&channels) => (images, rows, columns, channels, weight),
        _ => return Ok(None),
    };
    summary::images(name, &weight.to_vec::<f32>(), [images, height, width, channels]).map(Some)
}

impl Callback for TensorBoard {
    fn on_train_begin(&mut self, model: &mut dyn Controls) -> Result<Flow> {
        match &self.update_freq {
            UpdateFreq::Unknown(word) => {
                return Err(Error::option("TensorBoard", "update_freq", "`epoch`, `batch` or a number of steps", format!("`{word}`")));
            }
            UpdateFreq::Batches(0) => return Err(Error::option("TensorBoard", "update_freq", "at least 1", 0)),
            _ => {}
        }
        if self.write_images && self.histogram_freq == 0 {
            return Err(Error::option("TensorBoard", "write_images", "used with `histogram_freq`", "it alone"));
        }
        (self.train, self.validation) = (EventFile::new(self.log_dir.join("train")), EventFile::new(self.log_dir.join("validation")));
        self.step = 0;
        if self.write_graph {
            self.write_model(model)?;
        }
        Ok(Flow::Continue)
    }

    fn on_epoch_begin(&mut self, _: usize, model: &mut dyn Controls) -> Result<Flow> {
        self.epoch_start = (Instant::now(), model.iterations());
        Ok(Flow::Continue)
    }

    fn on_train_batch_begin(&mut self, _: usize, _: &mut dyn Controls) -> Result<Flow> {
        self.step += 1;
        if self.write_steps_per_second {
            self.step_start = Instant::now();
        }
        Ok(Flow::Continue)
    }

    fn on_train_batch_end(&mut self, _: usize, logs: &Logs, _: &mut dyn Controls) -> Result<Flow> {
        if !self.records() {
            return Ok(Flow::Continue);
        }
        let mut values = Vec::new();
        if self.write_steps_per_second {
            values.push(summary::scalar("batch_steps_per_second", 1.0 / self.step_start.elapsed().as_secs_f64()));
        }
        values.extend(logs.iter().map(|(name, value)| summary::scalar(&format!("batch_{name}"), value)));
        self.train.write(self.step as u64, &values)?;
        Ok(Flow::Continue)
    }

    fn on_test_end(&mut self, logs: &Logs, model: &mut dyn Controls) -> Result<()> {
        let values: Vec<Vec<u8>> =
            logs.iter().map(|(name, value)| summary::scalar(&format!("evaluation_{name}_vs_iterations"), value)).collect();
        self.validation.write(model.iterations(), &values)
    }

    fn on_epoch_end(&mut self, epoch: usize, logs: &mut Logs, model: &mut dyn Controls) -> Result<Flow> {
        let (mut train, mut validation) = (Vec::new(), Vec::new());
        for (name, value) in logs.iter().filter(|(name, _)| !name.starts_with("learning_rate")) {
            match name.strip_prefix("val_") {
                Some(name) => validation.push(summary::scalar(&format!("epoch_{name}"), value)),
                None => train.push(summary::scalar(&format!("epoch_{name}"), value)),
            }
        }
        train.extend(model.learning_rates().iter().map(|(name, rate)| summary::scalar(&format!("epoch_{name}"), *rate)));
        if self.write_steps_per_second {
            let (start, before) = self.epoch_start;
            let pace = (model.iterations() - before) as f64 / start.elapsed().as_secs_f64();
            train.push(summary::scalar("epoch_steps_per_second", pace));
        }
        self.train.write(epoch as u64, &train)?;
        if !validation.is_empty() {
            self.validation.write(epoch as u64, &validation)?;
        }
        if self.histogram_freq > 0 && epoch.is_multiple_of(self.histogram_freq) {
            self.write_weights(epoch, model)?;
        }
        Ok(Flow::Continue)
    }

    fn on_train_end(&mut self, _: &Logs, _: &mut dyn Controls) -> Result<()> {
        self.train.close();
        self.validation.close();
        Ok(())
    }

    fn state(&self) -> Result<State> {
        let mut state = State::new();
        state.set("step", &self.step);
        state.set("train", &self.train.place());
        state.set("validation", &self.validation.place());
        Ok(state)
    }

    fn restore(&mut self, state: &State, model: &mut dyn Controls) -> Result<()> {
        state.read("step", &mut self.step)?;
        self.epoch_start = (Instant::now(), model.iterations());
        self.train.go_on(state.get("train")?)?;
        self.validation.go_on(state.get("validation")?)
    }
}
