//! Reads models.

use clap::ArgMatches;
use kiln::prelude::*;
use std::path::{Path, PathBuf};

/// Whether the name ends so, in letters of any size.
pub(crate) fn ends(path: &Path, end: &str) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().to_lowercase().ends_with(end))
}

/// The complaint `error` about a part of the file at `path`.
pub(crate) fn within(path: &Path, error: Error) -> Error {
    Error::file(path, error)
}

/// The path of the argument `name`, which the program requires.
pub(crate) fn path<'a>(name: &str, arguments: &'a ArgMatches) -> kiln::Result<&'a PathBuf> {
    arguments.get_one::<PathBuf>(name).ok_or_else(|| Error::option("kiln", name, "given", "nothing"))
}

/// The model of the arguments, with the weights of the arguments.
pub(crate) fn read(arguments: &ArgMatches) -> kiln::Result<Model> {
    let (file, weights) = (path("model", arguments)?, arguments.get_one::<PathBuf>("weights"));
    let mut model = if ends(file, ".json") {
        let text = std::fs::read_to_string(file).map_err(|e| Error::file(file, e))?;
        model_from_json(&text)?
    } else if ends(file, ".weights.h5") || ends(file, ".safetensors") {
        return Err(Error::file(file, "holds weights without a model").hint("give the model, and this file as `--weights`"));
    } else {
        load_model(file)?
    };
    if let Some(weights) = weights {
        model.load_weights(weights)?;
    }
    Ok(model)
}

/// Refuses to write over a file, unless `force`.
pub(crate) fn free(file: &Path, force: bool) -> kiln::Result<()> {
    if file.exists() && !force {
        return Err(Error::file(file, "is there already").hint("`--force` writes over it"));
    }
    Ok(())
}

/// Writes a model in the format that the file's name ends in.
pub(crate) fn write(model: &Model, file: &Path, force: bool) -> kiln::Result<()> {
    free(file, force)?;
    if ends(file, ".keras") {
        model.save(file)
    } else if ends(file, ".json") {
        std::fs::write(file, model.to_json()? + "\n").map_err(|e| Error::file(file, e))
    } else if ends(file, ".weights.h5") || ends(file, ".safetensors") {
        model.save_weights(file)
    } else {
        Err(Error::file(file, "a name that ends in `.keras`, `.weights.h5`, `.safetensors` or `.json` says the format"))
    }
}
