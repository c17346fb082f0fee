//! What training computes with: losses, metrics, optimizers and learning-rate schedules.
//!
//! Each noun has Keras' name, Keras' defaults and Keras' numbers, and stands in a file of its own. A loss gives one value per
//! sample and knows nothing of weights, masks or means: [`losses::reduce`] does, once for all. A metric sums on the host in
//! `f64`. An optimizer is a rule for one weight ([`optimizers::Update`]) inside an [`optimizers::Optimizer`], which does what
//! all rules share: clipping, weight decay, schedules and the walk over a module's weights.
//!
//! - [`losses`]: from `mean_squared_error` to `ctc`, and closures.
//! - [`metrics`]: accuracies, errors, all that thresholds give, and the lookup that gives `"accuracy"` its meaning.
//! - [`optimizers`]: Keras' fourteen, own rules, Burn's, and several for one model.
//! - [`outputs`]: losses and metrics for models of several outputs.
//! - [`schedules`]: learning rates as functions of the step.
//! - [`config`]: all of them as data, for files.
//! - [`fit`]: the loop, which drives any [`Trainee`]; [`callbacks`] run between its steps.

#[macro_use]
mod lookup;
#[macro_use]
pub mod config;

pub mod callbacks;
pub mod fit;
pub mod losses;
pub mod metrics;
pub mod optimizers;
pub mod outputs;
pub mod schedules;

#[cfg(test)]
mod goldens;

pub use callbacks::{Callback, Controls, Flow};
pub use config::Config;
pub use fit::{Fit, History, Logs, State, Step, Trainee, Weights};
pub use losses::{AnyLoss, IntoLoss, Loss, Reduction, loss_fn};
pub use metrics::{AnyMetric, Direction, IntoMetric, IntoMetrics, Metric, MetricSpec};
pub use optimizers::{At, IntoOptimizer, Optimizer, Update};
pub use outputs::{IntoLossWeights, IntoLosses, IntoOutputMetrics};
pub use schedules::{IntoLearningRate, LearningRate, Schedule};
