//! What `Attention` and `AdditiveAttention` share: inputs, masks, and the mean of the values weighted by scores.

use super::positions::causal;
use crate::masks::and;
use crate::regularization::{keep, stream};
use kiln_core::value::{Value, Values};
use kiln_core::{Context, Error, Result, Shape, Tensor};
use smallvec::smallvec;

/// The options of a call.
#[derive(Clone, Debug)]
pub(super) struct Scored {
    pub(super) who: &'static str,
    pub(super) dropout: f64,
    pub(super) seed: Option<u64>,
    pub(super) causal: bool,
    pub(super) return_scores: bool,
}

impl Scored {
    /// The shapes of the output and, if asked for, of the scores. The inputs are query, value, and key where it is another one.
    pub(super) fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        let (query, value, key) = match inputs {
            [query, value] => (query, value, value),
            [query, value, key] => (query, value, key),
            _ => return Err(Error::shape(self.who, "2 or 3 inputs, query, value and key", format!("{} inputs", inputs.len()))),
        };
        if !(0.0..=1.0).contains(&self.dropout) {
            return Err(Error::option(self.who, "dropout", "from 0 to 1", self.dropout));
        }
        let rank = query.rank();
        if rank < 3 || value.rank() != rank || key.rank() != rank || rank > 6 {
            let expected = "inputs of one rank, (batch, steps, features)";
            return Err(Error::shape(self.who, expected, format!("{query}, {value} and {key}")));
        }
        let differ = |a: Option<usize>, b: Option<usize>| a.zip(b).is_some_and(|(a, b)| a != b);
        if differ(query.last(), key.last()) {
            return Err(Error::shape(self.who, "query and key with as many features", format!("{query} and {key}")));
        }
        let steps = |shape: &Shape| shape.axes()[rank - 2];
        if differ(steps(value), steps(key)) {
            return Err(Error::shape(self.who, "value and key with as many steps", format!("{value} and {key}")));
        }
        let leading = |shape: &Shape| shape.axes()[..rank - 2].to_vec();
        if [value, key].iter().any(|s| leading(s).into_iter().zip(leading(query)).any(|(a, b)| differ(a, b))) {
            return Err(Error::shape(self.who, "inputs of one batch size", format!("{query}, {value} and {key}")));
        }
        let with_last = |last: Option<usize>| {
            let mut axes = query.axes().to_vec();
            axes[rank - 1] = last;
            Shape::new(axes)
        };
        let mut shapes = vec![with_last(value.last())];
        if self.return_scores {
            shapes.push(with_last(steps(key)));
        }
        Ok(shapes)
    }

    /// Calls the layer: `score` makes (batch, query steps, key steps) of query and key.
    pub(super) fn attend(&self, inputs: Values, cx: &Context, score: impl FnOnce(Tensor, Tensor) -> Result<Tensor>) -> Result<Values> {
        let shapes: Vec<Shape> = inputs.iter().map(|v| Shape::known(v.tensor.shape())).collect();
        self.output_shapes(&shapes)?;
        let mut inputs = inputs.into_iter().map(|v| Value { tensor: v.tensor.to_float(), mask: v.mask });
        let (Some(query), Some(value)) = (inputs.next(), inputs.next()) else {
            return Err(Error::shape(self.who, "2 or 3 inputs", "fewer"));
        };
        let key = inputs.next().map_or_else(|| value.tensor.clone(), |key| key.tensor);
        let scores = score(query.tensor, key)?;
        let mut weights = self.hide(scores, value.mask.as_ref())?.softmax(-1)?;
        if cx.is_training() && self.dropout > 0.0 {
            let kept = keep(stream(self.seed, cx), &weights.shape(), self.dropout)?.to_device(&weights.device());
            weights = weights.try_mul(kept)?;
        }
        let mut output = weights.matmul(&value.tensor)?;
        if let Some(mask) = &query.mask {
            output = mask.expand_dims(-1)?.select_where(output, 0.0)?;
        }
        let mut outputs: Values = smallvec![Value { tensor: output, mask: query.mask }];
        if self.return_scores {
            outputs.push(weights.into());
        }
        Ok(outputs)
    }

    /// The scores, far lower where a value is masked or comes after the query.
    fn hide(&self, scores: Tensor, mask: Option<&Tensor>) -> Result<Tensor> {
        let shape = scores.shape();
        let (queries, keys) = (shape[shape.len() - 2], shape[shape.len() - 1]);
        let seen = mask.map(|mask| mask.expand_dims(-2)).transpose()?;
        let seen = match (seen, self.causal) {
            (Some(seen), true) => Some(and(&seen, &causal(queries, keys, &seen.device())?)?),
            (None, true) => Some(causal(queries, keys, &scores.device())?),
            (seen, false) => seen,
        };
        match seen {
            Some(seen) => seen.select_where(&scores, &scores - 1e9),
            None => Ok(scores),
        }
    }
}

/// Asserts that a layer with a dropout of 0.5, and its scores as second output, drops half of them in training, by its own seed if any.
#[cfg(test)]
pub(super) fn check_dropout<L: kiln_core::Layer>(layer: impl Fn(Option<u64>) -> L) {
    use kiln_core::random::Stream;
    use kiln_core::{Call, Device, build::Build};
    let device = Device::current().unwrap();
    let shapes = [Shape::batch_of([20, 2]), Shape::batch_of([10, 2])];
    let x = |steps: usize| Tensor::zeros([2, steps, 2]).to_device(&device).autodiff();
    let call = |seed: Option<u64>, cx: &Context| {
        let module = layer(seed).build_many(&shapes, &Build::new(&device, Stream::new(1))).unwrap();
        module.call_many(smallvec![x(20).into(), x(10).into()], cx).unwrap()[1].tensor.to_vec::<f32>()
    };
    let training = || Context::training(Stream::new(2));
    let weights = call(None, &training());
    assert!(weights.iter().all(|w| *w == 0.0 || (*w - 0.2).abs() < 1e-6));
    let dropped = weights.iter().filter(|w| **w == 0.0).count();
    assert!((150..250).contains(&dropped), "{dropped}");
    assert_ne!(weights, call(Some(3), &training()));
    assert!(call(None, &Context::inference()).iter().all(|w| (*w - 0.1).abs() < 1e-6));
}
