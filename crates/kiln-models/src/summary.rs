//! The table of layers that `summary` shows.

use crate::model::Model;
use kiln_core::Result;
use kiln_core::blueprint::Blueprint;
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
    /// What it reads, for a model that isn't a chain: `dense[0][0]`, the layer, which use of it, which of its outputs.
    pub connected_to: Vec<String>,
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
            let chain = is_chain(plan);
            let sources = sources(plan);
            if !chain {
                rows.extend(plan.inputs.iter().zip(&plan.shapes).map(|(name, shape)| Row {
                    layer: format!("{name} (InputLayer)"),
                    output_shape: shape.to_string(),
                    params: 0,
                    connected_to: vec!["-".to_owned()],
                }));
            }
            for (index, named) in plan.layers.iter().enumerate() {
                let prefix = format!("{}.", named.name);
                let steps = || plan.steps.iter().filter(|s| s.layer == index);
                let shapes: Vec<String> =
                    steps().next().map_or(Vec::new(), |s| s.outputs.iter().map(|&slot| plan.shapes[slot].to_string()).collect());
                rows.push(Row {
                    layer: format!("{} ({})", named.name, named.layer.class()),
                    output_shape: if let [one] = &shapes[..] { one.clone() } else { format!("[{}]", shapes.join(", ")) },
                    params: weights.iter().filter(|w| w.path.starts_with(&prefix)).map(|w| w.len()).sum(),
                    connected_to: if chain {
                        Vec::new()
                    } else {
                        steps().flat_map(|s| s.inputs.iter().map(|&i| sources[i].clone())).collect()
                    },
                });
            }
        }
        Ok(Summary { model: model.name().to_owned(), rows, trainable: count(true), non_trainable: count(false) })
    }
}

/// Whether each layer reads the one before it alone.
fn is_chain(plan: &Blueprint) -> bool {
    let mut last = 0;
    let follows = plan.steps.iter().all(|s| {
        let before = std::mem::replace(&mut last, s.outputs.first().copied().unwrap_or(0));
        s.inputs == [before] && s.outputs.len() == 1
    });
    follows && plan.inputs.len() == 1 && plan.outputs == [last] && plan.layers.len() == plan.steps.len()
}

/// Keras' words for each slot: `dense[1][0]` is the first output of the second use of `dense`.
fn sources(plan: &Blueprint) -> Vec<String> {
    let mut words: Vec<String> = plan.inputs.iter().map(|name| format!("{name}[0][0]")).collect();
    words.resize(plan.shapes.len(), String::new());
    let mut uses = vec![0usize; plan.layers.len()];
    for step in &plan.steps {
        for (output, &slot) in step.outputs.iter().enumerate() {
            words[slot] = format!("{}[{}][{output}]", plan.layers[step.layer].name, uses[step.layer]);
        }
        uses[step.layer] += 1;
    }
    words
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
        let connected = self.rows.iter().any(|r| !r.connected_to.is_empty());
        let heads = ["Layer (type)", "Output Shape", "Param #", "Connected to"].map(str::to_owned);
        // A layer that reads several others has a line for each.
        let mut cells: Vec<Vec<[String; 4]>> = Vec::new();
        for row in &self.rows {
            let first = row.connected_to.first().cloned().unwrap_or_default();
            let mut lines = vec![[row.layer.clone(), row.output_shape.clone(), grouped(row.params), first]];
            lines.extend(row.connected_to.iter().skip(1).map(|c| [String::new(), String::new(), String::new(), c.clone()]));
            cells.push(lines);
        }
        let columns = if connected { 4 } else { 3 };
        let all = || cells.iter().flatten().chain([&heads]);
        let width = |i: usize| all().map(|c| c[i].chars().count()).max().unwrap_or(0).max([28, 22, 14, 18][i]);
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let rule = |fill: &str, [left, middle, right]: [&str; 3]| {
            let parts: Vec<String> = widths.iter().map(|w| fill.repeat(w + 2)).collect();
            format!("{left}{}{right}", parts.join(middle))
        };
        let line = |c: &[String; 4], bar: &str| {
            let cell = |i: usize| {
                let (text, w) = (&c[i], widths[i]);
                if i == 2 { format!(" {text:>w$} ") } else { format!(" {text:<w$} ") }
            };
            let cells: Vec<String> = (0..columns).map(cell).collect();
            format!("{bar}{}{bar}", cells.join(bar))
        };
        writeln!(f, "Model: \"{}\"", self.model)?;
        writeln!(f, "{}", rule("━", ["┏", "┳", "┓"]))?;
        writeln!(f, "{}", line(&heads, "┃"))?;
        writeln!(f, "{}", rule("━", ["┡", "╇", "┩"]))?;
        for (i, row) in cells.iter().enumerate() {
            if i > 0 {
                writeln!(f, "{}", rule("─", ["├", "┼", "┤"]))?;
            }
            for cells in row {
                writeln!(f, "{}", line(cells, "│"))?;
            }
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
    use crate::{Model, sequential};
    use kiln_core::Layer;
    use kiln_core::symbol::On;
    use kiln_layers::{Add, Dense, Dropout, Input};

    #[test]
    fn says_what_is_connected_to_what() {
        let (a, b) = (Input::new([4]), Input::new([4]));
        let shared = Dense::new(3).shared();
        let (x, y) = (shared.on(&a).unwrap(), shared.on(&b).unwrap());
        let model = Model::new([&a, &b], &Add::new().on([&x, &y]).unwrap()).unwrap();
        let summary = model.summary().unwrap();
        let connected: Vec<String> = summary.rows.iter().map(|r| r.connected_to.join(" ")).collect();
        assert_eq!(connected, ["-", "-", "input_layer_0[0][0] input_layer_1[0][0]", "dense[0][0] dense[1][0]"]);
        let text = summary.to_string();
        assert!(text.contains("┃ Connected to") && text.contains("│ dense[1][0]"), "{text}");
        assert!(model.to_mermaid().unwrap().contains("n2 --> n4"));
    }

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
