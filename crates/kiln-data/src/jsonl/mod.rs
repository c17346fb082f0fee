//! Files with a JSON object in each line.

mod array;

use crate::dataset::stage::Run;
use crate::{Dataset, Named, Skipped, reader};
use array::{Array, Values, kind};
use kiln_core::{Error, Result, Tensor};
use serde_json::{Map, Value};
use std::io::BufRead;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A file of JSON lines: an object in each, whose values are read by their keys. Empty lines are passed over, and a file packed with gzip is
/// unpacked on the way.
///
/// ```
/// use kiln_data::JsonLines;
/// let path = std::env::temp_dir().join(format!("kiln-lines-{}.jsonl", std::process::id()));
/// std::fs::write(&path, "{\"x\": [1, 2.5], \"y\": 0, \"text\": \"good\"}\n{\"x\": [3, 4], \"y\": 1, \"text\": \"bad\"}\n").unwrap();
/// let lines = JsonLines::new(&path);
/// let (x, y) = (lines.load("x")?, lines.load("y")?);
/// assert_eq!((x.shape(), x.to_vec::<f32>(), y.to_vec::<i64>()), (vec![2, 2], vec![1.0, 2.5, 3.0, 4.0], vec![0, 1]));
/// assert_eq!(lines.texts("text")?, ["good", "bad"]);
/// # std::fs::remove_file(&path).unwrap();
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct JsonLines {
    path: PathBuf,
    skipped: Option<Skipped>,
}

impl JsonLines {
    /// The file at `path`.
    pub fn new(path: impl AsRef<Path>) -> Self {
        Self { path: path.as_ref().to_owned(), skipped: None }
    }

    /// Leaves out the lines that can't be read, and counts them, each time they are met.
    pub fn skip_errors(mut self, skipped: &Skipped) -> Self {
        self.skipped = Some(skipped.clone());
        self
    }

    /// The numbers or nested arrays of a key in all lines, of shape (lines, …): `int64` if all are whole, else `float32`, or `bool`.
    ///
    /// # Errors
    /// A file that is missing or has no line, a line that is no JSON object or has no such key, another value than a number or an array of
    /// numbers, shapes that differ. The error names the line.
    pub fn load(&self, key: &str) -> Result<Tensor> {
        Ok(self.load_named(&[key])?.get(key)?.clone())
    }

    /// [`JsonLines::load`] for several keys in one pass over the file.
    ///
    /// # Errors
    /// As for [`JsonLines::load`].
    ///
    /// ```
    /// use kiln_data::{Dataset, JsonLines};
    /// let path = std::env::temp_dir().join(format!("kiln-lines-named-{}.jsonl", std::process::id()));
    /// std::fs::write(&path, "{\"a\": 1, \"b\": [0.5, 1]}\n{\"a\": 2, \"b\": [2, 3]}\n").unwrap();
    /// let columns = JsonLines::new(&path).load_named(&["a", "b"])?;
    /// let data = Dataset::from_tensor_slices(columns)?.batch(2);
    /// assert_eq!(data.iter().next().unwrap()?.get("b")?.shape(), [2, 2]);
    /// # std::fs::remove_file(&path).unwrap();
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn load_named(&self, keys: &[&str]) -> Result<Named> {
        let mut columns: Vec<Option<Array>> = keys.iter().map(|_| None).collect();
        let mut count = 0;
        self.each(|line| {
            let arrays: Vec<Array> = keys.iter().map(|key| line.array(key)).collect::<Result<_>>()?;
            // Nothing is added of a line that is left out.
            for ((column, array), key) in columns.iter().zip(&arrays).zip(keys) {
                let Some(column) = column else { continue };
                column.values.fits(&array.values).map_err(|what| line.wrong(key, what))?;
                if column.shape[1..] != array.shape {
                    let expected = kiln_core::shape::tuple(&column.shape[1..]);
                    let received = kiln_core::shape::tuple(&array.shape);
                    return Err(line
                        .wrong(key, format!("expected shape {expected} as in the lines before, received {received}"))
                        .hint("`elements` and `padded_batch` take lines of several lengths"));
                }
            }
            for ((column, array), key) in columns.iter_mut().zip(arrays).zip(keys) {
                match column {
                    None => *column = Some(Array { shape: [vec![1], array.shape].concat(), values: array.values }),
                    Some(column) => {
                        column.append(array.values).map_err(|what| line.wrong(key, what))?;
                        column.shape[0] += 1;
                    }
                }
            }
            count += 1;
            Ok(())
        })?;
        if count == 0 {
            return Err(self.empty());
        }
        let tensor = |column: Option<Array>| column.ok_or_else(|| self.empty())?.tensor();
        keys.iter().zip(columns).map(|(key, column)| Ok((*key, tensor(column)?))).collect()
    }

    /// The strings of a key in all lines.
    ///
    /// # Errors
    /// As for [`JsonLines::load`], with strings.
    pub fn texts(&self, key: &str) -> Result<Vec<String>> {
        let mut texts = Vec::new();
        self.each(|line| match line.value(key)? {
            Value::String(text) => {
                texts.push(text.clone());
                Ok(())
            }
            other => Err(line.wrong(key, format!("expected a string, received {}", kind(other)))),
        })?;
        if texts.is_empty() { Err(self.empty()) } else { Ok(texts) }
    }

    /// A data set with an element for each line: the values of these keys by name. The file is looked through once, so that a key has one
    /// dtype in all lines, and then read while the data set is iterated; it may be larger than the memory. Arrays may differ in shape from
    /// line to line: [`Dataset::padded_batch`] joins them.
    ///
    /// # Errors
    /// As for [`JsonLines::load`].
    ///
    /// ```
    /// use kiln_data::JsonLines;
    /// let path = std::env::temp_dir().join(format!("kiln-lines-lazy-{}.jsonl", std::process::id()));
    /// std::fs::write(&path, "{\"ids\": [3, 1, 2], \"y\": 0.5}\n{\"ids\": [7], \"y\": 1}\n").unwrap();
    /// let data = JsonLines::new(&path).elements(&["ids", "y"])?.padded_batch(2);
    /// let batch = data.iter().next().unwrap()?;
    /// assert_eq!(batch.get("ids")?.to_vec::<i64>(), [3, 1, 2, 7, 0, 0]);
    /// # std::fs::remove_file(&path).unwrap();
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn elements(&self, keys: &[&str]) -> Result<Dataset<Named>> {
        // What the values of each key are, told by one of them.
        let mut known: Vec<Array> = keys.iter().map(|_| Array { shape: Vec::new(), values: Values::Integers(Vec::new()) }).collect();
        let mut count = 0;
        // Lines that are left out are counted when they are read.
        let scan = Self { skipped: self.skipped.as_ref().map(|_| Skipped::new()), path: self.path.clone() };
        scan.each(|line| {
            let arrays: Vec<Array> = keys.iter().map(|key| line.array(key)).collect::<Result<_>>()?;
            fit(line, keys, &known, &arrays)?;
            for (known, array) in known.iter_mut().zip(arrays) {
                known.append(array.values).map_err(|what| line.wrong("", what))?;
                known.values.truncate(1);
            }
            count += 1;
            Ok(())
        })?;
        if count == 0 {
            return Err(self.empty());
        }
        let (keys, known): (Arc<[String]>, Arc<[Array]>) = (keys.iter().map(|key| (*key).to_owned()).collect(), known.into());
        let lines = self.clone();
        let start = move || -> Run<Named> {
            let mut reader = match Lines::open(&lines) {
                Ok(reader) => reader,
                Err(error) => return Box::new(std::iter::once(Err(error))),
            };
            let (keys, known) = (keys.clone(), known.clone());
            Box::new(std::iter::from_fn(move || {
                reader.next(|line| {
                    let arrays: Vec<Array> = keys.iter().map(|key| line.array(key)).collect::<Result<_>>()?;
                    fit(line, &keys, &known, &arrays)?;
                    let named = keys.iter().zip(arrays).zip(known.iter()).map(|((key, array), known)| {
                        // Whole numbers of a key that has fractions in other lines.
                        let widen = matches!(known.values, Values::Numbers(_));
                        let tensor = array.tensor()?;
                        Ok((key.as_str(), if widen { tensor.to_float() } else { tensor }))
                    });
                    named.collect::<Result<Named>>()
                })
            }))
        };
        Ok(Dataset::from_runs(start, count))
    }

    fn each(&self, mut act: impl FnMut(&Line<'_>) -> Result<()>) -> Result<()> {
        let mut lines = Lines::open(self)?;
        while let Some(done) = lines.next(&mut act) {
            done?;
        }
        Ok(())
    }

    fn empty(&self) -> Error {
        Error::file(&self.path, "has no line that can be read").hint("expected a JSON object in each line")
    }
}

/// Whether the values of a line are of the kinds known.
fn fit<S: AsRef<str>>(line: &Line<'_>, keys: &[S], known: &[Array], arrays: &[Array]) -> Result<()> {
    let mut all = keys.iter().zip(known).zip(arrays);
    all.try_for_each(|((key, known), array)| known.values.fits(&array.values).map_err(|what| line.wrong(key.as_ref(), what)))
}

/// Reads line by line.
struct Lines {
    source: JsonLines,
    input: Box<dyn BufRead + Send>,
    text: Vec<u8>,
    number: usize,
}

impl Lines {
    fn open(source: &JsonLines) -> Result<Self> {
        Ok(Self { source: source.clone(), input: reader::open(&source.path)?, text: Vec::new(), number: 0 })
    }

    /// What `act` makes of the next line.
    fn next<T>(&mut self, mut act: impl FnMut(&Line<'_>) -> Result<T>) -> Option<Result<T>> {
        loop {
            self.text.clear();
            match self.input.read_until(b'\n', &mut self.text) {
                Ok(0) => return None,
                Ok(_) => self.number += 1,
                Err(error) => return Some(Err(reader::failed(&self.source.path, &error))),
            }
            let text = self.text.strip_prefix(b"\xEF\xBB\xBF").filter(|_| self.number == 1).unwrap_or(&self.text).trim_ascii();
            if text.is_empty() {
                continue;
            }
            match (Line::read(&self.source.path, self.number, text).and_then(|line| act(&line)), &self.source.skipped) {
                (Err(error), Some(skipped)) => skipped.add(error),
                (result, _) => return Some(result),
            }
        }
    }
}

struct Line<'a> {
    path: &'a Path,
    number: usize,
    object: Map<String, Value>,
}

impl<'a> Line<'a> {
    fn read(path: &'a Path, number: usize, text: &[u8]) -> Result<Self> {
        let wrong = |what: String| Error::file(path, format!("line {number}{what}"));
        match serde_json::from_slice(text) {
            Ok(Value::Object(object)) => Ok(Self { path, number, object }),
            Ok(other) => Err(wrong(format!(": expected an object, received {}", kind(&other)))),
            Err(error) => {
                let (words, column) = (error.to_string(), error.column());
                let words = words.split(" at line ").next().unwrap_or_default();
                Err(wrong(format!(", column {column}: is no JSON: {words}")))
            }
        }
    }

    fn value(&self, key: &str) -> Result<&Value> {
        let known = || self.object.keys().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
        let missing = || Error::file(self.path, format!("line {} has no `{key}`", self.number)).hint(format!("it has {}", known()));
        self.object.get(key).ok_or_else(missing)
    }

    fn array(&self, key: &str) -> Result<Array> {
        Array::read(self.value(key)?).map_err(|what| self.wrong(key, what))
    }

    fn wrong(&self, key: &str, what: String) -> Error {
        Error::file(self.path, format!("line {}, `{key}`: {what}", self.number))
    }
}

#[cfg(test)]
mod tests;
