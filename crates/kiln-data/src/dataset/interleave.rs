//! `flat_map` and `interleave`: each element becomes a pipeline, and the elements of these come out.

use super::Dataset;
use super::cardinality::Cardinality;
use super::element::Element;
use super::stage::{Before, Pass, Run, Stage, guarded};
use kiln_core::{Error, Result};
use std::sync::Arc;

struct Interleave<E: Element, F> {
    who: &'static str,
    input: Dataset<E>,
    function: Arc<F>,
    cycle_length: usize,
    block_length: usize,
}

impl<E, E2, F> Stage<E2> for Interleave<E, F>
where
    E: Element,
    E2: Element,
    F: Fn(E) -> Result<Dataset<E2>> + Send + Sync + 'static,
{
    fn run(&self, pass: Pass) -> Run<E2> {
        let (who, function) = (self.who, self.function.clone());
        let mut number = 0;
        let open = move |element: E| {
            let data = guarded(who, || function(element))?;
            data.check()?;
            number += 1;
            Ok(data.run(pass.round(number)))
        };
        Box::new(Cycle {
            input: Some(self.input.run(pass)),
            open,
            slots: (0..self.cycle_length).map(|_| None).collect(),
            at: 0,
            given: 0,
            block_length: self.block_length,
        })
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

    fn check(&self) -> Result<()> {
        match (self.cycle_length, self.block_length) {
            (0, _) => Err(Error::option(self.who, "cycle_length", "at least 1", 0)),
            (_, 0) => Err(Error::option(self.who, "block_length", "at least 1", 0)),
            _ => Ok(()),
        }
    }

    fn draws(&self) -> bool {
        // What the function makes may shuffle.
        true
    }
}

/// Pipelines that take turns.
struct Cycle<E, E2, O> {
    input: Option<Run<E>>,
    open: O,
    slots: Vec<Option<Run<E2>>>,
    at: usize,
    /// How many elements the present slot has given in its turn.
    given: usize,
    block_length: usize,
}

impl<E, E2, O> Cycle<E, E2, O> {
    fn turn(&mut self) {
        self.given = 0;
        self.at = (self.at + 1) % self.slots.len().max(1);
    }
}

impl<E, E2, O: FnMut(E) -> Result<Run<E2>>> Iterator for Cycle<E, E2, O> {
    type Item = Result<E2>;

    fn next(&mut self) -> Option<Result<E2>> {
        while self.input.is_some() || self.slots.iter().any(Option::is_some) {
            if let Some(run) = self.slots.get_mut(self.at)?.as_mut() {
                if let Some(item) = run.next() {
                    self.given += 1;
                    if self.given == self.block_length {
                        self.turn();
                    }
                    return Some(item);
                }
                self.slots[self.at] = None;
                self.turn();
            } else if let Some(input) = &mut self.input {
                match input.next().map(|element| element.and_then(&mut self.open)) {
                    Some(Ok(run)) => self.slots[self.at] = Some(run),
                    Some(Err(error)) => return Some(Err(error)),
                    None => self.input = None,
                }
            } else {
                self.turn();
            }
        }
        None
    }
}

impl<E: Element> Dataset<E> {
    /// Makes a data set of each element, and gives their elements one data set after the other.
    ///
    /// ```
    /// use kiln_core::Tensor;
    /// use kiln_data::Dataset;
    /// let data = Dataset::range(0..3).flat_map(|n| Ok(Dataset::range(0..n.item() as i64)));
    /// let values: Vec<f64> = data.iter().map(|x| Ok(x?.item())).collect::<Result<_, kiln_core::Error>>()?;
    /// assert_eq!(values, [0.0, 0.0, 1.0]);
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn flat_map<E2: Element>(&self, function: impl Fn(E) -> Result<Dataset<E2>> + Send + Sync + 'static) -> Dataset<E2> {
        let function = Arc::new(function);
        Dataset::new(Interleave { who: "flat_map", input: self.clone(), function, cycle_length: 1, block_length: 1 })
    }

    /// Makes a data set of each element, keeps `cycle_length` of them open, and takes `block_length` elements of each in turn. One
    /// that has ended makes room for the next.
    ///
    /// ```
    /// use kiln_data::Dataset;
    /// let data = Dataset::range(0..3).interleave(2, 1, |n| Ok(Dataset::range(0..2).map(move |x| Ok(x + n.item() as i32 * 10))));
    /// let values: Vec<f64> = data.iter().map(|x| Ok(x?.item())).collect::<Result<_, kiln_core::Error>>()?;
    /// assert_eq!(values, [0.0, 10.0, 1.0, 11.0, 20.0, 21.0]);
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn interleave<E2: Element>(
        &self,
        cycle_length: usize,
        block_length: usize,
        function: impl Fn(E) -> Result<Dataset<E2>> + Send + Sync + 'static,
    ) -> Dataset<E2> {
        Dataset::new(Interleave { who: "interleave", input: self.clone(), function: Arc::new(function), cycle_length, block_length })
    }
}

#[cfg(test)]
mod tests {
    use crate::{Cardinality, Dataset};
    use kiln_core::{Error, Tensor};

    #[test]
    fn turns_are_those_of_tf_data() {
        // The example in the documentation of `tf.data.Dataset.interleave`.
        let data = Dataset::range(1..6).interleave(2, 4, |x| Ok(Dataset::from_iter(vec![x; 6])));
        let values: Vec<i64> = data.iter().map(|x| x.unwrap().item() as i64).collect();
        assert_eq!(values, [1, 1, 1, 1, 2, 2, 2, 2, 1, 1, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 3, 3, 4, 4, 5, 5, 5, 5, 5, 5]);
        assert_eq!(data.cardinality(), Cardinality::Unknown);
        assert_eq!(data.iter().count(), 30);
    }

    #[test]
    fn errors_of_every_kind_come_out() {
        let message = |data: Dataset<Tensor>| data.iter().find_map(Result::err).unwrap().to_string();
        let numbers = Dataset::range(0..3);
        assert_eq!(
            message(numbers.interleave(0, 1, |_| Ok(Dataset::range(0..1)))),
            "interleave: `cycle_length` must be at least 1, received 0"
        );
        assert_eq!(
            message(numbers.interleave(1, 0, |_| Ok(Dataset::range(0..1)))),
            "interleave: `block_length` must be at least 1, received 0"
        );
        assert_eq!(message(numbers.flat_map(|_| Err(Error::custom("closed")))), "closed");
        assert_eq!(message(numbers.flat_map(|_| Ok(Dataset::range(0..1).batch(0)))), "batch: `batch_size` must be at least 1, received 0");
        assert_eq!(
            message(numbers.flat_map(|_| -> kiln_core::Result<Dataset> { panic!("oh") })),
            "flat_map: a function of the pipeline panicked: oh; return an error from it instead"
        );
    }

    #[test]
    fn inner_shuffles_differ_and_repeat_by_epoch() {
        let data = Dataset::range(0..2).flat_map(|_| Ok(Dataset::range(0..20).shuffle(20).seed(4)));
        let order = |epoch| data.iter_epoch(epoch).map(|x| x.unwrap().item()).collect::<Vec<_>>();
        assert_ne!(order(0)[..20], order(0)[20..]);
        assert_eq!(order(1), order(1));
        assert_ne!(order(0), order(1));
    }
}
