//! Keras' activation functions (`keras/src/activations/activations.py`).

mod closure;
mod formula;
mod json;
mod names;

pub use closure::Closure;

use crate::context::Context;
use crate::error::Result;
use crate::kernels::Curve;
use crate::logits::LogitsOf;
use crate::tensor::Tensor;

/// An activation function. `"relu".into()` looks one up by Keras' name; a name that isn't known is kept and reported by
/// [`Activation::check`], so that setters never fail.
///
/// ```
/// use kiln_core::{Tensor, activation::Activation};
/// let x = Tensor::constant([-1.0, 2.0]);
/// assert_eq!(Activation::Relu.apply(x)?.to_vec::<f32>(), [0.0, 2.0]);
/// assert_eq!(Activation::from("reul").check().unwrap_err().to_string(), "unknown activation `reul`, did you mean `relu`?");
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, Default)]
#[serde(remote = "Self", tag = "class_name", content = "config", rename_all = "snake_case")]
pub enum Activation {
    /// `x`.
    #[default]
    Linear,
    /// `max(x, 0)`.
    Relu,
    /// `x` above `threshold` up to `max_value`; below, `negative_slope * (x - threshold)`.
    #[serde(rename = "ReLU")]
    ReluWith {
        /// Default 0.
        negative_slope: f64,
        /// Default none.
        max_value: Option<f64>,
        /// Default 0.
        threshold: f64,
    },
    /// `min(max(x, 0), 6)`.
    Relu6,
    /// `x` above 0, else `negative_slope * x`.
    #[serde(rename = "LeakyReLU")]
    LeakyRelu {
        /// Keras' function has 0.2.
        negative_slope: f64,
    },
    /// `x` above 0, else `alpha * (exp(x) - 1)`.
    #[serde(rename = "ELU")]
    Elu {
        /// Default 1.
        alpha: f64,
    },
    /// The self-normalising ELU (Klambauer and others, 2017).
    Selu,
    /// `max(x, 0) + min(0, alpha * (exp(x / alpha) - 1))`.
    Celu {
        /// Default 1.
        alpha: f64,
    },
    /// `1 / (1 + exp(-x))`.
    Sigmoid,
    /// `relu6(x + 3) / 6`.
    HardSigmoid,
    /// The hyperbolic tangent.
    Tanh,
    /// `x` held in [-1, 1].
    HardTanh,
    /// `x - tanh(x)`.
    TanhShrink,
    /// `log(1 + exp(x))`.
    Softplus,
    /// `x / (1 + |x|)`.
    Softsign,
    /// `x * sigmoid(x)`, also called swish.
    Silu,
    /// `x * hard_sigmoid(x)`, also called hard swish.
    HardSilu,
    /// `x * Φ(x)`, or its approximation by tanh.
    Gelu {
        /// Default false.
        approximate: bool,
    },
    /// `x * tanh(softplus(x))`.
    Mish,
    /// `log(sigmoid(x))`.
    LogSigmoid,
    /// `exp(x)`.
    Exponential,
    /// `x` moved `threshold` towards 0, and 0 between.
    SoftShrink {
        /// Default 0.5.
        threshold: f64,
    },
    /// `x` beyond `±threshold`, else 0.
    HardShrink {
        /// Default 0.5.
        threshold: f64,
    },
    /// `x` above `threshold`, else `value`.
    Threshold {
        /// The threshold.
        threshold: f64,
        /// What stands below it.
        value: f64,
    },
    /// `(x + sqrt(x² + b)) / 2`.
    Squareplus {
        /// Default 4.
        b: f64,
    },
    /// 0 below -1, `x` above 1, `(x + 1)² / 4` between.
    SparsePlus,
    /// `(x + 1) / 2` held in [0, 1].
    SparseSigmoid,
    /// The first half of `axis` times the sigmoid of the second.
    Glu {
        /// Default -1.
        axis: isize,
    },
    /// `exp(x) / sum(exp(x))` over `axis`.
    #[serde(rename = "Softmax")]
    Softmax {
        /// Default -1.
        axis: isize,
    },
    /// The logarithm of the softmax.
    LogSoftmax {
        /// Default -1.
        axis: isize,
    },
    /// The Euclidean projection onto the simplex, over the last axis (Martins and Astudillo, 2016).
    Sparsemax,
    /// A function of the user's, made by [`Activation::closure`].
    #[serde(skip)]
    Closure(Closure),
    /// A name that isn't known.
    #[serde(skip)]
    Unknown(String),
}

impl Activation {
    /// The function's kind of logits, for a sigmoid or a softmax over the last axis.
    pub fn logits_of(&self) -> Option<LogitsOf> {
        match self {
            Self::Sigmoid => Some(LogitsOf::Sigmoid),
            Self::Softmax { axis: -1 } => Some(LogitsOf::Softmax),
            _ => None,
        }
    }

    /// The activation in two parts: what an operation of [`kernels`](crate::kernels) applies by itself, and what is then
    /// [called](Activation::call) on its output. One of them is linear.
    ///
    /// ```
    /// use kiln_core::{Context, activation::Activation, kernels::Curve};
    /// assert_eq!(Activation::Relu.split(&Context::inference()), (Curve::Relu, &Activation::Linear));
    /// assert_eq!(Activation::Selu.split(&Context::inference()), (Curve::Linear, &Activation::Selu));
    /// ```
    pub fn split(&self, cx: &Context) -> (Curve, &Self) {
        match self.curve() {
            Some(Curve::Sigmoid) if cx.leaves_logits() => (Curve::Linear, self),
            Some(curve) => (curve, &Self::Linear),
            None => (Curve::Linear, self),
        }
    }

    /// The activation as one that operations of [`kernels`](crate::kernels) apply by themselves, if it is.
    pub fn curve(&self) -> Option<Curve> {
        match self {
            Self::Linear => Some(Curve::Linear),
            Self::Relu | Self::ReluWith { negative_slope: 0.0, max_value: None, threshold: 0.0 } => Some(Curve::Relu),
            Self::Tanh => Some(Curve::Tanh),
            Self::Sigmoid => Some(Curve::Sigmoid),
            _ => None,
        }
    }

    /// [`Activation::apply`] inside a model. A sigmoid or softmax that makes the model's output is left to the loss, if it asks for
    /// logits: see [`Context::with_logits`].
    ///
    /// # Errors
    /// As [`Activation::apply`].
    pub fn call(&self, x: Tensor, cx: &Context) -> Result<Tensor> {
        match self.logits_of() {
            Some(of) if cx.leave_logits(&x, of) => Ok(x),
            _ => self.apply(x),
        }
    }
}
