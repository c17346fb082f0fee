//! The legend: the series' names in rows above the chart, where no line can cross them.

use crate::font;
use crate::line::Style;
use crate::palette::{self, INK};
use crate::scene::{Anchor, Scene, Shape};

const SIZE: f64 = 12.0;
const SWATCH: f64 = 24.0;
const BETWEEN: f64 = 18.0;
/// The height of one row.
const ROW: f64 = 20.0;

/// The place of one series' name.
#[derive(Clone, Debug, PartialEq)]
struct Entry {
    series: usize,
    style: Style,
    text: String,
    x: f64,
    row: usize,
}

/// All the names, with their places.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Legend {
    entries: Vec<Entry>,
}

impl Legend {
    /// Lays out the names of series, each with its style, in rows of `room` pixels.
    pub(crate) fn new<'a>(series: impl Iterator<Item = (&'a str, Style)>, room: f64) -> Self {
        let (mut x, mut row, mut entries) = (0.0, 0, Vec::new());
        for (index, (name, style)) in series.enumerate().filter(|(_, (name, _))| !name.is_empty()) {
            let text = font::fit(name, SIZE, room - SWATCH - 6.0);
            let width = SWATCH + 6.0 + font::width(&text, SIZE);
            if x > 0.0 && x + width > room {
                (x, row) = (0.0, row + 1);
            }
            entries.push(Entry { series: index, style, text, x, row });
            x += width + BETWEEN;
        }
        Self { entries }
    }

    /// The height of all rows.
    pub(crate) fn height(&self) -> f64 {
        self.entries.last().map_or(0.0, |e| ROW * (e.row + 1) as f64)
    }

    /// Draws the names with their upper left corner at `(left, top)`.
    pub(crate) fn draw(&self, scene: &mut Scene, left: f64, top: f64) {
        for entry in &self.entries {
            let (x, y) = (left + entry.x, top + ROW * entry.row as f64 + ROW / 2.0);
            let colour = palette::series(entry.series);
            scene.shapes.push(match entry.style {
                Style::Points => Shape::Dot { x: x + SWATCH / 2.0, y, radius: 3.0, colour },
                style => Shape::Line { points: vec![(x, y), (x + SWATCH, y)], colour, width: 2.0, dashed: style == Style::Dashed },
            });
            scene.text((x + SWATCH + 6.0, y + 0.36 * SIZE), &entry.text, SIZE, Anchor::Start, INK);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_flow_into_rows() {
        let names = ["loss", "val_loss", "accuracy", "val_accuracy"];
        let one = Legend::new(names.into_iter().map(|n| (n, Style::Solid)), 600.0);
        assert_eq!(one.height(), ROW);
        let two = Legend::new(names.into_iter().map(|n| (n, Style::Solid)), 200.0);
        assert!(two.height() > ROW && two.entries.iter().filter(|e| e.row == 0).count() == 2);
        assert!(two.entries.iter().all(|e| e.x + SWATCH + 6.0 + font::width(&e.text, SIZE) <= 200.0));
        assert_eq!(Legend::new(std::iter::empty(), 200.0).height(), 0.0);
        let some = Legend::new([("", Style::Solid), ("b", Style::Solid)].into_iter(), 200.0);
        assert_eq!(some.entries.iter().map(|e| e.series).collect::<Vec<_>>(), [1]);
    }
}
