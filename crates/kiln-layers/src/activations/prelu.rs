//! The rectified linear unit that learns its slope.

use crate::axes::{Axes, fit, size, spec};
use crate::setters::setters;
use burn::module::Module;
use kiln_core::build::Build;
use kiln_core::constraint::Constraint;
use kiln_core::initializer::Initializer;
use kiln_core::layer::{Call, Layer, MaskRule, Options};
use kiln_core::regularizer::Regularizer;
use kiln_core::{AnyParam, Context, Error, Result, Shape, Tensor, layer_options};
use serde::{Deserialize, Serialize};

/// `x` from 0, `alpha * x` below, with an `alpha` for each value of a sample, or one along `shared_axes`.
///
/// Weight: `alpha`, of the shape of a sample, 1 on shared axes. Keras: `keras/src/layers/activations/prelu.py`; He and others, 2015.
///
/// ```
/// use kiln_layers::PRelu;
/// // After a convolution: one slope for each filter.
/// let layer = PRelu::new().shared_axes([1, 2]);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PRelu {
    #[serde(flatten)]
    options: Options,
    alpha_initializer: Initializer,
    alpha_regularizer: Option<Regularizer>,
    alpha_constraint: Option<Constraint>,
    shared_axes: Option<Axes>,
}

impl Default for PRelu {
    fn default() -> Self {
        Self::new()
    }
}

impl PRelu {
    /// A slope of 0 for each value at first.
    pub fn new() -> Self {
        Self {
            options: Options::default(),
            alpha_initializer: "zeros".into(),
            alpha_regularizer: None,
            alpha_constraint: None,
            shared_axes: None,
        }
    }

    setters! { =>
        /// Default `zeros`.
        alpha_initializer: into Initializer;
        /// A term of the loss that keeps the slopes small. Default none.
        alpha_regularizer: some Regularizer;
        /// Applied to the slopes after each step of the optimizer. Default none.
        alpha_constraint: some Constraint;
        /// The axes along which there is one slope, counted with the batch axis, so from 1. Default none.
        shared_axes: some Axes;
    }

    fn shared(&self, input: &Shape) -> Result<Vec<usize>> {
        match &self.shared_axes {
            Some(axes) if !axes.list().is_empty() => axes.positions(Self::CLASS, "shared_axes", input),
            _ => Ok(Vec::new()),
        }
    }

    fn alpha(&self, input: &Shape) -> Result<Vec<usize>> {
        if input.rank() < 2 {
            return Err(Error::shape(Self::CLASS, "an input of at least 2 axes", input));
        }
        let shared = self.shared(input)?;
        if shared.contains(&0) {
            return Err(Error::option(Self::CLASS, "shared_axes", "other axes than the batch's", 0));
        }
        (1..input.rank()).map(|i| if shared.contains(&i) { Ok(1) } else { size(Self::CLASS, input, i) }).collect()
    }
}

impl Layer for PRelu {
    const CLASS: &'static str = "PReLU";
    type Module = PReluModule;
    layer_options!();

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        self.alpha(input)?;
        Ok(input.clone())
    }

    fn build(&self, input: &Shape, cx: &Build) -> Result<PReluModule> {
        let alpha = cx.any_weight("alpha", &self.alpha(input)?, &self.alpha_initializer)?;
        let shared = self.shared(input)?;
        let own: Vec<usize> = (1..input.rank()).filter(|i| !shared.contains(i)).collect();
        Ok(PReluModule { alpha, input: spec(input, &own) })
    }

    fn regularizers(&self) -> Vec<(&'static str, Regularizer)> {
        self.alpha_regularizer.iter().map(|r| ("alpha", r.clone())).collect()
    }

    fn constraints(&self) -> Vec<(&'static str, Constraint)> {
        self.alpha_constraint.iter().map(|c| ("alpha", c.clone())).collect()
    }
}

/// A built [`PRelu`].
#[derive(Module, Debug)]
pub struct PReluModule {
    alpha: AnyParam,
    #[module(skip)]
    input: Shape,
}

impl Call for PReluModule {
    const MASK: MaskRule = MaskRule::Pass;

    fn call(&self, x: Tensor, _: &Context) -> Result<Tensor> {
        fit(PRelu::CLASS, &self.input, &x)?;
        let x = x.to_float();
        let below = (-&x).relu();
        x.relu().try_sub(below.try_mul(self.alpha.value())?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_reach_the_weight() {
        let layer = PRelu::new().alpha_initializer("ones").alpha_constraint("non_neg");
        let device = kiln_core::Device::current().unwrap();
        let module = layer.build(&Shape::batch_of([2]), &Build::new(&device, kiln_core::random::Stream::new(1))).unwrap();
        assert_eq!(module.alpha.value().to_vec::<f32>(), [1.0; 2]);
        assert_eq!(layer.constraints().first().map(|(w, _)| *w), Some("alpha"));
    }

    #[test]
    fn mistakes_are_errors() {
        let of = |layer: PRelu, shape: Shape| layer.output_shape(&shape).unwrap_err().to_string();
        assert_eq!(
            of(PRelu::new().shared_axes([0]), Shape::batch_of([3])),
            "PReLU: `shared_axes` must be other axes than the batch's, received 0"
        );
        assert_eq!(
            of(PRelu::new().shared_axes(2), Shape::batch_of([3])),
            "PReLU: `shared_axes` must be in -2..2 for an input of shape (None, 3), received 2"
        );
        let open = Shape::new([None, None, Some(3)]);
        assert_eq!(of(PRelu::new(), open.clone()), "PReLU: expected a known size of axis 1, received (None, None, 3)");
        assert!(PRelu::new().shared_axes(1).output_shape(&open).is_ok());
    }
}
