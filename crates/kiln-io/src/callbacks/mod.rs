//! Callbacks that write files: models, whole trainings, TensorBoard's events; and one that posts to a server.

mod backup_and_restore;
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
