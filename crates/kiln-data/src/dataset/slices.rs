//! The source of a pipeline: rows of tensors in memory.

use super::cardinality::Cardinality;
use super::element::Element;
use super::spec::ElementSpec;
use super::stage::{Before, Pass, Run, Stage};
use kiln_core::{Error, Result, Tensor};
use std::marker::PhantomData;
use std::sync::Arc;

/// Tensors of one length, cut along the first axis.
pub(crate) struct Slices<E> {
    columns: Arc<[Tensor]>,
    /// How the columns are put together.
    spec: Arc<ElementSpec>,
    len: usize,
    element: PhantomData<fn() -> E>,
}

impl<E> Clone for Slices<E> {
    fn clone(&self) -> Self {
        Self { columns: self.columns.clone(), spec: self.spec.clone(), len: self.len, element: PhantomData }
    }
}

impl<E: Element> Slices<E> {
    pub(crate) fn new(element: &E) -> Result<Self> {
        const WHO: &str = "Dataset::from_tensor_slices";
        let columns: Arc<[Tensor]> = element.tensors().into_iter().cloned().collect();
        let mut lengths = Vec::with_capacity(columns.len());
        for (i, column) in columns.iter().enumerate() {
            match column.shape().first() {
                Some(&n) => lengths.push(n),
                None => {
                    let received = format!("a scalar as tensor {i}");
                    return Err(Error::shape(WHO, "tensors with a first axis of samples", received));
                }
            }
        }
        let Some(&len) = lengths.first() else {
            return Err(Error::shape(WHO, "at least one tensor", "none"));
        };
        if let Some(odd) = lengths.iter().position(|&n| n != len) {
            let what = format!("tensor 0 has {len} samples, but tensor {odd} has {}", lengths[odd]);
            return Err(Error::data(WHO, what).hint("the first axes must be of one length"));
        }
        Ok(Self { columns, spec: Arc::new(element.spec()), len, element: PhantomData })
    }

    fn row(&self, index: usize) -> Result<E> {
        E::from_spec(&self.spec, self.columns.iter().map(|c| c.row(index)).collect::<Result<_>>()?)
    }

    fn gather(&self, rows: &[usize]) -> Result<E> {
        // Neighbours in order need no copy of their values.
        let neighbours = rows.windows(2).all(|w| w[1] == w[0] + 1);
        let part = |c: &Tensor| match rows.first() {
            Some(&first) if neighbours => c.rows(first..first + rows.len()),
            _ => c.gather(rows),
        };
        E::from_spec(&self.spec, self.columns.iter().map(part).collect::<Result<_>>()?)
    }
}

impl<E: Element> Stage<E> for Slices<E> {
    fn run(&self, pass: Pass) -> Run<E> {
        match self.rows(pass) {
            Some(rows) => rows.elements(),
            None => Box::new(std::iter::empty()),
        }
    }

    fn rows(&self, _: Pass) -> Option<Rows<E>> {
        Some(Rows { slices: self.clone(), run: Box::new((0..self.len).map(Ok)) })
    }

    fn cardinality(&self) -> Cardinality {
        Cardinality::Known(self.len)
    }

    fn before(&self) -> Vec<&dyn Before> {
        Vec::new()
    }

    fn spec(&self) -> Result<ElementSpec> {
        Ok(self.spec.reshaped(&mut |shape| shape.iter().skip(1).copied().collect()))
    }
}

/// Row numbers on their way through a pipeline, with the tensors they count in.
pub(crate) struct Rows<E> {
    pub(crate) slices: Slices<E>,
    pub(crate) run: Run<usize>,
}

impl<E: Element> Rows<E> {
    /// The same tensors with the row numbers changed.
    pub(crate) fn through(self, change: impl FnOnce(Run<usize>) -> Run<usize>) -> Self {
        Self { run: change(self.run), ..self }
    }

    /// The rows cut out, one by one.
    pub(crate) fn elements(self) -> Run<E> {
        let slices = self.slices;
        Box::new(self.run.map(move |row| slices.row(row?)))
    }

    /// Batches of rows, gathered at once.
    pub(crate) fn batches(mut self, size: usize, drop_remainder: bool) -> Run<E> {
        Box::new(std::iter::from_fn(move || {
            let rows: Result<Vec<usize>> = self.run.by_ref().take(size).collect();
            match rows {
                Err(error) => Some(Err(error)),
                Ok(rows) if rows.is_empty() || (drop_remainder && rows.len() < size) => None,
                Ok(rows) => Some(self.slices.gather(&rows)),
            }
        }))
    }
}

#[cfg(test)]
mod tests {
    use crate::Dataset;
    use kiln_core::Tensor;

    #[test]
    fn lengths_must_agree() {
        let error = Dataset::from_tensor_slices((Tensor::zeros([5, 2]), Tensor::zeros([4]))).unwrap_err();
        assert_eq!(
            error.to_string(),
            "Dataset::from_tensor_slices: tensor 0 has 5 samples, but tensor 1 has 4; the first axes must be of one length"
        );
        let error = Dataset::from_tensor_slices(Tensor::constant(1.0)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "Dataset::from_tensor_slices: expected tensors with a first axis of samples, received a scalar as tensor 0"
        );
        assert!(Dataset::from_tensor_slices(Vec::<Tensor>::new()).is_err());
    }

    #[test]
    fn rows_lose_their_axis() {
        let (x, y) = (Tensor::range(0..6).reshape([3, 2]).unwrap(), Tensor::constant([7u8, 8, 9]));
        let data = Dataset::from_tensor_slices((&x, y)).unwrap();
        let (x, y) = data.iter().nth(1).unwrap().unwrap();
        assert_eq!((x.to_vec::<i32>(), y.rank(), y.item()), (vec![2, 3], 0, 8.0));
        assert_eq!(y.dtype(), kiln_core::DType::U8);
    }
}
