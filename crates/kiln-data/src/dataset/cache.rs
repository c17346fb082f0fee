//! `cache`: elements made once and kept in memory.

use super::Dataset;
use super::cardinality::Cardinality;
use super::element::Element;
use super::spec::ElementSpec;
use super::stage::{Before, Pass, Run, Stage};
use kiln_core::Result;
use std::sync::{Arc, OnceLock};

struct Cache<E: Element> {
    input: Dataset<E>,
    kept: Arc<OnceLock<Arc<[E]>>>,
}

impl<E: Element> Stage<E> for Cache<E> {
    fn run(&self, _: Pass) -> Run<E> {
        if let Some(kept) = self.kept.get() {
            let kept = kept.clone();
            return Box::new((0..kept.len()).map(move |i| Ok(kept[i].clone())));
        }
        // Always the first epoch, so that what is kept doesn't depend on which epoch was asked for first.
        let mut input = self.input.run(Pass::epoch(0));
        let slot = self.kept.clone();
        let mut made = Some(Vec::new());
        Box::new(std::iter::from_fn(move || {
            let item = input.next();
            match &item {
                Some(Ok(element)) => made.iter_mut().for_each(|made| made.push(element.clone())),
                Some(Err(_)) => made = None,
                // Another iteration may have filled it meanwhile, with the same elements.
                None => drop(made.take().map(|made| slot.set(made.into()))),
            }
            item
        }))
    }

    fn cardinality(&self) -> Cardinality {
        match self.kept.get() {
            Some(kept) => Cardinality::Known(kept.len()),
            None => self.input.cardinality(),
        }
    }

    fn before(&self) -> Vec<&dyn Before> {
        vec![&self.input]
    }

    fn draws(&self) -> bool {
        false
    }

    fn spec(&self) -> Result<ElementSpec> {
        self.input.stage.spec()
    }
}

impl<E: Element> Dataset<E> {
    /// Keeps the elements in memory: the first whole iteration makes them, later ones give them again without running the stages
    /// before. What comes before is that of epoch 0 for ever, so `shuffle` and random changes belong after `cache`. See
    /// [`Dataset::cache_file`] for what is larger than the memory.
    ///
    /// ```
    /// use kiln_data::Dataset;
    /// use std::sync::atomic::{AtomicUsize, Ordering};
    /// static MADE: AtomicUsize = AtomicUsize::new(0);
    /// let slow = Dataset::range(0..5).map(|x| {
    ///     MADE.fetch_add(1, Ordering::SeqCst);
    ///     Ok(x)
    /// });
    /// assert_eq!(slow.cache().repeat(3).iter().count(), 15);
    /// assert_eq!(MADE.load(Ordering::SeqCst), 5);
    /// ```
    pub fn cache(&self) -> Self {
        Self::new(Cache { input: self.clone(), kept: Arc::default() })
    }
}

#[cfg(test)]
mod tests {
    use crate::{Cardinality, Dataset};
    use kiln_core::Error;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn only_a_whole_iteration_is_kept() {
        let made = Arc::new(AtomicUsize::new(0));
        let count = made.clone();
        let data = Dataset::range(0..6).filter(|x| Ok(x.item() > 0.0)).map(move |x| {
            count.fetch_add(1, Ordering::SeqCst);
            Ok(x)
        });
        let data = data.cache();
        assert_eq!(data.cardinality(), Cardinality::Unknown);
        assert_eq!(data.take(2).iter().count(), 2);
        assert_eq!(data.iter().count(), 5);
        assert_eq!((made.load(Ordering::SeqCst), data.cardinality()), (7, Cardinality::Known(5)));
        assert_eq!((data.iter().count(), made.load(Ordering::SeqCst)), (5, 7));
    }

    #[test]
    fn errors_are_not_kept_and_order_is_that_of_the_first_epoch() {
        let failing = Dataset::range(0..3).map(|x| if x.item() == 2.0 { Err(Error::custom("broken")) } else { Ok(x) }).cache();
        assert_eq!((failing.iter().count(), failing.iter().count()), (3, 3));
        assert!(failing.iter().last().unwrap().is_err());
        let order = |data: &Dataset, epoch| data.iter_epoch(epoch).map(|x| x.unwrap().item()).collect::<Vec<_>>();
        let shuffled = Dataset::range(0..20).shuffle(20).seed(1);
        let cached = shuffled.cache();
        assert_eq!((order(&cached, 5), order(&cached, 6)), (order(&shuffled, 0), order(&shuffled, 0)));
    }
}
