//! What the columns of a table are, found out in one pass over the file, and how cells become values.

use super::Csv;
use super::cells::bare;
use super::column::{ColumnType, Kind, Missing, Seen};
use super::records::Records;
use kiln_core::{Error, Result};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// A column that is read.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) name: Arc<str>,
    /// Its place in a line.
    place: usize,
    pub(super) kind: Kind,
    pub(super) vocabulary: Arc<[String]>,
    places: Arc<HashMap<String, i32>>,
    /// For a column that nobody said to be text: what makes it one.
    pub(super) because: Option<String>,
}

/// The columns that are read, and the number of lines.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) columns: Arc<[Column]>,
    pub(super) rows: usize,
}

/// What is known of a column during the pass.
struct Scanned {
    place: usize,
    told: Option<ColumnType>,
    missing: Missing,
    given: Option<Vec<String>>,
    seen: Seen,
    words: BTreeSet<String>,
    because: Option<String>,
}

/// What a cell was seen to be.
enum Cell {
    Missing,
    Number(f64, bool),
    Word(String),
    Text,
}

impl Plan {
    /// Looks through the whole file, in which every cell that isn't what it was said to be is an error.
    pub(super) fn scan(csv: &Csv) -> Result<Self> {
        let mut records = Records::open(csv)?;
        let mut columns = chosen(csv, &records.names)?;
        let (mut rows, mut cells) = (0, Vec::with_capacity(columns.len()));
        loop {
            let row = match records.advance() {
                Ok(false) => break,
                Ok(true) => {
                    cells.clear();
                    columns.iter().try_for_each(|column| {
                        cells.push(column.look(csv, &records)?);
                        Ok(())
                    })
                }
                Err(error) => Err(error),
            };
            match row {
                Ok(()) => {
                    columns.iter_mut().zip(cells.drain(..)).for_each(|(column, cell)| column.add(cell, &records));
                    rows += 1;
                }
                // They are counted when they are read.
                Err(_) if csv.skipped.is_some() && !records.ended => {}
                Err(error) => return Err(error),
            }
        }
        if rows == 0 {
            let what = if csv.skipped.is_some() { "has no line that can be read" } else { "has no line after its header" };
            return Err(Error::file(&csv.path, what).hint("say `has_header(false)` if the first line is data"));
        }
        let columns = columns.into_iter().map(|column| column.finish(&records.names)).collect::<Result<_>>()?;
        Ok(Self { columns, rows })
    }
}

/// The columns to be read: those that are selected, or all.
fn chosen(csv: &Csv, names: &[String]) -> Result<Vec<Scanned>> {
    let place = |name: &str| {
        let unknown = || Error::unknown("column", name, names.iter().map(String::as_str));
        names.iter().position(|known| known == name).ok_or_else(unknown)
    };
    let told = csv.types.iter().map(|(name, _)| name).chain(csv.missing_of.iter().map(|(name, _)| name));
    told.chain(csv.vocabularies.iter().map(|(name, _)| name)).try_for_each(|name| place(name).map(drop))?;
    let places: Vec<usize> = match &csv.select {
        Some(wanted) => wanted.iter().map(|name| place(name)).collect::<Result<_>>()?,
        None => (0..names.len()).collect(),
    };
    fn of<'a, T>(list: &'a [(String, T)], name: &str) -> Option<&'a T> {
        list.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value)
    }
    let column = |place: usize| {
        let name = &names[place];
        let given = of(&csv.vocabularies, name).cloned();
        Scanned {
            place,
            told: of(&csv.types, name).copied().or(given.as_ref().map(|_| ColumnType::Category)),
            missing: of(&csv.missing_of, name).copied().unwrap_or(csv.missing),
            given,
            seen: Seen::default(),
            words: BTreeSet::new(),
            because: None,
        }
    };
    Ok(places.into_iter().map(column).collect())
}

impl Scanned {
    fn look(&self, csv: &Csv, records: &Records) -> Result<Cell> {
        let raw = records.record.cell(self.place);
        if self.told == Some(ColumnType::Text) {
            return records.utf8(self.place, raw).map(|_| Cell::Text);
        }
        if csv.is_missing(bare(raw)) {
            return match self.missing {
                Missing::Refuse => {
                    let expected = self.told.map_or("a value", ColumnType::words);
                    Err(records.wrong(self.place, expected).hint("`Csv::missing` says what becomes of it"))
                }
                _ => Ok(Cell::Missing),
            };
        }
        if self.told == Some(ColumnType::Category) {
            let word = records.utf8(self.place, raw)?;
            return match &self.given {
                Some(given) if !given.contains(&word) => Err(records.wrong(self.place, "a word of the vocabulary")),
                _ => Ok(Cell::Word(word)),
            };
        }
        let number = fast_float2::parse::<f64, _>(bare(raw)).ok();
        match (self.told, number) {
            (_, Some(value)) if !(value as f32).is_finite() => Err(records.wrong(self.place, "a finite number")),
            (Some(ColumnType::Integer), _) if whole(bare(raw)).is_none() => Err(records.wrong(self.place, "a whole number")),
            (_, Some(value)) => Ok(Cell::Number(value, whole(bare(raw)).is_some())),
            (Some(_), None) => Err(records.wrong(self.place, "a number")),
            (None, None) => records.utf8(self.place, raw).map(|_| Cell::Text),
        }
    }

    fn add(&mut self, cell: Cell, records: &Records) {
        match cell {
            Cell::Missing => self.seen.missing = true,
            Cell::Number(value, whole) => {
                self.seen.fractions |= !whole;
                self.seen.sum += value;
                self.seen.count += 1;
            }
            Cell::Word(word) => {
                if self.given.is_none() && !self.words.contains(&word) {
                    self.words.insert(word);
                }
            }
            Cell::Text if self.told.is_none() && !self.seen.texts => {
                self.seen.texts = true;
                self.because =
                    Some(format!("line {}: `{}`", records.record.line, super::fault::shown(bare(records.record.cell(self.place)))));
            }
            Cell::Text => {}
        }
    }

    fn finish(self, names: &[String]) -> Result<Column> {
        let name = &names[self.place];
        let vocabulary: Arc<[String]> = self.given.unwrap_or_else(|| self.words.into_iter().collect()).into();
        let places = vocabulary.iter().enumerate().map(|(place, word)| (word.clone(), place as i32)).collect();
        let kind = self.seen.kind(name, self.told, self.missing)?;
        Ok(Column { name: name.as_str().into(), place: self.place, kind, vocabulary, places: Arc::new(places), because: self.because })
    }
}

fn whole(cell: &[u8]) -> Option<i64> {
    str::from_utf8(cell).ok()?.parse().ok()
}

/// The values of a column.
#[derive(Clone, Debug)]
pub(super) enum Values {
    Numbers(Vec<f32>),
    Integers(Vec<i64>),
    Texts(Vec<String>),
    Categories(Vec<i32>),
}

impl Column {
    pub(super) fn values(&self, room: usize) -> Values {
        match self.kind {
            Kind::Number { .. } => Values::Numbers(Vec::with_capacity(room)),
            Kind::Integer { .. } => Values::Integers(Vec::with_capacity(room)),
            Kind::Text => Values::Texts(Vec::with_capacity(room)),
            Kind::Category { .. } => Values::Categories(Vec::with_capacity(room)),
        }
    }

    /// Adds the record's value.
    fn push(&self, csv: &Csv, records: &Records, values: &mut Values) -> Result<()> {
        let raw = records.record.cell(self.place);
        let cell = bare(raw);
        let refused = |expected: &str| records.wrong(self.place, expected);
        let missing = csv.is_missing(cell);
        match (&self.kind, values) {
            (Kind::Text, Values::Texts(values)) => values.push(records.utf8(self.place, raw)?),
            (Kind::Number { fill }, Values::Numbers(values)) => values.push(match fast_float2::parse::<f32, _>(cell).ok() {
                _ if missing => fill.ok_or_else(|| refused("a number"))?,
                Some(value) if value.is_finite() => value,
                _ => return Err(refused("a finite number")),
            }),
            (Kind::Integer { fill }, Values::Integers(values)) => values.push(match whole(cell) {
                _ if missing => fill.ok_or_else(|| refused("a whole number"))?,
                Some(value) => value,
                None => return Err(refused("a whole number")),
            }),
            (Kind::Category { fill }, Values::Categories(values)) => values.push(match fill {
                Some(fill) if missing => *fill,
                _ => {
                    let word = records.utf8(self.place, raw)?;
                    *self.places.get(&word).ok_or_else(|| refused("a word of the vocabulary"))?
                }
            }),
            _ => return Err(refused("a value of another column")),
        }
        Ok(())
    }
}

impl Values {
    fn truncate(&mut self, rows: usize) {
        match self {
            Self::Numbers(values) => values.truncate(rows),
            Self::Integers(values) => values.truncate(rows),
            Self::Texts(values) => values.truncate(rows),
            Self::Categories(values) => values.truncate(rows),
        }
    }
}

/// Reads up to `most` rows into `columns`, and says how many there were.
pub(super) fn read(csv: &Csv, plan: &Plan, records: &mut Records, most: usize, columns: &mut [Values]) -> Result<usize> {
    let mut rows = 0;
    while rows < most {
        let row = match records.advance() {
            Ok(false) => break,
            Ok(true) => plan.columns.iter().zip(columns.iter_mut()).try_for_each(|(column, values)| column.push(csv, records, values)),
            Err(error) => Err(error),
        };
        match (row, &csv.skipped) {
            (Ok(()), _) => rows += 1,
            (Err(error), Some(skipped)) if !records.ended => {
                columns.iter_mut().for_each(|values| values.truncate(rows));
                skipped.add(error);
            }
            (Err(error), _) => return Err(error),
        }
    }
    Ok(rows)
}
