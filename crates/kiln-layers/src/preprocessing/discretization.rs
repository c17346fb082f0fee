//! Numbers sorted into bins.

use super::OutputMode;
use super::output_mode::Off;
use super::quantiles::Summary;
use burn::module::Module;
use kiln_core::build::Build;
use kiln_core::layer::{Call, Layer, Options};
use kiln_core::{Context, DType, Error, Result, Shape, Tensor, layer_options};
use serde::{Deserialize, Serialize};

/// The number of the bin that each value falls into: how many boundaries are at most the value.
///
/// The boundaries are given, or read off data by [`Discretization::adapt`], which puts as many values into each of `num_bins` bins.
/// Output: `int32` of the input's shape, or as `output_mode` says. Keras: `keras/src/layers/preprocessing/discretization.py`.
///
/// ```
/// use kiln_core::Tensor;
/// use kiln_layers::Discretization;
/// let given = Discretization::new([0.0, 1.0, 2.0]);
/// let adapted = Discretization::bins(4).adapt(&Tensor::constant([-1.5, 1.0, 3.4, 0.5]))?;
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Discretization {
    #[serde(flatten)]
    options: Options,
    #[serde(default)]
    bin_boundaries: Option<Vec<f64>>,
    #[serde(default)]
    num_bins: Option<usize>,
    #[serde(default = "one_percent")]
    epsilon: f64,
    #[serde(default = "int")]
    output_mode: OutputMode,
    #[serde(default)]
    sparse: Off,
}

fn one_percent() -> f64 {
    0.01
}

fn int() -> OutputMode {
    OutputMode::Int
}

impl Discretization {
    fn with(bin_boundaries: Option<Vec<f64>>, num_bins: Option<usize>) -> Self {
        Self { options: Options::default(), bin_boundaries, num_bins, epsilon: 0.01, output_mode: OutputMode::Int, sparse: Off }
    }

    /// The boundaries, rising; there is one bin more.
    pub fn new(bin_boundaries: impl Into<Vec<f64>>) -> Self {
        Self::with(Some(bin_boundaries.into()), None)
    }

    /// The number of bins whose boundaries [`Discretization::adapt`] finds.
    pub fn bins(num_bins: usize) -> Self {
        Self::with(None, Some(num_bins))
    }

    /// How far from its quantile a boundary that is read off data may be. Default 0.01.
    pub fn epsilon(mut self, epsilon: f64) -> Self {
        self.epsilon = epsilon;
        self
    }

    /// `int`, `one_hot`, `multi_hot` or `count`. Default `int`.
    pub fn output_mode(mut self, mode: impl Into<OutputMode>) -> Self {
        self.output_mode = mode.into();
        self
    }

    /// The boundaries, if they are known.
    pub fn bin_boundaries(&self) -> Option<&[f64]> {
        self.bin_boundaries.as_deref()
    }

    /// Reads the boundaries off all values of `data`.
    ///
    /// # Errors
    /// A layer with given boundaries, no data, an `epsilon` that is not between 0 and 1.
    pub fn adapt(mut self, data: &Tensor) -> Result<Self> {
        let Some(bins) = self.num_bins else {
            return Err(Error::order("Discretization", "`adapt` on a layer whose `bin_boundaries` are given"));
        };
        if bins == 0 || !(self.epsilon > 0.0 && self.epsilon < 1.0) {
            self.check()?;
            return Err(Error::option("Discretization", "num_bins", "at least 1", bins));
        }
        if data.is_empty() {
            return Err(Error::data("Discretization", "no data to adapt to"));
        }
        let summary = Summary::of(data.to_vec::<f32>(), self.epsilon);
        self.bin_boundaries = Some(summary.boundaries(bins).into_iter().map(f64::from).collect());
        Ok(self)
    }

    fn check(&self) -> Result<&[f64]> {
        let known = [OutputMode::Int, OutputMode::OneHot, OutputMode::MultiHot, OutputMode::Count];
        self.output_mode.check("Discretization", &known)?;
        if !(self.epsilon > 0.0 && self.epsilon < 1.0) {
            return Err(Error::option("Discretization", "epsilon", "between 0 and 1", self.epsilon));
        }
        let Some(boundaries) = &self.bin_boundaries else {
            return Err(Error::order("Discretization", "the boundaries are not known").hint("give `bin_boundaries`, or call `adapt`"));
        };
        if let Some(pair) = boundaries.windows(2).find(|pair| pair[0].is_nan() || pair[1].is_nan() || pair[0] > pair[1]) {
            return Err(Error::option("Discretization", "bin_boundaries", "rising numbers", format!("{} before {}", pair[0], pair[1])));
        }
        Ok(boundaries)
    }
}

impl Layer for Discretization {
    const CLASS: &'static str = "Discretization";
    type Module = DiscretizationModule;
    layer_options!();

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        if input.rank() > 7 {
            return Err(Error::shape("Discretization", "an input of at most 7 axes", input));
        }
        let bins = self.check()?.len() + 1;
        self.output_mode.shape("Discretization", input, bins)
    }

    fn build(&self, input: &Shape, _: &Build) -> Result<DiscretizationModule> {
        self.output_shape(input)?;
        let boundaries = self.check()?.iter().map(|&b| b as f32).collect();
        Ok(DiscretizationModule { boundaries, output_mode: self.output_mode.clone() })
    }
}

/// A built [`Discretization`].
#[derive(Module, Debug)]
pub struct DiscretizationModule {
    #[module(skip)]
    boundaries: Vec<f32>,
    #[module(skip)]
    output_mode: OutputMode,
}

impl Call for DiscretizationModule {
    fn call(&self, x: Tensor, _: &Context) -> Result<Tensor> {
        let count = self.boundaries.len();
        let bins = if count == 0 {
            Tensor::zeros(x.shape()).to_device(&x.device()).cast(DType::I32)
        } else {
            let boundaries = Tensor::from_vec(self.boundaries.clone(), [count])?.to_device(&x.device());
            // Counted from above, so that NaN falls into the last bin, as in NumPy.
            let above = x.inner().to_float().expand_dims(-1)?.less(boundaries)?.cast(DType::I32).sum_axis(-1)?;
            (above * -1 + count as i32).cast(DType::I32)
        };
        self.output_mode.write(bins, count + 1, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preprocessing::goldens::{check, goldens, tensor};
    use kiln_core::{Device, random::Stream};

    #[test]
    fn agrees_with_keras() {
        for case in goldens("discretization") {
            let layer: Discretization = serde_json::from_value(case["config"].clone()).unwrap();
            let layer = if case["adapt"].is_null() { layer } else { layer.adapt(&tensor(&case["adapt"])).unwrap() };
            if !case["adapt"].is_null() {
                let boundaries: Vec<f32> = layer.bin_boundaries().unwrap().iter().map(|&b| b as f32).collect();
                check(&Tensor::from_vec(boundaries.clone(), [boundaries.len()]).unwrap(), &case["boundaries"], &case["config"]);
            }
            let x = tensor(&case["x"]);
            let device = Device::current().unwrap();
            let module = layer.build(&Shape::batch_of(&x.shape()[1..]), &Build::new(&device, Stream::new(0))).unwrap();
            let y = module.call(x.to_device(&device), &Context::inference()).unwrap();
            assert_eq!(y.dtype(), if layer.output_mode == OutputMode::Int { DType::I32 } else { DType::F32 });
            check(&y.to_float(), &case["y"], &case["config"]);
        }
    }

    #[test]
    fn nan_falls_into_the_last_bin() {
        let cx = Build::new(&Device::current().unwrap(), Stream::new(0));
        let module = Discretization::new([0.0, 1.0]).build(&Shape::batch_of([3]), &cx).unwrap();
        let x = Tensor::constant([[f64::NAN, f64::INFINITY, f64::NEG_INFINITY]]);
        assert_eq!(module.call(x, &Context::inference()).unwrap().to_vec::<i32>(), [2, 2, 0]);
        let module = Discretization::new([]).build(&Shape::batch_of([3]), &cx).unwrap();
        assert_eq!(module.call(Tensor::zeros([1, 2]), &Context::inference()).unwrap().to_vec::<i32>(), [0, 0]);
    }

    #[test]
    fn mistakes_are_errors() {
        let of = |layer: Discretization| layer.output_shape(&Shape::batch_of([3])).unwrap_err().to_string();
        let unknown = "Discretization: the boundaries are not known; give `bin_boundaries`, or call `adapt`";
        assert_eq!(of(Discretization::bins(3)), unknown);
        assert_eq!(of(Discretization::new([2.0, 1.0])), "Discretization: `bin_boundaries` must be rising numbers, received 2 before 1");
        let mode = of(Discretization::new([1.0]).output_mode("tf_idf"));
        assert_eq!(mode, "Discretization: `output_mode` must be one of `int`, `one_hot`, `multi_hot`, `count`, received `tf_idf`");
        assert!(Discretization::new([1.0]).adapt(&Tensor::zeros([3])).is_err());
        assert!(Discretization::bins(0).adapt(&Tensor::zeros([3])).is_err());
        assert!(Discretization::bins(2).epsilon(0.0).adapt(&Tensor::zeros([3])).is_err());
        assert!(Discretization::bins(2).adapt(&Tensor::zeros([0])).is_err());
        let sparse = serde_json::from_value::<Discretization>(serde_json::json!({"bin_boundaries": [1.0], "sparse": true}));
        assert_eq!(sparse.unwrap_err().to_string(), "sparse outputs are not supported");
    }
}
