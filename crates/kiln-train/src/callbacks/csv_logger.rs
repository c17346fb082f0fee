//! Writes the numbers of each epoch to a CSV file.

use super::{Callback, Controls, Flow};
use crate::fit::{Logs, State, python};
use kiln_core::{Error, Result};
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Writes `epoch` and the logs, sorted by name, to a CSV file, a row an epoch. Keras: `keras/src/callbacks/csv_logger.py`.
///
/// If the first epoch has no validation, columns for it are there all the same; what an epoch lacks is `NA`. A training that is resumed
/// goes on behind the rows that it had, and drops those it will write again.
///
/// ```
/// use kiln_train::callbacks::CsvLogger;
/// let callback = CsvLogger::new("training.csv").append(true);
/// ```
#[derive(Debug)]
pub struct CsvLogger {
    path: PathBuf,
    separator: String,
    append: bool,
    keys: Option<Vec<String>>,
    header: bool,
    /// The file, and where the next row begins.
    file: Option<File>,
    end: u64,
}

impl CsvLogger {
    /// The file to write.
    pub fn new(filename: impl AsRef<Path>) -> Self {
        let path = filename.as_ref().to_path_buf();
        Self { path, separator: ",".to_owned(), append: false, keys: None, header: true, file: None, end: 0 }
    }

    /// What stands between the values: one character. Default `,`.
    pub fn separator(mut self, separator: &str) -> Self {
        self.separator = separator.to_owned();
        self
    }

    /// Whether rows are added to a file that is there, instead of beginning it anew. Default false.
    pub fn append(mut self, append: bool) -> Self {
        self.append = append;
        self
    }

    fn failed(&self, error: std::io::Error) -> Error {
        Error::file(&self.path, error)
    }

    fn open(&mut self) -> Result<()> {
        let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&self.path);
        let mut file = opened.map_err(|e| self.failed(e))?;
        (self.end, self.header) = (0, true);
        if self.append {
            let mut first = [0];
            self.header = file.read(&mut first).map_err(|e| self.failed(e))? == 0;
            self.end = file.seek(SeekFrom::End(0)).map_err(|e| self.failed(e))?;
        }
        self.file = Some(file);
        Ok(())
    }

    /// A field as the `excel` dialect of Python's writer has it: quoted where it must be.
    fn field(&self, text: &str) -> String {
        if text.contains(&self.separator) || text.contains(['"', '\r', '\n']) {
            format!("\"{}\"", text.replace('"', "\"\""))
        } else {
            text.to_owned()
        }
    }

    fn row(&self, fields: impl Iterator<Item = String>) -> String {
        let fields: Vec<String> = fields.map(|f| self.field(&f)).collect();
        fields.join(&self.separator) + "\r\n"
    }
}

impl Callback for CsvLogger {
    fn on_train_begin(&mut self, _: &mut dyn Controls) -> Result<Flow> {
        if self.separator.chars().count() != 1 {
            return Err(Error::option("CsvLogger", "separator", "one character", format!("`{}`", self.separator)));
        }
        self.keys = None;
        self.open()?;
        Ok(Flow::Continue)
    }

    fn on_epoch_end(&mut self, epoch: usize, logs: &mut Logs, _: &mut dyn Controls) -> Result<Flow> {
        let mut text = String::new();
        if self.keys.is_none() {
            let mut keys: Vec<String> = logs.names().into_iter().map(str::to_owned).collect();
            keys.sort();
            if !keys.iter().any(|key| key.starts_with("val_")) {
                let validation: Vec<String> = keys.iter().map(|key| format!("val_{key}")).collect();
                keys.extend(validation);
            }
            if self.header {
                text = self.row(std::iter::once("epoch".to_owned()).chain(keys.iter().cloned()));
            }
            self.keys = Some(keys);
        }
        let value = |key: &String| logs.get(key).map_or("NA".to_owned(), python);
        text += &self.row(std::iter::once(epoch.to_string()).chain(self.keys.iter().flatten().map(value)));
        if self.file.is_none() {
            self.open()?;
        }
        let end = self.end;
        if let Some(file) = &mut self.file {
            // Only now are rows of an earlier run dropped: nothing is lost before there is something new.
            let written = file.set_len(end).and_then(|()| file.seek(SeekFrom::Start(end))).and_then(|_| file.write_all(text.as_bytes()));
            written.map_err(|e| Error::file(&self.path, e))?;
        }
        self.end = end + text.len() as u64;
        Ok(Flow::Continue)
    }

    fn on_train_end(&mut self, _: &Logs, _: &mut dyn Controls) -> Result<()> {
        self.file = None;
        Ok(())
    }

    fn state(&self) -> Result<State> {
        let mut state = State::new();
        state.set("keys", &self.keys);
        state.set("header", &self.header);
        state.set("end", &self.end);
        Ok(state)
    }

    fn restore(&mut self, state: &State, _: &mut dyn Controls) -> Result<()> {
        let end: u64 = state.get("end")?;
        let length = self.file.as_ref().map_or(Ok(0), |file| file.metadata().map(|m| m.len())).map_err(|e| self.failed(e))?;
        if length < end {
            // Somebody took the file away: begin it anew.
            return Ok(());
        }
        self.end = end;
        state.read("header", &mut self.header)?;
        state.read("keys", &mut self.keys)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::callbacks::double::{Double, epochs};
    use crate::logs;

    fn file(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("kiln_csv_{}_{name}.csv", std::process::id()))
    }

    fn read(path: &Path) -> String {
        std::fs::read_to_string(path).unwrap()
    }

    #[test]
    fn writes_what_keras_writes() {
        let path = file("keras");
        let mut model = Double::default();
        let mut callback = CsvLogger::new(&path).separator(";");
        callback.on_train_begin(&mut model).unwrap();
        callback.on_epoch_end(0, &mut logs! { "loss" => 0.5, "accuracy" => 1.0 }, &mut model).unwrap();
        callback.on_epoch_end(1, &mut logs! { "loss" => 0.25, "val_loss" => f64::NAN }, &mut model).unwrap();
        let expected = "epoch;accuracy;loss;val_accuracy;val_loss\r\n0;1.0;0.5;NA;NA\r\n1;NA;0.25;NA;nan\r\n";
        assert_eq!(read(&path), expected);
        epochs(&mut CsvLogger::new(&path).append(true), &mut model, "val_loss", &[2.0]);
        assert_eq!(read(&path), format!("{expected}0,2.0\r\n"));
        epochs(&mut CsvLogger::new(&path), &mut model, "val_loss", &[2.0]);
        assert_eq!(read(&path), "epoch,val_loss\r\n0,2.0\r\n");
        std::fs::remove_file(path).unwrap();
        assert!(CsvLogger::new("x").separator("ab").on_train_begin(&mut model).is_err());
        assert!(CsvLogger::new("/no/such/folder/x").on_train_begin(&mut model).is_err());
    }

    #[test]
    fn goes_on_behind_the_rows_it_had() {
        let path = file("resumed");
        let mut model = Double::default();
        let mut first = CsvLogger::new(&path);
        first.on_train_begin(&mut model).unwrap();
        first.on_epoch_end(0, &mut logs! { "val_a,b" => 1.0 }, &mut model).unwrap();
        let state = first.state().unwrap();
        first.on_epoch_end(1, &mut logs! { "val_a,b" => 2.0 }, &mut model).unwrap();
        let mut second = CsvLogger::new(&path);
        second.on_train_begin(&mut model).unwrap();
        second.restore(&state, &mut model).unwrap();
        second.on_epoch_end(1, &mut logs! { "val_a,b" => 3.0 }, &mut model).unwrap();
        assert_eq!(read(&path), "epoch,\"val_a,b\"\r\n0,1.0\r\n1,3.0\r\n");
        std::fs::remove_file(path).unwrap();
    }
}
