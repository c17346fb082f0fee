//! A vector for each integer, and back.

use super::embedding::{Embedding, EmbeddingModule};
use crate::parts::module_of;
use burn::module::Param;
use kiln_core::build::Build;
use kiln_core::constraint::Constraint;
use kiln_core::initializer::Initializer;
use kiln_core::layer::{Call, Layer, Options};
use kiln_core::regularizer::Regularizer;
use kiln_core::symbol::{On, Symbol};
use kiln_core::value::Values;
use kiln_core::{AnyLayer, Context, DType, Error, Result, Shape, Tensor};
use serde::{Deserialize, Serialize};

/// An [`Embedding`] that also projects back, from `output_dim` to the scores of the `input_dim` indices: `hidden · embeddingsᵀ`
/// (Press and Wolf 2016, <https://arxiv.org/abs/1608.05859>).
///
/// A call with one input embeds it. [`ReversibleEmbedding::reverse`] projects back: it is a call with the hidden state as both of two
/// inputs. Weights: `embeddings` (input_dim, output_dim); with `tie_weights(false)` also `reverse_embeddings` (output_dim, input_dim).
/// Keras: `keras/src/layers/core/reversible_embedding.py`.
///
/// ```
/// use kiln_core::symbol::{On, Symbol};
/// use kiln_core::Shape;
/// use kiln_layers::{Dense, ReversibleEmbedding};
/// let tokens = Symbol::input(None, Shape::batch_of([10]));
/// let embedding = ReversibleEmbedding::new(1000, 32).shared();
/// let hidden = Dense::new(32).activation("relu").on(&embedding.on(&tokens)?)?;
/// let logits = ReversibleEmbedding::reverse(&embedding, &hidden)?;
/// assert_eq!(logits.shape().to_string(), "(None, 10, 1000)");
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReversibleEmbedding {
    #[serde(flatten)]
    embedding: Embedding,
    #[serde(default = "yes")]
    tie_weights: bool,
    #[serde(default)]
    reverse_dtype: Option<String>,
    #[serde(default)]
    logit_soft_cap: Option<f64>,
}

fn yes() -> bool {
    true
}

const DTYPES: [(&str, DType); 4] = [("float32", DType::F32), ("float64", DType::F64), ("float16", DType::F16), ("bfloat16", DType::BF16)];

impl ReversibleEmbedding {
    /// A table of `input_dim` rows of `output_dim` numbers, uniform in ±0.05 at first, used both ways.
    pub fn new(input_dim: usize, output_dim: usize) -> Self {
        Self { embedding: Embedding::new(input_dim, output_dim), tie_weights: true, reverse_dtype: None, logit_soft_cap: None }
    }

    /// Projects `hidden` back with the weights of `layer`: Keras' `layer(hidden, reverse=True)`.
    ///
    /// # Errors
    /// A layer of another class; a last axis that isn't `output_dim`.
    pub fn reverse(layer: &AnyLayer, hidden: &Symbol) -> Result<Symbol> {
        if layer.class() != Self::CLASS {
            return Err(Error::option(Self::CLASS, "layer", "a layer of this class", layer.class()));
        }
        layer.on([hidden, hidden])
    }

    /// Whether the table's transpose projects back, not a weight of its own. Default true.
    pub fn tie_weights(mut self, tie_weights: bool) -> Self {
        self.tie_weights = tie_weights;
        self
    }

    /// The type the projection back is computed in: `float32`, `float64`, `float16` or `bfloat16`. Default that of the input.
    pub fn reverse_dtype(mut self, dtype: &str) -> Self {
        self.reverse_dtype = Some(dtype.to_owned());
        self
    }

    /// Holds the scores within ±`cap`: `tanh(x / cap) * cap`. Default none.
    pub fn logit_soft_cap(mut self, cap: f64) -> Self {
        self.logit_soft_cap = Some(cap);
        self
    }

    /// Default `uniform`, within ±0.05; for both weights.
    pub fn embeddings_initializer(mut self, initializer: impl Into<Initializer>) -> Self {
        self.embedding = self.embedding.embeddings_initializer(initializer);
        self
    }

    /// A term of the loss that keeps the table small. Default none.
    pub fn embeddings_regularizer(mut self, regularizer: impl Into<Regularizer>) -> Self {
        self.embedding = self.embedding.embeddings_regularizer(regularizer);
        self
    }

    /// A term of the loss that keeps the output small. Default none.
    pub fn activity_regularizer(mut self, regularizer: impl Into<Regularizer>) -> Self {
        self.embedding = self.embedding.activity_regularizer(regularizer);
        self
    }

    /// Applied to the table after each step of the optimizer. Default none.
    pub fn embeddings_constraint(mut self, constraint: impl Into<Constraint>) -> Self {
        self.embedding = self.embedding.embeddings_constraint(constraint);
        self
    }

    /// Whether the index 0 means that there is nothing. Default false.
    pub fn mask_zero(mut self, mask_zero: bool) -> Self {
        self.embedding = self.embedding.mask_zero(mask_zero);
        self
    }

    fn dtype(&self) -> Result<Option<DType>> {
        let known = |name: &String| {
            let found = DTYPES.iter().find(|(known, _)| known == name).map(|(_, dtype)| *dtype);
            found.ok_or_else(|| Error::unknown("dtype", name, DTYPES.map(|(name, _)| name)))
        };
        self.reverse_dtype.as_ref().map(known).transpose()
    }

    fn check(&self) -> Result<()> {
        self.dtype()?;
        match self.logit_soft_cap {
            Some(cap) if !(cap.is_finite() && cap != 0.0) => {
                Err(Error::option(Self::CLASS, "logit_soft_cap", "a number other than 0", cap))
            }
            _ => Ok(()),
        }
    }
}

impl Layer for ReversibleEmbedding {
    const CLASS: &'static str = "ReversibleEmbedding";
    type Module = ReversibleEmbeddingModule;

    fn options(&self) -> &Options {
        &self.embedding.options
    }

    fn options_mut(&mut self) -> &mut Options {
        &mut self.embedding.options
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        self.check()?;
        self.embedding.output_shape(input).map_err(|e| e.by(Embedding::CLASS, Self::CLASS))
    }

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        match inputs {
            [input] => Ok(vec![self.output_shape(input)?]),
            [hidden, again] => {
                // For what is wrong with the options.
                self.output_shape(&Shape::batch_of([1]))?;
                let mut axes = hidden.axes().to_vec();
                match axes.last_mut() {
                    Some(last) if last.is_none_or(|n| n == self.embedding.output_dim) && hidden == again => {
                        *last = Some(self.embedding.input_dim);
                    }
                    _ => {
                        let expected = format!("the hidden state (…, {}) twice, to project back", self.embedding.output_dim);
                        return Err(Error::shape(Self::CLASS, expected, format!("{hidden} and {again}")));
                    }
                }
                Ok(vec![Shape::new(axes)])
            }
            _ => Err(Error::shape(Self::CLASS, "one input, or two to project back", format!("{} inputs", inputs.len()))),
        }
    }

    fn build(&self, input: &Shape, cx: &Build) -> Result<ReversibleEmbeddingModule> {
        self.build_many(std::slice::from_ref(input), cx)
    }

    fn build_many(&self, inputs: &[Shape], cx: &Build) -> Result<ReversibleEmbeddingModule> {
        self.output_shapes(inputs)?;
        let [rows, width] = [self.embedding.input_dim, self.embedding.output_dim];
        let initializer = &self.embedding.embeddings_initializer;
        let reverse = |name| cx.weight(name, [width, rows], initializer);
        Ok(ReversibleEmbeddingModule {
            embedding: self.embedding.build(&Shape::batch_of([1]), cx)?,
            reverse_embeddings: (!self.tie_weights).then(|| reverse("reverse_embeddings")).transpose()?,
            reverse_dtype: self.dtype()?,
            logit_soft_cap: self.logit_soft_cap,
        })
    }

    fn regularizers(&self) -> Vec<(&'static str, Regularizer)> {
        self.embedding.regularizers()
    }

    fn constraints(&self) -> Vec<(&'static str, Constraint)> {
        self.embedding.constraints()
    }

    fn activity_regularizer(&self) -> Option<Regularizer> {
        Layer::activity_regularizer(&self.embedding)
    }
}

/// A built [`ReversibleEmbedding`].
#[derive(Clone, Debug)]
pub struct ReversibleEmbeddingModule {
    embedding: EmbeddingModule,
    reverse_embeddings: Option<Param<burn::Tensor<2>>>,
    reverse_dtype: Option<DType>,
    logit_soft_cap: Option<f64>,
}

module_of!(ReversibleEmbeddingModule { embedding, reverse_embeddings as "reverse_embeddings" });

impl ReversibleEmbeddingModule {
    /// The scores of all indices for `hidden` (…, output_dim).
    fn reverse(&self, hidden: &Tensor) -> Result<Tensor> {
        let kernel = match &self.reverse_embeddings {
            Some(kernel) => kernel.val(),
            None => self.embedding.embeddings.val().transpose(),
        };
        let [width, rows] = kernel.dims();
        let mut shape = hidden.shape();
        match shape.last_mut() {
            Some(last) if *last == width => *last = rows,
            _ => return Err(Error::shape(ReversibleEmbedding::CLASS, format!("a hidden state (…, {width})"), hidden.describe())),
        }
        let count: usize = shape[..shape.len() - 1].iter().product();
        let (mut x, mut kernel) = (hidden.clone().to_float().reshape([count as isize, width as isize])?, Tensor::from(kernel));
        if let Some(dtype) = self.reverse_dtype {
            if !hidden.device().burn().supports_dtype(dtype) {
                return Err(Error::device(ReversibleEmbedding::CLASS, format!("it doesn't compute in {}", dtype_name(dtype))));
            }
            (x, kernel) = (x.cast(dtype), kernel.cast(dtype));
        }
        let scores = x.matmul(&kernel)?.reshape(shape.into_iter().map(|n| n as isize).collect::<Vec<_>>())?;
        Ok(match self.logit_soft_cap {
            Some(cap) => (scores / cap).tanh() * cap,
            None => scores,
        })
    }
}

fn dtype_name(dtype: DType) -> &'static str {
    DTYPES.iter().find(|(_, known)| *known == dtype).map_or("this type", |(name, _)| name)
}

impl Call for ReversibleEmbeddingModule {
    fn call(&self, x: Tensor, cx: &Context) -> Result<Tensor> {
        self.embedding.call(x, cx).map_err(|e| e.by(Embedding::CLASS, ReversibleEmbedding::CLASS))
    }

    fn call_many(&self, inputs: Values, cx: &Context) -> Result<Values> {
        match inputs.as_slice() {
            [hidden, _] => Ok(kiln_core::value::one(self.reverse(&hidden.tensor)?)),
            _ => self.embedding.call_many(inputs, cx).map_err(|e| e.by(Embedding::CLASS, ReversibleEmbedding::CLASS)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kiln_core::Device;
    use kiln_core::random::Stream;
    use kiln_core::value::{Value, one};

    fn built(layer: &ReversibleEmbedding) -> ReversibleEmbeddingModule {
        layer.build(&Shape::batch_of([2]), &Build::new(&Device::current().unwrap(), Stream::new(1))).unwrap()
    }

    fn twice(x: Tensor) -> Values {
        let x = x.to_device(&Device::current().unwrap()).autodiff();
        [Value::from(x.clone()), Value::from(x)].into_iter().collect()
    }

    #[test]
    fn agrees_with_keras() {
        assert!(crate::reference::check(include_str!("../../testdata/reversible_embedding.json")) <= 1.0);
    }

    #[test]
    fn the_projection_has_its_own_type() {
        let hidden = || twice(Tensor::constant([[0.3, -0.7, 0.11]]));
        let of = |layer: ReversibleEmbedding| {
            let outputs = built(&layer.embeddings_initializer("ones")).call_many(hidden(), &Context::inference());
            outputs.map(|mut outputs| outputs.remove(0).tensor)
        };
        let exact = of(ReversibleEmbedding::new(4, 3)).unwrap();
        let rounded = match of(ReversibleEmbedding::new(4, 3).reverse_dtype("bfloat16")) {
            Ok(rounded) => rounded,
            // ndarray has no such numbers.
            Err(error) => return assert!(error.to_string().contains("it doesn't compute in bfloat16"), "{error}"),
        };
        assert_eq!((exact.dtype(), rounded.dtype()), (DType::F32, DType::BF16));
        let gap = (exact.to_vec::<f32>()[0] - rounded.to_vec::<f32>()[0]).abs();
        assert!(gap > 0.0 && gap < 5e-3, "{gap}");
    }

    #[test]
    fn masks_are_made_forward_only() {
        let module = built(&ReversibleEmbedding::new(5, 3).mask_zero(true));
        let tokens = Tensor::constant([[3, 0]]).to_device(&Device::current().unwrap()).autodiff();
        let y = module.call_many(one(tokens), &Context::inference()).unwrap().remove(0);
        assert_eq!(y.mask.unwrap().to_float().to_vec::<f32>(), [1.0, 0.0]);
        assert!(module.call_many(twice(y.tensor), &Context::inference()).unwrap().remove(0).mask.is_none());
    }

    #[test]
    fn mistakes_are_errors() {
        let of = |layer: ReversibleEmbedding| layer.output_shape(&Shape::batch_of([2])).unwrap_err().to_string();
        assert_eq!(of(ReversibleEmbedding::new(0, 3)), "ReversibleEmbedding: `input_dim` must be at least 1, received 0");
        assert_eq!(of(ReversibleEmbedding::new(5, 3).reverse_dtype("float23")), "unknown dtype `float23`, did you mean `float32`?");
        let expected = "ReversibleEmbedding: `logit_soft_cap` must be a number other than 0, received 0";
        assert_eq!(of(ReversibleEmbedding::new(5, 3).logit_soft_cap(0.0)), expected);
        let shapes = [Shape::batch_of([2, 4]), Shape::batch_of([2, 4])];
        assert_eq!(
            ReversibleEmbedding::new(5, 3).output_shapes(&shapes).unwrap_err().to_string(),
            "ReversibleEmbedding: expected the hidden state (…, 3) twice, to project back, received (None, 2, 4) and (None, 2, 4)"
        );
        let module = built(&ReversibleEmbedding::new(5, 3));
        assert!(module.call_many(twice(Tensor::zeros([2, 4])), &Context::inference()).is_err());
    }
}
