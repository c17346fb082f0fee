//! Keras' activation functions (`keras/src/activations/activations.py`).

use crate::context::Context;
use crate::error::{Error, Result};
use crate::logits::LogitsOf;
use crate::tensor::{Tensor, with_rank};
use burn::tensor::activation as burn_activation;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Default)]
#[serde(remote = "Self", tag = "class_name", content = "config", rename_all = "snake_case")]
pub enum Activation {
    /// `x`.
    #[default]
    Linear,
    /// `max(x, 0)`.
    Relu,
    /// `min(max(x, 0), 6)`.
    Relu6,
    /// `x` above 0, else `negative_slope * x`.
    LeakyRelu {
        /// Keras' function has 0.2.
        negative_slope: f64,
    },
    /// `x` above 0, else `alpha * (exp(x) - 1)`.
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
    /// A name that isn't known.
    Unknown(String),
}

/// Keras' names, and what they stand for.
fn named() -> Vec<(&'static str, Activation)> {
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

/// Keras' name where the parameters are the defaults, else class and parameters.
impl Serialize for Activation {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        if *self == Self::from(self.name()) { serializer.serialize_str(self.name()) } else { Self::serialize(self, serializer) }
    }
}

impl<'de> Deserialize<'de> for Activation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Name(String),
            Whole(#[serde(with = "Activation")] Activation),
        }
        Ok(match Form::deserialize(deserializer)? {
            Form::Name(name) => name.into(),
            Form::Whole(activation) => activation,
        })
    }
}

impl Activation {
    /// Keras' name.
    pub fn name(&self) -> &str {
        match self {
            Self::Unknown(name) => name,
            Self::Threshold { .. } => "threshold",
            known => {
                let same = |a: &Self| std::mem::discriminant(a) == std::mem::discriminant(known);
                named().iter().find(|(_, a)| same(a)).map_or("linear", |(n, _)| n)
            }
        }
    }

    /// Whether the name is known.
    ///
    /// # Errors
    /// It isn't; the nearest is offered.
    pub fn check(&self) -> Result<()> {
        match self {
            Self::Unknown(name) => Err(Error::unknown("activation", name, named().iter().map(|(n, _)| *n))),
            _ => Ok(()),
        }
    }

    /// The function's kind of logits, for a sigmoid or a softmax over the last axis.
    pub fn logits_of(&self) -> Option<LogitsOf> {
        match self {
            Self::Sigmoid => Some(LogitsOf::Sigmoid),
            Self::Softmax { axis: -1 } => Some(LogitsOf::Softmax),
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

    /// The function of each element, or over an axis.
    ///
    /// # Errors
    /// An unknown name, or an axis that the tensor doesn't have.
    pub fn apply(&self, x: Tensor) -> Result<Tensor> {
        self.check()?;
        Ok(match *self {
            Self::Linear | Self::Unknown(_) => x,
            Self::Relu => x.relu(),
            Self::Relu6 => x.relu().minimum(6.0)?,
            Self::LeakyRelu { negative_slope } => typed(x, Typed::LeakyRelu(negative_slope)),
            Self::Elu { alpha } => exponential_linear(x, alpha, 1.0),
            Self::Selu => exponential_linear(x, SELU_ALPHA, 1.0) * SELU_SCALE,
            Self::Celu { alpha } => exponential_linear(x, alpha, alpha),
            Self::Sigmoid => x.sigmoid(),
            Self::HardSigmoid => (x + 3.0).clip(0.0, 6.0) / 6.0,
            Self::Tanh => x.tanh(),
            Self::HardTanh => x.clip(-1.0, 1.0),
            Self::TanhShrink => &x - x.clone().tanh(),
            Self::Softplus => x.softplus(),
            Self::Softsign => &x / (x.clone().abs() + 1.0),
            Self::Silu => &x * x.clone().sigmoid(),
            Self::HardSilu => &x * ((&x + 3.0).clip(0.0, 6.0) / 6.0),
            Self::Gelu { approximate } => typed(x, if approximate { Typed::GeluTanh } else { Typed::Gelu }),
            Self::Mish => &x * x.clone().softplus().tanh(),
            Self::LogSigmoid => x.log_sigmoid(),
            Self::Exponential => x.exp(),
            Self::SoftShrink { threshold } => x.clone().sign() * (x.abs() - threshold).relu(),
            Self::HardShrink { threshold } => x.clone().abs().less_equal(threshold)?.select_where(0.0, &x)?,
            Self::Threshold { threshold, value } => x.less_equal(threshold)?.select_where(value, &x)?,
            Self::Squareplus { b } => (&x + (x.clone().square() + b).sqrt()) / 2.0,
            Self::SparsePlus => {
                let curve = (&x + 1.0).square() / 4.0;
                let upper = x.greater_equal(1.0)?.select_where(&x, curve)?;
                x.less_equal(-1.0)?.select_where(0.0, upper)?
            }
            Self::SparseSigmoid => ((x + 1.0) / 2.0).clip(0.0, 1.0),
            Self::Glu { axis } => glu(&x, axis)?,
            Self::Softmax { axis } => x.softmax(axis)?,
            Self::LogSoftmax { axis } => x.log_softmax(axis)?,
            Self::Sparsemax => sparsemax(&x)?,
        })
    }
}

const SELU_ALPHA: f64 = 1.673_263_242_354_377_2;
const SELU_SCALE: f64 = 1.050_700_987_355_480_5;

/// `x` above 0, else `alpha * (exp(x / width) - 1)`. The exponential never sees a positive x, whose overflow would make the
/// gradient NaN.
fn exponential_linear(x: Tensor, alpha: f64, width: f64) -> Tensor {
    let below = -(-&x).relu();
    let below = if width == 1.0 { below } else { below / width };
    x.relu() + (below.exp() - 1.0) * alpha
}

/// The functions that Burn has with Keras' numbers and a gradient of their own.
enum Typed {
    LeakyRelu(f64),
    Gelu,
    GeluTanh,
}

fn typed(x: Tensor, function: Typed) -> Tensor {
    let (scalar, x) = (x.rank() == 0, x.at_least_float());
    let y: Tensor = with_rank!(x.rank(), D => {
        let x = x.f::<D>();
        match function {
            Typed::LeakyRelu(slope) => burn_activation::leaky_relu(x, slope),
            Typed::Gelu => burn_activation::gelu(x),
            Typed::GeluTanh => burn_activation::gelu_approximate(x),
        }
        .into()
    });
    y.mark(scalar)
}

fn glu(x: &Tensor, axis: isize) -> Result<Tensor> {
    let at = x.axis("glu", axis)?;
    let n = x.shape()[at];
    if n % 2 == 1 {
        return Err(Error::shape("glu", format!("an even size of axis {axis}"), x.describe()));
    }
    let mut bounds: Vec<_> = x.shape().into_iter().map(|n| 0..n).collect();
    bounds[at] = 0..n / 2;
    let first = x.clone().slice_bounds(&bounds);
    bounds[at] = n / 2..n;
    Ok(first * x.clone().slice_bounds(&bounds).sigmoid())
}

/// Sorts each row, finds how many entries stay above 0, and subtracts what makes them sum to 1.
fn sparsemax(x: &Tensor) -> Result<Tensor> {
    let shape = x.shape();
    let n = shape.last().copied().filter(|n| *n > 0).ok_or_else(|| Error::shape("sparsemax", "a last axis", x.describe()))?;
    let values = x.to_vec::<f32>();
    let taus = values.chunks(n).map(|row| {
        let mut sorted = row.to_vec();
        sorted.sort_by(|a, b| b.total_cmp(a));
        let (mut sum, mut tau, mut support) = (0.0f32, 0.0f32, 0usize);
        for (k, z) in sorted.iter().enumerate() {
            sum += z;
            if 1.0 + (k + 1) as f32 * z > sum {
                (tau, support) = ((sum - 1.0) / (k + 1) as f32, k + 1);
            }
        }
        (tau, support)
    });
    // The threshold as a function of x: the mean over the support, so that the gradient flows through it.
    let taus: Vec<(f32, usize)> = taus.collect();
    let inside: Vec<f32> =
        values.chunks(n).zip(&taus).flat_map(|(row, (tau, _))| row.iter().map(move |z| f32::from(u8::from(z > tau)))).collect();
    let counts: Vec<f32> = taus.iter().map(|(_, k)| *k as f32).collect();
    let mut column = shape.clone();
    column[shape.len() - 1] = 1;
    let device = x.device();
    let inside = Tensor::from_vec(inside, &shape)?.to_device(&device);
    let counts = Tensor::from_vec(counts, &column)?.to_device(&device);
    let tau = ((x * &inside).sum_axis(-1)?.expand_dims(-1)? - 1.0) / counts;
    Ok((x - tau) * inside)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn goldens() -> Value {
        serde_json::from_str(include_str!("../testdata/goldens.json")).unwrap()
    }

    fn numbers(value: &Value) -> Vec<f32> {
        value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap() as f32).collect()
    }

    #[test]
    fn agree_with_keras() {
        let goldens = goldens();
        let x = numbers(&goldens["activations_x"]);
        let expected = goldens["activations"].as_object().unwrap();
        assert!(expected.len() >= 28);
        // Keras 3.15.1 gives zeros for sparsemax on this row, which don't sum to 1; Kiln gives the projection.
        for (name, values) in expected.iter().filter(|(name, _)| *name != "sparsemax") {
            let function = if name == "gelu_approx" { Activation::Gelu { approximate: true } } else { name.as_str().into() };
            let y = function.apply(Tensor::from_vec(x.clone(), [1, x.len()]).unwrap()).unwrap().to_vec::<f32>();
            for (y, e) in y.iter().zip(numbers(values)) {
                assert!((y - e).abs() <= 1e-5 * e.abs() + 1e-6, "{name}: {y} {e}");
            }
        }
    }

    #[test]
    fn parameters_survive_json() {
        let round = |a: Activation| {
            let text = serde_json::to_string(&a).unwrap();
            assert_eq!(serde_json::from_str::<Activation>(&text).unwrap(), a, "{text}");
            text
        };
        assert_eq!(round("leaky_relu".into()), "\"leaky_relu\"");
        let text = round(Activation::LeakyRelu { negative_slope: 0.3 });
        assert_eq!(text, "{\"class_name\":\"leaky_relu\",\"config\":{\"negative_slope\":0.3}}");
        round(Activation::Softmax { axis: 1 });
        round(Activation::Threshold { threshold: 1.0, value: 2.0 });
    }

    #[test]
    fn large_inputs_give_finite_gradients_and_nan_comes_through() {
        for (name, function) in named().into_iter().filter(|(n, _)| *n != "exponential") {
            let x: burn::Tensor<1> = Tensor::constant([100.0, -100.0, 1.0, 0.5]).autodiff().float().unwrap();
            let x = x.require_grad();
            let loss: burn::Tensor<1> = function.apply(x.clone().into()).unwrap().sum().float().unwrap();
            let gradient = Tensor::from(x.grad(&loss.backward()).unwrap()).to_vec::<f32>();
            assert!(gradient.iter().all(|g| g.is_finite()), "{name}: {gradient:?}");
            let y = function.apply(Tensor::constant([f64::NAN, f64::NAN])).unwrap().to_vec::<f32>();
            assert!(y.iter().any(|v| v.is_nan()) || name == "sparsemax", "{name} hides NaN: {y:?}");
        }
    }

    #[test]
    fn sparsemax_is_the_projection_onto_the_simplex() {
        let y = Activation::Sparsemax.apply(Tensor::constant([[3.0, 4.0, 3.5, -1.0], [0.0, 0.0, 0.0, 0.0]])).unwrap();
        assert_eq!(y.to_vec::<f32>(), [0.0, 0.75, 0.25, 0.0, 0.25, 0.25, 0.25, 0.25]);
    }

    #[test]
    fn gradients_agree_with_differences() {
        let points = [-2.3f32, -0.7, -0.2, 0.3, 0.8, 2.6];
        for (name, function) in named() {
            let sum = |x: &[f32]| {
                let weights = Tensor::constant([0.3f32, -1.0, 0.7, 1.1, -0.4, 0.9]);
                let y = function.apply(Tensor::constant(x.to_vec())).unwrap();
                let n = y.len();
                (y * weights.rows(0..n).unwrap()).sum().item()
            };
            let x: burn::Tensor<1> = Tensor::constant(points).autodiff().float().unwrap();
            let x = x.require_grad();
            let y = function.apply(x.clone().into()).unwrap();
            let weights = Tensor::constant([0.3f32, -1.0, 0.7, 1.1, -0.4, 0.9]).rows(0..y.len()).unwrap();
            let loss: burn::Tensor<1> = (y * weights).sum().float().unwrap();
            let gradient = x.grad(&loss.backward()).unwrap();
            for (i, g) in Tensor::from(gradient).to_vec::<f32>().iter().enumerate() {
                let (mut up, mut down) = (points, points);
                up[i] += 1e-2;
                down[i] -= 1e-2;
                let expected = ((sum(&up) - sum(&down)) / 2e-2) as f32;
                assert!((g - expected).abs() < 5e-3 * (1.0 + expected.abs()), "{name} at {}: {g} {expected}", points[i]);
            }
        }
    }
}
