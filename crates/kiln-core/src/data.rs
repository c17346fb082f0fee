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
    /// A weight for each sample: none, one tensor for all outputs, or one for each.
    pub sample_weight: Vec<Tensor>,
    /// What the tensors are called. Those without names are in the order of the model's inputs and outputs.
    pub names: Names,
}

/// The names of a batch's tensors: Keras' data as dictionaries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// Those of the inputs.
    pub x: Arc<[String]>,
    /// Those of the outputs that the targets are for.
    pub y: Arc<[String]>,
    /// Those of the outputs that the weights are for.
    pub sample_weight: Arc<[String]>,
}

impl Batch {
    /// Inputs alone, with their names if they have any.
    pub fn of_inputs(x: impl Tensors) -> Self {
        let names = Names { x: x.names().into(), ..Names::default() };
        Self { x: x.tensors(), names, ..Self::default() }
    }

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
            sample_weight: self.sample_weight.iter().map(&f).collect::<Result<_>>()?,
            names: self.names.clone(),
        })
    }

    /// The batch in the order of a model's `inputs` and `outputs`. An output without a weight counts fully.
    ///
    /// # Errors
    /// A name that the model doesn't have, an input or a target that is missing.
    pub fn ordered(mut self, inputs: &[String], outputs: &[String]) -> Result<Self> {
        let names = std::mem::take(&mut self.names);
        let weights = names.sample_weight.iter().cloned().zip(std::mem::take(&mut self.sample_weight)).collect::<Vec<_>>();
        if let Some((name, _)) = weights.iter().find(|(name, _)| !outputs.contains(name)) {
            return Err(Error::unknown("output", name, outputs.iter().map(String::as_str)));
        }
        if !weights.is_empty() {
            let samples = self.len();
            let weight = |output: &String| weights.iter().find(|(name, _)| name == output).map(|(_, weight)| weight.clone());
            self.sample_weight = outputs.iter().map(|output| weight(output).unwrap_or_else(|| Tensor::ones([samples]))).collect();
        }
        self.x = in_order("x", self.x, &names.x, "input", inputs)?;
        self.y = in_order("y", self.y, &names.y, "output", outputs)?;
        Ok(self)
    }
}

/// `tensors`, called `names`, in the order of `wanted`.
fn in_order(part: &str, tensors: Vec<Tensor>, names: &[String], kind: &'static str, wanted: &[String]) -> Result<Vec<Tensor>> {
    if names.is_empty() {
        return Ok(tensors);
    }
    if let Some(name) = names.iter().find(|name| !wanted.contains(name)) {
        return Err(Error::unknown(kind, name, wanted.iter().map(String::as_str)));
    }
    let find = |name: &String| names.iter().position(|n| n == name).and_then(|place| tensors.get(place).cloned());
    let missing = |name: &String| Error::data("data", format!("`{part}` has nothing for the {kind} `{name}`"));
    wanted.iter().map(|name| find(name).ok_or_else(|| missing(name))).collect()
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

/// Whatever can be trained on: `&x`, `(&x, &y)`, `(&x, &y, &sample_weight)`, `([&a, &b], &y)`, a `Dataset`. In place of a tensor may
/// stand an array of them in the order of the model's inputs or outputs, or one by names: `[("title", &t), ("body", &b)]`.
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

/// One tensor, an array of them, or one with names.
pub trait Tensors {
    /// The tensors.
    fn tensors(self) -> Vec<Tensor>;

    /// Their names; none for tensors in the model's order.
    fn names(&self) -> Vec<String>
    where
        Self: Sized,
    {
        Vec::new()
    }
}

impl<const N: usize> Tensors for [(&str, &Tensor); N] {
    fn tensors(self) -> Vec<Tensor> {
        self.into_iter().map(|(_, tensor)| tensor.clone()).collect()
    }
    fn names(&self) -> Vec<String> {
        self.iter().map(|(name, _)| (*name).to_owned()).collect()
    }
}
impl Tensors for Vec<(String, Tensor)> {
    fn tensors(self) -> Vec<Tensor> {
        self.into_iter().map(|(_, tensor)| tensor).collect()
    }
    fn names(&self) -> Vec<String> {
        self.iter().map(|(name, _)| name.clone()).collect()
    }
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
        arrays(self)
    }
}
impl IntoData for &Tensor {
    fn into_data(self) -> Result<Data> {
        (self, NOTHING).into_data()
    }
}
impl IntoData for Tensor {
    fn into_data(self) -> Result<Data> {
        (self, NOTHING).into_data()
    }
}
impl<const N: usize> IntoData for [&Tensor; N] {
    fn into_data(self) -> Result<Data> {
        (self, NOTHING).into_data()
    }
}
impl<const N: usize> IntoData for [(&str, &Tensor); N] {
    fn into_data(self) -> Result<Data> {
        (self, NOTHING).into_data()
    }
}
impl<X: Tensors, Y: Tensors> IntoData for (X, Y) {
    fn into_data(self) -> Result<Data> {
        (self.0, self.1, NOTHING).into_data()
    }
}
impl<X: Tensors, Y: Tensors, W: Tensors> IntoData for (X, Y, W) {
    fn into_data(self) -> Result<Data> {
        let (x, y, sample_weight) = self;
        let names = Names { x: x.names().into(), y: y.names().into(), sample_weight: sample_weight.names().into() };
        arrays(Batch { x: x.tensors(), y: y.tensors(), sample_weight: sample_weight.tensors(), names })
    }
}

/// No targets, or no weights.
const NOTHING: [&Tensor; 0] = [];

fn arrays(batch: Batch) -> Result<Data> {
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

    #[test]
    fn names_decide_the_order() {
        let (a, b) = (Tensor::zeros([2, 1]), Tensor::ones([2, 1]));
        let names = |names: [&str; 2]| names.map(str::to_owned);
        let batch = |x: [(&str, &Tensor); 2], weight: [(&str, &Tensor); 1]| match (x, [("p", &a), ("q", &b)], weight).into_data() {
            Ok(Data::Arrays(batch)) => batch.ordered(&names(["a", "b"]), &names(["q", "p"])),
            other => panic!("{other:?}"),
        };
        let weight = Tensor::constant([0.5f32, 2.0]);
        let sorted = batch([("b", &b), ("a", &a)], [("p", &weight)]).unwrap();
        let values = |tensors: &[Tensor]| tensors.iter().map(|t| t.to_vec::<f32>()).collect::<Vec<_>>();
        assert_eq!(values(&sorted.x), [[0.0, 0.0], [1.0, 1.0]]);
        assert_eq!(values(&sorted.y), [[1.0, 1.0], [0.0, 0.0]]);
        assert_eq!(values(&sorted.sample_weight), [[1.0, 1.0], [0.5, 2.0]]);
        let error = batch([("b", &b), ("aa", &a)], [("p", &weight)]).unwrap_err();
        assert_eq!(error.to_string(), "unknown input `aa`, did you mean `a`?");
        let error = batch([("b", &b), ("b", &a)], [("p", &weight)]).unwrap_err();
        assert_eq!(error.to_string(), "data: `x` has nothing for the input `a`");
        let error = batch([("b", &b), ("a", &a)], [("r", &weight)]).unwrap_err();
        assert!(error.to_string().starts_with("unknown output `r`"), "{error}");
    }
}
