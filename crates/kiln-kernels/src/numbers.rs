//! Functions of one number, free of branches and calls, so that loops over them vectorise.
//!
//! The polynomials are those of Cephes (S. Moshier), but where another source is named; errors are a few units in the last place.

use pulp::Simd;

/// `a · b + c`, rounded once where the processor has an instruction for it, which registers of several numbers stand for; twice elsewhere,
/// where rounding once would be a call.
#[inline(always)]
fn fused<S: Simd>(a: f32, b: f32, c: f32) -> f32 {
    if S::F32_LANES > 1 { a.mul_add(b, c) } else { a * b + c }
}

/// Adding and subtracting it rounds to a whole number.
const ROUND: f32 = 12_582_912.0;

/// e to the power of `x`, held at the smallest and the largest power of two that a float has. NaN stays NaN.
#[inline(always)]
pub(crate) fn exp<S: Simd>(x: f32) -> f32 {
    let x = x.clamp(-87.33, 88.37);
    let shifted = fused::<S>(x, std::f32::consts::LOG2_E, ROUND);
    let n = shifted - ROUND;
    // ln 2 in two parts: the first times n is exact.
    let r = fused::<S>(n, 2.121_944_4e-4, fused::<S>(n, -0.693_359_4, x));
    let p = fused::<S>(1.987_569_1e-4, r, 1.398_199_9e-3);
    let p = fused::<S>(p, r, 8.333_452e-3);
    let p = fused::<S>(p, r, 4.166_579_6e-2);
    let p = fused::<S>(p, r, 1.666_666_6e-1);
    let p = fused::<S>(p, r, 0.5);
    let e = fused::<S>(p * r, r, r) + 1.0;
    let power = shifted.to_bits().wrapping_sub(ROUND.to_bits()).wrapping_add(127) << 23;
    e * f32::from_bits(power)
}

/// `ln(1 + x)` for `x` from 0 to 1, with a small relative error also near 0. NaN stays NaN.
#[inline(always)]
#[allow(clippy::excessive_precision)] // the polynomial as it was fitted
pub(crate) fn log1p<S: Simd>(x: f32) -> f32 {
    let whole = 1.0 + x;
    let upper = whole > std::f32::consts::SQRT_2;
    let (r, half) = if upper { (0.5 * whole - 1.0, 1.0f32) } else { (whole - 1.0, 0.0) };
    let z = r * r;
    let p = fused::<S>(7.037_683_6e-2, r, -1.151_461_03e-1);
    let p = fused::<S>(p, r, 1.167_699_87e-1);
    let p = fused::<S>(p, r, -1.242_014_08e-1);
    let p = fused::<S>(p, r, 1.424_932_3e-1);
    let p = fused::<S>(p, r, -1.666_805_77e-1);
    let p = fused::<S>(p, r, 2.000_071_48e-1);
    let p = fused::<S>(p, r, -2.499_999_4e-1);
    let p = fused::<S>(p, r, 3.333_333_1e-1);
    let tail = p * r * z - 2.121_944_4e-4 * half - 0.5 * z;
    let log = r + tail + 0.693_359_375 * half;
    // `whole` was rounded: the quotient takes that back (W. Kahan).
    let rounded = whole - 1.0;
    if rounded == 0.0 { x } else { log * (x / rounded) }
}

/// `1 / (1 + exp(-x))`.
#[inline(always)]
pub(crate) fn sigmoid<S: Simd>(x: f32) -> f32 {
    1.0 / (1.0 + exp::<S>(-x))
}

/// The hyperbolic tangent: a quotient of polynomials, those of Eigen (`generic_fast_tanh_float`), with a small relative error also near 0.
#[inline(always)]
pub(crate) fn tanh<S: Simd>(x: f32) -> f32 {
    // From there on the quotient is 1, however it is rounded.
    let end = if S::F32_LANES > 1 { 7.998_811_7 } else { 7.905_311 };
    let x = x.clamp(-end, end);
    let z = x * x;
    let p = fused::<S>(-2.760_768_4e-16, z, 2.000_188e-13);
    let p = fused::<S>(p, z, -8.604_672e-11);
    let p = fused::<S>(p, z, 5.122_297_3e-8);
    let p = fused::<S>(p, z, 1.485_722_35e-5);
    let p = fused::<S>(p, z, 6.372_619_5e-4);
    let p = fused::<S>(p, z, 4.893_524_6e-3);
    let q = fused::<S>(1.198_258_4e-6, z, 1.185_347_1e-4);
    let q = fused::<S>(q, z, 2.268_434_7e-3);
    let q = fused::<S>(q, z, 4.893_525e-3);
    x * p / q
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Miri is a thousand times slower.
    const STEP: usize = if cfg!(miri) { 997 } else { 1 };

    /// As rounded twice, and as rounded once.
    #[test]
    fn functions_are_exact() {
        functions::<pulp::Scalar>();
        #[cfg(target_arch = "x86_64")]
        functions::<pulp::x86::V3>();
    }

    fn functions<S: Simd>() {
        let mut worst = [0f64; 3];
        for i in (-200_000..200_000).step_by(STEP) {
            let x = i as f32 * 4e-4;
            let exact = f64::from(x);
            let values = [(exp::<S>(x), exact.exp()), (sigmoid::<S>(x), 1.0 / (1.0 + (-exact).exp())), (tanh::<S>(x), exact.tanh())];
            for (worst, (ours, exact)) in worst.iter_mut().zip(values) {
                *worst = worst.max(((f64::from(ours) - exact) / exact.abs().max(1e-30)).abs());
            }
        }
        assert!(worst.iter().all(|w| *w < 4e-7), "{worst:?}");
    }

    #[test]
    fn logarithms_are_exact() {
        logarithms::<pulp::Scalar>();
        #[cfg(target_arch = "x86_64")]
        logarithms::<pulp::x86::V3>();
    }

    fn logarithms<S: Simd>() {
        for i in (0..=100_000u32).step_by(STEP) {
            let shared = i as f32 / 100_000.0;
            for x in [shared, shared * shared * shared, shared * 1e-6] {
                let (ours, exact) = (f64::from(log1p::<S>(x)), f64::from(x).ln_1p());
                assert!((ours - exact).abs() <= 3e-7 * exact, "{x}: {ours} {exact}");
            }
        }
        assert!(log1p::<S>(f32::NAN).is_nan());
    }

    #[test]
    fn ends_are_finite_and_nan_stays() {
        use pulp::Scalar as S;
        assert!(exp::<S>(1e4).is_finite() && exp::<S>(-1e4) > 0.0);
        assert_eq!(
            (sigmoid::<S>(1e4), sigmoid::<S>(f32::NEG_INFINITY) < 1e-30, tanh::<S>(-1e4), tanh::<S>(f32::INFINITY)),
            (1.0, true, -1.0, 1.0)
        );
        assert!(exp::<S>(f32::NAN).is_nan() && sigmoid::<S>(f32::NAN).is_nan() && tanh::<S>(f32::NAN).is_nan());
    }
}
