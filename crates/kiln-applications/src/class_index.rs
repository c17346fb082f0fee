//! The names of ImageNet's classes.

use kiln_core::{Error, Result, Tensor};
use kiln_data::GetFile;
use std::collections::HashMap;
use std::path::Path;

/// The classes of a classifier by their numbers: of each a short name, `n02123045`, and words, `tabby`.
///
/// ```
/// use kiln_applications::imagenet::ClassIndex;
/// use kiln_core::Tensor;
/// let path = std::env::temp_dir().join(format!("kiln-pets-{}.json", std::process::id()));
/// std::fs::write(&path, r#"{"0": ["n02123045", "tabby"], "1": ["n02099712", "Labrador_retriever"]}"#).unwrap();
/// let pets = ClassIndex::read(&path)?;
/// let best = pets.decode(&Tensor::constant([[0.25, 0.75]]), 1)?;
/// assert_eq!(best[0][0].to_string(), "Labrador_retriever: 0.7500");
/// # std::fs::remove_file(path).ok();
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ClassIndex {
    classes: Vec<(String, String)>,
}

/// A class that a network sees, and how sure it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// WordNet's number of the class: `n02123045`.
    pub class_name: String,
    /// In words: `tabby`.
    pub description: String,
    /// The network's output for the class.
    pub score: f32,
}

impl std::fmt::Display for Prediction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {:.4}", self.description, self.score)
    }
}

impl ClassIndex {
    /// The 1000 classes of ImageNet: Keras' `imagenet_class_index.json`, from the cache or the net as
    /// [`GetFile`](kiln_data::GetFile) says.
    ///
    /// # Errors
    /// The file is in no folder and can't be fetched.
    ///
    /// ```no_run
    /// let classes = kiln_applications::imagenet::ClassIndex::imagenet()?;
    /// assert_eq!(classes.get(0), Some(("n01440764", "tench")));
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn imagenet() -> Result<Self> {
        let file = GetFile::new("https://storage.googleapis.com/download.tensorflow.org/data/imagenet_class_index.json");
        Self::read(file.cache_subdir("models").file_hash("c2c37ea517e94d9795004a39431a14cb").fetch()?)
    }

    /// The classes of a file like it: `{"0": ["n01440764", "tench"], …}`, numbered from 0 without a gap.
    ///
    /// # Errors
    /// A file that can't be read or is otherwise.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let text = std::fs::read(path).map_err(|error| Error::file(path, format!("can't be read: {error}")))?;
        let wrong = |what: String| Error::file(path, format!("is no list of classes: {what}"));
        let mut named: HashMap<String, (String, String)> = serde_json::from_slice(&text).map_err(|error| wrong(error.to_string()))?;
        let count = named.len();
        let take = |i: usize| named.remove(&i.to_string()).ok_or_else(|| wrong(format!("of {count} classes, number {i} is missing")));
        let classes = (0..count).map(take).collect::<Result<Vec<_>>>()?;
        Ok(Self { classes })
    }

    /// How many classes there are.
    pub fn len(&self) -> usize {
        self.classes.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.classes.is_empty()
    }

    /// The name of the class `index`, and its words.
    pub fn get(&self, index: usize) -> Option<(&str, &str)> {
        self.classes.get(index).map(|(name, words)| (name.as_str(), words.as_str()))
    }

    /// For each sample of `preds` the `top` classes with the largest outputs, the largest first.
    ///
    /// # Errors
    /// Predictions that aren't of shape (samples, classes).
    pub fn decode(&self, preds: &Tensor, top: usize) -> Result<Vec<Vec<Prediction>>> {
        let shape = preds.shape();
        if shape.len() != 2 || shape[1] != self.len() || self.is_empty() {
            return Err(Error::shape("decode_predictions", format!("predictions of shape (samples, {})", self.len()), preds.describe()));
        }
        let scores = preds.clone().to_float().to_vec::<f32>();
        let best = |row: &[f32]| {
            let mut order: Vec<usize> = (0..row.len()).collect();
            order.sort_by(|a, b| row[*b].total_cmp(&row[*a]));
            let class =
                |i: usize| Prediction { class_name: self.classes[i].0.clone(), description: self.classes[i].1.clone(), score: row[i] };
            order.into_iter().take(top).map(class).collect()
        };
        Ok(scores.chunks(self.len()).map(best).collect())
    }
}

/// For each sample the `top` of ImageNet's 1000 classes with the largest outputs, the largest first; Keras' default is 5. Keras:
/// `decode_predictions` of each architecture. [`ClassIndex::decode`] does it for other classes.
///
/// ```no_run
/// use kiln_applications::{ResNet50, imagenet::decode_predictions};
/// use kiln_core::Tensor;
/// let mut model = ResNet50::new().weights("imagenet").build()?;
/// let images = ResNet50::preprocess_input(&Tensor::random_uniform([1, 224, 224, 3], 0.0, 255.0))?;
/// for prediction in &decode_predictions(&model.predict(&images)?, 3)?[0] {
///     println!("{prediction}");
/// }
/// # Ok::<(), kiln_core::Error>(())
/// ```
///
/// # Errors
/// Predictions that aren't of shape (samples, 1000); the list of classes is in no folder and can't be fetched.
pub fn decode_predictions(preds: &Tensor, top: usize) -> Result<Vec<Vec<Prediction>>> {
    // Before anything is fetched.
    if preds.rank() != 2 || preds.shape()[1] != 1000 {
        return Err(Error::shape("decode_predictions", "predictions of shape (samples, 1000)", preds.describe()));
    }
    ClassIndex::imagenet()?.decode(preds, top)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<ClassIndex> {
        let path = std::env::temp_dir().join(format!("kiln-classes-{}-{}.json", std::process::id(), text.len()));
        std::fs::write(&path, text).unwrap();
        let index = ClassIndex::read(&path);
        std::fs::remove_file(path).unwrap();
        index
    }

    #[test]
    fn the_largest_come_first() {
        let index = read(r#"{"1": ["n1", "b"], "0": ["n0", "a"], "2": ["n2", "c"]}"#).unwrap();
        assert_eq!((index.len(), index.get(2), index.get(3)), (3, Some(("n2", "c")), None));
        let decoded = index.decode(&Tensor::constant([[0.2, 0.5, 0.3], [0.6, 0.1, 0.3]]), 2).unwrap();
        let names: Vec<Vec<&str>> = decoded.iter().map(|row| row.iter().map(|p| p.description.as_str()).collect()).collect();
        assert_eq!(names, [["b", "c"], ["a", "c"]]);
        assert_eq!(decoded[1][0], Prediction { class_name: "n0".into(), description: "a".into(), score: 0.6 });
        assert_eq!(index.decode(&Tensor::constant([[0.2, 0.5, 0.3]]), 9).unwrap()[0].len(), 3);
    }

    #[test]
    fn mistakes_are_named() {
        let index = read(r#"{"0": ["n0", "a"]}"#).unwrap();
        let error = index.decode(&Tensor::zeros([2, 2]), 1).unwrap_err().to_string();
        assert_eq!(error, "decode_predictions: expected predictions of shape (samples, 1), received shape (2, 2) of float32");
        assert!(decode_predictions(&Tensor::zeros([1000]), 5).unwrap_err().to_string().contains("(samples, 1000)"));
        assert!(read(r#"{"0": ["n0", "a"], "2": ["n2", "c"]}"#).unwrap_err().to_string().contains("of 2 classes, number 1 is missing"));
        assert!(read(r#"{"0": "a"}"#).unwrap_err().to_string().contains("is no list of classes: "));
        assert!(ClassIndex::read("no/such.json").unwrap_err().to_string().starts_with("no/such.json: can't be read"));
    }
}
