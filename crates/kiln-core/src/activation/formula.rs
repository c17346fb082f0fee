//! The formulas of the activations.

use super::Activation;
use crate::error::{Error, Result};
use crate::tensor::{Tensor, with_rank};
use burn::tensor::activation as burn_activation;

impl Activation {
    /// The function of each element, or over an axis.
    ///
    /// # Errors
    /// An unknown name, or an axis that the tensor doesn't have.
    pub fn apply(&self, x: Tensor) -> Result<Tensor> {
        self.check()?;
        Ok(match *self {
            Self::Linear | Self::Unknown(_) => x,
            Self::Closure(ref closure) => closure.call(x)?,
            Self::Relu => x.relu(),
            Self::ReluWith { negative_slope, max_value, threshold } => relu(x, negative_slope, max_value, threshold)?,
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

/// [`Activation::ReluWith`]. NaN stays NaN.
fn relu(x: Tensor, negative_slope: f64, max_value: Option<f64>, threshold: f64) -> Result<Tensor> {
    let above = if threshold == 0.0 { x.clone().relu() } else { x.less_equal(threshold)?.select_where(0.0, &x)? };
    let above = match max_value {
        Some(max) => above.clip(0.0, max),
        None => above,
    };
    Ok(if negative_slope == 0.0 { above } else { above - (threshold - x).relu() * negative_slope })
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
    use crate::activation::names::named;
    use serde_json::Value;

    fn goldens() -> Value {
        serde_json::from_str(include_str!("../../testdata/goldens.json")).unwrap()
    }

    fn numbers(value: &Value) -> Vec<f32> {
        value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap() as f32).collect()
    }

    /// Every named function, and `relu` with all of its parameters.
    fn all() -> impl Iterator<Item = (&'static str, Activation)> {
        let relu = Activation::ReluWith { negative_slope: 0.25, max_value: Some(2.0), threshold: 0.5 };
        named().into_iter().chain([("relu with parameters", relu)])
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
    fn parameters_agree_with_keras() {
        let goldens: Value = serde_json::from_str(include_str!("../../testdata/objects.json")).unwrap();
        let x = Tensor::from_vec(numbers(&goldens["x"]), [3, 4]).unwrap();
        for case in goldens["activations"].as_array().unwrap() {
            let option = |name: &str, default: f64| case["options"].get(name).map_or(default, |v| v.as_f64().unwrap());
            let axis = || option("axis", -1.0) as isize;
            let function = match case["name"].as_str().unwrap() {
                "relu" => Activation::ReluWith {
                    negative_slope: option("negative_slope", 0.0),
                    max_value: case["options"].get("max_value").map(|v| v.as_f64().unwrap()),
                    threshold: option("threshold", 0.0),
                },
                "leaky_relu" => Activation::LeakyRelu { negative_slope: option("negative_slope", 0.2) },
                "elu" => Activation::Elu { alpha: option("alpha", 1.0) },
                "celu" => Activation::Celu { alpha: option("alpha", 1.0) },
                "gelu" => Activation::Gelu { approximate: true },
                "soft_shrink" => Activation::SoftShrink { threshold: option("threshold", 0.5) },
                "hard_shrink" => Activation::HardShrink { threshold: option("threshold", 0.5) },
                "threshold" => Activation::Threshold { threshold: option("threshold", 0.0), value: option("default_value", 0.0) },
                "squareplus" => Activation::Squareplus { b: option("b", 4.0) },
                "glu" => Activation::Glu { axis: axis() },
                "softmax" => Activation::Softmax { axis: axis() },
                "log_softmax" => Activation::LogSoftmax { axis: axis() },
                other => panic!("{other}"),
            };
            let y = function.apply(x.clone()).unwrap().to_vec::<f32>();
            let expected = numbers(&case["y"]);
            assert_eq!(y.len(), expected.len());
            for (y, e) in y.iter().zip(expected) {
                assert!((y - e).abs() <= 1e-5 * e.abs() + 1e-6, "{case}: {y} {e}");
            }
        }
    }

    #[test]
    fn large_inputs_give_finite_gradients_and_nan_comes_through() {
        for (name, function) in all().filter(|(n, _)| *n != "exponential") {
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
        for (name, function) in all() {
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
