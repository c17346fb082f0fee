//! A scene as SVG text.

use crate::palette::{Colour, WHITE};
use crate::scene::{Anchor, Scene, Shape};

const FONTS: &str = "Noto Sans, DejaVu Sans, Verdana, Arial, sans-serif";

/// The scene as an SVG document on white.
pub(crate) fn write(scene: &Scene) -> String {
    let (w, h) = (number(scene.width), number(scene.height));
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\" font-family=\"{FONTS}\">\n\
         <rect width=\"{w}\" height=\"{h}\" fill=\"{}\"/>\n",
        hex(WHITE)
    );
    for shape in &scene.shapes {
        out.push_str(&element(shape));
        out.push('\n');
    }
    out.push_str("</svg>\n");
    out
}

fn element(shape: &Shape) -> String {
    match shape {
        Shape::Line { points, colour, width, dashed } => {
            let dash = if *dashed { " stroke-dasharray=\"6 4\"" } else { "" };
            let cap = if *dashed { "butt" } else { "round" };
            format!(
                "<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"{}\" stroke-linejoin=\"round\" stroke-linecap=\"{cap}\"{dash}/>",
                corners(points),
                hex(*colour),
                number(*width)
            )
        }
        Shape::Area { points, colour } => format!("<polygon points=\"{}\" fill=\"{}\"/>", corners(points), hex(*colour)),
        Shape::Dot { x, y, radius, colour } => {
            format!("<circle cx=\"{}\" cy=\"{}\" r=\"{}\" fill=\"{}\"/>", number(*x), number(*y), number(*radius), hex(*colour))
        }
        Shape::Text { x, y, text, size, anchor, upright, colour } => {
            let (x, y) = (number(*x), number(*y));
            let anchor = match anchor {
                Anchor::Start => "start",
                Anchor::Middle => "middle",
                Anchor::End => "end",
            };
            let turn = if *upright { format!(" transform=\"rotate(-90 {x} {y})\"") } else { String::new() };
            format!(
                "<text x=\"{x}\" y=\"{y}\" font-size=\"{}\" text-anchor=\"{anchor}\" fill=\"{}\"{turn}>{}</text>",
                number(*size),
                hex(*colour),
                escape(text)
            )
        }
    }
}

fn corners(points: &[(f64, f64)]) -> String {
    points.iter().map(|(x, y)| format!("{},{}", number(*x), number(*y))).collect::<Vec<_>>().join(" ")
}

/// At most two decimals, none that say nothing.
fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn hex([r, g, b]: Colour) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_become_elements() {
        let mut scene = Scene::new(100.0, 50.0);
        scene.rule((1.2, 2.0), (9.0, 2.0), [1, 2, 255]);
        scene.text((5.0, 6.125), "a<b & c", 12.0, Anchor::End, [0, 0, 0]);
        let svg = write(&scene);
        assert!(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"100\" height=\"50\""));
        assert!(svg.contains("<polyline points=\"1.5,2.5 9.5,2.5\" fill=\"none\" stroke=\"#0102ff\" stroke-width=\"1\""), "{svg}");
        assert!(svg.contains(">a&lt;b &amp; c</text>") && svg.contains("text-anchor=\"end\""), "{svg}");
        assert!(svg.ends_with("</svg>\n"));
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!([number(10.0), number(0.5), number(1.0 / 3.0)], ["10", "0.5", "0.33"]);
    }
}
