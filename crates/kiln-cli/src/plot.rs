//! The command `plot`.

use crate::answer::Answer;
use crate::models::{ends, free, path};
use crate::table::fields;
use clap::ArgMatches;
use kiln::prelude::*;
use kiln::{History, Logs};
use serde_json::json;
use std::path::Path;

/// Draws a model, or a history.
pub(crate) fn plot(arguments: &ArgMatches) -> kiln::Result<Answer> {
    let (file, output) = (path("model", arguments)?, path("output", arguments)?);
    free(output, arguments.get_flag("force"))?;
    if ends(file, ".csv") {
        let history = history(file)?;
        history.plot(output)?;
        let (names, epochs) = (history.names().to_vec(), history.epochs().len());
        let text = format!("{}: {} of {epochs} epochs\n", output.display(), names.join(", "));
        return Ok(Answer { text, json: json!({ "output": output, "names": names, "epochs": epochs }) });
    }
    let model = crate::models::read(arguments)?;
    let write = |text: String| std::fs::write(output, text).map_err(|e| Error::file(output, e));
    if ends(output, ".mmd") {
        write(model.to_mermaid()?)?;
    } else if ends(output, ".dot") {
        write(model.to_dot()?)?;
    } else {
        kiln::plot_model(&model, output)?;
    }
    let layers = model.layers()?.len();
    Ok(Answer { text: format!("{}: {layers} layers\n", output.display()), json: json!({ "output": output, "layers": layers }) })
}

/// The numbers that `CsvLogger` of Kiln or Keras wrote: a column `epoch`, one for each name, `NA` where there is none.
fn history(file: &Path) -> kiln::Result<History> {
    let text = std::fs::read_to_string(file).map_err(|e| Error::file(file, e))?;
    let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let Some((_, header)) = lines.next() else { return Err(Error::file(file, "is empty").hint("expected the history of a training")) };
    let delimiter = [',', ';', '\t'].into_iter().find(|d| header.contains(*d)).unwrap_or(',');
    let names = fields(header, delimiter);
    if let Some(number) = names.iter().find(|name| name.parse::<f64>().is_ok()) {
        let hint = "`plot` draws what `train --log` writes";
        return Err(Error::file(file, format!("line 1: expected the names of the columns, received `{number}`")).hint(hint));
    }
    let mut history = History::default();
    for (i, line) in lines {
        let at = |what: String| Error::file(file, format!("line {}{what}", i + 1));
        let cells = fields(line, delimiter);
        if cells.len() != names.len() {
            return Err(at(format!(": expected {} cells as in line 1, received {}", names.len(), cells.len())));
        }
        let (mut logs, mut epoch) = (Logs::new(), history.epochs().len());
        for (column, (name, cell)) in names.iter().zip(&cells).enumerate() {
            if cell == "NA" || cell.is_empty() {
                continue;
            }
            let wrong = || at(format!(", column {}: expected a number or `NA`, received `{cell}`", column + 1));
            match name.as_str() {
                "epoch" => epoch = cell.parse::<f64>().ok().filter(|n| *n >= 0.0).map(|n| n as usize).ok_or_else(wrong)?,
                name => logs.set(name, cell.parse().map_err(|_| wrong())?),
            }
        }
        history.push(epoch, &logs);
    }
    match history.names().is_empty() {
        true => Err(Error::file(file, "has no numbers to draw")),
        false => Ok(history),
    }
}
