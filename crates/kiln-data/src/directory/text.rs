//! Texts from a folder tree.

use super::index::{Directory, Options, directory_options};
use crate::{Element, TextVectorization, file};
use kiln_core::{Error, Result, Tensor};
use std::path::Path;
use std::sync::Arc;

const WHO: &str = "text_dataset_from_directory";

/// The `.txt` files in the subfolders of `directory`, one subfolder for each class: Keras' `text_dataset_from_directory`. Options
/// follow, then [`read`](TextDirectory::read) for the texts and [`load`](TextDirectory::load) for rows of numbers.
///
/// ```no_run
/// use kiln_data::{TextVectorization, text_dataset_from_directory};
/// let reviews = text_dataset_from_directory("aclImdb/train").validation_split(0.2).subset("training").seed(1);
/// let (texts, labels, class_names) = reviews.read()?;
/// let mut vectorize = TextVectorization::new().max_tokens(10_000).output_sequence_length(200);
/// vectorize.adapt(&texts)?;
/// let data = reviews.load(&vectorize)?;
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub fn text_dataset_from_directory(directory: impl AsRef<Path>) -> TextDirectory {
    TextDirectory { options: Options::new(WHO, directory.as_ref()), max_length: None }
}

/// The options of [`text_dataset_from_directory`].
///
/// ```
/// use kiln_data::text_dataset_from_directory;
/// let error = text_dataset_from_directory("no/such/folder").read().unwrap_err();
/// assert!(error.to_string().starts_with("no/such/folder: can't be looked through"));
/// ```
#[derive(Clone, Debug)]
pub struct TextDirectory {
    options: Options,
    max_length: Option<usize>,
}

/// Texts, their labels, and the names of the classes.
type Texts = (Vec<String>, Vec<usize>, Vec<String>);

impl TextDirectory {
    directory_options!();

    /// Bytes of a text after which it is cut, at the end of a character; default none.
    pub fn max_length(mut self, length: usize) -> Self {
        self.max_length = Some(length);
        self
    }

    /// All texts, their labels, and the names of the classes.
    ///
    /// # Errors
    /// A folder that can't be looked through or has no text, a class without any, an option out of range, a file that isn't UTF-8.
    pub fn read(&self) -> Result<Texts> {
        let found = self.options.find(&[".txt"], true)?;
        let texts = found.files.iter().map(|(path, _)| read(path, self.max_length)).collect::<Result<_>>()?;
        Ok((texts, found.files.iter().map(|(_, label)| *label).collect(), found.class_names))
    }

    /// Rows of numbers and labels in batches; the files are read while the data set is iterated. A tensor holds no text, so the
    /// layer that turns texts into numbers works here and not in the model. In the mode `"int"` give it an
    /// `output_sequence_length`, so that all rows are alike.
    ///
    /// # Errors
    /// As for [`TextDirectory::read`]; the layer has no vocabulary.
    pub fn load(&self, vectorize: &TextVectorization) -> Result<Directory<(Tensor, Tensor)>> {
        // A vocabulary is missing now, not at the first batch.
        vectorize.call(&[""])?;
        let found = self.options.find(&[".txt"], true)?;
        let (files, vectorize, most) = (found.files.clone(), Arc::new(vectorize.clone()), self.max_length);
        let (mode, classes) = (self.options.label_mode.clone(), found.class_names.len());
        let make = move |number: usize| {
            let (path, label) = files.get(number).ok_or_else(|| Error::data(WHO, "the list of files has changed"))?;
            let row = vectorize.call(&[read(path, most)?])?.row(0)?;
            <(Tensor, Tensor)>::from_tensors(vec![row, Options::label(&mode, *label, classes)])
        };
        let dataset = self.options.pipeline(found.files.len(), make);
        let file_paths = found.files.iter().map(|(path, _)| path.clone()).collect();
        Ok(Directory { dataset, class_names: found.class_names, file_paths })
    }
}

fn read(path: &Path, most: Option<usize>) -> Result<String> {
    let mut text = file::text(path)?;
    if let Some(most) = most.filter(|most| *most < text.len()) {
        text.truncate((0..=most).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn texts_become_rows() {
        let root = std::env::temp_dir().join(format!("kiln-texts-{}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        for (class, texts) in [("neg", ["bad bad film", "né"]), ("pos", ["good film", "fine"])] {
            fs::create_dir_all(root.join(class)).unwrap();
            for (i, text) in texts.iter().enumerate() {
                fs::write(root.join(class).join(format!("{i}.txt")), text).unwrap();
            }
        }
        let data = || text_dataset_from_directory(&root).shuffle(false);
        let (texts, labels, classes) = data().max_length(2).read().unwrap();
        assert_eq!(texts, ["ba", "n", "go", "fi"]);
        assert_eq!((labels, classes), (vec![0, 0, 1, 1], vec!["neg".to_owned(), "pos".to_owned()]));
        let mut vectorize = TextVectorization::new().output_sequence_length(3);
        assert!(data().load(&vectorize).unwrap_err().to_string().contains("there is no vocabulary yet"));
        vectorize.set_vocabulary(&["bad", "good"]).unwrap();
        let (x, y) = data().load(&vectorize).unwrap().dataset.iter().next().unwrap().unwrap();
        assert_eq!((x.to_vec::<i64>(), y.to_vec::<i32>()), (vec![2, 2, 1, 1, 0, 0, 3, 1, 0, 1, 0, 0], vec![0, 0, 1, 1]));
        fs::write(root.join("pos/2.txt"), [b'o', b'k', 0xFF]).unwrap();
        assert!(data().read().unwrap_err().to_string().ends_with("pos/2.txt: is not UTF-8: byte 2 begins no character"));
        fs::remove_dir_all(root).unwrap();
    }
}
