//! A term of the loss for the values that pass.

use crate::setters::setters;
use burn::module::Module;
use kiln_core::build::Build;
use kiln_core::layer::{Call, Layer, MaskRule, Options};
use kiln_core::regularizer::Regularizer;
use kiln_core::{Context, Result, Shape, Tensor, layer_options};
use serde::{Deserialize, Serialize};

/// Passes its input, and adds `(l1 * sum(|x|) + l2 * sum(x²)) / batch size` to the loss.
///
/// Keras: `keras/src/layers/regularization/activity_regularization.py`.
///
/// ```
/// use kiln_layers::ActivityRegularization;
/// let layer = ActivityRegularization::new().l2(0.01);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ActivityRegularization {
    #[serde(flatten)]
    options: Options,
    l1: f64,
    l2: f64,
}

impl ActivityRegularization {
    /// With both factors 0.
    pub fn new() -> Self {
        Self::default()
    }

    setters! { =>
        /// The factor of the absolute values. Default 0.
        l1: f64;
        /// The factor of the squares. Default 0.
        l2: f64;
    }
}

impl Layer for ActivityRegularization {
    const CLASS: &'static str = "ActivityRegularization";
    type Module = ActivityRegularizationModule;
    layer_options!();

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        Regularizer::l1_l2(self.l1, self.l2).check()?;
        Ok(input.clone())
    }

    fn build(&self, input: &Shape, _: &Build) -> Result<ActivityRegularizationModule> {
        self.output_shape(input)?;
        Ok(ActivityRegularizationModule {})
    }

    fn activity_regularizer(&self) -> Option<Regularizer> {
        Some(Regularizer::l1_l2(self.l1, self.l2))
    }
}

/// A built [`ActivityRegularization`]; the graph adds the term.
#[derive(Module, Debug)]
pub struct ActivityRegularizationModule {}

impl Call for ActivityRegularizationModule {
    const MASK: MaskRule = MaskRule::Pass;

    fn call(&self, x: Tensor, _: &Context) -> Result<Tensor> {
        Ok(x)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kiln_core::blueprint::Blueprint;
    use kiln_core::random::Stream;
    use kiln_core::{AnyLayer, Device};

    #[test]
    fn the_loss_is_a_mean_over_the_batch() {
        let layers: Vec<AnyLayer> = vec![ActivityRegularization::new().l1(0.1).l2(0.01).into()];
        let device = Device::current().unwrap();
        let graph = Blueprint::chain(&layers, Shape::batch_of([2])).unwrap().build(&device, Stream::new(1)).unwrap();
        for cx in [Context::inference(), Context::training(Stream::new(1))] {
            graph.call_one(Tensor::constant([[1.0, -2.0], [3.0, 0.0]]).to_device(&device), &cx).unwrap();
            // (0.1 · 6 + 0.01 · 14) / 2
            assert!((cx.take_losses()[0].item() - 0.37).abs() < 1e-6);
        }
        let error = ActivityRegularization::new().l1(-1.0).output_shape(&Shape::batch_of([2])).unwrap_err();
        assert_eq!(error.to_string(), "regularizer: `l1` must be a number from 0, received -1");
    }
}
