//! A trainee as callbacks see it.

use super::{Trainee, Weights};
use crate::callbacks::{Callback, Controls, Flow, Params};
use crate::metrics::Direction;
use kiln_core::{Result, Tensor};
use std::any::Any;

pub(crate) struct Handle<'a, T> {
    pub(crate) trainee: &'a mut T,
    pub(crate) params: Params,
}

impl<T: Trainee> Controls for Handle<'_, T> {
    fn weights(&self) -> Option<Weights> {
        self.trainee.weights()
    }
    fn set_weights(&mut self, weights: &Weights) {
        self.trainee.set_weights(weights);
    }
    fn learning_rate(&self) -> Option<f64> {
        self.trainee.learning_rate()
    }
    fn set_learning_rate(&mut self, rate: f64) -> Result<()> {
        self.trainee.set_learning_rate(rate)
    }
    fn learning_rates(&self) -> Vec<(String, f64)> {
        self.trainee.learning_rates()
    }
    fn set_learning_rates(&mut self, rates: &[f64]) -> Result<()> {
        self.trainee.set_learning_rates(rates)
    }
    fn iterations(&self) -> u64 {
        self.trainee.iterations()
    }
    fn params(&self) -> Params {
        self.params
    }
    fn direction(&self, monitor: &str) -> Direction {
        self.trainee.direction(monitor)
    }
    fn named_weights(&self) -> Vec<(String, Tensor)> {
        self.trainee.named_weights()
    }
    fn watch_gradients(&mut self, watch: bool) -> Result<()> {
        self.trainee.watch_gradients(watch)
    }
    fn gradient_norms(&self) -> &[(String, f64)] {
        self.trainee.gradient_norms()
    }
    fn swap_averages(&mut self) -> Result<()> {
        self.trainee.swap_averages()
    }
    fn model(&mut self) -> Option<&mut dyn Any> {
        self.trainee.model()
    }
}

/// Runs one method of every callback; the first reason to stop counts.
pub(crate) fn each<T: Trainee>(
    callbacks: &mut [Box<dyn Callback>],
    trainee: &mut T,
    params: Params,
    mut call: impl FnMut(&mut dyn Callback, &mut dyn Controls) -> Result<Flow>,
) -> Result<Option<String>> {
    let mut stop = None;
    for callback in callbacks {
        if let Flow::Stop(reason) = call(callback.as_mut(), &mut Handle { trainee, params })? {
            stop.get_or_insert(reason);
        }
    }
    Ok(stop)
}
