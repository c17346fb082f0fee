//! Sums of slices and over rows.

use crate::simd::vectorised;

/// Sets each number of `out` to what `formula` makes of it and of the numbers of `from` beside it.
///
/// For bodies of [`vectorised!`]: a loop that writes one slice only is vectorised, as the compiler can check that few slices don't overlap.
#[inline(always)]
pub(crate) fn each<const N: usize>(out: &mut [f32], from: [&[f32]; N], formula: impl Fn(f32, [f32; N]) -> f32) {
    let n = out.len();
    let from = from.map(|values| &values[..n]);
    for k in 0..n {
        out[k] = formula(out[k], from.each_ref().map(|values| values[k]));
    }
}

/// How many sums run beside one another in [`total`], whatever the processor: so the result is the same on all.
const LANES: usize = 8;

/// The sum of what `formula` makes of the numbers of `from` beside one another; in lanes, so that it is vectorised.
#[inline(always)]
pub(crate) fn total<const N: usize>(from: [&[f32]; N], formula: impl Fn([f32; N]) -> f32) -> f32 {
    let n = from.first().map_or(0, |values| values.len());
    let chunks = from.map(|values| values[..n].as_chunks::<LANES>());
    let whole = chunks.each_ref().map(|(whole, _)| &whole[..n / LANES]);
    let mut lanes = [0.0f32; LANES];
    for c in 0..n / LANES {
        for (l, lane) in lanes.iter_mut().enumerate() {
            *lane += formula(whole.each_ref().map(|values| values[c][l]));
        }
    }
    let rest = chunks.map(|(_, rest)| &rest[..n % LANES]);
    let mut sum: f32 = lanes.iter().sum();
    for k in 0..n % LANES {
        sum += formula(rest.each_ref().map(|values| values[k]));
    }
    sum
}

/// The largest number, NaN left aside.
#[inline(always)]
pub(crate) fn largest(values: &[f32]) -> f32 {
    let (whole, rest) = values.as_chunks::<LANES>();
    let mut lanes = [f32::NEG_INFINITY; LANES];
    for chunk in whole {
        for (lane, v) in lanes.iter_mut().zip(chunk) {
            *lane = if *v > *lane { *v } else { *lane };
        }
    }
    lanes.iter().chain(rest).fold(f32::NEG_INFINITY, |most, v| if *v > most { *v } else { most })
}

vectorised! {
    /// Adds each row of `values` to `sum`, in their order.
    pub(crate) fn add_rows<'a>(sum: &'a mut [f32], values: &'a [f32]) {
        for row in values.chunks_exact(sum.len().max(1)) {
            for (sum, value) in sum.iter_mut().zip(row) {
                *sum += *value;
            }
        }
    }
}

vectorised! {
    /// Adds `values` to `sum`.
    pub(crate) fn add<'a>(sum: &'a mut [f32], values: &'a [f32]) {
        for (sum, value) in sum.iter_mut().zip(values) {
            *sum += *value;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::numbers;

    #[test]
    fn sums_take_all_numbers_and_the_largest_is_found() {
        for n in [0, 1, 7, 8, 9, 16, 37] {
            let (a, b) = (numbers(n, 1), numbers(n, 2));
            let expected: f32 = a.iter().zip(&b).map(|(a, b)| a * b).sum();
            assert!((total([&a, &b], |[a, b]| a * b) - expected).abs() < 1e-5);
            assert_eq!(largest(&a), a.iter().copied().fold(f32::NEG_INFINITY, f32::max));
        }
        assert_eq!(largest(&[f32::NAN, 1.0, f32::NAN]), 1.0);
    }
}
