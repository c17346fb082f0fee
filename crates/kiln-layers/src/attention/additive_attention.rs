//! Additive attention.

use super::scored::Scored;
use crate::setters::setters;
use burn::module::Module;
use kiln_core::build::Build;
use kiln_core::layer::{Call, Layer, Options};
use kiln_core::value::Values;
use kiln_core::{AnyParam, Context, Error, Result, Shape, Tensor, layer_options};
use serde::{Deserialize, Serialize};

/// `softmax(sum(scale * tanh(query + key))) · value`, the inputs being query, value and, where it is another than the value, key.
///
/// Shapes and masks as for [`Attention`](super::Attention). Weight: `scale` (dim). Keras:
/// `keras/src/layers/attention/additive_attention.py`; Bahdanau and others, 2015.
///
/// ```
/// use kiln_core::symbol::On;
/// use kiln_layers::{AdditiveAttention, Input};
/// let (query, value) = (Input::new([5, 8]), Input::new([7, 8]));
/// assert_eq!(AdditiveAttention::new().on([&query, &value])?.shape().to_string(), "(None, 5, 8)");
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdditiveAttention {
    #[serde(flatten)]
    options: Options,
    use_scale: bool,
    dropout: f64,
    seed: Option<u64>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    use_causal_mask: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    return_attention_scores: bool,
}

impl Default for AdditiveAttention {
    fn default() -> Self {
        Self::new()
    }
}

impl AdditiveAttention {
    /// With a scale, without dropout.
    pub fn new() -> Self {
        Self {
            options: Options::default(),
            use_scale: true,
            dropout: 0.0,
            seed: None,
            use_causal_mask: false,
            return_attention_scores: false,
        }
    }

    setters! { =>
        /// Whether each feature has a learned factor. Default true.
        use_scale: bool;
        /// The share of the attention weights to drop in training. Default 0.
        dropout: f64;
        /// A seed of the layer's own for the dropout. Default: the global one.
        seed: maybe u64;
        /// Whether a query sees only the keys up to its own step: in Keras an argument of the call. Default false.
        use_causal_mask: bool;
        /// Whether the attention weights, (batch, Tq, Tv), are a second output: in Keras an argument of the call. Default false.
        return_attention_scores: bool;
    }

    fn scored(&self) -> Scored {
        Scored {
            who: Self::CLASS,
            dropout: self.dropout,
            seed: self.seed,
            causal: self.use_causal_mask,
            return_scores: self.return_attention_scores,
        }
    }
}

impl Layer for AdditiveAttention {
    const CLASS: &'static str = "AdditiveAttention";
    type Module = AdditiveAttentionModule;
    layer_options!();

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        self.output_shapes(std::slice::from_ref(input)).map(|mut shapes| shapes.swap_remove(0))
    }

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        self.scored().output_shapes(inputs)
    }

    fn build(&self, input: &Shape, cx: &Build) -> Result<AdditiveAttentionModule> {
        self.build_many(std::slice::from_ref(input), cx)
    }

    fn build_many(&self, inputs: &[Shape], cx: &Build) -> Result<AdditiveAttentionModule> {
        self.output_shapes(inputs)?;
        let features = inputs.first().and_then(Shape::last);
        let features = features.ok_or_else(|| Error::shape(Self::CLASS, "a known last axis", format!("{inputs:?}")))?;
        let scale = self.use_scale.then(|| cx.any_weight("scale", &[features], &"glorot_uniform".into()));
        Ok(AdditiveAttentionModule { scale: scale.transpose()?, scored: self.scored() })
    }
}

/// A built [`AdditiveAttention`].
#[derive(Module, Debug)]
pub struct AdditiveAttentionModule {
    scale: Option<AnyParam>,
    #[module(skip)]
    scored: Scored,
}

impl Call for AdditiveAttentionModule {
    fn call(&self, _: Tensor, _: &Context) -> Result<Tensor> {
        Err(Error::shape(AdditiveAttention::CLASS, "2 or 3 inputs, query, value and key", "1 inputs"))
    }

    fn call_many(&self, inputs: Values, cx: &Context) -> Result<Values> {
        self.scored.attend(inputs, cx, |query, key| {
            let pairs = query.expand_dims(-2)?.try_add(key.expand_dims(-3)?)?.tanh();
            match &self.scale {
                Some(scale) => pairs.try_mul(scale.value())?.sum_axis(-1),
                None => pairs.sum_axis(-1),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dropout_scales_what_it_keeps() {
        let new = || AdditiveAttention::new().dropout(0.5).return_attention_scores(true);
        super::super::scored::check_dropout(|seed| AdditiveAttention { seed, ..new() });
    }
}
