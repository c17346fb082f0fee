//! From text to numbers: Keras' text layers, which run on the host before a model.

mod chars;
mod farmhash;
mod hashing;
mod lookup;
mod output;
#[cfg(feature = "tokenizers")]
mod pretrained;
mod siphash;
mod vectorization;
mod vocabulary;

pub use chars::CharVocabulary;
pub use hashing::Hashing;
pub use lookup::StringLookup;
#[cfg(feature = "tokenizers")]
pub use pretrained::PretrainedTokenizer;
pub use vectorization::{Split, Standardize, TextVectorization};
