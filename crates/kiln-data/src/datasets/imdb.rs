//! IMDB: 50,000 film reviews, good or bad, as word numbers (Maas et al. 2011).

use super::remote::Remote;
use super::reviews::{Texts, WordOptions, read, word_index};
use super::source::Places;
use kiln_core::{Error, Result, Tensor};
use std::collections::HashMap;
use std::path::Path;

const SOURCE: Remote = Remote {
    name: "imdb",
    file: "imdb.npz",
    url: "https://storage.googleapis.com/tensorflow/tf-keras-datasets/imdb.npz",
    sum: "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f",
};

const WORDS: Remote = Remote {
    name: "imdb",
    file: "imdb_word_index.json",
    url: "https://storage.googleapis.com/tensorflow/tf-keras-datasets/imdb_word_index.json",
    sum: "bfafd718b763782e994055a2d397834f",
};

/// The 25,000 reviews to train on and the 25,000 to test on, each a list of word numbers for
/// [`pad_sequences`](crate::pad_sequences), with labels 0 (bad) and 1 (good), `int64`.
///
/// # Errors
/// The file is in no folder and can't be fetched, or is damaged; no review is short enough.
///
/// ```no_run
/// use kiln_data::{datasets::{WordOptions, imdb}, pad_sequences};
/// let ((x_train, y_train), _) = imdb::load_data(WordOptions::new().num_words(20_000))?;
/// let x_train = pad_sequences(&x_train, 80)?;
/// assert_eq!((x_train.shape(), y_train.shape()), (vec![25_000, 80], vec![25_000]));
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub fn load_data(options: WordOptions) -> Result<(Texts, Texts)> {
    load_data_from(SOURCE.locate(&Places::of_this_machine())?, options)
}

/// As [`load_data`], from a file.
///
/// # Errors
/// A missing or damaged file; no review is short enough.
///
/// ```
/// use kiln_data::datasets::{WordOptions, imdb};
/// assert!(imdb::load_data_from("no/such.npz", WordOptions::new()).is_err());
/// ```
pub fn load_data_from(path: impl AsRef<Path>, options: WordOptions) -> Result<(Texts, Texts)> {
    let mut random = options.random();
    let parts = read(path.as_ref(), &[("x_train", "y_train"), ("x_test", "y_test")])?;
    let mut parts = parts.into_iter().map(|part| options.arrange(part, &mut random));
    let (Some((mut x, y_train)), Some((x_test, y_test))) = (parts.next(), parts.next()) else {
        return Err(Error::file(path, "has no texts"));
    };
    if x.is_empty() || x_test.is_empty() {
        return Err(Error::option(SOURCE.name, "maxlen", "above the length of some review", "a length that leaves none"));
    }
    let train = x.len();
    x.extend(x_test);
    options.limit(&mut x);
    let x_test = x.split_off(train);
    Ok(((x, Tensor::constant(y_train)), (x_test, Tensor::constant(y_test))))
}

/// The rank of each word by frequency, from 1: Keras' `get_word_index`. [`WordOptions::index_from`] is added to it in the texts.
///
/// # Errors
/// The file is in no folder and can't be fetched, or is damaged.
///
/// ```no_run
/// assert_eq!(kiln_data::datasets::imdb::get_word_index()?["the"], 1);
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub fn get_word_index() -> Result<HashMap<String, usize>> {
    word_index(&WORDS.locate(&Places::of_this_machine())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(options: WordOptions) -> Result<(Texts, Texts)> {
        load_data_from(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/datasets/imdb.npz"), options)
    }

    #[test]
    fn texts_are_those_of_keras() {
        // In the file text i is `base + i`, `base + 2 i` … of i + 2 words; NumPy's order of 5 is 1, 0, 3, 2, 4.
        let ((x, y), (x_test, y_test)) = load(WordOptions::new().num_words(400)).unwrap();
        assert_eq!(x[..2], [vec![1, 5, 6, 7], vec![1, 4, 4]]);
        assert_eq!((y.to_vec::<i64>(), y_test.to_vec::<i64>()), (vec![1, 0, 1, 0, 0], vec![0, 1, 1, 0]));
        assert_eq!(x_test[1], [1, 304, 305, 306]);
        // Without `num_words` the largest number itself is left out, as in Keras.
        assert!(load(WordOptions::new()).unwrap().1.0[2].ends_with(&[2]));
    }

    #[test]
    fn every_option_counts() {
        let first = |options: WordOptions| load(options).unwrap().0.0[0].clone();
        let all = || WordOptions::new().num_words(400);
        assert_eq!(first(all().start_char(None)), [5, 6, 7]);
        assert_eq!(first(all().index_from(10)), [1, 12, 13, 14]);
        assert_eq!(first(all().num_words(7)), [1, 5, 6, 2]);
        assert_eq!(first(all().num_words(7).oov_char(None)), [1, 5, 6]);
        assert_eq!(first(all().num_words(7).oov_char(9)), [1, 5, 6, 9]);
        assert_eq!(first(all().skip_top(6)), [2, 2, 6, 7]);
        let ((short, _), _) = load(all().maxlen(4)).unwrap();
        assert_eq!(short, [[1, 4, 4]]);
        assert!(load(all().maxlen(2)).unwrap_err().to_string().contains("`maxlen` must be above the length of some review"));
        assert_ne!(load(all().seed(1)).unwrap().0.0, load(all()).unwrap().0.0);
    }
}
