//! The mechanism: how an operation on slices becomes one of Burn's, with its gradient.

mod backend;
mod dispatch;
#[cfg(feature = "ndarray")]
mod ndarray;
mod op;
mod record;

pub(crate) use backend::HostBackend;
pub(crate) use dispatch::run_biased;
pub use dispatch::{run, serves, set_enabled};
pub use op::{Array, HostOp, Past, View};
