//! Models: layers put together, compiled, trained and used.
//!
//! - [`Sequential`] and [`Model`]: building, weights; `trainer`: `compile`, `fit`, `evaluate`, `predict`; `step`: one step of each
//! - `compiled`: the optimizer, the loss and the metrics at work on one batch
//! - `apart`: several batches evaluated or predicted at once
//! - `check`: what is looked at before the first step
//! - [`summary`]: the table of layers; [`drawing`]: diagrams
//! - `wiring`: a model among others: its layers and symbols, the model as a layer, shared weights; `custom`: training steps of one's own

mod apart;
mod check;
mod compile;
mod compiled;
mod custom;
pub mod drawing;
mod model;
mod saved;
mod sequential;
mod step;
pub mod summary;
mod trainer;
mod wiring;

pub use check::Warning;
pub use compile::Compile;
pub use model::Model;
pub use saved::Compilation;
pub use sequential::Sequential;
pub use wiring::LayerKey;

/// A [`Sequential`] of layers: `sequential![Dense::new(64), Dense::new(10)]`.
#[macro_export]
macro_rules! sequential {
    ($($layer:expr),* $(,)?) => {{
        #[allow(unused_mut)]
        let mut model = $crate::Sequential::new();
        $(model.add($layer);)*
        model
    }};
}
