//! The densely connected layer.

use burn::module::{Module, Param};
use kiln_core::activation::Activation;
use kiln_core::build::Build;
use kiln_core::constraint::Constraint;
use kiln_core::initializer::Initializer;
use kiln_core::kernels;
use kiln_core::layer::{Call, Layer, MaskRule, Options};
use kiln_core::regularizer::Regularizer;
use kiln_core::{Context, Error, Result, Shape, Tensor, layer_options};
use serde::{Deserialize, Serialize};

/// `activation(x · kernel + bias)` over the last axis of an input of any rank from 2.
///
/// Weights: `kernel` (features, units), `bias` (units). Keras: `keras/src/layers/core/dense.py`.
///
/// ```
/// use kiln_layers::Dense;
/// let layer = Dense::new(64).activation("relu").kernel_initializer("he_normal").kernel_regularizer("l2");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dense {
    #[serde(flatten)]
    options: Options,
    units: usize,
    #[serde(default)]
    activation: Activation,
    #[serde(default = "yes")]
    use_bias: bool,
    #[serde(default = "glorot_uniform")]
    kernel_initializer: Initializer,
    #[serde(default = "zeros")]
    bias_initializer: Initializer,
    kernel_regularizer: Option<Regularizer>,
    bias_regularizer: Option<Regularizer>,
    activity_regularizer: Option<Regularizer>,
    kernel_constraint: Option<Constraint>,
    bias_constraint: Option<Constraint>,
}

fn yes() -> bool {
    true
}

fn glorot_uniform() -> Initializer {
    "glorot_uniform".into()
}

fn zeros() -> Initializer {
    "zeros".into()
}

impl Dense {
    /// `units` outputs; no activation, a bias of zeros, a Glorot-uniform kernel.
    pub fn new(units: usize) -> Self {
        Self {
            options: Options::default(),
            units,
            activation: Activation::Linear,
            use_bias: true,
            kernel_initializer: glorot_uniform(),
            bias_initializer: zeros(),
            kernel_regularizer: None,
            bias_regularizer: None,
            activity_regularizer: None,
            kernel_constraint: None,
            bias_constraint: None,
        }
    }

    /// The activation. Default linear.
    pub fn activation(mut self, activation: impl Into<Activation>) -> Self {
        self.activation = activation.into();
        self
    }

    /// Whether a bias is added. Default true.
    pub fn use_bias(mut self, use_bias: bool) -> Self {
        self.use_bias = use_bias;
        self
    }

    /// Default `glorot_uniform`.
    pub fn kernel_initializer(mut self, initializer: impl Into<Initializer>) -> Self {
        self.kernel_initializer = initializer.into();
        self
    }

    /// Default `zeros`.
    pub fn bias_initializer(mut self, initializer: impl Into<Initializer>) -> Self {
        self.bias_initializer = initializer.into();
        self
    }

    /// A term of the loss that keeps the kernel small. Default none.
    pub fn kernel_regularizer(mut self, regularizer: impl Into<Regularizer>) -> Self {
        self.kernel_regularizer = Some(regularizer.into());
        self
    }

    /// A term of the loss that keeps the bias small. Default none.
    pub fn bias_regularizer(mut self, regularizer: impl Into<Regularizer>) -> Self {
        self.bias_regularizer = Some(regularizer.into());
        self
    }

    /// A term of the loss that keeps the output small. Default none.
    pub fn activity_regularizer(mut self, regularizer: impl Into<Regularizer>) -> Self {
        self.activity_regularizer = Some(regularizer.into());
        self
    }

    /// Applied to the kernel after each step of the optimizer. Default none.
    pub fn kernel_constraint(mut self, constraint: impl Into<Constraint>) -> Self {
        self.kernel_constraint = Some(constraint.into());
        self
    }

    /// Applied to the bias after each step of the optimizer. Default none.
    pub fn bias_constraint(mut self, constraint: impl Into<Constraint>) -> Self {
        self.bias_constraint = Some(constraint.into());
        self
    }

    fn features(&self, input: &Shape) -> Result<usize> {
        if self.units == 0 {
            return Err(Error::option("Dense", "units", "at least 1", 0));
        }
        self.activation.check()?;
        if input.rank() < 2 {
            return Err(Error::shape("Dense", "an input of at least 2 axes", input));
        }
        input.last().ok_or_else(|| Error::shape("Dense", "a known last axis", input))
    }
}

impl Layer for Dense {
    const CLASS: &'static str = "Dense";
    type Module = DenseModule;
    layer_options!();

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        self.features(input)?;
        Ok(input.with_last(self.units))
    }

    fn build(&self, input: &Shape, cx: &Build) -> Result<DenseModule> {
        let features = self.features(input)?;
        Ok(DenseModule {
            kernel: cx.weight("kernel", [features, self.units], &self.kernel_initializer)?,
            bias: self.use_bias.then(|| cx.weight("bias", [self.units], &self.bias_initializer)).transpose()?,
            activation: self.activation.clone(),
        })
    }

    fn regularizers(&self) -> Vec<(&'static str, Regularizer)> {
        let all = [("kernel", &self.kernel_regularizer), ("bias", &self.bias_regularizer)];
        all.into_iter().filter_map(|(w, r)| Some((w, r.clone()?))).collect()
    }

    fn constraints(&self) -> Vec<(&'static str, Constraint)> {
        let all = [("kernel", &self.kernel_constraint), ("bias", &self.bias_constraint)];
        all.into_iter().filter_map(|(w, c)| Some((w, c.clone()?))).collect()
    }

    fn activity_regularizer(&self) -> Option<Regularizer> {
        self.activity_regularizer.clone()
    }
}

/// A built [`Dense`].
#[derive(Module, Debug)]
pub struct DenseModule {
    kernel: Param<burn::Tensor<2>>,
    bias: Option<Param<burn::Tensor<1>>>,
    #[module(skip)]
    activation: Activation,
}

impl Call for DenseModule {
    const MASK: MaskRule = MaskRule::Pass;

    fn call(&self, x: Tensor, cx: &Context) -> Result<Tensor> {
        let shape = x.shape();
        let [features, _] = self.kernel.dims();
        if shape.len() < 2 || shape.last() != Some(&features) {
            let error = Error::shape("Dense", format!("last axis {features}"), format!("shape {}", kiln_core::shape::tuple(&shape)));
            return Err(if shape.iter().skip(1).product::<usize>() == features { error.hint("add `Flatten` before it") } else { error });
        }
        let (curve, rest) = self.activation.split(cx);
        let y = kernels::dense(x.to_float(), self.kernel.val(), self.bias.as_ref().map(|b| b.val()), curve)?;
        rest.call(y, cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kiln_core::random::Stream;
    use kiln_core::{Device, weights};

    fn cx() -> Build {
        Build::new(&Device::current().unwrap(), Stream::new(1))
    }

    #[test]
    fn weights_are_named_and_shaped_as_in_keras() {
        let module = Dense::new(3).build(&Shape::batch_of([5]), &cx()).unwrap();
        let weights: Vec<_> = weights::list(&module).into_iter().map(|w| (w.path, w.shape)).collect();
        assert_eq!(weights, [("kernel".to_owned(), vec![5, 3]), ("bias".to_owned(), vec![3])]);
        let module = Dense::new(3).use_bias(false).build(&Shape::batch_of([5]), &cx()).unwrap();
        assert_eq!(weights::list(&module).len(), 1);
    }

    #[test]
    fn works_on_any_rank() {
        let module = Dense::new(2).kernel_initializer("ones").bias_initializer("ones").build(&Shape::batch_of([4, 3]), &cx()).unwrap();
        let x = Tensor::ones([2, 4, 3]).to_device(&Device::current().unwrap()).autodiff();
        let y = module.call(x, &Context::inference()).unwrap();
        assert_eq!(y.shape(), [2, 4, 2]);
        assert_eq!(y.to_vec::<f32>(), vec![4.0; 16]);
    }

    #[test]
    fn configurations_of_keras_are_read() {
        // As Keras 3.15 writes one, shortened only in `dtype`.
        let text = r#"{"name": "dense", "trainable": true, "dtype": {"module": "keras", "class_name": "DTypePolicy"}, "units": 3,
            "activation": "relu", "use_bias": true, "kernel_initializer": {"module": "keras.initializers", "class_name": "GlorotUniform",
            "config": {"seed": null, "input_axes": null, "output_axes": null}, "registered_name": null}, "bias_initializer": {"module":
            "keras.initializers", "class_name": "Zeros", "config": {}, "registered_name": null}, "kernel_regularizer": {"module":
            "keras.regularizers", "class_name": "L2", "config": {"l2": 0.25}, "registered_name": null}, "bias_regularizer": null,
            "kernel_constraint": {"module": "keras.constraints", "class_name": "MaxNorm", "config": {"max_value": 2, "axis": 0},
            "registered_name": null}, "bias_constraint": null, "quantization_config": null}"#;
        let expected =
            Dense::new(3).name("dense").activation("relu").kernel_regularizer(Regularizer::l2(0.25)).kernel_constraint("max_norm");
        assert_eq!(serde_json::from_str::<Dense>(text).unwrap(), expected);
        assert_eq!(serde_json::from_str::<Dense>(r#"{"units": 3}"#).unwrap(), Dense::new(3));
        let names = r#"{"units": 3, "kernel_initializer": "he_normal", "bias_regularizer": "l1"}"#;
        let expected = Dense::new(3).kernel_initializer("he_normal").bias_regularizer("l1");
        assert_eq!(serde_json::from_str::<Dense>(names).unwrap(), expected);
    }

    #[test]
    fn mistakes_are_errors() {
        let of = |layer: Dense| layer.output_shape(&Shape::batch_of([4])).unwrap_err().to_string();
        assert_eq!(of(Dense::new(0)), "Dense: `units` must be at least 1, received 0");
        assert_eq!(of(Dense::new(1).activation("reul")), "unknown activation `reul`, did you mean `relu`?");
        let open = Dense::new(1).output_shape(&Shape::new([None, None])).unwrap_err();
        assert_eq!(open.to_string(), "Dense: expected a known last axis, received (None, None)");
        let module = Dense::new(2).build(&Shape::batch_of([784]), &cx()).unwrap();
        let error = module.call(Tensor::zeros([32, 28, 28]), &Context::inference()).unwrap_err();
        assert_eq!(error.to_string(), "Dense: expected last axis 784, received shape (32, 28, 28); add `Flatten` before it");
    }
}
