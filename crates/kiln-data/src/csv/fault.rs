//! What is wrong with a table, found while reading and put into words afterwards.

use super::cells::{Cells, bare, number};
use kiln_core::Error;
use std::ops::Range;
use std::path::Path;

/// A fault, by places in the text.
#[derive(Debug)]
pub(super) enum Fault {
    /// A cell that is no finite number, in the line that begins at `line`.
    Cell { line: usize, column: usize, cell: Range<usize> },
    /// A line with too few or too many cells.
    Ragged { line: usize },
}

impl Fault {
    /// The error for the user; `first` is the number of the table's first line, `maybe_header` that it was taken for numbers without
    /// being told so, `before` how many lines of the file come before the text.
    pub(super) fn report(
        self,
        path: &Path,
        text: &[u8],
        columns: usize,
        delimiter: u8,
        (first, maybe_header): (usize, bool),
        before: usize,
    ) -> Error {
        let number_of = |at: usize| 1 + before + text[..at].iter().filter(|b| **b == b'\n').count();
        match self {
            Self::Cell { line, column, cell } => {
                let line = number_of(line);
                let cell = bare(&text[cell]);
                let (what, hint) = complaint(cell, (maybe_header && line == first).then_some(first));
                let error = Error::file(path, format!("line {line}, column {}: {what}", column + 1));
                match hint {
                    Some(hint) => error.hint(hint),
                    None => error,
                }
            }
            Self::Ragged { line } => {
                let content = text[line..].split(|b| *b == b'\n').next().unwrap_or_default();
                let received = match Cells::new(content, delimiter).count() {
                    _ if content.trim_ascii().is_empty() => "an empty line".to_owned(),
                    count => count.to_string(),
                };
                let cells = if columns == 1 { "cell" } else { "cells" };
                Error::file(path, format!("line {}: expected {columns} {cells} as in line {first}, received {received}", number_of(line)))
            }
        }
    }
}

/// What is wrong with a cell, and how to fix it.
fn complaint(cell: &[u8], maybe_header: Option<usize>) -> (String, Option<String>) {
    const FILL: &str = "fill it or leave the line out";
    if cell.is_empty() {
        return ("expected a number, received an empty cell".to_owned(), Some(FILL.to_owned()));
    }
    let text = shown(cell);
    if number(cell).is_some() {
        return (format!("expected a finite number, received `{text}`"), Some(FILL.to_owned()));
    }
    let other = [b';', b'\t', b','].into_iter().find(|d| cell.contains(d) && Cells::new(cell, *d).all(|c| number(c).is_some()));
    let hint = match other {
        Some(other) => Some(format!("for another delimiter say `Csv::new(path).delimiter(b'{}')`", other.escape_ascii())),
        None => maybe_header.map(|line| format!("if line {line} is a header, say `Csv::new(path).has_header(true)`")),
    };
    (format!("expected a number, received `{text}`"), hint)
}

/// The text of a cell, cut when it is long.
pub(super) fn shown(cell: &[u8]) -> String {
    const LONGEST: usize = 40;
    let text = String::from_utf8_lossy(cell);
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_cells_are_cut() {
        let (what, hint) = complaint("x".repeat(50).as_bytes(), None);
        assert_eq!(what, format!("expected a number, received `{}…`", "x".repeat(40)));
        assert!(hint.is_none());
    }
}
