//! Matrices as shades.

use crate::font;
use crate::palette::{self, Colour, INK, SOFT_INK, WHITE};
use crate::scene::{Anchor, Scene, Shape};
use crate::{file, svg};
use kiln_core::{Error, Result, Tensor};
use std::path::Path;

const MARGIN: f64 = 16.0;
const TITLE: f64 = 15.0;
const LABEL: f64 = 12.0;
const NUMBER: f64 = 11.0;

/// A matrix drawn as cells, the darker the larger their number, which is written into them: a confusion matrix above all.
///
/// The palest shade stands for 0, or for the lowest number where that is below 0. Whole numbers are written as such, others with two decimals;
/// in cells too small for them they are left out.
///
/// ```
/// use kiln_core::Tensor;
/// use kiln_plot::HeatMap;
/// let truth = Tensor::constant([0, 0, 1, 1, 1]);
/// let guess = Tensor::constant([0, 1, 1, 1, 0]);
/// let confusion = truth.one_hot(2).transpose([1, 0])?.matmul(&guess.one_hot(2))?;
/// let path = std::env::temp_dir().join("kiln_plot_heat_map").join("confusion.png");
/// HeatMap::new("two classes", &confusion).labels(&["cat", "dog"]).x_label("predicted").y_label("true").save(&path)?;
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct HeatMap {
    title: String,
    matrix: Tensor,
    rows: Vec<String>,
    columns: Vec<String>,
    x_label: String,
    y_label: String,
    cell: u32,
}

fn owned<S: AsRef<str>>(names: &[S]) -> Vec<String> {
    names.iter().map(|n| n.as_ref().to_owned()).collect()
}

impl HeatMap {
    /// The cells of `matrix`, (rows, columns), the first row at the top; an empty title takes no room.
    ///
    /// ```
    /// use kiln_core::Tensor;
    /// assert!(kiln_plot::HeatMap::new("eye", &Tensor::eye(3)).to_svg()?.contains(">eye</text>"));
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn new(title: impl Into<String>, matrix: &Tensor) -> Self {
        let (rows, columns, x_label, y_label) = (Vec::new(), Vec::new(), String::new(), String::new());
        Self { title: title.into(), matrix: matrix.clone(), rows, columns, x_label, y_label, cell: 44 }
    }

    /// The names of rows and columns alike; none by default.
    pub fn labels<S: AsRef<str>>(self, labels: &[S]) -> Self {
        self.row_labels(labels).column_labels(labels)
    }

    /// The names of the rows; none by default.
    pub fn row_labels<S: AsRef<str>>(mut self, labels: &[S]) -> Self {
        self.rows = owned(labels);
        self
    }

    /// The names of the columns; none by default.
    pub fn column_labels<S: AsRef<str>>(mut self, labels: &[S]) -> Self {
        self.columns = owned(labels);
        self
    }

    /// The text under the columns; none by default.
    pub fn x_label(mut self, label: impl Into<String>) -> Self {
        self.x_label = label.into();
        self
    }

    /// The text beside the rows; none by default.
    pub fn y_label(mut self, label: impl Into<String>) -> Self {
        self.y_label = label.into();
        self
    }

    /// The height of a cell, and its width unless the columns' names need more; 44 by default.
    pub fn cell(mut self, size: u32) -> Self {
        self.cell = size;
        self
    }

    /// Writes the picture to a file, as SVG or PNG by its ending; makes the folders above it.
    ///
    /// # Errors
    /// Another ending, a file that can't be written, anything but a matrix of finite numbers, another number of names than rows or
    /// columns, cells of no size or a picture of more than 20,000 units.
    ///
    /// ```
    /// use kiln_core::Tensor;
    /// let error = kiln_plot::HeatMap::new("", &Tensor::zeros([3])).save("a.png").unwrap_err();
    /// assert_eq!(error.to_string(), "HeatMap: expected a matrix of shape (rows, columns), received shape (3,) of float32");
    /// ```
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        file::chart_format(path)?;
        file::write_scene(path, &self.scene()?)
    }

    /// The picture as the text of an SVG.
    ///
    /// # Errors
    /// As [`HeatMap::save`], but for the file.
    pub fn to_svg(&self) -> Result<String> {
        Ok(svg::write(&self.scene()?))
    }

    fn check(&self) -> Result<(usize, usize, Vec<f64>)> {
        let shape = self.matrix.shape();
        let [rows, columns] = shape[..] else {
            return Err(Error::shape("HeatMap", "a matrix of shape (rows, columns)", self.matrix.describe()));
        };
        if rows * columns == 0 {
            return Err(Error::shape("HeatMap", "at least one cell", self.matrix.describe()));
        }
        let names = [("row_labels", &self.rows, rows), ("column_labels", &self.columns, columns)];
        if let Some((option, names, count)) = names.into_iter().find(|(_, names, count)| !names.is_empty() && names.len() != *count) {
            return Err(Error::option("HeatMap", option, format!("{count} names"), names.len()));
        }
        if self.cell < 2 || self.cell as usize * rows.max(columns) > 20_000 {
            return Err(Error::option("HeatMap", "cell", format!("from 2 to {}", 20_000 / rows.max(columns)), self.cell));
        }
        let values = self.matrix.to_vec::<f64>();
        match values.iter().position(|v| !v.is_finite()) {
            Some(i) => Err(Error::data("HeatMap", format!("row {}, column {} holds {}", i / columns, i % columns, values[i]))),
            None => Ok((rows, columns, values)),
        }
    }

    fn scene(&self) -> Result<Scene> {
        let (rows, columns, values) = self.check()?;
        let widest = |names: &[String]| names.iter().map(|n| font::width(n, LABEL)).fold(0.0, f64::max);
        let line = |text: &str, size: f64| if text.is_empty() { 0.0 } else { size };
        let high = f64::from(self.cell);
        let wide = high.max((widest(&self.columns) + 10.0).ceil());
        let names = if self.rows.is_empty() { 0.0 } else { (widest(&self.rows) + 8.0).ceil() };
        let left = MARGIN + line(&self.y_label, LABEL + 8.0) + names;
        let top = MARGIN + line(&self.title, TITLE + 12.0);
        let (right, bottom) = (left + wide * columns as f64, top + high * rows as f64);
        let below = if self.columns.is_empty() { 0.0 } else { LABEL + 8.0 };
        let mut scene = Scene::new(right + MARGIN, bottom + below + line(&self.x_label, LABEL + 8.0) + MARGIN);

        let title = font::fit(&self.title, TITLE, scene.width - 2.0 * MARGIN);
        scene.text((MARGIN, MARGIN + 0.72 * TITLE), &title, TITLE, Anchor::Start, INK);
        let whole = values.iter().all(|v| v.fract() == 0.0 && v.abs() < 1e15);
        let (low, peak) = values.iter().fold((0.0f64, 0.0f64), |(low, peak), v| (low.min(*v), peak.max(*v)));
        for (i, value) in values.iter().enumerate() {
            let (x, y) = (left + wide * (i % columns) as f64, top + high * (i / columns) as f64);
            let share = if peak > low { value / (peak - low) - low / (peak - low) } else { 0.0 };
            scene.rectangle((x, y), (wide, high), shade(share));
            let text = if whole { format!("{value}") } else { format!("{value:.2}") };
            if font::width(&text, NUMBER) + 4.0 <= wide && high >= NUMBER + 4.0 {
                let colour = if share > 0.55 { WHITE } else { INK };
                scene.text((x + wide / 2.0, y + high / 2.0 + 0.36 * NUMBER), &text, NUMBER, Anchor::Middle, colour);
            }
        }
        for (i, name) in self.rows.iter().enumerate() {
            scene.text((left - 8.0, top + high * (i as f64 + 0.5) + 0.36 * LABEL), name, LABEL, Anchor::End, SOFT_INK);
        }
        for (i, name) in self.columns.iter().enumerate() {
            scene.text((left + wide * (i as f64 + 0.5), bottom + 6.0 + 0.72 * LABEL), name, LABEL, Anchor::Middle, SOFT_INK);
        }
        let text = font::fit(&self.x_label, LABEL, right - left);
        scene.text(((left + right) / 2.0, scene.height - MARGIN + 1.0), &text, LABEL, Anchor::Middle, INK);
        let text = font::fit(&self.y_label, LABEL, bottom - top);
        let (x, y) = (MARGIN + 0.72 * LABEL, (top + bottom) / 2.0);
        scene.shapes.push(Shape::Text { x, y, text, size: LABEL, anchor: Anchor::Middle, upright: true, colour: INK });
        Ok(scene)
    }
}

/// Nearly white for 0 to the first series' blue for 1.
fn shade(share: f64) -> Colour {
    let mix = |white: u8, blue: u8| (f64::from(white) + share.clamp(0.0, 1.0) * (f64::from(blue) - f64::from(white))).round() as u8;
    let (pale, full) = ([244, 246, 249], palette::series(0));
    std::array::from_fn(|i| mix(pale[i], full[i]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::check;

    fn matrix() -> Tensor {
        Tensor::constant([[5.0, 1.0, 0.0], [2.0, 7.5, -1.0]])
    }

    #[test]
    fn every_option_shows() {
        let base = || HeatMap::new("a", &matrix());
        let maps = [
            base(),
            HeatMap::new("b", &matrix()),
            base().row_labels(&["r", "s"]),
            base().column_labels(&["c", "d", "e"]),
            base().x_label("x"),
            base().y_label("y"),
            base().cell(60),
            HeatMap::new("a", &(matrix() + 1.0)),
        ];
        let mut all: Vec<String> = maps.iter().map(|m| m.to_svg().unwrap()).collect();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), maps.len());
    }

    #[test]
    fn cells_hold_numbers_and_shades() {
        let svg = HeatMap::new("", &matrix()).to_svg().unwrap();
        assert!(svg.contains(">7.50</text>") && svg.contains(">-1.00</text>"));
        assert!(svg.contains("fill=\"#0072b2\"") && svg.contains("fill=\"#f4f6f9\""), "{svg}");
        let counts = HeatMap::new("", &Tensor::constant([[12, 0], [3, 40]]));
        assert!(counts.to_svg().unwrap().contains(">12</text>"));
        assert!(!counts.clone().cell(8).to_svg().unwrap().contains(">12</text>"), "no room");
        let path = check::fresh("heat_map", "a.png");
        counts.labels(&["a", "b"]).save(&path).unwrap();
        let (.., pixels) = check::read_png(&path);
        assert!(pixels.chunks(3).filter(|p| **p == palette::series(0)).count() > 1000);
        for odd in [Tensor::zeros([2, 2]), Tensor::constant([[f32::MAX, f32::MIN]]), Tensor::constant([[-3.0]])] {
            let svg = HeatMap::new("", &odd).to_svg().unwrap();
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        }
    }

    #[test]
    fn mistakes_are_named() {
        let error = |map: HeatMap| map.to_svg().unwrap_err().to_string();
        assert_eq!(error(HeatMap::new("", &matrix()).labels(&["a", "b"])), "HeatMap: `column_labels` must be 3 names, received 2");
        assert_eq!(error(HeatMap::new("", &matrix()).cell(1)), "HeatMap: `cell` must be from 2 to 6666, received 1");
        assert!(error(HeatMap::new("", &Tensor::zeros([0, 2]))).contains("at least one cell"));
        assert_eq!(error(HeatMap::new("", &Tensor::constant([[1.0, f32::NAN]]))), "HeatMap: row 0, column 1 holds NaN");
        assert!(HeatMap::new("", &matrix()).save("a.jpg").is_err());
    }
}
