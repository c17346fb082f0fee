//! Values brought to mean 0 and variance 1.

use super::Numbers;
use burn::module::Module;
use kiln_core::build::Build;
use kiln_core::layer::{Call, Layer, MaskRule, Options};
use kiln_core::{AnyBuffer, Axes, Context, Error, Result, Shape, Tensor, layer_options};
use serde::{Deserialize, Serialize};

/// `(x - mean) / max(sqrt(variance), 1e-7)`, with a mean and a variance for each place of the axes `axis`.
///
/// They are given, or read off data by [`Normalization::adapt`] before the model is built. Weights, unless they are given: `mean` and
/// `variance` (the sizes of `axis`), `count` (1), none of them trained. Keras: `keras/src/layers/preprocessing/normalization.py`.
///
/// ```
/// use kiln_core::Tensor;
/// use kiln_layers::Normalization;
/// let data = Tensor::constant([[0.0, 7.0], [2.0, 9.0]]);
/// let adapted = Normalization::new().adapt(&data)?;
/// let given = Normalization::new().mean(3.0).variance(2.0);
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Normalization {
    #[serde(flatten)]
    options: Options,
    #[serde(default = "last_axis")]
    axis: Option<Axes>,
    #[serde(default)]
    mean: Option<Numbers>,
    #[serde(default)]
    variance: Option<Numbers>,
    #[serde(default)]
    invert: bool,
    /// Read off data. They become weights and are saved as such, not in the description.
    #[serde(skip)]
    adapted: Option<Moments>,
}

#[derive(Clone, Debug, PartialEq)]
struct Moments {
    shape: Vec<usize>,
    mean: Vec<f32>,
    variance: Vec<f32>,
}

fn last_axis() -> Option<Axes> {
    Some(Axes::One(-1))
}

impl Default for Normalization {
    fn default() -> Self {
        Self::new()
    }
}

impl Normalization {
    /// Over all but the last axis.
    pub fn new() -> Self {
        Self { options: Options::default(), axis: last_axis(), mean: None, variance: None, invert: false, adapted: None }
    }

    /// The axes whose places have a mean of their own; `None` for one mean of everything. Default -1.
    pub fn axis(mut self, axis: impl Into<Axes>) -> Self {
        self.axis = Some(axis.into());
        self
    }

    /// The mean: a number, or one for each place. It needs a `variance` of the same shape. Default none.
    pub fn mean(mut self, mean: impl Into<Numbers>) -> Self {
        self.mean = Some(mean.into());
        self
    }

    /// The variance. Default none.
    pub fn variance(mut self, variance: impl Into<Numbers>) -> Self {
        self.variance = Some(variance.into());
        self
    }

    /// Turns normal values back: `mean + x * max(sqrt(variance), 1e-7)`. Default false.
    pub fn invert(mut self, invert: bool) -> Self {
        self.invert = invert;
        self
    }

    /// Reads mean and variance off `data`, whose first axis is the samples.
    ///
    /// # Errors
    /// A layer with given numbers, axes that the data don't have, no data.
    pub fn adapt(mut self, data: &Tensor) -> Result<Self> {
        if self.mean.is_some() {
            return Err(Error::order("Normalization", "`adapt` on a layer whose `mean` and `variance` are given"));
        }
        let kept = self.kept(data.rank())?;
        if data.is_empty() {
            return Err(Error::data("Normalization", "no data to adapt to"));
        }
        let x = data.clone().inner().to_float();
        let over = |x: &Tensor| (0..data.rank()).rev().filter(|a| !kept.contains(a)).try_fold(x.clone(), |x, a| x.mean_axis(a as isize));
        let mean = over(&x)?;
        let wide: Vec<isize> = data.shape().iter().enumerate().map(|(a, &n)| if kept.contains(&a) { n as isize } else { 1 }).collect();
        let variance = over(&(x - mean.reshape(wide)?).square())?;
        self.adapted = Some(Moments { shape: mean.shape(), mean: mean.to_vec(), variance: variance.to_vec() });
        Ok(self)
    }

    /// The axes kept, sorted and counted from the front.
    fn kept(&self, rank: usize) -> Result<Vec<usize>> {
        let place = |axis: &isize| {
            let from_front = if *axis < 0 { axis + rank as isize } else { *axis };
            let error = || Error::option("Normalization", "axis", format!("in {}..{rank}", -(rank as isize)), axis);
            if (0..rank as isize).contains(&from_front) { Ok(from_front as usize) } else { Err(error()) }
        };
        let mut axes: Vec<usize> = self.axis.iter().flat_map(Axes::list).map(place).collect::<Result<_>>()?;
        axes.sort_unstable();
        axes.dedup();
        Ok(axes)
    }

    /// The sizes of the kept axes, and the shape that broadcasts against the input.
    fn shapes(&self, input: &Shape) -> Result<(Vec<usize>, Vec<usize>)> {
        let kept = self.kept(input.rank())?;
        let mut wide = vec![1; input.rank()];
        let size = |axis: &usize| input.axes()[*axis].ok_or_else(|| Error::shape("Normalization", format!("a known axis {axis}"), input));
        let sizes: Vec<usize> = kept.iter().map(size).collect::<Result<_>>()?;
        kept.iter().zip(&sizes).for_each(|(axis, size)| wide[*axis] = *size);
        Ok((sizes, wide))
    }

    /// The given mean and variance, broadcast.
    fn given(&self, sizes: &[usize], wide: &[usize]) -> Result<Option<(Tensor, Tensor)>> {
        let (mean, variance) = match (&self.mean, &self.variance) {
            (None, None) => return Ok(None),
            (Some(mean), Some(variance)) => (mean, variance),
            _ => return Err(Error::option("Normalization", "mean", "given together with `variance`", "one of them")),
        };
        let shape = mean.shape();
        let fits = |shape: &[usize]| {
            shape.len() <= sizes.len() && shape.iter().rev().zip(sizes.iter().rev()).all(|(have, want)| have == want || *have == 1)
        };
        match shape {
            Some(shape) if Some(&shape) == variance.shape().as_ref() && fits(&shape) => {
                let of = |numbers: &Numbers| numbers.tensor(&shape)?.broadcast_to(sizes)?.reshape(signed(wide));
                Ok(Some((of(mean)?, of(variance)?)))
            }
            _ => {
                let expected = format!("a number or numbers of shape {}, as `variance`", kiln_core::shape::tuple(sizes));
                let received = mean.shape().map_or("lists of different lengths".to_owned(), |s| kiln_core::shape::tuple(&s));
                Err(Error::option("Normalization", "mean", expected, received))
            }
        }
    }
}

fn signed(shape: &[usize]) -> Vec<isize> {
    shape.iter().map(|&n| n as isize).collect()
}

impl Layer for Normalization {
    const CLASS: &'static str = "Normalization";
    type Module = NormalizationModule;
    layer_options!();

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        let (sizes, wide) = self.shapes(input)?;
        self.given(&sizes, &wide)?;
        Ok(input.clone())
    }

    fn build(&self, input: &Shape, cx: &Build) -> Result<NormalizationModule> {
        let (sizes, wide) = self.shapes(input)?;
        let statistics = match (self.given(&sizes, &wide)?, &self.adapted) {
            (Some((mean, variance)), _) => return Ok(NormalizationModule::given(&mean, &variance, wide, self.invert)),
            (None, None) => (Tensor::zeros(&sizes), Tensor::ones(&sizes)),
            (None, Some(moments)) if moments.shape == sizes => {
                (Tensor::from_vec(moments.mean.clone(), &sizes)?, Tensor::from_vec(moments.variance.clone(), &sizes)?)
            }
            (None, Some(moments)) => {
                let expected = format!("axes of the sizes it was adapted to, {}", kiln_core::shape::tuple(&moments.shape));
                return Err(Error::shape("Normalization", expected, input));
            }
        };
        Ok(NormalizationModule {
            mean: Some(AnyBuffer::new(statistics.0, cx)?),
            variance: Some(AnyBuffer::new(statistics.1, cx)?),
            count: Some(AnyBuffer::new(Tensor::zeros([1]), cx)?),
            fixed: None,
            wide,
            invert: self.invert,
        })
    }
}

/// A built [`Normalization`].
#[derive(Module, Debug)]
pub struct NormalizationModule {
    mean: Option<AnyBuffer>,
    variance: Option<AnyBuffer>,
    /// Keras keeps it for old files; nothing reads it.
    count: Option<AnyBuffer>,
    #[module(skip)]
    fixed: Option<(Vec<f32>, Vec<f32>)>,
    #[module(skip)]
    wide: Vec<usize>,
    #[module(skip)]
    invert: bool,
}

impl NormalizationModule {
    fn given(mean: &Tensor, variance: &Tensor, wide: Vec<usize>, invert: bool) -> Self {
        Self { mean: None, variance: None, count: None, fixed: Some((mean.to_vec(), variance.to_vec())), wide, invert }
    }

    fn statistics(&self, device: &kiln_core::Device) -> Result<(Tensor, Tensor)> {
        if let (Some(mean), Some(variance)) = (&self.mean, &self.variance) {
            return Ok((mean.value().reshape(signed(&self.wide))?, variance.value().reshape(signed(&self.wide))?));
        }
        let (mean, variance) = self.fixed.clone().unwrap_or_default();
        let place = |values| Ok::<_, Error>(Tensor::from_vec(values, &self.wide)?.to_device(device));
        Ok((place(mean)?, place(variance)?))
    }
}

impl Call for NormalizationModule {
    const MASK: MaskRule = MaskRule::Pass;

    fn call(&self, x: Tensor, _: &Context) -> Result<Tensor> {
        let (mean, variance) = self.statistics(&x.device())?;
        let spread = variance.sqrt().maximum(1e-7)?;
        if self.invert { mean.try_add(x.to_float() * spread) } else { Ok(x.to_float().try_sub(mean)? / spread) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preprocessing::goldens::{check, goldens, tensor};
    use kiln_core::{Device, random::Stream, weights};

    fn call(layer: &Normalization, x: &Tensor) -> Tensor {
        let device = Device::current().unwrap();
        let shape = Shape::batch_of(&x.shape()[1..]);
        let module = layer.build(&shape, &Build::new(&device, Stream::new(0))).unwrap();
        module.call(x.clone().to_device(&device), &Context::inference()).unwrap()
    }

    #[test]
    fn agrees_with_keras() {
        for case in goldens("normalization") {
            let layer: Normalization = serde_json::from_value(case["config"].clone()).unwrap();
            let layer = if case["adapt"].is_null() { layer } else { layer.adapt(&tensor(&case["adapt"])).unwrap() };
            check(&call(&layer, &tensor(&case["x"])), &case["y"], &case["config"]);
        }
    }

    #[test]
    fn weights_are_those_of_keras() {
        let cx = Build::new(&Device::current().unwrap(), Stream::new(0));
        let listed = |layer: Normalization| -> Vec<_> {
            let module = layer.build(&Shape::batch_of([4, 3]), &cx).unwrap();
            weights::list(&module).into_iter().map(|w| (w.path, w.shape, w.trainable)).collect()
        };
        let expected = [("mean", vec![3]), ("variance", vec![3]), ("count", vec![1])];
        assert_eq!(listed(Normalization::new()), expected.map(|(name, shape)| (name.to_owned(), shape, false)));
        assert_eq!(listed(Normalization::new().axis([1, -1]))[0].1, [4, 3]);
        assert!(listed(Normalization::new().mean(0.0).variance(1.0)).is_empty());
    }

    #[test]
    fn mistakes_are_errors() {
        let of = |layer: Normalization| layer.output_shape(&Shape::batch_of([3])).unwrap_err().to_string();
        assert_eq!(of(Normalization::new().axis(2)), "Normalization: `axis` must be in -2..2, received 2");
        assert_eq!(of(Normalization::new().axis(0)), "Normalization: expected a known axis 0, received (None, 3)");
        assert_eq!(
            of(Normalization::new().mean(1.0)),
            "Normalization: `mean` must be given together with `variance`, received one of them"
        );
        let two = of(Normalization::new().mean([1.0, 2.0]).variance([1.0, 2.0]));
        assert_eq!(two, "Normalization: `mean` must be a number or numbers of shape (3,), as `variance`, received (2,)");
        let adapted = Normalization::new().adapt(&Tensor::zeros([5, 2])).unwrap();
        let cx = Build::new(&Device::current().unwrap(), Stream::new(0));
        let error = adapted.build(&Shape::batch_of([3]), &cx).unwrap_err().to_string();
        assert_eq!(error, "Normalization: expected axes of the sizes it was adapted to, (2,), received (None, 3)");
        assert!(Normalization::new().mean(0.0).variance(1.0).adapt(&Tensor::zeros([5, 2])).is_err());
        assert!(Normalization::new().adapt(&Tensor::zeros([0, 2])).is_err());
    }
}
