//! The command `train`.

use crate::answer::Answer;
use crate::table::{self, Part};
use crate::{commands, data, models};
use clap::ArgMatches;
use kiln::data::{Batch, Data, IntoData};
use kiln::prelude::*;
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};

const WHO: &str = "kiln train";

/// Trains a model and saves it.
pub(crate) fn train(arguments: &ArgMatches) -> kiln::Result<Answer> {
    let out = models::path("out", arguments)?;
    let force = arguments.get_flag("force");
    if !models::ends(out, ".keras") {
        return Err(Error::file(out, "a trained model is saved to a file that ends in `.keras`"));
    }
    models::free(out, force)?;
    let log = arguments.get_one::<PathBuf>("log");
    log.map_or(Ok(()), |log| models::free(log, force))?;
    if let Some(seed) = arguments.get_one::<u64>("seed") {
        set_random_seed(*seed);
    }

    let mut model = models::read(arguments)?;
    let optimizer = arguments.get_one::<String>("optimizer").map_or("adam", String::as_str);
    commands::compile(&mut model, WHO, optimizer, arguments)?;
    if let Some(rate) = arguments.get_one::<f64>("learning-rate") {
        model.set_learning_rate(*rate)?;
    }
    let split = arguments.get_one::<f64>("validation-split").copied().unwrap_or(0.0);
    let epochs = arguments.get_one::<u64>("epochs").map_or(Ok(1), |n| usize::try_from(*n));
    let epochs = epochs.map_err(|_| Error::option(WHO, "epochs", "a number of this machine", "more"))?;
    let size = arguments.get_one::<u64>("batch-size").map_or(Ok(32), |n| usize::try_from(*n));
    let size = size.map_err(|_| Error::option(WHO, "batch-size", "a number of this machine", "more"))?;
    let mut options = Fit::new().epochs(epochs);
    if arguments.get_flag("json") {
        options = options.verbose(0);
    }
    if let Some(log) = log {
        options = options.callback(CsvLogger::new(log));
    }

    let path = models::path("data", arguments)?;
    let history = if path.is_dir() {
        let (data, validation) = pictures(&model, path, (size, split), arguments)?;
        let options = match validation {
            Some(validation) => options.validation_data(validation),
            None => options,
        };
        model.fit(data, options)?
    } else {
        model.fit(tables(&model, path, arguments)?, options.batch_size(size).validation_split(split))?
    };
    model.save(out)?;

    let numbers: Map<String, Value> =
        history.names().iter().map(|name| (name.clone(), history.get(name).unwrap_or_default().into())).collect();
    let last: Vec<String> = history.names().iter().filter_map(|name| Some(format!("{name} {:.6}", history.get(name)?.last()?))).collect();
    let count = history.epochs().len();
    let plural = if count == 1 { "" } else { "s" };
    let text = format!("{}: {} after {count} epoch{plural}\n", out.display(), last.join(", "));
    Ok(Answer { text, json: json!({ "output": out, "epochs": count, "history": numbers, "stopped": history.stopped() }) })
}

/// Inputs and targets of files.
fn tables(model: &Model, path: &Path, arguments: &ArgMatches) -> kiln::Result<Data> {
    let targets: Vec<String> = arguments.get_many::<String>("target").into_iter().flatten().cloned().collect();
    let (x, y) = match arguments.get_one::<PathBuf>("labels") {
        Some(labels) => (table::read(path, Part::Inputs, arguments)?, table::read(labels, Part::Targets, arguments)?),
        None => table::split(path, &targets, arguments)?,
    };
    let x = data::prepared(model, vec![x], arguments)?;
    Batch { x, y: vec![y], ..Batch::default() }.into_data()
}

/// The pictures of a folder for the model, and those kept for validation.
fn pictures(model: &Model, folder: &Path, (size, split): (usize, f64), arguments: &ArgMatches) -> kiln::Result<(Data, Option<Data>)> {
    for option in ["labels", "target"] {
        if arguments.value_source(option).is_some() {
            return Err(Error::option(WHO, option, "left out: the folders in a folder of pictures say the classes", "given"));
        }
    }
    let Some([height, width, channels]) =
        data::samples(model).into_iter().next().flatten().as_deref().and_then(|s| <[usize; 3]>::try_from(s).ok())
    else {
        let hint = "a folder of pictures needs a model that says its `input_shape`";
        return Err(Error::shape(WHO, "a model whose input is height, width and channels", "another").hint(hint));
    };
    let colors = match channels {
        1 => "grayscale",
        3 => "rgb",
        4 => "rgba",
        other => return Err(Error::shape(WHO, "a model for pictures of 1, 3 or 4 channels", other)),
    };
    let seed = arguments.get_one::<u64>("seed").map_or(0, |seed| (*seed % u64::from(u32::MAX)) as u32);
    let base = image_dataset_from_directory(folder).image_size((height, width)).color_mode(colors).batch_size(size).seed(seed);
    let base = base.label_mode(label_mode(model)?);
    let by = data::divisor(arguments)?.unwrap_or(1.0);
    let load = |directory: kiln::pipeline::ImageDirectory| -> kiln::Result<Data> {
        directory.load()?.dataset.map(move |(x, y)| Ok((x / by, y))).into_data()
    };
    if split == 0.0 {
        return Ok((load(base)?, None));
    }
    let base = base.validation_split(split);
    Ok((load(base.clone().subset("training"))?, Some(load(base.subset("validation"))?)))
}

/// Labels in the form that the loss takes: numbers for `sparse` ones, 0 and 1 for one output, else a place for each class.
fn label_mode(model: &Model) -> kiln::Result<&'static str> {
    let names = model.output_names();
    let losses = model.compilation().map(|c| c.losses.clone().resolve("loss", &names)).transpose()?.unwrap_or_default();
    let sparse = losses.iter().flatten().any(|loss| loss.name().contains("sparse"));
    let width = model.blueprint().and_then(|plan| plan.output_shape()).and_then(|shape| shape.last());
    Ok(match width {
        _ if sparse => "int",
        Some(1) => "binary",
        _ => "categorical",
    })
}
