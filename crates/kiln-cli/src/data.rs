//! Brings what was read into the form that a model takes.

use crate::table::{Part, read};
use clap::ArgMatches;
use kiln::prelude::*;
use std::path::PathBuf;

/// The shapes of one sample of each input, if the model knows them.
pub(crate) fn samples(model: &Model) -> Vec<Option<Vec<usize>>> {
    model.blueprint().map_or(Vec::new(), |plan| plan.shapes[..plan.inputs.len()].iter().map(Shape::sample).collect())
}

/// What inputs are divided by.
pub(crate) fn divisor(arguments: &ArgMatches) -> kiln::Result<Option<f64>> {
    match arguments.get_one::<f64>("divide") {
        Some(by) if *by == 0.0 || !by.is_finite() => Err(Error::option("kiln", "divide", "a number other than 0", by)),
        by => Ok(by.copied()),
    }
}

/// Inputs for the model: numbers, divided, each sample in the shape that the model asks for.
pub(crate) fn inputs<'a>(model: &Model, paths: impl Iterator<Item = &'a PathBuf>, arguments: &ArgMatches) -> kiln::Result<Vec<Tensor>> {
    let tables = paths.map(|path| read(path, Part::Inputs, arguments)).collect::<kiln::Result<Vec<_>>>()?;
    prepared(model, tables, arguments)
}

/// Tables as inputs for the model.
pub(crate) fn prepared(model: &Model, tables: Vec<Tensor>, arguments: &ArgMatches) -> kiln::Result<Vec<Tensor>> {
    let (shapes, divisor) = (samples(model), divisor(arguments)?);
    let mut inputs = Vec::new();
    for (i, table) in tables.into_iter().enumerate() {
        let mut x = table.to_float();
        if let Some(by) = divisor {
            x = x / by;
        }
        if let Some(Some(sample)) = shapes.get(i) {
            x = shaped(x, sample)?;
        }
        inputs.push(x);
    }
    if !shapes.is_empty() && shapes.len() != inputs.len() {
        return Err(Error::shape("kiln", format!("{} files, one for each input", shapes.len()), inputs.len()));
    }
    Ok(inputs)
}

/// A row of 784 numbers is an image of (28, 28, 1), if the model says so; what doesn't fit is left for the model to refuse.
fn shaped(x: Tensor, sample: &[usize]) -> kiln::Result<Tensor> {
    let shape = x.shape();
    let values: usize = shape.iter().skip(1).product();
    if shape.is_empty() || shape[1..] == *sample || values != sample.iter().product::<usize>() {
        return Ok(x);
    }
    let axes: Vec<isize> = std::iter::once(-1).chain(sample.iter().map(|n| *n as isize)).collect();
    x.reshape(axes)
}
