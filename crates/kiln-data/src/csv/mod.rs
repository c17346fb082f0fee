//! Tables of numbers as text.

mod cells;
mod column;
mod fault;
mod lazy;
mod plan;
mod records;
mod save;
mod table;
mod typed;

pub use column::{ColumnType, Missing};
pub use save::save_csv;
pub use table::Table;

use crate::{Skipped, file};
use cells::Cells;
use fault::Fault;
use kiln_core::{Error, Result, Tensor};
use rayon::prelude::*;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Reads a CSV file of numbers: a `float32` tensor of shape (rows, columns), one column giving (rows, 1).
///
/// It is [`Csv`] with its defaults: commas, and a first line without any number is taken for a header and left out.
///
/// # Errors
/// A file that is missing or empty, a cell that isn't a finite number, or a line with another number of cells than the first;
/// the error names line, column and text.
///
/// ```
/// let path = std::env::temp_dir().join(format!("kiln-load-{}.csv", std::process::id()));
/// std::fs::write(&path, "width,height\n1,2.5\n3,4\n").unwrap();
/// let table = kiln_data::load_csv(&path)?;
/// assert_eq!(table.shape(), [2, 2]);
/// assert_eq!(table.to_vec::<f32>(), [1.0, 2.5, 3.0, 4.0]);
/// # std::fs::remove_file(&path).unwrap();
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub fn load_csv(path: impl AsRef<Path>) -> Result<Tensor> {
    Csv::new(path).load()
}

/// A CSV file to be read: [`load`](Self::load) gives a table of numbers, [`load_table`](Self::load_table) columns of several types, and
/// [`batches`](Self::batches) reads a file of any size batch by batch.
///
/// Lines end with `\n` or `\r\n`. Spaces and double quotes around a number and empty lines at the end are accepted, and a file
/// packed with gzip is unpacked. Large files are read on all cores.
///
/// ```
/// use kiln_data::Csv;
/// let path = std::env::temp_dir().join(format!("kiln-csv-{}.csv", std::process::id()));
/// std::fs::write(&path, "1;2\r\n3;\"4\"\r\n").unwrap();
/// let table = Csv::new(&path).delimiter(b';').has_header(false).load()?;
/// assert_eq!(table.to_vec::<f32>(), [1.0, 2.0, 3.0, 4.0]);
/// # std::fs::remove_file(&path).unwrap();
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Csv {
    path: PathBuf,
    delimiter: u8,
    has_header: Option<bool>,
    skip_lines: usize,
    column_names: Option<Vec<String>>,
    select: Option<Vec<String>>,
    types: Vec<(String, ColumnType)>,
    vocabularies: Vec<(String, Vec<String>)>,
    missing: Missing,
    missing_of: Vec<(String, Missing)>,
    missing_values: Vec<Vec<u8>>,
    skipped: Option<Skipped>,
}

impl Csv {
    /// The file at `path`, with commas and a header if the first line has no number in it.
    pub fn new(path: impl AsRef<Path>) -> Self {
        Self {
            path: path.as_ref().to_owned(),
            delimiter: b',',
            has_header: None,
            skip_lines: 0,
            column_names: None,
            select: None,
            types: Vec::new(),
            vocabularies: Vec::new(),
            missing: Missing::Refuse,
            missing_of: Vec::new(),
            missing_values: column::MISSING.map(|cell| cell.as_bytes().to_vec()).to_vec(),
            skipped: None,
        }
    }

    /// The byte between two cells; default `,`.
    pub fn delimiter(mut self, delimiter: u8) -> Self {
        self.delimiter = delimiter;
        self
    }

    /// Whether the first line is a header. Default: it is when none of its cells is a number.
    pub fn has_header(mut self, has_header: bool) -> Self {
        self.has_header = Some(has_header);
        self
    }

    /// Lines at the top that are no part of the table, such as its source or its size; a header may follow them. Default 0.
    ///
    /// ```
    /// use kiln_data::Csv;
    /// let path = std::env::temp_dir().join(format!("kiln-skip-{}.csv", std::process::id()));
    /// std::fs::write(&path, "2,2,cat,dog\n0.5,1.5,0\n2.5,3.5,1\n").unwrap();
    /// assert_eq!(Csv::new(&path).skip_lines(1).load()?.shape(), [2, 3]);
    /// # std::fs::remove_file(&path).unwrap();
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn skip_lines(mut self, lines: usize) -> Self {
        self.skip_lines = lines;
        self
    }

    /// Reads the file: a `float32` tensor of shape (rows, columns).
    ///
    /// # Errors
    /// As for [`load_csv`]; also a delimiter that can be part of a number.
    pub fn load(&self) -> Result<Tensor> {
        self.check()?;
        self.parse(&file::read(&self.path)?)
    }

    fn check(&self) -> Result<()> {
        if self.delimiter.is_ascii_alphanumeric() || b"+-.\"\r\n".contains(&self.delimiter) {
            let received = format!("`{}`", (self.delimiter as char).escape_default());
            return Err(Error::option("Csv", "delimiter", "a byte that no number contains", received));
        }
        Ok(())
    }

    pub(crate) fn parse(&self, text: &[u8]) -> Result<Tensor> {
        let end = end_of_content(text, self.delimiter);
        let bom = if text.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
        let start = (0..self.skip_lines).fold(bom, |start, _| if start < end { line_end(text, start, end) + 1 } else { start });
        if start >= end && end > bom {
            return Err(Error::file(&self.path, format!("has no line after the {} to be skipped", self.skip_lines)));
        }
        if end <= start {
            return Err(Error::file(&self.path, "is empty").hint("expected lines of numbers"));
        }
        let first = line_end(text, start, end);
        let mut header = Cells::new(&text[start..first], self.delimiter);
        let columns = Cells::new(&text[start..first], self.delimiter).count();
        let skip = self.has_header.unwrap_or_else(|| !header.any(|cell| cells::number(cell).is_some()));
        let start = if skip { first + 1 } else { start };
        if start >= end {
            return Err(
                Error::file(&self.path, "has no line of numbers after its header").hint("say `has_header(false)` if line 1 is data")
            );
        }
        let values = self.values(text, start..end, columns).map_err(|fault| {
            fault.report(&self.path, text, columns, self.delimiter, (self.skip_lines + 1, self.has_header.is_none() && !skip), 0)
        })?;
        let rows = values.len() / columns;
        Tensor::from_vec(values, [rows, columns])
    }

    /// The numbers of a part of the text, row by row. The parts of the text that the cores read are whole lines.
    fn values(&self, text: &[u8], content: Range<usize>, columns: usize) -> Result<Vec<f32>, Fault> {
        let parts = split_at_lines(text, content);
        // A full line has two bytes for each cell at least. Where there are more lines than that allows, one of the first is too short and
        // ends the reading: no memory is asked for that the text can't fill.
        let full = |part: &Range<usize>| part.len() / (2 * columns) + 1;
        let rows: Vec<usize> = parts.par_iter().map(|part| lines(&text[part.clone()]).min(full(part))).collect();
        let mut values = vec![0.0f32; rows.iter().sum::<usize>() * columns];
        let mut rest = values.as_mut_slice();
        let mut jobs = Vec::with_capacity(parts.len());
        for (part, rows) in parts.into_iter().zip(rows) {
            let (out, after) = std::mem::take(&mut rest).split_at_mut(rows * columns);
            jobs.push((part, out));
            rest = after;
        }
        let faults: Vec<Option<Fault>> =
            jobs.into_par_iter().map(|(part, out)| cells::parse(text, part, columns, self.delimiter, out).err()).collect();
        match faults.into_iter().flatten().next() {
            Some(fault) => Err(fault),
            None => Ok(values),
        }
    }
}

/// The end of the last line that has something in it.
fn end_of_content(text: &[u8], delimiter: u8) -> usize {
    let blank = |b: &u8| matches!(b, b'\n' | b'\r' | b' ' | b'\t') && *b != delimiter;
    text.iter().rposition(|b| !blank(b)).map_or(0, |last| last + 1)
}

fn line_end(text: &[u8], start: usize, end: usize) -> usize {
    text[start..end].iter().position(|b| *b == b'\n').map_or(end, |n| start + n)
}

/// The number of lines in a text whose last line has no line end.
fn lines(text: &[u8]) -> usize {
    // Counting in bytes of 255 lets the compiler use vector instructions.
    1 + text.chunks(255).map(|c| usize::from(c.iter().map(|b| u8::from(*b == b'\n')).sum::<u8>())).sum::<usize>()
}

/// Cuts the content into parts of whole lines, each without its last line end.
fn split_at_lines(text: &[u8], content: Range<usize>) -> Vec<Range<usize>> {
    const PART: usize = 1 << 20;
    let mut parts = Vec::new();
    let mut start = content.start;
    while start < content.end {
        let end = line_end(text, (start + PART).min(content.end), content.end);
        parts.push(start..end);
        start = end + 1;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Tensor> {
        Csv::new("train.csv").parse(text.as_bytes())
    }

    fn error(text: &str) -> String {
        parse(text).unwrap_err().to_string()
    }

    #[test]
    fn short_lines_behind_a_wide_one_ask_for_no_memory() {
        let wide = format!("1{}\n{}", ",1".repeat(200_000), "1\n".repeat(400_000));
        assert_eq!(error(&wide), "train.csv: line 2: expected 200001 cells as in line 1, received 1");
    }

    #[test]
    fn numbers_in_every_dress() {
        let table = parse("1,2.5,-3\n4e2, 5 ,\"6\"\r\n+7,.5,0012\r\n16777217,123456789,1e-3\n\n \r\n").unwrap();
        let expected = [1.0, 2.5, -3.0, 400.0, 5.0, 6.0, 7.0, 0.5, 12.0, 16777216.0, 123456789.0, 1e-3];
        assert_eq!((table.shape(), table.to_vec::<f32>()), (vec![4, 3], expected.to_vec()));
        assert_eq!(parse("5").unwrap().shape(), [1, 1]);
        assert_eq!(parse("5\n6\n7\n").unwrap().shape(), [3, 1]);
        assert_eq!(parse("\u{feff}1,2").unwrap().to_vec::<f32>(), [1.0, 2.0]);
    }

    #[test]
    fn a_first_line_without_numbers_is_a_header() {
        assert_eq!(parse("\"YEAR\",\"SUN, SPOTS\"\n1700,5\n").unwrap().to_vec::<f32>(), [1700.0, 5.0]);
        assert_eq!(Csv::new("a").has_header(true).parse(b"0,1\n2,3").unwrap().to_vec::<f32>(), [2.0, 3.0]);
        assert_eq!(
            error("150,4,setosa\n5.1,3.5,0\n"),
            "train.csv: line 1, column 3: expected a number, received `setosa`; if line 1 is a header, say `Csv::new(path).has_header(true)`"
        );
        let strict = Csv::new("a").has_header(false).parse(b"x,y\n1,2").unwrap_err().to_string();
        assert_eq!(strict, "a: line 1, column 1: expected a number, received `x`");
        let skipping = |lines| Csv::new("a").skip_lines(lines).parse(b"\xEF\xBB\xBFby hand\n2,1\nx,y\n1,2\n3,4\n");
        assert_eq!(skipping(2).unwrap().to_vec::<f32>(), [1.0, 2.0, 3.0, 4.0]);
        assert_eq!(skipping(4).unwrap().to_vec::<f32>(), [3.0, 4.0]);
        let errors = [0, 1, 5, 9].map(|lines| skipping(lines).unwrap_err().to_string());
        assert_eq!(errors[0], "a: line 2: expected 1 cell as in line 1, received 2");
        let hint = "if line 2 is a header, say `Csv::new(path).has_header(true)`";
        assert_eq!(errors[1], "a: line 3, column 1: expected a number, received `x`");
        let header = Csv::new("a").skip_lines(1).parse(b"by hand\n2,x\n1,2\n").unwrap_err().to_string();
        assert_eq!(header, format!("a: line 2, column 2: expected a number, received `x`; {hint}"));
        assert_eq!(errors[2], "a: has no line after the 5 to be skipped");
        assert_eq!(errors[3], "a: has no line after the 9 to be skipped");
        assert_eq!(error("x,y\n"), "train.csv: has no line of numbers after its header; say `has_header(false)` if line 1 is data");
    }

    #[test]
    fn bad_cells_are_named() {
        assert_eq!(error("1,2,3,4,5\n1,2,3,4,5\n1,2,3,4,abc\n"), "train.csv: line 3, column 5: expected a number, received `abc`");
        assert_eq!(
            error("a,b\n1,2\n1,\n"),
            "train.csv: line 3, column 2: expected a number, received an empty cell; fill it or leave the line out"
        );
        assert_eq!(
            error("1,2\n, 2"),
            "train.csv: line 2, column 1: expected a number, received an empty cell; fill it or leave the line out"
        );
        assert_eq!(error("1\nNaN"), "train.csv: line 2, column 1: expected a finite number, received `NaN`; fill it or leave the line out");
        assert_eq!(
            error("1\n1e99"),
            "train.csv: line 2, column 1: expected a finite number, received `1e99`; fill it or leave the line out"
        );
        assert_eq!(error("1 2\n"), "train.csv: has no line of numbers after its header; say `has_header(false)` if line 1 is data");
        assert_eq!(
            error("1\n2;3\n"),
            "train.csv: line 2, column 1: expected a number, received `2;3`; for another delimiter say `Csv::new(path).delimiter(b';')`"
        );
    }

    #[test]
    fn ragged_and_empty_lines_are_named() {
        assert_eq!(error("1,2\n3,4\n5\n"), "train.csv: line 3: expected 2 cells as in line 1, received 1");
        assert_eq!(error("1,2\n3,4,5\n6,7"), "train.csv: line 2: expected 2 cells as in line 1, received 3");
        assert_eq!(error("1,2\n\n3,4\n"), "train.csv: line 2: expected 2 cells as in line 1, received an empty line");
        assert_eq!(error("1\n\n3\n"), "train.csv: line 2: expected 1 cell as in line 1, received an empty line");
        assert_eq!(error(" \n\n"), "train.csv: is empty; expected lines of numbers");
    }

    #[test]
    fn other_delimiters() {
        assert_eq!(Csv::new("a").delimiter(b'\t').parse(b"1\t2\n3\t4\n").unwrap().shape(), [2, 2]);
        let error = Csv::new("a").delimiter(b'\t').parse(b"1\t2\n3\t\n").unwrap_err().to_string();
        assert_eq!(error, "a: line 2, column 2: expected a number, received an empty cell; fill it or leave the line out");
        let error = Csv::new("a").delimiter(b'.').load().unwrap_err().to_string();
        assert_eq!(error, "Csv: `delimiter` must be a byte that no number contains, received `.`");
    }

    #[test]
    fn large_files_are_read_in_parts() {
        let mut text = String::new();
        for row in 0..200_000 {
            text += &format!("{row},{},{}\n", row % 256, row as f32 / 8.0);
        }
        assert!(text.len() > 3 << 20);
        let table = parse(&text).unwrap();
        assert_eq!(table.shape(), [200_000, 3]);
        let values = table.to_vec::<f32>();
        assert!((0..200_000).all(|r| values[3 * r..3 * r + 3] == [r as f32, (r % 256) as f32, r as f32 / 8.0]));
        let broken = text.replace("\n150000,", "\n15x,").replace("\n170000,", "\n17x,");
        assert_eq!(error(&broken), "train.csv: line 150001, column 1: expected a number, received `15x`");
    }
}
