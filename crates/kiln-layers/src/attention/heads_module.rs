//! Attention of several heads at work.

use super::heads::Common;
use super::positions::{causal, near};
use crate::activations::masked_softmax;
use crate::axes::{fit, reshape};
use crate::core::{EinsumDenseModule, contract};
use crate::masks::and;
use crate::regularization::{keep, stream};
use burn::module::Module;
use burn::tensor::BoolStore;
use kiln_core::kernels::attention;
use kiln_core::layer::Call;
use kiln_core::value::{Value, Values};
use kiln_core::{Context, DType, Error, Result, Shape, Tensor};
use smallvec::smallvec;

/// A built [`MultiHeadAttention`](super::MultiHeadAttention) or [`GroupQueryAttention`](super::GroupQueryAttention).
#[derive(Module, Debug)]
pub struct HeadsModule {
    pub(super) query: EinsumDenseModule,
    pub(super) key: EinsumDenseModule,
    pub(super) gate: Option<EinsumDenseModule>,
    pub(super) value: EinsumDenseModule,
    pub(super) attention_output: EinsumDenseModule,
    #[module(skip)]
    pub(super) plan: HeadsPlan,
}

/// What a call needs to know beside the weights.
#[derive(Clone, Debug)]
pub(super) struct HeadsPlan {
    pub(super) who: &'static str,
    pub(super) common: Common,
    /// Query, value and key.
    pub(super) inputs: [Shape; 3],
    /// The axes attended over, of the inputs.
    pub(super) axes: Vec<usize>,
    /// What the scores are multiplied by.
    pub(super) scale: f64,
    /// How many heads of the query share one of key and value.
    pub(super) repeats: usize,
}

/// Query, value, key and the mask that came as an input.
pub(super) struct Parts<T> {
    pub(super) query: T,
    pub(super) value: T,
    pub(super) key: Option<T>,
    pub(super) mask: Option<T>,
}

/// Tells the inputs apart.
pub(super) fn parts<T>(who: &str, with_mask: bool, inputs: impl IntoIterator<Item = T>) -> Result<Parts<T>> {
    let mut inputs: Vec<T> = inputs.into_iter().collect();
    let count = inputs.len();
    let mask = if with_mask { inputs.pop() } else { None };
    let mut inputs = inputs.into_iter();
    match (inputs.next(), inputs.next(), inputs.next(), inputs.next()) {
        (Some(query), Some(value), key, None) => Ok(Parts { query, value, key, mask }),
        _ => {
            let expected = if with_mask { "3 or 4 inputs, query, value, key and mask" } else { "2 or 3 inputs, query, value and key" };
            Err(Error::shape(who, expected, format!("{count} inputs")))
        }
    }
}

/// The labels of the projected query, the projected key, and the scores.
fn labels(rank: usize, axes: &[usize]) -> [Vec<char>; 3] {
    let letter = |i: usize| char::from(b'a' + i as u8);
    let query: Vec<char> = (0..rank).map(letter).collect();
    let mut key = query.clone();
    axes.iter().enumerate().for_each(|(i, &axis)| key[axis] = letter(rank + i));
    let batch = (0..rank - 1).filter(|i| !axes.contains(i)).map(|i| query[i]);
    let attended = axes.iter().map(|&i| query[i]).chain(axes.iter().map(|&i| key[i]));
    let scores = batch.chain(attended).collect();
    [query, key, scores]
}

impl HeadsModule {
    /// A projection, and its term of the loss.
    fn project(&self, projection: &EinsumDenseModule, x: Tensor, cx: &Context) -> Result<Tensor> {
        let samples = x.shape().first().copied().unwrap_or(1).max(1);
        let y = projection.call(x, cx)?;
        if let Some(regularizer) = &self.plan.common.activity_regularizer {
            cx.add_loss(regularizer.penalty(&y)? / samples as f64);
        }
        Ok(y)
    }

    /// Each head of key or value as often as heads of the query share it.
    fn repeat(&self, x: Tensor) -> Result<Tensor> {
        if self.plan.repeats == 1 {
            return Ok(x);
        }
        let mut shape = x.shape();
        let heads = shape.len() - 2;
        shape.insert(heads + 1, self.plan.repeats);
        let mut joined = x.shape();
        joined[heads] *= self.plan.repeats;
        reshape(&x.expand_dims(heads as isize + 1)?.broadcast_to(shape)?, &joined)
    }

    /// Where a key may be seen, (batch, query steps, key steps) or less; none when everything may.
    fn mask(&self, parts: &Parts<Value>) -> Result<Option<Tensor>> {
        let HeadsPlan { who, common, axes, .. } = &self.plan;
        let device = parts.query.tensor.device();
        let mut seen: Vec<Tensor> = Vec::new();
        if let Some(mask) = &parts.mask {
            seen.push(mask.tensor.clone().inner().cast(DType::Bool(BoolStore::Native)));
        }
        let steps = [&parts.query, &parts.value].map(|v| axes.first().map_or(1, |&axis| v.tensor.shape()[axis]));
        let own = [(&parts.query.mask, -1), (&parts.value.mask, -2)].into_iter();
        let own = own.chain(parts.key.iter().map(|key| (&key.mask, -2)));
        let own: Vec<Tensor> =
            own.filter_map(|(mask, axis)| Some(mask.as_ref()?.clone().inner().expand_dims(axis))).collect::<Result<_>>()?;
        if !own.is_empty() && axes.as_slice() != [parts.query.tensor.rank() - 2] {
            let what = "a mask needs attention over the last axis but one alone";
            return Err(Error::order(*who, what).hint("set `attention_axes`, or hide steps by `attention_mask`"));
        }
        seen.extend(own);
        if common.use_causal_mask {
            seen.push(causal(steps[0], steps[1], &device)?);
        }
        if let Some(window) = common.sliding_window {
            seen.push(near(steps[0], steps[1], window, &device)?);
        }
        let mut all = seen.into_iter().map(Tensor::inner);
        let Some(first) = all.next() else { return Ok(None) };
        all.try_fold(first, |a, b| and(&a, &b)).map(Some)
    }

    /// The mask with axes of size 1 for what it leaves out, heads among them.
    fn spread(&self, mut mask: Tensor, scores: &Tensor) -> Result<Tensor> {
        let attended = 2 * self.plan.axes.len();
        // Kept as they are: what comes before the heads and the axes attended over.
        while mask.rank() < scores.rank() {
            let place = mask.rank().checked_sub(attended);
            mask = mask.expand_dims(place.unwrap_or(0) as isize)?;
        }
        if mask.broadcast_to(scores.shape()).is_err() {
            let expected = format!("a mask that broadcasts to the scores {}", Shape::known(scores.shape()));
            return Err(Error::shape(self.plan.who, expected, mask.describe()));
        }
        Ok(mask)
    }
}

impl Call for HeadsModule {
    fn call(&self, x: Tensor, cx: &Context) -> Result<Tensor> {
        // One input attends to itself.
        let outputs = self.call_many(smallvec![x.clone().into(), x.into()], cx)?;
        let output = outputs.into_iter().next();
        output.map(|v| v.tensor).ok_or_else(|| Error::order(self.plan.who, "no output"))
    }

    fn call_many(&self, inputs: Values, cx: &Context) -> Result<Values> {
        let HeadsPlan { who, common, inputs: specs, axes, scale, .. } = &self.plan;
        let parts = parts(who, common.attention_mask, inputs)?;
        fit(who, &specs[0], &parts.query.tensor)?;
        fit(who, &specs[1], &parts.value.tensor)?;
        fit(who, &specs[2], parts.key.as_ref().map_or(&parts.value.tensor, |key| &key.tensor))?;
        let mask = self.mask(&parts)?;
        let Parts { query: Value { tensor: x, mask: query_mask }, value: Value { tensor: value, .. }, key, .. } = parts;
        let key = key.map_or_else(|| value.clone(), |key| key.tensor);

        let gate = self.gate.as_ref().map(|gate| self.project(gate, x.clone(), cx)).transpose()?;
        let query = self.project(&self.query, x, cx)?;
        let key = self.repeat(self.project(&self.key, key, cx)?)?;
        let value = self.repeat(self.project(&self.value, value, cx)?)?;
        let rank = query.rank();
        // Keras has two ways. The short one, for four axes and nothing special, shares the attention of a query that sees nothing
        // among all keys; the long one gives it none.
        let short = common.dropout == 0.0 && !common.return_attention_scores && rank == 4;
        // Without a mask they are the same where nothing is dropped.
        let whole = !common.return_attention_scores && mask.is_none() && !cx.is_training();
        let served = if (short || whole) && axes.as_slice() == [1] { attention(&query, &key, &value, *scale, mask.as_ref()) } else { None };
        let (mut heads, scores) = match served {
            Some(heads) => (heads, None),
            None => {
                let [of_query, of_key, of_scores] = labels(rank, axes);
                let scores = contract(query * *scale, &of_query, key, &of_key, &of_scores)?;
                let mask = mask.map(|mask| self.spread(mask, &scores)).transpose()?;
                let places: Vec<usize> = (scores.rank() - axes.len()..scores.rank()).collect();
                let weights = match &mask {
                    Some(mask) if short => masked_softmax(mask.select_where(scores, -1e9)?, &places, None)?,
                    mask => masked_softmax(scores, &places, mask.as_ref())?,
                };
                let dropped = if cx.is_training() && common.dropout > 0.0 {
                    let kept = keep(stream(common.seed, cx), &weights.shape(), common.dropout)?;
                    weights.try_mul(kept.to_device(&weights.device()))?
                } else {
                    weights.clone()
                };
                let heads = contract(dropped, &of_scores, value, &of_key, &of_query)?;
                (heads, Some(Value { tensor: weights, mask }))
            }
        };
        if let Some(gate) = gate {
            heads = heads.try_mul(gate)?;
        }
        let output = self.project(&self.attention_output, heads, cx)?;
        let mut outputs: Values = smallvec![Value { tensor: output, mask: query_mask }];
        outputs.extend(scores.filter(|_| common.return_attention_scores));
        Ok(outputs)
    }
}
