//! Strings to numbers by a vocabulary.

use super::hashing::bucket;
use super::output::OutputMode;
use super::vocabulary::{Census, Vocabulary};
use crate::file;
use kiln_core::{Error, Result, Tensor};
use std::path::Path;

/// Turns strings into the numbers that a vocabulary gives them, and back: Keras' `StringLookup`.
///
/// The numbers are the mask token's (0, if there is one and the mode is `"int"`), those of unknown strings, then the vocabulary's.
///
/// ```
/// use kiln_data::StringLookup;
/// let mut lookup = StringLookup::new();
/// lookup.adapt(&["b", "a", "b"])?;
/// assert_eq!(lookup.get_vocabulary(), ["[UNK]", "b", "a"]);
/// let numbers = lookup.call(&["a", "z", "b"])?;
/// assert_eq!(numbers.to_vec::<i64>(), [2, 0, 1]);
/// assert_eq!(lookup.strings(&numbers), ["a", "[UNK]", "b"]);
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct StringLookup {
    who: &'static str,
    max_tokens: Option<usize>,
    num_oov_indices: usize,
    mask_token: Option<String>,
    oov_token: String,
    output_mode: String,
    pad_to_max_tokens: bool,
    salt: Option<[u64; 2]>,
    known: Option<Vocabulary>,
    fixed: bool,
}

impl Default for StringLookup {
    fn default() -> Self {
        Self {
            who: "StringLookup",
            max_tokens: None,
            num_oov_indices: 1,
            mask_token: None,
            oov_token: "[UNK]".to_owned(),
            output_mode: "int".to_owned(),
            pad_to_max_tokens: false,
            salt: None,
            known: None,
            fixed: false,
        }
    }
}

impl StringLookup {
    /// Keras' defaults: one number for unknown strings, no mask, numbers as output.
    pub fn new() -> Self {
        Self::default()
    }

    /// The largest size of the vocabulary with its special tokens; default no limit.
    pub fn max_tokens(mut self, max_tokens: usize) -> Self {
        self.max_tokens = Some(max_tokens);
        self
    }

    /// How many numbers unknown strings share, by their hash; default 1. With 0 an unknown string is an error.
    pub fn num_oov_indices(mut self, count: usize) -> Self {
        self.num_oov_indices = count;
        self
    }

    /// The string that stands for nothing; default none. It is number 0.
    pub fn mask_token(mut self, token: &str) -> Self {
        self.mask_token = Some(token.to_owned());
        self
    }

    /// What unknown numbers turn back into; default `[UNK]`.
    pub fn oov_token(mut self, token: &str) -> Self {
        token.clone_into(&mut self.oov_token);
        self
    }

    /// `"int"` (default), `"one_hot"`, `"multi_hot"`, `"count"` or `"tf_idf"`.
    pub fn output_mode(mut self, mode: &str) -> Self {
        mode.clone_into(&mut self.output_mode);
        self
    }

    /// Whether the rows of the other modes are `max_tokens` wide even when fewer tokens are known; default `false`.
    pub fn pad_to_max_tokens(mut self, pad: bool) -> Self {
        self.pad_to_max_tokens = pad;
        self
    }

    /// Two numbers that change which unknown strings share a number; default none.
    pub fn salt(mut self, salt: [u64; 2]) -> Self {
        self.salt = Some(salt);
        self
    }

    /// Learns the vocabulary: the most frequent strings first. Each string is a document of its own.
    ///
    /// # Errors
    /// A vocabulary that was set, or an option that makes no sense.
    pub fn adapt(&mut self, strings: &[impl AsRef<str>]) -> Result<()> {
        self.adapt_rows(strings.iter().map(|s| vec![s.as_ref().to_owned()]))
    }

    /// The same for a layer made of this one, which its errors name.
    pub(super) fn speaking_as(mut self, who: &'static str) -> Self {
        self.who = who;
        self
    }

    pub(super) fn adapt_rows(&mut self, rows: impl Iterator<Item = Vec<String>>) -> Result<()> {
        let mode = self.mode()?;
        if self.fixed {
            return Err(Error::order(self.who, "`adapt` can't change a vocabulary that was set"));
        }
        let mut census = Census::default();
        rows.for_each(|row| census.document(&row));
        let special: Vec<&str> = self.mask_token.as_deref().into_iter().chain([self.oov_token.as_str()]).collect();
        let most = self.max_tokens.map(|most| most - self.first_token().min(most));
        self.known = Some(census.vocabulary(&special, most, mode == OutputMode::TfIdf));
        Ok(())
    }

    /// Sets the vocabulary, with or without the special tokens at its beginning.
    ///
    /// # Errors
    /// No token, one that comes twice or is a special one, more than `max_tokens`, or the mode `"tf_idf"`, which needs weights.
    pub fn set_vocabulary(&mut self, tokens: &[impl AsRef<str>]) -> Result<()> {
        self.set(tokens.iter().map(|t| t.as_ref().to_owned()).collect(), None)
    }

    /// Sets the vocabulary and the weight of each of its tokens, for the mode `"tf_idf"`.
    ///
    /// # Errors
    /// As for [`StringLookup::set_vocabulary`]; another number of weights than tokens; another mode.
    pub fn set_vocabulary_with_idf(&mut self, tokens: &[impl AsRef<str>], idf_weights: &[f32]) -> Result<()> {
        self.set(tokens.iter().map(|t| t.as_ref().to_owned()).collect(), Some(idf_weights))
    }

    fn set(&mut self, mut tokens: Vec<String>, idf: Option<&[f32]>) -> Result<()> {
        let mode = self.mode()?;
        let error = |what: String| Error::data(self.who, what);
        let mut idf = match (mode, idf) {
            (OutputMode::TfIdf, None) => return Err(error("the mode `tf_idf` needs weights with the vocabulary".to_owned())),
            (OutputMode::TfIdf, Some(idf)) if idf.len() != tokens.len() => {
                return Err(error(format!("there are {} tokens, but {} weights", tokens.len(), idf.len())));
            }
            (OutputMode::TfIdf, idf) => idf.map(<[f32]>::to_vec),
            (_, Some(_)) => return Err(error(format!("weights are for the mode `tf_idf`, not for `{}`", self.output_mode))),
            (_, None) => None,
        };
        let special = self.special();
        let mut oov = None;
        if !special.is_empty() && tokens.starts_with(&special) {
            tokens.drain(..special.len());
            oov = idf.as_mut().and_then(|idf| idf.drain(..special.len()).next_back());
        }
        if tokens.is_empty() {
            return Err(error("the vocabulary has no token".to_owned()));
        }
        let reserved =
            |token: &&String| self.mask_token.as_ref() == Some(*token) || (self.num_oov_indices > 0 && **token == self.oov_token);
        if let Some(token) = tokens.iter().find(reserved) {
            return Err(error(format!("the special token `{token}` stands within the vocabulary"))
                .hint(format!("leave it out, or begin with {special:?}")));
        }
        if let Some(most) = self.max_tokens.filter(|most| tokens.len() + self.first_token() > *most) {
            return Err(Error::option(self.who, "max_tokens", format!("at least {}", tokens.len() + self.first_token()), most));
        }
        let mut known = Vocabulary::new(tokens, idf);
        if known.place.len() < known.tokens.len() {
            let twice = known.tokens.iter().enumerate().find(|(i, token)| known.place.get(*token) != Some(i));
            return Err(error(format!("the token `{}` comes twice", twice.map_or("", |(_, token)| token))));
        }
        known.idf_oov = oov.unwrap_or(known.idf_oov);
        self.known = Some(known);
        self.fixed = true;
        Ok(())
    }

    /// Reads a vocabulary from a file with a token on each line, such as `vocabulary.txt` in a `.keras` file.
    ///
    /// # Errors
    /// A file that can't be read or isn't UTF-8, or a vocabulary that [`StringLookup::set_vocabulary`] doesn't take.
    pub fn load_vocabulary(&mut self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let text = file::text(path)?;
        let mut tokens: Vec<&str> = text.lines().collect();
        while tokens.len() > 1 && tokens.last() == Some(&"") {
            tokens.pop();
        }
        self.set_vocabulary(&tokens)
    }

    /// Writes the vocabulary with its special tokens, a token on each line, as Keras does.
    ///
    /// # Errors
    /// A file that can't be written, or no vocabulary yet.
    pub fn save_vocabulary(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        self.known()?;
        std::fs::write(path, self.get_vocabulary().join("\n")).map_err(|error| Error::file(path, format!("can't be written: {error}")))
    }

    /// The tokens in the order of their numbers, the special ones first.
    pub fn get_vocabulary(&self) -> Vec<String> {
        let mut tokens = self.special();
        tokens.extend(self.known.iter().flat_map(|known| known.tokens.iter().cloned()));
        tokens
    }

    /// The tokens without the special ones: Keras' `get_vocabulary(include_special_tokens=False)`.
    pub fn tokens(&self) -> &[String] {
        self.known.as_ref().map_or(&[], |known| &known.tokens)
    }

    /// How many numbers there are.
    pub fn vocabulary_size(&self) -> usize {
        self.first_token() + self.tokens().len()
    }

    /// In the mode `"int"` the number of each string, `int64`, and in `"one_hot"` a row for each. The other modes take all strings
    /// as one sample and give one row.
    ///
    /// # Errors
    /// No vocabulary yet, or an unknown string without a number for it.
    pub fn call(&self, strings: &[impl AsRef<str>]) -> Result<Tensor> {
        let row: Vec<String> = strings.iter().map(|s| s.as_ref().to_owned()).collect();
        match self.mode()? {
            OutputMode::Int => Ok(Tensor::constant(self.numbers(&row)?.into_iter().map(|n| n.unwrap_or(0) as i64).collect::<Vec<_>>())),
            OutputMode::OneHot => self.encode(&row.into_iter().map(|token| vec![token]).collect::<Vec<_>>()),
            _ => self.encode(&[row])?.squeeze(0),
        }
    }

    /// The strings of numbers: Keras' `StringLookup(invert=True)` with the same vocabulary. Unknown numbers give the OOV token.
    pub fn strings(&self, numbers: &Tensor) -> Vec<String> {
        let vocabulary = self.get_vocabulary();
        let token = |number: i64| usize::try_from(number).ok().and_then(|n| vocabulary.get(n)).unwrap_or(&self.oov_token).clone();
        numbers.to_vec::<i64>().into_iter().map(token).collect()
    }

    /// One row for each row of tokens, in a mode other than `"int"`.
    pub(super) fn encode(&self, rows: &[Vec<String>]) -> Result<Tensor> {
        let (mode, known) = (self.mode()?, self.known()?);
        let rows: Vec<_> = rows.iter().map(|row| self.numbers(row)).collect::<Result<_>>()?;
        let depth = self.max_tokens.filter(|_| self.pad_to_max_tokens).unwrap_or_else(|| self.vocabulary_size());
        let mut idf = vec![known.idf_oov; self.first_token()];
        idf.extend(known.idf.iter().flatten());
        mode.encode(&rows, depth, &idf)
    }

    /// The number of each token; `None` for the mask where it has no number.
    pub(super) fn numbers(&self, tokens: &[String]) -> Result<Vec<Option<usize>>> {
        let (known, first) = (self.known()?, self.first_token());
        let int = self.mode()? == OutputMode::Int;
        let number = |token: &String| {
            if self.mask_token.as_ref() == Some(token) {
                return Ok(int.then_some(0));
            }
            match (known.place.get(token), self.num_oov_indices) {
                (Some(place), _) => Ok(Some(first + place)),
                (None, 0) => {
                    let what = format!("the string `{token}` is not in the vocabulary");
                    Err(Error::data(self.who, what).hint("with `num_oov_indices(1)` unknown strings get a number"))
                }
                (None, 1) => Ok(Some(first - 1)),
                (None, bins) => Ok(Some(first - bins + bucket(token, bins as u64, self.salt) as usize)),
            }
        };
        tokens.iter().map(number).collect()
    }

    pub(super) fn mode(&self) -> Result<OutputMode> {
        if self.pad_to_max_tokens && self.max_tokens.is_none() {
            return Err(Error::option(self.who, "max_tokens", "set with `pad_to_max_tokens`", "none"));
        }
        if let Some(most) = self.max_tokens.filter(|most| *most <= 1) {
            return Err(Error::option(self.who, "max_tokens", "above 1", most));
        }
        OutputMode::of(self.who, &self.output_mode)
    }

    fn known(&self) -> Result<&Vocabulary> {
        self.known
            .as_ref()
            .ok_or_else(|| Error::order(self.who, "there is no vocabulary yet").hint("call `adapt` or `set_vocabulary` first"))
    }

    fn has_mask_number(&self) -> bool {
        self.mask_token.is_some() && self.output_mode == "int"
    }

    fn first_token(&self) -> usize {
        usize::from(self.has_mask_number()) + self.num_oov_indices
    }

    fn special(&self) -> Vec<String> {
        let mask = self.mask_token.clone().filter(|_| self.has_mask_number());
        mask.into_iter().chain(vec![self.oov_token.clone(); self.num_oov_indices]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden::{Golden, close, words};

    #[test]
    fn numbers_are_those_of_keras() {
        let golden = Golden::read();
        for case in golden.cases("lookup") {
            let options = &case["options"];
            let mut lookup = StringLookup::new();
            let text = |name: &str| options[name].as_str().map(str::to_owned);
            let number = |name: &str| options[name].as_u64().map(|n| n as usize);
            lookup.mask_token = text("mask_token");
            lookup.oov_token = text("oov_token").unwrap_or(lookup.oov_token);
            lookup.output_mode = text("output_mode").unwrap_or(lookup.output_mode);
            lookup.max_tokens = number("max_tokens");
            lookup.num_oov_indices = number("num_oov_indices").unwrap_or(1);
            lookup.salt = options["salt"].as_array().map(|salt| [0, 1].map(|i| salt[i].as_u64().unwrap()));
            lookup.adapt(&golden.words("words")).unwrap();
            assert_eq!(lookup.get_vocabulary(), words(&case["vocabulary"]), "{options}");
            close(&lookup.call(&words(&case["ask"])).unwrap(), &case["output"]);
        }
    }

    #[test]
    fn a_vocabulary_can_be_set_saved_and_read() {
        let mut lookup = StringLookup::new().mask_token("");
        lookup.set_vocabulary(&["", "[UNK]", "x", "y z"]).unwrap();
        let path = std::env::temp_dir().join(format!("kiln-vocabulary-{}.txt", std::process::id()));
        lookup.save_vocabulary(&path).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "\n[UNK]\nx\ny z");
        let mut again = StringLookup::new().mask_token("");
        again.load_vocabulary(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!((again.tokens(), again.vocabulary_size()), (lookup.tokens(), 4));
        assert_eq!(again.strings(&Tensor::constant([0, 3, 9])), ["", "y z", "[UNK]"]);
        assert!(again.adapt(&["a"]).unwrap_err().to_string().contains("`adapt` can't change"));
    }

    #[test]
    fn weights_come_with_the_vocabulary() {
        let mut lookup = StringLookup::new().output_mode("tf_idf").pad_to_max_tokens(true).max_tokens(5);
        lookup.set_vocabulary_with_idf(&["a", "b"], &[1.0, 3.0]).unwrap();
        assert_eq!(lookup.call(&["b", "z", "b"]).unwrap().to_vec::<f32>(), [2.0, 0.0, 6.0, 0.0, 0.0]);
        assert!(lookup.set_vocabulary(&["a"]).is_err() && lookup.set_vocabulary_with_idf(&["a"], &[]).is_err());
    }

    #[test]
    fn mistakes_are_named() {
        let error = |lookup: &mut StringLookup, tokens: &[&str]| lookup.set_vocabulary(tokens).unwrap_err().to_string();
        assert_eq!(error(&mut StringLookup::new(), &["a", "b", "a"]), "StringLookup: the token `a` comes twice");
        assert_eq!(error(&mut StringLookup::new(), &["[UNK]"]), "StringLookup: the vocabulary has no token");
        assert!(error(&mut StringLookup::new(), &["a", "[UNK]"]).contains("special token `[UNK]`"));
        assert!(error(&mut StringLookup::new().max_tokens(2), &["a", "b"]).contains("`max_tokens` must be at least 3, received 2"));
        assert!(error(&mut StringLookup::new().output_mode("ints"), &["a"]).contains("`output_mode` must be `int`"));
        let call = StringLookup::new().call(&["a"]).unwrap_err().to_string();
        assert_eq!(call, "StringLookup: there is no vocabulary yet; call `adapt` or `set_vocabulary` first");
        let mut strict = StringLookup::new().num_oov_indices(0);
        strict.set_vocabulary(&["a"]).unwrap();
        assert!(strict.call(&["b"]).unwrap_err().to_string().contains("the string `b` is not in the vocabulary"));
    }
}
