//! What formulas are written in, so that one of them serves single numbers and whole tensors.

use std::ops::{Add, Div, Mul, Sub};

/// A number, or a tensor of numbers to which a formula is applied element by element.
pub trait Number:
    Clone
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Add<f32, Output = Self>
    + Mul<f32, Output = Self>
{
    /// The square root.
    fn root(self) -> Self;
    /// The larger of two numbers.
    fn larger(self, other: Self) -> Self;
}

impl Number for f32 {
    #[inline(always)]
    fn root(self) -> Self {
        self.sqrt()
    }
    #[inline(always)]
    fn larger(self, other: Self) -> Self {
        if self < other { other } else { self }
    }
}
