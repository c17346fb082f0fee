//! A tensor that changes in place of its name: TensorFlow's `Variable`.

use crate::error::{Error, Result};
use crate::shape::tuple;
use crate::tensor::Tensor;

/// A value that keeps its shape and dtype while it is assigned to.
///
/// ```
/// use kiln_core::{Tensor, Variable};
/// let mut v = Variable::new(Tensor::constant([1.0, 2.0]));
/// v.assign_add(&Tensor::constant([10.0, 10.0]))?;
/// assert_eq!(v.value().to_vec::<f32>(), [11.0, 12.0]);
/// let error = v.assign(&Tensor::zeros([3])).unwrap_err();
/// assert_eq!(error.to_string(), "Variable: expected a value of shape (2,), received shape (3,) of float32");
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Variable {
    value: Tensor,
}

impl Variable {
    /// A variable that begins as `value`.
    pub fn new(value: Tensor) -> Self {
        Self { value }
    }

    /// The value now.
    pub fn value(&self) -> &Tensor {
        &self.value
    }

    /// The shape.
    pub fn shape(&self) -> Vec<usize> {
        self.value.shape()
    }

    /// Replaces the value; the dtype stays.
    ///
    /// # Errors
    /// Another shape.
    pub fn assign(&mut self, value: &Tensor) -> Result<()> {
        if value.shape() != self.value.shape() {
            return Err(Error::shape("Variable", format!("a value of shape {}", tuple(&self.value.shape())), value.describe()));
        }
        self.value = value.clone().inner().cast(self.value.dtype());
        Ok(())
    }

    /// Adds to the value.
    ///
    /// # Errors
    /// Shapes that don't broadcast to the variable's.
    pub fn assign_add(&mut self, delta: &Tensor) -> Result<()> {
        self.assign(&self.value.try_add(delta)?)
    }

    /// Subtracts from the value.
    ///
    /// # Errors
    /// Shapes that don't broadcast to the variable's.
    pub fn assign_sub(&mut self, delta: &Tensor) -> Result<()> {
        self.assign(&self.value.try_sub(delta)?)
    }
}
