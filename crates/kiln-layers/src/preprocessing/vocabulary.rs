//! A table from tokens to places.

use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Different tokens and their places, which start after those kept for masks and unknown tokens.
#[derive(Clone, Debug)]
pub(super) struct Vocabulary {
    tokens: Vec<i64>,
    places: HashMap<i64, usize>,
    start: usize,
}

impl Vocabulary {
    /// A token that stands there twice is the error.
    pub(super) fn new(tokens: &[i64], start: usize) -> Result<Self, i64> {
        let mut places = HashMap::with_capacity(tokens.len());
        for (i, token) in tokens.iter().enumerate() {
            if places.insert(*token, start + i).is_some() {
                return Err(*token);
            }
        }
        Ok(Self { tokens: tokens.to_vec(), places, start })
    }

    pub(super) fn place(&self, token: i64) -> Option<usize> {
        self.places.get(&token).copied()
    }

    pub(super) fn token(&self, place: usize) -> Option<i64> {
        self.tokens.get(place.checked_sub(self.start)?).copied()
    }
}

/// The different tokens of `values` but the `special` ones, the most frequent first and the larger of equally frequent ones first;
/// and in how many rows of `width` values each stands.
pub(super) fn learned(values: &[i64], width: usize, special: &[Option<i64>]) -> (Vec<i64>, Vec<usize>) {
    let mut counts: BTreeMap<i64, (usize, usize)> = BTreeMap::new();
    for row in values.chunks(width) {
        for token in row {
            counts.entry(*token).or_default().0 += 1;
        }
        for token in row.iter().collect::<BTreeSet<_>>() {
            counts.entry(*token).or_default().1 += 1;
        }
    }
    let mut found: Vec<(usize, i64, usize)> = counts.into_iter().map(|(token, (count, rows))| (count, token, rows)).collect();
    found.retain(|(_, token, _)| !special.contains(&Some(*token)));
    found.sort_unstable_by(|a, b| b.cmp(a));
    found.into_iter().map(|(_, token, rows)| (token, rows)).unzip()
}
