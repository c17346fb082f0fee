//! Arithmetic on Keras' symbolic tensors: `x * 2.0`, `a + b`.

use kiln_core::symbol::Symbol;
use kiln_core::{AnyLayer, Error, Layer, Result};
use kiln_layers::{Activation, Add, Multiply, Rescaling, Subtract};
use serde_json::Value;

/// Whether an entry of a functional model is an operation, not a layer.
pub(crate) fn is_operator(object: &Value) -> bool {
    object.get("module").and_then(Value::as_str).is_some_and(|module| module.starts_with("keras.src.ops."))
}

const ACTIVATIONS: [(&str, &str); 12] = [
    ("Relu", "relu"),
    ("Relu6", "relu6"),
    ("Sigmoid", "sigmoid"),
    ("Tanh", "tanh"),
    ("Softplus", "softplus"),
    ("Softsign", "softsign"),
    ("Silu", "silu"),
    ("Elu", "elu"),
    ("Selu", "selu"),
    ("Gelu", "gelu"),
    ("Exp", "exponential"),
    ("HardSigmoid", "hard_sigmoid"),
];

/// The layer that does the same. `first` says whether the tensor stands before the number.
pub(crate) fn layer(object: &Value, name: &str, inputs: &[Symbol], numbers: &[&Value], first: bool) -> Result<AnyLayer> {
    let class = object.get("class_name").and_then(Value::as_str).unwrap_or_default();
    let number = numbers.first().and_then(|v| v.as_f64());
    let same = inputs.len() == 2 && inputs[0].shape() == inputs[1].shape();
    let rescaling = |scale: f64, offset: f64| Rescaling::new(scale).offset(offset).name(name).into();
    Ok(match (class, inputs.len(), number) {
        ("Multiply", 1, Some(n)) => rescaling(n, 0.0),
        ("Add", 1, Some(n)) => rescaling(1.0, n),
        ("Subtract", 1, Some(n)) if first => rescaling(1.0, -n),
        ("Subtract", 1, Some(n)) => rescaling(-1.0, n),
        ("TrueDivide" | "Divide", 1, Some(n)) if first && n != 0.0 => rescaling(1.0 / n, 0.0),
        ("Negative", 1, None) => rescaling(-1.0, 0.0),
        ("Multiply", 2, None) if same => Multiply::new().name(name).into(),
        ("Add", 2, None) if same => Add::new().name(name).into(),
        ("Subtract", 2, None) if same => Subtract::new().name(name).into(),
        (_, 1, None) => match ACTIVATIONS.iter().find(|(keras, _)| *keras == class) {
            Some((_, activation)) => Activation::new(*activation).name(name).into(),
            None => return Err(unknown(class)),
        },
        _ => return Err(unknown(class)),
    })
}

fn unknown(class: &str) -> Error {
    Error::data("", format!("the operation `{class}` on symbolic tensors is not one that Kiln reads")).hint(
        "Kiln reads sums, differences and products of two tensors of one shape, arithmetic with a number, and activations; use a layer",
    )
}
