//! Activations with options or weights of their own, as layers.

mod elu;
mod leaky_relu;
mod prelu;
mod relu;
mod softmax;

pub use elu::{Elu, EluModule};
pub use leaky_relu::{LeakyRelu, LeakyReluModule};
pub use prelu::{PRelu, PReluModule};
pub use relu::{Relu, ReluModule};
pub(crate) use softmax::masked_softmax;
pub use softmax::{Softmax, SoftmaxModule};

use kiln_core::{Error, Result};

/// Refuses what Keras refuses of slopes and bounds.
fn check_number(who: &str, option: &str, value: f64) -> Result<()> {
    if value >= 0.0 && value.is_finite() { Ok(()) } else { Err(Error::option(who, option, "a number from 0", value)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kiln_core::{Layer, Shape};

    #[test]
    fn agrees_with_keras() {
        let gap = crate::reference::check(include_str!("../../testdata/activations.json"));
        assert!(gap <= 1.0);
    }

    #[test]
    fn negative_numbers_are_errors() {
        let shape = Shape::batch_of([2]);
        let error = Relu::new().max_value(-1.0).output_shape(&shape).unwrap_err();
        assert_eq!(error.to_string(), "ReLU: `max_value` must be a number from 0, received -1");
        assert!(Relu::new().negative_slope(-1.0).output_shape(&shape).is_err());
        assert!(Relu::new().threshold(f64::NAN).output_shape(&shape).is_err());
        assert!(LeakyRelu::new().negative_slope(-0.1).output_shape(&shape).is_err());
        assert!(Elu::new().alpha(f64::INFINITY).output_shape(&shape).is_err());
    }
}
