//! Spectral normalization.

use crate::list::nested_layer;
use crate::setters::setters;
use burn::module::{Module, ModuleMapper, Param, ParamId};
use kiln_core::any_layer::AnyLayer;
use kiln_core::build::{Buffer, Build};
use kiln_core::constraint::Constraint;
use kiln_core::initializer::Initializer;
use kiln_core::layer::{Call, Layer, Options};
use kiln_core::regularizer::Regularizer;
use kiln_core::value::{Values, one, only};
use kiln_core::{AnyModule, Context, Error, Result, Shape, Tensor, layer_options, weights};
use serde::{Deserialize, Serialize};

/// Divides the kernel (or the embeddings) of a layer by its largest singular value, before each training step.
///
/// The singular value is estimated by `power_iterations` steps from the vector of the last time. The quotient takes the kernel's
/// place, so that the optimizer starts from it; no gradient flows through the division. Weights: `vector_u` (1, last axis of the
/// kernel) and those of the layer. Keras: `keras/src/layers/normalization/spectral_normalization.py`; Miyato and others, 2018.
///
/// ```
/// use kiln_layers::{Dense, SpectralNormalization};
/// let layer = SpectralNormalization::new(Dense::new(10)).power_iterations(2);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpectralNormalization {
    #[serde(flatten)]
    options: Options,
    #[serde(with = "nested_layer")]
    layer: AnyLayer,
    power_iterations: usize,
}

impl SpectralNormalization {
    /// Around `layer`, with one iteration a step.
    pub fn new(layer: impl Into<AnyLayer>) -> Self {
        Self { options: Options::default(), layer: layer.into(), power_iterations: 1 }
    }

    setters! { =>
        /// The steps of the power iteration. Default 1.
        power_iterations: usize;
    }
}

/// The name a weight of the inner layer has in this one.
fn inside(weight: &str) -> Option<&'static str> {
    match weight {
        "kernel" => Some("layer.kernel"),
        "bias" => Some("layer.bias"),
        "embeddings" => Some("layer.embeddings"),
        _ => None,
    }
}

impl Layer for SpectralNormalization {
    const CLASS: &'static str = "SpectralNormalization";
    type Module = SpectralNormalizationModule;
    layer_options!();

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        if self.power_iterations == 0 {
            return Err(Error::option(Self::CLASS, "power_iterations", "at least 1", 0));
        }
        let mut shapes = self.layer.output_shapes(std::slice::from_ref(input))?;
        match (shapes.pop(), shapes.len()) {
            (Some(shape), 0) => Ok(shape),
            _ => Err(Error::option(Self::CLASS, "layer", "a layer of one output", self.layer.class())),
        }
    }

    fn build(&self, input: &Shape, cx: &Build) -> Result<SpectralNormalizationModule> {
        self.output_shape(input)?;
        let module = self.layer.build(std::slice::from_ref(input), &cx.part("layer"))?;
        let weights = weights::list(&module);
        let kernel = weights.iter().find(|w| w.path == "kernel").or_else(|| weights.iter().find(|w| w.path == "embeddings"));
        let Some((id, Some(&columns))) = kernel.map(|w| (w.id, w.shape.last())) else {
            return Err(Error::option(Self::CLASS, "layer", "a layer with a `kernel` or `embeddings`", self.layer.class()));
        };
        let truncated = Initializer::TruncatedNormal { mean: 0.0, stddev: 0.02, seed: None };
        Ok(SpectralNormalizationModule {
            vector_u: cx.buffer("vector_u", [1, columns], &truncated)?,
            layer: module,
            kernel: id,
            description: self.clone(),
        })
    }

    fn constraints(&self) -> Vec<(&'static str, Constraint)> {
        self.layer.constraints().into_iter().filter_map(|(w, c)| Some((inside(&w)?, c))).collect()
    }

    fn activity_regularizer(&self) -> Option<Regularizer> {
        self.layer.activity_regularizer()
    }
}

/// A built [`SpectralNormalization`].
#[derive(Module, Debug)]
pub struct SpectralNormalizationModule {
    vector_u: Buffer<2>,
    layer: AnyModule,
    #[module(skip)]
    kernel: ParamId,
    #[module(skip)]
    description: SpectralNormalization,
}

impl SpectralNormalizationModule {
    /// The kernel over its largest singular value, and the vector to start from next time; `None` for a kernel of zeros.
    fn normalized(&self, kernel: &Tensor) -> Result<Option<(Tensor, Tensor)>> {
        let kernel = kernel.clone().inner();
        if kernel.clone().abs().max().item() == 0.0 {
            return Ok(None);
        }
        let columns = kernel.shape().last().copied().unwrap_or(1);
        let matrix = kernel.reshape([-1, columns as isize])?;
        let across = matrix.transpose([1, 0])?;
        let unit = |x: Tensor| -> Result<Tensor> { Ok(&x / x.clone().square().sum().maximum(SMALLEST)?.sqrt()) };
        let mut u = Tensor::from(self.vector_u.value()).inner();
        let mut v = unit(u.matmul(&across)?)?;
        u = unit(v.matmul(&matrix)?)?;
        for _ in 1..self.description.power_iterations {
            v = unit(u.matmul(&across)?)?;
            u = unit(v.matmul(&matrix)?)?;
        }
        let sigma = v.matmul(&matrix)?.matmul(&u.transpose([1, 0])?)?.reshape([1])?;
        Ok(Some((kernel / sigma, u)))
    }
}

impl SpectralNormalizationModule {
    /// The layer to call: in training, with the normalized kernel, which is left for the kernel's place.
    fn ready(&self, cx: &Context) -> Result<AnyModule> {
        let kernel = weights::values(&self.layer).into_iter().find(|(id, _)| *id == self.kernel);
        let step = match kernel {
            Some((_, kernel)) if cx.is_training() => self.normalized(&kernel)?.map(|(value, u)| (kernel, value, u)),
            _ => None,
        };
        let Some((kernel, value, u)) = step else { return Ok(self.layer.clone()) };
        // Equal to `value`, and as good as the kernel for the gradient.
        let change = (&value - kernel.clone().inner()).autodiff();
        let stand = if kernel.is_autodiff() { &kernel + change } else { value.clone() };
        cx.update(self.vector_u.id(), u);
        cx.update(self.kernel, value);
        Ok(self.layer.clone().map(&mut Stand { weight: self.kernel, value: Some(stand) }))
    }
}

/// The square of Keras' 1e-7, below which a length is not divided by.
const SMALLEST: f64 = 1e-14;

/// Puts a value computed from a weight in the weight's place, for one call; the gradient flows on to the weight.
struct Stand {
    weight: ParamId,
    value: Option<Tensor>,
}

impl ModuleMapper for Stand {
    fn map_float<const D: usize>(&mut self, param: Param<burn::Tensor<D>>) -> Param<burn::Tensor<D>> {
        if param.id != self.weight {
            return param;
        }
        match self.value.take().map(Tensor::float::<D>) {
            Some(Ok(value)) => Param::initialized(param.id, value),
            _ => param,
        }
    }
}

impl Call for SpectralNormalizationModule {
    fn call(&self, x: Tensor, cx: &Context) -> Result<Tensor> {
        only("SpectralNormalization", self.call_many(one(x), cx)?).map(|value| value.tensor)
    }

    fn call_many(&self, inputs: Values, cx: &Context) -> Result<Values> {
        let layer = self.ready(cx)?;
        let (listed, values) = (weights::list(&layer), weights::values(&layer));
        for (name, regularizer) in self.description.layer.regularizers() {
            // Here, not by the graph: the term is that of the normalized kernel.
            if let Some((_, (_, value))) = listed.iter().zip(&values).find(|(w, _)| w.path == name) {
                cx.add_loss(regularizer.penalty(value)?);
            }
        }
        layer.call(inputs, cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Dense, Flatten};

    #[test]
    fn mistakes_are_errors() {
        let cx = Build::new(&kiln_core::Device::current().unwrap(), kiln_core::random::Stream::new(1));
        let of = |layer: SpectralNormalization| layer.build(&Shape::batch_of([4]), &cx).map(drop).unwrap_err().to_string();
        assert_eq!(
            of(SpectralNormalization::new(Dense::new(2)).power_iterations(0)),
            "SpectralNormalization: `power_iterations` must be at least 1, received 0"
        );
        assert_eq!(
            of(SpectralNormalization::new(Flatten::new())),
            "SpectralNormalization: `layer` must be a layer with a `kernel` or `embeddings`, received Flatten"
        );
    }
}
