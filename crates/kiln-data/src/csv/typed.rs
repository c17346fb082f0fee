//! The options of tables whose columns have types.

use super::{ColumnType, Csv, Missing, Table};
use crate::Skipped;
use kiln_core::Result;

impl Csv {
    /// The names of the columns, in place of those in the header, or of the numbers from `"0"` on that a file without one has.
    pub fn column_names(mut self, names: &[&str]) -> Self {
        self.column_names = Some(names.iter().map(|name| (*name).to_owned()).collect());
        self
    }

    /// The columns to read, in this order; default all.
    pub fn select(mut self, names: &[&str]) -> Self {
        self.select = Some(names.iter().map(|name| (*name).to_owned()).collect());
        self
    }

    /// What a column holds; a cell that doesn't is an error. Default: see [`ColumnType`].
    pub fn column(mut self, name: &str, column_type: ColumnType) -> Self {
        self.types.push((name.to_owned(), column_type));
        self
    }

    /// The words of a column of categories, in the order of their numbers; default: those of the file, sorted. Another word is an error.
    /// So the file to test on gets the numbers of the file trained on.
    pub fn vocabulary<S: AsRef<str>>(mut self, name: &str, words: &[S]) -> Self {
        self.vocabularies.push((name.to_owned(), words.iter().map(|word| word.as_ref().to_owned()).collect()));
        self
    }

    /// What becomes of cells without a value, in all columns; default [`Missing::Refuse`]. In a column of text they are texts.
    pub fn missing(mut self, missing: Missing) -> Self {
        self.missing = missing;
        self
    }

    /// What becomes of cells without a value in one column.
    pub fn missing_in(mut self, name: &str, missing: Missing) -> Self {
        self.missing_of.push((name.to_owned(), missing));
        self
    }

    /// More cells that have no value, such as `"?"` or `"-999"`. An empty cell, `NA`, `N/A`, `NaN`, `nan` and `null` always count.
    pub fn missing_values(mut self, cells: &[&str]) -> Self {
        self.missing_values.extend(cells.iter().map(|cell| cell.as_bytes().to_vec()));
        self
    }

    /// Leaves out the lines of a typed table that can't be read, and counts them, each time they are met.
    ///
    /// ```
    /// use kiln_data::{ColumnType, Csv, Skipped};
    /// let path = std::env::temp_dir().join(format!("kiln-skip-errors-{}.csv", std::process::id()));
    /// std::fs::write(&path, "a,b\n1,2\n3\n5,6\n").unwrap();
    /// let skipped = Skipped::new();
    /// assert_eq!(Csv::new(&path).skip_errors(&skipped).load_table()?.len(), 2);
    /// assert!(skipped.errors()[0].to_string().ends_with("line 3: expected 2 cells as in line 1, received 1"));
    /// # std::fs::remove_file(&path).unwrap();
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn skip_errors(mut self, skipped: &Skipped) -> Self {
        self.skipped = Some(skipped.clone());
        self
    }

    /// Reads the whole file into columns of their types.
    ///
    /// A quoted cell may hold delimiters, line ends and doubled quotes. The file is read twice: to find out the types, vocabularies and
    /// means, and for the values.
    ///
    /// # Errors
    /// A file that is missing or empty, a name that isn't there, a line with another number of cells than the first, a cell that isn't
    /// what its column holds or that is missing where that is refused, text that isn't UTF-8. The error names line and column.
    ///
    /// ```
    /// use kiln_data::{ColumnType, Csv, Missing};
    /// let path = std::env::temp_dir().join(format!("kiln-typed-doc-{}.csv", std::process::id()));
    /// std::fs::write(&path, "height,species\n1.5,cat\nNA,dog\n").unwrap();
    /// let csv = Csv::new(&path).column("species", ColumnType::Category);
    /// let error = csv.load_table().unwrap_err().to_string();
    /// assert!(error.contains("line 3, column 1 (`height`): expected a value, received `NA`"));
    /// let (x, y) = csv.missing(Missing::Fill(0.0)).load_table()?.xy("species")?;
    /// assert_eq!((x.to_vec::<f32>(), y.to_vec::<i32>()), (vec![1.5, 0.0], vec![0, 1]));
    /// # std::fs::remove_file(&path).unwrap();
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn load_table(&self) -> Result<Table> {
        Table::read(self)
    }

    pub(super) fn is_missing(&self, cell: &[u8]) -> bool {
        self.missing_values.iter().any(|missing| missing == cell)
    }
}
