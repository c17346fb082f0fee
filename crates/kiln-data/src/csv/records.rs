//! The lines of a table one after the other, cut into cells: in memory is one line at a time.

use super::Csv;
use super::cells::{bare, number};
use crate::reader;
use kiln_core::{Error, Result};
use std::borrow::Cow;
use std::io::BufRead;
use std::ops::Range;
use std::path::PathBuf;

/// Bytes after which a quote that isn't closed is a mistake.
const LONGEST: usize = 16 << 20;

/// One line, or several where a quoted cell holds line ends.
#[derive(Debug, Default)]
pub(super) struct Record {
    text: Vec<u8>,
    cells: Vec<Range<usize>>,
    /// The number of its first line, from 1.
    pub(super) line: u64,
}

impl Record {
    /// A cell as it stands in the file.
    pub(super) fn cell(&self, place: usize) -> &[u8] {
        self.cells.get(place).map_or(&[], |range| &self.text[range.clone()])
    }

    fn is_blank(&self) -> bool {
        self.text.trim_ascii().is_empty()
    }

    fn split(&mut self, delimiter: u8) -> bool {
        self.cells.clear();
        let (mut start, mut open, mut begun, mut quoted) = (0, false, false, false);
        for (at, &byte) in self.text.iter().enumerate() {
            match byte {
                // Only a cell that begins with a quote is quoted.
                b'"' if !begun => (open, begun, quoted) = (true, true, true),
                b'"' if open => open = false,
                // A quote within a quoted cell stands for itself when it is doubled: closed and opened again at once.
                b'"' if quoted && at > start && self.text[at - 1] == b'"' => open = true,
                _ if byte == delimiter && !open => {
                    self.cells.push(start..at);
                    (start, begun, quoted) = (at + 1, false, false);
                }
                b' ' | b'\t' => {}
                _ => begun = true,
            }
        }
        self.cells.push(start..self.text.len());
        open
    }
}

/// The text in a cell: without the spaces around it, its quotes taken off.
pub(super) fn text(cell: &[u8]) -> Cow<'_, [u8]> {
    match cell.trim_ascii() {
        [b'"', inner @ .., b'"'] if inner.contains(&b'"') => {
            let mut text = Vec::with_capacity(inner.len());
            let mut bytes = inner.iter();
            while let Some(&byte) = bytes.next() {
                text.push(byte);
                if byte == b'"' {
                    bytes.next();
                }
            }
            Cow::Owned(text)
        }
        [b'"', inner @ .., b'"'] => Cow::Borrowed(inner),
        plain => Cow::Borrowed(plain),
    }
}

/// Reads records.
pub(super) struct Records {
    path: PathBuf,
    input: Box<dyn BufRead + Send>,
    delimiter: u8,
    /// The names of the columns: those in the header, else numbers from 0.
    pub(super) names: Vec<String>,
    pub(super) record: Record,
    /// Lines read so far.
    lines: u64,
    /// The number of the line that says how many cells there are.
    first: u64,
    /// The record has been read to look for a header, and is none.
    ready: bool,
    /// Nothing more can be read.
    pub(super) ended: bool,
}

impl Records {
    /// Opens the file and reads its header.
    pub(super) fn open(csv: &Csv) -> Result<Self> {
        csv.check()?;
        let input = reader::open(&csv.path)?;
        let (path, record) = (csv.path.clone(), Record::default());
        let mut records =
            Self { path, input, delimiter: csv.delimiter, names: Vec::new(), record, lines: 0, first: 0, ready: false, ended: false };
        for _ in 0..csv.skip_lines {
            records.record.text.clear();
            records.line()?;
        }
        if !records.read()? {
            let what =
                if csv.skip_lines > 0 { format!("has no line after the {} to be skipped", csv.skip_lines) } else { "is empty".into() };
            return Err(records.error(what));
        }
        records.first = records.record.line;
        let width = records.record.cells.len();
        let cells = || (0..width).map(|place| records.record.cell(place));
        let is_header = csv.has_header.unwrap_or_else(|| !cells().any(|cell| number(cell).is_some()));
        records.names = match (&csv.column_names, is_header) {
            (Some(names), _) => names.clone(),
            (None, true) => cells().enumerate().map(|(place, cell)| records.utf8(place, cell)).collect::<Result<_>>()?,
            (None, false) => (0..width).map(|place| place.to_string()).collect(),
        };
        if records.names.len() != width {
            let received = format!("{} names", records.names.len());
            return Err(Error::option("Csv", "column_names", format!("{width}, as line {} has", records.first), received));
        }
        let twice = records.names.iter().enumerate().find(|(place, name)| records.names[..*place].contains(name));
        if let Some((place, name)) = twice {
            return Err(records
                .error(format!("line {}, column {}: a second column `{name}`", records.first, place + 1))
                .hint("say `column_names` to name them anew"));
        }
        records.ready = !is_header;
        Ok(records)
    }

    /// How many lines come before the first line of values.
    pub(super) fn head(csv: &Csv) -> Result<usize> {
        let records = Self::open(csv)?;
        Ok(if records.ready { csv.skip_lines } else { records.lines as usize })
    }

    /// Reads the next record; `false` at the end. After an error of a line, the next call goes on with the line after it.
    pub(super) fn advance(&mut self) -> Result<bool> {
        if std::mem::take(&mut self.ready) {
            return Ok(true);
        }
        if self.ended || !self.read()? {
            return Ok(false);
        }
        let (line, expected) = (self.record.line, self.names.len());
        if self.record.cells.len() == expected && !(expected == 1 && self.record.is_blank()) {
            return Ok(true);
        }
        let received = if self.record.is_blank() { "an empty line".to_owned() } else { self.record.cells.len().to_string() };
        let cells = if expected == 1 { "cell" } else { "cells" };
        Err(self.error(format!("line {line}: expected {expected} {cells} as in line {}, received {received}", self.first)))
    }

    /// Reads and splits a record, without the empty lines at the end of the file.
    fn read(&mut self) -> Result<bool> {
        self.record.text.clear();
        self.record.line = self.lines + 1;
        loop {
            if !self.line()? {
                if self.record.text.is_empty() {
                    return Ok(false);
                }
                let what = format!("line {}: a quote is not closed", self.record.line);
                return Err(self.error(what));
            }
            if self.lines == self.record.line && self.record.is_blank() && !self.record.text.contains(&self.delimiter) {
                return Ok(!self.only_blanks()?);
            }
            if !self.record.split(self.delimiter) {
                return Ok(true);
            }
            if self.record.text.len() > LONGEST {
                self.ended = true;
                let what = format!("line {}: a quote is not closed within {} MiB", self.record.line, LONGEST >> 20);
                return Err(self.error(what));
            }
            self.record.text.push(b'\n');
        }
    }

    /// Whether nothing but empty lines follows. What does follow is left where it is.
    fn only_blanks(&mut self) -> Result<bool> {
        self.record.split(self.delimiter);
        loop {
            let buffer = match self.input.fill_buf() {
                Ok([]) => {
                    self.ended = true;
                    return Ok(true);
                }
                Ok(buffer) => buffer,
                Err(error) => return Err(reader::failed(&self.path, &error)),
            };
            let blanks = buffer.iter().take_while(|byte| byte.is_ascii_whitespace() && **byte != self.delimiter);
            let (mut count, mut lines) = (0, 0);
            for byte in blanks {
                count += 1;
                lines += u64::from(*byte == b'\n');
            }
            let all = count == buffer.len();
            if !all {
                return Ok(false);
            }
            self.input.consume(count);
            self.lines += lines;
        }
    }

    /// Reads a line to the end of the record's text, without its end; `false` at the end of the file.
    fn line(&mut self) -> Result<bool> {
        let text = &mut self.record.text;
        match self.input.read_until(b'\n', text) {
            Ok(0) => Ok(false),
            Ok(_) => {
                if text.last() == Some(&b'\n') {
                    text.pop();
                }
                if text.last() == Some(&b'\r') {
                    text.pop();
                }
                if self.lines == 0 && text.starts_with(b"\xEF\xBB\xBF") {
                    text.drain(..3);
                }
                self.lines += 1;
                Ok(true)
            }
            Err(error) => {
                self.ended = true;
                Err(reader::failed(&self.path, &error))
            }
        }
    }

    /// The text of a cell of the record.
    pub(super) fn utf8(&self, place: usize, cell: &[u8]) -> Result<String> {
        String::from_utf8(text(cell).into_owned()).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            let line = self.record.line;
            Error::file(&self.path, format!("line {line}, column {}: is not UTF-8: byte {at} of the cell begins no character", place + 1))
        })
    }

    /// An error about a cell of the record.
    pub(super) fn wrong(&self, place: usize, expected: &str) -> Error {
        let (cell, name) = (bare(self.record.cell(place)), &self.names[place]);
        let received = match cell {
            [] => "an empty cell".to_owned(),
            cell => format!("`{}`", super::fault::shown(cell)),
        };
        let named = if *name == place.to_string() { String::new() } else { format!(" (`{name}`)") };
        self.error(format!("line {}, column {}{named}: expected {expected}, received {received}", self.record.line, place + 1))
    }

    fn error(&self, what: String) -> Error {
        Error::file(&self.path, what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(line: &str) -> Vec<String> {
        let mut record = Record { text: line.into(), ..Record::default() };
        assert!(!record.split(b','), "{line}");
        (0..record.cells.len()).map(|place| String::from_utf8(text(record.cell(place)).into_owned()).unwrap()).collect()
    }

    #[test]
    fn quotes_are_taken_off() {
        assert_eq!(cells(r#"a, "b, c" ,"d ""e""", f "g"" h,,"""""#), ["a", "b, c", "d \"e\"", "f \"g\"\" h", "", "\""]);
        assert!(Record { text: b"a,\"b".to_vec(), ..Record::default() }.split(b','));
    }

    #[test]
    fn records_know_their_lines() {
        let path = std::env::temp_dir().join(format!("kiln-records-{}.csv", std::process::id()));
        std::fs::write(&path, "\u{feff}name,size\r\n\"a\nb\",1\r\nc,2,3\n\nd,4\n\n \n").unwrap();
        let mut records = Records::open(&Csv::new(&path)).unwrap();
        assert_eq!(records.names, ["name", "size"]);
        assert!(records.advance().unwrap());
        assert_eq!((records.record.line, records.record.cell(0)), (2, b"\"a\nb\"".as_slice()));
        let mut error = || records.advance().unwrap_err().to_string().rsplit_once("csv: ").unwrap().1.to_owned();
        assert_eq!(error(), "line 4: expected 2 cells as in line 1, received 3");
        assert_eq!(error(), "line 5: expected 2 cells as in line 1, received an empty line");
        assert!(records.advance().unwrap());
        assert_eq!((records.record.line, records.record.cell(1)), (6, b"4".as_slice()));
        assert!(!records.advance().unwrap() && !records.advance().unwrap());
        std::fs::remove_file(path).unwrap();
    }
}
