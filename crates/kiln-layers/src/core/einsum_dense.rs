//! A dense layer whose product is given by an equation.

use super::einsum::contract;
use super::equation::{Labels, Plan};
use crate::axes::{fit, reshape};
use crate::setters::setters;
use burn::module::Module;
use kiln_core::activation::Activation;
use kiln_core::build::Build;
use kiln_core::constraint::Constraint;
use kiln_core::initializer::Initializer;
use kiln_core::kernels::{self, Curve};
use kiln_core::layer::{Call, Layer, Options};
use kiln_core::regularizer::Regularizer;
use kiln_core::{AnyParam, Context, Error, Result, Shape, Tensor, layer_options};
use serde::{Deserialize, Serialize};

/// One size, or several, `None` for those taken over from the input.
///
/// ```
/// use kiln_layers::{EinsumDense, Sizes};
/// assert_eq!(Sizes::from(64).list(), [Some(64)]);
/// let layer = EinsumDense::new("abc,cd->abd", [None, Some(64)]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Sizes {
    /// One size.
    One(usize),
    /// Several.
    Many(Vec<Option<usize>>),
}

impl From<usize> for Sizes {
    fn from(size: usize) -> Self {
        Self::One(size)
    }
}

impl<const N: usize> From<[usize; N]> for Sizes {
    fn from(sizes: [usize; N]) -> Self {
        Self::Many(sizes.into_iter().map(Some).collect())
    }
}

impl<const N: usize> From<[Option<usize>; N]> for Sizes {
    fn from(sizes: [Option<usize>; N]) -> Self {
        Self::Many(sizes.to_vec())
    }
}

impl From<Vec<Option<usize>>> for Sizes {
    fn from(sizes: Vec<Option<usize>>) -> Self {
        Self::Many(sizes)
    }
}

impl Sizes {
    /// The sizes.
    pub fn list(&self) -> Vec<Option<usize>> {
        match self {
            Self::One(size) => vec![Some(*size)],
            Self::Many(sizes) => sizes.clone(),
        }
    }
}

/// `activation(einsum(equation, x, kernel) + bias)`.
///
/// The terms of the equation are input, kernel and output: `ab,bc->ac` is a dense layer, `...x,xy->...y` one on the last of any
/// number of axes, `abc,cde->abde` projects to several heads. Weights: `kernel`, of the sizes that its letters have in the output or the
/// input, and `bias`, of the axes `bias_axes`. Keras: `keras/src/layers/core/einsum_dense.py`.
///
/// ```
/// use kiln_core::symbol::On;
/// use kiln_layers::{EinsumDense, Input};
/// let layer = EinsumDense::new("abc,cd->abd", [None, Some(64)]).bias_axes("d");
/// assert_eq!(layer.on(&Input::new([32, 128]))?.shape().to_string(), "(None, 32, 64)");
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EinsumDense {
    #[serde(flatten)]
    options: Options,
    equation: String,
    output_shape: Sizes,
    activation: Activation,
    bias_axes: Option<String>,
    kernel_initializer: Initializer,
    bias_initializer: Initializer,
    kernel_regularizer: Option<Regularizer>,
    bias_regularizer: Option<Regularizer>,
    activity_regularizer: Option<Regularizer>,
    kernel_constraint: Option<Constraint>,
    bias_constraint: Option<Constraint>,
}

impl EinsumDense {
    /// `output_shape` is without the batch axis, and without the axes that `...` stands for. No activation, no bias.
    pub fn new(equation: &str, output_shape: impl Into<Sizes>) -> Self {
        Self {
            options: Options::default(),
            equation: equation.to_owned(),
            output_shape: output_shape.into(),
            activation: Activation::Linear,
            bias_axes: None,
            kernel_initializer: "glorot_uniform".into(),
            bias_initializer: "zeros".into(),
            kernel_regularizer: None,
            bias_regularizer: None,
            activity_regularizer: None,
            kernel_constraint: None,
            bias_constraint: None,
        }
    }

    setters! { =>
        /// The activation. Default linear.
        activation: into Activation;
        /// The letters of the output's axes that have a bias. Default none.
        bias_axes: some String;
        /// Default `glorot_uniform`.
        kernel_initializer: into Initializer;
        /// Default `zeros`.
        bias_initializer: into Initializer;
        /// A term of the loss that keeps the kernel small. Default none.
        kernel_regularizer: some Regularizer;
        /// A term of the loss that keeps the bias small. Default none.
        bias_regularizer: some Regularizer;
        /// A term of the loss that keeps the output small. Default none.
        activity_regularizer: some Regularizer;
        /// Applied to the kernel after each step of the optimizer. Default none.
        kernel_constraint: some Constraint;
        /// Applied to the bias after each step of the optimizer. Default none.
        bias_constraint: some Constraint;
    }

    fn plan(&self, input: &Shape) -> Result<Plan> {
        self.activation.check()?;
        let sizes = self.output_shape.list();
        if sizes.contains(&Some(0)) {
            return Err(Error::option(Self::CLASS, "output_shape", "sizes of at least 1", Shape::new(sizes)));
        }
        Plan::new(&self.equation, &sizes, self.bias_axes.as_deref(), input)
    }
}

impl Layer for EinsumDense {
    const CLASS: &'static str = "EinsumDense";
    type Module = EinsumDenseModule;
    layer_options!();

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        self.plan(input).map(|plan| plan.output)
    }

    fn build(&self, input: &Shape, cx: &Build) -> Result<EinsumDenseModule> {
        let plan = self.plan(input)?;
        // The sizes that the kernel shares with the input are those of the labels it has.
        let fixed = |(label, n): (&char, &Option<usize>)| n.filter(|_| plan.labels.kernel.contains(label));
        let spec = plan.labels.input.iter().zip(input.axes()).map(fixed).collect::<Vec<_>>();
        Ok(EinsumDenseModule {
            kernel: cx.any_weight_with_fans("kernel", &plan.kernel, plan.fans, &self.kernel_initializer)?,
            bias: plan.bias.map(|shape| cx.any_weight("bias", &shape, &self.bias_initializer)).transpose()?,
            labels: plan.labels,
            input: Shape::new(spec),
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

/// A built [`EinsumDense`].
#[derive(Module, Debug)]
pub struct EinsumDenseModule {
    kernel: AnyParam,
    bias: Option<AnyParam>,
    #[module(skip)]
    labels: Labels,
    #[module(skip)]
    input: Shape,
    #[module(skip)]
    activation: Activation,
}

impl EinsumDenseModule {
    /// The equation as one product of matrices, when the last `summed` axes of `x` are those that are summed.
    fn dense(&self, x: Tensor, summed: usize) -> Result<Tensor> {
        let (shape, kernel) = (x.shape(), self.kernel.value());
        let (sizes, free) = (kernel.shape(), shape.len() - summed);
        let (features, units) = (sizes[..summed].iter().product::<usize>(), sizes[summed..].iter().product::<usize>());
        let rows = reshape(&x, &[shape[..free].iter().product(), features])?;
        let kernel = reshape(&kernel, &[features, units])?.float()?;
        let whole = self.bias.as_ref().filter(|bias| bias.value().shape() == sizes[summed..]);
        let bias = whole.map(|bias| reshape(&bias.value(), &[units])?.float()).transpose()?;
        let y = kernels::dense(rows, kernel, bias, Curve::Linear)?;
        let y = reshape(&y, &[&shape[..free], &sizes[summed..]].concat())?;
        match &self.bias {
            Some(bias) if whole.is_none() => y.try_add(bias.value()),
            _ => Ok(y),
        }
    }
}

impl Call for EinsumDenseModule {
    fn call(&self, x: Tensor, cx: &Context) -> Result<Tensor> {
        fit(EinsumDense::CLASS, &self.input, &x)?;
        if let Some(summed) = self.labels.as_dense() {
            return self.activation.call(self.dense(x.to_float(), summed)?, cx);
        }
        let Labels { input, kernel, output } = &self.labels;
        let y = contract(x.to_float(), input, self.kernel.value(), kernel, output)?;
        let y = match &self.bias {
            Some(bias) => y.try_add(bias.value())?,
            None => y,
        };
        self.activation.call(y, cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_keras() {
        let gap = crate::reference::check(include_str!("../../testdata/core.json"));
        assert!(gap <= 1.0);
    }

    #[test]
    fn initializers_and_constraints_reach_their_weights() {
        let layer = EinsumDense::new("ab,bc->ac", 3)
            .bias_axes("c")
            .kernel_initializer("ones")
            .bias_initializer(Initializer::Constant { value: 2.0 })
            .kernel_constraint("non_neg")
            .bias_constraint("max_norm");
        let device = kiln_core::Device::current().unwrap();
        let module = layer.build(&Shape::batch_of([4]), &Build::new(&device, kiln_core::random::Stream::new(1))).unwrap();
        assert_eq!(module.kernel.value().to_vec::<f32>(), [1.0; 12]);
        assert_eq!(module.bias.unwrap().value().to_vec::<f32>(), [2.0; 3]);
        let constrained: Vec<&str> = layer.constraints().iter().map(|(w, _)| *w).collect();
        assert_eq!(constrained, ["kernel", "bias"]);
    }

    #[test]
    fn mistakes_are_errors() {
        let of = |layer: EinsumDense| layer.output_shape(&Shape::batch_of([4])).unwrap_err().to_string();
        assert_eq!(of(EinsumDense::new("ab,bc->ac", 0)), "EinsumDense: `output_shape` must be sizes of at least 1, received (0,)");
        assert_eq!(of(EinsumDense::new("ab,bc->ac", 2).activation("reul")), "unknown activation `reul`, did you mean `relu`?");
        let cx = Build::new(&kiln_core::Device::current().unwrap(), kiln_core::random::Stream::new(1));
        let module = EinsumDense::new("...b,bc->...c", 3).build(&Shape::batch_of([4]), &cx).unwrap();
        let error = module.call(Tensor::zeros([2, 5]), &Context::inference()).unwrap_err();
        assert_eq!(error.to_string(), "EinsumDense: expected input of shape (None, 4), received (2, 5)");
    }
}
