//! `unbatch` and `rebatch`: batches cut into their rows, and joined anew.

use super::Dataset;
use super::cardinality::Cardinality;
use super::element::Element;
use super::slices::Slices;
use super::stage::{Before, Pass, Run, Stage};
use kiln_core::Result;

struct Unbatch<E: Element> {
    input: Dataset<E>,
}

impl<E: Element> Stage<E> for Unbatch<E> {
    fn run(&self, pass: Pass) -> Run<E> {
        let rows = move |batch: Result<E>| -> Run<E> {
            match batch.and_then(|batch| Slices::new(&batch).map_err(|error| error.by("Dataset::from_tensor_slices", "unbatch"))) {
                Ok(slices) => slices.run(pass),
                Err(error) => Box::new(std::iter::once(Err(error))),
            }
        };
        Box::new(self.input.run(pass).flat_map(rows))
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
}

impl<E: Element> Dataset<E> {
    /// The rows of each element: what `batch` joined.
    ///
    /// ```
    /// use kiln_data::Dataset;
    /// let data = Dataset::range(0..7).batch(3).unbatch();
    /// assert_eq!(data.iter().count(), 7);
    /// ```
    pub fn unbatch(&self) -> Self {
        Self::new(Unbatch { input: self.clone() })
    }

    /// Batches of another size from batches; [`Dataset::drop_remainder`] may follow.
    ///
    /// ```
    /// use kiln_data::Dataset;
    /// let data = Dataset::range(0..7).batch(3).rebatch(2);
    /// let sizes: Vec<usize> = data.iter().map(|x| Ok(x?.len())).collect::<Result<_, kiln_core::Error>>()?;
    /// assert_eq!(sizes, [2, 2, 2, 1]);
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn rebatch(&self, batch_size: usize) -> Self {
        self.unbatch().batch(batch_size)
    }
}

#[cfg(test)]
mod tests {
    use crate::{Cardinality, Dataset};
    use kiln_core::Tensor;

    #[test]
    fn rows_come_back() {
        let (x, y) = (Tensor::range(0..10).reshape([5, 2]).unwrap(), Tensor::range(0..5));
        let data = Dataset::from_tensor_slices((x, y)).unwrap().batch(2).unbatch();
        let rows: Vec<_> = data.iter().map(Result::unwrap).collect();
        assert_eq!((rows.len(), rows[4].0.to_vec::<i32>(), rows[4].1.item()), (5, vec![8, 9], 4.0));
        assert_eq!(data.cardinality(), Cardinality::Unknown);
        assert_eq!(data.rebatch(4).drop_remainder(true).iter().count(), 1);
    }

    #[test]
    fn scalars_have_no_rows() {
        let error = Dataset::range(0..3).unbatch().iter().next().unwrap().unwrap_err();
        assert_eq!(error.to_string(), "unbatch: expected tensors with a first axis of samples, received a scalar as tensor 0");
    }
}
