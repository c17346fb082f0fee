//! `zip`, `enumerate` and `concatenate`: two pipelines side by side, or one after the other.

use super::Dataset;
use super::cardinality::Cardinality;
use super::element::Element;
use super::spec::ElementSpec;
use super::stage::{Before, Pass, Run, Stage};
use kiln_core::{Result, Tensor};

struct Zip<A: Element, B: Element> {
    left: Dataset<A>,
    right: Dataset<B>,
}

impl<A: Element, B: Element> Stage<(A, B)> for Zip<A, B> {
    fn run(&self, pass: Pass) -> Run<(A, B)> {
        let right = self.right.run(pass.branch(1));
        Box::new(self.left.run(pass).zip(right).map(|(a, b)| Ok((a?, b?))))
    }

    fn cardinality(&self) -> Cardinality {
        use Cardinality::{Infinite, Known, Unknown};
        match (self.left.cardinality(), self.right.cardinality()) {
            (Known(a), Known(b)) => Known(a.min(b)),
            (Known(0), _) | (_, Known(0)) => Known(0),
            (Infinite, other) | (other, Infinite) => other,
            (Unknown, _) | (_, Unknown) => Unknown,
        }
    }

    fn before(&self) -> Vec<&dyn Before> {
        vec![&self.left, &self.right]
    }

    fn spec(&self) -> Result<ElementSpec> {
        Ok(ElementSpec::Tuple(vec![self.left.stage.spec()?, self.right.stage.spec()?]))
    }
}

struct Concatenate<E: Element> {
    first: Dataset<E>,
    second: Dataset<E>,
}

impl<E: Element> Stage<E> for Concatenate<E> {
    fn run(&self, pass: Pass) -> Run<E> {
        let second = self.second.clone();
        let mut rest = None;
        let mut first = Some(self.first.run(pass));
        Box::new(std::iter::from_fn(move || {
            if let Some(run) = &mut first {
                match run.next() {
                    Some(item) => return Some(item),
                    None => first = None,
                }
            }
            rest.get_or_insert_with(|| second.run(pass.branch(1))).next()
        }))
    }

    fn cardinality(&self) -> Cardinality {
        use Cardinality::{Infinite, Known, Unknown};
        match (self.first.cardinality(), self.second.cardinality()) {
            (Infinite, _) | (_, Infinite) => Infinite,
            (Known(a), Known(b)) => Known(a.saturating_add(b)),
            (Unknown, _) | (_, Unknown) => Unknown,
        }
    }

    fn before(&self) -> Vec<&dyn Before> {
        vec![&self.first, &self.second]
    }

    fn spec(&self) -> Result<ElementSpec> {
        self.first.stage.spec()
    }
}

impl<E: Element> Dataset<E> {
    /// Pairs the elements of two data sets; it ends with the shorter one.
    ///
    /// ```
    /// use kiln_core::Tensor;
    /// use kiln_data::Dataset;
    /// let x = Dataset::from_tensor_slices(Tensor::ones([4, 2]))?;
    /// let data = x.zip(&Dataset::range(0..3)).batch(3);
    /// let (x, y) = data.iter().next().unwrap()?;
    /// assert_eq!((x.shape(), y.to_vec::<i64>()), (vec![3, 2], vec![0, 1, 2]));
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn zip<B: Element>(&self, other: &Dataset<B>) -> Dataset<(E, B)> {
        Dataset::new(Zip { left: self.clone(), right: other.clone() })
    }

    /// Each element with its number, an `int64` scalar that counts from `start`.
    ///
    /// ```
    /// use kiln_core::Tensor;
    /// use kiln_data::Dataset;
    /// let data = Dataset::from_tensor_slices(Tensor::constant([2.5, 3.5]))?.enumerate(5);
    /// let (number, x) = data.iter().nth(1).unwrap()?;
    /// assert_eq!((number.item(), x.item()), (6.0, 3.5));
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn enumerate(&self, start: i64) -> Dataset<(Tensor, E)> {
        // The pass of the elements must stay as it is, so the numbers come from the right.
        let numbers = Dataset::range(start..i64::MAX);
        Dataset::new(Zip { left: self.clone(), right: numbers }).map(|(element, number)| Ok((number, element)))
    }

    /// The elements of this data set, then those of another.
    ///
    /// ```
    /// use kiln_data::Dataset;
    /// let data = Dataset::range(0..2).concatenate(&Dataset::range(8..9)).batch(3);
    /// assert_eq!(data.iter().next().unwrap()?.to_vec::<i64>(), [0, 1, 8]);
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn concatenate(&self, other: &Self) -> Self {
        Self::new(Concatenate { first: self.clone(), second: other.clone() })
    }
}

#[cfg(test)]
mod tests {
    use crate::{Cardinality, Dataset};
    use kiln_core::Tensor;

    #[test]
    fn the_shorter_one_ends_a_zip() {
        let endless = Dataset::range(0..2).repeat_forever();
        assert_eq!(endless.zip(&Dataset::range(0..5)).cardinality(), Cardinality::Known(5));
        assert_eq!(endless.zip(&Dataset::range(0..5)).iter().count(), 5);
        assert_eq!(endless.zip(&endless).cardinality(), Cardinality::Infinite);
        let filtered = Dataset::range(0..2).filter(|_| Ok(true));
        assert_eq!(filtered.zip(&endless).cardinality(), Cardinality::Unknown);
        let bad = Dataset::range(0..3).zip(&Dataset::range(0..3).batch(0));
        assert!(bad.check().is_err());
    }

    #[test]
    fn two_shuffles_side_by_side_have_orders_of_their_own() {
        let data = Dataset::range(0..50).shuffle(50);
        let pairs: Vec<_> = data.zip(&data).iter_epoch(0).map(Result::unwrap).collect();
        assert!(pairs.iter().any(|(a, b)| a.item() != b.item()));
        let again: Vec<_> = data.zip(&data).iter_epoch(0).map(Result::unwrap).collect();
        assert!(pairs.iter().zip(&again).all(|(p, q)| p.0.item() == q.0.item() && p.1.item() == q.1.item()));
    }

    #[test]
    fn nested_pairs_keep_their_form() {
        let x = Dataset::from_tensor_slices((Tensor::ones([4, 2]), Tensor::zeros([4]))).unwrap();
        let data = x.zip(&Dataset::range(0..4)).batch(2);
        let ((a, b), c) = data.iter().nth(1).unwrap().unwrap();
        assert_eq!((a.shape(), b.shape(), c.to_vec::<i64>()), (vec![2, 2], vec![2], vec![2, 3]));
        let numbers = x.enumerate(0).repeat(2);
        assert_eq!(numbers.cardinality(), Cardinality::Known(8));
    }

    #[test]
    fn one_after_the_other() {
        let data = Dataset::range(0..3).concatenate(&Dataset::range(7..9)).repeat(2);
        let values: Vec<f64> = data.iter().map(|x| x.unwrap().item()).collect();
        assert_eq!(values, [0.0, 1.0, 2.0, 7.0, 8.0, 0.0, 1.0, 2.0, 7.0, 8.0]);
        assert_eq!(data.cardinality(), Cardinality::Known(10));
    }
}
