//! Inside a recurrent layer: its cell, stepped by hand, gives what the layer gives; and what a trained cell does, step by step.
//!
//! `cargo run --release --example rnn_cell`; `--seed N` changes the seed, `--quick` is for tests.

use kiln::prelude::*;
use kiln_examples::{flag, number, output, points};

const FEATURES: usize = 2;
const UNITS: usize = 16;
const STEPS: usize = 12;

/// A cell as a model: the input of one step and the states before it go in, the output and the states after it come out.
fn stepper(cell: impl On, states: usize) -> kiln::Result<Model> {
    let (x, h, c) = (Input::new([FEATURES]), Input::new([UNITS]), Input::new([UNITS]));
    if states == 1 {
        return Model::new([&x, &h], &cell.on_many([&x, &h])?);
    }
    Model::new([&x, &h, &c], &cell.on_many([&x, &h, &c])?)
}

/// Walks over sequences `(batch, time, features)` as a recurrent layer does: the states that a step leaves go into the next.
fn walk(cell: &mut Model, x: &Tensor, states: usize) -> kiln::Result<Tensor> {
    let mut states = vec![Tensor::zeros([x.shape()[0], UNITS]); states];
    let mut outputs = Vec::new();
    for t in 0..x.shape()[1] as isize {
        states.insert(0, x.slice((.., t..t + 1))?.squeeze(1)?);
        states = cell.call_all(states, &kiln::Context::inference())?;
        outputs.push(states.remove(0));
    }
    Tensor::stack(&outputs, 1)
}

/// The largest difference between a layer and its cell with the same weights.
fn difference(name: &str, layer: Sequential, cell: impl On, states: usize) -> kiln::Result<f64> {
    let mut layer = layer;
    let x = Tensor::random_normal([8, STEPS, FEATURES], 0.0, 1.0);
    let whole = layer.predict(&x)?;
    let mut cell = stepper(cell, states)?;
    cell.build([FEATURES])?;
    cell.set_weights(layer.get_weights()?)?;
    let off = (walk(&mut cell, &x, states)? - whole).abs().max().item();
    println!("{name:<10} layer and cell differ by at most {off:.1e}");
    Ok(off)
}

/// Random numbers, one of which is marked by a 1 beside it: that one is to be remembered to the end.
fn marked(count: usize) -> kiln::Result<(Tensor, Tensor)> {
    let values = Tensor::random_uniform([count, STEPS], -1.0, 1.0);
    let places = Tensor::random_uniform([count], 0.0, STEPS as f64).cast(kiln::DType::I32);
    let marks = places.one_hot(STEPS);
    let wanted = (&values * &marks).sum_axis(1)?.expand_dims(1)?;
    Ok((Tensor::stack([&values, &marks], -1)?, wanted))
}

fn main() -> kiln::Result<()> {
    set_random_seed(number("seed", 3)?);
    // A simple cell is one line: h' = tanh(x·W + h·U + b).
    let mut simple = sequential![SimpleRnn::new(UNITS).return_sequences(true)];
    let x = Tensor::random_normal([8, STEPS, FEATURES], 0.0, 1.0);
    let whole = simple.predict(&x)?;
    let [w, u, b] = &simple.get_weights()?[..] else { return Err(Error::data("rnn_cell", "three weights are expected")) };
    let mut h = Tensor::zeros([8, UNITS]);
    for t in 0..STEPS as isize {
        h = (x.slice((.., t..t + 1))?.squeeze(1)?.matmul(w)? + h.matmul(u)? + b).tanh();
    }
    let formula = (h - whole.slice((.., -1..))?.squeeze(1)?).abs().max().item();
    println!("SimpleRNN  layer and formula differ by at most {formula:.1e}");

    let differences = [
        formula,
        difference("SimpleRNN", simple, SimpleRnnCell::new(UNITS), 1)?,
        difference("LSTM", sequential![Lstm::new(UNITS).return_sequences(true)], LstmCell::new(UNITS), 2)?,
        difference("GRU", sequential![Gru::new(UNITS).return_sequences(true)], GruCell::new(UNITS), 1)?,
    ];

    // Training: `Rnn` repeats any cell, also one of your own.
    let (x, y) = marked(if flag("quick") { 2000 } else { 10_000 })?;
    let (x_test, y_test) = marked(1000)?;
    let mut model = sequential![Rnn::new(GruCell::new(UNITS)), Dense::new(1)];
    model.compile(Adam::new().learning_rate(0.01), "mse", ())?;
    let options = Fit::new().epochs(if flag("quick") { 8 } else { 15 }).batch_size(32).validation_data((&x_test, &y_test));
    let history = model.fit((&x, &y), options)?;

    // The trained cell by hand, with the answer it would give after each step.
    let weights = model.get_weights()?;
    let (gru, dense) = weights.split_at(weights.len() - 2);
    let mut cell = stepper(GruCell::new(UNITS), 1)?;
    cell.build([FEATURES])?;
    cell.set_weights(gru)?;
    let answers =
        (walk(&mut cell, &x_test.rows(0..4)?, 1)?.reshape([-1, UNITS as isize])?.matmul(&dense[0])? + &dense[1]).reshape([4, -1])?;
    let path = output("rnn_cell", "memory.png")?;
    let mut panels = Panels::new().columns(2);
    for i in 0..4 {
        let (sample, wanted) = (x_test.row(i)?, y_test.row(i)?.item());
        let numbers: Vec<f64> = sample.slice((.., ..1))?.to_vec();
        let place = sample.slice((.., 1..))?.argmax(0)?.item();
        let chart = LineChart::new(format!("the number at step {place} is to be kept"))
            .x_label("step")
            .series("answer if asked now", &points(0, &answers.row(i)?.to_vec::<f64>()))
            .series_dashed("wanted", &[(place, wanted), (STEPS as f64 - 1.0, wanted)])
            .points("numbers heard", &points(0, &numbers))
            .size(480, 300);
        panels = panels.chart(chart);
    }
    panels.save(&path)?;
    println!("picture: {}", path.display());

    // The claims: a layer is its cell, repeated; and a cell learns to keep a number.
    assert!(differences.iter().all(|d| *d <= 1e-6), "the layers differ from their cells by {differences:?}");
    let (error, spread) = (history["val_loss"].last().copied().unwrap_or(f64::NAN), y_test.variance_axis(0)?.item());
    println!("squared error {error:.4} of {spread:.4}");
    assert!(error < 0.25 * spread, "the squared error {error} is not well below the spread {spread}");
    Ok(())
}
