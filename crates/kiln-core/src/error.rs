//! The one error type of Kiln, and the sentences it speaks.
//!
//! An error names who complains, what was expected, what came and how to fix it: lower case, names in
//! backticks, no full stop. Only the graph adds the name of the layer, with [`Error::at`].

use std::fmt;
use std::path::{Path, PathBuf};

/// `Result` with Kiln's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Everything that can go wrong in Kiln.
///
/// ```
/// use kiln_core::Error;
/// let error = Error::shape("Dense", "last axis 784", "(32, 28, 28)").hint("add `Flatten` before it").at("dense_1");
/// assert_eq!(error.to_string(), "dense_1 (Dense): expected last axis 784, received (32, 28, 28); add `Flatten` before it");
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// A value has a shape, rank or dtype that the receiver can't take.
    Shape(Report),
    /// An option has a value outside its range.
    Option(Report),
    /// A name is not known.
    Name(Report),
    /// The data don't fit what was asked for: labels out of range, NaN, lengths that differ.
    Data(Report),
    /// A method was called before the one it needs.
    Order(Report),
    /// A file can't be read or written, or its content is bad.
    File(Report),
    /// A device isn't there or isn't compiled in.
    Device(Report),
    /// The training diverged.
    Diverged(Report),
    /// A closure or type of the user failed.
    Custom(Report),
}

/// The parts of an error's sentence.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Report {
    /// The layer's name in the model, added by the graph.
    pub layer: Option<String>,
    /// Who complains: a class, a function, a file.
    pub who: String,
    /// The complaint.
    pub what: String,
    /// How to fix it.
    pub hint: Option<String>,
}

impl Report {
    fn new(who: impl Into<String>, what: impl Into<String>) -> Self {
        Self { layer: None, who: who.into(), what: what.into(), hint: None }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.layer, self.who.is_empty()) {
            (Some(layer), false) => write!(f, "{layer} ({}): ", self.who)?,
            (Some(layer), true) => write!(f, "{layer}: ")?,
            (None, false) => write!(f, "{}: ", self.who)?,
            (None, true) => {}
        }
        f.write_str(&self.what)?;
        match &self.hint {
            Some(hint) => write!(f, "; {hint}"),
            None => Ok(()),
        }
    }
}

impl Error {
    /// `who: expected …, received …`.
    pub fn shape(who: impl Into<String>, expected: impl fmt::Display, received: impl fmt::Display) -> Self {
        Self::Shape(Report::new(who, format!("expected {expected}, received {received}")))
    }

    /// ``who: `option` must be …, received …``.
    pub fn option(who: impl Into<String>, option: &str, expected: impl fmt::Display, received: impl fmt::Display) -> Self {
        Self::Option(Report::new(who, format!("`{option}` must be {expected}, received {received}")))
    }

    /// ``unknown kind `name`, did you mean `nearest`?`` The nearest of `known` is offered when it is near enough,
    /// else all of them are listed.
    pub fn unknown<'a>(kind: &str, name: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        let known: Vec<&str> = known.into_iter().collect();
        let what = match nearest(name, &known) {
            Some(near) => format!("unknown {kind} `{name}`, did you mean `{near}`?"),
            None => format!("unknown {kind} `{name}`; known are {}", quoted(&known)),
        };
        Self::Name(Report::new("", what))
    }

    /// `who: what`, about the content of data.
    pub fn data(who: impl Into<String>, what: impl Into<String>) -> Self {
        Self::Data(Report::new(who, what))
    }

    /// `who: what`, about a method called too early.
    pub fn order(who: impl Into<String>, what: impl Into<String>) -> Self {
        Self::Order(Report::new(who, what))
    }

    /// `path: what`.
    pub fn file(path: impl AsRef<Path>, what: impl fmt::Display) -> Self {
        Self::File(Report::new(path.as_ref().display().to_string(), what.to_string()))
    }

    /// `who: what`, about a device.
    pub fn device(who: impl Into<String>, what: impl Into<String>) -> Self {
        Self::Device(Report::new(who, what))
    }

    /// `who: what`, about a loss that is no longer a number.
    pub fn diverged(who: impl Into<String>, what: impl Into<String>) -> Self {
        Self::Diverged(Report::new(who, what))
    }

    /// An error of the user's own code.
    pub fn custom(what: impl Into<String>) -> Self {
        Self::Custom(Report::new("", what))
    }

    /// Adds how to fix it.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.report_mut().hint = Some(hint.into());
        self
    }

    /// Adds the layer's name; names of nested models are joined by `/`.
    pub fn at(mut self, layer: &str) -> Self {
        let report = self.report_mut();
        report.layer = Some(match report.layer.take() {
            Some(inner) => format!("{layer}/{inner}"),
            None => layer.to_owned(),
        });
        self
    }

    /// The same complaint by `who`, where it was `part`'s: a layer speaks for what it is made of.
    pub fn by(mut self, part: &str, who: &str) -> Self {
        let report = self.report_mut();
        if report.who == part {
            report.who = who.to_owned();
        }
        self
    }

    /// The parts of the sentence.
    pub fn report(&self) -> &Report {
        match self {
            Self::Shape(r) | Self::Option(r) | Self::Name(r) | Self::Data(r) | Self::Order(r) => r,
            Self::File(r) | Self::Device(r) | Self::Diverged(r) | Self::Custom(r) => r,
        }
    }

    fn report_mut(&mut self) -> &mut Report {
        match self {
            Self::Shape(r) | Self::Option(r) | Self::Name(r) | Self::Data(r) | Self::Order(r) => r,
            Self::File(r) | Self::Device(r) | Self::Diverged(r) | Self::Custom(r) => r,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.report().fmt(f)
    }
}

impl std::error::Error for Error {}

impl From<String> for Error {
    fn from(what: String) -> Self {
        Self::custom(what)
    }
}

impl From<&str> for Error {
    fn from(what: &str) -> Self {
        Self::custom(what)
    }
}

impl From<(PathBuf, std::io::Error)> for Error {
    fn from((path, error): (PathBuf, std::io::Error)) -> Self {
        Self::file(path, error)
    }
}

/// The entry of `known` that `name` most likely means: equal but for case and `_`, or at most a third of its letters away.
fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let plain = |s: &str| s.to_lowercase().replace(['_', '-', ' '], "");
    let wanted = plain(name);
    let best = known.iter().map(|k| (distance(&wanted, &plain(k)), *k)).min_by_key(|(d, _)| *d)?;
    (best.0 <= (wanted.chars().count() / 3).max(1)).then_some(best.1)
}

/// The number of letters to insert, drop, change or swap with their neighbour (Damerau).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let (up, diagonal) = (rows[i - 1][j], rows[i - 1][j - 1]);
            let mut best = (up + 1).min(row[j - 1] + 1).min(diagonal + usize::from(a[i - 1] != b[j - 1]));
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

fn quoted(names: &[&str]) -> String {
    names.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typo_offers_the_nearest_name() {
        let known = ["adam", "adamw", "sgd", "rmsprop"];
        assert_eq!(Error::unknown("optimizer", "adm", known).to_string(), "unknown optimizer `adm`, did you mean `adam`?");
        assert_eq!(Error::unknown("optimizer", "RMS_prop", known).to_string(), "unknown optimizer `RMS_prop`, did you mean `rmsprop`?");
        assert_eq!(
            Error::unknown("optimizer", "xyzzy", known).to_string(),
            "unknown optimizer `xyzzy`; known are `adam`, `adamw`, `sgd`, `rmsprop`"
        );
    }

    #[test]
    fn nested_layers_are_joined() {
        let error = Error::option("Dense", "units", "at least 1", 0).at("dense").at("encoder");
        assert_eq!(error.to_string(), "encoder/dense (Dense): `units` must be at least 1, received 0");
    }
}
