//! Keras' names of the activations.

use super::Activation;
use crate::error::{Error, Result};

/// Keras' names, and what they stand for.
pub(super) fn named() -> Vec<(&'static str, Activation)> {
    use Activation as A;
    vec![
        ("linear", A::Linear),
        ("relu", A::Relu),
        ("relu6", A::Relu6),
        ("leaky_relu", A::LeakyRelu { negative_slope: 0.2 }),
        ("elu", A::Elu { alpha: 1.0 }),
        ("selu", A::Selu),
        ("celu", A::Celu { alpha: 1.0 }),
        ("sigmoid", A::Sigmoid),
        ("hard_sigmoid", A::HardSigmoid),
        ("tanh", A::Tanh),
        ("hard_tanh", A::HardTanh),
        ("tanh_shrink", A::TanhShrink),
        ("softplus", A::Softplus),
        ("softsign", A::Softsign),
        ("silu", A::Silu),
        ("swish", A::Silu),
        ("hard_silu", A::HardSilu),
        ("hard_swish", A::HardSilu),
        ("gelu", A::Gelu { approximate: false }),
        ("mish", A::Mish),
        ("log_sigmoid", A::LogSigmoid),
        ("exponential", A::Exponential),
        ("soft_shrink", A::SoftShrink { threshold: 0.5 }),
        ("hard_shrink", A::HardShrink { threshold: 0.5 }),
        ("squareplus", A::Squareplus { b: 4.0 }),
        ("sparse_plus", A::SparsePlus),
        ("sparse_sigmoid", A::SparseSigmoid),
        ("glu", A::Glu { axis: -1 }),
        ("softmax", A::Softmax { axis: -1 }),
        ("log_softmax", A::LogSoftmax { axis: -1 }),
        ("sparsemax", A::Sparsemax),
    ]
}

impl From<&str> for Activation {
    fn from(name: &str) -> Self {
        let found = named().into_iter().find(|(n, _)| *n == name);
        found.map_or_else(|| Self::Unknown(name.to_owned()), |(_, a)| a)
    }
}

impl From<String> for Activation {
    fn from(name: String) -> Self {
        name.as_str().into()
    }
}

impl Activation {
    /// Keras' name.
    pub fn name(&self) -> &str {
        match self {
            Self::Unknown(name) => name,
            Self::Threshold { .. } => "threshold",
            Self::ReluWith { .. } => "relu",
            Self::Closure(_) => "closure",
            known => {
                let same = |a: &Self| std::mem::discriminant(a) == std::mem::discriminant(known);
                named().iter().find(|(_, a)| same(a)).map_or("linear", |(n, _)| n)
            }
        }
    }

    /// Whether name and parameters are fine.
    ///
    /// # Errors
    /// An unknown name, with the nearest offered; a parameter of `relu` that is negative or no number.
    pub fn check(&self) -> Result<()> {
        match self {
            Self::Unknown(name) => Err(Error::unknown("activation", name, named().iter().map(|(n, _)| *n))),
            Self::ReluWith { negative_slope, max_value, threshold } => {
                let parameters = [("negative_slope", *negative_slope), ("max_value", max_value.unwrap_or(0.0)), ("threshold", *threshold)];
                let bad = parameters.into_iter().find(|(_, v)| v.is_nan() || *v < 0.0);
                bad.map_or(Ok(()), |(name, value)| Err(Error::option("relu", name, "a number from 0", value)))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relu_takes_no_negative_parameters() {
        let error = |negative_slope, max_value, threshold| {
            Activation::ReluWith { negative_slope, max_value, threshold }.check().unwrap_err().to_string()
        };
        assert_eq!(error(-1.0, None, 0.0), "relu: `negative_slope` must be a number from 0, received -1");
        assert_eq!(error(0.0, Some(-2.0), 0.0), "relu: `max_value` must be a number from 0, received -2");
        assert_eq!(error(0.0, None, f64::NAN), "relu: `threshold` must be a number from 0, received NaN");
    }
}
