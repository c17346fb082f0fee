//! A function of the user's as an activation.

use super::Activation;
use crate::error::Result;
use crate::tensor::Tensor;
use std::fmt;
use std::sync::Arc;

/// A closure from tensor to tensor of the same shape. Two are equal only if one is a clone of the other.
#[derive(Clone)]
pub struct Closure(Arc<dyn Fn(Tensor) -> Result<Tensor> + Send + Sync>);

impl Closure {
    pub(super) fn call(&self, x: Tensor) -> Result<Tensor> {
        (self.0)(x)
    }
}

impl fmt::Debug for Closure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("closure")
    }
}

impl PartialEq for Closure {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Activation {
    /// A function of your own. A model with one can be trained, but not saved.
    ///
    /// ```
    /// use kiln_core::{Tensor, activation::Activation};
    /// let cube = Activation::closure(|x| Ok(&x * &x * &x));
    /// assert_eq!(cube.apply(Tensor::constant([2.0, -1.0]))?.to_vec::<f32>(), [8.0, -1.0]);
    /// let same: Activation = (|x: Tensor| Ok(&x * &x * &x)).into();
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn closure(function: impl Fn(Tensor) -> Result<Tensor> + Send + Sync + 'static) -> Self {
        Self::Closure(Closure(Arc::new(function)))
    }
}

impl<F: Fn(Tensor) -> Result<Tensor> + Send + Sync + 'static> From<F> for Activation {
    fn from(function: F) -> Self {
        Self::closure(function)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closure_is_called_and_cannot_be_saved() {
        let twice: Activation = (|x: Tensor| Ok(x * 2.0)).into();
        assert_eq!(twice.apply(Tensor::constant([1.5])).unwrap().to_vec::<f32>(), [3.0]);
        assert!(twice.check().is_ok() && twice == twice.clone() && twice != Activation::closure(|x| Ok(x * 2.0)));
        let error = serde_json::to_string(&twice).unwrap_err();
        assert_eq!(error.to_string(), "a closure as an activation can't be saved; write a layer of your own, which can");
    }
}
