//! Saving and loading: the functions that programs call.

use crate::hdf5::{self, Fault, File};
use crate::load::Load;
use crate::weights::State;
use crate::{architecture, archive, compiled, describe, legacy, pytorch, safetensors, weights};
use kiln_core::{Error, Result};
use kiln_models::Model;
use serde_json::{Value, json};
use std::path::Path;

/// The version of Keras whose files these are.
const KERAS: &str = "3.15.1";

/// Saves models, and loads weights into them.
pub trait SaveModel {
    /// Writes the model to a `.keras` file: architecture, weights, and, if it is compiled, optimizer with its state, losses and metrics.
    /// Python's Keras reads it.
    ///
    /// ```
    /// use kiln_core::{Layer, Tensor};
    /// use kiln_io::{SaveModel, load_model};
    /// use kiln_layers::Dense;
    /// use kiln_models::sequential;
    /// let mut model = sequential![Dense::new(3).input_dim(4).activation("relu"), Dense::new(1)];
    /// let path = std::env::temp_dir().join(format!("kiln_doc_{}.keras", std::process::id()));
    /// model.save(&path)?;
    /// let mut again = load_model(&path)?;
    /// let x = Tensor::ones([2, 4]);
    /// assert_eq!(again.predict(&x)?.to_vec::<f32>(), model.predict(&x)?.to_vec::<f32>());
    /// # std::fs::remove_file(path).ok();
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// Another ending, a model that isn't built or holds a closure, a file that can't be written. A file that was there stays whole.
    fn save(&self, path: impl AsRef<Path>) -> Result<()>;

    /// Writes the weights, and the state of the optimizer if the model is compiled, to a `.weights.h5` file; or the weights alone to a
    /// `.safetensors` file.
    ///
    /// # Errors
    /// As [`SaveModel::save`].
    fn save_weights(&self, path: impl AsRef<Path>) -> Result<()>;

    /// Reads weights, and the state of the optimizer if the model is compiled and the file has one: from a `.weights.h5`, `.keras`,
    /// `.h5` or `.safetensors` file, or from one of PyTorch's.
    ///
    /// # Errors
    /// A file that can't be read or is of another model; the model is unchanged then.
    fn load_weights(&mut self, path: impl AsRef<Path>) -> Result<()>;

    /// Reads the weights that PyTorch saved with `torch.save(model.state_dict(), path)`: modules and layers are brought together by name or
    /// in order, and axes turned. [`pytorch::load`](crate::pytorch::load) takes a map of names.
    ///
    /// ```no_run
    /// use kiln_io::SaveModel;
    /// use kiln_layers::{Dense, Input};
    /// use kiln_models::sequential;
    /// // nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
    /// let mut model = sequential![Input::new([4]), Dense::new(8).activation("relu"), Dense::new(3)];
    /// model.load_pt("mlp.pt")?;
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// A file that can't be read, holds a whole module (code, which is never run), or is of another model; the model is unchanged then.
    fn load_pt(&mut self, path: impl AsRef<Path>) -> Result<()>;

    /// The architecture as Keras' JSON.
    ///
    /// ```
    /// use kiln_core::Layer;
    /// use kiln_io::{SaveModel, model_from_json};
    /// use kiln_layers::Dense;
    /// use kiln_models::sequential;
    /// let model = sequential![Dense::new(3).input_dim(4)];
    /// assert_eq!(model_from_json(&model.to_json()?)?.count_params()?, 15);
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// A layer that holds a closure.
    fn to_json(&self) -> Result<String>;
}

impl SaveModel for Model {
    fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        if path.extension().is_none_or(|e| e != "keras") {
            return Err(Error::file(path, "a model is saved to a file that ends in `.keras`").hint("`save_weights` writes weights alone"));
        }
        let model = self.built()?;
        let mut config = describe::model(&model)?;
        config["compile_config"] = compiled::describe(&model)?;
        let metadata = json!({ "keras_version": KERAS, "date_saved": date() });
        let weights = weights::write(&model, true)?;
        let (metadata, config) = (metadata.to_string(), config.to_string());
        let members = [("metadata.json", metadata.as_bytes()), ("config.json", config.as_bytes()), ("model.weights.h5", &weights)];
        archive::put(path, &archive::pack(&members)?)
    }

    fn save_weights(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let model = self.built()?;
        let bytes = match kind(path) {
            Kind::Weights => {
                // The state of an optimizer that has no place in Keras' files stays out.
                let optimizer = model.compilation().is_some_and(|c| c.optimizer.config().is_some());
                weights::write(&model, optimizer)?
            }
            Kind::Safetensors => safetensors::write(&model)?,
            _ => return Err(Error::file(path, "weights are saved to a file that ends in `.weights.h5` or `.safetensors`")),
        };
        archive::put(path, &bytes)
    }

    fn load_weights(&mut self, path: impl AsRef<Path>) -> Result<()> {
        let (path, load) = (path.as_ref(), Load::new());
        if !self.is_built() {
            // Weights have to have a place; a chain that declares its shape can be built.
            let built = self.built()?.into_owned();
            *self = built;
        }
        let bytes = archive::bytes(path, &load.limits)?;
        let state = if pytorch::is_old(&bytes) || archive::is_archive(&bytes) && pytorch::is_torch(&bytes) {
            pytorch::state(path, &bytes, self, &pytorch::Names::new())?
        } else if archive::is_archive(&bytes) {
            let archive = archive::open(path, &bytes, &load.limits)?;
            h5(path, archive.weights, self)?
        } else if hdf5::is_hdf5(&bytes) {
            h5(path, Some(bytes), self)?
        } else if kind(path) == Kind::Safetensors {
            State { weights: safetensors::read(&bytes, self).map_err(|e| within(path, e))?, optimizer: None }
        } else {
            return Err(Error::file(path, "neither HDF5, safetensors, a `.keras` archive nor PyTorch's"));
        };
        state.install(self);
        Ok(())
    }

    fn load_pt(&mut self, path: impl AsRef<Path>) -> Result<()> {
        pytorch::load(self, path, &pytorch::Names::new())
    }

    fn to_json(&self) -> Result<String> {
        Ok(describe::model(self)?.to_string())
    }
}

fn h5(path: &Path, bytes: Option<Vec<u8>>, model: &Model) -> Result<State> {
    let missing = || Error::file(path, "there is no `model.weights.h5` in the archive");
    let damaged = |f: Fault| Error::file(path, f);
    let file = File::parse(bytes.ok_or_else(missing)?).map_err(damaged)?;
    if legacy::is_legacy(&file).map_err(damaged)? {
        return legacy::weights(&file, model).map_err(damaged);
    }
    weights::read(&file, model, true).map_err(damaged)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Weights,
    Safetensors,
    Other,
}

fn kind(path: &Path) -> Kind {
    let name = path.file_name().map(|n| n.to_string_lossy().to_lowercase()).unwrap_or_default();
    match () {
        () if name.ends_with(".weights.h5") => Kind::Weights,
        () if name.ends_with(".safetensors") => Kind::Safetensors,
        () => Kind::Other,
    }
}

/// The complaint `error` about the file at `path`.
pub(crate) fn within(path: &Path, error: Error) -> Error {
    let hint = error.report().hint.clone();
    let mut report = error.report().clone();
    report.hint = None;
    let located = Error::file(path, report);
    match hint {
        Some(hint) => located.hint(hint),
        None => located,
    }
}

/// Reads a model from a `.keras` file, or from an `.h5` file of Keras 2 or 3.
///
/// # Errors
/// A file that can't be read; layers, losses or functions that are not Keras' own, which [`load_model_with`] takes.
pub fn load_model(path: impl AsRef<Path>) -> Result<Model> {
    load_model_with(path, &Load::new())
}

/// As [`load_model`], with classes and functions of your own.
///
/// # Errors
/// As [`load_model`].
pub fn load_model_with(path: impl AsRef<Path>, load: &Load) -> Result<Model> {
    let path = path.as_ref();
    from_bytes(path, archive::bytes(path, &load.limits)?, load)
}

/// The model in the bytes of the file at `path`, which is not read.
pub(crate) fn from_bytes(path: &Path, bytes: Vec<u8>, load: &Load) -> Result<Model> {
    if archive::is_archive(&bytes) {
        let archive = archive::open(path, &bytes, &load.limits)?;
        let damaged = |f: Fault| Error::file(path, format!("`model.weights.h5`: {f}"));
        let config: Value = serde_json::from_slice(&archive.config).map_err(|e| Error::file(path, format!("`config.json`: {e}")))?;
        let weights = archive.weights.ok_or_else(|| Error::file(path, "there is no `model.weights.h5` in the archive"))?;
        let mut model = architecture::model(&config, load, worth(&weights)).map_err(|e| within(path, e))?;
        if !load.uncompiled {
            compiled::apply(&mut model, config.get("compile_config").unwrap_or(&Value::Null), load).map_err(|e| within(path, e))?;
        }
        if model.is_built() {
            let file = File::parse(weights).map_err(damaged)?;
            weights::read(&file, &model, true).map_err(damaged)?.install(&mut model);
        }
        return Ok(model);
    }
    if hdf5::is_hdf5(&bytes) {
        let worth = worth(&bytes);
        let file = File::parse(bytes).map_err(|f| Error::file(path, f))?;
        return legacy::model(path, &file, load, worth);
    }
    Err(Error::file(path, "neither a `.keras` archive nor HDF5"))
}

/// How many numbers a file of weights may stand for: four for each byte lets compressed data through, too.
fn worth(weights: &[u8]) -> usize {
    weights.len().saturating_mul(4)
}

/// The model that [`SaveModel::to_json`] or Keras described, with new weights.
///
/// # Errors
/// Text that is no model; layers that are not Keras' own, which [`model_from_json_with`] takes.
pub fn model_from_json(json: &str) -> Result<Model> {
    model_from_json_with(json, &Load::new())
}

/// As [`model_from_json`], with classes and functions of your own.
///
/// # Errors
/// As [`model_from_json`].
pub fn model_from_json_with(json: &str, load: &Load) -> Result<Model> {
    if json.len() as u64 > load.limits.config {
        return Err(Error::data("model_from_json", format!("{} bytes, more than the limit of {}", json.len(), load.limits.config)));
    }
    let config: Value = serde_json::from_str(json).map_err(|e| Error::data("model_from_json", e.to_string()))?;
    // Built with zeros first, which checks its size, then anew.
    let model = architecture::model(&config, load, load.limits.weights)?;
    model.clone_model()
}

/// Now, in the words of Keras: `2026-11-24@13:00:00`.
fn date() -> String {
    let seconds = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |d| d.as_secs());
    let (days, time) = (seconds / 86400, seconds % 86400);
    // Howard Hinnant's civil calendar from a count of days.
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let of_era = shifted % 146_097;
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let part = (5 * of_year + 2) / 153;
    let (day, month) = (of_year - (153 * part + 2) / 5 + 1, if part < 10 { part + 3 } else { part - 9 });
    let year = year + era * 400 + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}@{:02}:{:02}:{:02}", time / 3600, time / 60 % 60, time % 60)
}
