//! What a person sees of a training: a bar on a terminal, a line an epoch elsewhere.

use super::Logs;
use indicatif::{ProgressBar as Bar, ProgressStyle};
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// How often a bar is drawn anew; Keras' interval.
const INTERVAL: Duration = Duration::from_millis(50);

/// The progress of one epoch or evaluation.
#[derive(Debug)]
pub struct ProgressBar {
    bar: Option<Bar>,
    steps: Option<usize>,
    done: usize,
    start: Instant,
    drawn: Instant,
    lines: bool,
}

impl ProgressBar {
    /// For `steps` steps, if that is known. `verbose` as in [`Fit::verbose`](super::Fit::verbose).
    pub fn new(verbose: Option<u8>, steps: Option<usize>) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let verbose = verbose.unwrap_or(if terminal { 1 } else { 2 });
        let bar = (verbose == 1 && terminal).then(|| {
            let bar = Bar::new(steps.unwrap_or(0) as u64);
            let template = if steps.is_some() { "{pos}/{len} {bar:20.green/white} {msg}" } else { "{pos}/Unknown {msg}" };
            // The template is one of the two above; should indicatif ever refuse it, its default bar is shown.
            let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
            bar.set_style(style.progress_chars("━━━"));
            bar
        });
        let now = Instant::now();
        Self { bar, steps, done: 0, start: now, drawn: now, lines: verbose > 0 }
    }

    /// Goes on after so many steps.
    pub(crate) fn after(mut self, done: usize) -> Self {
        self.done = done;
        self
    }

    /// Counts a step.
    pub fn step(&mut self, logs: &Logs) {
        self.done += 1;
        if let Some(bar) = self.bar.as_ref().filter(|_| self.drawn.elapsed() >= INTERVAL) {
            self.drawn = Instant::now();
            let left = self.steps.map_or(String::new(), |n| {
                let each = self.start.elapsed().as_secs_f64() / self.done as f64;
                format!("{} ", clock(each * n.saturating_sub(self.done) as f64))
            });
            bar.set_position(self.done as u64);
            bar.set_message(format!("{left}{} - {logs}", self.pace()));
        }
    }

    /// Leaves the last line: steps, time, pace and numbers.
    pub fn finish(self, logs: &Logs) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        if self.lines {
            eprintln!("{}", self.line(logs));
        }
    }

    fn line(&self, logs: &Logs) -> String {
        let steps = self.steps.unwrap_or(self.done);
        let numbers = if logs.names().is_empty() { String::new() } else { format!(" - {logs}") };
        format!("{}/{} - {} - {}{numbers}", self.done, steps.max(self.done), clock(self.start.elapsed().as_secs_f64()), self.pace())
    }

    /// The mean time of a step: `12ms/step`.
    fn pace(&self) -> String {
        let seconds = self.start.elapsed().as_secs_f64() / self.done.max(1) as f64;
        match seconds {
            s if s >= 1.0 => format!("{s:.0}s/step"),
            s if s >= 1e-3 => format!("{:.0}ms/step", s * 1e3),
            s => format!("{:.0}us/step", s * 1e6),
        }
    }
}

/// `7s`, `2:05`, `1:00:01`.
fn clock(seconds: f64) -> String {
    let s = seconds.round() as u64;
    match s {
        0..=60 => format!("{s}s"),
        61..=3600 => format!("{}:{:02}", s / 60, s % 60),
        _ => format!("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_reads_like_keras() {
        let mut progress = ProgressBar::new(Some(0), Some(2));
        let logs = crate::logs! { "loss" => 0.5, "accuracy" => 0.00001 };
        progress.step(&logs);
        progress.step(&logs);
        let line = progress.line(&logs);
        assert!(line.starts_with("2/2 - 0s - ") && line.ends_with("/step - accuracy: 1.0000e-05 - loss: 0.5000"), "{line}");
        assert_eq!((clock(7.4), clock(125.0), clock(3601.0)), ("7s".into(), "2:05".into(), "1:00:01".into()));
    }
}
