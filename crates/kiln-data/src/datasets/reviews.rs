//! What the two data sets of word numbers share: [`imdb`](super::imdb) and [`reuters`](super::reuters).

use super::shuffle::RandomState;
use crate::npy::{entries, open, pickle, tensor};
use kiln_core::{Error, Result, Tensor};
use std::collections::HashMap;
use std::path::Path;

/// Texts as lists of word numbers, and a label for each.
pub type Texts = (Vec<Vec<i32>>, Tensor);

/// The texts and labels of one part of a file.
pub(super) type Labelled = (Vec<Vec<i32>>, Vec<i64>);

/// Keras' options for texts of word numbers. A word's number is its rank by frequency plus `index_from`.
///
/// ```
/// use kiln_data::datasets::WordOptions;
/// let options = WordOptions::new().num_words(10_000).maxlen(200);
/// assert!(format!("{options:?}").contains("num_words: Some(10000)"));
/// ```
#[derive(Clone, Debug)]
pub struct WordOptions {
    num_words: Option<i32>,
    skip_top: i32,
    maxlen: Option<usize>,
    seed: u32,
    start_char: Option<i32>,
    oov_char: Option<i32>,
    index_from: i32,
}

impl Default for WordOptions {
    fn default() -> Self {
        Self { num_words: None, skip_top: 0, maxlen: None, seed: 113, start_char: Some(1), oov_char: Some(2), index_from: 3 }
    }
}

impl WordOptions {
    /// All words; 0 is kept for padding, 1 begins a text, 2 stands for words left out.
    pub fn new() -> Self {
        Self::default()
    }

    /// Numbers from this one on are left out; default none.
    pub fn num_words(mut self, num_words: usize) -> Self {
        self.num_words = Some(i32::try_from(num_words).unwrap_or(i32::MAX));
        self
    }

    /// Numbers below this one, the most frequent words, are left out; default 0.
    pub fn skip_top(mut self, skip_top: usize) -> Self {
        self.skip_top = i32::try_from(skip_top).unwrap_or(i32::MAX);
        self
    }

    /// Texts of this length or longer are left out whole; default none.
    pub fn maxlen(mut self, maxlen: usize) -> Self {
        self.maxlen = Some(maxlen);
        self
    }

    /// The seed of the order; default 113.
    pub fn seed(mut self, seed: u32) -> Self {
        self.seed = seed;
        self
    }

    /// The number that begins each text; default 1, `None` for none.
    pub fn start_char(mut self, number: impl Into<Option<i32>>) -> Self {
        self.start_char = number.into();
        self
    }

    /// The number that stands for words left out; default 2, `None` drops them.
    pub fn oov_char(mut self, number: impl Into<Option<i32>>) -> Self {
        self.oov_char = number.into();
        self
    }

    /// What is added to the ranks; default 3.
    pub fn index_from(mut self, index: i32) -> Self {
        self.index_from = index;
        self
    }

    /// The order of the next part, from the generator that all parts share.
    pub(super) fn random(&self) -> RandomState {
        RandomState::new(self.seed)
    }

    /// Texts in a new order, with their first number, without those that are too long.
    pub(super) fn arrange(&self, (texts, labels): Labelled, random: &mut RandomState) -> Labelled {
        let shift = |text: &Vec<i32>| self.start_char.into_iter().chain(text.iter().map(|word| word + self.index_from)).collect::<Vec<_>>();
        let order = random.order(texts.len());
        let pairs = order.into_iter().filter_map(|i| Some((shift(texts.get(i)?), *labels.get(i)?)));
        pairs.filter(|(text, _)| self.maxlen.is_none_or(|maxlen| text.len() < maxlen)).unzip()
    }

    /// Leaves out words, in all parts alike.
    pub(super) fn limit(&self, texts: &mut [Vec<i32>]) {
        let most = self.num_words.unwrap_or_else(|| texts.iter().flatten().copied().max().unwrap_or(0));
        let kept = |word: i32| (self.skip_top..most).contains(&word);
        for text in texts {
            match self.oov_char {
                Some(oov) => text.iter_mut().filter(|word| !kept(**word)).for_each(|word| *word = oov),
                None => text.retain(|word| kept(*word)),
            }
        }
    }
}

/// The texts and labels of an `.npz` file, by the names of their arrays.
pub(super) fn read(path: &Path, names: &[(&str, &str)]) -> Result<Vec<Labelled>> {
    let files = entries(path)?;
    let file = |name: &str| {
        let found = files.iter().find(|(n, _)| n == name).map(|(_, bytes)| bytes.as_slice());
        found.ok_or_else(|| Error::file(path, format!("has no array `{name}`")))
    };
    let mut parts = Vec::with_capacity(names.len());
    for (x, y) in names {
        let failed = |name: &str, what: String| Error::file(path.join(name), what);
        let (_, bytes) = open(&path.join(x), file(x)?)?;
        let content = pickle::read(bytes).map_err(|what| failed(x, what))?;
        let texts = content.array().and_then(|(_, _, list)| list.list()?.iter().map(words).collect::<Option<Vec<_>>>());
        let texts = texts.ok_or_else(|| failed(x, "holds no lists of word numbers".to_owned()))?;
        let (header, values) = open(&path.join(y), file(y)?)?;
        let labels = tensor(&header, values).map_err(|what| failed(y, what))?.to_vec::<i64>();
        if labels.len() != texts.len() {
            return Err(Error::file(path, format!("`{x}` has {} texts, but `{y}` has {} labels", texts.len(), labels.len())));
        }
        parts.push((texts, labels));
    }
    Ok(parts)
}

fn words(list: &pickle::Pickle) -> Option<Vec<i32>> {
    list.list()?.iter().map(|word| word.int().and_then(|word| i32::try_from(word).ok())).collect()
}

/// The file of words and their ranks.
pub(super) fn word_index(path: &Path) -> Result<HashMap<String, usize>> {
    serde_json::from_slice(&crate::file::read(path)?).map_err(|error| Error::file(path, format!("is no table of words: {error}")))
}
