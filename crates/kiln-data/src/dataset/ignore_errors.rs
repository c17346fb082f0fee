//! `ignore_errors`: elements that can't be made are left out and counted.

use super::Dataset;
use super::cardinality::Cardinality;
use super::element::Element;
use super::spec::ElementSpec;
use super::stage::{Before, Pass, Run, Stage};
use kiln_core::{Error, Result};
use std::sync::{Arc, Mutex};

/// Counts what was left out, and keeps the first errors. Clones count together.
///
/// ```
/// use kiln_data::{Dataset, Skipped};
/// let skipped = Skipped::new();
/// let data = Dataset::range(0..9).map(|x| if x.item() == 4.0 { Err("no fours".into()) } else { Ok(x) }).ignore_errors(&skipped);
/// assert_eq!((data.iter().count(), skipped.count()), (8, 1));
/// assert_eq!(skipped.errors()[0].to_string(), "no fours");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Skipped {
    seen: Arc<Mutex<(usize, Vec<Error>)>>,
}

impl Skipped {
    /// So many errors are kept.
    pub const KEPT: usize = 20;

    /// Nothing was left out yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// How much was left out so far, in all passes together.
    pub fn count(&self) -> usize {
        self.seen.lock().map_or(0, |seen| seen.0)
    }

    /// Why: the first [`Skipped::KEPT`] errors.
    pub fn errors(&self) -> Vec<Error> {
        self.seen.lock().map(|seen| seen.1.clone()).unwrap_or_default()
    }

    pub(crate) fn add(&self, error: Error) {
        if let Ok(mut seen) = self.seen.lock() {
            seen.0 += 1;
            if seen.1.len() < Self::KEPT {
                seen.1.push(error);
            }
        }
    }
}

struct IgnoreErrors<E: Element> {
    input: Dataset<E>,
    skipped: Skipped,
}

impl<E: Element> Stage<E> for IgnoreErrors<E> {
    fn run(&self, pass: Pass) -> Run<E> {
        let skipped = self.skipped.clone();
        Box::new(self.input.run(pass).filter_map(move |element| match element {
            Ok(element) => Some(Ok(element)),
            Err(error) => {
                skipped.add(error);
                None
            }
        }))
    }

    fn cardinality(&self) -> Cardinality {
        match self.input.cardinality() {
            Cardinality::Known(0) => Cardinality::Known(0),
            _ => Cardinality::Unknown,
        }
    }

    fn before(&self) -> Vec<&dyn Before> {
        vec![&self.input]
    }

    fn spec(&self) -> Result<ElementSpec> {
        self.input.stage.spec()
    }
}

impl<E: Element> Dataset<E> {
    /// Leaves out the elements whose making failed in a function just before, and counts them in `skipped`: tf.data's `ignore_errors`. A
    /// source that has failed gives nothing more.
    ///
    /// ```
    /// use kiln_data::{Dataset, Skipped, load_img};
    /// let skipped = Skipped::new();
    /// let files = vec!["missing.png", "gone.png"];
    /// let read = move |i: kiln_core::Tensor| load_img(files[i.item() as usize], "rgb");
    /// assert_eq!(Dataset::range(0..2).par_map(2, read).ignore_errors(&skipped).batch(32).iter().count(), 0);
    /// assert_eq!(skipped.count(), 2);
    /// ```
    pub fn ignore_errors(&self, skipped: &Skipped) -> Self {
        Self::new(IgnoreErrors { input: self.clone(), skipped: skipped.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_failures_are_left_out_and_the_first_are_kept() {
        let failing =
            Dataset::range(0..100).par_map(3, |x| if x.item() % 2.0 == 1.0 { Err(Error::custom(format!("{}", x.item()))) } else { Ok(x) });
        let skipped = Skipped::new();
        let data = failing.ignore_errors(&skipped).batch(7);
        let values: Vec<i64> = data.iter().flat_map(|x| x.unwrap().to_vec::<i64>()).collect();
        assert_eq!(values, (0..100).step_by(2).collect::<Vec<_>>());
        assert_eq!((skipped.count(), skipped.errors().len()), (50, Skipped::KEPT));
        assert_eq!(skipped.errors()[1].to_string(), "3");
        assert_eq!(data.cardinality(), Cardinality::Unknown);
        data.iter().for_each(drop);
        assert_eq!(skipped.count(), 100);
    }
}
