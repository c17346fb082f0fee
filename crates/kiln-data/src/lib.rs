//! Data for Kiln: from tensors and files to batches.
//!
//! A [`Dataset`] is a pipeline with tf.data's words: it cuts tensors into samples, shuffles, maps and batches them, and makes them
//! ahead of the training on a thread of its own. It is lazy, can be iterated again and again, and gives the same order for the
//! same seed and epoch. The readers turn files into tensors, and name the line and column of what they can't read.
//!
//! | room | what |
//! |---|---|
//! | [`Dataset`] | the pipeline; its elements are [`Element`]s of a form ([`ElementSpec`]), also by name ([`Named`]), their number is a [`Cardinality`] |
//! | [`load_csv`], [`Csv`], [`Table`], [`save_csv`] | tables of numbers, and of columns of several types; files larger than the memory |
//! | [`JsonLines`] | a JSON object in each line |
//! | [`image_dataset_from_directory`], [`text_dataset_from_directory`], [`load_img`] | folders of pictures and texts |
//! | [`load_npy`], [`load_npz`], [`save_npy`], [`save_npz`] | NumPy's arrays |
//! | [`load_idx`] | the arrays of MNIST and its kin |
//! | [`timeseries_dataset_from_array`], [`train_test_split`] | windows over a series, a part for testing |
//! | [`to_categorical`], [`normalize`], [`pad_sequences`], [`class_weights_balanced`], [`Skipgrams`] | labels and sequences in form |
//! | [`TextVectorization`], [`StringLookup`], [`Hashing`], [`CharVocabulary`] | text to numbers |
//! | [`datasets`] | Keras' ready data sets, and a sample of Fashion-MNIST that needs no file |
//! | [`GetFile`] | a file from the net, kept in Keras' cache |
//!
//! The feature `download`, on by default, lets [`datasets`] and [`GetFile`] fetch files that are not there; `burn-dataset` takes Burn's
//! own data sets as pipelines, and `tokenizers` reads tokenizers from files.

mod categorical;
mod csv;
#[cfg(test)]
mod damage;
mod dataset;
pub mod datasets;
mod directory;
mod file;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod get_file;
#[cfg(test)]
mod golden;
mod idx;
mod jsonl;
mod npy;
mod reader;
mod sequences;
mod skipgrams;
mod split;
mod sum;
mod text;
mod timeseries;

pub use categorical::{class_weights_balanced, normalize, to_categorical};
pub use csv::{ColumnType, Csv, Missing, Table, load_csv, save_csv};
pub use dataset::{Cardinality, Dataset, Element, ElementSpec, IntoElement, Iter, Named, Skipped};
pub use directory::{Directory, ImageDirectory, TextDirectory, image_dataset_from_directory, load_img, text_dataset_from_directory};
pub use get_file::GetFile;
pub use idx::load_idx;
pub use jsonl::JsonLines;
pub use npy::{load_npy, load_npz, save_npy, save_npz};
pub use sequences::{PadSequences, pad_sequences};
pub use skipgrams::{Skipgrams, sampling_table};
pub use split::{TrainTestSplit, train_test_split};
#[cfg(feature = "tokenizers")]
pub use text::PretrainedTokenizer;
pub use text::{CharVocabulary, Hashing, Split, Standardize, StringLookup, TextVectorization};
pub use timeseries::{Timeseries, timeseries_dataset_from_array};
