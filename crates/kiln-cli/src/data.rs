//! Reads the tables that models are fed with.

use clap::ArgMatches;
use kiln::prelude::*;
use std::io::Read;
use std::path::Path;

/// Reads a file: IDX by its first bytes, or packed under a name with `idx`; else CSV.
pub(crate) fn table(path: &Path, arguments: &ArgMatches) -> kiln::Result<Tensor> {
    let mut first = [1u8; 2];
    let refused = |e: std::io::Error| Error::file(path, e);
    let read = std::fs::File::open(path).and_then(|mut file| file.read(&mut first)).map_err(refused)?;
    let packed = first == [0x1F, 0x8B];
    let named = path.file_name().is_some_and(|name| name.to_string_lossy().contains("idx"));
    if (read == 2 && first == [0, 0]) || (packed && named) {
        return load_idx(path);
    }
    let mut csv = Csv::new(path);
    if let Some(delimiter) = arguments.get_one::<char>("delimiter") {
        let byte = u8::try_from(*delimiter).ok().filter(u8::is_ascii);
        csv = csv.delimiter(byte.ok_or_else(|| Error::option("kiln", "delimiter", "an ASCII character", delimiter))?);
    }
    if let Some(header) = arguments.get_one::<bool>("header") {
        csv = csv.has_header(*header);
    }
    csv.load()
}

/// Inputs for the model: numbers, divided, each sample in the shape that the model asks for.
pub(crate) fn inputs<'a>(
    model: &Model,
    paths: impl Iterator<Item = &'a std::path::PathBuf>,
    arguments: &ArgMatches,
) -> kiln::Result<Vec<Tensor>> {
    let shapes: Vec<Option<Vec<usize>>> =
        model.blueprint().map_or(Vec::new(), |plan| plan.shapes[..plan.inputs.len()].iter().map(Shape::sample).collect());
    let mut inputs = Vec::new();
    for (i, path) in paths.enumerate() {
        let mut x = table(path, arguments)?.to_float();
        if let Some(by) = arguments.get_one::<f64>("divide") {
            if *by == 0.0 || !by.is_finite() {
                return Err(Error::option("kiln", "divide", "a number other than 0", by));
            }
            x = x / *by;
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
