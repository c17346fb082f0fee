//! Where the parts of a chart go.

use crate::axis::Axis;
use crate::chart::LineChart;
use crate::font;
use crate::legend::Legend;
use crate::line::Style;
use crate::palette::{self, AXIS, GRID, INK, SOFT_INK};
use crate::scene::{Anchor, Scene, Shape};

const MARGIN: f64 = 16.0;
const TITLE: f64 = 15.0;
const LABEL: f64 = 12.0;
const TICK: f64 = 11.0;
/// Letters reach about this share of their size above the baseline.
const RISE: f64 = 0.72;
/// The lowest height of the frame.
const LOWEST: f64 = 90.0;
/// Series with up to so many points show each of them.
const DOTTED: usize = 30;

/// The rectangle of the data, with its axes.
struct Frame {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    x: Axis,
    y: Axis,
}

impl Frame {
    fn x(&self, value: f64) -> f64 {
        self.left + self.x.at(value) * (self.right - self.left)
    }

    fn y(&self, value: f64) -> f64 {
        self.bottom - self.y.at(value) * (self.bottom - self.top)
    }
}

fn legend(chart: &LineChart, width: f64) -> Legend {
    Legend::new(chart.lines().iter().map(|l| (l.name.as_str(), l.style)), width - 2.0 * MARGIN)
}

/// Heights of what lies above and below the frame.
fn above_and_below(chart: &LineChart, legend: &Legend) -> (f64, f64) {
    let title = if chart.title().is_empty() { 0.0 } else { TITLE + 10.0 };
    let names = if legend.height() > 0.0 { legend.height() + 6.0 } else { 0.0 };
    let label = if chart.labels().0.is_empty() { 0.0 } else { LABEL + 8.0 };
    (MARGIN + title + names, MARGIN + TICK + 6.0 + label)
}

/// The size of a chart's picture: the one asked for, taller where a long legend would squeeze the frame.
pub(crate) fn size(chart: &LineChart) -> (f64, f64) {
    let (width, height) = chart.picture_size();
    let (above, below) = above_and_below(chart, &legend(chart, width));
    (width, height.max(above + below + LOWEST))
}

/// Draws a chart with its upper left corner at `(x, y)`.
pub(crate) fn draw(chart: &LineChart, scene: &mut Scene, (x, y): (f64, f64)) {
    let (width, height) = size(chart);
    let legend = legend(chart, width);
    let (above, below) = above_and_below(chart, &legend);
    let title = font::fit(chart.title(), TITLE, width - 2.0 * MARGIN);
    if !title.is_empty() {
        scene.text((x + MARGIN, y + MARGIN + RISE * TITLE), &title, TITLE, Anchor::Start, INK);
    }
    legend.draw(scene, x + MARGIN, y + above - legend.height() - 6.0);
    let frame = frame(chart, (x, x + width), (y + above, y + height - below));
    axes(chart, scene, &frame, (x, y + height));
    lines(chart, scene, &frame);
}

fn frame(chart: &LineChart, (x0, x1): (f64, f64), (top, bottom): (f64, f64)) -> Frame {
    let points = || chart.lines().iter().flat_map(|l| l.runs().flatten().copied());
    let most = ((bottom - top) / 26.0) as usize;
    let range = |values: &mut dyn Iterator<Item = f64>| {
        let (min, max) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)));
        (min <= max).then_some((min, max))
    };
    let y_range = range(&mut points().map(|p| p.1));
    let y = match (y_range, chart.is_log()) {
        (Some(range), true) => Axis::log(range, 0.05, most),
        (None, true) => Axis::log((0.1, 10.0), 0.0, most),
        (range, false) => Axis::linear(range.unwrap_or((0.0, 1.0)), if range.is_some() { 0.05 } else { 0.0 }, most, false),
    };
    let widest = y.ticks.iter().map(|t| font::width(&t.label, TICK)).fold(0.0, f64::max);
    let label = if chart.labels().1.is_empty() { 0.0 } else { LABEL + 8.0 };
    let (left, right) = (x0 + MARGIN + label + widest + 6.0, x1 - MARGIN - 4.0);
    let whole = points().all(|p| p.0.fract() == 0.0 && p.0.abs() < 1e9);
    let x_range = range(&mut points().map(|p| p.0));
    let pad = if x_range.is_some() { 0.025 } else { 0.0 };
    let x_axis = |most| Axis::linear(x_range.unwrap_or((0.0, 1.0)), pad, most, whole && x_range.is_some());
    let fits = |axis: &Axis| {
        let widest = axis.ticks.iter().map(|t| font::width(&t.label, TICK)).fold(0.0, f64::max);
        let apart =
            axis.ticks.windows(2).map(|w| (axis.at(w[1].value) - axis.at(w[0].value)) * (right - left)).fold(f64::INFINITY, f64::min);
        widest + 14.0 <= apart
    };
    let x = (2..=12).rev().map(x_axis).find(fits).unwrap_or_else(|| x_axis(1));
    Frame { left, right, top, bottom, x, y }
}

fn axes(chart: &LineChart, scene: &mut Scene, frame: &Frame, (x0, y1): (f64, f64)) {
    for tick in &frame.y.ticks {
        let y = frame.y(tick.value);
        scene.rule((frame.left, y), (frame.right, y), GRID);
        scene.text((frame.left - 6.0, y + 0.36 * TICK), &tick.label, TICK, Anchor::End, SOFT_INK);
    }
    for tick in &frame.x.ticks {
        let x = frame.x(tick.value);
        scene.rule((x, frame.bottom), (x, frame.bottom + 4.0), AXIS);
        scene.text((x, frame.bottom + 7.0 + RISE * TICK), &tick.label, TICK, Anchor::Middle, SOFT_INK);
    }
    scene.rule((frame.left, frame.bottom), (frame.right, frame.bottom), AXIS);
    let (x_label, y_label) = chart.labels();
    let x_label = font::fit(x_label, LABEL, frame.right - frame.left);
    if !x_label.is_empty() {
        scene.text(((frame.left + frame.right) / 2.0, y1 - MARGIN + 1.0), &x_label, LABEL, Anchor::Middle, SOFT_INK);
    }
    let text = font::fit(y_label, LABEL, frame.bottom - frame.top);
    if !text.is_empty() {
        let (x, y) = (x0 + MARGIN + RISE * LABEL, (frame.top + frame.bottom) / 2.0);
        scene.shapes.push(Shape::Text { x, y, text, size: LABEL, anchor: Anchor::Middle, upright: true, colour: SOFT_INK });
    }
}

fn lines(chart: &LineChart, scene: &mut Scene, frame: &Frame) {
    if chart.lines().iter().all(|l| l.runs().next().is_none()) {
        let middle = ((frame.left + frame.right) / 2.0, (frame.top + frame.bottom) / 2.0 - 6.0);
        scene.text(middle, "no data", LABEL, Anchor::Middle, SOFT_INK);
    }
    for (index, line) in chart.lines().iter().enumerate() {
        let colour = palette::series(index);
        let few = line.points.len() <= DOTTED;
        for run in line.runs() {
            let points: Vec<(f64, f64)> = run.iter().map(|(x, y)| (frame.x(*x), frame.y(*y))).collect();
            let alone = line.style == Style::Points;
            if few || alone || points.len() == 1 {
                let radius = if few { 2.6 } else { 1.6 };
                scene.shapes.extend(points.iter().map(|(x, y)| Shape::Dot { x: *x, y: *y, radius, colour }));
            }
            if points.len() > 1 && !alone {
                scene.shapes.push(Shape::Line { points, colour, width: 2.0, dashed: line.style == Style::Dashed });
            }
        }
    }
}
