//! Several charts in one picture.

use crate::chart::LineChart;
use crate::file;
use crate::scene::Scene;
use crate::{layout, svg};
use kiln_core::{Error, Result};
use std::path::Path;

/// Charts side by side in one picture.
///
/// ```
/// use kiln_plot::{LineChart, Panels};
/// let path = std::env::temp_dir().join("kiln_plot_panels").join("history.svg");
/// let loss = LineChart::new("loss").series("loss", &[(1.0, 0.9), (2.0, 0.5)]);
/// let accuracy = LineChart::new("accuracy").series("accuracy", &[(1.0, 0.7), (2.0, 0.8)]);
/// Panels::new().chart(loss).chart(accuracy).save(&path)?;
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Panels {
    charts: Vec<LineChart>,
    columns: usize,
}

impl Default for Panels {
    fn default() -> Self {
        Self::new()
    }
}

impl Panels {
    /// No charts yet.
    ///
    /// ```
    /// let error = kiln_plot::Panels::new().to_svg().unwrap_err();
    /// assert_eq!(error.to_string(), "Panels: there is no chart to draw; add one with `chart(...)`");
    /// ```
    pub fn new() -> Self {
        Self { charts: Vec::new(), columns: 3 }
    }

    /// Adds a chart to the right of the last, or below when the row is full.
    ///
    /// ```
    /// use kiln_plot::{LineChart, Panels};
    /// let both = Panels::new().chart(LineChart::new("a")).chart(LineChart::new("b")).to_svg()?;
    /// assert!(both.contains("width=\"1280\" height=\"400\""));
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn chart(mut self, chart: LineChart) -> Self {
        self.charts.push(chart);
        self
    }

    /// The most charts in a row; 3 by default.
    ///
    /// ```
    /// use kiln_plot::{LineChart, Panels};
    /// let stack = Panels::new().columns(1).chart(LineChart::new("a")).chart(LineChart::new("b")).to_svg()?;
    /// assert!(stack.contains("width=\"640\" height=\"800\""));
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn columns(mut self, columns: usize) -> Self {
        self.columns = columns;
        self
    }

    /// Writes the picture to a file, as SVG or PNG by its ending; makes the folders above it.
    ///
    /// # Errors
    /// Another ending, a file that can't be written, no chart, no columns, or a chart that can't be drawn: see
    /// [`LineChart::save`].
    ///
    /// ```
    /// let error = kiln_plot::Panels::new().save("history").unwrap_err();
    /// assert_eq!(error.to_string(), "history: a chart is written as `.svg` or `.png`; let the file's name end in one of the two");
    /// ```
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        file::chart_format(path)?;
        file::write_scene(path, &self.scene()?)
    }

    /// The picture as the text of an SVG.
    ///
    /// # Errors
    /// No chart, no columns, or a chart that can't be drawn: see [`LineChart::to_svg`].
    ///
    /// ```
    /// use kiln_plot::{LineChart, Panels};
    /// assert!(Panels::new().chart(LineChart::new("loss")).to_svg()?.starts_with("<svg"));
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn to_svg(&self) -> Result<String> {
        Ok(svg::write(&self.scene()?))
    }

    fn scene(&self) -> Result<Scene> {
        if self.columns == 0 {
            return Err(Error::option("Panels", "columns", "at least 1", 0));
        }
        if self.charts.is_empty() {
            return Err(Error::data("Panels", "there is no chart to draw").hint("add one with `chart(...)`"));
        }
        let mut scene = Scene::default();
        for row in self.charts.chunks(self.columns) {
            let (mut x, top) = (0.0, scene.height);
            for chart in row {
                chart.check()?;
                let (width, height) = layout::size(chart);
                layout::draw(chart, &mut scene, (x, top));
                x += width;
                scene.height = scene.height.max(top + height);
            }
            scene.width = scene.width.max(x);
        }
        Ok(scene)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::check;

    fn chart(title: &str) -> LineChart {
        LineChart::new(title).series(title, &[(1.0, 1.0), (2.0, 3.0)]).size(200, 200)
    }

    #[test]
    fn rows_fill_and_wrap() {
        let four = ["a", "b", "c", "d"].into_iter().fold(Panels::new(), |p, t| p.chart(chart(t)));
        let scene = four.scene().unwrap();
        assert_eq!((scene.width, scene.height), (600.0, 400.0));
        let path = check::fresh("panels", "four.png");
        four.columns(2).save(&path).unwrap();
        assert_eq!((check::read_png(&path).0, check::read_png(&path).1), (800, 800));
    }

    #[test]
    fn svg_files_hold_the_words_of_all_charts() {
        let path = check::fresh("panels_svg", "two.svg");
        Panels::new().chart(chart("first")).chart(chart("second")).save(&path).unwrap();
        let svg = std::fs::read_to_string(&path).unwrap();
        assert!(svg.contains(">first</text>") && svg.contains(">second</text>"));
    }

    #[test]
    fn mistakes_are_named() {
        let error = Panels::new().chart(chart("a")).columns(0).to_svg().unwrap_err();
        assert_eq!(error.to_string(), "Panels: `columns` must be at least 1, received 0");
        assert!(Panels::new().chart(chart("a").size(1, 1)).save("a.svg").is_err());
    }
}
