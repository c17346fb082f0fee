//! The training loop, and what goes in and comes out.

mod batches;
mod history;
mod logs;
mod options;
mod progress;
mod run;
mod trainee;

pub use batches::Batches;
pub use history::History;
pub use logs::{Logs, ToNumber};
pub use options::{Fit, Frequency};
pub use progress::ProgressBar;
pub use run::{evaluate, fit};
pub use trainee::{Step, Trainee, Weights};
