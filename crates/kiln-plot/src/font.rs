//! The compiled-in font: how wide a text is, and the outlines of its letters.

use ab_glyph::{Font, FontRef, OutlineCurve, Point};
use std::sync::OnceLock;
use tiny_skia::{Path, PathBuilder};

/// The font, or `None` if its bytes can't be read, which a test rules out.
fn font() -> Option<&'static FontRef<'static>> {
    static FONT: OnceLock<Option<FontRef<'static>>> = OnceLock::new();
    FONT.get_or_init(|| FontRef::try_from_slice(notosans::REGULAR_TTF).ok()).as_ref()
}

/// Pixels per unit of the font, for letters of `size` pixels.
fn unit(font: &FontRef<'_>, size: f64) -> f64 {
    size / f64::from(font.units_per_em().unwrap_or(1000.0))
}

/// The width of a text in pixels.
pub(crate) fn width(text: &str, size: f64) -> f64 {
    let Some(font) = font() else { return 0.6 * size * text.chars().count() as f64 };
    let units: f64 = text.chars().map(|c| f64::from(font.h_advance_unscaled(font.glyph_id(c)))).sum();
    units * unit(font, size)
}

/// The text in one line, cut with `…` where it is wider than `room`.
pub(crate) fn fit(text: &str, size: f64, room: f64) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if width(&line, size) <= room {
        return line;
    }
    let mut kept: Vec<char> = line.chars().collect();
    while kept.pop().is_some() {
        let cut = format!("{}…", kept.iter().collect::<String>().trim_end());
        if width(&cut, size) <= room {
            return cut;
        }
    }
    String::new()
}

/// The outlines of a text whose baseline starts at `(x, y)`; `None` when nothing is to be seen.
pub(crate) fn outline(text: &str, size: f64, x: f64, y: f64) -> Option<Path> {
    let font = font()?;
    let scale = unit(font, size);
    let mut path = PathBuilder::new();
    let mut pen = x;
    for c in text.chars() {
        let glyph = font.glyph_id(c);
        let place = |p: Point| ((pen + f64::from(p.x) * scale) as f32, (y - f64::from(p.y) * scale) as f32);
        let mut last = None;
        for curve in font.outline(glyph).map(|o| o.curves).unwrap_or_default() {
            let (start, end) = ends(&curve);
            if last != Some(start) {
                let (x, y) = place(start);
                path.close();
                path.move_to(x, y);
            }
            last = Some(end);
            let (x, y) = place(end);
            match curve {
                OutlineCurve::Line(..) => path.line_to(x, y),
                OutlineCurve::Quad(_, c, _) => {
                    let (cx, cy) = place(c);
                    path.quad_to(cx, cy, x, y);
                }
                OutlineCurve::Cubic(_, c, d, _) => {
                    let ((cx, cy), (dx, dy)) = (place(c), place(d));
                    path.cubic_to(cx, cy, dx, dy, x, y);
                }
            }
        }
        path.close();
        pen += f64::from(font.h_advance_unscaled(glyph)) * scale;
    }
    path.finish()
}

fn ends(curve: &OutlineCurve) -> (Point, Point) {
    match curve {
        OutlineCurve::Line(a, b) | OutlineCurve::Quad(a, _, b) | OutlineCurve::Cubic(a, _, _, b) => (*a, *b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_font_can_be_read_and_measures() {
        assert!(font().is_some());
        assert!((width("mm", 20.0) - 2.0 * width("m", 20.0)).abs() < 1e-9);
        assert!(width("m", 20.0) > 1.5 * width("i", 20.0));
        assert_eq!(width("", 20.0), 0.0);
    }

    #[test]
    fn long_texts_are_cut() {
        assert_eq!(fit("a\nb", 12.0, 100.0), "a b");
        let cut = fit("a very long name of a metric", 12.0, 60.0);
        assert!(cut.ends_with('…') && width(&cut, 12.0) <= 60.0 && cut.starts_with("a very"), "{cut}");
        assert_eq!(fit("abc", 12.0, 1.0), "");
    }

    #[test]
    fn outlines_stand_on_the_baseline() {
        let bounds = outline("H", 20.0, 5.0, 40.0).unwrap().bounds();
        assert!((bounds.bottom() - 40.0).abs() < 0.01 && bounds.top() < 27.0 && bounds.left() > 5.0);
        assert!(outline(" ", 20.0, 0.0, 0.0).is_none());
    }
}
