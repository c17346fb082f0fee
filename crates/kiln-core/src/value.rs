//! What travels along an edge of a graph: a tensor and, sometimes, a mask.

use crate::error::{Error, Result};
use crate::tensor::Tensor;
use smallvec::{SmallVec, smallvec};

/// A tensor and the mask that came with it: a boolean tensor, true where a step is to be read.
#[derive(Clone, Debug)]
pub struct Value {
    /// The values.
    pub tensor: Tensor,
    /// Which steps count; all of them when there is none.
    pub mask: Option<Tensor>,
}

impl From<Tensor> for Value {
    fn from(tensor: Tensor) -> Self {
        Self { tensor, mask: None }
    }
}

/// The inputs or outputs of a layer; one, mostly.
pub type Values = SmallVec<[Value; 1]>;

/// The only one of `values`.
///
/// # Errors
/// There are more, or none.
pub fn only(who: &str, mut values: Values) -> Result<Value> {
    match (values.pop(), values.len()) {
        (Some(value), 0) => Ok(value),
        (_, rest) => Err(Error::shape(who, "one input", format!("{} inputs", rest + 1))),
    }
}

/// One value as `Values`.
pub fn one(value: impl Into<Value>) -> Values {
    smallvec![value.into()]
}
