//! A picture before it is a file: shapes with positions in pixels, the first at the bottom.

use crate::palette::Colour;

/// Where a text's position lies in it, along its direction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// One shape.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Shape {
    /// A line through points.
    Line { points: Vec<(f64, f64)>, colour: Colour, width: f64, dashed: bool },
    /// A filled polygon.
    Area { points: Vec<(f64, f64)>, colour: Colour },
    /// A filled disc.
    Dot { x: f64, y: f64, radius: f64, colour: Colour },
    /// One line of text; `y` is its baseline. An upright text reads from bottom to top, `x` is its baseline.
    Text { x: f64, y: f64, text: String, size: f64, anchor: Anchor, upright: bool, colour: Colour },
}

/// The picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Scene {
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) shapes: Vec<Shape>,
}

impl Scene {
    pub(crate) fn new(width: f64, height: f64) -> Self {
        Self { width, height, shapes: Vec::new() }
    }

    /// A straight line, put on the middle of a pixel so that it is sharp.
    pub(crate) fn rule(&mut self, from: (f64, f64), to: (f64, f64), colour: Colour) {
        let sharp = |(x, y): (f64, f64)| (x.floor() + 0.5, y.floor() + 0.5);
        self.shapes.push(Shape::Line { points: vec![sharp(from), sharp(to)], colour, width: 1.0, dashed: false });
    }

    /// A filled rectangle whose upper left corner is at `(x, y)`.
    pub(crate) fn rectangle(&mut self, (x, y): (f64, f64), (width, height): (f64, f64), colour: Colour) {
        let points = vec![(x, y), (x + width, y), (x + width, y + height), (x, y + height)];
        self.shapes.push(Shape::Area { points, colour });
    }

    pub(crate) fn text(&mut self, (x, y): (f64, f64), text: &str, size: f64, anchor: Anchor, colour: Colour) {
        self.shapes.push(Shape::Text { x, y, text: text.to_owned(), size, anchor, upright: false, colour });
    }
}
