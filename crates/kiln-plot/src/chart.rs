//! Line charts.

use crate::line::{Line, Style};
use crate::panels::Panels;
use kiln_core::{Error, Result};
use std::path::Path;

/// A chart of lines, saved as SVG or PNG: training curves above all.
///
/// Colours are told apart by colour-blind people too; the legend stands above the lines, never on them. A point that is
/// NaN or infinite leaves a gap; a series without points shows only in the legend, one without a name only in the chart; up to 30 points get dots.
///
/// ```
/// use kiln_plot::LineChart;
/// let path = std::env::temp_dir().join("kiln_plot_chart").join("loss.png");
/// LineChart::new("Fashion-MNIST")
///     .x_label("epoch")
///     .y_label("loss")
///     .series("loss", &[(1.0, 0.9), (2.0, 0.5), (3.0, 0.4)])
///     .series_dashed("val_loss", &[(1.0, 0.8), (2.0, f64::NAN), (3.0, 0.5)])
///     .save(&path)?;
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct LineChart {
    title: String,
    x_label: String,
    y_label: String,
    lines: Vec<Line>,
    log_y: bool,
    size: (u32, u32),
}

impl LineChart {
    /// A chart without lines; an empty title takes no room.
    ///
    /// ```
    /// assert!(kiln_plot::LineChart::new("loss").to_svg()?.contains(">loss</text>"));
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), x_label: String::new(), y_label: String::new(), lines: Vec::new(), log_y: false, size: (640, 400) }
    }

    /// The text under the horizontal axis; none by default.
    ///
    /// ```
    /// assert!(kiln_plot::LineChart::new("").x_label("epoch").to_svg()?.contains(">epoch</text>"));
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn x_label(mut self, label: impl Into<String>) -> Self {
        self.x_label = label.into();
        self
    }

    /// The text along the vertical axis; none by default.
    ///
    /// ```
    /// assert!(kiln_plot::LineChart::new("").y_label("loss").to_svg()?.contains(">loss</text>"));
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn y_label(mut self, label: impl Into<String>) -> Self {
        self.y_label = label.into();
        self
    }

    /// Adds a line through `(x, y)` points, in their order.
    ///
    /// ```
    /// let chart = kiln_plot::LineChart::new("").series("loss", &[(1.0, 0.9), (2.0, 0.5)]);
    /// assert!(chart.to_svg()?.contains(">loss</text>"));
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn series(self, name: impl Into<String>, points: &[(f64, f64)]) -> Self {
        self.line(name.into(), points, Style::Solid)
    }

    /// Adds a dashed line, for what belongs to a whole one: the validation's loss.
    ///
    /// ```
    /// let chart = kiln_plot::LineChart::new("").series_dashed("val_loss", &[(1.0, 0.9), (2.0, 0.5)]);
    /// assert!(chart.to_svg()?.contains("stroke-dasharray"));
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn series_dashed(self, name: impl Into<String>, points: &[(f64, f64)]) -> Self {
        self.line(name.into(), points, Style::Dashed)
    }

    /// Adds dots that no line joins: samples beside what was learned of them. Where they lie close, those of later series are on top.
    ///
    /// ```
    /// let chart = kiln_plot::LineChart::new("").points("samples", &[(1.0, 0.9), (2.0, 0.5)]);
    /// assert!(!chart.to_svg()?.contains("stroke-dasharray"));
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn points(self, name: impl Into<String>, points: &[(f64, f64)]) -> Self {
        self.line(name.into(), points, Style::Points)
    }

    /// Whether the vertical axis is logarithmic; `false` by default. Then every finite value must be above 0.
    ///
    /// ```
    /// let chart = kiln_plot::LineChart::new("").series("loss", &[(1.0, 10.0), (2.0, 0.01)]).log_y(true);
    /// assert!(chart.to_svg()?.contains(">0.1</text>"));
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn log_y(mut self, log: bool) -> Self {
        self.log_y = log;
        self
    }

    /// Width and height of the picture, 640 x 400 by default, in the units of an SVG; a PNG has two pixels for each, to be
    /// sharp on today's screens. Grows in height where a long legend needs it.
    ///
    /// ```
    /// assert!(kiln_plot::LineChart::new("").size(300, 200).to_svg()?.contains("width=\"300\" height=\"200\""));
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn size(mut self, width: u32, height: u32) -> Self {
        self.size = (width, height);
        self
    }

    /// Writes the chart to a file, as SVG or PNG by its ending; makes the folders above it.
    ///
    /// # Errors
    /// Another ending, a file that can't be written, a value that is not above 0 on a logarithmic axis, a size outside
    /// 160 x 120 to 8000 x 8000.
    ///
    /// ```
    /// let error = kiln_plot::LineChart::new("loss").save("loss.jpg").unwrap_err();
    /// assert_eq!(error.to_string(), "loss.jpg: a chart is written as `.svg` or `.png`; let the file's name end in one of the two");
    /// ```
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        Panels::new().chart(self.clone()).save(path)
    }

    /// The chart as the text of an SVG.
    ///
    /// # Errors
    /// A value that is not above 0 on a logarithmic axis, a size outside 160 x 120 to 8000 x 8000.
    ///
    /// ```
    /// assert!(kiln_plot::LineChart::new("loss").to_svg()?.starts_with("<svg"));
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn to_svg(&self) -> Result<String> {
        Panels::new().chart(self.clone()).to_svg()
    }

    fn line(mut self, name: String, points: &[(f64, f64)], style: Style) -> Self {
        self.lines.push(Line { name, points: points.to_vec(), style });
        self
    }

    /// An error if the chart can't be drawn.
    pub(crate) fn check(&self) -> Result<()> {
        let (width, height) = self.size;
        if !(160..=8000).contains(&width) || !(120..=8000).contains(&height) {
            return Err(Error::option("LineChart", "size", "from 160 x 120 to 8000 x 8000", format!("{width} x {height}")));
        }
        if self.log_y {
            let low = self.lines.iter().find_map(|l| Some((&l.name, l.runs().flatten().find(|p| p.1 <= 0.0)?)));
            if let Some((name, (x, y))) = low {
                let what = format!("a logarithmic axis shows values above 0, but series `{name}` has {y} at {x}");
                return Err(Error::data("LineChart", what).hint("leave out `log_y(true)`"));
            }
        }
        Ok(())
    }

    pub(crate) fn title(&self) -> &str {
        &self.title
    }

    /// The labels of the horizontal and the vertical axis.
    pub(crate) fn labels(&self) -> (&str, &str) {
        (&self.x_label, &self.y_label)
    }

    pub(crate) fn lines(&self) -> &[Line] {
        &self.lines
    }

    pub(crate) fn is_log(&self) -> bool {
        self.log_y
    }

    pub(crate) fn picture_size(&self) -> (f64, f64) {
        (f64::from(self.size.0), f64::from(self.size.1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::check;

    fn curve() -> LineChart {
        LineChart::new("training").series("loss", &[(1.0, 0.9), (2.0, 0.5), (3.0, 0.4)])
    }

    #[test]
    fn every_option_shows() {
        let plain = curve().to_svg().unwrap();
        let variants = [
            LineChart::new("other").series("loss", &[(1.0, 0.9), (2.0, 0.5), (3.0, 0.4)]),
            curve().x_label("epoch"),
            curve().y_label("loss"),
            curve().series("val_loss", &[(1.0, 0.8)]),
            LineChart::new("training").series_dashed("loss", &[(1.0, 0.9), (2.0, 0.5), (3.0, 0.4)]),
            LineChart::new("training").points("loss", &[(1.0, 0.9), (2.0, 0.5), (3.0, 0.4)]),
            curve().log_y(true),
            curve().size(500, 300),
        ];
        let mut all: Vec<String> = variants.iter().map(|c| c.to_svg().unwrap()).chain([plain]).collect();
        let count = all.len();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), count);
    }

    #[test]
    fn odd_data_are_drawn() {
        let (nan, inf) = (f64::NAN, f64::INFINITY);
        let cases: [&[(f64, f64)]; 8] = [
            &[],
            &[(1.0, 0.5)],
            &[(1.0, 2.0), (2.0, 2.0)],
            &[(1.0, 0.0), (1.0, 0.0)],
            &[(nan, nan), (inf, 1.0)],
            &[(1.0, 1.0), (2.0, nan), (3.0, -inf), (4.0, 2.0), (5.0, 3.0)],
            &[(0.0, -1e300), (1.0, 1e300), (2.0, f64::MAX)],
            &[(1e-320, 1e-320), (2e-320, 3e-320)],
        ];
        for points in cases {
            let svg = LineChart::new("a").series("b", points).to_svg().unwrap();
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{points:?}: {svg}");
            LineChart::new("a").series("b", points).save(check::fresh("odd", "a.png")).unwrap();
        }
        let gap = LineChart::new("").series("", cases[5]).to_svg().unwrap();
        assert_eq!(gap.matches("<circle").count(), 3);
        assert!(LineChart::new("").to_svg().unwrap().contains(">no data</text>"));
    }

    #[test]
    fn a_log_axis_wants_positive_values() {
        let error = LineChart::new("").series("mae", &[(1.0, 0.5), (2.0, 0.0)]).log_y(true).to_svg().unwrap_err();
        assert_eq!(
            error.to_string(),
            "LineChart: a logarithmic axis shows values above 0, but series `mae` has 0 at 2; leave out `log_y(true)`"
        );
        LineChart::new("").series("mae", &[(1.0, f64::NAN)]).log_y(true).to_svg().unwrap();
    }

    #[test]
    fn sizes_have_limits() {
        let error = curve().size(10, 4000).to_svg().unwrap_err();
        assert_eq!(error.to_string(), "LineChart: `size` must be from 160 x 120 to 8000 x 8000, received 10 x 4000");
        for size in [(160, 120), (8000, 120)] {
            curve().x_label("epoch").y_label("a long label").size(size.0, size.1).to_svg().unwrap();
        }
    }

    #[test]
    fn a_png_has_two_pixels_for_each_and_the_series_colour() {
        let path = check::fresh("chart", "loss.png");
        curve().size(300, 200).save(&path).unwrap();
        let (width, height, channels, pixels) = check::read_png(&path);
        assert_eq!((width, height, channels), (600, 400, 3));
        assert_eq!(pixels[..3], [255, 255, 255]);
        assert!(pixels.chunks(3).filter(|p| **p == crate::palette::series(0)).count() > 500);
    }

    #[test]
    fn many_series_make_the_picture_taller() {
        let chart = (0..40).fold(LineChart::new("many").size(320, 200), |c, i| c.series(format!("metric_{i}"), &[(0.0, f64::from(i))]));
        let svg = chart.to_svg().unwrap();
        assert!(!svg.contains("height=\"200\"") && svg.contains(">metric_39</text>"));
    }
}
