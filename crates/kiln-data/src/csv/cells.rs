//! Cells and the numbers in them.

use super::fault::Fault;
use std::ops::Range;

/// Digits that a `f32` holds exactly: fewer than 2^24.
const EXACT_DIGITS: usize = 7;

/// Reads the numbers of whole lines `part` into `out`, which has room for `columns` numbers of each line.
pub(super) fn parse(text: &[u8], part: Range<usize>, columns: usize, delimiter: u8, out: &mut [f32]) -> Result<(), Fault> {
    let text = &text[..part.end];
    let mut at = part.start;
    for row in out.chunks_exact_mut(columns) {
        let line = at;
        for (column, value) in row.iter_mut().enumerate() {
            let start = at;
            let mut whole = 0u32;
            while let Some(digit) = text.get(at).map(|b| b.wrapping_sub(b'0')).filter(|d| *d < 10) {
                whole = whole.wrapping_mul(10).wrapping_add(u32::from(digit));
                at += 1;
            }
            let plain = (1..=EXACT_DIGITS).contains(&(at - start));
            let last = column + 1 == columns;
            match text.get(at) {
                Some(b) if plain && *b == delimiter && !last => *value = whole as f32,
                Some(b'\n') | None if plain && last => *value = whole as f32,
                _ => {
                    at = cell_end(text, start, delimiter);
                    let ends_line = matches!(text.get(at), Some(b'\n') | None);
                    let empty_line = columns == 1 && text[start..at].trim_ascii().is_empty();
                    *value = match number(&text[start..at]) {
                        // A cell too few or too many tells more than what is in the cells.
                        _ if ends_line != last || empty_line => return Err(Fault::Ragged { line }),
                        Some(value) if value.is_finite() => value,
                        _ => return Err(Fault::Cell { line, column, cell: start..at }),
                    };
                }
            }
            at += 1;
        }
    }
    Ok(())
}

/// Where the cell that begins at `start` ends: at a delimiter or line end outside quotes.
fn cell_end(text: &[u8], start: usize, delimiter: u8) -> usize {
    let mut quoted = false;
    let end = text[start..].iter().position(|b| {
        quoted ^= *b == b'"';
        *b == b'\n' || (*b == delimiter && !quoted)
    });
    end.map_or(text.len(), |n| start + n)
}

/// The number in a cell, if there is one.
pub(super) fn number(cell: &[u8]) -> Option<f32> {
    fast_float2::parse(bare(cell)).ok()
}

/// A cell without the spaces and quotes around it.
pub(super) fn bare(cell: &[u8]) -> &[u8] {
    let cell = cell.trim_ascii();
    match cell {
        [b'"', inner @ .., b'"'] => inner.trim_ascii(),
        _ => cell,
    }
}

/// The cells of one line.
pub(super) struct Cells<'a> {
    line: &'a [u8],
    at: usize,
    delimiter: u8,
}

impl<'a> Cells<'a> {
    pub(super) fn new(line: &'a [u8], delimiter: u8) -> Self {
        Self { line, at: 0, delimiter }
    }
}

impl<'a> Iterator for Cells<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.at > self.line.len() {
            return None;
        }
        let (start, end) = (self.at, cell_end(self.line, self.at, self.delimiter));
        self.at = end + 1;
        Some(&self.line[start..end])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_hold_delimiters() {
        let cells: Vec<&[u8]> = Cells::new(b"\"a,b\", 2 ,", b',').collect();
        assert_eq!(cells, [&b"\"a,b\""[..], b" 2 ", b""]);
        assert_eq!(bare(b" \" 2 \"\r"), b"2");
        assert_eq!(number(b"+1.5e1"), Some(15.0));
        assert_eq!(number(b"1,5"), None);
    }
}
