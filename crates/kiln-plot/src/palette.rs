//! Colours: Okabe and Ito's, which people with any kind of colour vision tell apart, less the yellow that white swallows.

/// Red, green, blue.
pub(crate) type Colour = [u8; 3];

pub(crate) const WHITE: Colour = [255, 255, 255];
/// Titles.
pub(crate) const INK: Colour = [34, 34, 34];
/// Labels of axes and ticks.
pub(crate) const SOFT_INK: Colour = [85, 85, 85];
/// Axes.
pub(crate) const AXIS: Colour = [136, 136, 136];
/// Lines of the grid.
pub(crate) const GRID: Colour = [228, 228, 228];

const SERIES: [Colour; 7] = [[0, 114, 178], [213, 94, 0], [0, 158, 115], [204, 121, 167], [230, 159, 0], [86, 180, 233], [0, 0, 0]];

/// The colour of the series with this index; they repeat after seven.
pub(crate) fn series(index: usize) -> Colour {
    SERIES[index % SERIES.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seven_colours_then_again() {
        let first: Vec<Colour> = (0..7).map(series).collect();
        assert!((0..7).all(|i| first.iter().filter(|c| **c == first[i]).count() == 1));
        assert_eq!(series(7), series(0));
    }
}
