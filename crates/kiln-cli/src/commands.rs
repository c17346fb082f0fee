//! The commands.

use crate::answer::Answer;
use crate::{data, models, plot, table, train};
use clap::ArgMatches;
use kiln::metrics::IntoMetric;
use kiln::prelude::*;
use serde_json::{Map, Value, json};
use std::fmt::Write;
use std::path::PathBuf;

/// Runs the command `name`.
pub(crate) fn run(name: &str, arguments: &ArgMatches) -> kiln::Result<Answer> {
    match name {
        "summary" => summary(arguments),
        "predict" => predict(arguments),
        "evaluate" => evaluate(arguments),
        "train" => train::train(arguments),
        "plot" => plot::plot(arguments),
        _ => convert(arguments),
    }
}

fn summary(arguments: &ArgMatches) -> kiln::Result<Answer> {
    let summary = models::read(arguments)?.summary()?;
    let layer = |row: &kiln::summary::Row| json!({ "layer": row.layer, "output_shape": row.output_shape, "params": row.params, "connected_to": row.connected_to });
    let json = json!({
        "model": summary.model,
        "layers": summary.rows.iter().map(layer).collect::<Vec<_>>(),
        "trainable_params": summary.trainable,
        "non_trainable_params": summary.non_trainable,
    });
    Ok(Answer { text: format!("{}\n", summary.to_string().trim_end()), json })
}

pub(crate) fn options(arguments: &ArgMatches) -> Fit {
    let options = Fit::new().verbose(0);
    match arguments.get_one::<u64>("batch-size").map(|n| usize::try_from(*n)) {
        Some(Ok(size)) => options.batch_size(size),
        _ => options,
    }
}

fn predict(arguments: &ArgMatches) -> kiln::Result<Answer> {
    let mut model = models::read(arguments)?;
    let paths = arguments.get_many::<PathBuf>("data").into_iter().flatten();
    let x = data::inputs(&model, paths, arguments)?;
    let x = kiln::data::Batch { x, ..Default::default() };
    let mut outputs = model.predict_all_with(x, options(arguments))?;
    if arguments.get_flag("classes") {
        outputs = outputs.iter().map(|output| output.argmax(-1)).collect::<kiln::Result<_>>()?;
    }
    let names = model.output_names();
    let all: Map<String, Value> = names.into_iter().zip(&outputs).map(|(name, output)| (name, nested(output))).collect();
    let text = match &outputs[..] {
        [output] => rows(output),
        _ if arguments.get_flag("json") => String::new(),
        several => {
            let expected = format!("`--json` for a model of {} outputs", several.len());
            return Err(Error::shape("kiln predict", expected, "none"));
        }
    };
    let json = json!({ "outputs": all });
    let Some(path) = arguments.get_one::<PathBuf>("output") else { return Ok(Answer { text, json }) };
    match &outputs[..] {
        [output] if models::ends(path, ".npy") => save_npy(path, output)?,
        several if models::ends(path, ".npy") => {
            return Err(
                Error::file(path, format!("an NPY file holds one array, the model has {} outputs", several.len())).hint("write JSON")
            );
        }
        _ => {
            let content = if arguments.get_flag("json") { format!("{json}\n") } else { text };
            std::fs::write(path, content).map_err(|e| Error::file(path, e))?;
        }
    }
    let shapes: Vec<Vec<usize>> = outputs.iter().map(Tensor::shape).collect();
    Ok(Answer { text: String::new(), json: json!({ "output": path, "shapes": shapes }) })
}

/// A line of CSV a sample.
fn rows(output: &Tensor) -> String {
    let shape = output.shape();
    let width = shape.iter().skip(1).product::<usize>().max(1);
    let values: Vec<String> = if output.dtype().is_float() {
        output.to_vec::<f32>().iter().map(f32::to_string).collect()
    } else {
        output.to_vec::<i64>().iter().map(i64::to_string).collect()
    };
    values.chunks(width).fold(String::new(), |text, row| text + &row.join(",") + "\n")
}

/// Lists in lists, as the axes are.
fn nested(tensor: &Tensor) -> Value {
    let mut values: Vec<Value> = if tensor.dtype().is_float() {
        // The digits of an `f32`, not those of the `f64` beside it.
        tensor.to_vec::<f32>().iter().map(|v| v.to_string().parse::<f64>().map_or(Value::Null, Value::from)).collect()
    } else {
        tensor.to_vec::<i64>().into_iter().map(Value::from).collect()
    };
    for axis in tensor.shape().iter().skip(1).rev() {
        values = values.chunks((*axis).max(1)).map(|row| Value::from(row.to_vec())).collect();
    }
    values.into()
}

/// Compiles with the loss and metrics of the arguments; without a loss the model must be compiled.
pub(crate) fn compile(model: &mut Model, who: &str, optimizer: &str, arguments: &ArgMatches) -> kiln::Result<()> {
    if let Some(loss) = arguments.get_one::<String>("loss") {
        let metrics = arguments.get_many::<String>("metrics").into_iter().flatten();
        let metrics = metrics.map(|name| name.as_str().into_metric()).collect::<kiln::Result<Vec<_>>>()?;
        return model.compile(optimizer, loss.as_str(), metrics);
    }
    match model.compilation() {
        Some(_) => Ok(()),
        None => Err(Error::order(who, "the model is not compiled").hint("say `--loss`, and `--metrics` if you like")),
    }
}

fn evaluate(arguments: &ArgMatches) -> kiln::Result<Answer> {
    let mut model = models::read(arguments)?;
    compile(&mut model, "kiln evaluate", "sgd", arguments)?;
    let x = data::inputs(&model, std::iter::once(models::path("data", arguments)?), arguments)?;
    let y = table::read(models::path("labels", arguments)?, table::Part::Targets, arguments)?;
    let scores = model.evaluate_with(kiln::data::Batch { x, y: vec![y], ..kiln::data::Batch::default() }, options(arguments))?;
    let mut text = String::new();
    for (name, value) in scores.iter() {
        // Writing to a string can't fail.
        let _ = writeln!(text, "{name}: {value:.6}");
    }
    Ok(Answer { text, json: scores.iter().map(|(name, value)| (name.to_owned(), Value::from(value))).collect::<Map<_, _>>().into() })
}

fn convert(arguments: &ArgMatches) -> kiln::Result<Answer> {
    let model = models::read(arguments)?;
    let output = models::path("output", arguments)?;
    models::write(&model, output, arguments.get_flag("force"))?;
    let params = model.count_params()?;
    Ok(Answer { text: format!("{}: {params} parameters\n", output.display()), json: json!({ "output": output, "params": params }) })
}
