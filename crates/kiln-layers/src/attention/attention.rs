//! Dot-product attention.

use super::scored::Scored;
use crate::setters::setters;
use burn::module::Module;
use kiln_core::build::Build;
use kiln_core::layer::{Call, Layer, Options};
use kiln_core::value::Values;
use kiln_core::{AnyParam, Context, Error, Result, Shape, Tensor, layer_options};
use serde::{Deserialize, Serialize};

/// `softmax(query · keyᵀ) · value`, the inputs being query, value and, where it is another than the value, key.
///
/// Shapes: (batch, Tq, dim), (batch, Tv, dim), (batch, Tv, dim) give (batch, Tq, dim). A mask of the value hides its steps, a mask of
/// the query makes the output 0. Weights: `scale` and `concat_score_weight`, one value each. Keras:
/// `keras/src/layers/attention/attention.py`; Luong and others, 2015.
///
/// ```
/// use kiln_core::symbol::On;
/// use kiln_layers::{Attention, Input};
/// let (query, value) = (Input::new([5, 8]), Input::new([7, 8]));
/// assert_eq!(Attention::new().on([&query, &value])?.shape().to_string(), "(None, 5, 8)");
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attention {
    #[serde(flatten)]
    options: Options,
    use_scale: bool,
    score_mode: String,
    dropout: f64,
    seed: Option<u64>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    use_causal_mask: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    return_attention_scores: bool,
}

impl Default for Attention {
    fn default() -> Self {
        Self::new()
    }
}

impl Attention {
    /// Dot products, without scale and dropout.
    pub fn new() -> Self {
        Self {
            options: Options::default(),
            use_scale: false,
            score_mode: "dot".to_owned(),
            dropout: 0.0,
            seed: None,
            use_causal_mask: false,
            return_attention_scores: false,
        }
    }

    setters! { =>
        /// Whether the scores are multiplied by a learned number. Default false.
        use_scale: bool;
        /// `dot`, or `concat` for `sum(tanh(query + key))` times a learned number. Default `dot`.
        score_mode: into String;
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

impl Layer for Attention {
    const CLASS: &'static str = "Attention";
    type Module = AttentionModule;
    layer_options!();

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        self.output_shapes(std::slice::from_ref(input)).map(|mut shapes| shapes.swap_remove(0))
    }

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        if self.score_mode != "dot" && self.score_mode != "concat" {
            return Err(Error::option(Self::CLASS, "score_mode", "`dot` or `concat`", format!("`{}`", self.score_mode)));
        }
        self.scored().output_shapes(inputs)
    }

    fn build(&self, input: &Shape, cx: &Build) -> Result<AttentionModule> {
        self.build_many(std::slice::from_ref(input), cx)
    }

    fn build_many(&self, inputs: &[Shape], cx: &Build) -> Result<AttentionModule> {
        self.output_shapes(inputs)?;
        let number = |name: &str| cx.any_weight(name, &[], &"ones".into());
        Ok(AttentionModule {
            scale: self.use_scale.then(|| number("scale")).transpose()?,
            concat_score_weight: (self.score_mode == "concat").then(|| number("concat_score_weight")).transpose()?,
            scored: self.scored(),
        })
    }
}

/// A built [`Attention`].
#[derive(Module, Debug)]
pub struct AttentionModule {
    scale: Option<AnyParam>,
    concat_score_weight: Option<AnyParam>,
    #[module(skip)]
    scored: Scored,
}

impl AttentionModule {
    fn scores(&self, query: Tensor, key: Tensor) -> Result<Tensor> {
        let scaled = |x: Tensor| match &self.scale {
            Some(scale) => x.try_mul(scale.value()),
            None => Ok(x),
        };
        match &self.concat_score_weight {
            None => {
                let mut axes: Vec<usize> = (0..key.rank()).collect();
                axes.swap(key.rank() - 2, key.rank() - 1);
                scaled(query.matmul(&key.transpose(axes)?)?)
            }
            Some(weight) => {
                let pairs = query.expand_dims(-2)?.try_add(key.expand_dims(-3)?)?;
                scaled(pairs)?.tanh().sum_axis(-1)?.try_mul(weight.value())
            }
        }
    }
}

impl Call for AttentionModule {
    fn call(&self, _: Tensor, _: &Context) -> Result<Tensor> {
        Err(Error::shape(Attention::CLASS, "2 or 3 inputs, query, value and key", "1 inputs"))
    }

    fn call_many(&self, inputs: Values, cx: &Context) -> Result<Values> {
        self.scored.attend(inputs, cx, |query, key| self.scores(query, key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dropout_scales_what_it_keeps() {
        super::super::scored::check_dropout(|seed| Attention { seed, ..Attention::new().dropout(0.5).return_attention_scores(true) });
    }

    #[test]
    fn mistakes_are_errors() {
        let of = |layer: Attention, shapes: &[Shape]| layer.output_shapes(shapes).unwrap_err().to_string();
        let pair = |q: [usize; 2], v: [usize; 2]| [Shape::batch_of(q), Shape::batch_of(v)];
        assert_eq!(
            of(Attention::new().score_mode("cosine"), &pair([2, 3], [2, 3])),
            "Attention: `score_mode` must be `dot` or `concat`, received `cosine`"
        );
        assert_eq!(of(Attention::new().dropout(2.0), &pair([2, 3], [2, 3])), "Attention: `dropout` must be from 0 to 1, received 2");
        assert_eq!(
            of(Attention::new(), &pair([2, 3], [2, 4])),
            "Attention: expected query and key with as many features, received (None, 2, 3) and (None, 2, 4)"
        );
        assert_eq!(
            of(Attention::new(), &[Shape::batch_of([3])]),
            "Attention: expected 2 or 3 inputs, query, value and key, received 1 inputs"
        );
        let flat = [Shape::batch_of([3]), Shape::batch_of([3])];
        assert_eq!(
            of(Attention::new(), &flat),
            "Attention: expected inputs of one rank, (batch, steps, features), received (None, 3), (None, 3) and (None, 3)"
        );
    }
}
