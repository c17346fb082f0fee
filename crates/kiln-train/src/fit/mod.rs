//! The training loop, and what goes in and comes out.

mod ahead;
mod batches;
mod handle;
mod history;
mod logs;
mod means;
mod options;
mod passes;
mod place;
mod progress;
mod run;
mod state;
mod trainee;

pub use batches::Batches;
pub use history::History;
pub use logs::{Logs, ToNumber, python};
pub use options::{Fit, Frequency};
pub use passes::{evaluate, predict};
pub use progress::ProgressBar;
pub use run::fit;
pub use state::{Keep, State};
pub use trainee::{Step, Trainee, Weights};
