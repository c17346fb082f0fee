//! Text to rows of numbers.

use super::lookup::StringLookup;
use super::output::OutputMode;
use kiln_core::{Error, Result, Tensor};
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// How [`TextVectorization`] makes texts alike. `"lower_and_strip_punctuation"`, `"lower"`, `"strip_punctuation"` and `"none"`
/// become one.
#[derive(Clone)]
pub enum Standardize {
    /// One of Keras' words, or `none`.
    Named(String),
    /// A function of your own.
    Custom(Arc<dyn Fn(&str) -> String + Send + Sync>),
}

impl fmt::Debug for Standardize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(name) => write!(f, "{name}"),
            Self::Custom(_) => write!(f, "a function"),
        }
    }
}

impl From<&str> for Standardize {
    fn from(name: &str) -> Self {
        Self::Named(name.to_owned())
    }
}

impl<F: Fn(&str) -> String + Send + Sync + 'static> From<F> for Standardize {
    fn from(function: F) -> Self {
        Self::Custom(Arc::new(function))
    }
}

/// How [`TextVectorization`] cuts texts into tokens. `"whitespace"`, `"character"` and `"none"` become one.
#[derive(Clone)]
pub enum Split {
    /// One of Keras' words, or `none`.
    Named(String),
    /// A function of your own.
    Custom(Arc<Splitter>),
}

impl fmt::Debug for Split {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(name) => write!(f, "{name}"),
            Self::Custom(_) => write!(f, "a function"),
        }
    }
}

impl From<&str> for Split {
    fn from(name: &str) -> Self {
        Self::Named(name.to_owned())
    }
}

impl<F: Fn(&str) -> Vec<String> + Send + Sync + 'static> From<F> for Split {
    fn from(function: F) -> Self {
        Self::Custom(Arc::new(function))
    }
}

/// A function that cuts a text into tokens.
type Splitter = dyn Fn(&str) -> Vec<String> + Send + Sync;

/// Turns texts into rows of token numbers, or into rows of counts: Keras' `TextVectorization`.
///
/// A text is made plain, cut into tokens, joined into n-grams if asked for, and looked up. Number 0 fills rows up, number 1 is for
/// unknown tokens. As in Keras, lower case touches the letters A to Z alone.
///
/// ```
/// use kiln_data::TextVectorization;
/// let mut text = TextVectorization::new().output_sequence_length(4);
/// text.adapt(&["The cat sat.", "A dog sat!"])?;
/// assert_eq!(text.get_vocabulary(), ["", "[UNK]", "sat", "the", "dog", "cat", "a"]);
/// let rows = text.call(&["the dog, the bird"])?;
/// assert_eq!((rows.shape(), rows.to_vec::<i64>()), (vec![1, 4], vec![3, 4, 3, 1]));
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct TextVectorization {
    standardize: Standardize,
    split: Split,
    ngrams: Option<Vec<usize>>,
    output_sequence_length: Option<usize>,
    lookup: StringLookup,
}

impl Default for TextVectorization {
    fn default() -> Self {
        let lookup = StringLookup::new().mask_token("").speaking_as(WHO);
        Self {
            standardize: "lower_and_strip_punctuation".into(),
            split: "whitespace".into(),
            ngrams: None,
            output_sequence_length: None,
            lookup,
        }
    }
}

const WHO: &str = "TextVectorization";

impl TextVectorization {
    /// Keras' defaults: lower case without punctuation, cut at spaces, numbers as output.
    pub fn new() -> Self {
        Self::default()
    }

    /// The largest size of the vocabulary with its special tokens; default no limit.
    pub fn max_tokens(mut self, max_tokens: usize) -> Self {
        self.lookup = self.lookup.max_tokens(max_tokens);
        self
    }

    /// `"lower_and_strip_punctuation"` (default), `"lower"`, `"strip_punctuation"`, `"none"` or a function.
    pub fn standardize(mut self, standardize: impl Into<Standardize>) -> Self {
        self.standardize = standardize.into();
        self
    }

    /// `"whitespace"` (default), `"character"`, `"none"` or a function.
    pub fn split(mut self, split: impl Into<Split>) -> Self {
        self.split = split.into();
        self
    }

    /// Joins up to `n` neighbours into tokens of their own; default none.
    pub fn ngrams(self, n: usize) -> Self {
        let lengths: Vec<usize> = (1..=n).collect();
        self.ngrams_of(&lengths)
    }

    /// Joins neighbours into tokens of exactly these lengths: Keras' `ngrams=(2, 3)`.
    pub fn ngrams_of(mut self, lengths: &[usize]) -> Self {
        self.ngrams = Some(lengths.to_vec());
        self
    }

    /// `"int"` (default), `"multi_hot"`, `"count"` or `"tf_idf"`.
    pub fn output_mode(mut self, mode: &str) -> Self {
        self.lookup = self.lookup.output_mode(mode);
        self
    }

    /// The length of the rows in the mode `"int"`: longer ones are cut, shorter ones filled up with 0 at the end. Default that of
    /// the longest row of a call.
    pub fn output_sequence_length(mut self, length: usize) -> Self {
        self.output_sequence_length = Some(length);
        self
    }

    /// Whether the rows of the other modes are `max_tokens` wide even when fewer tokens are known; default `false`.
    pub fn pad_to_max_tokens(mut self, pad: bool) -> Self {
        self.lookup = self.lookup.pad_to_max_tokens(pad);
        self
    }

    /// Learns the vocabulary: the most frequent tokens first, and in the mode `"tf_idf"` the weights.
    ///
    /// # Errors
    /// An unknown word for an option, or a vocabulary that was set.
    pub fn adapt(&mut self, texts: &[impl AsRef<str>]) -> Result<()> {
        let rows = self.rows(texts)?;
        self.lookup.adapt_rows(rows.into_iter())
    }

    /// Sets the vocabulary, with or without the special tokens `""` and `[UNK]` at its beginning.
    ///
    /// # Errors
    /// As for [`StringLookup::set_vocabulary`].
    pub fn set_vocabulary(&mut self, tokens: &[impl AsRef<str>]) -> Result<()> {
        self.lookup.set_vocabulary(tokens)
    }

    /// Sets the vocabulary and the weight of each of its tokens, for the mode `"tf_idf"`.
    ///
    /// # Errors
    /// As for [`StringLookup::set_vocabulary_with_idf`].
    pub fn set_vocabulary_with_idf(&mut self, tokens: &[impl AsRef<str>], idf_weights: &[f32]) -> Result<()> {
        self.lookup.set_vocabulary_with_idf(tokens, idf_weights)
    }

    /// Reads a vocabulary from a file with a token on each line.
    ///
    /// # Errors
    /// As for [`StringLookup::load_vocabulary`].
    pub fn load_vocabulary(&mut self, path: impl AsRef<Path>) -> Result<()> {
        self.lookup.load_vocabulary(path)
    }

    /// Writes the vocabulary with its special tokens, a token on each line, as Keras does.
    ///
    /// # Errors
    /// As for [`StringLookup::save_vocabulary`].
    pub fn save_vocabulary(&self, path: impl AsRef<Path>) -> Result<()> {
        self.lookup.save_vocabulary(path)
    }

    /// The tokens in the order of their numbers, the special ones first.
    pub fn get_vocabulary(&self) -> Vec<String> {
        self.lookup.get_vocabulary()
    }

    /// The tokens without the special ones: Keras' `get_vocabulary(include_special_tokens=False)`.
    pub fn tokens(&self) -> &[String] {
        self.lookup.tokens()
    }

    /// How many numbers there are: the `input_dim` of an embedding.
    pub fn vocabulary_size(&self) -> usize {
        self.lookup.vocabulary_size()
    }

    /// A row for each text: `int64` of shape (texts, length) in the mode `"int"`, else `float32` of shape (texts, tokens).
    ///
    /// # Errors
    /// No vocabulary yet, or an unknown word for an option.
    pub fn call(&self, texts: &[impl AsRef<str>]) -> Result<Tensor> {
        let rows = self.rows(texts)?;
        if self.lookup.mode()? != OutputMode::Int {
            return self.lookup.encode(&rows);
        }
        let numbers: Vec<Vec<Option<usize>>> = rows.iter().map(|row| self.lookup.numbers(row)).collect::<Result<_>>()?;
        let longest = numbers.iter().map(Vec::len).max().unwrap_or(0);
        let length = self.output_sequence_length.unwrap_or(longest);
        let mut values = vec![0i64; rows.len() * length];
        for (out, row) in values.chunks_exact_mut(length.max(1)).zip(&numbers) {
            out.iter_mut().zip(row).for_each(|(slot, number)| *slot = number.unwrap_or(0) as i64);
        }
        Tensor::from_vec(values, [rows.len(), length])
    }

    /// The tokens of each text.
    fn rows(&self, texts: &[impl AsRef<str>]) -> Result<Vec<Vec<String>>> {
        match self.lookup.mode()? {
            OutputMode::OneHot => {
                return Err(Error::option(WHO, "output_mode", "`int`, `multi_hot`, `count` or `tf_idf`", "`one_hot`"));
            }
            OutputMode::Int => {}
            _ if self.output_sequence_length.is_some() => {
                return Err(Error::option(WHO, "output_sequence_length", "left out unless `output_mode` is `int`", "a length"));
            }
            _ => {}
        }
        if self.ngrams.iter().flatten().any(|n| *n == 0) {
            return Err(Error::option(WHO, "ngrams", "at least 1", 0));
        }
        texts.iter().map(|text| Ok(self.grams(self.tokens_of(&self.plain(text.as_ref())?)?))).collect()
    }

    fn plain(&self, text: &str) -> Result<String> {
        let bare = |text: &str| text.chars().filter(|c| !c.is_ascii_punctuation()).collect::<String>();
        match &self.standardize {
            Standardize::Custom(function) => Ok(function(text)),
            Standardize::Named(name) => match name.as_str() {
                "lower_and_strip_punctuation" => Ok(bare(text).to_ascii_lowercase()),
                "lower" => Ok(text.to_ascii_lowercase()),
                "strip_punctuation" => Ok(bare(text)),
                "none" => Ok(text.to_owned()),
                other => {
                    let expected = "`lower_and_strip_punctuation`, `lower`, `strip_punctuation`, `none` or a function";
                    Err(Error::option(WHO, "standardize", expected, format!("`{other}`")))
                }
            },
        }
    }

    fn tokens_of(&self, text: &str) -> Result<Vec<String>> {
        // TensorFlow cuts at the spaces of ASCII.
        let space = |c: char| c == ' ' || ('\t'..='\r').contains(&c);
        match &self.split {
            Split::Custom(function) => Ok(function(text)),
            Split::Named(name) => match name.as_str() {
                "whitespace" => Ok(text.split(space).filter(|token| !token.is_empty()).map(str::to_owned).collect()),
                "character" => Ok(text.chars().map(String::from).collect()),
                "none" => Ok(vec![text.to_owned()]),
                other => Err(Error::option(WHO, "split", "`whitespace`, `character`, `none` or a function", format!("`{other}`"))),
            },
        }
    }

    fn grams(&self, tokens: Vec<String>) -> Vec<String> {
        match &self.ngrams {
            None => tokens,
            Some(lengths) => lengths.iter().flat_map(|n| tokens.windows(*n).map(|gram| gram.join(" "))).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden::{Golden, close, words};

    #[test]
    fn rows_are_those_of_keras() {
        let golden = Golden::read();
        for case in golden.cases("vectorization") {
            let options = &case["options"];
            let mut text = TextVectorization::new();
            for (option, value) in options.as_object().unwrap() {
                let number = || value.as_u64().unwrap() as usize;
                text = match option.as_str() {
                    "standardize" => text.standardize(value.as_str().unwrap_or("none")),
                    "split" => text.split(value.as_str().unwrap_or("none")),
                    "ngrams" if value.is_array() => text.ngrams_of(&[2, 3]),
                    "ngrams" => text.ngrams(number()),
                    "max_tokens" => text.max_tokens(number()),
                    "output_mode" => text.output_mode(value.as_str().unwrap()),
                    "output_sequence_length" => text.output_sequence_length(number()),
                    "pad_to_max_tokens" => text.pad_to_max_tokens(value.as_bool().unwrap()),
                    other => panic!("{other}"),
                };
            }
            text.adapt(&golden.words("texts")).unwrap();
            assert_eq!(text.get_vocabulary(), words(&case["vocabulary"]), "{options}");
            assert_eq!(text.tokens(), words(&case["plain"]), "{options}");
            close(&text.call(&golden.words("new")).unwrap(), &case["output"]);
        }
    }

    #[test]
    fn functions_of_your_own() {
        let mut text = TextVectorization::new()
            .standardize(|text: &str| text.replace("<br />", " "))
            .split(|text: &str| text.split('-').map(str::to_owned).collect());
        text.set_vocabulary(&["a", "b"]).unwrap();
        assert_eq!(text.call(&["b-a<br />", "a"]).unwrap().to_vec::<i64>(), [3, 1, 2, 0]);
        assert_eq!(text.call(&[] as &[&str]).unwrap().shape(), [0, 0]);
    }

    #[test]
    fn mistakes_are_named() {
        let error = |text: TextVectorization| text.call(&["a"]).unwrap_err().to_string();
        assert!(error(TextVectorization::new().standardize("upper")).contains("`standardize` must be `lower_and_strip_punctuation`"));
        assert!(error(TextVectorization::new().split("words")).contains("received `words`"));
        assert!(error(TextVectorization::new().output_mode("one_hot")).contains("received `one_hot`"));
        assert!(error(TextVectorization::new().ngrams_of(&[0])).contains("`ngrams` must be at least 1"));
        assert!(error(TextVectorization::new().output_mode("count").output_sequence_length(3)).contains("`output_sequence_length`"));
        assert!(error(TextVectorization::new().pad_to_max_tokens(true)).contains("`max_tokens` must be set"));
        assert!(error(TextVectorization::new()).contains("there is no vocabulary yet"));
    }
}
