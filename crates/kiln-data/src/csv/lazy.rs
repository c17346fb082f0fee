//! Tables read batch by batch: in memory is a batch at a time, however long the file.

use super::Csv;
use super::fault::Fault;
use super::plan::{self, Plan};
use super::records::Records;
use super::table::{self, Table};
use super::{cells, column::Kind};
use crate::dataset::par_map::on_threads;
use crate::dataset::stage::Run;
use crate::{Dataset, Element, Named, reader};
use kiln_core::{Error, Result, Tensor};
use std::io::BufRead;
use std::sync::Arc;

impl Csv {
    /// The table batch by batch: columns by name, of shape (batch,). The file is looked through once for the types of its columns, their
    /// vocabularies and means, and then read while the data set is iterated; so it may be larger than the memory. The last batch may be
    /// smaller. TensorFlow: `make_csv_dataset`.
    ///
    /// # Errors
    /// A file that can't be read, cells of another type than told, a column of text that is selected, a batch of 0.
    ///
    /// ```
    /// use kiln_data::Csv;
    /// let path = std::env::temp_dir().join(format!("kiln-lazy-{}.csv", std::process::id()));
    /// std::fs::write(&path, "width,height,label\n1,2.5,0\n3,4,1\n5,6,1\n").unwrap();
    /// let data = Csv::new(&path).batches(2)?.map(|mut rows| {
    ///     let y = rows.remove("label")?;
    ///     Ok((rows, y))
    /// });
    /// let (x, y) = data.iter().next().unwrap()?;
    /// assert_eq!((x.matrix(&["width", "height"])?.shape(), y.to_vec::<i64>()), (vec![2, 2], vec![0, 1]));
    /// # std::fs::remove_file(&path).unwrap();
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn batches(&self, batch_size: usize) -> Result<Dataset<Named>> {
        self.in_batches(batch_size, |table| table.named())
    }

    /// [`Csv::batches`] as the design matrix of all columns but the target, and the target: what `fit` takes.
    ///
    /// # Errors
    /// As for [`Csv::batches`] and [`Table::xy`].
    ///
    /// ```
    /// use kiln_data::{ColumnType, Csv};
    /// let path = std::env::temp_dir().join(format!("kiln-lazy-xy-{}.csv", std::process::id()));
    /// std::fs::write(&path, "size,colour,label\n1,red,0\n3,blue,1\n").unwrap();
    /// let data = Csv::new(&path).column("colour", ColumnType::Category).batches_xy(32, "label")?;
    /// assert_eq!(data.iter().next().unwrap()?.0.to_vec::<f32>(), [1.0, 0.0, 1.0, 3.0, 1.0, 0.0]);
    /// # std::fs::remove_file(&path).unwrap();
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn batches_xy(&self, batch_size: usize, target: &str) -> Result<Dataset<(Tensor, Tensor)>> {
        let target = target.to_owned();
        self.in_batches(batch_size, move |table| table.xy(&target))
    }

    fn in_batches<E: Element>(
        &self,
        batch_size: usize,
        element: impl Fn(&Table) -> Result<E> + Send + Sync + 'static,
    ) -> Result<Dataset<E>> {
        if batch_size == 0 {
            return Err(Error::option("Csv", "batch_size", "at least 1", 0));
        }
        let plan = Plan::scan(self)?;
        if let Some(column) = plan.columns.iter().find(|column| matches!(column.kind, Kind::Text)) {
            return Err(table::text(&self.path, column));
        }
        // What the columns can't give is an error now.
        element(&Table::of(&self.path, &plan, plan.columns.iter().map(|column| column.values(0)).collect(), 0))?;
        let (csv, count, element) = (self.clone(), plan.rows.div_ceil(batch_size), Arc::new(element));
        let start = move || -> Run<E> {
            let mut records = match Records::open(&csv) {
                Ok(records) => records,
                Err(error) => return Box::new(std::iter::once(Err(error))),
            };
            let (csv, plan, element) = (csv.clone(), plan.clone(), element.clone());
            Box::new(std::iter::from_fn(move || {
                let mut values: Vec<_> = plan.columns.iter().map(|column| column.values(batch_size)).collect();
                match plan::read(&csv, &plan, &mut records, batch_size, &mut values) {
                    Ok(0) => None,
                    Ok(rows) => Some(element(&Table::of(&csv.path, &plan, values, rows))),
                    Err(error) => Some(Err(error)),
                }
            }))
        };
        Ok(Dataset::from_runs(start, count))
    }

    /// A table of numbers batch by batch: `float32` of shape (batch, columns), with the rules of [`Csv::load`]. The text is read while
    /// the data set is iterated, a batch for each core at a time, and made into numbers on all cores. The last batch may be smaller.
    ///
    /// # Errors
    /// A file that is missing or has no line of numbers, a batch of 0. A bad cell is an error of the iteration.
    ///
    /// ```
    /// use kiln_data::Csv;
    /// let path = std::env::temp_dir().join(format!("kiln-lazy-numbers-{}.csv", std::process::id()));
    /// std::fs::write(&path, "a,b\n1,2\n3,4\n5,6\n").unwrap();
    /// let data = Csv::new(&path).number_batches(2)?;
    /// assert_eq!(data.iter().last().unwrap()?.to_vec::<f32>(), [5.0, 6.0]);
    /// # std::fs::remove_file(&path).unwrap();
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn number_batches(&self, batch_size: usize) -> Result<Dataset<Tensor>> {
        if batch_size == 0 {
            return Err(Error::option("Csv", "batch_size", "at least 1", 0));
        }
        let mut records = Records::open(self)?;
        let columns = records.names.len();
        if !records.advance()? {
            let what = "has no line of numbers after its header";
            return Err(Error::file(&self.path, what).hint("say `has_header(false)` if line 1 is data"));
        }
        let csv = self.clone();
        let start = move || -> Run<Tensor> {
            let mut blocks = match Blocks::open(&csv, batch_size) {
                Ok(blocks) => blocks,
                Err(error) => return Box::new(std::iter::once(Err(error))),
            };
            let input: Run<Block> = Box::new(std::iter::from_fn(move || blocks.next().transpose()));
            let csv = csv.clone();
            let parse = move |block: Block| {
                let mut values = vec![0.0f32; block.rows * columns];
                let report = |fault: Fault| {
                    let maybe_header = csv.has_header.is_none() && block.before <= csv.skip_lines;
                    fault.report(&csv.path, &block.text, columns, csv.delimiter, (csv.skip_lines + 1, maybe_header), block.before)
                };
                cells::parse(&block.text, 0..block.text.len(), columns, csv.delimiter, &mut values).map_err(report)?;
                Tensor::from_vec(values, [block.rows, columns])
            };
            on_threads(input, &Arc::new(parse), 0, "number_batches")
        };
        Ok(Dataset::from_fn_of_runs(start))
    }
}

/// Whole lines, the last one without its end.
struct Block {
    text: Vec<u8>,
    rows: usize,
    /// Lines of the file before it.
    before: usize,
}

/// Reads the text of so many lines at a time.
struct Blocks {
    csv: Csv,
    input: Box<dyn BufRead + Send>,
    size: usize,
    lines: usize,
    /// Room for the next block, as large as the last one.
    room: usize,
}

impl Blocks {
    fn open(csv: &Csv, size: usize) -> Result<Self> {
        let mut blocks = Self { csv: csv.clone(), input: reader::open(&csv.path)?, size, lines: 0, room: 0 };
        // The header goes, and so does a mark of UTF-8; `Records` knows both.
        let head = Records::head(csv)?;
        let mut skipped = Vec::new();
        if let Ok([0xEF, 0xBB, 0xBF, ..]) = blocks.input.fill_buf() {
            blocks.input.consume(3);
        }
        while blocks.lines < head {
            skipped.clear();
            blocks.line(&mut skipped)?;
        }
        Ok(blocks)
    }

    fn line(&mut self, text: &mut Vec<u8>) -> Result<bool> {
        match self.input.read_until(b'\n', text) {
            Ok(0) => Ok(false),
            Ok(_) => {
                self.lines += 1;
                Ok(true)
            }
            Err(error) => Err(reader::failed(&self.csv.path, &error)),
        }
    }

    /// Whether nothing but empty lines follows; they are read over.
    fn only_blanks(&mut self) -> Result<bool> {
        loop {
            let (all, count) = match self.input.fill_buf() {
                Ok(buffer) => (buffer.iter().all(|byte| byte.is_ascii_whitespace() && *byte != self.csv.delimiter), buffer.len()),
                Err(error) => return Err(reader::failed(&self.csv.path, &error)),
            };
            if !all || count == 0 {
                return Ok(all);
            }
            self.input.consume(count);
        }
    }

    fn next(&mut self) -> Result<Option<Block>> {
        let (mut text, before) = (Vec::with_capacity(self.room), self.lines);
        while self.lines - before < self.size && self.line(&mut text)? {}
        self.room = text.len() + text.len() / 8;
        let mut rows = self.lines - before;
        let end = super::end_of_content(&text, self.csv.delimiter);
        let blank_lines = end == 0 || text[end..].iter().filter(|byte| **byte == b'\n').count() > 1;
        // Empty lines at the end of the file are no rows.
        if rows < self.size || (blank_lines && self.only_blanks()?) {
            text.truncate(end);
            rows = if end == 0 { 0 } else { super::lines(&text) };
        } else if text.last() == Some(&b'\n') {
            text.pop();
        }
        Ok((rows > 0).then_some(Block { text, rows, before }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Cardinality, ColumnType, Missing, Skipped, load_csv};
    use std::path::PathBuf;

    fn file(name: &str, text: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("kiln-csv-lazy-{name}-{}.csv", std::process::id()));
        std::fs::write(&path, text).unwrap();
        path
    }

    #[test]
    fn batches_are_the_rows_of_the_table() {
        let mut text = "n,word,y\n".to_owned();
        (0..25).for_each(|i| text += &format!("{i},{},{}\n", ["x", "y", "z"][i % 3], i as f32 / 4.0));
        let path = file("rows", &text);
        let csv = Csv::new(&path).column("word", ColumnType::Category);
        let data = csv.batches(10).unwrap();
        assert_eq!(data.cardinality(), Cardinality::Known(3));
        let table = csv.load_table().unwrap();
        for _ in 0..2 {
            let batches: Vec<Named> = data.iter().map(Result::unwrap).collect();
            assert_eq!(batches.iter().map(|b| b.get("n").unwrap().len()).collect::<Vec<_>>(), [10, 10, 5]);
            let all = |name: &str| batches.iter().flat_map(|b| b.get(name).unwrap().to_vec::<f32>()).collect::<Vec<_>>();
            for name in ["n", "word", "y"] {
                assert_eq!(all(name), table.tensor(name).unwrap().to_vec::<f32>());
            }
        }
        let (x, y) = csv.batches_xy(25, "y").unwrap().iter().next().unwrap().unwrap();
        assert_eq!((x.to_vec::<f32>(), y.to_vec::<f32>()), {
            let (x, y) = table.xy("y").unwrap();
            (x.to_vec(), y.to_vec())
        });
        assert!(csv.batches(0).is_err() && csv.batches_xy(4, "z").is_err());
        assert!(Csv::new(&path).batches(4).unwrap_err().to_string().contains("column `word` holds text"));
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn batches_of_numbers_are_those_of_load() {
        for (head, end) in [("", ""), ("a,b,c\n", "\n"), ("\u{feff}a,b,c\r\n", "\r\n\n \n")] {
            let rows: Vec<String> = (0..64).map(|i| format!("{i},{},{}", i * i, f64::from(i) / 8.0)).collect();
            let path = file("numbers", &format!("{head}{}{end}", rows.join("\n")));
            let expected = load_csv(&path).unwrap().to_vec::<f32>();
            for size in [1, 7, 64, 100] {
                let data = Csv::new(&path).number_batches(size).unwrap();
                let values: Vec<f32> = data.iter().flat_map(|batch| batch.unwrap().to_vec::<f32>()).collect();
                assert_eq!(values, expected, "{head:?} {size}");
                assert_eq!(data.iter().count(), 64usize.div_ceil(size));
            }
            std::fs::remove_file(path).unwrap();
        }
    }

    #[test]
    fn errors_name_the_line_of_the_file() {
        let path = file("errors", "by hand\na,b\n1,2\n3,4\n5,6\n7,x\n9\n");
        let data = Csv::new(&path).skip_lines(1).number_batches(3).unwrap();
        let errors: Vec<String> = data.iter().filter_map(Result::err).map(|e| e.to_string()).collect();
        assert_eq!(errors.len(), 1);
        assert!(errors[0].ends_with("csv: line 6, column 2: expected a number, received `x`"), "{errors:?}");
        let ragged = Csv::new(&path).skip_lines(5).has_header(false).number_batches(1).unwrap();
        let errors: Vec<String> = ragged.iter().filter_map(Result::err).map(|e| e.to_string()).collect();
        assert!(errors[0].ends_with("csv: line 6, column 2: expected a number, received `x`"), "{errors:?}");
        let skipped = Skipped::new();
        let typed = Csv::new(&path).skip_lines(1).column("b", ColumnType::Number).missing(Missing::Nan).skip_errors(&skipped);
        let rows: usize = typed.batches(2).unwrap().iter().map(|batch| batch.unwrap().get("a").unwrap().len()).sum();
        assert_eq!((rows, skipped.count()), (3, 2));
        std::fs::remove_file(path).unwrap();
    }
}
