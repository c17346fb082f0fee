//! A closure as a layer.

use burn::module::Module;
use kiln_core::build::Build;
use kiln_core::layer::{Call, Layer, MaskRule, Options};
use kiln_core::{Context, Error, Result, Shape, Tensor, layer_options};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::sync::Arc;

type Function = Arc<dyn Fn(Tensor) -> Result<Tensor> + Send + Sync>;

/// Calls a closure on its input; it has no weights. A model with one can't be saved. Keras: `keras/src/layers/core/lambda_layer.py`.
///
/// ```
/// use kiln_layers::Lambda;
/// let scale = Lambda::new(|x| Ok(x * 2.0));
/// ```
#[derive(Clone)]
pub struct Lambda {
    options: Options,
    function: Function,
}

impl Lambda {
    /// The closure. The shape of its output is found by calling it once on zeros.
    pub fn new(function: impl Fn(Tensor) -> Result<Tensor> + Send + Sync + 'static) -> Self {
        Self { options: Options::default(), function: Arc::new(function) }
    }
}

impl fmt::Debug for Lambda {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lambda").field("options", &self.options).finish_non_exhaustive()
    }
}

impl Serialize for Lambda {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("a `Lambda` layer can't be saved; write a layer of your own, which can"))
    }
}

impl<'de> Deserialize<'de> for Lambda {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(serde::de::Error::custom("a `Lambda` layer can't be loaded; supply its function"))
    }
}

impl Layer for Lambda {
    const CLASS: &'static str = "Lambda";
    type Module = LambdaModule;
    layer_options!();

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        // Open axes are tried with 2, which no closure takes for a broadcast of 1.
        let axes: Vec<usize> = input.axes().iter().map(|a| a.unwrap_or(2)).collect();
        let output = (self.function)(Tensor::zeros(axes))?.shape();
        if output.is_empty() {
            return Err(Error::shape("Lambda", "an output with the batch axis", "a scalar"));
        }
        let open = |(i, n): (usize, usize)| if input.axes().get(i) == Some(&None) && n == 2 { None } else { Some(n) };
        Ok(Shape::new(output.into_iter().enumerate().map(open).collect::<Vec<_>>()))
    }

    fn build(&self, _: &Shape, _: &Build) -> Result<LambdaModule> {
        Ok(LambdaModule { function: Opaque(self.function.clone()) })
    }
}

#[derive(Clone)]
struct Opaque(Function);

impl fmt::Debug for Opaque {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("closure")
    }
}

/// A built [`Lambda`].
#[derive(Module, Debug)]
pub struct LambdaModule {
    #[module(skip)]
    function: Opaque,
}

impl Call for LambdaModule {
    const MASK: MaskRule = MaskRule::Pass;

    fn call(&self, x: Tensor, _: &Context) -> Result<Tensor> {
        (self.function.0)(x)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shape_is_found_by_calling() {
        let flatten = Lambda::new(|x| x.reshape([x.shape()[0] as isize, -1]));
        assert_eq!(flatten.output_shape(&Shape::batch_of([3, 4])).unwrap(), Shape::batch_of([12]));
        let sum = Lambda::new(|x| Ok(x.sum()));
        assert_eq!(
            sum.output_shape(&Shape::batch_of([3])).unwrap_err().to_string(),
            "Lambda: expected an output with the batch axis, received a scalar"
        );
    }
}
