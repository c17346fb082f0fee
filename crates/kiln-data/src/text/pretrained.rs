//! Tokenizers in files, as the crate `tokenizers` reads them.

use kiln_core::{Error, Result, Tensor};
use std::path::Path;
use tokenizers::Tokenizer;

const WHO: &str = "PretrainedTokenizer";

/// A tokenizer from a `tokenizer.json`: texts to rows of numbers and back. Behind the feature `tokenizers`.
///
/// ```no_run
/// use kiln_data::PretrainedTokenizer;
/// let tokenizer = PretrainedTokenizer::from_file("tokenizer.json")?.output_sequence_length(128);
/// let rows = tokenizer.call(&["a text", "another text"])?;
/// assert_eq!(rows.shape(), [2, 128]);
/// println!("{:?}", tokenizer.decode(&rows)?);
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct PretrainedTokenizer {
    tokenizer: Tokenizer,
    length: Option<usize>,
    special: bool,
}

impl PretrainedTokenizer {
    /// Reads a `tokenizer.json`.
    ///
    /// # Errors
    /// A file that is missing or no tokenizer.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let bytes = crate::file::read(path)?;
        let tokenizer = Tokenizer::from_bytes(bytes).map_err(|error| Error::file(path, format!("is no tokenizer: {error}")))?;
        Ok(Self::new(tokenizer))
    }

    /// Takes a tokenizer of the crate's own. What it pads or cuts by itself is left to [`Self::output_sequence_length`].
    pub fn new(mut tokenizer: Tokenizer) -> Self {
        tokenizer.with_padding(None);
        // Without a length to cut at nothing can be wrong with it.
        let _ = tokenizer.with_truncation(None);
        Self { tokenizer, length: None, special: true }
    }

    /// The length to which all rows are cut or filled up with 0 at the end; default that of the longest text.
    pub fn output_sequence_length(mut self, length: usize) -> Self {
        self.length = Some(length);
        self
    }

    /// Whether the tokens that the tokenizer puts around texts, such as `[CLS]`, are added; default `true`.
    pub fn add_special_tokens(mut self, add: bool) -> Self {
        self.special = add;
        self
    }

    /// How many tokens there are.
    pub fn vocabulary_size(&self) -> usize {
        self.tokenizer.get_vocab_size(true)
    }

    /// The numbers of the tokens of each text, `int64` of shape (texts, length), filled up with 0.
    ///
    /// # Errors
    /// No text, or one that the tokenizer can't take.
    pub fn call<S: AsRef<str>>(&self, texts: &[S]) -> Result<Tensor> {
        if texts.is_empty() {
            return Err(Error::data(WHO, "there is no text"));
        }
        let inputs: Vec<&str> = texts.iter().map(AsRef::as_ref).collect();
        let rows = self.tokenizer.encode_batch(inputs, self.special).map_err(|error| Error::data(WHO, error.to_string()))?;
        let length = self.length.unwrap_or_else(|| rows.iter().map(|row| row.get_ids().len()).max().unwrap_or(0));
        let mut values = Vec::with_capacity(rows.len() * length);
        for row in &rows {
            let ids = row.get_ids().iter().map(|id| i64::from(*id));
            values.extend(ids.chain(std::iter::repeat(0)).take(length));
        }
        Tensor::from_vec(values, [rows.len(), length])
    }

    /// The texts of rows of numbers, without the tokens that are no text.
    ///
    /// # Errors
    /// Another tensor than one of shape (texts, length) with numbers of tokens.
    pub fn decode(&self, rows: &Tensor) -> Result<Vec<String>> {
        let [_, length] = *rows.shape() else {
            return Err(Error::shape(WHO, "rows of numbers", rows.describe()));
        };
        let ids = rows.to_vec::<i64>().into_iter().map(|id| {
            let known = u32::try_from(id).ok().filter(|id| self.tokenizer.id_to_token(*id).is_some());
            known.ok_or_else(|| Error::data(WHO, format!("no token has the number {id}")))
        });
        let ids: Vec<u32> = ids.collect::<Result<_>>()?;
        let text = |row: &[u32]| self.tokenizer.decode(row, true).map_err(|error| Error::data(WHO, error.to_string()));
        ids.chunks(length.max(1)).map(text).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: &str = r#"{
        "version": "1.0", "truncation": null, "padding": null,
        "added_tokens": [{"id": 0, "content": "[PAD]", "single_word": false, "lstrip": false, "rstrip": false,
                          "normalized": false, "special": true}],
        "normalizer": {"type": "Lowercase"}, "pre_tokenizer": {"type": "Whitespace"}, "post_processor": null, "decoder": null,
        "model": {"type": "WordLevel", "vocab": {"[PAD]": 0, "[UNK]": 1, "hello": 2, "world": 3}, "unk_token": "[UNK]"}
    }"#;

    #[test]
    fn texts_become_rows_and_texts_again() {
        let path = std::env::temp_dir().join(format!("kiln-tokenizer-{}.json", std::process::id()));
        std::fs::write(&path, WORDS).unwrap();
        let tokenizer = PretrainedTokenizer::from_file(&path).unwrap();
        let rows = tokenizer.call(&["Hello world", "world"]).unwrap();
        assert_eq!((rows.shape(), rows.to_vec::<i64>()), (vec![2, 2], vec![2, 3, 3, 0]));
        assert_eq!((tokenizer.decode(&rows).unwrap(), tokenizer.vocabulary_size()), (vec!["hello world".into(), "world".into()], 4));
        let longer = tokenizer.clone().output_sequence_length(3).call(&["hello there"]).unwrap();
        assert_eq!(longer.to_vec::<i64>(), [2, 1, 0]);
        assert_eq!(tokenizer.clone().output_sequence_length(1).call(&["hello there"]).unwrap().shape(), [1, 1]);
        assert!(tokenizer.decode(&Tensor::constant([[9]])).unwrap_err().to_string().contains("no token has the number 9"));
        assert!(tokenizer.call::<&str>(&[]).is_err() && tokenizer.decode(&Tensor::constant([1])).is_err());
        std::fs::write(&path, "{}").unwrap();
        assert!(PretrainedTokenizer::from_file(&path).unwrap_err().to_string().contains("is no tokenizer: "));
        std::fs::remove_file(path).unwrap();
    }
}
