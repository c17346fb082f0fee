//! A scene painted into pixels, with smooth edges.

use crate::font;
use crate::palette::{Colour, WHITE};
use crate::scene::{Anchor, Scene, Shape};
use tiny_skia::{Color, FillRule, LineCap, LineJoin, Paint, Path, PathBuilder, Pixmap, Stroke, StrokeDash, Transform};

/// Paints the scene on white, `zoom` pixels for each of its own; RGB bytes with width and height, or `None` when the
/// picture is too large for memory.
pub(crate) fn paint(scene: &Scene, zoom: f64) -> Option<(u32, u32, Vec<u8>)> {
    let (width, height) = ((scene.width * zoom).round() as u32, (scene.height * zoom).round() as u32);
    let mut pixmap = Pixmap::new(width, height)?;
    pixmap.fill(Color::from_rgba8(WHITE[0], WHITE[1], WHITE[2], 255));
    draw(&mut pixmap, scene, zoom);
    // The ground is opaque, so every pixel is, and nothing is premultiplied.
    let rgb = pixmap.data().chunks_exact(4).flat_map(|p| [p[0], p[1], p[2]]).collect();
    Some((width, height, rgb))
}

/// Paints the scene over what is there.
fn draw(pixmap: &mut Pixmap, scene: &Scene, zoom: f64) {
    let zoom = Transform::from_scale(zoom as f32, zoom as f32);
    for shape in &scene.shapes {
        match shape {
            Shape::Line { points, colour, width, dashed } => {
                if let Some(path) = line(points) {
                    let dash = if *dashed { StrokeDash::new(vec![6.0, 4.0], 0.0) } else { None };
                    let line_cap = if *dashed { LineCap::Butt } else { LineCap::Round };
                    let stroke = Stroke { width: *width as f32, line_cap, line_join: LineJoin::Round, dash, ..Stroke::default() };
                    pixmap.stroke_path(&path, &ink(*colour), &stroke, zoom, None);
                }
            }
            Shape::Area { points, colour } => {
                if let Some(path) = line(points) {
                    pixmap.fill_path(&path, &ink(*colour), FillRule::Winding, zoom, None);
                }
            }
            Shape::Dot { x, y, radius, colour } => {
                if let Some(path) = PathBuilder::from_circle(*x as f32, *y as f32, *radius as f32) {
                    pixmap.fill_path(&path, &ink(*colour), FillRule::Winding, zoom, None);
                }
            }
            Shape::Text { x, y, text, size, anchor, upright, colour } => {
                let width = font::width(text, *size);
                let start = match anchor {
                    Anchor::Start => *x,
                    Anchor::Middle => x - width / 2.0,
                    Anchor::End => x - width,
                };
                let turn = if *upright { Transform::from_rotate_at(-90.0, *x as f32, *y as f32) } else { Transform::identity() };
                if let Some(path) = font::outline(text, *size, start, *y) {
                    pixmap.fill_path(&path, &ink(*colour), FillRule::Winding, turn.post_concat(zoom), None);
                }
            }
        }
    }
}

fn line(points: &[(f64, f64)]) -> Option<Path> {
    let mut path = PathBuilder::new();
    for (i, (x, y)) in points.iter().enumerate() {
        let (x, y) = (*x as f32, *y as f32);
        if i == 0 { path.move_to(x, y) } else { path.line_to(x, y) }
    }
    path.finish()
}

fn ink([r, g, b]: Colour) -> Paint<'static> {
    let mut paint = Paint { anti_alias: true, ..Paint::default() };
    paint.set_color_rgba8(r, g, b, 255);
    paint
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pixel((width, _, rgb): &(u32, u32, Vec<u8>), x: u32, y: u32) -> [u8; 3] {
        let i = 3 * (y * width + x) as usize;
        [rgb[i], rgb[i + 1], rgb[i + 2]]
    }

    #[test]
    fn rules_are_sharp_at_any_zoom() {
        let mut scene = Scene::new(10.0, 6.0);
        scene.rule((2.0, 3.0), (8.0, 3.0), [10, 20, 30]);
        let once = paint(&scene, 1.0).unwrap();
        assert_eq!((once.0, once.1), (10, 6));
        assert_eq!([pixel(&once, 5, 2), pixel(&once, 5, 3), pixel(&once, 5, 4)], [WHITE, [10, 20, 30], WHITE]);
        let twice = paint(&scene, 2.0).unwrap();
        assert_eq!([5, 6, 7, 8].map(|y| pixel(&twice, 10, y)), [WHITE, [10, 20, 30], [10, 20, 30], WHITE]);
    }

    #[test]
    fn dots_and_words_leave_ink_where_they_should() {
        let mut scene = Scene::new(40.0, 40.0);
        scene.shapes.push(Shape::Dot { x: 10.0, y: 10.0, radius: 4.0, colour: [255, 0, 0] });
        let x = 30.0;
        scene.shapes.push(Shape::Text {
            x,
            y: 38.0,
            text: "HHH".into(),
            size: 10.0,
            anchor: Anchor::Start,
            upright: true,
            colour: [0, 0, 255],
        });
        let picture = paint(&scene, 1.0).unwrap();
        assert_eq!(pixel(&picture, 10, 10), [255, 0, 0]);
        let blue = |x: u32, y: u32| pixel(&picture, x, y)[0] < 128;
        let inked: Vec<(u32, u32)> = (0..40).flat_map(|x| (20..40).map(move |y| (x, y))).filter(|(x, y)| blue(*x, *y)).collect();
        assert!(!inked.is_empty() && inked.iter().all(|(x, _)| (21..31).contains(x)), "{inked:?}");
    }

    #[test]
    fn a_picture_of_no_size_is_none() {
        assert!(paint(&Scene::new(0.0, 5.0), 1.0).is_none());
    }
}
