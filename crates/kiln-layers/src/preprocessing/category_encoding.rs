//! Categories written out as places.

use super::OutputMode;
use burn::module::Module;
use kiln_core::build::Build;
use kiln_core::layer::{Call, Layer, Options};
use kiln_core::value::{Values, one, only};
use kiln_core::{Context, Error, Result, Shape, Tensor, layer_options};
use serde::{Deserialize, Serialize};

/// Whole numbers in `0..num_tokens`, as ones at their places (`multi_hot`, `one_hot`) or counts of them (`count`).
///
/// Input (batch, numbers): output (batch, num_tokens); `one_hot` adds an axis instead, unless the last one is of size 1. In mode
/// `count` a second input of the first one's shape says what each number counts. A number outside the range leaves no trace.
/// Keras: `keras/src/layers/preprocessing/category_encoding.py`.
///
/// ```
/// use kiln_layers::CategoryEncoding;
/// let layer = CategoryEncoding::new(4).output_mode("count");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CategoryEncoding {
    #[serde(flatten)]
    options: Options,
    num_tokens: usize,
    #[serde(default = "multi_hot")]
    output_mode: OutputMode,
}

fn multi_hot() -> OutputMode {
    OutputMode::MultiHot
}

impl CategoryEncoding {
    /// The number of categories.
    pub fn new(num_tokens: usize) -> Self {
        Self { options: Options::default(), num_tokens, output_mode: OutputMode::MultiHot }
    }

    /// `multi_hot`, `one_hot` or `count`. Default `multi_hot`.
    pub fn output_mode(mut self, mode: impl Into<OutputMode>) -> Self {
        self.output_mode = mode.into();
        self
    }
}

impl Layer for CategoryEncoding {
    const CLASS: &'static str = "CategoryEncoding";
    type Module = CategoryEncodingModule;
    layer_options!();

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        if self.num_tokens == 0 {
            return Err(Error::option("CategoryEncoding", "num_tokens", "at least 1", 0));
        }
        self.output_mode.check("CategoryEncoding", &[OutputMode::MultiHot, OutputMode::OneHot, OutputMode::Count])?;
        if input.rank() > 7 {
            return Err(Error::shape("CategoryEncoding", "an input of at most 7 axes", input));
        }
        self.output_mode.shape("CategoryEncoding", input, self.num_tokens)
    }

    fn build(&self, input: &Shape, _: &Build) -> Result<CategoryEncodingModule> {
        self.output_shape(input)?;
        Ok(CategoryEncodingModule { num_tokens: self.num_tokens, output_mode: self.output_mode.clone() })
    }

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        match inputs {
            [input] => Ok(vec![self.output_shape(input)?]),
            [input, weights] => {
                let shape = self.output_shape(input)?;
                if self.output_mode != OutputMode::Count {
                    return Err(Error::option("CategoryEncoding", "output_mode", "`count` for an input with weights", "another"));
                }
                if input.rank() != weights.rank() {
                    return Err(Error::shape("CategoryEncoding", format!("weights of the input's shape {input}"), weights));
                }
                Ok(vec![shape])
            }
            _ => Err(Error::shape("CategoryEncoding", "one input, or one and its weights", format!("{} inputs", inputs.len()))),
        }
    }

    fn build_many(&self, inputs: &[Shape], cx: &Build) -> Result<CategoryEncodingModule> {
        self.output_shapes(inputs)?;
        match inputs {
            [input, ..] => self.build(input, cx),
            [] => Err(Error::shape("CategoryEncoding", "an input", "none")),
        }
    }
}

/// A built [`CategoryEncoding`].
#[derive(Module, Debug)]
pub struct CategoryEncodingModule {
    #[module(skip)]
    num_tokens: usize,
    #[module(skip)]
    output_mode: OutputMode,
}

impl CategoryEncodingModule {
    fn encode(&self, x: Tensor, weights: Option<Tensor>) -> Result<Tensor> {
        if let Some(weights) = weights.as_ref().filter(|w| w.shape() != x.shape()) {
            let expected = format!("weights of the input's shape {}", kiln_core::shape::tuple(&x.shape()));
            return Err(Error::shape("CategoryEncoding", expected, weights.describe()));
        }
        self.output_mode.write(x.inner(), self.num_tokens, weights.map(Tensor::to_float))
    }
}

impl Call for CategoryEncodingModule {
    fn call(&self, x: Tensor, _: &Context) -> Result<Tensor> {
        self.encode(x, None)
    }

    fn call_many(&self, mut inputs: Values, _: &Context) -> Result<Values> {
        let weights = if inputs.len() == 2 { inputs.pop().map(|value| value.tensor) } else { None };
        Ok(one(self.encode(only("CategoryEncoding", inputs)?.tensor, weights)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preprocessing::goldens::{check, goldens, tensor};
    use kiln_core::{Device, random::Stream};

    #[test]
    fn agrees_with_keras() {
        for case in goldens("category_encoding") {
            let layer: CategoryEncoding = serde_json::from_value(case["config"].clone()).unwrap();
            let device = Device::current().unwrap();
            let keys = ["x", "weights"].into_iter().filter(|key| !case[*key].is_null());
            let inputs: Vec<Tensor> = keys.map(|key| tensor(&case[key]).to_device(&device)).collect();
            let shapes: Vec<Shape> = inputs.iter().map(|x| Shape::batch_of(&x.shape()[1..])).collect();
            let module = layer.build_many(&shapes, &Build::new(&device, Stream::new(0))).unwrap();
            let values: Values = inputs.into_iter().map(Into::into).collect();
            let y = module.call_many(values, &Context::inference()).unwrap().remove(0).tensor;
            check(&y, &case["y"], &case["config"]);
            assert!(layer.output_shapes(&shapes).unwrap()[0].fits(&y.shape()));
        }
    }

    #[test]
    fn mistakes_are_errors() {
        let shape = Shape::batch_of([3]);
        let of = |layer: CategoryEncoding, shapes: &[Shape]| layer.output_shapes(shapes).unwrap_err().to_string();
        assert_eq!(
            of(CategoryEncoding::new(0), std::slice::from_ref(&shape)),
            "CategoryEncoding: `num_tokens` must be at least 1, received 0"
        );
        let mode = of(CategoryEncoding::new(3).output_mode("int"), std::slice::from_ref(&shape));
        assert_eq!(mode, "CategoryEncoding: `output_mode` must be one of `multi_hot`, `one_hot`, `count`, received `int`");
        let weights = of(CategoryEncoding::new(3), &[shape.clone(), shape.clone()]);
        assert_eq!(weights, "CategoryEncoding: `output_mode` must be `count` for an input with weights, received another");
        let flat = of(CategoryEncoding::new(3), &[Shape::new([None])]);
        assert_eq!(flat, "CategoryEncoding: expected an input of at least 2 axes, (batch, numbers), received (None,)");
        let count = CategoryEncoding::new(3).output_mode("count");
        let module = count.build(&shape, &Build::new(&Device::current().unwrap(), Stream::new(0))).unwrap();
        let inputs: Values = [Tensor::zeros([2, 3]), Tensor::zeros([2, 2])].into_iter().map(Into::into).collect();
        assert!(module.call_many(inputs, &Context::inference()).is_err());
    }
}
