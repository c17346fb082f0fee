//! Pairs of words for word2vec.

use kiln_core::random::Stream;
use kiln_core::{Error, Result, Tensor};

/// Pairs (word, context) of a sequence of word numbers, and as many random pairs labelled 0: the skip-grams of word2vec (Mikolov et
/// al. 2013), as Keras' `keras.preprocessing.sequence.skipgrams` made them.
///
/// Word 0 is no word and is left out.
///
/// ```
/// use kiln_data::Skipgrams;
/// let (pairs, labels) = Skipgrams::new(10).window_size(1).negative_samples(0.0).shuffle(false).pairs(&[3, 0, 4, 5])?;
/// assert_eq!((pairs.to_vec::<i32>(), labels.to_vec::<i32>()), (vec![4, 5, 5, 4], vec![1, 1]));
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Skipgrams {
    vocabulary_size: usize,
    window_size: usize,
    negative_samples: f64,
    shuffle: bool,
    sampling_table: Option<Vec<f64>>,
    seed: Option<u64>,
}

impl Skipgrams {
    /// For words below `vocabulary_size`, with a window of 4, as many negative samples as positive ones, shuffled.
    pub fn new(vocabulary_size: usize) -> Self {
        Self { vocabulary_size, window_size: 4, negative_samples: 1.0, shuffle: true, sampling_table: None, seed: None }
    }

    /// How far before and after a word its context reaches; default 4.
    pub fn window_size(mut self, window_size: usize) -> Self {
        self.window_size = window_size;
        self
    }

    /// How many random pairs there are for each true one; default 1.
    pub fn negative_samples(mut self, negative_samples: f64) -> Self {
        self.negative_samples = negative_samples;
        self
    }

    /// Whether the pairs come in random order; default `true`.
    pub fn shuffle(mut self, shuffle: bool) -> Self {
        self.shuffle = shuffle;
        self
    }

    /// The probability with which each word is taken, such as [`sampling_table`] gives; default: all are.
    pub fn sampling_table(mut self, table: Vec<f64>) -> Self {
        self.sampling_table = Some(table);
        self
    }

    /// The seed of all that is random; default: the global one.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// The pairs, `int32` of shape (n, 2), and their labels 1 or 0, `int32` of shape (n,).
    ///
    /// # Errors
    /// A word that is not below the vocabulary's size or not in the table, or a vocabulary without words.
    pub fn pairs(&self, sequence: &[usize]) -> Result<(Tensor, Tensor)> {
        const WHO: &str = "skipgrams";
        if let Some(word) = sequence.iter().find(|word| **word >= self.vocabulary_size) {
            return Err(Error::data(WHO, format!("words must lie in 0..{}, received {word}", self.vocabulary_size)));
        }
        if !(self.negative_samples.is_finite() && self.negative_samples >= 0.0) {
            return Err(Error::option(WHO, "negative_samples", "finite and not negative", self.negative_samples));
        }
        let stream = self.seed.map_or_else(Stream::next_global, Stream::new).named(WHO);
        let (keep, negative) = (stream.child(0), stream.child(1));
        let mut pairs = Vec::new();
        for (i, &word) in sequence.iter().enumerate().filter(|(_, word)| **word != 0) {
            if let Some(table) = &self.sampling_table {
                let share =
                    table.get(word).ok_or_else(|| Error::option(WHO, "sampling_table", format!("longer than {word}"), table.len()))?;
                if *share < keep.unit(i as u64) {
                    continue;
                }
            }
            let window = i.saturating_sub(self.window_size)..(i + self.window_size + 1).min(sequence.len());
            pairs.extend(window.filter(|j| *j != i && sequence[*j] != 0).map(|j| [word as i32, sequence[j] as i32]));
        }
        let mut labels = vec![1; pairs.len()];
        let words: Vec<i32> = stream.child(2).permutation(pairs.len()).into_iter().map(|i| pairs[i][0]).collect();
        for i in 0..(words.len() as f64 * self.negative_samples) as usize {
            let other = 1 + negative.below(i as u64, (self.vocabulary_size - 1) as u64) as i32;
            pairs.push([words[i % words.len()], other]);
            labels.push(0);
        }
        if self.shuffle {
            let order = stream.child(3).permutation(pairs.len());
            pairs = order.iter().map(|&i| pairs[i]).collect();
            labels = order.iter().map(|&i| labels[i]).collect();
        }
        let count = pairs.len();
        Ok((Tensor::from_vec(pairs.concat(), [count, 2])?, Tensor::from_vec(labels, [count])?))
    }
}

/// The probability of keeping the i-th most frequent word of `size`, from Zipf's law: `min(1, sqrt(f) / f)` with `f` the estimated
/// frequency over `sampling_factor` (Keras' default 1e-5). Keras' `make_sampling_table`.
///
/// ```
/// let table = kiln_data::sampling_table(1000, 1e-5);
/// assert!(table[1] < table[999] && table[999] <= 1.0);
/// ```
pub fn sampling_table(size: usize, sampling_factor: f64) -> Vec<f64> {
    const GAMMA: f64 = 0.577;
    let share = |i: usize| {
        let rank = if i == 0 { 1.0 } else { i as f64 };
        let inverse = rank * (rank.ln() + GAMMA) + 0.5 - 1.0 / (12.0 * rank);
        let f = sampling_factor * inverse;
        (f / f.sqrt()).min(1.0)
    };
    (0..size).map(share).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn true_pairs_are_near_and_false_ones_follow_their_share() {
        let text: Vec<usize> = (1..9).collect();
        let (pairs, labels) = Skipgrams::new(9).window_size(2).negative_samples(2.0).seed(3).pairs(&text).unwrap();
        let (pairs, labels) = (pairs.to_vec::<i32>(), labels.to_vec::<i32>());
        let positive = labels.iter().filter(|l| **l == 1).count();
        assert_eq!((positive, labels.len()), (26, 78));
        assert_ne!(labels[..26], [1; 26]);
        for (pair, label) in pairs.chunks(2).zip(&labels) {
            assert!(*label == 0 || (1..=2).contains(&(pair[0] - pair[1]).abs()));
            assert!((1..9).contains(&pair[1]));
        }
        let again = Skipgrams::new(9).window_size(2).negative_samples(2.0).seed(3).pairs(&text).unwrap();
        assert_eq!(again.0.to_vec::<i32>(), pairs);
    }

    #[test]
    fn a_table_thins_words_out() {
        let text = vec![1; 200];
        let count = |share: f64| Skipgrams::new(2).sampling_table(vec![0.0, share]).seed(1).pairs(&text).unwrap().1.len();
        assert!(count(0.0) == 0 && count(0.5) < count(1.0) && count(0.5) > 0);
        assert!(Skipgrams::new(2).sampling_table(vec![1.0]).pairs(&text).is_err());
        let error = Skipgrams::new(3).pairs(&[1, 3]).unwrap_err().to_string();
        assert_eq!(error, "skipgrams: words must lie in 0..3, received 3");
        assert!(Skipgrams::new(3).negative_samples(-1.0).pairs(&[1]).is_err());
        assert!(Skipgrams::new(1).pairs(&[0, 0]).unwrap().1.is_empty());
        // Keras' `make_sampling_table(5)`.
        let table = sampling_table(5, 1e-5);
        let expected = [0.00315225, 0.00315225, 0.00547597, 0.00741556, 0.00912817];
        assert!(table.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-7), "{table:?}");
    }
}
