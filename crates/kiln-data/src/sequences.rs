//! Sequences of several lengths as one tensor.

use burn::tensor::ElementConversion;
use kiln_core::tensor::Scalar;
use kiln_core::{Error, Result, Tensor};

/// Fills sequences up to one length, and cuts longer ones: Keras' `keras.utils.pad_sequences`.
///
/// Both happen at the beginning (`"pre"`) unless told otherwise.
///
/// ```
/// use kiln_data::PadSequences;
/// let x = PadSequences::new().maxlen(3).padding("post").pad(&[vec![1, 2], vec![3, 4, 5, 6]])?;
/// assert_eq!((x.shape(), x.to_vec::<i32>()), (vec![2, 3], vec![1, 2, 0, 4, 5, 6]));
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct PadSequences {
    maxlen: Option<usize>,
    padding: String,
    truncating: String,
    value: f64,
}

impl Default for PadSequences {
    fn default() -> Self {
        Self { maxlen: None, padding: "pre".to_owned(), truncating: "pre".to_owned(), value: 0.0 }
    }
}

impl PadSequences {
    /// Keras' defaults: as long as the longest sequence, filled up with 0 at the beginning.
    pub fn new() -> Self {
        Self::default()
    }

    /// The length of all; default that of the longest.
    pub fn maxlen(mut self, maxlen: usize) -> Self {
        self.maxlen = Some(maxlen);
        self
    }

    /// Where to fill up: `"pre"` (default) or `"post"`.
    pub fn padding(mut self, padding: &str) -> Self {
        padding.clone_into(&mut self.padding);
        self
    }

    /// Where to cut: `"pre"` (default) or `"post"`.
    pub fn truncating(mut self, truncating: &str) -> Self {
        truncating.clone_into(&mut self.truncating);
        self
    }

    /// What to fill up with; default 0.
    pub fn value(mut self, value: f64) -> Self {
        self.value = value;
        self
    }

    /// A tensor of shape (sequences, length) with the dtype of the numbers.
    ///
    /// # Errors
    /// An option other than `"pre"` and `"post"`.
    pub fn pad<T: Scalar, S: AsRef<[T]>>(&self, sequences: &[S]) -> Result<Tensor> {
        let (fill_front, cut_front) = (front("padding", &self.padding)?, front("truncating", &self.truncating)?);
        let length = self.maxlen.unwrap_or_else(|| sequences.iter().map(|s| s.as_ref().len()).max().unwrap_or(0));
        let mut values: Vec<T> = vec![self.value.elem(); sequences.len() * length];
        // Without a length there is no row to fill.
        for (row, sequence) in values.chunks_exact_mut(length.max(1)).zip(sequences) {
            let sequence = sequence.as_ref();
            let surplus = sequence.len().saturating_sub(length);
            let kept = if cut_front { &sequence[surplus..] } else { &sequence[..sequence.len() - surplus] };
            let start = if fill_front { length - kept.len() } else { 0 };
            row[start..start + kept.len()].copy_from_slice(kept);
        }
        Tensor::from_vec(values, [sequences.len(), length])
    }
}

fn front(option: &str, value: &str) -> Result<bool> {
    match value {
        "pre" => Ok(true),
        "post" => Ok(false),
        other => Err(Error::option("pad_sequences", option, "`pre` or `post`", format!("`{other}`"))),
    }
}

/// [`PadSequences`] with its defaults and a length: `None` for that of the longest.
///
/// # Errors
/// None in practice.
///
/// ```
/// use kiln_data::pad_sequences;
/// assert_eq!(pad_sequences(&[vec![1], vec![2, 3]], None)?.to_vec::<i32>(), [0, 1, 2, 3]);
/// assert_eq!(pad_sequences(&[[1.5f32, 2.5]], 1)?.to_vec::<f32>(), [2.5]);
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub fn pad_sequences<T: Scalar, S: AsRef<[T]>>(sequences: &[S], maxlen: impl Into<Option<usize>>) -> Result<Tensor> {
    PadSequences { maxlen: maxlen.into(), ..PadSequences::new() }.pad(sequences)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden::{Golden, close};

    #[test]
    fn sequences_are_padded_as_in_keras() {
        let sequences = [vec![1], vec![2, 3], vec![4, 5, 6], vec![]];
        for case in Golden::read().cases("pad_sequences") {
            let options = &case["options"];
            let mut pad = PadSequences::new();
            pad.maxlen = options["maxlen"].as_u64().map(|n| n as usize);
            pad = pad.padding(options["padding"].as_str().unwrap_or("pre")).truncating(options["truncating"].as_str().unwrap_or("pre"));
            close(&pad.value(options["value"].as_f64().unwrap_or(0.0)).pad(&sequences).unwrap(), &case["output"]);
        }
    }

    #[test]
    fn words_other_than_pre_and_post_are_errors() {
        let error = PadSequences::new().padding("left").pad(&[[1]]).unwrap_err().to_string();
        assert_eq!(error, "pad_sequences: `padding` must be `pre` or `post`, received `left`");
        assert!(PadSequences::new().truncating("").pad(&[[1]]).is_err());
        assert_eq!(pad_sequences::<i32, Vec<i32>>(&[], None).unwrap().shape(), [0, 0]);
        assert_eq!(pad_sequences(&[vec![1, 2]], 0).unwrap().shape(), [1, 0]);
    }
}
