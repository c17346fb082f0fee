//! Reuters: 11,228 news of 46 topics, as word numbers.

use super::remote::Remote;
use super::reviews::{Texts, WordOptions, read, word_index};
use super::source::Places;
use kiln_core::{Error, Result, Tensor};
use std::collections::HashMap;
use std::path::Path;

const SOURCE: Remote = Remote {
    name: "reuters",
    file: "reuters.npz",
    url: "https://storage.googleapis.com/tensorflow/tf-keras-datasets/reuters.npz",
    sum: "d6586e694ee56d7a4e65172e12b3e987c03096cb01eab99753921ef915959916",
};

const WORDS: Remote = Remote {
    name: "reuters",
    file: "reuters_word_index.json",
    url: "https://storage.googleapis.com/tensorflow/tf-keras-datasets/reuters_word_index.json",
    sum: "4d44cc38712099c9e383dc6e5f11a921",
};

/// 8,982 news to train on and 2,246 to test on, each a list of word numbers for [`pad_sequences`](crate::pad_sequences), with labels
/// 0 to 45, `int64`.
///
/// # Errors
/// The file is in no folder and can't be fetched, or is damaged.
///
/// ```no_run
/// use kiln_data::datasets::{WordOptions, reuters};
/// let ((x_train, _), _) = reuters::load_data(WordOptions::new().num_words(10_000))?;
/// assert_eq!(x_train.len(), 8982);
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub fn load_data(options: WordOptions) -> Result<(Texts, Texts)> {
    load_data_from(SOURCE.locate(&Places::of_this_machine())?, 0.2, options)
}

/// As [`load_data`], from a file, with Keras' option `test_split`.
///
/// # Errors
/// A missing or damaged file, or a share outside 0..1.
///
/// ```
/// use kiln_data::datasets::{WordOptions, reuters};
/// assert!(reuters::load_data_from("no/such.npz", 0.2, WordOptions::new()).is_err());
/// ```
pub fn load_data_from(path: impl AsRef<Path>, test_split: f64, options: WordOptions) -> Result<(Texts, Texts)> {
    if !(0.0..1.0).contains(&test_split) {
        return Err(Error::option(SOURCE.name, "test_split", "in 0..1", test_split));
    }
    let Some(part) = read(path.as_ref(), &[("x", "y")])?.pop() else {
        return Err(Error::file(path, "has no texts"));
    };
    let (mut x, mut y) = options.arrange(part, &mut options.random());
    options.limit(&mut x);
    let train = (x.len() as f64 * (1.0 - test_split)) as usize;
    let (x_test, y_test) = (x.split_off(train), y.split_off(train));
    Ok(((x, Tensor::constant(y)), (x_test, Tensor::constant(y_test))))
}

/// The rank of each word by frequency, from 1: Keras' `get_word_index`.
///
/// # Errors
/// The file is in no folder and can't be fetched, or is damaged.
///
/// ```no_run
/// assert_eq!(kiln_data::datasets::reuters::get_word_index()?["the"], 1);
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub fn get_word_index() -> Result<HashMap<String, usize>> {
    word_index(&WORDS.locate(&Places::of_this_machine())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_split_is_that_of_keras() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/datasets/reuters.npz");
        // NumPy's order of 6 is 1, 0, 3, 2, 4, 5.
        let ((x, y), (_, y_test)) = load_data_from(path, 0.5, WordOptions::new().num_words(100)).unwrap();
        assert_eq!((y.to_vec::<i64>(), y_test.to_vec::<i64>()), (vec![7, 0, 21], vec![14, 28, 35]));
        assert_eq!(x[0], [1, 6, 7, 8]);
        assert!(load_data_from(path, -0.1, WordOptions::new()).is_err());
    }

    #[test]
    fn words_have_ranks() {
        let path = std::env::temp_dir().join(format!("kiln-words-{}.json", std::process::id()));
        std::fs::write(&path, r#"{"the": 1, "oil": 2}"#).unwrap();
        assert_eq!(word_index(&path).unwrap()["oil"], 2);
        std::fs::write(&path, "[1]").unwrap();
        assert!(word_index(&path).unwrap_err().to_string().contains("is no table of words"));
        std::fs::remove_file(path).unwrap();
    }
}
