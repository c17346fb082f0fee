//! Attention of several heads.

use super::heads::{Common, common_setters};
use super::heads_module::{HeadsModule, HeadsPlan, parts};
use crate::axes::{Axes, position, size, spec};
use crate::core::Sizes;
use crate::setters::setters;
use kiln_core::build::Build;
use kiln_core::constraint::Constraint;
use kiln_core::initializer::Initializer;
use kiln_core::layer::{Layer, Options};
use kiln_core::regularizer::Regularizer;
use kiln_core::{Error, Result, Shape, layer_options};
use serde::{Deserialize, Serialize};

/// Projects query, key and value for each of `num_heads` heads, lets each head attend
/// (`softmax(query · keyᵀ / sqrt(key_dim)) · value`), and projects the heads back.
///
/// The inputs are query (batch, T, d), value (batch, S, d) and, where it is another than the value, key: this order is Keras'. The output
/// is (batch, T, d). Masks of the inputs hide steps. Weights, `kernel` and `bias` each: `query` and `key` (d, heads, key_dim), `gate`
/// and `value` (d, heads, value_dim), `attention_output` (heads, value_dim, d). Keras:
/// `keras/src/layers/attention/multi_head_attention.py`; Vaswani and others, 2017.
///
/// ```
/// use kiln_core::symbol::On;
/// use kiln_layers::{Input, MultiHeadAttention};
/// let x = Input::new([10, 16]);
/// let y = MultiHeadAttention::new(2, 8).use_causal_mask(true).on([&x, &x])?;
/// assert_eq!(y.shape().to_string(), "(None, 10, 16)");
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MultiHeadAttention {
    #[serde(flatten)]
    options: Options,
    num_heads: usize,
    key_dim: usize,
    value_dim: Option<usize>,
    output_shape: Option<Sizes>,
    attention_axes: Option<Axes>,
    #[serde(flatten)]
    common: Common,
}

impl MultiHeadAttention {
    /// Heads, and the size of query and key of each.
    pub fn new(num_heads: usize, key_dim: usize) -> Self {
        Self {
            options: Options::default(),
            num_heads,
            key_dim,
            value_dim: None,
            output_shape: None,
            attention_axes: None,
            common: Common::default(),
        }
    }

    setters! { =>
        /// The size of the value of each head. Default `key_dim`.
        value_dim: maybe usize;
        /// The sizes of the output's axes after the steps. Default the last of the query.
        output_shape: some Sizes;
        /// The axes attended over. Default all but batch and features.
        attention_axes: some Axes;
    }
    common_setters!();

    fn axes(&self, query: &Shape) -> Result<Vec<usize>> {
        let between = || (1..query.rank() - 1).collect();
        let Some(axes) = &self.attention_axes else { return Ok(between()) };
        // Keras counts negative axes from the end of the projected query, whose heads are an axis more: -1 is the features' there.
        let mut places: Vec<usize> = Vec::new();
        for &axis in axes.list() {
            let place = position(Self::CLASS, "attention_axes", axis, query)?;
            if place == 0 || place == query.rank() - 1 || places.contains(&place) {
                let expected = "different axes, none of them the batch's or the features'";
                return Err(Error::option(Self::CLASS, "attention_axes", expected, format!("{:?}", axes.list())));
            }
            places.push(place);
        }
        if places.is_empty() { Ok(between()) } else { Ok(places) }
    }

    /// The sizes of the output's axes after the steps.
    fn sizes(&self, query: &Shape) -> Result<Vec<usize>> {
        let Some(sizes) = &self.output_shape else { return Ok(vec![size(Self::CLASS, query, query.rank() - 1)?]) };
        let known: Option<Vec<usize>> = sizes.list().into_iter().map(|n| n.filter(|n| *n > 0)).collect();
        match known {
            Some(known) if !known.is_empty() => Ok(known),
            _ => Err(Error::option(Self::CLASS, "output_shape", "sizes of at least 1", Shape::new(sizes.list()))),
        }
    }

    /// Query, value and key, checked.
    fn inputs(&self, inputs: &[Shape]) -> Result<[Shape; 3]> {
        self.common.check(Self::CLASS)?;
        for (option, n) in [("num_heads", self.num_heads), ("key_dim", self.key_dim), ("value_dim", self.value_dim.unwrap_or(1))] {
            if n == 0 {
                return Err(Error::option(Self::CLASS, option, "at least 1", 0));
            }
        }
        let parts = parts(Self::CLASS, self.common.attention_mask, inputs)?;
        let (query, value, key) = (parts.query, parts.value, parts.key.unwrap_or(parts.value));
        let rank = query.rank();
        if !(3..=6).contains(&rank) || value.rank() != rank || key.rank() != rank {
            let expected = "query, value and key of one rank, (batch, steps, features)";
            return Err(Error::shape(Self::CLASS, expected, format!("{query}, {value} and {key}")));
        }
        let differ = |a: &Shape, b: &Shape, axes: &[usize]| axes.iter().any(|&i| a.axes()[i].zip(b.axes()[i]).is_some_and(|(a, b)| a != b));
        let between: Vec<usize> = (1..rank - 1).collect();
        if differ(value, key, &between) {
            return Err(Error::shape(Self::CLASS, "value and key with as many steps", format!("{value} and {key}")));
        }
        let axes = self.axes(query)?;
        let apart: Vec<usize> = (0..rank - 1).filter(|i| !axes.contains(i)).collect();
        if differ(query, value, &apart) || differ(query, key, &apart) {
            let expected = "inputs that agree on the axes not attended over";
            return Err(Error::shape(Self::CLASS, expected, format!("{query}, {value} and {key}")));
        }
        if axes.len() > 1 && (self.common.use_causal_mask || self.common.sliding_window.is_some()) {
            let option = if self.common.use_causal_mask { "use_causal_mask" } else { "sliding_window" };
            return Err(Error::option(Self::CLASS, option, "unset for attention over several axes", format!("{axes:?}")));
        }
        // The scores have an axis for the heads, one for each axis not attended over, and two for each other.
        if rank + axes.len() > 8 {
            return Err(Error::shape(Self::CLASS, "scores of at most 8 axes", format!("{query} with the axes {axes:?}")));
        }
        Ok([query.clone(), value.clone(), key.clone()])
    }
}

impl Layer for MultiHeadAttention {
    const CLASS: &'static str = "MultiHeadAttention";
    type Module = HeadsModule;
    layer_options!();

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        self.output_shapes(std::slice::from_ref(input)).map(|mut shapes| shapes.swap_remove(0))
    }

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        let [query, value, _] = self.inputs(inputs)?;
        let last = query.rank() - 1;
        let mut output = query.axes()[..last].to_vec();
        output.extend(self.sizes(&query)?.into_iter().map(Some));
        let mut shapes = vec![Shape::new(output)];
        if self.common.return_attention_scores {
            let axes = self.axes(&query)?;
            let apart = (0..last).filter(|i| !axes.contains(i)).map(|i| query.axes()[i]);
            let attended = axes.iter().map(|&i| query.axes()[i]).chain(axes.iter().map(|&i| value.axes()[i]));
            shapes.push(Shape::new(apart.chain([Some(self.num_heads)]).chain(attended).collect::<Vec<_>>()));
        }
        Ok(shapes)
    }

    fn build(&self, input: &Shape, cx: &Build) -> Result<HeadsModule> {
        self.build_many(std::slice::from_ref(input), cx)
    }

    fn build_many(&self, inputs: &[Shape], cx: &Build) -> Result<HeadsModule> {
        let [query, value, key] = self.inputs(inputs)?;
        let (heads, value_dim) = (self.num_heads, self.value_dim.unwrap_or(self.key_dim));
        for input in [&query, &value, &key] {
            size(Self::CLASS, input, input.rank() - 1)?;
        }
        let last = query.rank() - 1;
        let mut joined = query.axes()[..last].to_vec();
        joined.extend([Some(heads), Some(value_dim)]);
        let common = &self.common;
        let gate = common.use_gate.then(|| common.projection("gate", &query, 1, &[heads, value_dim], cx));
        Ok(HeadsModule {
            query: common.projection("query", &query, 1, &[heads, self.key_dim], cx)?,
            key: common.projection("key", &key, 1, &[heads, self.key_dim], cx)?,
            gate: gate.transpose()?,
            value: common.projection("value", &value, 1, &[heads, value_dim], cx)?,
            attention_output: common.projection("attention_output", &Shape::new(joined), 2, &self.sizes(&query)?, cx)?,
            plan: HeadsPlan {
                who: Self::CLASS,
                common: common.clone(),
                inputs: [&query, &value, &key].map(|shape| spec(shape, &[last])),
                axes: self.axes(&query)?,
                scale: 1.0 / (self.key_dim as f64).sqrt(),
                repeats: 1,
            },
        })
    }

    fn regularizers(&self) -> Vec<(&'static str, Regularizer)> {
        self.common.regularizers()
    }

    fn constraints(&self) -> Vec<(&'static str, Constraint)> {
        self.common.constraints()
    }
}

#[cfg(test)]
#[path = "multi_head_attention_tests.rs"]
mod tests;
