//! Tables with columns of several types, whole in memory.

use super::Csv;
use super::column::Kind;
use super::plan::{self, Column, Plan, Values};
use super::records::Records;
use crate::Named;
use kiln_core::{Error, Result, Tensor};
use std::path::{Path, PathBuf};

/// A table whose columns have names and types: what [`Csv::load_table`] reads.
///
/// ```
/// use kiln_data::{ColumnType, Csv, Missing};
/// let path = std::env::temp_dir().join(format!("kiln-table-{}.csv", std::process::id()));
/// std::fs::write(&path, "age,port,fare,survived\n22,S,7.25,0\n,C,71.5,1\n26,S,8,1\n").unwrap();
/// let table = Csv::new(&path).column("port", ColumnType::Category).missing(Missing::Mean).missing_in("port", Missing::Refuse).load_table()?;
/// assert_eq!(table.tensor("age")?.to_vec::<f32>(), [22.0, 24.0, 26.0]);
/// assert_eq!((table.tensor("port")?.to_vec::<i32>(), table.vocabulary("port")?), (vec![1, 0, 1], &["C".to_owned(), "S".to_owned()][..]));
/// // The design matrix of all columns but the target; a category has a column for each of its words.
/// let (x, y) = table.xy("survived")?;
/// assert_eq!((x.shape(), y.to_vec::<i64>()), (vec![3, 4], vec![0, 1, 1]));
/// # std::fs::remove_file(&path).unwrap();
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Table {
    path: PathBuf,
    columns: Vec<(Column, Values)>,
    rows: usize,
}

impl Table {
    pub(super) fn read(csv: &Csv) -> Result<Self> {
        let plan = Plan::scan(csv)?;
        let mut values: Vec<Values> = plan.columns.iter().map(|column| column.values(plan.rows)).collect();
        let rows = plan::read(csv, &plan, &mut Records::open(csv)?, usize::MAX, &mut values)?;
        Ok(Self::of(&csv.path, &plan, values, rows))
    }

    pub(super) fn of(path: &Path, plan: &Plan, values: Vec<Values>, rows: usize) -> Self {
        Self { path: path.to_owned(), columns: plan.columns.iter().cloned().zip(values).collect(), rows }
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The names of the columns, in their order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|(column, _)| &*column.name)
    }

    /// A column as a tensor of shape (rows,): `float32` numbers, `int64` whole numbers, or `int32` places in the vocabulary.
    ///
    /// # Errors
    /// A column that isn't there, or one of text.
    pub fn tensor(&self, name: &str) -> Result<Tensor> {
        let (column, values) = self.find(name)?;
        match values {
            Values::Numbers(values) => Tensor::from_vec(values.clone(), [self.rows]),
            Values::Integers(values) => Tensor::from_vec(values.clone(), [self.rows]),
            Values::Categories(values) => Tensor::from_vec(values.clone(), [self.rows]),
            Values::Texts(_) => Err(text(&self.path, column)),
        }
    }

    /// The texts of a column of text.
    ///
    /// # Errors
    /// A column that isn't there, or one of another type.
    pub fn texts(&self, name: &str) -> Result<&[String]> {
        match self.find(name)? {
            (_, Values::Texts(texts)) => Ok(texts),
            _ => Err(Error::file(&self.path, format!("column `{name}` holds no text"))
                .hint(format!("say `.column(\"{name}\", ColumnType::Text)` to read it as text"))),
        }
    }

    /// The words of a column of categories, in the order of their numbers. Give it to [`Csv::vocabulary`] to read another file alike.
    ///
    /// # Errors
    /// A column that isn't there, or one of another type.
    pub fn vocabulary(&self, name: &str) -> Result<&[String]> {
        match self.find(name)? {
            (column, Values::Categories(_)) => Ok(&column.vocabulary),
            _ => Err(Error::file(&self.path, format!("column `{name}` holds no categories"))
                .hint(format!("say `.column(\"{name}\", ColumnType::Category)`"))),
        }
    }

    /// Columns side by side, `float32` of shape (rows, …): the design matrix of a model. Numbers take a column, a category takes one for
    /// each word of its vocabulary, one-hot (all 0 where the value is missing).
    ///
    /// # Errors
    /// A column that isn't there, one of text, or no column.
    pub fn matrix(&self, names: &[&str]) -> Result<Tensor> {
        matrix(&self.path, names.iter().map(|name| self.find(name)).collect::<Result<_>>()?, self.rows)
    }

    /// All columns but those of text, by name.
    ///
    /// # Errors
    /// All columns are text.
    pub fn named(&self) -> Result<Named> {
        let tensors = self.columns.iter().filter(|(column, _)| !matches!(column.kind, Kind::Text));
        let named: Named = tensors.map(|(column, _)| Ok((column.name.clone(), self.tensor(&column.name)?))).collect::<Result<_>>()?;
        match named.is_empty() {
            true => Err(Error::file(&self.path, "has only columns of text").hint("say of which type they are with `column`")),
            false => Ok(named),
        }
    }

    /// The design matrix of all columns but the target, and the target: `x` and `y` for `fit`.
    ///
    /// # Errors
    /// A column that isn't there, one of text, or no column beside the target.
    pub fn xy(&self, target: &str) -> Result<(Tensor, Tensor)> {
        let others: Vec<&str> = self.names().filter(|name| *name != target).collect();
        Ok((self.matrix(&others)?, self.tensor(target)?))
    }

    fn find(&self, name: &str) -> Result<&(Column, Values)> {
        let unknown = || Error::unknown("column", name, self.names());
        self.columns.iter().find(|(column, _)| &*column.name == name).ok_or_else(unknown)
    }
}

/// The design matrix of columns, which all have so many rows.
fn matrix(path: &Path, columns: Vec<&(Column, Values)>, rows: usize) -> Result<Tensor> {
    let width_of = |column: &Column| match column.kind {
        Kind::Category { .. } => column.vocabulary.len(),
        _ => 1,
    };
    let width: usize = columns.iter().map(|(column, _)| width_of(column)).sum();
    if columns.is_empty() {
        return Err(Error::option("Table", "columns", "at least one column", "none"));
    }
    let (mut out, mut start) = (vec![0.0f32; rows * width], 0);
    for (column, values) in columns {
        let places = (start..).step_by(width);
        match values {
            Values::Numbers(values) => places.zip(values).for_each(|(place, value)| out[place] = *value),
            Values::Integers(values) => places.zip(values).for_each(|(place, value)| out[place] = *value as f32),
            Values::Categories(values) => {
                for (place, word) in places.zip(values) {
                    if let Some(word) = usize::try_from(*word).ok().filter(|word| *word < column.vocabulary.len()) {
                        out[place + word] = 1.0;
                    }
                }
            }
            Values::Texts(_) => return Err(text(path, column)),
        }
        start += width_of(column);
    }
    Tensor::from_vec(out, [rows, width])
}

/// A column of text can't become numbers.
pub(super) fn text(path: &Path, column: &Column) -> Error {
    let name = &column.name;
    let because = column.because.as_ref().map(|because| format!(" ({because})")).unwrap_or_default();
    Error::file(path, format!("column `{name}` holds text{because}, for which there is no tensor"))
        .hint(format!("say `.column(\"{name}\", ColumnType::Category)`, or leave it out with `select`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ColumnType, Missing, Skipped};
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn file(text: &str) -> PathBuf {
        static FILES: AtomicUsize = AtomicUsize::new(0);
        let path = std::env::temp_dir().join(format!("kiln-typed-{}-{}.csv", std::process::id(), FILES.fetch_add(1, Ordering::Relaxed)));
        std::fs::write(&path, text).unwrap();
        path
    }

    const PEOPLE: &str = "name,age,port,fare\n\"Smith, A\",22,S,7.25\nBo,?,C,\nCé,30,,8.5\nDo,NA,S,9\n";

    fn people() -> Csv {
        Csv::new(file(PEOPLE)).column("port", ColumnType::Category).missing_values(&["?"])
    }

    #[test]
    fn types_are_found_and_missing_values_filled() {
        let table = people().missing(Missing::Mean).missing_in("port", Missing::Nan).load_table().unwrap();
        assert_eq!((table.len(), table.names().collect::<Vec<_>>()), (4, vec!["name", "age", "port", "fare"]));
        assert_eq!(table.texts("name").unwrap(), ["Smith, A", "Bo", "Cé", "Do"]);
        assert_eq!(table.tensor("age").unwrap().to_vec::<f32>(), [22.0, 26.0, 30.0, 26.0]);
        assert_eq!(table.tensor("fare").unwrap().to_vec::<f32>(), [7.25, 8.25, 8.5, 9.0]);
        assert_eq!((table.tensor("port").unwrap().to_vec::<i32>(), table.vocabulary("port").unwrap().len()), (vec![1, 0, -1, 1], 2));
        let x = table.matrix(&["port", "age"]).unwrap();
        assert_eq!((x.shape(), x.to_vec::<f32>()), (vec![4, 3], vec![0.0, 1.0, 22.0, 1.0, 0.0, 26.0, 0.0, 0.0, 30.0, 0.0, 1.0, 26.0]));
        let nan = people().select(&["age", "fare"]).missing(Missing::Nan).load_table().unwrap();
        assert!(nan.tensor("age").unwrap().to_vec::<f32>()[1].is_nan() && nan.named().unwrap().len() == 2);
        let filled = people().select(&["age"]).missing(Missing::Fill(-1.0)).load_table().unwrap().tensor("age").unwrap();
        assert_eq!(filled.to_vec::<i64>(), [22, -1, 30, -1]);
        assert_eq!(filled.dtype(), kiln_core::DType::I64);
    }

    #[test]
    fn another_file_is_read_with_the_same_vocabulary() {
        let text = |csv: Csv| csv.vocabulary("c", &["b", "a"]).load_table();
        let table = text(Csv::new(file("a,2\nb,3\n")).has_header(false).column_names(&["c", "n"])).unwrap();
        assert_eq!(table.tensor("c").unwrap().to_vec::<i32>(), [1, 0]);
        let (x, y) = table.xy("n").unwrap();
        assert_eq!((x.to_vec::<f32>(), y.to_vec::<i64>()), (vec![0.0, 1.0, 1.0, 0.0], vec![2, 3]));
        let error = text(Csv::new(file("c,n\na,2\nx,3\n"))).unwrap_err().to_string();
        assert!(error.ends_with("csv: line 3, column 1 (`c`): expected a word of the vocabulary, received `x`"), "{error}");
    }

    #[test]
    fn mistakes_are_named() {
        let error = |csv: Csv| csv.load_table().unwrap_err().to_string().rsplit_once("csv: ").map_or_else(String::new, |e| e.1.to_owned());
        assert_eq!(error(people()), "line 3, column 2 (`age`): expected a value, received `?`; `Csv::missing` says what becomes of it");
        assert_eq!(error(people().column("name", ColumnType::Number)), "line 2, column 1 (`name`): expected a number, received `Smith, A`");
        let fare = people().select(&["fare"]).column("fare", ColumnType::Integer).missing(Missing::Nan);
        assert_eq!(error(fare), "line 2, column 4 (`fare`): expected a whole number, received `7.25`");
        assert_eq!(error(Csv::new(file("a,a\n1,2\n"))), "line 1, column 2: a second column `a`; say `column_names` to name them anew");
        assert_eq!(error(Csv::new(file("a,b\n1,\"2\n3,4\n"))), "line 2: a quote is not closed");
        assert_eq!(error(Csv::new(file("a,b\n1,inf\n"))), "line 2, column 2 (`b`): expected a finite number, received `inf`");
        let unknown = people().select(&["agee"]).load_table().unwrap_err().to_string();
        assert_eq!(unknown, "unknown column `agee`, did you mean `age`?");
        let table = people().missing(Missing::Nan).load_table().unwrap();
        let text = table.tensor("name").unwrap_err().to_string();
        assert!(
            text.contains("column `name` holds text (line 2: `Smith, A`), for which there is no tensor; say `.column(\"name\", "),
            "{text}"
        );
        assert!(table.texts("age").is_err() && table.vocabulary("age").is_err() && table.matrix(&[]).is_err());
        assert!(people().column_names(&["a"]).load_table().unwrap_err().to_string().contains("`column_names` must be 4, as line 1 has"));
    }

    #[test]
    fn bad_lines_are_left_out_when_asked() {
        let skipped = Skipped::new();
        let path = file("a,b\n1,2\n3\nx,4\n5,6\n7,8,9\n");
        let csv = Csv::new(path).column("a", ColumnType::Integer).skip_errors(&skipped);
        let table = csv.load_table().unwrap();
        assert_eq!((table.tensor("a").unwrap().to_vec::<i64>(), skipped.count()), (vec![1, 5], 3));
        assert!(skipped.errors()[1].to_string().contains("line 4, column 1 (`a`): expected a whole number, received `x`"));
        assert_eq!(table.tensor("b").unwrap().to_vec::<i64>(), [2, 6]);
    }
}
