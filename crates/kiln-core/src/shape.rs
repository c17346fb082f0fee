//! Shapes in which an axis may be open (Keras' `None`).

use serde::{Deserialize, Serialize};
use std::fmt;

/// A shape with open axes. The first axis of a layer's shape is the batch and is open.
///
/// ```
/// use kiln_core::Shape;
/// let shape = Shape::batch_of([28, 28]);
/// assert_eq!(shape.to_string(), "(None, 28, 28)");
/// assert!(shape.fits(&[32, 28, 28]) && !shape.fits(&[32, 784]));
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
#[serde(transparent)]
pub struct Shape(Vec<Option<usize>>);

impl Shape {
    /// From axes, `None` for open ones.
    pub fn new(axes: impl Into<Vec<Option<usize>>>) -> Self {
        Self(axes.into())
    }

    /// An open batch axis before the axes of one sample.
    pub fn batch_of(sample: impl AsRef<[usize]>) -> Self {
        Self(std::iter::once(None).chain(sample.as_ref().iter().copied().map(Some)).collect())
    }

    /// All axes known.
    pub fn known(axes: impl AsRef<[usize]>) -> Self {
        Self(axes.as_ref().iter().copied().map(Some).collect())
    }

    /// The axes.
    pub fn axes(&self) -> &[Option<usize>] {
        &self.0
    }

    /// Number of axes, the batch axis included.
    pub fn rank(&self) -> usize {
        self.0.len()
    }

    /// The last axis, when it is known.
    pub fn last(&self) -> Option<usize> {
        self.0.last().copied().flatten()
    }

    /// This shape with another last axis.
    pub fn with_last(&self, size: usize) -> Self {
        let mut axes = self.0.clone();
        if let Some(last) = axes.last_mut() {
            *last = Some(size);
        }
        Self(axes)
    }

    /// The axes after the batch, when all are known.
    pub fn sample(&self) -> Option<Vec<usize>> {
        self.0.get(1..)?.iter().copied().collect()
    }

    /// Elements of one sample, when all axes after the batch are known and their number can be counted.
    pub fn sample_len(&self) -> Option<usize> {
        self.sample()?.iter().try_fold(1usize, |product, n| product.checked_mul(*n))
    }

    /// Whether a tensor of shape `real` may stand where this shape is asked for.
    pub fn fits(&self, real: &[usize]) -> bool {
        self.rank() == real.len() && self.0.iter().zip(real).all(|(want, have)| want.is_none_or(|w| w == *have))
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let axes: Vec<String> = self.0.iter().map(|a| a.map_or("None".to_owned(), |n| n.to_string())).collect();
        match axes.len() {
            1 => write!(f, "({},)", axes[0]),
            _ => write!(f, "({})", axes.join(", ")),
        }
    }
}

impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The axes of a real tensor as Python writes a tuple: `(32, 784)`, `(3,)`, `()`.
pub fn tuple(axes: &[usize]) -> String {
    Shape::known(axes).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_print_like_python_tuples() {
        assert_eq!(tuple(&[]), "()");
        assert_eq!(tuple(&[3]), "(3,)");
        assert_eq!(Shape::new([None, Some(3)]).to_string(), "(None, 3)");
    }
}
