//! A vector for each integer.

use burn::module::{Module, Param};
use kiln_core::build::Build;
use kiln_core::constraint::Constraint;
use kiln_core::initializer::Initializer;
use kiln_core::kernels;
use kiln_core::layer::{Call, Layer, Options};
use kiln_core::regularizer::Regularizer;
use kiln_core::value::{Value, Values, one, only};
use kiln_core::{Context, DType, Error, Result, Shape, Tensor, layer_options};
use serde::{Deserialize, Serialize};

/// The row of a table for each index, which must lie in `0..input_dim`: from any shape to that shape and `output_dim`.
///
/// With `mask_zero` the index 0 stands for what is not there, and the layers that follow pass over it. Weights: `embeddings`
/// (input_dim, output_dim). Keras: `keras/src/layers/core/embedding.py`.
///
/// ```
/// use kiln_core::{Layer, Shape};
/// use kiln_layers::Embedding;
/// let layer = Embedding::new(1000, 64).mask_zero(true);
/// assert_eq!(layer.output_shape(&Shape::batch_of([10]))?.to_string(), "(None, 10, 64)");
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Embedding {
    #[serde(flatten)]
    pub(super) options: Options,
    pub(super) input_dim: usize,
    pub(super) output_dim: usize,
    pub(super) embeddings_initializer: Initializer,
    embeddings_regularizer: Option<Regularizer>,
    activity_regularizer: Option<Regularizer>,
    embeddings_constraint: Option<Constraint>,
    mask_zero: bool,
}

/// The rank of a tensor has a limit, and the output has one axis more.
const MOST_AXES: usize = 7;

/// From here on, `f32` can't tell each integer from the next.
const EXACT: usize = 1 << 24;

impl Embedding {
    /// A table of `input_dim` rows of `output_dim` numbers, uniform in ±0.05 at first.
    pub fn new(input_dim: usize, output_dim: usize) -> Self {
        Self {
            options: Options::default(),
            input_dim,
            output_dim,
            embeddings_initializer: "uniform".into(),
            embeddings_regularizer: None,
            activity_regularizer: None,
            embeddings_constraint: None,
            mask_zero: false,
        }
    }

    /// Default `uniform`, within ±0.05.
    pub fn embeddings_initializer(mut self, initializer: impl Into<Initializer>) -> Self {
        self.embeddings_initializer = initializer.into();
        self
    }

    /// A term of the loss that keeps the table small. Default none.
    pub fn embeddings_regularizer(mut self, regularizer: impl Into<Regularizer>) -> Self {
        self.embeddings_regularizer = Some(regularizer.into());
        self
    }

    /// A term of the loss that keeps the output small. Default none.
    pub fn activity_regularizer(mut self, regularizer: impl Into<Regularizer>) -> Self {
        self.activity_regularizer = Some(regularizer.into());
        self
    }

    /// Applied to the table after each step of the optimizer. Default none.
    pub fn embeddings_constraint(mut self, constraint: impl Into<Constraint>) -> Self {
        self.embeddings_constraint = Some(constraint.into());
        self
    }

    /// Whether the index 0 means that there is nothing. Default false.
    pub fn mask_zero(mut self, mask_zero: bool) -> Self {
        self.mask_zero = mask_zero;
        self
    }
}

impl Layer for Embedding {
    const CLASS: &'static str = "Embedding";
    type Module = EmbeddingModule;
    layer_options!();

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        for (option, size) in [("input_dim", self.input_dim), ("output_dim", self.output_dim)] {
            if size == 0 {
                return Err(Error::option(Self::CLASS, option, "at least 1", 0));
            }
        }
        if input.rank() > MOST_AXES {
            return Err(Error::shape(Self::CLASS, format!("an input of at most {MOST_AXES} axes"), input));
        }
        Ok(Shape::new(input.axes().iter().copied().chain([Some(self.output_dim)]).collect::<Vec<_>>()))
    }

    fn build(&self, input: &Shape, cx: &Build) -> Result<EmbeddingModule> {
        self.output_shape(input)?;
        let embeddings = cx.weight("embeddings", [self.input_dim, self.output_dim], &self.embeddings_initializer)?;
        Ok(EmbeddingModule { embeddings, mask_zero: self.mask_zero })
    }

    fn regularizers(&self) -> Vec<(&'static str, Regularizer)> {
        self.embeddings_regularizer.clone().map(|r| ("embeddings", r)).into_iter().collect()
    }

    fn constraints(&self) -> Vec<(&'static str, Constraint)> {
        self.embeddings_constraint.clone().map(|c| ("embeddings", c)).into_iter().collect()
    }

    fn activity_regularizer(&self) -> Option<Regularizer> {
        self.activity_regularizer.clone()
    }
}

/// A built [`Embedding`].
#[derive(Module, Debug)]
pub struct EmbeddingModule {
    pub(super) embeddings: Param<burn::Tensor<2>>,
    #[module(skip)]
    mask_zero: bool,
}

impl EmbeddingModule {
    /// The indices. Burn reads past the table, or panics, on one that isn't there; one look at them is cheap beside the rest.
    fn indices(&self, x: &Tensor) -> Result<Vec<u32>> {
        let [rows, _] = self.embeddings.dims();
        if rows > EXACT && x.dtype().is_float() {
            let error = Error::data(Embedding::CLASS, format!("indices up to {rows} can't be told apart as {}", x.describe()));
            return Err(error.hint("call the layer with integers"));
        }
        let indices = x.to_vec::<i64>();
        let Some(place) = indices.iter().position(|i| usize::try_from(*i).map_or(true, |i| i >= rows)) else {
            // As many as a table in memory can have.
            return Ok(indices.into_iter().map(|i| i as u32).collect());
        };
        let sample = place / x.shape().iter().skip(1).product::<usize>().max(1);
        Err(Error::data(Embedding::CLASS, format!("indices must lie in 0..{rows}, received {} at sample {sample}", indices[place]))
            .hint(format!("is `input_dim` {rows} too small?")))
    }
}

impl Call for EmbeddingModule {
    fn call(&self, x: Tensor, _: &Context) -> Result<Tensor> {
        if x.rank() > MOST_AXES {
            return Err(Error::shape(Embedding::CLASS, format!("an input of at most {MOST_AXES} axes"), x.describe()));
        }
        let indices = self.indices(&x)?;
        let table = self.embeddings.val();
        let out: Vec<isize> = x.shape().into_iter().chain([table.dims()[1]]).map(|n| n as isize).collect();
        if let Some(y) = kernels::embedding(&table.clone().into(), indices.into()) {
            return y.reshape(out);
        }
        let indices = x.cast(DType::I32).reshape([1, -1])?;
        let indices = if table.device().is_autodiff() { indices.autodiff() } else { indices.inner() };
        Tensor::from(burn::tensor::module::embedding(table, indices.int::<2>()?)).reshape(out)
    }

    fn call_many(&self, inputs: Values, cx: &Context) -> Result<Values> {
        let x = only(Embedding::CLASS, inputs)?.tensor;
        let mask = if self.mask_zero { Some(x.clone().inner().cast(DType::I32).not_equal(0)?) } else { None };
        Ok(one(Value { tensor: self.call(x, cx)?, mask }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kiln_core::Device;
    use kiln_core::random::Stream;

    fn module(layer: Embedding) -> EmbeddingModule {
        layer.build(&Shape::batch_of([2]), &Build::new(&Device::current().unwrap(), Stream::new(1))).unwrap()
    }

    fn indices<const N: usize>(values: [f64; N]) -> Tensor {
        Tensor::constant(values).reshape([1, -1]).unwrap().to_device(&Device::current().unwrap()).autodiff()
    }

    #[test]
    fn the_table_begins_uniform_and_small() {
        let values: Vec<f32> = Tensor::from(module(Embedding::new(50, 4)).embeddings.val()).to_vec();
        assert!(values.iter().all(|v| v.abs() <= 0.05) && values.iter().any(|v| v.abs() > 0.04));
        assert!(Tensor::from(module(Embedding::new(5, 4).embeddings_initializer("ones")).embeddings.val()).to_vec::<f32>() == [1.0; 20]);
    }

    #[test]
    fn zero_is_masked_when_asked_for() {
        let mask = |layer: Embedding| module(layer).call_many(one(indices([3.0, 0.0])), &Context::inference()).unwrap().remove(0).mask;
        assert_eq!(mask(Embedding::new(5, 4).mask_zero(true)).unwrap().to_float().to_vec::<f32>(), [1.0, 0.0]);
        assert!(mask(Embedding::new(5, 4)).is_none());
    }

    #[test]
    fn mistakes_are_errors() {
        let of = |x: Tensor| module(Embedding::new(5, 4)).call(x, &Context::inference()).unwrap_err().to_string();
        let expected = "Embedding: indices must lie in 0..5, received 5 at sample 0; is `input_dim` 5 too small?";
        assert_eq!(of(indices([0.0, 5.0])), expected);
        assert_eq!(
            of(Tensor::constant([[1], [-1]]).autodiff()),
            "Embedding: indices must lie in 0..5, received -1 at sample 1; is `input_dim` 5 too small?"
        );
        let shape = |layer: Embedding| layer.output_shape(&Shape::batch_of([2])).unwrap_err().to_string();
        assert_eq!(shape(Embedding::new(0, 1)), "Embedding: `input_dim` must be at least 1, received 0");
        assert_eq!(shape(Embedding::new(1, 0)), "Embedding: `output_dim` must be at least 1, received 0");
    }
}
