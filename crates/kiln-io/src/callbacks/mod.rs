//! Callbacks that write files: models, whole trainings, TensorBoard's events; and one that posts to a server.

mod backup_and_restore;
#[cfg(test)]
mod double;
mod file_name;
mod model_checkpoint;
#[cfg(feature = "remote")]
mod remote_monitor;
mod save_freq;
mod state_file;
mod tensor_board;

pub use backup_and_restore::BackupAndRestore;
pub use model_checkpoint::ModelCheckpoint;
#[cfg(feature = "remote")]
pub use remote_monitor::RemoteMonitor;
pub use save_freq::SaveFreq;
pub use tensor_board::{TensorBoard, UpdateFreq};

use kiln_models::{Model, Sequential};
use kiln_train::Controls;

/// The model that is trained, or the one that a trainee of several shows.
fn model_of(controls: &mut dyn Controls) -> Option<&Model> {
    let model = controls.model()?;
    model.downcast_ref::<Model>().or_else(|| model.downcast_ref::<Sequential>().map(|m| &**m))
}
