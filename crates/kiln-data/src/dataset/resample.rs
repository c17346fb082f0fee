//! `rejection_resample` and `reduce`.

use super::Dataset;
use super::cardinality::Cardinality;
use super::element::Element;
use super::stage::{Before, Pass, Run, Stage, StageOption, guarded};
use kiln_core::{Error, Result};
use std::sync::Arc;

const WHO: &str = "rejection_resample";

struct Resample<E: Element, F> {
    input: Dataset<E>,
    class: Arc<F>,
    target: Arc<[f64]>,
    initial: Option<Arc<[f64]>>,
    seed: Option<u64>,
}

impl<E: Element, F: Fn(&E) -> usize + Send + Sync + 'static> Stage<E> for Resample<E, F> {
    fn run(&self, pass: Pass) -> Run<E> {
        let stream = pass.stream(self.seed, true).named(WHO);
        let mut place = 0;
        let (class, target, initial) = (self.class.clone(), self.target.clone(), self.initial.clone());
        // Without a distribution to begin with, what has come so far tells it.
        let mut seen = vec![0.0; target.len()];
        let accept = move |element: &E| {
            let own = guarded(WHO, || Ok(class(element)))?;
            let Some(count) = seen.get_mut(own) else {
                return Err(Error::data(WHO, format!("expected classes in 0..{}, received {own}", seen.len())));
            };
            *count += 1.0;
            let sum: f64 = seen.iter().sum();
            let share = |i: usize| initial.as_ref().map_or(seen[i] / sum, |initial| initial[i]);
            let ratio = |i: usize| if share(i) > 0.0 { target[i] / share(i) } else { 0.0 };
            let most = (0..target.len()).map(ratio).fold(0.0, f64::max);
            place += 1;
            Ok(stream.unit(place) * most < ratio(own))
        };
        let mut accept = accept;
        Box::new(self.input.run(pass.before()).filter_map(move |element| match element {
            Err(error) => Some(Err(error)),
            Ok(element) => match accept(&element) {
                Ok(true) => Some(Ok(element)),
                Ok(false) => None,
                Err(error) => Some(Err(error)),
            },
        }))
    }

    fn cardinality(&self) -> Cardinality {
        Cardinality::Unknown
    }

    fn before(&self) -> Vec<&dyn Before> {
        vec![&self.input]
    }

    fn check(&self) -> Result<()> {
        let shares =
            |values: &[f64]| !values.is_empty() && values.iter().all(|v| v.is_finite() && *v >= 0.0) && values.iter().sum::<f64>() > 0.0;
        if !shares(&self.target) {
            return Err(Error::option(WHO, "target_dist", "shares of the classes", format!("{:?}", self.target)));
        }
        match &self.initial {
            Some(initial) if !shares(initial) || initial.len() != self.target.len() => {
                Err(Error::option(WHO, "initial_dist", format!("{} shares", self.target.len()), format!("{initial:?}")))
            }
            _ => Ok(()),
        }
    }

    fn draws(&self) -> bool {
        self.seed.is_none() || self.input.draws()
    }

    fn with(&self, option: StageOption) -> Option<Arc<dyn Stage<E>>> {
        let (mut seed, mut initial) = (self.seed, self.initial.clone());
        match option {
            StageOption::Seed(new) => seed = Some(new),
            StageOption::InitialDist(new) => initial = Some(new),
            _ => return None,
        }
        Some(Arc::new(Self { input: self.input.clone(), class: self.class.clone(), target: self.target.clone(), initial, seed }))
    }
}

impl<E: Element> Dataset<E> {
    /// Leaves out elements by chance, so that the classes that `class` tells come in the shares of `target_dist`.
    /// [`Dataset::initial_dist`] and [`Dataset::seed`] may follow.
    ///
    /// ```
    /// use kiln_data::Dataset;
    /// let data = Dataset::range(0..4000).rejection_resample(|x| usize::from(x.item() < 3000.0), &[0.5, 0.5]);
    /// let data = data.initial_dist(&[0.25, 0.75]).seed(1);
    /// let low = data.iter().filter(|x| x.as_ref().is_ok_and(|x| x.item() < 3000.0)).count();
    /// assert!((900..1100).contains(&low));
    /// ```
    pub fn rejection_resample(&self, class: impl Fn(&E) -> usize + Send + Sync + 'static, target_dist: &[f64]) -> Self {
        Self::new(Resample { input: self.clone(), class: Arc::new(class), target: target_dist.into(), initial: None, seed: None })
    }

    /// The shares of the classes before the `rejection_resample` just before; by default they are estimated from what has come so
    /// far, so that the first elements are chosen less well.
    ///
    /// ```
    /// use kiln_data::Dataset;
    /// let data = Dataset::range(0..9).rejection_resample(|_| 0, &[1.0]);
    /// assert_eq!(data.initial_dist(&[1.0]).iter().count(), 9);
    /// assert!(data.initial_dist(&[0.5, 0.5]).check().is_err());
    /// ```
    pub fn initial_dist(&self, initial_dist: &[f64]) -> Self {
        self.with(StageOption::InitialDist(initial_dist.into()))
    }

    /// Folds the elements of one iteration into a value.
    ///
    /// # Errors
    /// Those of the pipeline and of the function.
    ///
    /// ```
    /// use kiln_data::Dataset;
    /// let sum = Dataset::range(0..5).reduce(0.0, |sum, x| Ok(sum + x.item()))?;
    /// assert_eq!(sum, 10.0);
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn reduce<S>(&self, initial_state: S, mut function: impl FnMut(S, E) -> Result<S>) -> Result<S> {
        self.iter().try_fold(initial_state, |state, element| function(state, element?))
    }
}

#[cfg(test)]
mod tests {
    use crate::{Cardinality, Dataset};
    use kiln_core::Error;

    #[test]
    fn classes_come_in_the_shares_asked_for() {
        let data = Dataset::range(0..6000).shuffle(6000).seed(2).rejection_resample(|x| usize::from(x.item() < 600.0), &[0.5, 0.5]).seed(4);
        for data in [data.clone(), data.initial_dist(&[0.9, 0.1])] {
            let (few, all) = data.reduce((0, 0), |(few, all), x| Ok((few + i32::from(x.item() < 600.0), all + 1))).unwrap();
            assert!((450..=600).contains(&few) && (0.45..0.55).contains(&(f64::from(few) / f64::from(all))), "{few} of {all}");
            assert_eq!(data.cardinality(), Cardinality::Unknown);
            let values = |epoch| data.iter_epoch(epoch).map(|x| x.unwrap().item()).collect::<Vec<_>>();
            assert!(values(1) == values(1) && values(1) != values(2));
        }
    }

    #[test]
    fn mistakes_are_named() {
        let error = |data: Dataset| data.iter().find_map(Result::err).unwrap().to_string();
        let data = Dataset::range(0..4);
        assert_eq!(error(data.rejection_resample(|_| 3, &[0.5, 0.5])), "rejection_resample: expected classes in 0..2, received 3");
        assert!(error(data.rejection_resample(|_| 0, &[])).contains("`target_dist` must be shares of the classes"));
        assert!(error(data.rejection_resample(|_| 0, &[1.0]).initial_dist(&[-1.0])).contains("`initial_dist` must be 1 shares"));
        let failed = data.reduce(0, |_, _| Err::<i32, _>(Error::custom("stop")));
        assert_eq!(failed.unwrap_err().to_string(), "stop");
    }
}
