//! The activations that operations apply by themselves.

use crate::numbers::{sigmoid, tanh};
use crate::rows;
use crate::simd::vectorised;

/// An activation whose slope follows from its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Curve {
    /// `x`.
    Linear,
    /// `max(x, 0)`; NaN stays NaN.
    Relu,
    /// The hyperbolic tangent.
    Tanh,
    /// `1 / (1 + exp(-x))`.
    Sigmoid,
}

#[inline(always)]
fn relu(x: f32) -> f32 {
    if x < 0.0 { 0.0 } else { x }
}

#[inline(always)]
fn each(values: &mut [f32], function: impl Fn(f32) -> f32) {
    for value in values {
        *value = function(*value);
    }
}

#[inline(always)]
fn each_row(values: &mut [f32], bias: &[f32], function: impl Fn(f32) -> f32) {
    for row in values.chunks_exact_mut(bias.len().max(1)) {
        for (value, bias) in row.iter_mut().zip(bias) {
            *value = function(*value + *bias);
        }
    }
}

vectorised! {
    /// `curve(values)`, in place.
    pub(crate) fn bend<'a>(values: &'a mut [f32], curve: Curve) {
        match curve {
            Curve::Linear => {}
            Curve::Relu => each(values, relu),
            Curve::Tanh => each(values, tanh::<S>),
            Curve::Sigmoid => each(values, sigmoid::<S>),
        }
    }
}

vectorised! {
    /// `curve(row + bias)` for each row, in place.
    pub(crate) fn bend_rows<'a>(values: &'a mut [f32], bias: &'a [f32], curve: Curve) {
        match curve {
            Curve::Linear => each_row(values, bias, |x| x),
            Curve::Relu => each_row(values, bias, relu),
            Curve::Tanh => each_row(values, bias, tanh::<S>),
            Curve::Sigmoid => each_row(values, bias, sigmoid::<S>),
        }
    }
}

vectorised! {
    /// The gradient before the curve, from the one behind it and the curve's values.
    pub(crate) fn unbend<'a>(out: &'a mut [f32], gradient: &'a [f32], values: &'a [f32], curve: Curve) {
        match curve {
            Curve::Linear => out.copy_from_slice(gradient),
            Curve::Relu => rows::each(out, [gradient, values], |_, [g, y]| if y <= 0.0 { 0.0 } else { g }),
            Curve::Tanh => rows::each(out, [gradient, values], |_, [g, y]| g * (1.0 - y * y)),
            Curve::Sigmoid => rows::each(out, [gradient, values], |_, [g, y]| g * (y * (1.0 - y))),
        }
    }
}
