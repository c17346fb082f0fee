//! `padded_batch` and `bucket_by_sequence_length`: elements of several lengths in one batch.

use super::Dataset;
use super::batch::{Batch, stack};
use super::cardinality::Cardinality;
use super::element::Element;
use super::stage::{Before, Pass, Run, Stage, StageOption, guarded};
use kiln_core::{Error, Result, Tensor};
use std::sync::Arc;

/// One batch of `elements`, each filled up at the end of every axis to the longest.
pub(super) fn pad<E: Element>(elements: &[E], value: f64) -> Result<E> {
    let mut columns: Vec<Vec<Tensor>> = elements.iter().map(|e| e.tensors().into_iter().cloned().collect()).collect();
    for i in 0..columns.first().map_or(0, Vec::len) {
        let shapes: Vec<Vec<usize>> = columns.iter().filter_map(|c| c.get(i)).map(Tensor::shape).collect();
        let rank = shapes.first().map_or(0, Vec::len);
        if let Some(odd) = shapes.iter().find(|shape| shape.len() != rank) {
            return Err(Error::shape("padded_batch", format!("elements of one rank {rank}"), format!("rank {}", odd.len())));
        }
        let longest: Vec<usize> = (0..rank).map(|axis| shapes.iter().map(|s| s[axis]).max().unwrap_or(0)).collect();
        for tensor in columns.iter_mut().filter_map(|c| c.get_mut(i)) {
            for (axis, &wanted) in longest.iter().enumerate() {
                let mut missing = tensor.shape();
                if missing[axis] < wanted {
                    missing[axis] = wanted - missing[axis];
                    let filler = Tensor::full(&missing, value).cast(tensor.dtype());
                    *tensor = if tensor.is_empty() && missing[axis] == wanted {
                        filler
                    } else {
                        Tensor::concat([&*tensor, &filler], axis as isize)?
                    };
                }
            }
        }
    }
    let padded: Vec<E> = elements.iter().zip(columns).map(|(e, column)| E::from_spec(&e.spec(), column)).collect::<Result<_>>()?;
    stack(&padded).map_err(|error| error.by("batch", "padded_batch"))
}

/// How a function measures an element.
type Length<E> = Arc<dyn Fn(&E) -> usize + Send + Sync>;

struct Buckets<E: Element> {
    input: Dataset<E>,
    length: Length<E>,
    boundaries: Arc<[usize]>,
    batch_sizes: Arc<[usize]>,
    drop_remainder: bool,
    value: f64,
}

const BUCKETS: &str = "bucket_by_sequence_length";

impl<E: Element> Stage<E> for Buckets<E> {
    fn run(&self, pass: Pass) -> Run<E> {
        let mut input = self.input.run(pass);
        let (length, boundaries, sizes) = (self.length.clone(), self.boundaries.clone(), self.batch_sizes.clone());
        let (drop_remainder, value) = (self.drop_remainder, self.value);
        let mut buckets: Vec<Vec<E>> = sizes.iter().map(|_| Vec::new()).collect();
        let mut left = 0..buckets.len();
        Box::new(std::iter::from_fn(move || {
            for element in input.by_ref() {
                let placed = element.and_then(|element| Ok((guarded(BUCKETS, || Ok(length(&element)))?, element)));
                match placed {
                    Err(error) => return Some(Err(error)),
                    Ok((length, element)) => {
                        let place = boundaries.partition_point(|boundary| *boundary <= length);
                        let bucket = buckets.get_mut(place)?;
                        bucket.push(element);
                        if bucket.len() == sizes[place] {
                            return Some(pad(&std::mem::take(bucket), value));
                        }
                    }
                }
            }
            // The input has ended: what is left in the buckets, from the shortest on.
            let rest = left.by_ref().map(|place| std::mem::take(&mut buckets[place])).find(|rest| !rest.is_empty() && !drop_remainder)?;
            Some(pad(&rest, value))
        }))
    }

    fn cardinality(&self) -> Cardinality {
        match self.input.cardinality() {
            Cardinality::Known(0) => Cardinality::Known(0),
            Cardinality::Infinite => Cardinality::Infinite,
            _ => Cardinality::Unknown,
        }
    }

    fn before(&self) -> Vec<&dyn Before> {
        vec![&self.input]
    }

    fn check(&self) -> Result<()> {
        if self.boundaries.is_empty() || self.boundaries.windows(2).any(|w| w[0] >= w[1]) {
            return Err(Error::option(BUCKETS, "bucket_boundaries", "growing numbers", format!("{:?}", self.boundaries)));
        }
        if self.batch_sizes.len() != self.boundaries.len() + 1 {
            let expected = format!("{} sizes, one more than there are boundaries", self.boundaries.len() + 1);
            return Err(Error::option(BUCKETS, "bucket_batch_sizes", expected, self.batch_sizes.len()));
        }
        match self.batch_sizes.contains(&0) {
            true => Err(Error::option(BUCKETS, "bucket_batch_sizes", "at least 1 each", format!("{:?}", self.batch_sizes))),
            false => Ok(()),
        }
    }

    fn with(&self, option: StageOption) -> Option<Arc<dyn Stage<E>>> {
        let (drop_remainder, value) = match option {
            StageOption::DropRemainder(yes) => (yes, self.value),
            StageOption::PaddingValue(value) => (self.drop_remainder, value),
            _ => return None,
        };
        let (boundaries, batch_sizes) = (self.boundaries.clone(), self.batch_sizes.clone());
        Some(Arc::new(Self { input: self.input.clone(), length: self.length.clone(), boundaries, batch_sizes, drop_remainder, value }))
    }
}

impl<E: Element> Dataset<E> {
    /// [`Dataset::batch`] for elements of several lengths: each is filled up with 0 at the end of every axis to the longest of its
    /// batch. [`Dataset::padding_value`] and [`Dataset::drop_remainder`] may follow.
    ///
    /// ```
    /// use kiln_core::Tensor;
    /// use kiln_data::Dataset;
    /// let data = Dataset::from_iter((1..4).map(|n| Tensor::full([n], n as i32))).padded_batch(3);
    /// assert_eq!(data.iter().next().unwrap()?.to_vec::<i32>(), [1, 0, 0, 2, 2, 0, 3, 3, 3]);
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn padded_batch(&self, batch_size: usize) -> Self {
        Self::new(Batch { input: self.clone(), size: batch_size, drop_remainder: false, padding: Some(0.0) })
    }

    /// What the `padded_batch` or `bucket_by_sequence_length` just before fills up with; default 0.
    ///
    /// Anywhere else it is an error of [`Dataset::check`].
    ///
    /// ```
    /// use kiln_core::Tensor;
    /// use kiln_data::Dataset;
    /// let data = Dataset::from_iter((1..3).map(|n| Tensor::ones([n]))).padded_batch(2).padding_value(-1.0);
    /// assert_eq!(data.iter().next().unwrap()?.to_vec::<f32>(), [1.0, -1.0, 1.0, 1.0]);
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn padding_value(&self, value: f64) -> Self {
        self.with(StageOption::PaddingValue(value))
    }

    /// Batches of elements of like lengths, so that little is padded. An element of length `n` goes into the first bucket whose
    /// boundary is above `n`, or into the last; each bucket has a batch size of its own, one more than there are boundaries.
    /// [`Dataset::padding_value`] and [`Dataset::drop_remainder`] may follow.
    ///
    /// ```
    /// use kiln_core::Tensor;
    /// use kiln_data::Dataset;
    /// let sentences = Dataset::from_iter([2, 9, 3, 8, 1].map(|n| Tensor::ones([n])));
    /// let data = sentences.bucket_by_sequence_length(|x| x.len(), &[5], &[2, 2]);
    /// let shapes: Vec<_> = data.iter().map(|x| Ok(x?.shape())).collect::<Result<_, kiln_core::Error>>()?;
    /// assert_eq!(shapes, [[2, 3], [2, 9], [1, 1]]);
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn bucket_by_sequence_length(
        &self,
        length: impl Fn(&E) -> usize + Send + Sync + 'static,
        bucket_boundaries: &[usize],
        bucket_batch_sizes: &[usize],
    ) -> Self {
        let (boundaries, batch_sizes) = (bucket_boundaries.into(), bucket_batch_sizes.into());
        Self::new(Buckets { input: self.clone(), length: Arc::new(length), boundaries, batch_sizes, drop_remainder: false, value: 0.0 })
    }
}

#[cfg(test)]
mod tests {
    use crate::{Cardinality, Dataset};
    use kiln_core::{DType, Tensor};

    #[test]
    fn every_axis_is_filled_up() {
        let sizes = [[1, 2], [2, 1], [0, 1]];
        let data = Dataset::from_iter(sizes.map(|s| (Tensor::full(s, 7i32), Tensor::constant(1.5)))).padded_batch(3);
        let (x, y) = data.iter().next().unwrap().unwrap();
        assert_eq!((x.shape(), x.dtype(), y.shape()), (vec![3, 2, 2], DType::I32, vec![3]));
        assert_eq!(x.to_vec::<i32>(), [7, 7, 0, 0, 7, 0, 7, 0, 0, 0, 0, 0]);
        assert_eq!(data.padding_value(5.0).iter().next().unwrap().unwrap().0.to_vec::<i32>()[8..], [5; 4]);
        assert_eq!(data.cardinality(), Cardinality::Known(1));
        let two = Dataset::from_iter([1, 2, 3].map(|n| Tensor::ones([n]))).padded_batch(2);
        assert_eq!((two.iter().count(), two.drop_remainder(true).iter().count()), (2, 1));
        assert_eq!(two.drop_remainder(true).cardinality(), Cardinality::Known(1));
    }

    #[test]
    fn mistakes_are_named() {
        let ragged = Dataset::from_iter(vec![Tensor::ones([2]), Tensor::ones([2, 2])]);
        let error = ragged.padded_batch(2).iter().next().unwrap().unwrap_err();
        assert_eq!(error.to_string(), "padded_batch: expected elements of one rank 1, received rank 2");
        assert_eq!(ragged.padded_batch(0).check().unwrap_err().to_string(), "padded_batch: `batch_size` must be at least 1, received 0");
        assert!(ragged.batch(2).padding_value(1.0).check().is_err());
        let buckets = |boundaries: &[usize], sizes: &[usize]| ragged.bucket_by_sequence_length(Tensor::len, boundaries, sizes).check();
        assert!(buckets(&[3], &[2, 2]).is_ok());
        let error = buckets(&[3, 3], &[1, 1, 1]).unwrap_err().to_string();
        assert_eq!(error, "bucket_by_sequence_length: `bucket_boundaries` must be growing numbers, received [3, 3]");
        assert!(buckets(&[3], &[2]).is_err() && buckets(&[3], &[2, 0]).is_err());
    }

    #[test]
    fn a_boundary_belongs_to_the_bucket_above() {
        let data = Dataset::from_iter([3, 2, 3, 2, 9].map(|n| Tensor::ones([n]))).bucket_by_sequence_length(Tensor::len, &[3], &[2, 2]);
        let shapes = |data: &Dataset| data.iter().map(|x| x.unwrap().shape()).collect::<Vec<_>>();
        assert_eq!(shapes(&data), [[2, 3], [2, 2], [1, 9]]);
        assert_eq!(shapes(&data.drop_remainder(true)), [[2, 3], [2, 2]]);
        assert_eq!(data.padding_value(1.0).cardinality(), Cardinality::Unknown);
    }
}
