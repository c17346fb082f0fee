//! Keeps the training in a folder, and goes on from there after an interruption.

use super::{SaveFreq, state_file};
use crate::archive;
use kiln_core::{Error, Result};
use kiln_train::{Callback, Controls, Flow, Logs, State};
use std::fs;
use std::path::{Path, PathBuf};

const LATEST: &str = "latest.safetensors";
const PREVIOUS: &str = "previous.safetensors";

/// Keeps the whole state of a training in a folder; the same program, started again after a crash or a `kill -9`, goes on at the step
/// behind the last state, and ends with the same weights and the same history, bit for bit, as without the interruption.
///
/// The state is weights and statistics, the optimizer with its position in a schedule, the seed and the count of random draws, the place
/// and order in the data, what other callbacks remember, the running metrics and the history. It is written under another name first,
/// so that there is always a whole one. Within an epoch a training goes on only with the data and the `batch_size` it had; at the end of
/// an epoch also with others, and with more epochs.
///
/// Keras: `keras/src/callbacks/backup_and_restore.py`, which starts the interrupted epoch anew and keeps less.
///
/// ```
/// use kiln_core::Tensor;
/// use kiln_io::callbacks::BackupAndRestore;
/// use kiln_layers::Dense;
/// use kiln_models::sequential;
/// use kiln_train::Fit;
/// let dir = std::env::temp_dir().join(format!("kiln_backup_{}", std::process::id()));
/// let mut model = sequential![Dense::new(1)];
/// model.compile("sgd", "mse", ())?;
/// let (x, y) = (Tensor::ones([8, 2]), Tensor::zeros([8, 1]));
/// model.fit((&x, &y), Fit::new().epochs(2).verbose(0).callback(BackupAndRestore::new(&dir).save_freq(100)))?;
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct BackupAndRestore {
    dir: PathBuf,
    save_freq: SaveFreq,
    double_checkpoint: bool,
    delete_checkpoint: bool,
    seen: usize,
    due: bool,
}

impl BackupAndRestore {
    /// The folder, which only this training uses. It is made when first needed.
    pub fn new(backup_dir: impl AsRef<Path>) -> Self {
        Self {
            dir: backup_dir.as_ref().to_path_buf(),
            save_freq: SaveFreq::Epoch,
            double_checkpoint: false,
            delete_checkpoint: true,
            seen: 0,
            due: false,
        }
    }

    /// `"epoch"` keeps the state after every epoch, a number after so many batches. Default `"epoch"`.
    pub fn save_freq(mut self, frequency: impl Into<SaveFreq>) -> Self {
        self.save_freq = frequency.into();
        self
    }

    /// Whether the state before the last is kept, too, for the case that the last can't be read. Default false.
    pub fn double_checkpoint(mut self, double: bool) -> Self {
        self.double_checkpoint = double;
        self
    }

    /// Whether the state is removed when the training has ended. Default true.
    pub fn delete_checkpoint(mut self, delete: bool) -> Self {
        self.delete_checkpoint = delete;
        self
    }

    fn failed(&self, error: std::io::Error) -> Error {
        Error::file(&self.dir, error)
    }

    /// Removes what interrupted writing left behind.
    fn sweep(&self) -> Result<()> {
        for entry in fs::read_dir(&self.dir).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with(LATEST) && name.ends_with(".part") {
                fs::remove_file(entry.path()).map_err(|e| self.failed(e))?;
            }
        }
        Ok(())
    }
}

impl Callback for BackupAndRestore {
    fn on_train_begin(&mut self, _: &mut dyn Controls) -> Result<Flow> {
        (self.seen, self.due) = (0, false);
        self.save_freq.check("BackupAndRestore").map(|()| Flow::Continue)
    }

    fn on_train_batch_end(&mut self, _: usize, _: &Logs, _: &mut dyn Controls) -> Result<Flow> {
        self.due = self.save_freq.after_batch(&mut self.seen);
        Ok(Flow::Continue)
    }

    fn on_epoch_end(&mut self, _: usize, _: &mut Logs, _: &mut dyn Controls) -> Result<Flow> {
        self.due = self.save_freq == SaveFreq::Epoch;
        Ok(Flow::Continue)
    }

    fn on_train_end(&mut self, _: &Logs, _: &mut dyn Controls) -> Result<()> {
        if !self.delete_checkpoint || !self.dir.exists() {
            return Ok(());
        }
        self.sweep()?;
        for file in [LATEST, PREVIOUS].map(|name| self.dir.join(name)) {
            if file.exists() {
                fs::remove_file(file).map_err(|e| self.failed(e))?;
            }
        }
        // Files of others stay, and so does the folder then.
        let _ = fs::remove_dir(&self.dir);
        Ok(())
    }

    fn state(&self) -> Result<State> {
        let mut state = State::new();
        state.set("seen", &self.seen);
        Ok(state)
    }

    fn restore(&mut self, state: &State, _: &mut dyn Controls) -> Result<()> {
        state.read("seen", &mut self.seen)
    }

    fn wants_state(&self) -> bool {
        self.due
    }

    fn keep(&mut self, state: &State) -> Result<()> {
        self.due = false;
        fs::create_dir_all(&self.dir).map_err(|e| self.failed(e))?;
        let (latest, previous) = (self.dir.join(LATEST), self.dir.join(PREVIOUS));
        let bytes = state_file::write(state)?;
        if self.double_checkpoint && latest.exists() {
            fs::rename(&latest, previous).map_err(|e| self.failed(e))?;
        }
        archive::put(&latest, &bytes)
    }

    fn kept(&mut self) -> Result<Option<State>> {
        if self.dir.as_os_str().is_empty() {
            return Err(Error::option("BackupAndRestore", "backup_dir", "the name of a folder", "``"));
        }
        self.sweep()?;
        let (latest, previous) = (self.dir.join(LATEST), self.dir.join(PREVIOUS));
        match state_file::read(&latest) {
            Ok(Some(state)) => return Ok(Some(state)),
            Err(error) if !previous.exists() => {
                return Err(error.hint(format!("remove the folder `{}` to begin anew", self.dir.display())));
            }
            // An interruption between two names, or a file that was damaged later.
            Ok(None) | Err(_) => {}
        }
        let state = state_file::read(&previous)?;
        if state.is_some() {
            // The readable one takes the other's place, so that it isn't thrown out by the next.
            fs::rename(&previous, &latest).map_err(|e| self.failed(e))?;
        }
        Ok(state)
    }
}
