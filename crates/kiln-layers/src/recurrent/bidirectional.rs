//! A recurrent layer that walks both ways.

use crate::parts::{Parts, module_of};
use crate::recurrent::any_recurrent::AnyRecurrent;
use crate::recurrent::merge_mode::MergeMode;
use kiln_core::build::Build;
use kiln_core::layer::{Call, Layer, Options};
use kiln_core::regularizer::Regularizer;
use kiln_core::value::{Value, Values, one};
use kiln_core::{AnyLayer, AnyModule, Context, Error, Result, Shape, Tensor, layer_options};
use serde::{Deserialize, Serialize};

/// A recurrent layer and its copy that walks the sequence from its end; what they give is merged, step by step.
///
/// With `return_state` the forward states follow, then the backward ones; further inputs are taken in that order. With
/// `return_sequences`, the output of masked steps is 0. Weights: `forward_lstm.lstm_cell.kernel`, …, `backward_lstm.…`.
/// Keras: `keras/src/layers/rnn/bidirectional.py`.
///
/// ```
/// use kiln_core::{Layer, Shape};
/// use kiln_layers::{Bidirectional, Lstm};
/// let layer = Bidirectional::new(Lstm::new(8).return_sequences(true)).merge_mode("sum");
/// assert_eq!(layer.output_shape(&Shape::batch_of([10, 3]))?.to_string(), "(None, 10, 8)");
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bidirectional {
    #[serde(flatten)]
    options: Options,
    merge_mode: MergeMode,
    layer: AnyRecurrent,
    #[serde(default)]
    backward_layer: Option<AnyRecurrent>,
}

impl Bidirectional {
    /// `layer` and its copy that walks the other way, their outputs joined on the last axis.
    pub fn new(layer: impl Into<AnyRecurrent>) -> Self {
        Self { options: Options::default(), merge_mode: MergeMode::Concat, layer: layer.into(), backward_layer: None }
    }

    /// How the outputs are merged: `concat` (the default), `sum`, `mul`, `ave`, or `none` for both as they are.
    pub fn merge_mode(mut self, mode: impl Into<MergeMode>) -> Self {
        self.merge_mode = mode.into();
        self
    }

    /// A layer of its own for the way back; it must have `go_backwards`. Default: a copy of the other.
    pub fn backward_layer(mut self, layer: impl Into<AnyRecurrent>) -> Self {
        self.backward_layer = Some(layer.into());
        self
    }

    /// The layers of both ways and the names their weights stand under.
    fn both(&self) -> [(String, AnyRecurrent); 2] {
        let named = |prefix: &str, layer: &AnyRecurrent| {
            let name = layer.name();
            format!("{prefix}{}", name.strip_prefix(prefix).unwrap_or(&name))
        };
        // As in Keras, a whole sequence has zeros at masked steps.
        let forced = |layer: &AnyRecurrent| {
            let mut sequence = layer.sequence();
            sequence.zero_output_for_mask = sequence.return_sequences;
            layer.with(sequence)
        };
        let mut copied = self.layer.sequence();
        copied.go_backwards = !copied.go_backwards;
        let (copy, forward_name) = (self.layer.with(copied), named("forward_", &self.layer));
        let (back_name, back) = match &self.backward_layer {
            Some(own) => (own.name(), own),
            None => (named("backward_", &copy), &copy),
        };
        // A layer of the user's may have the name of the other one.
        let back_name = if back_name == forward_name { format!("backward_{back_name}") } else { back_name };
        [(forward_name, forced(&self.layer)), (back_name, forced(back))]
    }

    fn check(&self) -> Result<()> {
        self.merge_mode.check()?;
        let [(_, forward), (_, back)] = self.both();
        let (a, b) = (forward.sequence(), back.sequence());
        if a.go_backwards == b.go_backwards {
            return Err(Error::option(
                Self::CLASS,
                "backward_layer",
                "a layer that goes the other way",
                format!("`go_backwards` {}", b.go_backwards),
            ));
        }
        let common = [
            ("stateful", a.stateful, b.stateful),
            ("return_sequences", a.return_sequences, b.return_sequences),
            ("return_state", a.return_state, b.return_state),
        ];
        match common.iter().find(|(_, a, b)| a != b) {
            Some((option, a, b)) => Err(Error::option(Self::CLASS, option, format!("{a} in both layers"), b)),
            None => Ok(()),
        }
    }
}

/// The inputs of each way: the sequence and its half of the states.
fn halves<T: Clone>(inputs: &[T]) -> Result<[Vec<T>; 2]> {
    let Some((sequence, states)) = inputs.split_first() else {
        return Err(Error::shape("Bidirectional", "a sequence", "no input"));
    };
    if states.len() % 2 == 1 {
        return Err(Error::shape("Bidirectional", "initial states for both ways", format!("{} states", states.len())));
    }
    let (forward, back) = states.split_at(states.len() / 2);
    let with = |states: &[T]| std::iter::once(sequence).chain(states).cloned().collect();
    Ok([with(forward), with(back)])
}

impl Layer for Bidirectional {
    const CLASS: &'static str = "Bidirectional";
    type Module = BidirectionalModule;
    layer_options!();

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        Ok(self.output_shapes(std::slice::from_ref(input))?.swap_remove(0))
    }

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        self.check()?;
        let ([(_, forward), (_, back)], [first, second]) = (self.both(), halves(inputs)?);
        let shapes = |layer: &AnyLayer, inputs: &[Shape]| layer.output_shapes(inputs).map_err(|e| e.by(layer.class(), Self::CLASS));
        let (mut a, mut b) = (shapes(forward.layer(), &first)?, shapes(back.layer(), &second)?);
        let (x, y) = (a.remove(0), b.remove(0));
        let mut shapes = self.merge_mode.shapes(x, y)?;
        shapes.extend(a.into_iter().chain(b));
        Ok(shapes)
    }

    fn build(&self, input: &Shape, cx: &Build) -> Result<BidirectionalModule> {
        self.build_many(std::slice::from_ref(input), cx)
    }

    fn build_many(&self, inputs: &[Shape], cx: &Build) -> Result<BidirectionalModule> {
        self.output_shapes(inputs)?;
        let (both, inputs) = (self.both(), halves(inputs)?);
        let return_sequences = self.layer.sequence().return_sequences;
        let activity = both.iter().map(|(_, layer)| layer.layer().activity_regularizer()).collect();
        let build = |((name, layer), inputs): ((String, AnyRecurrent), Vec<Shape>)| {
            let module = layer.layer().build(&inputs, &cx.part(&name)).map_err(|e| e.at(&name))?;
            Ok((name, module))
        };
        let layers = both.into_iter().zip(inputs).map(build).collect::<Result<_>>()?;
        Ok(BidirectionalModule { layers: Parts(layers), merge_mode: self.merge_mode.clone(), return_sequences, activity })
    }

    fn parts(&self) -> Vec<(String, AnyLayer)> {
        self.both().into_iter().map(|(name, layer)| (name, layer.layer().clone())).collect()
    }
}

/// A built [`Bidirectional`].
#[derive(Clone, Debug)]
pub struct BidirectionalModule {
    layers: Parts<AnyModule>,
    merge_mode: MergeMode,
    return_sequences: bool,
    /// The regularizers of the layers' own outputs.
    activity: Vec<Option<Regularizer>>,
}

module_of!(BidirectionalModule { layers });

impl Call for BidirectionalModule {
    fn call(&self, x: Tensor, cx: &Context) -> Result<Tensor> {
        Ok(self.call_many(one(x), cx)?.swap_remove(0).tensor)
    }

    fn call_many(&self, inputs: Values, cx: &Context) -> Result<Values> {
        let mut ways = Vec::new();
        for (place, ((module, inputs), activity)) in self.layers.modules().zip(halves(&inputs)?).zip(&self.activity).enumerate() {
            let outputs = cx.part(place as u64, || module.call(inputs.into_iter().collect(), cx))?;
            if let Some(regularizer) = activity {
                for output in &outputs {
                    cx.add_loss(regularizer.penalty(&output.tensor)?);
                }
            }
            ways.push(outputs);
        }
        let (Some(mut back), Some(mut forward)) = (ways.pop(), ways.pop()) else {
            return Err(Error::order("Bidirectional", "there are not two layers"));
        };
        if forward.is_empty() || back.is_empty() {
            return Err(Error::shape("Bidirectional", "layers that have an output", "none"));
        }
        let (x, y) = (forward.remove(0), back.remove(0));
        // The way back gives its outputs from the last step to the first.
        let y = if self.return_sequences { Value { tensor: reversed(y.tensor)?, ..y } } else { y };
        let mask = x.mask.clone();
        let merged = self.merge_mode.merge(x.tensor, y.tensor)?;
        let merged = merged.into_iter().map(|tensor| Value { tensor, mask: mask.clone() });
        Ok(merged.chain(forward).chain(back).collect())
    }
}

/// (batch, time, ...) from its last step to its first.
fn reversed(x: Tensor) -> Result<Tensor> {
    let shape = x.shape();
    let (rows, steps) = (shape[0], shape.get(1).copied().unwrap_or(1));
    let flat: burn::Tensor<3> = x.reshape([rows as isize, steps as isize, -1])?.float()?;
    Tensor::from(flat.flip([1])).reshape(shape.iter().map(|&n| n as isize).collect::<Vec<_>>())
}
