//! Stands for a trainee in the tests of callbacks: shows a model, and writes down what it is told.

use kiln_core::Result;
use kiln_models::Sequential;
use kiln_train::{Controls, Weights};
use std::any::Any;

#[derive(Default)]
pub(super) struct Double {
    pub(super) model: Option<Sequential>,
    pub(super) said: Vec<String>,
}

impl Controls for Double {
    fn weights(&self) -> Option<Weights> {
        None
    }
    fn set_weights(&mut self, _: &Weights) {}
    fn learning_rate(&self) -> Option<f64> {
        None
    }
    fn set_learning_rate(&mut self, _: f64) -> Result<()> {
        Ok(())
    }
    fn model(&mut self) -> Option<&mut dyn Any> {
        self.model.as_deref_mut().map(|model| model as &mut dyn Any)
    }
    fn say(&mut self, words: &str) {
        self.said.push(words.to_owned());
    }
}
