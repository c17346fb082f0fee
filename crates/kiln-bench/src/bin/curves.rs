//! How the cost of training grows with batch size, width, depth, length and threads: microseconds of a step and of a sample.
//!
//! `--write docs/benchmarks.md` puts the tables between the page's marks, and their picture beside the page.

use kiln::prelude::*;
use kiln::{Error, Result};
use kiln_bench::curve::{CURVES, Curve, Point, ROUNDS, WIDE};
use kiln_bench::{median, page};
use std::path::Path;
use std::process::Command;

/// Beside the page.
const PICTURE: &str = "figures/curves.svg";
/// What the program is called with to measure a step with the threads it has.
const ALONE: &str = "--alone";

/// 1, 2, 4 … and as many as there are cores.
fn thread_counts() -> Vec<usize> {
    let cores = page::cores();
    let mut counts: Vec<usize> = std::iter::successors(Some(1), |n| Some(2 * n)).take_while(|n| *n < cores).collect();
    counts.push(cores);
    counts
}

/// Microseconds of a step in a process with so many threads.
fn with_threads(threads: usize) -> Result<f64> {
    let trouble = |what: String| Error::custom(format!("{threads} threads: {what}"));
    let program = std::env::current_exe().map_err(|e| trouble(e.to_string()))?;
    let output = Command::new(program).arg(ALONE).env("RAYON_NUM_THREADS", threads.to_string()).output();
    let output = output.map_err(|e| trouble(e.to_string()))?;
    let text = String::from_utf8_lossy(&output.stdout);
    text.trim().parse().map_err(|_| trouble(String::from_utf8_lossy(&output.stderr).into_owned()))
}

fn alone() -> Result<f64> {
    Ok(WIDE.measure(3)?.first().map_or(f64::NAN, |point| point.micros))
}

/// The processes take turns.
fn threads() -> Result<Vec<Point>> {
    let counts = thread_counts();
    let mut costs = vec![Vec::new(); counts.len()];
    for _ in 0..ROUNDS {
        for (threads, costs) in counts.iter().zip(&mut costs) {
            costs.push(with_threads(*threads)?);
        }
    }
    Ok(counts.iter().zip(costs).map(|(size, costs)| Point { size: *size, batch: WIDE.sizes[0], micros: median(costs) }).collect())
}

fn table(curve: &Curve, points: &[Point]) -> String {
    let row =
        |head: &str, cell: &dyn Fn(&Point) -> String| format!("| {head} | {} |", points.iter().map(cell).collect::<Vec<_>>().join(" | "));
    let lines = [
        row(curve.name, &|point| point.size.to_string()),
        "|---".repeat(points.len() + 1) + "|",
        row("a step", &|point| format!("{:.0}", point.micros)),
        row("a sample", &|point| format!("{:.2}", point.micros / point.batch as f64)),
    ];
    format!("{}:\n\n{}\n", curve.network, lines.join("\n"))
}

/// Both axes by powers: what grows in proportion is a straight line that rises as the sizes do.
fn chart(curve: &Curve, points: &[Point]) -> LineChart {
    let line = |cost: fn(&Point) -> f64| points.iter().map(|point| ((point.size as f64).log2(), cost(point))).collect::<Vec<_>>();
    LineChart::new(curve.name)
        .x_label(format!("log2 of {}", curve.name))
        .y_label("microseconds")
        .log_y(true)
        .size(400, 320)
        .series("a step", &line(|point| point.micros))
        .series("a sample", &line(|point| point.micros / point.batch as f64))
}

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.iter().any(|word| word == ALONE) {
        println!("{}", alone()?);
        return Ok(());
    }
    let (mut text, mut panels) = (String::new(), Panels::new());
    for curve in CURVES.iter().chain([&WIDE]) {
        let points = if curve.name == WIDE.name { threads()? } else { curve.measure(ROUNDS)? };
        let table = table(curve, &points);
        println!("{table}");
        text += &(table + "\n");
        panels = panels.chart(chart(curve, &points));
    }
    text += &format!("![Microseconds of a step and of a sample over each size, both axes by powers]({PICTURE})\n\n");
    text += &format!("{}; medians of {ROUNDS} rounds, microseconds", page::machine());
    if let [option, path] = words.as_slice()
        && option == "--write"
    {
        let path = Path::new(path);
        page::write(path, "curves", &text)?;
        panels.save(path.with_file_name(PICTURE))?;
    }
    Ok(())
}
