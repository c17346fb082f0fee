//! Where the cards of a diagram go: rows from top to bottom, few crossings, arrows as straight as there is room for.
//!
//! The method is that of Sugiyama, Tagawa and Toda (1981): each card stands below all that point to it, an arrow over several rows
//! gets a place in each, rows are sorted by the means of their neighbours, and then moved towards them.

/// The room between two neighbours in a row.
const GAP: f64 = 24.0;
/// The width that an arrow passing through a row gets.
const PASSAGE: f64 = 8.0;
const SWEEPS: usize = 12;

/// A card, or the passage of an arrow through a row.
#[derive(Debug)]
struct Item {
    width: f64,
    row: usize,
    above: Vec<usize>,
    below: Vec<usize>,
    x: f64,
}

/// A diagram in rows.
#[derive(Debug, PartialEq)]
pub(crate) struct Rows {
    /// The row of each card.
    pub(crate) row: Vec<usize>,
    /// The middle of each card.
    pub(crate) x: Vec<f64>,
    /// For each arrow, where it passes through the rows between its ends: row and middle.
    pub(crate) bends: Vec<Vec<(usize, f64)>>,
    pub(crate) width: f64,
}

/// Places cards of these widths; an arrow goes from a card to a later one.
pub(crate) fn place(widths: &[f64], arrows: &[(usize, usize)]) -> Rows {
    let mut items: Vec<Item> = Vec::new();
    for (card, &width) in widths.iter().enumerate() {
        let row = arrows.iter().filter(|(_, to)| *to == card).map(|(from, _)| items[*from].row + 1).max().unwrap_or(0);
        items.push(Item { width, row, above: Vec::new(), below: Vec::new(), x: 0.0 });
    }
    let mut passages: Vec<Vec<usize>> = Vec::new();
    for &(from, to) in arrows {
        let (mut last, mut passed) = (from, Vec::new());
        for row in items[from].row + 1..items[to].row {
            items.push(Item { width: PASSAGE, row, above: vec![last], below: Vec::new(), x: 0.0 });
            let new = items.len() - 1;
            items[last].below.push(new);
            passed.push(new);
            last = new;
        }
        items[last].below.push(to);
        items[to].above.push(last);
        passages.push(passed);
    }
    let mut rows: Vec<Vec<usize>> = vec![Vec::new(); items.iter().map(|i| i.row + 1).max().unwrap_or(0)];
    (0..items.len()).for_each(|i| rows[items[i].row].push(i));
    for sweep in 0..2 * SWEEPS {
        let order: Vec<usize> = if sweep % 2 == 0 { (0..rows.len()).collect() } else { (0..rows.len()).rev().collect() };
        for r in order {
            let wanted = |i: usize| wish(&items, i, sweep % 2 == 0);
            // Once the rows have settled, their order stays and only the places get better.
            if sweep < SWEEPS {
                let mut keyed: Vec<(f64, usize)> = rows[r].iter().map(|&i| (wanted(i), i)).collect();
                keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
                rows[r] = keyed.into_iter().map(|(_, i)| i).collect();
            }
            let wishes: Vec<f64> = rows[r].iter().map(|&i| wanted(i)).collect();
            let sizes: Vec<f64> = rows[r].iter().map(|&i| items[i].width).collect();
            rows[r].iter().zip(apart(&wishes, &sizes)).for_each(|(&i, x)| items[i].x = x);
        }
    }
    let left = items.iter().map(|i| i.x - i.width / 2.0).fold(f64::INFINITY, f64::min);
    let right = items.iter().map(|i| i.x + i.width / 2.0).fold(f64::NEG_INFINITY, f64::max);
    let (row, x) = items[..widths.len()].iter().map(|i| (i.row, i.x - left)).unzip();
    let bends = passages.iter().map(|p| p.iter().map(|&i| (items[i].row, items[i].x - left)).collect()).collect();
    Rows { row, x, bends, width: if items.is_empty() { 0.0 } else { right - left } }
}

/// Where an item would stand best: in the middle of those it is joined to, above on the way down and below on the way up.
fn wish(items: &[Item], item: usize, down: bool) -> f64 {
    let near = if down { &items[item].above } else { &items[item].below };
    if near.is_empty() { items[item].x } else { near.iter().map(|&i| items[i].x).sum::<f64>() / near.len() as f64 }
}

/// The places nearest to `wishes`, in their order, at which items of these widths don't touch: least squares, by pooling
/// neighbours that would.
fn apart(wishes: &[f64], widths: &[f64]) -> Vec<f64> {
    let mut offset = 0.0;
    let offsets: Vec<f64> = (0..widths.len())
        .map(|i| {
            offset += if i == 0 { 0.0 } else { (widths[i - 1] + widths[i]) / 2.0 + GAP };
            offset
        })
        .collect();
    // Groups that move together: the sum of their wishes, and how many they are.
    let mut groups: Vec<(f64, usize)> = Vec::new();
    for (wish, offset) in wishes.iter().zip(&offsets) {
        let mut group = (wish - offset, 1);
        while let Some(&(sum, count)) = groups.last().filter(|(sum, count)| sum / *count as f64 >= group.0 / group.1 as f64) {
            group = (group.0 + sum, group.1 + count);
            groups.pop();
        }
        groups.push(group);
    }
    let means = groups.into_iter().flat_map(|(sum, count)| std::iter::repeat_n(sum / count as f64, count));
    means.zip(offsets).map(|(mean, offset)| mean + offset).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_keep_apart_and_stand_below_what_points_to_them() {
        // A block with a way round, and two heads.
        let arrows = [(0, 1), (1, 2), (2, 3), (0, 3), (3, 4), (3, 5)];
        let rows = place(&[60.0; 6], &arrows);
        assert_eq!(rows.row, [0, 1, 2, 3, 4, 4]);
        assert!(arrows.iter().all(|(from, to)| rows.row[*from] < rows.row[*to]));
        assert!((rows.x[4] - rows.x[5]).abs() >= 60.0 + GAP - 1e-9, "{rows:?}");
        assert!((rows.x[3] - (rows.x[4] + rows.x[5]) / 2.0).abs() < 1.0, "{rows:?}");
        // The arrow that skips two rows passes beside the cards in them.
        assert_eq!(rows.bends[3].len(), 2);
        assert!(rows.bends[3].iter().zip([1, 2]).all(|((row, x), card)| *row == card && (x - rows.x[card]).abs() > 30.0), "{rows:?}");
        assert!(rows.x.iter().all(|x| *x >= 29.9 && *x <= rows.width - 29.9));
    }

    #[test]
    fn a_chain_is_a_straight_line() {
        let rows = place(&[40.0, 90.0, 50.0], &[(0, 1), (1, 2)]);
        assert!(rows.x.iter().all(|x| (x - 45.0).abs() < 1e-9), "{rows:?}");
        assert_eq!(rows.width, 90.0);
        assert_eq!(place(&[], &[]).width, 0.0);
    }

    #[test]
    fn pooling_gives_the_least_squares() {
        assert_eq!(apart(&[0.0, 0.0], &[10.0, 10.0]), [-(5.0 + GAP / 2.0), 5.0 + GAP / 2.0]);
        assert_eq!(apart(&[0.0, 100.0], &[10.0, 10.0]), [0.0, 100.0]);
    }
}
