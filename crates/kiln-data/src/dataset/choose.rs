//! `sample_from_datasets` and `choose_from_datasets`: several pipelines mixed into one.

use super::Dataset;
use super::cardinality::Cardinality;
use super::element::Element;
use super::stage::{Before, Pass, Run, Stage, StageOption};
use kiln_core::{Error, Result, Tensor};
use std::sync::Arc;

/// Who says which data set gives the next element.
#[derive(Clone)]
enum Choice {
    /// Chance, with weights that add up to 1.
    Weights(Arc<[f64]>, Option<u64>),
    /// Numbers of data sets.
    Numbers(Dataset<Tensor>),
}

#[derive(Clone)]
struct Choose<E: Element> {
    inputs: Arc<[Dataset<E>]>,
    choice: Choice,
    stop_on_empty: bool,
}

impl<E: Element> Choose<E> {
    fn who(&self) -> &'static str {
        match self.choice {
            Choice::Weights(..) => "sample_from_datasets",
            Choice::Numbers(_) => "choose_from_datasets",
        }
    }
}

impl<E: Element> Stage<E> for Choose<E> {
    fn run(&self, pass: Pass) -> Run<E> {
        let mut numbers = match &self.choice {
            Choice::Weights(weights, seed) => drawn(weights.clone(), pass, *seed),
            Choice::Numbers(data) => {
                let count = self.inputs.len();
                let check = move |number: Tensor| match number.to_vec::<i64>().as_slice() {
                    [n] if (0..count as i64).contains(n) => Ok(*n as usize),
                    _ => Err(Error::data("choose_from_datasets", format!("expected numbers in 0..{count}, received {number}"))),
                };
                Box::new(data.run(pass).map(move |number| check(number?))) as Run<usize>
            }
        };
        let mut runs: Vec<Option<Run<E>>> =
            self.inputs.iter().enumerate().map(|(i, data)| Some(data.run(pass.branch(i as u64 + 1)))).collect();
        let stop_on_empty = self.stop_on_empty;
        Box::new(std::iter::from_fn(move || {
            while runs.iter().any(Option::is_some) {
                let chosen = match numbers.next()? {
                    Ok(chosen) => chosen,
                    Err(error) => return Some(Err(error)),
                };
                match runs.get_mut(chosen)?.as_mut().and_then(Iterator::next) {
                    Some(item) => return Some(item),
                    None if stop_on_empty => return None,
                    None => runs[chosen] = None,
                }
            }
            None
        }))
    }

    fn cardinality(&self) -> Cardinality {
        let all = || self.inputs.iter().map(Dataset::cardinality);
        match (&self.choice, self.stop_on_empty) {
            (Choice::Weights(..), false) if all().all(|c| c.known().is_some()) => {
                Cardinality::Known(all().filter_map(Cardinality::known).sum())
            }
            (Choice::Weights(..), false) if all().any(|c| c == Cardinality::Infinite) => Cardinality::Infinite,
            (_, _) if all().all(|c| c == Cardinality::Infinite) => match &self.choice {
                Choice::Weights(..) => Cardinality::Infinite,
                Choice::Numbers(numbers) => numbers.cardinality(),
            },
            _ => Cardinality::Unknown,
        }
    }

    fn before(&self) -> Vec<&dyn Before> {
        let mut before: Vec<&dyn Before> = self.inputs.iter().map(|input| input as &dyn Before).collect();
        if let Choice::Numbers(numbers) = &self.choice {
            before.push(numbers);
        }
        before
    }

    fn check(&self) -> Result<()> {
        if self.inputs.is_empty() {
            return Err(Error::option(self.who(), "datasets", "at least one data set", "none"));
        }
        match &self.choice {
            Choice::Numbers(_) => Ok(()),
            Choice::Weights(weights, _) if weights.len() != self.inputs.len() => {
                Err(Error::option(self.who(), "weights", format!("{}, one for each data set", self.inputs.len()), weights.len()))
            }
            Choice::Weights(weights, _) if weights.iter().any(|w| !(w.is_finite() && *w > 0.0)) => {
                Err(Error::option(self.who(), "weights", "finite and above 0", format!("{weights:?}")))
            }
            Choice::Weights(..) => Ok(()),
        }
    }

    fn draws(&self) -> bool {
        matches!(self.choice, Choice::Weights(_, None)) || self.before().iter().any(|input| input.draws())
    }

    fn with(&self, option: StageOption) -> Option<Arc<dyn Stage<E>>> {
        let mut stage = self.clone();
        match (option, &mut stage.choice) {
            (StageOption::Seed(new), Choice::Weights(_, seed)) => *seed = Some(new),
            (StageOption::StopOnEmpty(stop), _) => stage.stop_on_empty = stop,
            _ => return None,
        }
        Some(Arc::new(stage))
    }
}

/// Numbers drawn with these weights, without end.
fn drawn(weights: Arc<[f64]>, pass: Pass, seed: Option<u64>) -> Run<usize> {
    let stream = pass.stream(seed, true).named("choose");
    let sum: f64 = weights.iter().sum();
    Box::new((0u64..).map(move |place| {
        let mut left = stream.unit(place) * sum;
        let chosen = weights.iter().position(|weight| {
            left -= weight;
            left < 0.0
        });
        Ok(chosen.unwrap_or(weights.len().saturating_sub(1)))
    }))
}

impl<E: Element> Dataset<E> {
    /// Draws each element from one of several data sets, with a weight for each. It ends when all have ended, unless
    /// [`Dataset::stop_on_empty_dataset`] follows; [`Dataset::seed`] may follow too.
    ///
    /// ```
    /// use kiln_data::Dataset;
    /// let (few, many) = (Dataset::range(0..1).repeat_forever(), Dataset::range(1..2).repeat_forever());
    /// let data = Dataset::sample_from_datasets([few, many], [0.1, 0.9]).seed(3).take(1000).batch(1000);
    /// let share = data.iter().next().unwrap()?.to_float().mean().item();
    /// assert!((share - 0.9).abs() < 0.03);
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn sample_from_datasets(datasets: impl IntoIterator<Item = Self>, weights: impl AsRef<[f64]>) -> Self {
        let choice = Choice::Weights(weights.as_ref().into(), None);
        Self::new(Choose { inputs: datasets.into_iter().collect(), choice, stop_on_empty: false })
    }

    /// Takes each element from the data set whose number `choice` gives. It ends with the choice or with the first data set that
    /// has no more; [`Dataset::stop_on_empty_dataset`] may follow.
    ///
    /// ```
    /// use kiln_data::Dataset;
    /// let data = Dataset::choose_from_datasets([Dataset::range(0..2), Dataset::range(10..12)], &Dataset::range(0..2).repeat(2));
    /// assert_eq!(data.batch(4).iter().next().unwrap()?.to_vec::<i64>(), [0, 10, 1, 11]);
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn choose_from_datasets(datasets: impl IntoIterator<Item = Self>, choice: &Dataset) -> Self {
        let choice = Choice::Numbers(choice.clone());
        Self::new(Choose { inputs: datasets.into_iter().collect(), choice, stop_on_empty: true })
    }

    /// Whether the mixture ends when a data set that is asked has no more; default `false` for `sample_from_datasets` and `true`
    /// for `choose_from_datasets`, which it must follow.
    ///
    /// ```
    /// use kiln_data::Dataset;
    /// let parts = || [Dataset::range(0..2), Dataset::range(10..20)];
    /// let data = Dataset::sample_from_datasets(parts(), [0.5, 0.5]).seed(1);
    /// assert_eq!(data.iter().count(), 12);
    /// assert!(data.stop_on_empty_dataset(true).iter().count() < 12);
    /// ```
    pub fn stop_on_empty_dataset(&self, stop: bool) -> Self {
        self.with(StageOption::StopOnEmpty(stop))
    }
}

#[cfg(test)]
mod tests {
    use crate::{Cardinality, Dataset};

    fn values(data: &Dataset, epoch: u64) -> Vec<i64> {
        data.iter_epoch(epoch).map(|x| x.unwrap().item() as i64).collect()
    }

    #[test]
    fn chance_is_seeded_and_the_order_within_each_stays() {
        let data = Dataset::sample_from_datasets([Dataset::range(0..30), Dataset::range(100..130)], [1.0, 1.0]).seed(5);
        assert_eq!(values(&data, 0), values(&data, 0));
        assert_ne!(values(&data, 0), values(&data, 1));
        let low: Vec<i64> = values(&data, 0).into_iter().filter(|v| *v < 100).collect();
        assert_eq!(low, (0..30).collect::<Vec<_>>());
        assert_eq!(data.cardinality(), Cardinality::Known(60));
        assert_eq!(data.stop_on_empty_dataset(true).cardinality(), Cardinality::Unknown);
    }

    #[test]
    fn a_choice_may_skip_what_is_empty() {
        let choice = Dataset::range(0..2).repeat(4);
        let data = Dataset::choose_from_datasets([Dataset::range(0..1), Dataset::range(10..13)], &choice);
        assert_eq!(values(&data, 0), [0, 10]);
        assert_eq!(values(&data.stop_on_empty_dataset(false), 0), [0, 10, 11, 12]);
    }

    #[test]
    fn mistakes_are_named() {
        let parts = || [Dataset::range(0..3), Dataset::range(0..3)];
        let error = |data: Dataset| data.iter().find_map(Result::err).unwrap().to_string();
        let weights = Dataset::sample_from_datasets(parts(), [1.0]);
        assert_eq!(error(weights), "sample_from_datasets: `weights` must be 2, one for each data set, received 1");
        assert!(error(Dataset::sample_from_datasets(parts(), [1.0, -1.0])).contains("`weights` must be finite and above 0"));
        assert!(error(Dataset::choose_from_datasets(parts(), &Dataset::range(2..3))).contains("expected numbers in 0..2, received 2"));
        assert!(error(Dataset::choose_from_datasets([], &Dataset::range(2..3))).contains("`datasets` must be at least one data set"));
        assert!(error(Dataset::choose_from_datasets(parts(), &Dataset::range(0..1)).seed(1)).contains("`seed` must follow"));
    }
}
