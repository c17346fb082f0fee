//! Where the pictures of a grid go.

use crate::font;
use crate::grid::ImageGrid;

pub(crate) const MARGIN: usize = 8;
/// The size of the title's letters.
pub(crate) const TITLE: f64 = 16.0;
/// The size of the labels' letters.
pub(crate) const LABEL: f64 = 12.0;
/// The height of a line of labels.
const LINE: usize = 17;
/// Labels wider than this, and than their picture, are cut.
const WIDEST: f64 = 140.0;

/// Where the pictures go, in pixels.
pub(crate) struct Places {
    columns: usize,
    /// The drawn width and height of a picture.
    pub(crate) wide: usize,
    pub(crate) high: usize,
    /// The width of a column: that of a picture, or of its label.
    pub(crate) cell: usize,
    /// From one column, and one row, to the next.
    step: (usize, usize),
    top: usize,
    bottom: usize,
}

impl Places {
    pub(crate) fn new(grid: &ImageGrid, count: usize, picture: (usize, usize)) -> Self {
        let (wide, high) = (picture.0.saturating_mul(grid.scale), picture.1.saturating_mul(grid.scale));
        let label = grid.labels.iter().flatten().map(|l| font::width(l, LABEL)).fold(0.0, f64::max).min(WIDEST);
        let named = grid.labels.is_some();
        let cell = wide.max(label.ceil() as usize);
        // Labels of neighbours must not run together, whatever the gap between the pictures.
        let between = if named && cell > wide { grid.gap.max(8) } else { grid.gap };
        let line = if named { LINE } else { 0 };
        let top = if grid.title.is_empty() { MARGIN } else { MARGIN + TITLE as usize + 10 };
        let step = (cell.saturating_add(between), high.saturating_add(line).saturating_add(grid.gap));
        Self { columns: grid.columns.min(count), wide, high, cell, step, top, bottom: line + MARGIN }
    }

    pub(crate) fn size(&self, count: usize) -> (usize, usize) {
        let rows = count.div_ceil(self.columns);
        let width = self.step.0.saturating_mul(self.columns - 1).saturating_add(self.cell).saturating_add(2 * MARGIN);
        let height = self.step.1.saturating_mul(rows - 1).saturating_add(self.high).saturating_add(self.top + self.bottom);
        (width, height)
    }

    /// The upper left corner of a picture.
    pub(crate) fn picture(&self, index: usize) -> (usize, usize) {
        let x = MARGIN + index % self.columns * self.step.0 + (self.cell - self.wide) / 2;
        (x, self.top + index / self.columns * self.step.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kiln_core::Tensor;

    #[test]
    fn a_wide_label_widens_the_column_and_centres_the_picture() {
        let grid = ImageGrid::new(&Tensor::zeros([2, 8, 8])).labels(&["a", "trouser"]);
        let places = Places::new(&grid, 2, (8, 8));
        assert!(places.cell > 30 && places.cell < 60);
        assert_eq!(places.picture(0), (MARGIN + (places.cell - 8) / 2, MARGIN));
        assert_eq!(places.picture(1).0 - places.picture(0).0, places.cell + 8);
        assert_eq!(places.size(2), (2 * MARGIN + 2 * places.cell + 8, MARGIN + 8 + LINE + MARGIN));
    }
}
