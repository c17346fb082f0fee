//! Characters as numbers, for networks that write.

use kiln_core::{Error, Result, Tensor};
use std::collections::{BTreeSet, HashMap};

/// The characters of a text, numbered in their order: the vocabulary of a character-level network.
///
/// ```
/// use kiln_data::CharVocabulary;
/// let chars = CharVocabulary::new("hello");
/// assert_eq!((chars.len(), chars.chars()), (4, ['e', 'h', 'l', 'o'].as_slice()));
/// let numbers = chars.encode("hole")?;
/// assert_eq!(numbers.to_vec::<i32>(), [1, 3, 2, 0]);
/// assert_eq!(chars.decode(&numbers)?, "hole");
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CharVocabulary {
    chars: Vec<char>,
    place: HashMap<char, i32>,
}

const WHO: &str = "CharVocabulary";

impl CharVocabulary {
    /// The characters that a text has.
    pub fn new(text: &str) -> Self {
        let chars: Vec<char> = text.chars().collect::<BTreeSet<_>>().into_iter().collect();
        let place = chars.iter().zip(0..).map(|(c, i)| (*c, i)).collect();
        Self { chars, place }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.chars.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.chars.is_empty()
    }

    /// The characters in the order of their numbers.
    pub fn chars(&self) -> &[char] {
        &self.chars
    }

    /// The numbers of a text's characters, `int32` of shape (characters,).
    ///
    /// # Errors
    /// A character that isn't in the vocabulary.
    pub fn encode(&self, text: &str) -> Result<Tensor> {
        let number = |(at, c): (usize, char)| {
            self.place.get(&c).copied().ok_or_else(|| Error::data(WHO, format!("{c:?}, character {at} of the text, is not known")))
        };
        Ok(Tensor::constant(text.chars().enumerate().map(number).collect::<Result<Vec<i32>>>()?))
    }

    /// The text of numbers.
    ///
    /// # Errors
    /// A number that isn't below [`CharVocabulary::len`].
    pub fn decode(&self, numbers: &Tensor) -> Result<String> {
        let char = |n: i64| usize::try_from(n).ok().and_then(|n| self.chars.get(n)).copied();
        let char = |n: i64| char(n).ok_or_else(|| Error::data(WHO, format!("numbers must lie in 0..{}, received {n}", self.len())));
        numbers.to_vec::<i64>().into_iter().map(char).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_unknown_is_named() {
        let chars = CharVocabulary::new("äb\n");
        assert_eq!(chars.chars(), ['\n', 'b', 'ä']);
        assert_eq!(chars.encode("bc").unwrap_err().to_string(), "CharVocabulary: 'c', character 1 of the text, is not known");
        assert_eq!(chars.decode(&Tensor::constant([3])).unwrap_err().to_string(), "CharVocabulary: numbers must lie in 0..3, received 3");
        assert!(chars.encode("").unwrap().is_empty() && CharVocabulary::new("").is_empty());
    }
}
