//! The files of a folder tree, with their labels.

use crate::datasets::shuffle::RandomState;
use crate::{Cardinality, Dataset, Element, Skipped};
use kiln_core::random::Stream;
use kiln_core::{Error, Result, Tensor};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A data set from a folder, and what was found there.
#[derive(Clone, Debug)]
pub struct Directory<E: Element> {
    /// The pipeline.
    pub dataset: Dataset<E>,
    /// The names of the classes, in the order of their labels; none without labels.
    pub class_names: Vec<String>,
    /// The files, in the order of the first pass without shuffling.
    pub file_paths: Vec<PathBuf>,
}

/// Where the labels come from.
#[derive(Clone, Debug)]
pub(super) enum Labels {
    Inferred,
    Given(Vec<usize>),
}

/// What the loaders of all kinds of files share.
#[derive(Clone, Debug)]
pub(super) struct Options {
    pub(super) who: &'static str,
    pub(super) folder: PathBuf,
    pub(super) labels: Labels,
    pub(super) label_mode: String,
    pub(super) class_names: Option<Vec<String>>,
    pub(super) batch_size: Option<usize>,
    pub(super) shuffle: bool,
    pub(super) seed: Option<u32>,
    pub(super) validation_split: f64,
    pub(super) subset: Option<String>,
    pub(super) skipped: Option<Skipped>,
}

/// A file and its label.
type Labelled = (PathBuf, usize);

/// The files that a loader takes, each with its label.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) files: Arc<[Labelled]>,
    pub(super) class_names: Vec<String>,
}

impl Options {
    pub(super) fn new(who: &'static str, folder: &Path) -> Self {
        Self {
            who,
            folder: folder.to_owned(),
            labels: Labels::Inferred,
            label_mode: "int".to_owned(),
            class_names: None,
            batch_size: Some(32),
            shuffle: true,
            seed: None,
            validation_split: 0.0,
            subset: None,
            skipped: None,
        }
    }

    /// Looks through the folder and cuts out the subset.
    pub(super) fn find(&self, endings: &[&str], with_labels: bool) -> Result<Found> {
        self.check()?;
        let (mut files, class_names) = match (&self.labels, with_labels) {
            (_, false) => (self.unlabelled(endings)?, Vec::new()),
            (Labels::Inferred, true) => self.by_folder(endings)?,
            (Labels::Given(labels), true) => self.given(labels, endings)?,
        };
        if files.is_empty() {
            return Err(Error::file(&self.folder, format!("holds no file that ends in {}", endings.join(", "))));
        }
        if with_labels && self.label_mode == "binary" && class_names.len() != 2 {
            let received = format!("{} classes", class_names.len());
            return Err(Error::option(self.who, "label_mode", "`int` or `categorical` unless there are 2 classes", received));
        }
        if self.shuffle {
            // Keras' order of files, so that the same seed divides them alike.
            let seed = self.seed.unwrap_or_else(|| Stream::next_global().below(0, 1_000_000) as u32);
            files = RandomState::new(seed).order(files.len()).into_iter().filter_map(|i| files.get(i).cloned()).collect();
        }
        let validation = (self.validation_split * files.len() as f64) as usize;
        let train = files.len() - validation;
        match self.subset.as_deref() {
            Some("training") => files.truncate(train),
            Some(_) => files = files.split_off(train),
            None => {}
        }
        match files.is_empty() {
            true => Err(Error::option(self.who, "validation_split", "large enough for one file", self.validation_split)),
            false => Ok(Found { files: files.into(), class_names }),
        }
    }

    fn check(&self) -> Result<()> {
        if !(0.0..1.0).contains(&self.validation_split) {
            return Err(Error::option(self.who, "validation_split", "between 0 and 1", self.validation_split));
        }
        match self.subset.as_deref() {
            Some("training" | "validation") if self.validation_split > 0.0 => {}
            None if self.validation_split == 0.0 => {}
            Some(other @ ("training" | "validation")) => {
                return Err(Error::option(self.who, "validation_split", "set with `subset`", format!("0 and `{other}`")));
            }
            received => {
                return Err(Error::option(
                    self.who,
                    "subset",
                    "`training` or `validation` with `validation_split`",
                    format!("{received:?}"),
                ));
            }
        }
        if self.subset.is_some() && self.shuffle && self.seed.is_none() {
            return Err(Error::option(self.who, "seed", "set with `validation_split`, so that the subsets share no file", "none")
                .hint("or say `shuffle(false)`"));
        }
        if !["int", "categorical", "binary"].contains(&self.label_mode.as_str()) {
            let received = format!("`{}`", self.label_mode);
            return Err(Error::option(self.who, "label_mode", "`int`, `categorical` or `binary`", received)
                .hint("without labels take `load_unlabeled`"));
        }
        match self.batch_size {
            Some(0) => Err(Error::option(self.who, "batch_size", "at least 1", 0)),
            _ => Ok(()),
        }
    }

    fn by_folder(&self, endings: &[&str]) -> Result<(Vec<Labelled>, Vec<String>)> {
        let subfolders: Vec<PathBuf> = listed(&self.folder)?.into_iter().filter(|path| path.is_dir()).collect();
        let found: Vec<String> = subfolders.iter().map(|path| name(path)).collect();
        let classes = self.class_names.clone().unwrap_or_else(|| found.clone());
        if let Some(missing) = classes.iter().find(|class| !found.contains(class)) {
            let expected = format!("subfolders of {} ({})", self.folder.display(), found.join(", "));
            return Err(Error::option(self.who, "class_names", expected, format!("`{missing}`")));
        }
        if classes.is_empty() {
            return Err(Error::file(&self.folder, "has no subfolder for a class").hint("without classes take `load_unlabeled`"));
        }
        let mut files = Vec::new();
        for (label, class) in classes.iter().enumerate() {
            let before = files.len();
            let folder = self.folder.join(class);
            files.extend(tree(&folder, endings)?.into_iter().map(|path| (path, label)));
            if files.len() == before {
                return Err(Error::file(&folder, format!("holds no file that ends in {}", endings.join(", "))).hint("remove the folder"));
            }
        }
        Ok((files, classes))
    }

    fn unlabelled(&self, endings: &[&str]) -> Result<Vec<Labelled>> {
        Ok(tree(&self.folder, endings)?.into_iter().map(|path| (path, 0)).collect())
    }

    fn given(&self, labels: &[usize], endings: &[&str]) -> Result<(Vec<Labelled>, Vec<String>)> {
        if self.class_names.is_some() {
            return Err(Error::option(self.who, "class_names", "left out with `labels`", "names"));
        }
        let files = tree(&self.folder, endings)?;
        if files.len() != labels.len() {
            let what = format!("{} has {} files, but there are {} labels", self.folder.display(), files.len(), labels.len());
            return Err(Error::data(self.who, what));
        }
        let mut classes = labels.to_vec();
        classes.sort_unstable();
        classes.dedup();
        Ok((files.into_iter().zip(labels.iter().copied()).collect(), classes.iter().map(ToString::to_string).collect()))
    }

    /// The pipeline: numbers of files, shuffled anew each epoch, and what `make` makes of each on all cores.
    pub(super) fn pipeline<E: Element>(&self, count: usize, make: impl Fn(usize) -> Result<E> + Send + Sync + 'static) -> Dataset<E> {
        let mut order = Dataset::range(0..count as i64);
        debug_assert_eq!(order.cardinality(), Cardinality::Known(count));
        if self.shuffle {
            order = order.shuffle(count);
            order = self.seed.map_or(order.clone(), |seed| order.seed(seed.into()));
        }
        let data = order.par_map(0, move |number| make(number.item() as usize));
        let data = self.skipped.as_ref().map_or(data.clone(), |skipped| data.ignore_errors(skipped));
        self.batch_size.map_or(data.clone(), |size| data.batch(size).prefetch(1))
    }

    /// A label in the form that `label_mode` asks for.
    pub(super) fn label(mode: &str, label: usize, classes: usize) -> Tensor {
        match mode {
            "categorical" => Tensor::constant(label as i32).one_hot(classes),
            "binary" => Tensor::constant(vec![label as f32]),
            _ => Tensor::constant(label as i32),
        }
    }
}

fn name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// What a folder holds, sorted, without hidden things.
fn listed(folder: &Path) -> Result<Vec<PathBuf>> {
    let failed = |error: std::io::Error| Error::file(folder, format!("can't be looked through: {error}"));
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        paths.push(entry.map_err(failed)?.path());
    }
    paths.retain(|path| !name(path).starts_with('.'));
    paths.sort();
    Ok(paths)
}

/// The files with these endings in a folder and its subfolders.
fn tree(folder: &Path, endings: &[&str]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in listed(folder)? {
        if path.is_dir() {
            // A link to a folder above would be followed for ever.
            if !path.is_symlink() {
                files.extend(tree(&path, endings)?);
            }
        } else if endings.iter().any(|ending| name(&path).to_lowercase().ends_with(ending)) {
            files.push(path);
        }
    }
    Ok(files)
}

/// The options that every loader of a folder has.
macro_rules! directory_options {
    () => {
        /// Labels of your own, one for each file in the sorted order of their paths; default: the subfolder tells it.
        pub fn labels(mut self, labels: &[usize]) -> Self {
            self.options.labels = $crate::directory::index::Labels::Given(labels.to_vec());
            self
        }

        /// `"int"` (default, `int32` scalars), `"categorical"` (one-hot rows) or `"binary"` (`float32`, shape (1,), for 2 classes).
        pub fn label_mode(mut self, mode: &str) -> Self {
            mode.clone_into(&mut self.options.label_mode);
            self
        }

        /// The subfolders to read and the order of their labels; default all, sorted.
        pub fn class_names(mut self, names: &[&str]) -> Self {
            self.options.class_names = Some(names.iter().map(|name| (*name).to_owned()).collect());
            self
        }

        /// The samples of a batch; default 32. `None` gives single samples.
        pub fn batch_size(mut self, batch_size: impl Into<Option<usize>>) -> Self {
            self.options.batch_size = batch_size.into();
            self
        }

        /// Whether the files come in random order, another one each epoch; default `true`.
        pub fn shuffle(mut self, shuffle: bool) -> Self {
            self.options.shuffle = shuffle;
            self
        }

        /// The seed of the order and of the division into subsets, which is the one that Keras makes.
        pub fn seed(mut self, seed: u32) -> Self {
            self.options.seed = Some(seed);
            self
        }

        /// The share of files for validation; [`subset`](Self::subset) says which part to read. Default 0.
        pub fn validation_split(mut self, share: f64) -> Self {
            self.options.validation_split = share;
            self
        }

        /// Leaves out the files that can't be read, and counts them, each time they are met; default: they are errors.
        pub fn skip_errors(mut self, skipped: &$crate::Skipped) -> Self {
            self.options.skipped = Some(skipped.clone());
            self
        }

        /// `"training"` or `"validation"`; default all files.
        pub fn subset(mut self, subset: &str) -> Self {
            self.options.subset = Some(subset.to_owned());
            self
        }
    };
}
pub(super) use directory_options;
