//! The table of layers that `summary` shows.

use crate::model::Model;
use kiln_core::Result;
use std::fmt;

/// One layer in the table.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Name and class: `dense (Dense)`.
    pub layer: String,
    /// The shape of the output.
    pub output_shape: String,
    /// The number of values in its weights.
    pub params: usize,
}

/// Layers, shapes and parameter counts, printed as Keras does.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// The model's name.
    pub model: String,
    /// The layers.
    pub rows: Vec<Row>,
    /// Values that an optimizer changes.
    pub trainable: usize,
    /// Values that it doesn't.
    pub non_trainable: usize,
}

impl Model {
    /// The table of layers.
    ///
    /// # Errors
    /// A model that isn't built and declares no input shape.
    pub fn summary(&self) -> Result<Summary> {
        let model = self.built()?;
        let weights = model.graph().weights();
        let count = |trainable| weights.iter().filter(|w| w.trainable == trainable).map(|w| w.len()).sum();
        let mut rows = Vec::new();
        if let Some(plan) = model.blueprint() {
            for (index, named) in plan.layers.iter().enumerate() {
                let prefix = format!("{}.", named.name);
                let slot = plan.steps.iter().find(|s| s.layer == index).and_then(|s| s.outputs.first());
                rows.push(Row {
                    layer: format!("{} ({})", named.name, named.layer.class()),
                    output_shape: slot.map_or("?".to_owned(), |&slot| plan.shapes[slot].to_string()),
                    params: weights.iter().filter(|w| w.path.starts_with(&prefix)).map(|w| w.len()).sum(),
                });
            }
        }
        Ok(Summary { model: model.name().to_owned(), rows, trainable: count(true), non_trainable: count(false) })
    }
}

/// `12,345`.
fn grouped(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `436.00 B`, `1.50 MB`: four bytes a value.
fn size(values: usize) -> String {
    let mut bytes = values as f64 * 4.0;
    for unit in ["B", "KB", "MB", "GB"] {
        if bytes < 1024.0 || unit == "GB" {
            return format!("{bytes:.2} {unit}");
        }
        bytes /= 1024.0;
    }
    String::new()
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let heads = ["Layer (type)", "Output Shape", "Param #"].map(str::to_owned);
        let cells: Vec<[String; 3]> = self.rows.iter().map(|r| [r.layer.clone(), r.output_shape.clone(), grouped(r.params)]).collect();
        let width = |i: usize| cells.iter().chain([&heads]).map(|c| c[i].chars().count()).max().unwrap_or(0).max([28, 22, 14][i]);
        let widths = [width(0), width(1), width(2)];
        let rule = |fill: &str, [left, middle, right]: [&str; 3]| {
            let parts: Vec<String> = widths.iter().map(|w| fill.repeat(w + 2)).collect();
            format!("{left}{}{right}", parts.join(middle))
        };
        let line = |c: &[String; 3], bar: &str| {
            format!("{bar} {:<a$} {bar} {:<b$} {bar} {:>c$} {bar}", c[0], c[1], c[2], a = widths[0], b = widths[1], c = widths[2])
        };
        writeln!(f, "Model: \"{}\"", self.model)?;
        writeln!(f, "{}", rule("━", ["┏", "┳", "┓"]))?;
        writeln!(f, "{}", line(&heads, "┃"))?;
        writeln!(f, "{}", rule("━", ["┡", "╇", "┩"]))?;
        for (i, row) in cells.iter().enumerate() {
            if i > 0 {
                writeln!(f, "{}", rule("─", ["├", "┼", "┤"]))?;
            }
            writeln!(f, "{}", line(row, "│"))?;
        }
        writeln!(f, "{}", rule("─", ["└", "┴", "┘"]))?;
        let all = self.trainable + self.non_trainable;
        writeln!(f, " Total params: {} ({})", grouped(all), size(all))?;
        writeln!(f, " Trainable params: {} ({})", grouped(self.trainable), size(self.trainable))?;
        write!(f, " Non-trainable params: {} ({})", grouped(self.non_trainable), size(self.non_trainable))
    }
}

#[cfg(test)]
mod tests {
    use crate::sequential;
    use kiln_core::Layer;
    use kiln_layers::{Dense, Dropout};

    #[test]
    fn reads_like_keras() {
        let model = sequential![Dense::new(64).input_dim(784).activation("relu"), Dropout::new(0.5), Dense::new(10).trainable(false)];
        let text = model.summary().unwrap().to_string();
        for part in
            ["Model: \"sequential\"", "dense (Dense)", "(None, 64)", "50,240", "dropout (Dropout)", "dense_1 (Dense)", "│            650 │"]
        {
            assert!(text.contains(part), "{part} in\n{text}");
        }
        assert!(
            text.ends_with(
                " Total params: 50,890 (198.79 KB)\n Trainable params: 50,240 (196.25 KB)\n Non-trainable params: 650 (2.54 KB)"
            )
        );
    }
}
