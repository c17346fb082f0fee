//! A file from the net, fetched once.

use crate::sum;
use kiln_core::{Error, Result};
use std::path::{Path, PathBuf};

/// A file at an address, kept in Keras' cache. Keras: `keras.utils.get_file`.
///
/// [`GetFile::fetch`] looks for it in the folder that the environment variable `KILN_DATA` names (and in `cache_subdir` of it), then in
/// Keras' cache (`~/.keras`, or `KERAS_HOME`, and `cache_subdir` in it), and fetches it into the cache, with a progress bar on a terminal,
/// if it is in neither. A transfer that broke off is taken up where it ended, by the next call too. With `file_hash` the file is checked
/// wherever it comes from; one with another sum is passed over.
///
/// ```no_run
/// use kiln_data::GetFile;
/// let path = GetFile::new("https://example.org/flowers.csv")
///     .file_hash("5d41402abc4b2a76b9719d911017c592")
///     .fetch()?;
/// let table = kiln_data::load_csv(path)?;
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct GetFile {
    origin: String,
    fname: Option<String>,
    file_hash: Option<String>,
    cache_subdir: PathBuf,
    cache_dir: Option<PathBuf>,
    force_download: bool,
}

/// The folder that `KILN_DATA` names.
pub(crate) fn data_folder() -> Option<PathBuf> {
    folder("KILN_DATA")
}

/// Keras' folder.
pub(crate) fn keras_home() -> Option<PathBuf> {
    folder("KERAS_HOME").or_else(|| std::env::home_dir().map(|home| home.join(".keras")))
}

fn folder(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from)
}

impl GetFile {
    /// The file at the address `origin`, `http://` or `https://`.
    pub fn new(origin: impl Into<String>) -> Self {
        Self {
            origin: origin.into(),
            fname: None,
            file_hash: None,
            cache_subdir: "datasets".into(),
            cache_dir: None,
            force_download: false,
        }
    }

    /// The name under which it is kept. Default: the last part of the address.
    pub fn fname(mut self, fname: impl Into<String>) -> Self {
        self.fname = Some(fname.into());
        self
    }

    /// Its MD5 or SHA-256 sum in hexadecimal digits, told apart by their number. Default: none, and nothing is checked.
    pub fn file_hash(mut self, file_hash: impl Into<String>) -> Self {
        self.file_hash = Some(file_hash.into());
        self
    }

    /// The folder within the cache; Keras has `datasets` and `models`. Default `datasets`.
    pub fn cache_subdir(mut self, cache_subdir: impl AsRef<Path>) -> Self {
        self.cache_subdir = cache_subdir.as_ref().to_owned();
        self
    }

    /// The cache, in place of Keras' and of what `KILN_DATA` names. Default: none.
    pub fn cache_dir(mut self, cache_dir: impl AsRef<Path>) -> Self {
        self.cache_dir = Some(cache_dir.as_ref().to_owned());
        self
    }

    /// Whether it is fetched even if it is there. Default false.
    pub fn force_download(mut self, force_download: bool) -> Self {
        self.force_download = force_download;
        self
    }

    /// Where the file is, after it was fetched if it was nowhere.
    ///
    /// # Errors
    /// A name or a sum that can't be one; a file that is nowhere and can't be fetched, or has another sum than it should.
    pub fn fetch(&self) -> Result<PathBuf> {
        let name = self.name()?;
        if let Some(hash) = self.file_hash.as_ref().filter(|hash| !sum::is_sum(hash)) {
            return Err(Error::option(
                "GetFile",
                "file_hash",
                "an MD5 or SHA-256 sum, of 32 or 64 hexadecimal digits",
                format!("`{hash}`"),
            ));
        }
        let (data, cache) = match &self.cache_dir {
            Some(folder) => (None, Some(folder.clone())),
            None => (data_folder(), keras_home()),
        };
        self.within(name, data.as_deref(), cache.as_deref())
    }

    fn name(&self) -> Result<&str> {
        let last = self.origin.split(['?', '#']).next().and_then(|path| path.split_once("://")).and_then(|(_, path)| path.rsplit_once('/'));
        let name = self.fname.as_deref().or(last.map(|(_, name)| name)).unwrap_or_default();
        if name.is_empty() || name.contains(['/', '\\']) || [".", ".."].contains(&name) {
            let of = if self.fname.is_some() { format!("`{name}`") } else { format!("none in `{}`", self.origin) };
            return Err(Error::option("GetFile", "fname", "the name of a file, without folders", of));
        }
        Ok(name)
    }

    /// The file in the folder of data, or in the cache.
    fn within(&self, name: &str, data: Option<&Path>, cache: Option<&Path>) -> Result<PathBuf> {
        let kept = cache.map(|cache| cache.join(&self.cache_subdir).join(name));
        let own = data.into_iter().flat_map(|data| [data.join(&self.cache_subdir).join(name), data.join(name)]);
        let places: Vec<PathBuf> = own.chain(kept.clone()).collect();
        let mut other = Vec::new();
        for place in places.iter().filter(|place| !self.force_download && place.is_file()) {
            match &self.file_hash {
                Some(hash) if !sum::is(place, hash)? => other.push(format!("{} has another {} sum", place.display(), sum::kind(hash))),
                _ => return Ok(place.clone()),
            }
        }
        let Some(kept) = kept else {
            return Err(Error::file(name, "there is no home folder to keep the file in").hint("set KERAS_HOME"));
        };
        match self.download(&kept) {
            Ok(()) => Ok(kept),
            Err(error) if self.force_download => Err(error),
            Err(error) => {
                let looked: Vec<String> = places.iter().map(|place| place.display().to_string()).collect();
                let there = if other.is_empty() { format!("the file is not at {}", looked.join(", ")) } else { other.join(", ") };
                let hint = format!("fetch it by hand and put it there; {}", error.report().hint.as_deref().unwrap_or_default());
                Err(Error::file(name, format!("{there}, and {}", error.report().what)).hint(hint.trim_end_matches("; ")))
            }
        }
    }

    #[cfg(feature = "download")]
    fn download(&self, place: &Path) -> Result<()> {
        crate::datasets::download::fetch(&self.origin, place, self.file_hash.as_deref())
    }

    #[cfg(not(feature = "download"))]
    fn download(&self, place: &Path) -> Result<()> {
        let what = format!("{} can't be fetched, because the feature `download` is not compiled in", self.origin);
        Err(Error::file(place, what))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// What nobody serves.
    const NOWHERE: &str = "http://127.0.0.1:9/hello.txt?version=2";
    const MD5: &str = "5d41402abc4b2a76b9719d911017c592";

    fn scratch(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("kiln-get-file-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        folder
    }

    fn write(path: &Path, text: &str) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[test]
    fn folders_are_looked_through_in_order() {
        let root = scratch("order");
        let (data, cache) = (root.join("data"), root.join("keras"));
        let file = GetFile::new(NOWHERE).cache_subdir("models").file_hash(MD5);
        let find = || file.within(file.name().unwrap(), Some(&data), Some(&cache));
        for place in [cache.join("models/hello.txt"), data.join("hello.txt"), data.join("models/hello.txt")] {
            write(&place, "hello");
            assert_eq!(find().unwrap(), place);
        }
        // What has another sum is passed over.
        write(&data.join("models/hello.txt"), "hallo");
        assert_eq!(find().unwrap(), data.join("hello.txt"));
        let alone = GetFile::new(NOWHERE).cache_dir(&cache).cache_subdir("models");
        assert_eq!(alone.fetch().unwrap(), cache.join("models/hello.txt"));
        assert!(alone.clone().force_download(true).fetch().is_err());
        assert_eq!(alone.fname("other.txt").name().unwrap(), "other.txt");
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn mistakes_are_named() {
        let error = |file: GetFile| file.fetch().unwrap_err().to_string();
        let name = "GetFile: `fname` must be the name of a file, without folders, received ";
        assert_eq!(error(GetFile::new("https://example.org/")), format!("{name}none in `https://example.org/`"));
        assert_eq!(error(GetFile::new("hello.txt")), format!("{name}none in `hello.txt`"));
        for fname in ["../a", "a/b", "..", ""] {
            assert_eq!(error(GetFile::new(NOWHERE).fname(fname)), format!("{name}`{fname}`"));
        }
        assert!(error(GetFile::new(NOWHERE).file_hash("12")).contains("`file_hash` must be an MD5 or SHA-256 sum"));
        let root = scratch("mistakes");
        let place = root.join("datasets/hello.txt");
        let nowhere = GetFile::new(NOWHERE).cache_dir(&root);
        let text = error(nowhere.clone());
        assert!(text.starts_with(&format!("hello.txt: the file is not at {}, and {NOWHERE} can't be fetched", place.display())), "{text}");
        write(&place, "hallo");
        let text = error(nowhere.file_hash(MD5));
        assert!(text.starts_with(&format!("hello.txt: {} has another MD5 sum, and {NOWHERE} can't", place.display())), "{text}");
        assert_eq!(fs::read_to_string(&place).unwrap(), "hallo");
        fs::remove_dir_all(root).unwrap();
    }
}
