//! A data set of four IDX files, and where its files may lie.

use super::Splits;
use crate::idx::load_idx;
use kiln_core::{Error, Result, Tensor};
use std::path::{Path, PathBuf};

/// The files, in the order images and labels to train on, images and labels to test on.
pub(super) const FILES: [&str; 4] =
    ["train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"];

/// A published data set.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) name: &'static str,
    /// Names of its folder; the first is its name in the cache.
    pub(super) folders: &'static [&'static str],
    /// The address before the file's name.
    #[cfg_attr(not(feature = "download"), allow(dead_code))]
    pub(super) origin: &'static str,
    /// The sum of each file as it is published.
    #[cfg_attr(not(feature = "download"), allow(dead_code))]
    pub(super) md5: [&'static str; 4],
}

/// The folders that data sets lie in.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// What `KILN_DATA` names.
    pub(super) data: Option<PathBuf>,
    /// Keras' cache.
    pub(super) cache: Option<PathBuf>,
}

impl Places {
    pub(super) fn of_this_machine() -> Self {
        Self { data: crate::get_file::data_folder(), cache: crate::get_file::keras_home().map(|keras| keras.join("datasets")) }
    }
}

impl Source {
    /// Loads from the first folder that has all files, else fetches them.
    pub(super) fn load(&self, places: &Places) -> Result<Splits> {
        let folders = self.candidates(places);
        match folders.iter().find(|folder| FILES.iter().all(|file| self.find(folder, file).is_some())) {
            Some(folder) => self.load_from(folder),
            None => match self.fetch(places) {
                Ok(folder) => self.load_from(&folder),
                Err(error) => Err(self.not_found(&folders, &error)),
            },
        }
    }

    /// Loads from one folder.
    pub(super) fn load_from(&self, folder: &Path) -> Result<Splits> {
        let mut tensors = Vec::with_capacity(FILES.len());
        for file in FILES {
            let path = self.find(folder, file).ok_or_else(|| {
                let what = format!("no `{file}` in {}", folder.display());
                Error::data(self.name, what).hint(format!("the folder must hold {}", FILES.join(", ")))
            })?;
            tensors.push(load_idx(path)?);
        }
        splits(self.name, tensors)
    }

    /// A file of the folder, packed or not.
    fn find(&self, folder: &Path, file: &str) -> Option<PathBuf> {
        [folder.join(file), folder.join(file.trim_end_matches(".gz"))].into_iter().find(|path| path.is_file())
    }

    fn candidates(&self, places: &Places) -> Vec<PathBuf> {
        let mut folders = Vec::new();
        for root in [&places.data, &places.cache].into_iter().flatten() {
            folders.extend(self.folders.iter().map(|name| root.join(name)));
        }
        if let Some(data) = places.data.as_ref().filter(|data| self.may_be_own(data)) {
            folders.insert(self.folders.len(), data.clone());
        }
        folders
    }

    /// MNIST and Fashion-MNIST name their files alike: a folder called after another data set is not this one's.
    fn may_be_own(&self, folder: &Path) -> bool {
        const NAMES: [&str; 3] = ["mnist", "fashion-mnist", "fashion_mnist"];
        let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        self.folders.contains(&name) || !NAMES.contains(&name)
    }

    /// Fetches what is missing into the cache, and says where that is.
    #[cfg(feature = "download")]
    fn fetch(&self, places: &Places) -> Result<PathBuf> {
        let Some(cache) = &places.cache else {
            return Err(Error::data(self.name, "there is no home folder to keep the files in").hint("set KERAS_HOME"));
        };
        let folder = cache.join(self.folders[0]);
        for (file, md5) in FILES.into_iter().zip(self.md5) {
            if self.find(&folder, file).is_none() {
                super::download::fetch(&format!("{}{file}", self.origin), &folder.join(file), Some(md5))?;
            }
        }
        Ok(folder)
    }

    #[cfg(not(feature = "download"))]
    fn fetch(&self, _: &Places) -> Result<PathBuf> {
        Err(Error::data(self.name, "they can't be fetched, because the feature `download` is not compiled in"))
    }

    fn not_found(&self, folders: &[PathBuf], why: &Error) -> Error {
        let folders: Vec<String> = folders.iter().map(|folder| folder.display().to_string()).collect();
        let looked = if folders.is_empty() { "no folder (KILN_DATA is not set)".to_owned() } else { folders.join(", ") };
        Error::data(self.name, format!("the files are not in {looked}, and {}", why.report().what))
            .hint(format!("put {} into a folder and set KILN_DATA to it", FILES.join(", ")))
    }
}

/// The four tensors of [`FILES`] as pairs, with their shapes checked.
pub(super) fn splits(name: &str, tensors: Vec<Tensor>) -> Result<Splits> {
    let tensors: [Tensor; 4] = tensors.try_into().map_err(|_| Error::data(name, "expected four files"))?;
    let [x_train, y_train, x_test, y_test] = tensors;
    for (part, x, y) in [("train", &x_train, &y_train), ("t10k", &x_test, &y_test)] {
        let fits = x.rank() == 3 && y.rank() == 1 && x.shape().first() == y.shape().first();
        if !fits {
            let received = format!("images of {} and labels of {}", x.describe(), y.describe());
            return Err(Error::shape(name, format!("`{part}` files with images (n, 28, 28) and labels (n,)"), received));
        }
    }
    Ok(((x_train, y_train), (x_test, y_test)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const TOY: Source = Source { name: "toy", folders: &["toy", "toy_2"], origin: "http://127.0.0.1:9/", md5: [""; 4] };

    fn scratch(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("kiln-datasets-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    /// Four IDX files of `n` images of 1 × 2 pixels, not packed.
    fn write(folder: &Path, n: u8) {
        fs::create_dir_all(folder).unwrap();
        for file in FILES {
            let images = file.contains("images");
            let mut bytes = vec![0, 0, 8, if images { 3 } else { 1 }, 0, 0, 0, n];
            if images {
                bytes.extend([0, 0, 0, 1, 0, 0, 0, 2]);
            }
            bytes.extend(vec![7; usize::from(n) * if images { 2 } else { 1 }]);
            fs::write(folder.join(file.trim_end_matches(".gz")), bytes).unwrap();
        }
    }

    #[test]
    fn folders_are_looked_through_in_order() {
        let root = scratch("order");
        let (data, cache) = (root.join("data"), root.join("keras/datasets"));
        let places = Places { data: Some(data.clone()), cache: Some(cache.clone()) };
        let count = || TOY.load(&places).unwrap().0.0.shape();
        write(&cache.join("toy"), 1);
        assert_eq!(count(), [1, 1, 2]);
        write(&data, 2);
        assert_eq!(count(), [2, 1, 2]);
        write(&data.join("toy_2"), 3);
        assert_eq!(count(), [3, 1, 2]);
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn a_folder_of_another_data_set_is_left_alone() {
        let root = scratch("alike");
        let folder = root.join("fashion-mnist");
        write(&folder, 2);
        assert!(TOY.load(&Places { data: Some(folder), cache: None }).is_err());
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn nothing_found_says_where_and_what_to_do() {
        let root = scratch("nothing");
        let error = TOY.load(&Places { data: Some(root.clone()), cache: None }).unwrap_err().to_string();
        let at = root.display();
        let start = format!("toy: the files are not in {at}/toy, {at}/toy_2, {at}, and ");
        assert!(error.starts_with(&start), "{error}");
        assert!(error.ends_with("t10k-labels-idx1-ubyte.gz into a folder and set KILN_DATA to it"), "{error}");
        #[cfg(feature = "download")]
        {
            let error = TOY.load(&Places { data: None, cache: Some(root.clone()) }).unwrap_err().to_string();
            assert!(error.contains("http://127.0.0.1:9/train-images-idx3-ubyte.gz can't be fetched: "), "{error}");
        }
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn images_and_labels_must_go_together() {
        let (x, y) = (Tensor::zeros([3, 28, 28]), Tensor::zeros([2]));
        let error = splits("toy", vec![x.clone(), Tensor::zeros([3]), x, y]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "toy: expected `t10k` files with images (n, 28, 28) and labels (n,), \
             received images of shape (3, 28, 28) of float32 and labels of shape (2,) of float32"
        );
    }
}
