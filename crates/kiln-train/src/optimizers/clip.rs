//! Limits on gradients.

use kiln_core::kernels::squares;
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

    /// The gradient and a factor for it that clips it; `global` is the common length of all gradients, where that counts.
    pub(crate) fn apply(self, gradient: Tensor, global: Option<f64>) -> (Tensor, f64) {
        match (self, global) {
            (Self::Value(c), _) => (gradient.clip(-c, c), 1.0),
            (Self::Norm(c), _) => match squares(&gradient) {
                Some(squares) if squares.is_nan() => (gradient, f64::NAN),
                Some(squares) => (gradient, c / squares.sqrt().max(c)),
                None => {
                    // Stays on the device: a GPU need not wait for the length.
                    let length = gradient.clone().square().sum().sqrt();
                    (gradient * (c / length.clip(c, f64::from(f32::MAX))), 1.0)
                }
            },
            (Self::GlobalNorm(c), Some(length)) if length > c => (gradient, c / length),
            (Self::GlobalNorm(_), _) => (gradient, 1.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_gradients_stay() {
        let g = Tensor::constant([3.0, 4.0]);
        let clipped = |clip: Clip, g: &Tensor, global| {
            let (g, factor) = clip.apply(g.clone(), global);
            (g * factor).to_vec::<f32>()
        };
        for g in [g.clone(), g.cast(burn::tensor::DType::F64)] {
            assert_eq!(clipped(Clip::Norm(10.0), &g, None), [3.0, 4.0]);
            assert_eq!(clipped(Clip::Norm(1.0), &g, None), [0.6, 0.8]);
            assert_eq!(clipped(Clip::Norm(1.0), &g.zeros_like(), None), [0.0, 0.0]);
            assert_eq!(clipped(Clip::Value(3.5), &g, None), [3.0, 3.5]);
            assert_eq!(clipped(Clip::GlobalNorm(1.0), &g, Some(10.0)), [0.3, 0.4]);
        }
        assert!(clipped(Clip::Norm(1.0), &Tensor::constant([1.0, f64::NAN]), None).iter().all(|v| v.is_nan()));
    }
}
