//! Axes: the range shown, and ticks at round numbers.

/// A tick: its value and its label.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tick {
    pub(crate) value: f64,
    pub(crate) label: String,
}

/// One axis.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Axis {
    low: f64,
    high: f64,
    log: bool,
    pub(crate) ticks: Vec<Tick>,
}

impl Axis {
    /// A linear axis around `min..=max`, widened by `pad` of its span, with up to `most` ticks. Ticks of a `whole` axis
    /// are integers.
    pub(crate) fn linear((min, max): (f64, f64), pad: f64, most: usize, whole: bool) -> Self {
        let (low, high) = widen(min, max, pad, whole);
        Self { low, high, log: false, ticks: even_ticks(low, high, most, whole) }
    }

    /// A logarithmic axis around `min..=max`, both positive.
    pub(crate) fn log((min, max): (f64, f64), pad: f64, most: usize) -> Self {
        let (low, high) = widen(min.log10(), max.log10(), pad, false);
        let axis = Self { low, high, log: true, ticks: Vec::new() };
        Self { ticks: log_ticks(low, high, most), ..axis }
    }

    /// Where a value lies, from 0 at the low end to 1 at the high end.
    pub(crate) fn at(&self, value: f64) -> f64 {
        let value = if self.log { value.log10() } else { value };
        (value - self.low) / (self.high - self.low)
    }
}

/// The range around the values; where they are all equal, around that one.
fn widen(min: f64, max: f64, pad: f64, whole: bool) -> (f64, f64) {
    let size = min.abs().max(max.abs());
    if max - min > size * 1e-9 {
        let pad = (max - min) * pad;
        return (min - pad, max + pad);
    }
    let room = if whole || size == 0.0 { 0.5_f64.max(size * 1e-6) } else { size * 0.1 };
    (min - room, max + room)
}

/// The smallest of 1, 2, 5, 10, 20 … (and 0.5, 0.2 … unless `whole`) that is at least `raw`.
fn round_step(raw: f64, whole: bool) -> f64 {
    let power = 10f64.powf(raw.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * power).find(|s| *s >= raw * (1.0 - 1e-9)).unwrap_or(10.0 * power);
    if whole { step.max(1.0) } else { step }
}

fn even_ticks(low: f64, high: f64, most: usize, whole: bool) -> Vec<Tick> {
    let step = round_step((high - low) / most.max(1) as f64, whole);
    let (first, last) = ((low / step).ceil(), (high / step).floor());
    if !(step > 0.0 && last - first < 1000.0) {
        return Vec::new();
    }
    let count = (last - first).max(-1.0) as usize + 1;
    let values: Vec<f64> = (0..count.min(1000)).map(|i| (first + i as f64) * step).filter(|v| *v >= low && *v <= high).collect();
    label(&values, step)
}

/// Labels with as many digits as the step needs; powers of ten where plain digits would be long.
fn label(values: &[f64], step: f64) -> Vec<Tick> {
    let largest = values.iter().fold(0.0f64, |a, v| a.max(v.abs()));
    let place = (step.log10() + 1e-9).floor();
    let text = |v: f64| {
        let v = if v.abs() < step * 1e-6 { 0.0 } else { v };
        if largest < 1e6 && step > 0.9e-5 {
            return format!("{v:.*}", (-place).max(0.0) as usize);
        }
        if v == 0.0 {
            return "0".to_owned();
        }
        format!("{v:.*e}", (largest.log10().floor() - place).clamp(0.0, 12.0) as usize)
    };
    values.iter().map(|v| Tick { value: *v, label: text(*v) }).collect()
}

/// Ticks at powers of ten; at 1, 2 and 5 of each where the range has few powers; at even steps where it has none.
fn log_ticks(low: f64, high: f64, most: usize) -> Vec<Tick> {
    let plain = |v: f64| Tick { value: v, label: if (0.9e-3..1e5).contains(&v) { format!("{}", round(v)) } else { format!("{v:e}") } };
    let powers: Vec<i32> = (low.ceil() as i32..=high.floor() as i32).collect();
    if powers.len() >= 3 {
        let every = powers.len().div_ceil(most.max(1));
        return powers.into_iter().filter(|p| p.rem_euclid(every as i32) == 0).map(|p| plain(power(p))).collect();
    }
    let fine: Vec<f64> = (low.floor() as i32..=high.ceil() as i32)
        .flat_map(|p| [1, 2, 5].map(|m| format!("{m}e{p}").parse().unwrap_or(f64::NAN)))
        .filter(|v: &f64| (low..=high).contains(&v.log10()))
        .collect();
    if fine.len() >= 3 {
        return fine.into_iter().map(plain).collect();
    }
    even_ticks(10f64.powf(low), 10f64.powf(high), most, false)
}

/// The power of ten as its literal reads, without `powi`'s rounding.
fn power(exponent: i32) -> f64 {
    format!("1e{exponent}").parse().unwrap_or(f64::NAN)
}

fn round(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|t| t.label.as_str()).collect()
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!(labels(&Axis::linear((0.31, 0.87), 0.05, 7, false)), ["0.3", "0.4", "0.5", "0.6", "0.7", "0.8"]);
        assert_eq!(labels(&Axis::linear((-1.0, 1.0), 0.0, 5, false)), ["-1.0", "-0.5", "0.0", "0.5", "1.0"]);
        assert_eq!(labels(&Axis::linear((1.0, 10.0), 0.02, 12, true)), ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"]);
        assert_eq!(labels(&Axis::linear((1.0, 3.0), 0.02, 12, true)), ["1", "2", "3"]);
        assert_eq!(labels(&Axis::linear((0.0, 5e6), 0.0, 5, false)), ["0", "1e6", "2e6", "3e6", "4e6", "5e6"]);
        assert_eq!(labels(&Axis::linear((0.0, 3e-7), 0.0, 3, false)), ["0", "1e-7", "2e-7", "3e-7"]);
    }

    #[test]
    fn equal_values_get_room() {
        assert_eq!(labels(&Axis::linear((1.0, 1.0), 0.02, 10, true)), ["1"]);
        assert_eq!(labels(&Axis::linear((0.0, 0.0), 0.05, 5, false)), ["-0.4", "-0.2", "0.0", "0.2", "0.4"]);
        let axis = Axis::linear((0.5, 0.5), 0.05, 5, false);
        assert!((axis.at(0.5) - 0.5).abs() < 1e-9 && !axis.ticks.is_empty());
    }

    #[test]
    fn log_axes_tick_at_powers() {
        assert_eq!(labels(&Axis::log((0.001, 10.0), 0.05, 6)), ["0.001", "0.01", "0.1", "1", "10"]);
        assert_eq!(labels(&Axis::log((0.3, 4.0), 0.05, 6)), ["0.5", "1", "2"]);
        assert_eq!(labels(&Axis::log((0.31, 0.39), 0.05, 5)), ["0.32", "0.34", "0.36", "0.38"]);
        assert_eq!(labels(&Axis::log((1e-12, 1.0), 0.0, 4)), ["1e-12", "1e-8", "1e-4", "1"]);
        let axis = Axis::log((0.01, 100.0), 0.0, 6);
        assert!((axis.at(1.0) - 0.5).abs() < 1e-9);
    }

    #[test]
    fn extremes_do_no_harm() {
        for (min, max) in [(-1e300, 1e300), (1e-320, 2e-320), (1e15, 1e15 + 1.0), (-1e-300, 0.0)] {
            let axis = Axis::linear((min, max), 0.05, 8, false);
            assert!(axis.ticks.len() < 30 && axis.at(min).is_finite(), "{axis:?}");
        }
        assert!(Axis::log((1e-300, 1e300), 0.05, 8).ticks.len() <= 9);
    }
}
