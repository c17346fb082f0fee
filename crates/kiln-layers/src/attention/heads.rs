//! What the layers with several heads share: their common options, and the projections these describe.

use crate::core::{EinsumDense, EinsumDenseModule};
use kiln_core::build::Build;
use kiln_core::constraint::Constraint;
use kiln_core::initializer::Initializer;
use kiln_core::regularizer::Regularizer;
use kiln_core::{Error, Layer, Result, Shape};
use serde::{Deserialize, Serialize};

/// The options of [`MultiHeadAttention`](super::MultiHeadAttention) and [`GroupQueryAttention`](super::GroupQueryAttention).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Common {
    pub(super) dropout: f64,
    pub(super) use_bias: bool,
    #[serde(default)]
    pub(super) use_gate: bool,
    #[serde(default)]
    pub(super) sliding_window: Option<usize>,
    pub(super) kernel_initializer: Initializer,
    pub(super) bias_initializer: Initializer,
    pub(super) kernel_regularizer: Option<Regularizer>,
    pub(super) bias_regularizer: Option<Regularizer>,
    pub(super) activity_regularizer: Option<Regularizer>,
    pub(super) kernel_constraint: Option<Constraint>,
    pub(super) bias_constraint: Option<Constraint>,
    pub(super) seed: Option<u64>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) use_causal_mask: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) return_attention_scores: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) attention_mask: bool,
}

impl Default for Common {
    fn default() -> Self {
        Self {
            dropout: 0.0,
            use_bias: true,
            use_gate: false,
            sliding_window: None,
            kernel_initializer: "glorot_uniform".into(),
            bias_initializer: "zeros".into(),
            kernel_regularizer: None,
            bias_regularizer: None,
            activity_regularizer: None,
            kernel_constraint: None,
            bias_constraint: None,
            seed: None,
            use_causal_mask: false,
            return_attention_scores: false,
            attention_mask: false,
        }
    }
}

/// Writes the setters of [`Common`] for a layer with a field `common`.
macro_rules! common_setters {
    () => {
        $crate::setters::setters! { .common =>
            /// The share of the attention weights to drop in training. Default 0.
            dropout: f64;
            /// Whether the projections have biases. Default true.
            use_bias: bool;
            /// Whether the heads' outputs are multiplied by `sigmoid` of a projection of the query (Qiu and others, 2025). Default false.
            use_gate: bool;
            /// A query sees only the keys less than this many steps from it. Default none: all.
            sliding_window: maybe usize;
            /// Of the projections' kernels. Default `glorot_uniform`.
            kernel_initializer: into Initializer;
            /// Of the projections' biases. Default `zeros`.
            bias_initializer: into Initializer;
            /// A term of the loss that keeps the kernels small. Default none.
            kernel_regularizer: some Regularizer;
            /// A term of the loss that keeps the biases small. Default none.
            bias_regularizer: some Regularizer;
            /// A term of the loss for the output of each projection. Default none.
            activity_regularizer: some Regularizer;
            /// Applied to the kernels after each step of the optimizer. Default none.
            kernel_constraint: some Constraint;
            /// Applied to the biases after each step of the optimizer. Default none.
            bias_constraint: some Constraint;
            /// A seed of the layer's own for the dropout. Default: the global one.
            seed: maybe u64;
            /// Whether a query sees only the keys up to its own step: in Keras an argument of the call. Default false.
            use_causal_mask: bool;
            /// Whether the attention weights, (batch, heads, query steps, key steps), are a second output: in Keras an argument of the call.
            /// Default false.
            return_attention_scores: bool;
            /// Whether a mask (batch, query steps, key steps), or one that broadcasts to it, comes as the last input: what differs from
            /// 0 may be seen. In Keras an argument of the call. Default false.
            attention_mask: bool;
        }
    };
}
pub(super) use common_setters;

const KERNELS: [&str; 5] = ["query.kernel", "key.kernel", "value.kernel", "attention_output.kernel", "gate.kernel"];
const BIASES: [&str; 5] = ["query.bias", "key.bias", "value.bias", "attention_output.bias", "gate.bias"];

impl Common {
    pub(super) fn check(&self, who: &str) -> Result<()> {
        if !(0.0..=1.0).contains(&self.dropout) {
            return Err(Error::option(who, "dropout", "from 0 to 1", self.dropout));
        }
        match self.sliding_window {
            Some(0) => Err(Error::option(who, "sliding_window", "at least 1", 0)),
            _ => Ok(()),
        }
    }

    /// `kernel` for each kernel and `bias` for each bias.
    fn for_weights<T: Clone>(&self, kernel: &Option<T>, bias: &Option<T>) -> Vec<(&'static str, T)> {
        let count = if self.use_gate { 5 } else { 4 };
        let kernels = KERNELS[..count].iter().filter_map(|name| Some((*name, kernel.clone()?)));
        let biases = BIASES[..count].iter().filter(|_| self.use_bias).filter_map(|name| Some((*name, bias.clone()?)));
        kernels.chain(biases).collect()
    }

    pub(super) fn regularizers(&self) -> Vec<(&'static str, Regularizer)> {
        self.for_weights(&self.kernel_regularizer, &self.bias_regularizer)
    }

    pub(super) fn constraints(&self) -> Vec<(&'static str, Constraint)> {
        self.for_weights(&self.kernel_constraint, &self.bias_constraint)
    }

    /// The projection `name` of the last `bound` axes of an input of `shape` to axes of `sizes`.
    pub(super) fn projection(&self, name: &str, shape: &Shape, bound: usize, sizes: &[usize], cx: &Build) -> Result<EinsumDenseModule> {
        let free = shape.rank() - bound;
        let letters: Vec<char> = ('a'..='z').take(shape.rank() + sizes.len()).collect();
        let text = |letters: &[char]| letters.iter().collect::<String>();
        let (before, summed, after) = (text(&letters[..free]), text(&letters[free..shape.rank()]), text(&letters[shape.rank()..]));
        let output = vec![None; free - 1].into_iter().chain(sizes.iter().copied().map(Some)).collect::<Vec<_>>();
        let layer = EinsumDense::new(&format!("{before}{summed},{summed}{after}->{before}{after}"), output)
            .kernel_initializer(self.kernel_initializer.clone())
            .bias_initializer(self.bias_initializer.clone());
        let layer = if self.use_bias { layer.bias_axes(after) } else { layer };
        let layer = if name == "gate" { layer.activation("sigmoid") } else { layer };
        layer.build(shape, &cx.part(name))
    }
}
