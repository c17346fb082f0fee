//! Functions of one number, free of branches and calls, so that loops over them vectorise.
//!
//! The polynomials are those of Cephes (S. Moshier); errors are about one unit in the last place.

/// Adding and subtracting it rounds to a whole number.
const ROUND: f32 = 12_582_912.0;

/// e to the power of `x`, held at the smallest and the largest power of two that a float has. NaN stays NaN.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    let x = x.clamp(-87.33, 88.37);
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    // ln 2 in two parts: the first times n is exact.
    let r = x - n * 0.693_359_4 + n * 2.121_944_4e-4;
    let p = 1.987_569_1e-4 * r + 1.398_199_9e-3;
    let p = p * r + 8.333_452e-3;
    let p = p * r + 4.166_579_6e-2;
    let p = p * r + 1.666_666_6e-1;
    let p = p * r + 0.5;
    let e = p * r * r + r + 1.0;
    let power = shifted.to_bits().wrapping_sub(ROUND.to_bits()).wrapping_add(127) << 23;
    e * f32::from_bits(power)
}

/// `ln(1 + x)` for `x` from 0 to 1, with a small relative error also near 0. NaN stays NaN.
#[inline(always)]
#[allow(clippy::excessive_precision)] // the polynomial as it was fitted
pub(crate) fn log1p(x: f32) -> f32 {
    let whole = 1.0 + x;
    let upper = whole > std::f32::consts::SQRT_2;
    let (r, half) = if upper { (0.5 * whole - 1.0, 1.0f32) } else { (whole - 1.0, 0.0) };
    let z = r * r;
    let p = 7.037_683_6e-2 * r - 1.151_461_03e-1;
    let p = p * r + 1.167_699_87e-1;
    let p = p * r - 1.242_014_08e-1;
    let p = p * r + 1.424_932_3e-1;
    let p = p * r - 1.666_805_77e-1;
    let p = p * r + 2.000_071_48e-1;
    let p = p * r - 2.499_999_4e-1;
    let p = p * r + 3.333_333_1e-1;
    let tail = p * r * z - 2.121_944_4e-4 * half - 0.5 * z;
    let log = r + tail + 0.693_359_375 * half;
    // `whole` was rounded: the quotient takes that back (W. Kahan).
    let rounded = whole - 1.0;
    if rounded == 0.0 { x } else { log * (x / rounded) }
}

/// `1 / (1 + exp(-x))`.
#[inline(always)]
pub(crate) fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// The hyperbolic tangent, with a small relative error also near 0.
#[inline(always)]
#[allow(clippy::excessive_precision)] // the polynomial as it was fitted
pub(crate) fn tanh(x: f32) -> f32 {
    let size = x.abs();
    let far = (1.0 - 2.0 / (exp(2.0 * size) + 1.0)).copysign(x);
    let z = x * x;
    let p = -5.704_988_7e-3 * z + 2.063_908_9e-2;
    let p = p * z - 5.373_971_6e-2;
    let p = p * z + 1.333_144_2e-1;
    let p = p * z - 3.333_328e-1;
    let near = p * z * x + x;
    if size < 0.625 { near } else { far }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_exact() {
        let mut worst = [0f64; 3];
        for i in -200_000..200_000 {
            let x = i as f32 * 4e-4;
            let exact = f64::from(x);
            let values = [(exp(x), exact.exp()), (sigmoid(x), 1.0 / (1.0 + (-exact).exp())), (tanh(x), exact.tanh())];
            for (worst, (ours, exact)) in worst.iter_mut().zip(values) {
                *worst = worst.max(((f64::from(ours) - exact) / exact.abs().max(1e-30)).abs());
            }
        }
        assert!(worst.iter().all(|w| *w < 4e-7), "{worst:?}");
    }

    #[test]
    fn logarithms_are_exact() {
        for i in 0..=100_000u32 {
            let shared = i as f32 / 100_000.0;
            for x in [shared, shared * shared * shared, shared * 1e-6] {
                let (ours, exact) = (f64::from(log1p(x)), f64::from(x).ln_1p());
                assert!((ours - exact).abs() <= 3e-7 * exact, "{x}: {ours} {exact}");
            }
        }
        assert!(log1p(f32::NAN).is_nan());
    }

    #[test]
    fn ends_are_finite_and_nan_stays() {
        assert!(exp(1e4).is_finite() && exp(-1e4) > 0.0);
        assert_eq!((sigmoid(1e4), sigmoid(f32::NEG_INFINITY) < 1e-30, tanh(-1e4), tanh(f32::INFINITY)), (1.0, true, -1.0, 1.0));
        assert!(exp(f32::NAN).is_nan() && sigmoid(f32::NAN).is_nan() && tanh(f32::NAN).is_nan());
    }
}
