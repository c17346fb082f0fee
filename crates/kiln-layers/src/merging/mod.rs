//! Layers that make one output of several inputs.

mod add;
mod average;
mod concatenate;
mod dot;
mod maximum;
mod merge;
mod minimum;
mod multiply;
mod subtract;

pub use add::{Add, AddModule};
pub use average::{Average, AverageModule};
pub use concatenate::{Concatenate, ConcatenateModule};
pub use dot::{Dot, DotModule};
pub use maximum::{Maximum, MaximumModule};
pub use minimum::{Minimum, MinimumModule};
pub use multiply::{Multiply, MultiplyModule};
pub use subtract::{Subtract, SubtractModule};

#[cfg(test)]
mod tests {
    #[test]
    fn agrees_with_keras() {
        let gap = crate::reference::check(include_str!("../../testdata/merging.json"));
        assert!(gap <= 1.0);
    }
}
