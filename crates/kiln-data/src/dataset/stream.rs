//! A data set as a source of batches for `fit`.

use super::{Cardinality, Dataset, Element, ElementSpec};
use kiln_core::data::{Batch, BatchStream, Data, IntoData, Names};
use kiln_core::{Error, Result};
use std::fmt;
use std::sync::Arc;

struct Source<E: Element>(Dataset<E>);

impl<E: Element> fmt::Debug for Source<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dataset({:?})", self.0.cardinality())
    }
}

impl<E: Element> BatchStream for Source<E> {
    fn batches(&self, epoch: u64) -> Box<dyn Iterator<Item = Result<Batch>> + '_> {
        Box::new(self.0.iter_epoch(epoch).map(|element| batch(&element?)))
    }

    fn steps(&self) -> Option<usize> {
        match self.0.cardinality() {
            Cardinality::Known(n) => Some(n),
            _ => None,
        }
    }
}

/// `x`, `(x, y)` or `(x, y, sample_weight)`, each one tensor or a tuple of them.
fn batch<E: Element>(element: &E) -> Result<Batch> {
    let mut parts = element.parts().into_iter();
    let mut part = || parts.next().unwrap_or_default().into_iter().cloned().collect();
    let batch = Batch { x: part(), y: part(), sample_weight: part(), names: names(&element.spec()) };
    match parts.next() {
        None => Ok(batch),
        Some(_) => {
            Err(Error::data("Dataset", "a batch has more than three parts").hint("`fit` takes `x`, `(x, y)` or `(x, y, sample_weight)`"))
        }
    }
}

/// The names of `x`, `y` and `sample_weight`, where they have some.
fn names(spec: &ElementSpec) -> Names {
    let parts = match spec {
        ElementSpec::Tuple(parts) => parts.as_slice(),
        other => std::slice::from_ref(other),
    };
    let of = |place: usize| parts.get(place).map(ElementSpec::names).unwrap_or_default().into();
    Names { x: of(0), y: of(1), sample_weight: of(2) }
}

impl<E: Element> IntoData for Dataset<E> {
    fn into_data(self) -> Result<Data> {
        self.check()?;
        Ok(Data::Stream(Arc::new(Source(self))))
    }
}

impl<E: Element> IntoData for &Dataset<E> {
    fn into_data(self) -> Result<Data> {
        self.clone().into_data()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kiln_core::Tensor;

    #[test]
    fn elements_become_batches() {
        let data = Dataset::from_tensor_slices((&Tensor::zeros([5, 2]), &Tensor::range(0..5))).unwrap().batch(2);
        let Data::Stream(stream) = data.into_data().unwrap() else { panic!("a stream") };
        assert_eq!(stream.steps(), Some(3));
        let batches: Vec<Batch> = stream.batches(0).collect::<Result<_>>().unwrap();
        assert_eq!(batches[2].x[0].shape(), [1, 2]);
        assert_eq!(batches[1].y[0].to_vec::<i32>(), [2, 3]);
    }

    #[test]
    fn a_nested_pair_is_two_inputs() {
        let (a, b, y) = (Tensor::zeros([4, 2]), Tensor::ones([4, 3]), Tensor::range(0..4));
        let data = Dataset::from_tensor_slices(((&a, &b), &y)).unwrap().batch(2);
        let Data::Stream(stream) = data.into_data().unwrap() else { panic!("a stream") };
        let batch = stream.batches(0).next().unwrap().unwrap();
        assert_eq!((batch.x.len(), batch.y.len(), batch.x[1].shape()), (2, 1, vec![2, 3]));
    }
}
