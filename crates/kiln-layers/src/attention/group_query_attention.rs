//! Attention whose heads share keys and values.

use super::heads::{Common, common_setters};
use super::heads_module::{HeadsModule, HeadsPlan, parts};
use crate::axes::{size, spec};
use kiln_core::build::Build;
use kiln_core::constraint::Constraint;
use kiln_core::initializer::Initializer;
use kiln_core::layer::{Layer, Options};
use kiln_core::regularizer::Regularizer;
use kiln_core::{Error, Result, Shape, layer_options};
use serde::{Deserialize, Serialize};

/// [`MultiHeadAttention`](super::MultiHeadAttention) whose query heads share, in groups, the heads of key and value.
///
/// With one head of key and value it is multi-query attention. Inputs and masks are those of `MultiHeadAttention`, of three axes.
/// Weights, `kernel` and `bias` each: `query` and `gate` (d, query heads, head_dim), `key` and `value` (d, key and value heads,
/// head_dim), `attention_output` (query heads, head_dim, d). Keras: `keras/src/layers/attention/grouped_query_attention.py`, the class
/// `GroupedQueryAttention` behind `keras.layers.GroupQueryAttention`; Ainslie and others, 2023.
///
/// ```
/// use kiln_core::symbol::On;
/// use kiln_layers::{GroupQueryAttention, Input};
/// let x = Input::new([10, 16]);
/// let y = GroupQueryAttention::new(4, 8, 2).on([&x, &x])?;
/// assert_eq!(y.shape().to_string(), "(None, 10, 16)");
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupQueryAttention {
    #[serde(flatten)]
    options: Options,
    head_dim: usize,
    num_query_heads: usize,
    num_key_value_heads: usize,
    #[serde(flatten)]
    common: Common,
}

impl GroupQueryAttention {
    /// The size of a head, the heads of the query, and those of key and value, whose number divides the query's.
    pub fn new(head_dim: usize, num_query_heads: usize, num_key_value_heads: usize) -> Self {
        Self { options: Options::default(), head_dim, num_query_heads, num_key_value_heads, common: Common::default() }
    }

    common_setters!();

    /// Query, value and key, checked.
    fn inputs(&self, inputs: &[Shape]) -> Result<[Shape; 3]> {
        self.common.check(Self::CLASS)?;
        let counts =
            [("head_dim", self.head_dim), ("num_query_heads", self.num_query_heads), ("num_key_value_heads", self.num_key_value_heads)];
        if let Some((option, _)) = counts.into_iter().find(|(_, n)| *n == 0) {
            return Err(Error::option(Self::CLASS, option, "at least 1", 0));
        }
        if !self.num_query_heads.is_multiple_of(self.num_key_value_heads) {
            let expected = format!("a multiple of the {} heads of key and value", self.num_key_value_heads);
            return Err(Error::option(Self::CLASS, "num_query_heads", expected, self.num_query_heads));
        }
        let parts = parts(Self::CLASS, self.common.attention_mask, inputs)?;
        let (query, value, key) = (parts.query, parts.value, parts.key.unwrap_or(parts.value));
        if [query, value, key].iter().any(|shape| shape.rank() != 3) {
            let expected = "query, value and key of 3 axes, (batch, steps, features)";
            return Err(Error::shape(Self::CLASS, expected, format!("{query}, {value} and {key}")));
        }
        let differ = |a: &Shape, b: &Shape, i: usize| a.axes()[i].zip(b.axes()[i]).is_some_and(|(a, b)| a != b);
        if differ(query, value, 2) {
            return Err(Error::shape(Self::CLASS, "query and value with as many features", format!("{query} and {value}")));
        }
        if differ(value, key, 1) {
            return Err(Error::shape(Self::CLASS, "value and key with as many steps", format!("{value} and {key}")));
        }
        if differ(query, value, 0) || differ(query, key, 0) {
            return Err(Error::shape(Self::CLASS, "inputs of one batch size", format!("{query}, {value} and {key}")));
        }
        Ok([query.clone(), value.clone(), key.clone()])
    }
}

impl Layer for GroupQueryAttention {
    const CLASS: &'static str = "GroupedQueryAttention";
    type Module = HeadsModule;
    layer_options!();

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        self.output_shapes(std::slice::from_ref(input)).map(|mut shapes| shapes.swap_remove(0))
    }

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        let [query, value, _] = self.inputs(inputs)?;
        let scores = Shape::new([query.axes()[0], Some(self.num_query_heads), query.axes()[1], value.axes()[1]]);
        Ok(if self.common.return_attention_scores { vec![query, scores] } else { vec![query] })
    }

    fn build(&self, input: &Shape, cx: &Build) -> Result<HeadsModule> {
        self.build_many(std::slice::from_ref(input), cx)
    }

    fn build_many(&self, inputs: &[Shape], cx: &Build) -> Result<HeadsModule> {
        let [query, value, key] = self.inputs(inputs)?;
        let features = size(Self::CLASS, &query, 2)?;
        size(Self::CLASS, &value, 2)?;
        size(Self::CLASS, &key, 2)?;
        let (own, shared) = ([self.num_query_heads, self.head_dim], [self.num_key_value_heads, self.head_dim]);
        let joined = Shape::new([query.axes()[0], query.axes()[1], Some(own[0]), Some(own[1])]);
        let common = &self.common;
        let gate = common.use_gate.then(|| common.projection("gate", &query, 1, &own, cx));
        Ok(HeadsModule {
            query: common.projection("query", &query, 1, &own, cx)?,
            key: common.projection("key", &key, 1, &shared, cx)?,
            gate: gate.transpose()?,
            value: common.projection("value", &value, 1, &shared, cx)?,
            attention_output: common.projection("attention_output", &joined, 2, &[features], cx)?,
            plan: HeadsPlan {
                who: Self::CLASS,
                common: common.clone(),
                inputs: [&query, &value, &key].map(|shape| spec(shape, &[2])),
                axes: vec![1],
                scale: 1.0 / (self.head_dim as f64).sqrt(),
                repeats: self.num_query_heads / self.num_key_value_heads,
            },
        })
    }

    fn regularizers(&self) -> Vec<(&'static str, Regularizer)> {
        self.common.regularizers()
    }

    fn constraints(&self) -> Vec<(&'static str, Constraint)> {
        self.common.constraints()
    }

    fn activity_regularizer(&self) -> Option<Regularizer> {
        // As in Keras, of this layer's output too, not only of the projections'.
        self.common.activity_regularizer.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_are_errors() {
        let of = |layer: GroupQueryAttention, v: [usize; 2]| {
            layer.output_shapes(&[Shape::batch_of([4, 5]), Shape::batch_of(v)]).unwrap_err().to_string()
        };
        assert_eq!(
            of(GroupQueryAttention::new(3, 3, 2), [4, 5]),
            "GroupedQueryAttention: `num_query_heads` must be a multiple of the 2 heads of key and value, received 3"
        );
        assert_eq!(
            of(GroupQueryAttention::new(3, 2, 0), [4, 5]),
            "GroupedQueryAttention: `num_key_value_heads` must be at least 1, received 0"
        );
        assert_eq!(
            of(GroupQueryAttention::new(3, 2, 1), [4, 6]),
            "GroupedQueryAttention: expected query and value with as many features, received (None, 4, 5) and (None, 4, 6)"
        );
    }
}
