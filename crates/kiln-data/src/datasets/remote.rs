//! A data set in one published file.

use super::source::Places;
use kiln_core::{Error, Result};
use std::path::PathBuf;

/// A file, where it is published, and its MD5 or SHA-256 sum there.
#[derive(Debug)]
pub(super) struct Remote {
    /// The data set.
    pub(super) name: &'static str,
    pub(super) file: &'static str,
    #[cfg_attr(not(feature = "download"), allow(dead_code))]
    pub(super) url: &'static str,
    #[cfg_attr(not(feature = "download"), allow(dead_code))]
    pub(super) sum: &'static str,
}

impl Remote {
    /// The file in the folder that `KILN_DATA` names (or the data set's in it) or in Keras' cache, else fetched into that.
    pub(super) fn locate(&self, places: &Places) -> Result<PathBuf> {
        let mut candidates = Vec::new();
        for root in [&places.data, &places.cache].into_iter().flatten() {
            candidates.extend([root.join(self.name).join(self.file), root.join(self.file)]);
        }
        if let Some(found) = candidates.iter().find(|path| path.is_file()) {
            return Ok(found.clone());
        }
        self.fetch(places).map_err(|error| {
            let looked: Vec<String> = candidates.iter().map(|path| path.display().to_string()).collect();
            Error::data(self.name, format!("there is no {}, and {}", looked.join(", "), error.report().what))
                .hint(format!("put {} into a folder and set KILN_DATA to it", self.file))
        })
    }

    #[cfg(feature = "download")]
    fn fetch(&self, places: &Places) -> Result<PathBuf> {
        let Some(cache) = &places.cache else {
            return Err(Error::data(self.name, "there is no home folder to keep the file in").hint("set KERAS_HOME"));
        };
        let path = cache.join(self.file);
        super::download::fetch(self.url, &path, Some(self.sum))?;
        Ok(path)
    }

    #[cfg(not(feature = "download"))]
    fn fetch(&self, _: &Places) -> Result<PathBuf> {
        Err(Error::data(self.name, "it can't be fetched, because the feature `download` is not compiled in"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_found_says_where() {
        let root = std::env::temp_dir().join(format!("kiln-remote-{}", std::process::id()));
        let toy = Remote { name: "toy", file: "toy.npz", url: "http://127.0.0.1:9/toy.npz", sum: "" };
        let error = toy.locate(&Places { data: Some(root.clone()), cache: None }).unwrap_err().to_string();
        assert!(error.starts_with(&format!("toy: there is no {0}/toy/toy.npz, {0}/toy.npz, and ", root.display())), "{error}");
        assert!(error.ends_with("put toy.npz into a folder and set KILN_DATA to it"), "{error}");
        std::fs::create_dir_all(&root).unwrap();
        std::fs::write(root.join("toy.npz"), "x").unwrap();
        assert_eq!(toy.locate(&Places { data: None, cache: Some(root.clone()) }).unwrap(), root.join("toy.npz"));
        std::fs::remove_dir_all(root).unwrap();
    }
}
