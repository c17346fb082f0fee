//! Cards and the arrows between them: a network as a picture.

use crate::font;
use crate::palette::{AXIS, INK, SOFT_INK, WHITE};
use crate::rows::place;
use crate::scene::{Anchor, Scene, Shape};
use crate::{file, svg};
use kiln_core::{Error, Result};
use std::path::Path;

const MARGIN: f64 = 16.0;
const TITLE: f64 = 13.0;
const DETAIL: f64 = 11.0;
const PADDING: f64 = 10.0;
const HEIGHT: f64 = 44.0;
/// From a row to the next one.
const STEP: f64 = HEIGHT + 30.0;

/// Cards of two lines and arrows from one to a later one, drawn from top to bottom.
///
/// ```
/// use kiln_plot::Diagram;
/// let path = std::env::temp_dir().join("kiln_plot_diagram").join("net.svg");
/// let net = Diagram::new().card("input", "(None, 4)").card("dense", "(None, 3)").arrow(0, 1);
/// net.save(&path)?;
/// assert!(std::fs::read_to_string(&path).unwrap().contains(">dense</text>"));
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Diagram {
    cards: Vec<(String, String)>,
    arrows: Vec<(usize, usize)>,
}

impl Diagram {
    /// No cards yet.
    ///
    /// ```
    /// let error = kiln_plot::Diagram::new().to_svg().unwrap_err();
    /// assert_eq!(error.to_string(), "Diagram: there is no card to draw; add one with `card(...)`");
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a card: a title and a line below it. Cards are numbered from 0.
    ///
    /// ```
    /// use kiln_plot::Diagram;
    /// assert!(Diagram::new().card("dense", "(None, 3)").to_svg()?.contains("(None, 3)"));
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn card(mut self, title: impl Into<String>, detail: impl Into<String>) -> Self {
        self.cards.push((title.into(), detail.into()));
        self
    }

    /// Adds an arrow from one card to a later one.
    ///
    /// ```
    /// use kiln_plot::Diagram;
    /// let error = Diagram::new().card("a", "").card("b", "").arrow(1, 0).to_svg().unwrap_err();
    /// assert_eq!(error.to_string(), "Diagram: `arrow` must be from a card to a later one of 2, received 1 to 0");
    /// ```
    pub fn arrow(mut self, from: usize, to: usize) -> Self {
        self.arrows.push((from, to));
        self
    }

    /// Writes an `.svg` or `.png` file; missing folders are made.
    ///
    /// ```
    /// let error = kiln_plot::Diagram::new().card("a", "").save("net.pdf").unwrap_err();
    /// assert!(error.to_string().starts_with("net.pdf: a chart is written as `.svg` or `.png`"));
    /// ```
    ///
    /// # Errors
    /// Another ending, a file that can't be written, no card, an arrow to nowhere, a picture too large for a PNG.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        file::chart_format(path)?;
        file::write_scene(path, &self.scene()?)
    }

    /// The picture as the text of an SVG.
    ///
    /// ```
    /// use kiln_plot::Diagram;
    /// assert!(Diagram::new().card("a", "").to_svg()?.starts_with("<svg"));
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// No card, or an arrow to nowhere.
    pub fn to_svg(&self) -> Result<String> {
        Ok(svg::write(&self.scene()?))
    }

    fn scene(&self) -> Result<Scene> {
        if self.cards.is_empty() {
            return Err(Error::order("Diagram", "there is no card to draw").hint("add one with `card(...)`"));
        }
        if let Some((from, to)) = self.arrows.iter().find(|(from, to)| from >= to || *to >= self.cards.len()) {
            let expected = format!("from a card to a later one of {}", self.cards.len());
            return Err(Error::option("Diagram", "arrow", expected, format!("{from} to {to}")));
        }
        let width = |(title, detail): &(String, String)| font::width(title, TITLE).max(font::width(detail, DETAIL)) + 2.0 * PADDING;
        let widths: Vec<f64> = self.cards.iter().map(width).collect();
        let rows = place(&widths, &self.arrows);
        let last = rows.row.iter().max().copied().unwrap_or(0);
        let mut scene = Scene::new((rows.width + 2.0 * MARGIN).ceil(), last as f64 * STEP + HEIGHT + 2.0 * MARGIN);
        let top = |row: usize| MARGIN + row as f64 * STEP;
        for ((from, to), bends) in self.arrows.iter().zip(&rows.bends) {
            let start = (MARGIN + rows.x[*from], top(rows.row[*from]) + HEIGHT);
            let end = (MARGIN + rows.x[*to], top(rows.row[*to]));
            let mut points = vec![start];
            // Straight down beside the cards of each row that it passes.
            points.extend(bends.iter().flat_map(|(row, x)| [(MARGIN + x, top(*row)), (MARGIN + x, top(*row) + HEIGHT)]));
            points.push(end);
            arrow(&mut scene, points);
        }
        for (i, (title, detail)) in self.cards.iter().enumerate() {
            let (x, y, half) = (MARGIN + rows.x[i], top(rows.row[i]), widths[i] / 2.0);
            let corners = vec![(x - half, y), (x + half, y), (x + half, y + HEIGHT), (x - half, y + HEIGHT), (x - half, y)];
            scene.rectangle((x - half, y), (2.0 * half, HEIGHT), WHITE);
            scene.shapes.push(Shape::Line { points: corners, colour: INK, width: 1.2, dashed: false });
            let middle = if detail.is_empty() { y + HEIGHT / 2.0 + 0.36 * TITLE } else { y + 18.0 };
            scene.text((x, middle), title, TITLE, Anchor::Middle, INK);
            scene.text((x, y + 35.0), detail, DETAIL, Anchor::Middle, SOFT_INK);
        }
        Ok(scene)
    }
}

/// A line with a head at its end.
fn arrow(scene: &mut Scene, mut points: Vec<(f64, f64)>) {
    if let [.., (x0, y0), (x, y)] = points[..] {
        let length = (x - x0).hypot(y - y0).max(1e-9);
        let (dx, dy) = ((x - x0) / length, (y - y0) / length);
        let back = |along: f64, aside: f64| (x - along * dx - aside * dy, y - along * dy + aside * dx);
        scene.shapes.push(Shape::Area { points: vec![(x, y), back(8.0, 3.5), back(8.0, -3.5)], colour: AXIS });
        if let Some(end) = points.last_mut() {
            *end = back(6.0, 0.0);
        }
    }
    scene.shapes.push(Shape::Line { points, colour: AXIS, width: 1.4, dashed: false });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::check;

    fn net() -> Diagram {
        let cards = ["input", "conv", "relu", "add"].iter().fold(Diagram::new(), |d, name| d.card(*name, "(None, 8)"));
        cards.arrow(0, 1).arrow(1, 2).arrow(2, 3).arrow(0, 3)
    }

    #[test]
    fn every_card_and_every_arrow_is_drawn() {
        let scene = net().scene().unwrap();
        let areas = scene.shapes.iter().filter(|s| matches!(s, Shape::Area { .. })).count();
        assert_eq!(areas, 4 + 4);
        let inside = |(x, y): &(f64, f64)| (0.0..=scene.width).contains(x) && (0.0..=scene.height).contains(y);
        for shape in &scene.shapes {
            if let Shape::Line { points, .. } | Shape::Area { points, .. } = shape {
                assert!(points.iter().all(inside), "{points:?}");
            }
        }
        assert_eq!(scene.height, 3.0 * STEP + HEIGHT + 2.0 * MARGIN);
    }

    #[test]
    fn pngs_are_painted() {
        let path = check::fresh("diagram", "net.png");
        net().save(&path).unwrap();
        let (width, height, ..) = check::read_png(&path);
        assert!(height > width && width > 200);
    }
}
