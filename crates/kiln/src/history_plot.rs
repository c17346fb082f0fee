//! The curves of a training.

use kiln_core::Result;
use kiln_plot::{LineChart, Panels};
use kiln_train::History;
use std::path::Path;

/// Draws a [`History`].
pub trait PlotHistory {
    /// Writes one chart for each number, training and validation together, to an `.svg` or `.png` file.
    ///
    /// # Errors
    /// Another kind of file, or a place that can't be written to.
    fn plot(&self, path: impl AsRef<Path>) -> Result<()>;
}

impl PlotHistory for History {
    fn plot(&self, path: impl AsRef<Path>) -> Result<()> {
        let points = |name: &str| -> Vec<(f64, f64)> {
            let values = self.get(name).unwrap_or_default();
            // Validation may have run in some epochs only; without all of them their places aren't known, so they end with the last.
            let skipped = self.epochs().len().saturating_sub(values.len());
            self.epochs().iter().skip(skipped).zip(values).map(|(epoch, v)| (*epoch as f64 + 1.0, *v)).collect()
        };
        let mut panels = Panels::new();
        for name in self.names().iter().filter(|n| !n.starts_with("val_")) {
            let mut chart = LineChart::new(name.replace('_', " ")).x_label("epoch").y_label(name.clone()).series("training", &points(name));
            let validation = format!("val_{name}");
            if self.get(&validation).is_some() {
                chart = chart.series_dashed("validation", &points(&validation));
            }
            panels = panels.chart(chart);
        }
        panels.save(path)
    }
}
