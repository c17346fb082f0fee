//! `take` and `skip`: the head of a pipeline, and the rest.

use super::Dataset;
use super::cardinality::Cardinality;
use super::element::Element;
use super::slices::Rows;
use super::spec::ElementSpec;
use super::stage::{Before, Pass, Run, Stage};
use kiln_core::Result;

pub(crate) struct Take<E: Element> {
    pub(crate) input: Dataset<E>,
    pub(crate) count: usize,
}

impl<E: Element> Stage<E> for Take<E> {
    fn run(&self, pass: Pass) -> Run<E> {
        Box::new(self.input.run(pass).take(self.count))
    }

    fn rows(&self, pass: Pass) -> Option<Rows<E>> {
        Some(self.input.rows(pass)?.through(|rows| Box::new(rows.take(self.count))))
    }

    fn cardinality(&self) -> Cardinality {
        match self.input.cardinality() {
            Cardinality::Known(n) => Cardinality::Known(n.min(self.count)),
            Cardinality::Infinite => Cardinality::Known(self.count),
            Cardinality::Unknown if self.count == 0 => Cardinality::Known(0),
            Cardinality::Unknown => Cardinality::Unknown,
        }
    }

    fn before(&self) -> Vec<&dyn Before> {
        vec![&self.input]
    }

    fn spec(&self) -> Result<ElementSpec> {
        self.input.stage.spec()
    }
}

pub(crate) struct Skip<E: Element> {
    pub(crate) input: Dataset<E>,
    pub(crate) count: usize,
}

impl<E: Element> Skip<E> {
    /// Errors among the skipped elements are not skipped.
    fn rest<T: Send + 'static>(&self, mut input: Run<T>) -> Run<T> {
        let mut left = self.count;
        Box::new(std::iter::from_fn(move || {
            while left > 0 {
                left -= 1;
                if let Err(error) = input.next()? {
                    return Some(Err(error));
                }
            }
            input.next()
        }))
    }
}

impl<E: Element> Stage<E> for Skip<E> {
    fn run(&self, pass: Pass) -> Run<E> {
        self.rest(self.input.run(pass))
    }

    fn rows(&self, pass: Pass) -> Option<Rows<E>> {
        Some(self.input.rows(pass)?.through(|rows| self.rest(rows)))
    }

    fn cardinality(&self) -> Cardinality {
        self.input.cardinality().map(|n| n.saturating_sub(self.count))
    }

    fn before(&self) -> Vec<&dyn Before> {
        vec![&self.input]
    }

    fn spec(&self) -> Result<ElementSpec> {
        self.input.stage.spec()
    }
}

#[cfg(test)]
mod tests {
    use crate::{Cardinality, Dataset};
    use kiln_core::{Error, Tensor};

    fn values(data: &Dataset<Tensor>) -> Vec<i32> {
        data.iter().flat_map(|t| t.unwrap().to_vec::<i32>()).collect()
    }

    #[test]
    fn head_and_rest_make_the_whole() {
        let data = Dataset::from_tensor_slices(Tensor::range(0..7)).unwrap();
        assert_eq!((values(&data.take(3)), values(&data.skip(3))), (vec![0, 1, 2], vec![3, 4, 5, 6]));
        assert_eq!((values(&data.take(9)).len(), values(&data.skip(9)).len()), (7, 0));
        let endless = data.repeat_forever();
        assert_eq!(endless.skip(6).cardinality(), Cardinality::Infinite);
        assert_eq!(endless.skip(6).take(3).cardinality(), Cardinality::Known(3));
        assert_eq!(values(&endless.skip(6).take(3)), [6, 0, 1]);
    }

    #[test]
    fn an_error_is_not_skipped() {
        let data = Dataset::from_tensor_slices(Tensor::range(0..7)).unwrap();
        let failing = data.map(|_| Err::<Tensor, _>(Error::custom("broken"))).skip(3);
        assert_eq!(failing.iter().next().unwrap().unwrap_err().to_string(), "broken");
    }
}
