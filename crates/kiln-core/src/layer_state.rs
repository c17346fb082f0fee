//! What a layer keeps beside its description, whichever models it is part of: its name, whether it is trained, its last weights.

use crate::erased::AnyModule;
use crate::error::{Error, Result};
use crate::shape::tuple;
use crate::weights;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

/// The state that all clones of an [`AnyLayer`](crate::AnyLayer) share.
#[derive(Debug, Default)]
pub(crate) struct LayerState {
    name: OnceLock<String>,
    trainable: Mutex<Option<bool>>,
    weights: Mutex<Option<(u64, AnyModule)>>,
}

/// Counts what was remembered, so that later weights have a larger number.
static VERSIONS: AtomicU64 = AtomicU64::new(1);

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is inside is written in one assignment: a panic elsewhere can't have left it half written.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl LayerState {
    /// The name that the first model gave the layer.
    pub(crate) fn name(&self) -> Option<&str> {
        self.name.get().map(String::as_str)
    }

    pub(crate) fn call_it(&self, name: &str) {
        self.name.get_or_init(|| name.to_owned());
    }

    /// Whether the layer is trained, if somebody said so after it was described.
    pub(crate) fn trainable(&self) -> Option<bool> {
        *lock(&self.trainable)
    }

    pub(crate) fn set_trainable(&self, trainable: bool) {
        *lock(&self.trainable) = Some(trainable);
    }

    /// Keeps the weights of `module` for other models that have the layer.
    pub(crate) fn remember(&self, module: &AnyModule) {
        if !weights::list(module).is_empty() {
            *lock(&self.weights) = Some((VERSIONS.fetch_add(1, Ordering::Relaxed), module.clone()));
        }
    }

    /// A number that grows with each [`LayerState::remember`]; 0 before the first.
    pub(crate) fn version(&self) -> u64 {
        lock(&self.weights).as_ref().map_or(0, |(version, _)| *version)
    }

    /// `module` with the weights remembered, if there are any.
    pub(crate) fn recall(&self, module: AnyModule) -> Result<AnyModule> {
        match lock(&self.weights).as_ref() {
            Some((_, known)) => transplant(module, known),
            None => Ok(module),
        }
    }
}

/// `module` with the weights of `known`, a module of the same layer.
fn transplant(module: AnyModule, known: &AnyModule) -> Result<AnyModule> {
    let (own, other) = (weights::list(&module), weights::list(known));
    for (a, b) in own.iter().zip(&other) {
        if a.shape != b.shape {
            let expected = format!("the shape for which the layer's `{}` was made: {}", b.path, tuple(&b.shape));
            return Err(Error::shape("", expected, tuple(&a.shape)).hint("describe a new layer for another shape"));
        }
    }
    let values = weights::values(known);
    let values = own.iter().zip(values).map(|(weight, (_, value))| (weight.id, value)).collect();
    Ok(weights::replace(module, values))
}
