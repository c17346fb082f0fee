//! A chain of layers.

use crate::model::{Model, Plan};
use kiln_core::AnyLayer;
use kiln_core::any_layer::{IntoStage, Stage};
use std::ops::{Deref, DerefMut};

/// A model whose layers follow one another. Without an input shape it is built at the first `fit`, `evaluate` or `predict`.
///
/// Keras: `keras/src/models/sequential.py`. All methods of [`Model`] are there.
///
/// ```
/// use kiln_layers::Dense;
/// use kiln_core::Layer;
/// use kiln_models::Sequential;
/// let mut model = Sequential::new();
/// model.add(Dense::new(10).input_dim(2).activation("sigmoid"));
/// model.add(Dense::new(1).activation("sigmoid"));
/// model.compile("sgd", "mse", ["mae"])?;
/// assert_eq!(model.count_params()?, 41);
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Sequential(Model);

impl Default for Sequential {
    fn default() -> Self {
        Self::new()
    }
}

impl Sequential {
    /// No layers yet.
    pub fn new() -> Self {
        Self(Model::from_plan(Plan::Chain { layers: Vec::new(), input: None }, "sequential"))
    }

    /// Adds a layer at the end, or an `Input` at the start. A model that was built is built anew, with new weights.
    pub fn add(&mut self, layer: impl IntoStage) {
        match layer.into_stage() {
            Stage::Layer(layer) => self.0.push(layer),
            Stage::Input(shape) => self.0.set_input_shape(shape),
        }
    }

    /// Takes the last layer away.
    pub fn pop(&mut self) -> Option<AnyLayer> {
        self.0.pop()
    }

    /// As a [`Model`].
    pub fn into_model(self) -> Model {
        self.0
    }
}

/// A sequential model is a model: this is what "is a" means in Rust without inheritance.
impl Deref for Sequential {
    type Target = Model;
    fn deref(&self) -> &Model {
        &self.0
    }
}

impl DerefMut for Sequential {
    fn deref_mut(&mut self) -> &mut Model {
        &mut self.0
    }
}
