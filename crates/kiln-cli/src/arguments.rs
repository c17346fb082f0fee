//! The words that the program understands.

use clap::{Arg, ArgAction, Command, value_parser};
use std::path::PathBuf;

fn file(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).value_name(name).help(help).required(true).value_parser(value_parser!(PathBuf))
}

fn flag(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).help(help).action(ArgAction::SetTrue)
}

fn option(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(value).help(help)
}

fn model() -> [Arg; 2] {
    [
        file("model", "The model: .keras, .h5, or .json with --weights"),
        option("weights", "FILE", "Weights to load into it: .weights.h5, .safetensors, .keras, .h5").value_parser(value_parser!(PathBuf)),
    ]
}

fn json() -> Arg {
    flag("json", "Answers, and errors, as JSON")
}

/// How data are read, for `predict`, `evaluate` and `train`.
fn reading() -> [Arg; 4] {
    [
        option("divide", "N", "Divides the inputs by this, 255 for pixels").value_parser(value_parser!(f64)),
        option("batch-size", "N", "Samples a step [default: 32]").value_parser(value_parser!(u64).range(1..)),
        option("delimiter", "C", "Between the cells of CSV files [default: ,]").value_parser(value_parser!(char)),
        option("header", "YES", "Whether line 1 of CSV files is a header [default: if no cell is a number]")
            .value_parser(value_parser!(bool)),
    ]
}

fn train() -> Command {
    let number =
        |name: &'static str, help: &'static str| option(name, "X", help).value_parser(value_parser!(f64)).allow_negative_numbers(true);
    Command::new("train")
        .about("Trains a model and saves it")
        .args(model())
        .arg(file(
            "data",
            "The samples: CSV, NPY, NPZ or IDX, packed with gzip or not, or a folder with a folder of pictures for each class",
        ))
        .arg(file("labels", "The targets, if they are in a file of their own").required(false))
        .arg(
            option(
                "target",
                "NAMES",
                "Columns of a CSV file, by header or by number from 1, or an array of an NPZ file [default: the last; y]",
            )
            .value_delimiter(',')
            .conflicts_with("labels"),
        )
        .args(reading())
        .arg(option("epochs", "N", "Passes over the data [default: 1]").value_parser(value_parser!(u64).range(1..)))
        .arg(option("optimizer", "NAME", "The optimizer [default: adam]").requires("loss"))
        .arg(number("learning-rate", "The learning rate, in place of the optimizer's"))
        .arg(option("loss", "NAME", "The loss, for a model that isn't compiled, or another one"))
        .arg(option("metrics", "NAMES", "Metrics, with commas between").value_delimiter(',').requires("loss"))
        .arg(number("validation-split", "The last share of the samples (of pictures: any), kept for validation [default: 0]"))
        .arg(option("seed", "N", "The seed of new weights, of the order and of dropout").value_parser(value_parser!(u64)))
        .arg(option("out", "FILE", "The trained model, .keras").required(true).value_parser(value_parser!(PathBuf)))
        .arg(option("log", "FILE", "The numbers of each epoch, as CSV").value_parser(value_parser!(PathBuf)))
        .arg(flag("force", "Writes over files that are there"))
        .arg(json())
}

/// The program with its commands.
pub(crate) fn program() -> Command {
    let data = || file("data", "The inputs, a row a sample: CSV, NPY, NPZ or IDX, packed with gzip or not; several for several inputs");
    Command::new("kiln")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Looks at, runs, trains, measures, draws and converts saved models")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            Command::new("summary").about("Shows the layers, their shapes and the numbers of their weights").args(model()).arg(json()),
        )
        .subcommand(
            Command::new("predict")
                .about("Computes the model's output, a line of CSV a sample")
                .args(model())
                .arg(data().action(ArgAction::Append).num_args(1..))
                .args(reading())
                .arg(flag("classes", "Gives the number of the largest value instead of all values"))
                .arg(
                    option("output", "FILE", "Writes to this file: .npy, else CSV, or JSON with --json")
                        .value_parser(value_parser!(PathBuf)),
                )
                .arg(json()),
        )
        .subcommand(
            Command::new("evaluate")
                .about("Computes loss and metrics")
                .args(model())
                .arg(file("data", "The inputs, a row a sample: CSV, NPY, NPZ or IDX, packed with gzip or not"))
                .arg(file("labels", "The targets, a row a sample: CSV, NPY, NPZ or IDX"))
                .args(reading())
                .arg(option("loss", "NAME", "The loss, for a model that isn't compiled, or another one"))
                .arg(option("metrics", "NAMES", "Metrics, with commas between").value_delimiter(',').requires("loss"))
                .arg(json()),
        )
        .subcommand(train())
        .subcommand(
            Command::new("plot")
                .about("Draws a model, or the history that `train --log` writes")
                .args(model())
                .arg(file("output", "The picture: .svg or .png; of a model also .mmd (Mermaid) or .dot (Graphviz)"))
                .arg(flag("force", "Writes over a file that is there"))
                .arg(json()),
        )
        .subcommand(
            Command::new("convert")
                .about("Writes a model in another format: .keras, .weights.h5, .safetensors, .json")
                .args(model())
                .arg(file("output", "The file to write"))
                .arg(flag("force", "Writes over a file that is there"))
                .arg(json()),
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_make_sense() {
        program().debug_assert();
        let parse = |line: &str| program().try_get_matches_from(line.split(' '));
        assert!(parse("kiln predict a.keras x.csv y.csv --divide 255 --classes").is_ok());
        assert!(parse("kiln evaluate a.keras x.csv y.csv --loss mse --metrics mae,mape").is_ok());
        assert!(parse("kiln train a.json x.csv --target a,b --loss mse --optimizer sgd --learning-rate 1e-2 --out b.keras").is_ok());
        for wrong in [
            "kiln",
            "kiln summary",
            "kiln look a",
            "kiln predict a",
            "kiln predict a b --batch-size 0",
            "kiln evaluate a b c --metrics mae",
            "kiln train a b",
            "kiln train a b --out c --epochs 0",
            "kiln train a b c --target d --out e",
            "kiln train a b --optimizer sgd --out c",
            "kiln plot a",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
