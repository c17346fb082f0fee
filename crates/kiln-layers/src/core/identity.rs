//! A layer that does nothing.

use burn::module::Module;
use kiln_core::build::Build;
use kiln_core::layer::{Call, Layer, MaskRule, Options};
use kiln_core::{Context, Result, Shape, Tensor, layer_options};
use serde::{Deserialize, Serialize};

/// Passes its input. Keras: `keras/src/layers/core/identity.py`.
///
/// ```
/// use kiln_layers::Identity;
/// let layer = Identity::new();
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Identity {
    #[serde(flatten)]
    options: Options,
}

impl Identity {
    /// Without options.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Layer for Identity {
    const CLASS: &'static str = "Identity";
    type Module = IdentityModule;
    layer_options!();

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        Ok(input.clone())
    }

    fn build(&self, _: &Shape, _: &Build) -> Result<IdentityModule> {
        Ok(IdentityModule {})
    }
}

/// A built [`Identity`].
#[derive(Module, Debug)]
pub struct IdentityModule {}

impl Call for IdentityModule {
    const MASK: MaskRule = MaskRule::Pass;

    fn call(&self, x: Tensor, _: &Context) -> Result<Tensor> {
        Ok(x)
    }
}
