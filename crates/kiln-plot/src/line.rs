//! One line of a chart.

/// Values beyond this are left out as infinite ones are: their range would not fit a float.
const FARTHEST: f64 = 1e300;

/// How a series is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Style {
    Solid,
    Dashed,
    /// Dots without a line.
    Points,
}

/// One series of a chart.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) points: Vec<(f64, f64)>,
    pub(crate) style: Style,
}

impl Line {
    /// The stretches of points that can be drawn; between them are gaps.
    pub(crate) fn runs(&self) -> impl Iterator<Item = &[(f64, f64)]> {
        let finite = |p: &(f64, f64)| p.0.abs() <= FARTHEST && p.1.abs() <= FARTHEST;
        self.points.split(move |p| !finite(p)).filter(|run| !run.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_finite_parts_the_line() {
        let points = vec![(f64::NAN, 1.0), (1.0, 1.0), (2.0, 2.0), (3.0, f64::INFINITY), (4.0, f64::MAX), (5.0, 5.0)];
        let line = Line { name: String::new(), points, style: Style::Solid };
        assert_eq!(line.runs().collect::<Vec<_>>(), [&[(1.0, 1.0), (2.0, 2.0)][..], &[(5.0, 5.0)]]);
    }
}
