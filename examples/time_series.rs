//! A time series: next year's sunspots from the years before, by SimpleRNN, LSTM and GRU, against a naive forecast.
//!
//! `cargo run --release --example time_series`; `--data FILE` reads another table of years and numbers, `--seed N`
//! changes the seed, `--quick` is for tests.

use kiln::prelude::*;
use kiln_examples::{data_file, flag, number, output, points};

/// Years that a forecast looks back on: two solar cycles.
const WINDOW: usize = 22;
/// The first year of the test.
const SPLIT: usize = 1930;

/// Windows of `WINDOW` values, (windows, time, 1), each with the value that follows it.
fn windows(series: &Tensor) -> kiln::Result<(Tensor, Tensor)> {
    let starts = 0..series.shape()[0] - WINDOW;
    let windows: Vec<Tensor> = starts.map(|i| series.rows(i..i + WINDOW)).collect::<kiln::Result<_>>()?;
    Ok((Tensor::stack(&windows, 0)?, series.rows(WINDOW..series.shape()[0])?))
}

/// The root of the mean squared error, in sunspots.
fn error(forecast: &Tensor, truth: &Tensor) -> f64 {
    100.0 * (forecast - truth).square().mean().item().sqrt()
}

fn main() -> kiln::Result<()> {
    let table = load_csv(data_file("timeseries/sunspots.csv"))?;
    let first = table.row(0)?.to_vec::<f64>()[0] as usize;
    let series = table.slice((.., 1..))? / 100.0;

    // Split by time: what comes later must not help to learn. The first test window reaches back into the training years.
    let split = SPLIT - first;
    let (x, y) = windows(&series.rows(0..split)?)?;
    let (x_test, y_test) = windows(&series.rows(split - WINDOW..series.shape()[0])?)?;
    println!("{} windows to learn from, {} years to forecast from {SPLIT} on", x.shape()[0], x_test.shape()[0]);

    let naive = error(&x_test.slice((.., -1..))?.squeeze(1)?, &y_test);
    println!("{:<10} error {naive:.1} sunspots", "naive");

    let networks = [
        ("SimpleRNN", sequential![SimpleRnn::new(24), Dense::new(1)]),
        ("LSTM", sequential![Lstm::new(24), Dense::new(1)]),
        ("GRU", sequential![Gru::new(24), Dense::new(1)]),
    ];
    let truth = points(SPLIT, &(&y_test * 100.0).to_vec::<f64>());
    let mut panels = Panels::new().columns(1);
    let mut losses = LineChart::new("training").x_label("epoch").y_label("loss").log_y(true);
    let mut errors = Vec::new();
    for (name, mut model) in networks {
        set_random_seed(number("seed", 1)?);
        model.compile(Adam::new().learning_rate(0.005), "mse", ())?;
        // Few epochs: with so few years, a network soon learns the past by heart.
        let options = Fit::new().epochs(if flag("quick") { 40 } else { 60 }).batch_size(16).verbose(0);
        let history = model.fit((&x, &y), options)?;
        let forecast = model.predict(&x_test)?;
        let off = error(&forecast, &y_test);
        println!("{name:<10} error {off:.1} sunspots, {} weights", model.count_params()?);
        losses = losses.series(name, &points(1, &history["loss"]));
        let chart = LineChart::new(format!("{name}: error {off:.1}, naive {naive:.1}"))
            .y_label("sunspots")
            .series("truth", &truth)
            .series_dashed("forecast, one year ahead", &points(SPLIT, &(forecast * 100.0).to_vec::<f64>()))
            .size(800, 240);
        panels = panels.chart(chart);
        errors.push((name, off));
    }
    let path = output("time_series", "forecast.png")?;
    panels.save(&path)?;
    let curves = output("time_series", "loss.png")?;
    losses.save(&curves)?;
    println!("pictures: {}, {}", path.display(), curves.display());

    // The claim: each network knows more of next year than that it will be like this one.
    for (name, off) in errors {
        assert!(off < 0.9 * naive, "{name}: the error {off} is not well below the naive forecast's {naive}");
    }
    Ok(())
}
