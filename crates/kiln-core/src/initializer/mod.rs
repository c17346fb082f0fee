//! The first values of weights (`keras/src/initializers/`).
//!
//! Numbers are drawn on the host from a counter, so that a seed gives the same weights on every device. They follow Keras'
//! distributions; Keras' own bits can't be had, since they come from TensorFlow's generator.

mod orthogonal;
mod stft;

pub use stft::{Scaling, Side};

use crate::error::{Error, Result};
use crate::object::keras_object;
use crate::random::{Stream, between};
use crate::shape::tuple;
use crate::tensor::Tensor;
use crate::window::Window;
use orthogonal::orthogonal;
use serde::{Deserialize, Serialize};

/// Which fan a variance is divided by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FanMode {
    /// The inputs of a unit.
    FanIn,
    /// The outputs of a unit.
    FanOut,
    /// Their mean.
    FanAvg,
}

/// The distribution of [`Initializer::VarianceScaling`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Distribution {
    /// Normal, what lies beyond two standard deviations drawn again.
    TruncatedNormal,
    /// Normal.
    UntruncatedNormal,
    /// Uniform.
    Uniform,
}

/// How a weight is filled at first. `seed: None` draws from the model's seed and the weight's name.
///
/// ```
/// use kiln_core::{initializer::Initializer, random::Stream};
/// let kernel = Initializer::from("he_normal").draw(&[64, 32], Stream::new(1))?;
/// assert_eq!(kernel.shape(), [64, 32]);
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", tag = "class_name", content = "config")]
#[allow(missing_docs)] // the fields are Keras' arguments, explained at each variant
pub enum Initializer {
    /// All 0.
    Zeros {},
    /// All 1.
    Ones {},
    /// All `value`. Default 0.
    Constant { value: f64 },
    /// Normal. Defaults: mean 0, stddev 0.05.
    RandomNormal { mean: f64, stddev: f64, seed: Option<u64> },
    /// Uniform in `[minval, maxval)`. Defaults ±0.05.
    RandomUniform { minval: f64, maxval: f64, seed: Option<u64> },
    /// Normal, drawn again beyond two standard deviations. Defaults: mean 0, stddev 0.05.
    TruncatedNormal { mean: f64, stddev: f64, seed: Option<u64> },
    /// Variance `scale / fan`. Defaults: scale 1, `fan_in`, truncated normal.
    VarianceScaling { scale: f64, mode: FanMode, distribution: Distribution, seed: Option<u64> },
    /// Uniform within `sqrt(6 / (fan_in + fan_out))` (Glorot and Bengio, 2010).
    GlorotUniform { seed: Option<u64> },
    /// Truncated normal of variance `2 / (fan_in + fan_out)`.
    GlorotNormal { seed: Option<u64> },
    /// Uniform within `sqrt(6 / fan_in)` (He and others, 2015).
    HeUniform { seed: Option<u64> },
    /// Truncated normal of variance `2 / fan_in`.
    HeNormal { seed: Option<u64> },
    /// Uniform within `sqrt(3 / fan_in)`.
    LecunUniform { seed: Option<u64> },
    /// Truncated normal of variance `1 / fan_in`.
    LecunNormal { seed: Option<u64> },
    /// Orthogonal rows or columns, times `gain` (Saxe and others, 2014). Default gain 1.
    Orthogonal { gain: f64, seed: Option<u64> },
    /// The identity matrix times `gain`. Default gain 1.
    Identity { gain: f64 },
    /// One side, real or imaginary, of the short-time Fourier transform, as a kernel of shape (time, 1, frequencies). Defaults:
    /// real, a Hann window that is not periodic, scaled by `density`.
    #[serde(rename = "STFT")]
    Stft { side: Side, window: Option<Window>, scaling: Option<Scaling>, periodic: bool },
    /// A name that isn't known.
    #[serde(skip)]
    Unknown(String),
}

keras_object!(Initializer, "keras.initializers");

const NAMES: [&str; 16] = [
    "zeros",
    "ones",
    "constant",
    "random_normal",
    "random_uniform",
    "truncated_normal",
    "variance_scaling",
    "glorot_uniform",
    "glorot_normal",
    "he_uniform",
    "he_normal",
    "lecun_uniform",
    "lecun_normal",
    "orthogonal",
    "identity",
    "stft",
];

impl From<&str> for Initializer {
    fn from(name: &str) -> Self {
        let seed = None;
        match name {
            "zeros" | "zero" | "Zeros" => Self::Zeros {},
            "ones" | "one" | "Ones" => Self::Ones {},
            "constant" | "Constant" => Self::Constant { value: 0.0 },
            "random_normal" | "normal" | "RandomNormal" => Self::RandomNormal { mean: 0.0, stddev: 0.05, seed },
            "random_uniform" | "uniform" | "RandomUniform" => Self::RandomUniform { minval: -0.05, maxval: 0.05, seed },
            "truncated_normal" | "TruncatedNormal" => Self::TruncatedNormal { mean: 0.0, stddev: 0.05, seed },
            "variance_scaling" | "VarianceScaling" => {
                Self::VarianceScaling { scale: 1.0, mode: FanMode::FanIn, distribution: Distribution::TruncatedNormal, seed }
            }
            "glorot_uniform" | "GlorotUniform" => Self::GlorotUniform { seed },
            "glorot_normal" | "GlorotNormal" => Self::GlorotNormal { seed },
            "he_uniform" | "HeUniform" => Self::HeUniform { seed },
            "he_normal" | "HeNormal" => Self::HeNormal { seed },
            "lecun_uniform" | "LecunUniform" => Self::LecunUniform { seed },
            "lecun_normal" | "LecunNormal" => Self::LecunNormal { seed },
            "orthogonal" | "Orthogonal" | "OrthogonalInitializer" => Self::Orthogonal { gain: 1.0, seed },
            "identity" | "Identity" | "IdentityInitializer" => Self::Identity { gain: 1.0 },
            "stft" | "STFT" | "STFTInitializer" => {
                Self::Stft { side: Side::Real, window: Some("hann".into()), scaling: Some(Scaling::Density), periodic: false }
            }
            _ => Self::Unknown(name.to_owned()),
        }
    }
}

impl Initializer {
    /// Values for a weight of Keras' `shape`, from `stream` or the initializer's own seed.
    ///
    /// # Errors
    /// An unknown name, a negative spread, a shape that the initializer can't fill.
    pub fn draw(&self, shape: &[usize], stream: Stream) -> Result<Tensor> {
        let from = |seed: &Option<u64>| seed.map_or(stream, Stream::new);
        let scaling = |scale, mode, distribution, seed: &Option<u64>| scaled(shape, scale, mode, distribution, from(seed));
        match self {
            Self::Zeros {} => Ok(Tensor::zeros(shape)),
            Self::Ones {} => Ok(Tensor::ones(shape)),
            Self::Constant { value } => Ok(Tensor::full(shape, *value)),
            Self::RandomNormal { mean, stddev, seed } => normal(shape, *mean, *stddev, false, from(seed)),
            Self::TruncatedNormal { mean, stddev, seed } => normal(shape, *mean, *stddev, true, from(seed)),
            Self::RandomUniform { minval, maxval, seed } => uniform(shape, *minval, *maxval, from(seed)),
            Self::VarianceScaling { scale, mode, distribution, seed } => scaling(*scale, *mode, *distribution, seed),
            Self::GlorotUniform { seed } => scaling(1.0, FanMode::FanAvg, Distribution::Uniform, seed),
            Self::GlorotNormal { seed } => scaling(1.0, FanMode::FanAvg, Distribution::TruncatedNormal, seed),
            Self::HeUniform { seed } => scaling(2.0, FanMode::FanIn, Distribution::Uniform, seed),
            Self::HeNormal { seed } => scaling(2.0, FanMode::FanIn, Distribution::TruncatedNormal, seed),
            Self::LecunUniform { seed } => scaling(1.0, FanMode::FanIn, Distribution::Uniform, seed),
            Self::LecunNormal { seed } => scaling(1.0, FanMode::FanIn, Distribution::TruncatedNormal, seed),
            Self::Orthogonal { gain, seed } => orthogonal(shape, *gain, from(seed)),
            Self::Identity { gain } => match shape {
                [rows, columns] => {
                    let at = |i: usize| if i / columns == i % columns { *gain as f32 } else { 0.0 };
                    Tensor::from_vec((0..rows * columns).map(at).collect(), shape)
                }
                _ => Err(Error::shape("identity", "a weight of 2 axes", tuple(shape))),
            },
            Self::Stft { side, window, scaling, periodic } => stft::kernel(shape, *side, window.as_ref(), *scaling, *periodic),
            Self::Unknown(name) => Err(Error::unknown("initializer", name, NAMES)),
        }
    }
}

/// The inputs and outputs of a unit, for a kernel in Keras' layout (`keras/src/initializers/random_initializers.py`).
pub fn fans(shape: &[usize]) -> (usize, usize) {
    match shape {
        [] => (1, 1),
        [n] => (*n, *n),
        [inputs, outputs] => (*inputs, *outputs),
        [field @ .., inputs, outputs] => {
            let receptive: usize = field.iter().product();
            (inputs * receptive, outputs * receptive)
        }
    }
}

/// The standard deviation of a normal distribution cut at ±2.
const TRUNCATED_STDDEV: f64 = 0.879_625_661_034_239_8;

fn scaled(shape: &[usize], scale: f64, mode: FanMode, distribution: Distribution, stream: Stream) -> Result<Tensor> {
    if scale.is_nan() || scale <= 0.0 {
        return Err(Error::option("variance_scaling", "scale", "above 0", scale));
    }
    let (inputs, outputs) = fans(shape);
    let fan = match mode {
        FanMode::FanIn => inputs as f64,
        FanMode::FanOut => outputs as f64,
        FanMode::FanAvg => (inputs + outputs) as f64 / 2.0,
    };
    let variance = scale / fan.max(1.0);
    match distribution {
        Distribution::TruncatedNormal => normal(shape, 0.0, variance.sqrt() / TRUNCATED_STDDEV, true, stream),
        Distribution::UntruncatedNormal => normal(shape, 0.0, variance.sqrt(), false, stream),
        Distribution::Uniform => uniform(shape, -(3.0 * variance).sqrt(), (3.0 * variance).sqrt(), stream),
    }
}

fn normal(shape: &[usize], mean: f64, stddev: f64, truncated: bool, stream: Stream) -> Result<Tensor> {
    if stddev.is_nan() || stddev < 0.0 {
        return Err(Error::option("initializer", "stddev", "at least 0", stddev));
    }
    let count = shape.iter().product();
    let scale = |v: f64| (mean + stddev * v) as f32;
    let values = if truncated { stream.truncated_normal(count).map(scale).collect() } else { stream.normal(count).map(scale).collect() };
    Tensor::from_vec(values, shape)
}

fn uniform(shape: &[usize], min: f64, max: f64, stream: Stream) -> Result<Tensor> {
    if min.is_nan() || max.is_nan() || min > max {
        return Err(Error::option("random_uniform", "minval", format!("at most `maxval` {max}"), min));
    }
    Tensor::from_vec(stream.uniform(shape.iter().product()).map(|u| between(min, max, u)).collect(), shape)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draw(name: &str, shape: &[usize]) -> Vec<f32> {
        Initializer::from(name).draw(shape, Stream::new(11)).unwrap().to_vec()
    }

    fn stddev(values: &[f32]) -> f64 {
        let mean = values.iter().map(|v| f64::from(*v)).sum::<f64>() / values.len() as f64;
        (values.iter().map(|v| (f64::from(*v) - mean).powi(2)).sum::<f64>() / values.len() as f64).sqrt()
    }

    #[test]
    fn spreads_follow_the_fans_of_keras_kernels() {
        // A 3×3 kernel from 10 to 30 channels: fans 90 and 270.
        let shape = [3, 3, 10, 30];
        assert_eq!(fans(&shape), (90, 270));
        let cases = [
            ("glorot_uniform", 2.0 / 360.0),
            ("glorot_normal", 2.0 / 360.0),
            ("he_uniform", 2.0 / 90.0),
            ("he_normal", 2.0 / 90.0),
            ("lecun_uniform", 1.0 / 90.0),
            ("lecun_normal", 1.0 / 90.0),
            ("variance_scaling", 1.0 / 90.0),
            ("random_normal", 0.0025),
            ("random_uniform", 0.01 / 12.0),
            ("truncated_normal", (0.05f64 * TRUNCATED_STDDEV).powi(2)),
        ];
        for (name, variance) in cases {
            let values = draw(name, &shape);
            assert!((stddev(&values) / f64::sqrt(variance) - 1.0).abs() < 0.04, "{name}: {}", stddev(&values));
            assert!(values.iter().sum::<f32>().abs() / (values.len() as f32) < 0.005, "{name}");
        }
        let limit = (6.0f64 / 360.0).sqrt() as f32;
        assert!(draw("glorot_uniform", &shape).iter().all(|v| v.abs() <= limit));
        assert!(draw("truncated_normal", &shape).iter().all(|v| v.abs() <= 0.1));
    }

    #[test]
    fn orthogonal_is_orthogonal() {
        for shape in [[6, 6], [8, 3], [3, 8]] {
            let w = Initializer::from("orthogonal").draw(&shape, Stream::new(2)).unwrap();
            let t = w.transpose([1, 0]).unwrap();
            let product = if shape[0] >= shape[1] { t.matmul(&w) } else { w.matmul(&t) }.unwrap();
            let error = (product - Tensor::eye(shape[0].min(shape[1]))).abs().max().item();
            assert!(error < 1e-6, "{shape:?}: {error}");
        }
        assert_eq!(draw("orthogonal", &[2, 3, 4]).len(), 24);
    }

    #[test]
    fn seeds_and_names() {
        assert_eq!(draw("he_normal", &[9]), draw("he_normal", &[9]));
        let own = Initializer::HeNormal { seed: Some(3) };
        let at = |stream| own.draw(&[4], Stream::new(stream)).unwrap().to_vec::<f32>();
        assert_eq!(at(1), at(2));
        assert_ne!(at(1), Initializer::HeNormal { seed: None }.draw(&[4], Stream::new(1)).unwrap().to_vec::<f32>());
        assert_eq!(draw("identity", &[2, 2]), [1.0, 0.0, 0.0, 1.0]);
        assert_eq!(Initializer::Constant { value: 2.0 }.draw(&[2], Stream::new(0)).unwrap().to_vec::<f32>(), [2.0, 2.0]);
        let error = Initializer::from("he_nromal").draw(&[2], Stream::new(0)).unwrap_err();
        assert_eq!(error.to_string(), "unknown initializer `he_nromal`, did you mean `he_normal`?");
        for name in NAMES {
            assert!(!matches!(Initializer::from(name), Initializer::Unknown(_)), "{name}");
        }
    }
}
