//! Functions of one tensor, element by element.

use super::{Kind, Tensor, with_rank};
use crate::kernels::Curve;
use burn::tensor::activation;

macro_rules! float_functions {
    ($($(#[$doc:meta])* $name:ident => |$x:ident| $body:expr;)*) => {
        impl Tensor {$(
            $(#[$doc])*
            pub fn $name(self) -> Self {
                let t = self.at_least_float();
                let scalar = t.rank() == 0;
                let out: Self = with_rank!(t.rank(), D => { let $x = t.f::<D>(); $body.into() });
                out.mark(scalar)
            }
        )*}
    };
}

float_functions! {
    /// e to the power of each element.
    exp => |x| x.exp();
    /// The natural logarithm.
    log => |x| x.log();
    /// `log(1 + x)`, exact near 0.
    log1p => |x| x.log1p();
    /// The square root.
    sqrt => |x| x.sqrt();
    /// `1 / x`.
    recip => |x| x.recip();
    /// The sine.
    sin => |x| x.sin();
    /// The cosine.
    cos => |x| x.cos();
    /// The error function.
    erf => |x| x.erf();
    /// Rounded down.
    floor => |x| x.floor();
    /// Rounded up.
    ceil => |x| x.ceil();
    /// Rounded to the nearest, halves to even.
    round => |x| x.round();
    /// `log(1 + exp(x))`, without overflow.
    softplus => |x| activation::softplus(x, 1.0);
    /// `log(sigmoid(x))`, without overflow.
    log_sigmoid => |x| activation::log_sigmoid(x);
    /// Whether each element is NaN.
    is_nan => |x| x.is_nan();
    /// Whether each element is neither NaN nor infinite.
    is_finite => |x| x.is_finite();
}

macro_rules! curves {
    ($($(#[$doc:meta])* $name:ident: $curve:ident => |$x:ident| $body:expr;)*) => {
        impl Tensor {$(
            $(#[$doc])*
            pub fn $name(self) -> Self {
                let t = self.at_least_float();
                let scalar = t.rank() == 0;
                let served = crate::kernels::curve(&t, Curve::$curve);
                let out: Self = served.unwrap_or_else(|| with_rank!(t.rank(), D => { let $x = t.f::<D>(); $body.into() }));
                out.mark(scalar)
            }
        )*}
    };
}

// What kiln-kernels has a curve for.
curves! {
    /// The hyperbolic tangent.
    tanh: Tanh => |x| x.tanh();
    /// `1 / (1 + exp(-x))`.
    sigmoid: Sigmoid => |x| activation::sigmoid(x);
    /// `max(x, 0)`.
    relu: Relu => |x| activation::relu(x);
}

macro_rules! number_functions {
    ($($(#[$doc:meta])* $name:ident => |$x:ident| $body:expr;)*) => {
        impl Tensor {$(
            $(#[$doc])*
            pub fn $name(self) -> Self {
                let t = if self.kind() == Kind::Bool { self.cast(burn::tensor::DType::I32) } else { self };
                let scalar = t.rank() == 0;
                let out: Self = with_rank!(t.rank(), D => match t.kind() {
                    Kind::Float => { let $x = t.f::<D>(); $body.into() }
                    _ => { let $x = t.i::<D>(); $body.into() }
                });
                out.mark(scalar)
            }
        )*}
    };
}

number_functions! {
    /// The absolute value.
    abs => |x| x.abs();
    /// -1, 0 or 1.
    sign => |x| x.sign();
    /// `-x`.
    negative => |x| x.neg();
    /// `x * x`.
    square => |x| x.square();
}

impl Tensor {
    /// Each element held within `[min, max]`.
    pub fn clip(self, min: f64, max: f64) -> Self {
        let t = self.at_least_float();
        let scalar = t.rank() == 0;
        let out: Self = with_rank!(t.rank(), D => t.f::<D>().clamp(min, max).into());
        out.mark(scalar)
    }

    /// `exp(x) / sum(exp(x))` over `axis`, without overflow.
    ///
    /// # Errors
    /// An axis the tensor doesn't have.
    pub fn softmax(self, axis: isize) -> crate::Result<Self> {
        let axis = self.axis("softmax", axis)?;
        let t = self.at_least_float();
        Ok(with_rank!(t.rank(), D => activation::softmax(t.f::<D>(), axis).into()))
    }

    /// The logarithm of [`Tensor::softmax`], without overflow.
    ///
    /// # Errors
    /// An axis the tensor doesn't have.
    pub fn log_softmax(self, axis: isize) -> crate::Result<Self> {
        let axis = self.axis("log_softmax", axis)?;
        let t = self.at_least_float();
        Ok(with_rank!(t.rank(), D => activation::log_softmax(t.f::<D>(), axis).into()))
    }
}

impl Tensor {
    /// `log(sum(exp(x)))` over `axis`, which goes away, without overflow. Keras' `ops.logsumexp`.
    ///
    /// # Errors
    /// An axis the tensor doesn't have.
    ///
    /// ```
    /// # use kiln_core::Tensor;
    /// let sum = Tensor::constant([[1000.0, 1000.0]]).logsumexp(-1)?;
    /// assert!((sum.item() - 1000.0 - 2f64.ln()).abs() < 1e-3);
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn logsumexp(&self, axis: isize) -> crate::Result<Self> {
        let axis = self.axis("logsumexp", axis)? as isize;
        let x = self.clone().at_least_float();
        // Not part of the gradient, as any number would do; an infinite one would give NaN.
        let highest = x.max_axis(axis)?.detach().clip(f64::from(f32::MIN), f64::from(f32::MAX));
        Ok((x - highest.expand_dims(axis)?).exp().sum_axis(axis)?.log() + highest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logsumexp_neither_overflows_nor_loses_its_gradient() {
        let x = Tensor::constant([[0.0, 2f32.ln()], [-1000.0, f32::NEG_INFINITY], [f32::NEG_INFINITY, f32::NEG_INFINITY]]);
        let sums = x.logsumexp(1).unwrap().to_vec::<f32>();
        assert!((sums[0] - 3f32.ln()).abs() < 1e-6 && sums[1] == -1000.0 && sums[2] == f32::NEG_INFINITY, "{sums:?}");
        let tape = crate::GradientTape::new();
        let x = tape.watch(&Tensor::constant([[1.0, 2.0, 4.0]])).unwrap();
        let gradient = tape.gradient(&x.logsumexp(-1).unwrap(), [&x]).unwrap().remove(0).unwrap();
        let soft = Tensor::constant([[1.0, 2.0, 4.0]]).softmax(-1).unwrap();
        assert!((gradient - soft).abs().max().item() < 1e-6);
    }

    #[test]
    fn functions_work_at_any_rank() {
        assert_eq!(Tensor::constant(0.0).exp().item(), 1.0);
        assert_eq!(Tensor::constant([[-2, 3]]).abs().to_vec::<i32>(), [2, 3]);
        let soft = Tensor::constant([[[1.0, 1.0]]]).softmax(-1).unwrap();
        assert_eq!(soft.to_vec::<f32>(), [0.5, 0.5]);
        assert_eq!(Tensor::constant([1.0, f64::NAN]).is_nan().to_vec::<bool>(), [false, true]);
    }
}
