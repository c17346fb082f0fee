//! `repeat`: the input again and again, each time as a new pass.

use super::Dataset;
use super::cardinality::Cardinality;
use super::element::Element;
use super::slices::Rows;
use super::spec::ElementSpec;
use super::stage::{Before, Pass, Run, Stage};
use kiln_core::Result;

pub(crate) struct Repeat<E: Element> {
    pub(crate) input: Dataset<E>,
    /// `None`: for ever.
    pub(crate) count: Option<u64>,
}

impl<E: Element> Stage<E> for Repeat<E> {
    fn run(&self, pass: Pass) -> Run<E> {
        let input = self.input.clone();
        rounds(self.count, move |round| Some(input.run(pass.round(round))))
    }

    fn rows(&self, pass: Pass) -> Option<Rows<E>> {
        let input = self.input.clone();
        let slices = input.rows(pass)?.slices;
        Some(Rows { slices, run: rounds(self.count, move |round| Some(input.rows(pass.round(round))?.run)) })
    }

    fn cardinality(&self) -> Cardinality {
        match (self.input.cardinality(), self.count) {
            (Cardinality::Known(0), _) | (_, Some(0)) => Cardinality::Known(0),
            (_, None) => Cardinality::Infinite,
            (input, Some(count)) => input.map(|n| n.saturating_mul(usize::try_from(count).unwrap_or(usize::MAX))),
        }
    }

    fn before(&self) -> Vec<&dyn Before> {
        vec![&self.input]
    }

    fn spec(&self) -> Result<ElementSpec> {
        self.input.stage.spec()
    }
}

fn rounds<T: 'static>(count: Option<u64>, start: impl Fn(u64) -> Option<Run<T>> + Send + 'static) -> Run<T> {
    let mut round = 0;
    let mut current: Option<Run<T>> = None;
    let mut empty = false;
    Box::new(std::iter::from_fn(move || {
        loop {
            if let Some(run) = &mut current {
                if let Some(item) = run.next() {
                    empty = false;
                    return Some(item);
                }
                current = None;
                // An input without elements would be asked for ever.
                if empty {
                    return None;
                }
            }
            if count.is_some_and(|count| round >= count) {
                return None;
            }
            current = Some(start(round)?);
            (round, empty) = (round + 1, true);
        }
    }))
}

#[cfg(test)]
mod tests {
    use crate::{Cardinality, Dataset};
    use kiln_core::Tensor;

    fn values(data: &Dataset<Tensor>) -> Vec<i32> {
        data.iter().flat_map(|t| t.unwrap().to_vec::<i32>()).collect()
    }

    #[test]
    fn the_input_starts_again() {
        let data = Dataset::from_tensor_slices(Tensor::range(0..3)).unwrap();
        assert_eq!(values(&data.repeat(2)), [0, 1, 2, 0, 1, 2]);
        assert_eq!(values(&data.map(Ok).repeat(2)), [0, 1, 2, 0, 1, 2]);
        assert_eq!(data.repeat(4).cardinality(), Cardinality::Known(12));
        assert!(values(&data.repeat(0)).is_empty());
        let seeded = data.repeat(9).shuffle(27).seed(2);
        assert_eq!(values(&seeded.repeat(1).take(27)).len(), 27);
    }

    #[test]
    fn an_empty_input_ends_even_an_endless_repetition() {
        let empty = Dataset::from_tensor_slices(Tensor::range(0..3)).unwrap().take(0).repeat_forever();
        assert_eq!(empty.cardinality(), Cardinality::Known(0));
        assert!(values(&empty).is_empty());
        let filtered = Dataset::from_tensor_slices(Tensor::range(0..3)).unwrap().filter(|_| Ok(false)).repeat_forever();
        assert!(values(&filtered).is_empty());
    }
}
