//! Named numbers: what a step or an epoch reports.

use std::fmt;
use std::ops::Index;

/// Named numbers, in Keras' order: `loss` and then by name.
///
/// ```
/// let logs = kiln_train::logs! { "loss" => 0.5, "accuracy" => 0.9 };
/// assert_eq!(logs["accuracy"], 0.9);
/// assert_eq!(logs.to_string(), "accuracy: 0.9000 - loss: 0.5000");
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Logs {
    /// The loss, NaN when there is none.
    pub loss: f64,
    values: Vec<(String, f64)>,
}

impl Logs {
    /// No numbers.
    pub fn new() -> Self {
        Self { loss: f64::NAN, values: Vec::new() }
    }

    /// Sets a number.
    pub fn set(&mut self, name: &str, value: f64) {
        if name == "loss" {
            self.loss = value;
        }
        match self.values.iter_mut().find(|(n, _)| n == name) {
            Some((_, old)) => *old = value,
            None => self.values.push((name.to_owned(), value)),
        }
    }

    /// A number.
    pub fn get(&self, name: &str) -> Option<f64> {
        self.values.iter().find(|(n, _)| n == name).map(|(_, v)| *v)
    }

    /// The numbers in the order they were set.
    pub fn iter(&self) -> impl Iterator<Item = (&str, f64)> {
        self.values.iter().map(|(n, v)| (n.as_str(), *v))
    }

    /// The names.
    pub fn names(&self) -> Vec<&str> {
        self.iter().map(|(n, _)| n).collect()
    }
}

/// A name that isn't there panics, as with every map of Rust; [`Logs::get`] doesn't.
impl Index<&str> for Logs {
    type Output = f64;
    #[allow(clippy::panic)]
    fn index(&self, name: &str) -> &f64 {
        match self.values.iter().find(|(n, _)| n == name) {
            Some((_, value)) => value,
            None => panic!("there is no `{name}`; known are {:?}", self.names()),
        }
    }
}

/// As Keras prints them: sorted by name, four digits.
impl fmt::Display for Logs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut sorted: Vec<_> = self.iter().collect();
        sorted.sort_by_key(|(name, _)| *name);
        let words: Vec<String> = sorted.into_iter().map(|(n, v)| format!("{n}: {}", number(v))).collect();
        f.write_str(&words.join(" - "))
    }
}

/// `0.1234`, or `1.2345e-04` for what is smaller than 0.001.
fn number(value: f64) -> String {
    if value.abs() > 1e-3 || value.is_nan() {
        return format!("{value:.4}");
    }
    let text = format!("{value:.4e}");
    match text.split_once('e') {
        Some((mantissa, exponent)) => {
            let (sign, digits) = exponent.strip_prefix('-').map_or(('+', exponent), |d| ('-', d));
            format!("{mantissa}e{sign}{digits:0>2}")
        }
        None => text,
    }
}

/// A number as Python writes it: `2.0`, `1e-07`, `nan`.
///
/// ```
/// assert_eq!([2.0, 1e-7, 0.1, 1e16].map(kiln_train::fit::python), ["2.0", "1e-07", "0.1", "1e+16"]);
/// ```
pub fn python(value: f64) -> String {
    // Rust's `Debug` takes to exponents where Python does.
    let text = format!("{value:?}").to_lowercase();
    match text.split_once('e') {
        Some((mantissa, exponent)) => {
            let (sign, digits) = exponent.strip_prefix('-').map_or(('+', exponent), |d| ('-', d));
            format!("{mantissa}e{sign}{digits:0>2}")
        }
        None => text,
    }
}

/// Makes [`Logs`] of names and numbers.
#[macro_export]
macro_rules! logs {
    ($($name:expr => $value:expr),* $(,)?) => {{
        let mut logs = $crate::Logs::new();
        $(logs.set($name, $crate::fit::ToNumber::number(&$value));)*
        logs
    }};
}

/// What a log takes: a number or a tensor of one.
pub trait ToNumber {
    /// The number.
    fn number(&self) -> f64;
}
impl ToNumber for f64 {
    fn number(&self) -> f64 {
        *self
    }
}
impl ToNumber for f32 {
    fn number(&self) -> f64 {
        f64::from(*self)
    }
}
impl ToNumber for kiln_core::Tensor {
    fn number(&self) -> f64 {
        self.clone().inner().item()
    }
}
