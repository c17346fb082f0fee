//! Tensors print as NumPy arrays do.

use super::{Kind, Tensor};
use std::fmt;

/// Over this many elements, only the first and last [`EDGE`] of an axis are shown.
const FULL: usize = 1000;
const EDGE: usize = 3;
/// Digits after the point that NumPy shows at most.
const DIGITS: usize = 8;

impl fmt::Display for Tensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = self.label() {
            write!(f, "{name} = ")?;
        }
        let shape = self.shape();
        let shown = shown(&shape);
        let values = self.to_vec::<f64>();
        let words = words(self.kind(), &shape, &shown, &values);
        let width = words.iter().map(String::len).max().unwrap_or(0);
        let mut words = words.into_iter();
        write_axis(f, &shape, &shown, 0, width, &mut words)
    }
}

/// Which indices of each axis are shown; `None` stands for the dots.
fn shown(shape: &[usize]) -> Vec<Vec<Option<usize>>> {
    let all = shape.iter().product::<usize>() <= FULL;
    let axis = |&n: &usize| -> Vec<Option<usize>> {
        if all || n <= 2 * EDGE {
            return (0..n).map(Some).collect();
        }
        (0..EDGE).map(Some).chain([None]).chain((n - EDGE..n).map(Some)).collect()
    };
    shape.iter().map(axis).collect()
}

/// The numbers to show, formatted alike.
fn words(kind: Kind, shape: &[usize], shown: &[Vec<Option<usize>>], values: &[f64]) -> Vec<String> {
    let mut picked = vec![0usize];
    for (axis, indices) in shown.iter().enumerate() {
        let n = shape[axis];
        picked = picked.into_iter().flat_map(|p| indices.iter().flatten().map(move |i| p * n + i)).collect();
    }
    let picked = picked.into_iter().filter_map(|i| values.get(i).copied());
    match kind {
        Kind::Bool => picked.map(|v| if v != 0.0 { "True" } else { "False" }.to_owned()).collect(),
        Kind::Int => picked.map(|v| format!("{v:.0}")).collect(),
        Kind::Float => float_words(&picked.collect::<Vec<_>>()),
    }
}

fn float_words(values: &[f64]) -> Vec<String> {
    let finite = || values.iter().filter(|v| v.is_finite() && **v != 0.0).map(|v| v.abs());
    let (largest, smallest) = (finite().fold(0.0, f64::max), finite().fold(f64::INFINITY, f64::min));
    let special = |v: f64| {
        if v.is_nan() {
            "nan".to_owned()
        } else if v > 0.0 {
            "inf".to_owned()
        } else {
            "-inf".to_owned()
        }
    };
    if largest >= 1e8 || (smallest < 1e-4 && largest > 0.0) || largest / smallest > 1e6 {
        return values.iter().map(|&v| if v.is_finite() { scientific(v) } else { special(v) }).collect();
    }
    let text = |v: f64| format!("{}", v as f32);
    let digits = |v: &f64| text(*v).split_once('.').map_or(0, |(_, d)| d.len()).min(DIGITS);
    let digits = values.iter().filter(|v| v.is_finite()).map(digits).max().unwrap_or(0);
    let plain = |v: f64| if digits == 0 { format!("{v:.0}.") } else { format!("{v:.digits$}") };
    values.iter().map(|&v| if v.is_finite() { plain(v) } else { special(v) }).collect()
}

/// `1.2345e-05`, with the exponent of at least two digits that NumPy writes.
fn scientific(v: f64) -> String {
    let text = format!("{v:.4e}");
    match text.split_once('e') {
        Some((mantissa, exponent)) => {
            let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |e| ('-', e));
            format!("{mantissa}e{sign}{exponent:0>2}")
        }
        None => text,
    }
}

fn write_axis(
    f: &mut fmt::Formatter<'_>,
    shape: &[usize],
    shown: &[Vec<Option<usize>>],
    depth: usize,
    width: usize,
    words: &mut impl Iterator<Item = String>,
) -> fmt::Result {
    if depth == shape.len() {
        let word = words.next().unwrap_or_default();
        return if shape.is_empty() { f.write_str(&word) } else { write!(f, "{word:>width$}") };
    }
    let inner = shape.len() - depth - 1;
    f.write_str("[")?;
    for (position, index) in shown[depth].iter().enumerate() {
        if position > 0 {
            match inner {
                0 => f.write_str(" ")?,
                _ => write!(f, "{}{}", "\n".repeat(inner), " ".repeat(depth + 1))?,
            }
        }
        match index {
            Some(_) => write_axis(f, shape, shown, depth + 1, width, words)?,
            None => f.write_str("...")?,
        }
    }
    f.write_str("]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_like_numpy() {
        assert_eq!(Tensor::constant([[1.0, 2.5], [-3.0, 4.0]]).to_string(), "[[ 1.0  2.5]\n [-3.0  4.0]]");
        assert_eq!(Tensor::constant([1.0, 2.0]).to_string(), "[1. 2.]");
        assert_eq!(Tensor::constant([1, 20]).name("a").to_string(), "a = [ 1 20]");
        assert_eq!(Tensor::constant([true, false]).to_string(), "[ True False]");
        assert_eq!(Tensor::constant(3.5).to_string(), "3.5");
        assert_eq!(Tensor::constant([1e-5, 1.0]).to_string(), "[1.0000e-05 1.0000e+00]");
        assert_eq!(Tensor::range(0..2000).to_string(), "[   0    1    2 ... 1997 1998 1999]");
        assert_eq!(Tensor::zeros([2, 1, 1]).to_string(), "[[[0.]]\n\n [[0.]]]");
    }
}
