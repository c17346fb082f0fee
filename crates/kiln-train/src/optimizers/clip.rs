//! Limits on gradients.

use kiln_core::{Error, Result, Tensor};

/// A limit on gradients, applied before anything else.
///
/// Keras: `src/optimizers/base_optimizer.py`, `_clip_gradients`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Clip {
    /// Each gradient is at most this long.
    Norm(f64),
    /// Each element is at most this large.
    Value(f64),
    /// All gradients together are at most this long.
    GlobalNorm(f64),
}

impl Clip {
    pub(crate) fn check(self, who: &str) -> Result<()> {
        let (option, limit) = match self {
            Self::Norm(c) => ("clipnorm", c),
            Self::Value(c) => ("clipvalue", c),
            Self::GlobalNorm(c) => ("global_clipnorm", c),
        };
        if limit > 0.0 { Ok(()) } else { Err(Error::option(who, option, "greater than 0", limit)) }
    }

    /// The clipped gradient; `global` is the common length of all of them, where that counts.
    pub(crate) fn apply(self, gradient: Tensor, global: Option<f64>) -> Tensor {
        match (self, global) {
            (Self::Value(c), _) => gradient.clip(-c, c),
            (Self::Norm(c), _) => {
                // Stays on the device: a GPU need not wait for the length.
                let length = gradient.clone().square().sum().sqrt();
                gradient * (c / length.clip(c, f64::from(f32::MAX)))
            }
            (Self::GlobalNorm(c), Some(length)) if length > c => gradient * (c / length),
            (Self::GlobalNorm(_), _) => gradient,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_gradients_stay() {
        let g = Tensor::constant([3.0, 4.0]);
        assert_eq!(Clip::Norm(10.0).apply(g.clone(), None).to_vec::<f32>(), [3.0, 4.0]);
        assert_eq!(Clip::Norm(1.0).apply(g.clone(), None).to_vec::<f32>(), [0.6, 0.8]);
        assert_eq!(Clip::Norm(1.0).apply(Tensor::zeros([2]), None).to_vec::<f32>(), [0.0, 0.0]);
        assert_eq!(Clip::Value(3.5).apply(g.clone(), None).to_vec::<f32>(), [3.0, 3.5]);
        assert_eq!(Clip::GlobalNorm(1.0).apply(g, Some(10.0)).to_vec::<f32>(), [0.3, 0.4]);
    }
}
