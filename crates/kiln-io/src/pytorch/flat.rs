//! What a `Flatten` before a layer made one axis of: PyTorch flattens pictures with their channels first, Kiln with the channels last.

use kiln_core::Shape;
use kiln_core::blueprint::{Blueprint, Step};
use serde_json::Value;

/// Layers that leave every value in its place.
const IN_PLACE: [&str; 15] = [
    "Activation",
    "ReLU",
    "LeakyReLU",
    "ELU",
    "PReLU",
    "Softmax",
    "Dropout",
    "AlphaDropout",
    "GaussianDropout",
    "GaussianNoise",
    "ActivityRegularization",
    "BatchNormalization",
    "Identity",
    "Rescaling",
    "Masking",
];

/// Layers behind which there are no channels of a picture any more.
const ENDS: [&str; 15] = [
    "Reshape",
    "Permute",
    "Dense",
    "Embedding",
    "RepeatVector",
    "TimeDistributed",
    "Flatten",
    "LSTM",
    "GRU",
    "SimpleRNN",
    "RNN",
    "Bidirectional",
    "MultiHeadAttention",
    "EinsumDense",
    "Attention",
];

/// The axes, channels first, of what was flattened into `slot`; `None` if nothing was, or if both orders are one.
pub(super) fn flattened(plan: &Blueprint, slot: usize) -> Option<Vec<usize>> {
    let mut slot = slot;
    loop {
        let step = maker(plan, slot)?;
        let class = plan.layers.get(step.layer)?.layer.class();
        let input = *step.inputs.first()?;
        match class {
            "Flatten" => {
                let sizes = plan.shapes.get(input)?.sample().filter(|sizes| sizes.len() > 1)?;
                let moved = format(plan, step) == Some("channels_first".to_owned());
                return match (pictured(plan, input)?.as_str(), moved) {
                    ("channels_first", true) => Some(sizes),
                    ("channels_first", false) => None,
                    (_, true) => None,
                    _ => {
                        let (channels, spatial) = sizes.split_last()?;
                        Some([&[*channels], spatial].concat())
                    }
                };
            }
            _ if IN_PLACE.contains(&class) => slot = input,
            _ => return None,
        }
    }
}

fn maker(plan: &Blueprint, slot: usize) -> Option<&Step> {
    plan.steps.iter().find(|step| step.outputs.contains(&slot))
}

fn format(plan: &Blueprint, step: &Step) -> Option<String> {
    let config = plan.layers.get(step.layer)?.layer.config().ok()?;
    config.get("data_format").and_then(Value::as_str).map(str::to_owned)
}

/// Where the channels of the values in `slot` stand, if they are a picture's: the next layer before that has a `data_format` knows it,
/// and an input of rows, columns and channels is taken for a picture.
fn pictured(plan: &Blueprint, slot: usize) -> Option<String> {
    let mut waiting = vec![slot];
    let mut left = plan.steps.len() + plan.inputs.len() + 1;
    while let Some(slot) = waiting.pop() {
        left = left.checked_sub(1)?;
        match maker(plan, slot) {
            None => {
                if plan.shapes.get(slot).is_some_and(|shape: &Shape| shape.rank() >= 4) {
                    return Some("channels_last".to_owned());
                }
            }
            Some(step) => {
                let class = plan.layers.get(step.layer)?.layer.class();
                if ENDS.contains(&class) {
                    continue;
                }
                match format(plan, step) {
                    Some(format) => return Some(format),
                    None => waiting.extend(&step.inputs),
                }
            }
        }
    }
    None
}
