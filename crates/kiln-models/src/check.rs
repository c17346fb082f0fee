//! The look at the data before the first step. Keras trains on silently; Kiln says what is wrong.

use crate::model::Model;
use crate::step::not_compiled;
use kiln_core::data::{Batch, IntoData};
use kiln_core::shape::tuple;
use kiln_core::{Error, Result, Tensor};
use kiln_train::fit::Batches;
use std::fmt;

/// Something that looks like a mistake, but may be meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning(String);

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// So many samples are looked at for NaN and ranges; enough to meet a mistake, few enough not to be felt.
const LOOKED_AT: usize = 4096;

impl Model {
    /// Compares data with what was compiled, as `fit` does before its first step.
    ///
    /// # Errors
    /// Data that can't be trained on: shapes, labels, NaN.
    pub fn check(&mut self, data: impl IntoData) -> Result<Vec<Warning>> {
        let batch = self.ordered(Batches::new(data.into_data()?, None, false).sample()?)?;
        self.ensure_built(&batch.x)?;
        let mut warnings = Vec::new();
        let x = head(&batch.x)?;
        // Whole numbers up to 255 may be words.
        let indices = self.blueprint().is_some_and(|plan| plan.layers.iter().any(|l| l.layer.class() == "Embedding"));
        for (i, x) in x.iter().enumerate() {
            let values = finite(&format!("x{}", if batch.x.len() > 1 { format!("[{i}]") } else { String::new() }), x)?;
            if !indices
                && values.iter().any(|v| *v > 100.0)
                && values.iter().all(|v| (0.0..=255.0).contains(v))
                && values.iter().all(|v| v.fract() == 0.0)
            {
                warnings.push(Warning(
                    "`x` looks like unscaled pixels from 0 to 255; divide by 255.0 or add `Rescaling::new(1.0 / 255.0)`".to_owned(),
                ));
            }
        }
        let y = head(&batch.y)?;
        for (i, y) in y.iter().enumerate() {
            finite(&format!("y{}", if batch.y.len() > 1 { format!("[{i}]") } else { String::new() }), y)?;
        }
        if !y.is_empty() {
            // One sample will do, but for layers that are built for batches of one size.
            let samples = self.blueprint().and_then(|b| b.shapes.first()?.axes().first().copied().flatten()).unwrap_or(1);
            let x = x.iter().map(|t| t.rows(0..samples.min(t.shape().first().copied().unwrap_or(0)))).collect::<Result<Vec<_>>>()?;
            let (outputs, _) = self.look(Batch { x, ..Batch::default() })?;
            self.resolve()?;
            let losses = self.compiled.as_ref().ok_or_else(not_compiled)?.of_outputs();
            for (i, (loss, output)) in losses.zip(&outputs).enumerate() {
                if let (Some(loss), Some(y), Some(all)) = (loss, y.get(i), batch.y.get(i)) {
                    check_target(loss.name(), y, all, output)?;
                }
            }
        }
        for weight in &batch.sample_weight {
            finite("sample_weight", weight)?;
        }
        Ok(warnings)
    }
}

/// What the loss `loss` asks of targets `y`, the first of `all`, and of the model's output for a sample.
fn check_target(loss: &str, y: &Tensor, all: &Tensor, output: &Tensor) -> Result<()> {
    let units = output.shape().last().copied().unwrap_or(1);
    let one_hot = y.rank() == output.rank() && y.shape().last() == Some(&units) && units > 1;
    match loss {
        "sparse_categorical_crossentropy" => {
            if units < 2 {
                return Err(Error::shape(loss, "an output of at least 2 units, one for each class", tuple(&output.shape()))
                    .hint("use `binary_crossentropy` with one sigmoid unit, or more units"));
            }
            if one_hot {
                return Err(Error::shape(
                    loss,
                    "whole-number labels of shape (n,) or (n, 1)",
                    format!("one-hot targets of shape {}", tuple(&y.shape())),
                )
                .hint("use `categorical_crossentropy`, or `y.argmax(-1)`"));
            }
            check_labels(loss, all, units)
        }
        "categorical_crossentropy" if units < 2 => Err(Error::shape(loss, "an output of at least 2 units", tuple(&output.shape()))
            .hint("a softmax over one unit is always 1; use `binary_crossentropy` with a sigmoid")),
        "categorical_crossentropy" if !one_hot => {
            Err(Error::shape(loss, format!("one-hot targets of {units} columns"), format!("targets of shape {}", tuple(&y.shape())))
                .hint("use `sparse_categorical_crossentropy`, or `y.one_hot(classes)`"))
        }
        "binary_crossentropy" => {
            let values = y.to_vec::<f32>();
            match values.iter().position(|v| !(0.0..=1.0).contains(v)) {
                Some(i) => Err(Error::data(loss, format!("targets must lie in 0..1, received {} at value {i}", values[i]))),
                None => Ok(()),
            }
        }
        _ => Ok(()),
    }
}

fn check_labels(loss: &str, y: &Tensor, units: usize) -> Result<()> {
    for (i, label) in y.to_vec::<f64>().into_iter().enumerate() {
        if label.fract() != 0.0 {
            return Err(Error::data(loss, format!("labels must be whole numbers, received {label} at sample {i}"))
                .hint("is this a regression? use `mse`"));
        }
        if !(0.0..units as f64).contains(&label) {
            return Err(Error::data(loss, format!("labels must lie in 0..{units}, received {label} at sample {i}"))
                .hint("is `units` of the last layer too small?"));
        }
    }
    Ok(())
}

fn head(tensors: &[Tensor]) -> Result<Vec<Tensor>> {
    tensors.iter().map(|t| t.rows(0..t.shape().first().copied().unwrap_or(0).min(LOOKED_AT))).collect()
}

/// The values, when all of them are finite.
fn finite(name: &str, tensor: &Tensor) -> Result<Vec<f32>> {
    let values = tensor.to_vec::<f32>();
    let width = tensor.shape().iter().skip(1).product::<usize>().max(1);
    match values.iter().position(|v| !v.is_finite()) {
        Some(i) => {
            Err(Error::data("data", format!("`{name}` holds {} at sample {}", values[i], i / width))
                .hint("drop such samples or fill the gap"))
        }
        None => Ok(values),
    }
}
