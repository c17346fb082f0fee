//! What a training loop reads: batches, from arrays in memory or from a stream.

use crate::error::{Error, Result};
use crate::tensor::Tensor;
use std::fmt::Debug;
use std::sync::Arc;

/// Inputs, targets and weights of some samples. Keras' `(x, y, sample_weight)`.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// One tensor for each input of the model.
    pub x: Vec<Tensor>,
    /// One tensor for each output; none when there is nothing to compare with.
    pub y: Vec<Tensor>,
    /// A weight for each sample.
    pub sample_weight: Option<Tensor>,
}

impl Batch {
    /// The number of samples.
    pub fn len(&self) -> usize {
        self.x.first().and_then(|x| x.shape().first().copied()).unwrap_or(0)
    }

    /// Whether there are no samples.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All tensors, changed by `f`.
    ///
    /// # Errors
    /// Those of `f`.
    pub fn map(&self, f: impl Fn(&Tensor) -> Result<Tensor>) -> Result<Self> {
        Ok(Self {
            x: self.x.iter().map(&f).collect::<Result<_>>()?,
            y: self.y.iter().map(&f).collect::<Result<_>>()?,
            sample_weight: self.sample_weight.as_ref().map(&f).transpose()?,
        })
    }
}

/// A source of batches that can be read again for each epoch.
pub trait BatchStream: Debug + Send + Sync {
    /// The batches of `epoch`, which decides the order where the source shuffles.
    fn batches(&self, epoch: u64) -> Box<dyn Iterator<Item = Result<Batch>> + '_>;

    /// How many batches an epoch has, when that is known.
    fn steps(&self) -> Option<usize>;
}

/// What `fit`, `evaluate` and `predict` take.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant)] // one per training, not one per step
pub enum Data {
    /// Samples in memory, which the loop batches and shuffles.
    Arrays(Batch),
    /// Batches that a source makes.
    Stream(Arc<dyn BatchStream>),
}

/// Whatever can be trained on: `&x`, `(&x, &y)`, `(&x, &y, &sample_weight)`, `([&a, &b], &y)`, a `Dataset`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no data to train on or predict from",
    label = "`&x`, `(&x, &y)`, `(&x, &y, &weights)`, `([&a, &b], &y)` or a `Dataset`"
)]
pub trait IntoData {
    /// The data.
    ///
    /// # Errors
    /// Arrays whose numbers of samples differ.
    fn into_data(self) -> Result<Data>;
}

/// One tensor or an array of them.
pub trait Tensors {
    /// The tensors.
    fn tensors(self) -> Vec<Tensor>;
}

impl Tensors for &Tensor {
    fn tensors(self) -> Vec<Tensor> {
        vec![self.clone()]
    }
}
impl Tensors for Tensor {
    fn tensors(self) -> Vec<Tensor> {
        vec![self]
    }
}
impl<const N: usize> Tensors for [&Tensor; N] {
    fn tensors(self) -> Vec<Tensor> {
        self.into_iter().cloned().collect()
    }
}
impl Tensors for &[Tensor] {
    fn tensors(self) -> Vec<Tensor> {
        self.to_vec()
    }
}
impl Tensors for Vec<Tensor> {
    fn tensors(self) -> Vec<Tensor> {
        self
    }
}

impl IntoData for Data {
    fn into_data(self) -> Result<Data> {
        Ok(self)
    }
}
impl IntoData for &Data {
    fn into_data(self) -> Result<Data> {
        Ok(self.clone())
    }
}
impl IntoData for Batch {
    fn into_data(self) -> Result<Data> {
        arrays(self.x, self.y, self.sample_weight)
    }
}
impl IntoData for &Tensor {
    fn into_data(self) -> Result<Data> {
        arrays(vec![self.clone()], Vec::new(), None)
    }
}
impl IntoData for Tensor {
    fn into_data(self) -> Result<Data> {
        arrays(vec![self], Vec::new(), None)
    }
}
impl<const N: usize> IntoData for [&Tensor; N] {
    fn into_data(self) -> Result<Data> {
        arrays(self.tensors(), Vec::new(), None)
    }
}
impl<X: Tensors, Y: Tensors> IntoData for (X, Y) {
    fn into_data(self) -> Result<Data> {
        arrays(self.0.tensors(), self.1.tensors(), None)
    }
}
impl<X: Tensors, Y: Tensors> IntoData for (X, Y, &Tensor) {
    fn into_data(self) -> Result<Data> {
        arrays(self.0.tensors(), self.1.tensors(), Some(self.2.clone()))
    }
}

fn arrays(x: Vec<Tensor>, y: Vec<Tensor>, sample_weight: Option<Tensor>) -> Result<Data> {
    let batch = Batch { x, y, sample_weight };
    let samples = batch.len();
    let named = batch
        .x
        .iter()
        .map(|t| ("x", t))
        .chain(batch.y.iter().map(|t| ("y", t)))
        .chain(batch.sample_weight.iter().map(|t| ("sample_weight", t)));
    for (name, tensor) in named {
        match tensor.shape().first() {
            None => return Err(Error::shape("data", format!("`{name}` with one row for each sample"), "a scalar")),
            Some(&n) if n != samples => {
                return Err(Error::data("data", format!("`x` has {samples} samples, but `{name}` has {n}"))
                    .hint("each sample needs one row in both"));
            }
            Some(_) => {}
        }
    }
    if samples == 0 {
        return Err(Error::data("data", "there are no samples"));
    }
    Ok(Data::Arrays(batch))
}

/// What a custom training step receives, taken from a [`Batch`].
pub trait FromBatch: Sized {
    /// The batch in this form.
    ///
    /// # Errors
    /// A part that the batch doesn't have.
    fn from_batch(batch: Batch) -> Result<Self>;
}

impl FromBatch for Batch {
    fn from_batch(batch: Batch) -> Result<Self> {
        Ok(batch)
    }
}
impl FromBatch for Tensor {
    fn from_batch(batch: Batch) -> Result<Self> {
        batch.x.into_iter().next().ok_or_else(|| Error::data("train_step", "the batch has no `x`"))
    }
}
impl FromBatch for (Tensor, Tensor) {
    fn from_batch(batch: Batch) -> Result<Self> {
        let y = batch.y.into_iter().next();
        match (batch.x.into_iter().next(), y) {
            (Some(x), Some(y)) => Ok((x, y)),
            _ => Err(Error::data("train_step", "the batch has no `y`").hint("pass `(&x, &y)`")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_must_agree() {
        let (x, y) = (Tensor::zeros([3, 2]), Tensor::zeros([2]));
        let error = (&x, &y).into_data().unwrap_err();
        assert_eq!(error.to_string(), "data: `x` has 3 samples, but `y` has 2; each sample needs one row in both");
        let error = (&Tensor::zeros([0, 2])).into_data().unwrap_err();
        assert_eq!(error.to_string(), "data: there are no samples");
    }
}
