//! What `compile` gives to each output of a model: losses, metrics, weights of losses.

use crate::losses::{AnyLoss, IntoLoss};
use crate::metrics::{IntoMetrics, MetricSpec};
use kiln_core::{Error, Result};

/// An output of a model: its name, which is that of the layer it comes from, or its place, from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutputKey {
    /// The name.
    Name(String),
    /// The place.
    Place(usize),
}

impl From<&str> for OutputKey {
    fn from(name: &str) -> Self {
        Self::Name(name.to_owned())
    }
}
impl From<String> for OutputKey {
    fn from(name: String) -> Self {
        Self::Name(name)
    }
}
impl From<usize> for OutputKey {
    fn from(place: usize) -> Self {
        Self::Place(place)
    }
}

/// Something for each output: nothing, one for the only output, one for each in order, or some by name or place.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum PerOutput<T> {
    /// Nothing.
    #[default]
    None,
    /// For the only output.
    One(T),
    /// One for each output.
    InOrder(Vec<T>),
    /// For some outputs.
    Keyed(Vec<(OutputKey, T)>),
}

impl<T> PerOutput<T> {
    /// One for each of the outputs `names`.
    ///
    /// ```
    /// use kiln_train::outputs::PerOutput;
    /// let names = ["label", "box"].map(str::to_owned);
    /// assert_eq!(PerOutput::InOrder(vec![1, 2]).resolve("loss", &names)?, [Some(1), Some(2)]);
    /// assert_eq!(PerOutput::Keyed(vec![("box".into(), 3)]).resolve("loss", &names)?, [None, Some(3)]);
    /// let error = PerOutput::Keyed(vec![("bax".into(), 3)]).resolve("loss", &names).unwrap_err();
    /// assert_eq!(error.to_string(), "unknown output of the model in `loss` `bax`, did you mean `box`?");
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// One for a model of several outputs, another number of them, an unknown name or place.
    pub fn resolve(self, option: &str, names: &[String]) -> Result<Vec<Option<T>>> {
        let mut found: Vec<Option<T>> = names.iter().map(|_| None).collect();
        match self {
            Self::None => {}
            Self::One(value) if names.len() == 1 => found[0] = Some(value),
            Self::One(_) => {
                let expected = format!("given for each of the outputs {}", listed(names));
                return Err(Error::option("compile", option, expected, "one for all")
                    .hint(format!("write `[(\"{}\", ..), ..]`", names.first().map_or("", String::as_str))));
            }
            Self::InOrder(values) if values.len() == names.len() => found = values.into_iter().map(Some).collect(),
            Self::InOrder(values) => {
                return Err(Error::option("compile", option, format!("one for each of the outputs {}", listed(names)), values.len()));
            }
            Self::Keyed(values) => {
                for (key, value) in values {
                    found[place(option, &key, names)?] = Some(value);
                }
            }
        }
        Ok(found)
    }

    /// Changed by `f`, each on its own.
    ///
    /// # Errors
    /// The first that `f` gives.
    pub fn map<U>(self, mut f: impl FnMut(T) -> Result<U>) -> Result<PerOutput<U>> {
        Ok(match self {
            Self::None => PerOutput::None,
            Self::One(value) => PerOutput::One(f(value)?),
            Self::InOrder(values) => PerOutput::InOrder(values.into_iter().map(f).collect::<Result<_>>()?),
            Self::Keyed(values) => PerOutput::Keyed(values.into_iter().map(|(k, v)| Ok((k, f(v)?))).collect::<Result<_>>()?),
        })
    }
}

fn place(option: &str, key: &OutputKey, names: &[String]) -> Result<usize> {
    let found = match key {
        OutputKey::Name(name) => names.iter().position(|n| n == name),
        OutputKey::Place(place) => Some(*place).filter(|p| *p < names.len()),
    };
    found.ok_or_else(|| match key {
        OutputKey::Name(name) => Error::unknown(&format!("output of the model in `{option}`"), name, names.iter().map(String::as_str)),
        OutputKey::Place(place) => Error::option("compile", option, format!("for an output below {}", names.len()), place),
    })
}

fn listed(names: &[String]) -> String {
    names.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ")
}

/// Losses as `compile` takes them: one, one for each output in order (`["mse", "mae"]`), by output (`[("label", "mse")]`), or `()`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no loss",
    label = "expected a loss, or losses for the outputs",
    note = "a loss is a name (\"mse\"), a value (`Huber::new().delta(0.5)`), a closure in `loss_fn(name, |y, p| ..)`, or any type that implements `Loss`; several outputs take `[\"mse\", \"mae\"]` or `[(\"name\", \"mse\"), ..]`"
)]
pub trait IntoLosses {
    /// The losses.
    ///
    /// # Errors
    /// An unknown name, or an option out of range.
    fn into_losses(self) -> Result<PerOutput<AnyLoss>>;
}

impl<L: IntoLoss> IntoLosses for L {
    fn into_losses(self) -> Result<PerOutput<AnyLoss>> {
        PerOutput::One(self).map(L::into_loss)
    }
}
impl IntoLosses for PerOutput<AnyLoss> {
    fn into_losses(self) -> Result<PerOutput<AnyLoss>> {
        Ok(self)
    }
}
impl IntoLosses for () {
    fn into_losses(self) -> Result<PerOutput<AnyLoss>> {
        Ok(PerOutput::None)
    }
}
impl<L: IntoLoss, const N: usize> IntoLosses for [L; N] {
    fn into_losses(self) -> Result<PerOutput<AnyLoss>> {
        PerOutput::InOrder(self.into()).map(L::into_loss)
    }
}
impl<L: IntoLoss> IntoLosses for Vec<L> {
    fn into_losses(self) -> Result<PerOutput<AnyLoss>> {
        PerOutput::InOrder(self).map(L::into_loss)
    }
}
impl<K: Into<OutputKey>, L: IntoLoss, const N: usize> IntoLosses for [(K, L); N] {
    fn into_losses(self) -> Result<PerOutput<AnyLoss>> {
        PerOutput::Keyed(self.into_iter().map(|(k, l)| (k.into(), l)).collect()).map(L::into_loss)
    }
}
impl<K: Into<OutputKey>, L: IntoLoss> IntoLosses for Vec<(K, L)> {
    fn into_losses(self) -> Result<PerOutput<AnyLoss>> {
        PerOutput::Keyed(self.into_iter().map(|(k, l)| (k.into(), l)).collect()).map(L::into_loss)
    }
}
impl<A: IntoLoss, B: IntoLoss> IntoLosses for (A, B) {
    fn into_losses(self) -> Result<PerOutput<AnyLoss>> {
        Ok(PerOutput::InOrder(vec![self.0.into_loss()?, self.1.into_loss()?]))
    }
}
impl<A: IntoLoss, B: IntoLoss, C: IntoLoss> IntoLosses for (A, B, C) {
    fn into_losses(self) -> Result<PerOutput<AnyLoss>> {
        Ok(PerOutput::InOrder(vec![self.0.into_loss()?, self.1.into_loss()?, self.2.into_loss()?]))
    }
}

/// Metrics as `compile` takes them: a list for the only output, or lists by output: `[("label", ["accuracy"])]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a list of metrics",
    label = "expected metrics",
    note = "metrics are `[\"accuracy\", \"mse\"]`, one metric, a tuple of names and values (`(\"accuracy\", Mean::new())`), a `Vec`, or `()` for none; several outputs take `[(\"name\", [\"accuracy\"]), ..]`"
)]
pub trait IntoOutputMetrics {
    /// The metrics of each output.
    ///
    /// # Errors
    /// An unknown name, or an option out of range.
    fn into_output_metrics(self) -> Result<PerOutput<Vec<MetricSpec>>>;
}

impl<M: IntoMetrics> IntoOutputMetrics for M {
    fn into_output_metrics(self) -> Result<PerOutput<Vec<MetricSpec>>> {
        let metrics = self.into_metrics()?;
        Ok(if metrics.is_empty() { PerOutput::None } else { PerOutput::One(metrics) })
    }
}
impl IntoOutputMetrics for PerOutput<Vec<MetricSpec>> {
    fn into_output_metrics(self) -> Result<PerOutput<Vec<MetricSpec>>> {
        Ok(self)
    }
}
impl<K: Into<OutputKey>, M: IntoMetrics, const N: usize> IntoOutputMetrics for [(K, M); N] {
    fn into_output_metrics(self) -> Result<PerOutput<Vec<MetricSpec>>> {
        PerOutput::Keyed(self.into_iter().map(|(k, m)| (k.into(), m)).collect()).map(M::into_metrics)
    }
}
impl<K: Into<OutputKey>, M: IntoMetrics> IntoOutputMetrics for Vec<(K, M)> {
    fn into_output_metrics(self) -> Result<PerOutput<Vec<MetricSpec>>> {
        PerOutput::Keyed(self.into_iter().map(|(k, m)| (k.into(), m)).collect()).map(M::into_metrics)
    }
}

/// The weights of losses in their sum: in order (`[1.0, 0.3]`) or by output (`[("box", 0.3)]`).
pub trait IntoLossWeights {
    /// The weights.
    fn into_loss_weights(self) -> PerOutput<f64>;
}

impl IntoLossWeights for PerOutput<f64> {
    fn into_loss_weights(self) -> PerOutput<f64> {
        self
    }
}
impl IntoLossWeights for f64 {
    fn into_loss_weights(self) -> PerOutput<f64> {
        PerOutput::One(self)
    }
}
impl<const N: usize> IntoLossWeights for [f64; N] {
    fn into_loss_weights(self) -> PerOutput<f64> {
        PerOutput::InOrder(self.into())
    }
}
impl<K: Into<OutputKey>, const N: usize> IntoLossWeights for [(K, f64); N] {
    fn into_loss_weights(self) -> PerOutput<f64> {
        PerOutput::Keyed(self.into_iter().map(|(k, w)| (k.into(), w)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::losses::Huber;

    #[test]
    fn all_forms_are_read() {
        let names = ["a", "b"].map(str::to_owned);
        let of = |losses: PerOutput<AnyLoss>| -> Vec<String> {
            let losses = losses.resolve("loss", &names).unwrap();
            losses.into_iter().map(|l| l.map_or("-".to_owned(), |l| l.name().to_owned())).collect()
        };
        assert_eq!(of(["mse", "mae"].into_losses().unwrap()), ["mean_squared_error", "mean_absolute_error"]);
        assert_eq!(of(("mse", Huber::new()).into_losses().unwrap()), ["mean_squared_error", "huber"]);
        assert_eq!(of([("b", "mae")].into_losses().unwrap()), ["-", "mean_absolute_error"]);
        assert_eq!(of([(1, Huber::new())].into_losses().unwrap()), ["-", "huber"]);
        assert_eq!(of(().into_losses().unwrap()), ["-", "-"]);
        let metrics = [("b", ["mae", "mse"])].into_output_metrics().unwrap().resolve("metrics", &names).unwrap();
        assert!(metrics[0].is_none() && metrics[1].as_ref().is_some_and(|m| m.len() == 2));
    }

    #[test]
    fn mistakes_are_errors() {
        let names = ["a", "b"].map(str::to_owned);
        let message = |losses: PerOutput<AnyLoss>| losses.resolve("loss", &names).unwrap_err().to_string();
        assert_eq!(
            message("mse".into_losses().unwrap()),
            "compile: `loss` must be given for each of the outputs `a`, `b`, received one for all; write `[(\"a\", ..), ..]`"
        );
        assert_eq!(message(["mse"].into_losses().unwrap()), "compile: `loss` must be one for each of the outputs `a`, `b`, received 1");
        assert_eq!(message([(2, "mse")].into_losses().unwrap()), "compile: `loss` must be for an output below 2, received 2");
    }
}
