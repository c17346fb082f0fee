//! Gradients of a value with respect to tensors and variables: TensorFlow's `GradientTape`.

use crate::error::{Error, Result};
use crate::tensor::Tensor;
use crate::variable::Variable;
use std::cell::RefCell;

/// Records what is computed from the tensors it watches. First order: a gradient has no gradient of its own.
///
/// ```
/// use kiln_core::{GradientTape, Tensor, Variable};
/// let w = Variable::new(Tensor::constant([2.0, -1.0]));
/// let tape = GradientTape::new();
/// let x = tape.watch(&Tensor::constant([3.0, 4.0]))?;
/// let weights = tape.watch(&w)?;
/// let loss = (x.clone().square() * &weights).sum();
/// let gradients = tape.gradient(&loss, [&x, &weights])?;
/// assert_eq!(gradients[0].as_ref().map(|g| g.to_vec::<f32>()), Some(vec![12.0, -8.0]));
/// assert_eq!(gradients[1].as_ref().map(|g| g.to_vec::<f32>()), Some(vec![9.0, 16.0]));
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct GradientTape {
    watched: RefCell<Vec<Tensor>>,
}

/// What a tape can watch.
pub trait Watch {
    /// The value.
    fn tensor(&self) -> Tensor;
}

impl Watch for Tensor {
    fn tensor(&self) -> Tensor {
        self.clone()
    }
}

impl Watch for Variable {
    fn tensor(&self) -> Tensor {
        self.value().clone()
    }
}

impl GradientTape {
    /// Watches nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A copy of the value that is recorded: compute with it, and ask for its gradient.
    ///
    /// # Errors
    /// Integers and booleans, which have no gradient.
    pub fn watch(&self, value: &impl Watch) -> Result<Tensor> {
        let tensor = value.tensor();
        let recorded = tensor.require_grad().ok_or_else(|| Error::shape("GradientTape", "a float tensor", tensor.describe()))?;
        self.watched.borrow_mut().push(recorded.clone());
        Ok(recorded)
    }

    /// The gradients of `loss` (summed, when it is no scalar) with respect to watched tensors; `None` for those it doesn't depend on.
    ///
    /// # Errors
    /// A loss that depends on nothing watched.
    pub fn gradient<'a>(self, loss: &Tensor, sources: impl IntoIterator<Item = &'a Tensor>) -> Result<Vec<Option<Tensor>>> {
        if !loss.is_tracked() {
            return Err(Error::order("GradientTape", "the loss depends on nothing that was watched")
                .hint("compute it from what `tape.watch(..)` returned"));
        }
        Ok(loss.gradients(sources))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_loss_does_not_use_has_no_gradient() {
        let tape = GradientTape::new();
        let (x, unused) = (tape.watch(&Tensor::constant(3.0)).unwrap(), tape.watch(&Tensor::constant([1.0])).unwrap());
        let gradients = tape.gradient(&x.clone().square(), [&x, &unused]).unwrap();
        assert_eq!(gradients[0].as_ref().map(Tensor::item), Some(6.0));
        assert!(gradients[1].is_none());
    }

    #[test]
    fn mistakes_are_errors() {
        let error = GradientTape::new().watch(&Tensor::constant([1])).unwrap_err();
        assert_eq!(error.to_string(), "GradientTape: expected a float tensor, received shape (1,) of int32");
        let error = GradientTape::new().gradient(&Tensor::constant(1.0), []).unwrap_err();
        assert_eq!(
            error.to_string(),
            "GradientTape: the loss depends on nothing that was watched; compute it from what `tape.watch(..)` returned"
        );
    }
}
