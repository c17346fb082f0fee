//! What a column holds, and what becomes of its missing values.

use kiln_core::{Error, Result};

/// What the cells of a column are.
///
/// A column that isn't told is [`Integer`](Self::Integer) when all its cells are whole numbers, else [`Number`](Self::Number) when all
/// are numbers, else [`Text`](Self::Text).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnType {
    /// Finite numbers: `float32`.
    Number,
    /// Whole numbers: `int64`.
    Integer,
    /// Any text, for which there is no tensor: [`Table::texts`](super::Table::texts) gives it.
    Text,
    /// Words, each of which becomes its place in the sorted vocabulary: `int32`.
    Category,
}

impl ColumnType {
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Number => "a number",
            Self::Integer => "a whole number",
            Self::Text => "a text",
            Self::Category => "a word",
        }
    }
}

/// What becomes of a cell without a value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Missing {
    /// An error that names the cell.
    Refuse,
    /// NaN in a column of numbers (one of whole numbers becomes one of numbers), -1 in a column of categories.
    Nan,
    /// This number; in a column of categories a word's place.
    Fill(f64),
    /// The mean of the column's other cells, in the whole file; not for categories.
    Mean,
}

/// Cells that count as missing, beside what the user names.
pub(super) const MISSING: [&str; 6] = ["", "NA", "N/A", "NaN", "nan", "null"];

/// What a scan of the file has found out about a column.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    Number { fill: Option<f32> },
    Integer { fill: Option<i64> },
    Text,
    Category { fill: Option<i32> },
}

/// What was seen of a column's cells.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    pub(super) fractions: bool,
    pub(super) texts: bool,
    pub(super) missing: bool,
    pub(super) sum: f64,
    pub(super) count: u64,
}

impl Seen {
    /// The kind of the column `name`, whose type the user may have told.
    pub(super) fn kind(&self, name: &str, told: Option<ColumnType>, missing: Missing) -> Result<Kind> {
        let told = told.unwrap_or(match (self.texts, self.fractions || self.count == 0) {
            (true, _) => ColumnType::Text,
            (_, true) => ColumnType::Number,
            (_, false) => ColumnType::Integer,
        });
        let wrong = |expected: &str| {
            Err(Error::option("Csv", "missing", format!("{expected} for column `{name}`"), format!("{missing:?}"))
                .hint("`missing_in` sets it for one column"))
        };
        Ok(match (told, missing) {
            (ColumnType::Text, _) => Kind::Text,
            (ColumnType::Category, Missing::Refuse) => Kind::Category { fill: None },
            (ColumnType::Category, Missing::Nan) => Kind::Category { fill: Some(-1) },
            (ColumnType::Category, Missing::Fill(place)) if place.fract() == 0.0 && (-1.0..1e9).contains(&place) => {
                Kind::Category { fill: Some(place as i32) }
            }
            (ColumnType::Category, Missing::Fill(_)) => return wrong("a place in the vocabulary"),
            (ColumnType::Category, Missing::Mean) => return wrong("Refuse, Nan or Fill"),
            (_, Missing::Mean) if self.count == 0 && self.missing => return wrong("Nan or Fill, as no cell has a value,"),
            (ColumnType::Number | ColumnType::Integer, Missing::Fill(value)) if !value.is_finite() => {
                return wrong("Nan or a finite number");
            }
            (ColumnType::Integer, Missing::Fill(value)) if value.fract() == 0.0 => Kind::Integer { fill: Some(value as i64) },
            (ColumnType::Integer, _) if !self.missing || missing == Missing::Refuse => Kind::Integer { fill: None },
            (ColumnType::Number, Missing::Refuse) => Kind::Number { fill: None },
            (ColumnType::Number | ColumnType::Integer, missing) => Kind::Number { fill: Some(self.filler(missing)) },
        })
    }

    fn filler(&self, missing: Missing) -> f32 {
        match missing {
            Missing::Fill(value) => value as f32,
            Missing::Mean => (self.sum / self.count.max(1) as f64) as f32,
            Missing::Refuse | Missing::Nan => f32::NAN,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_told_is_seen() {
        let seen = Seen { missing: true, sum: 9.0, count: 3, ..Seen::default() };
        let kind = |missing| seen.kind("x", None, missing).unwrap();
        assert!(matches!(kind(Missing::Refuse), Kind::Integer { fill: None }));
        assert!(matches!(kind(Missing::Fill(-1.0)), Kind::Integer { fill: Some(-1) }));
        assert!(matches!(kind(Missing::Fill(0.5)), Kind::Number { fill: Some(0.5) }));
        assert!(matches!(kind(Missing::Mean), Kind::Number { fill: Some(3.0) }));
        assert!(matches!(kind(Missing::Nan), Kind::Number { fill: Some(f) } if f.is_nan()));
        let error = seen.kind("x", Some(ColumnType::Category), Missing::Mean).unwrap_err().to_string();
        assert_eq!(error, "Csv: `missing` must be Refuse, Nan or Fill for column `x`, received Mean; `missing_in` sets it for one column");
        assert!(Seen { missing: true, ..Seen::default() }.kind("x", None, Missing::Mean).is_err());
        assert!(seen.kind("x", Some(ColumnType::Category), Missing::Fill(0.5)).is_err());
        assert!(seen.kind("x", None, Missing::Fill(f64::INFINITY)).is_err());
    }
}
