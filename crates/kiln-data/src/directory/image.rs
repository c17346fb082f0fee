//! Pictures from a folder tree.

use super::index::{Directory, Found, Options, directory_options};
use super::picture::{channels, read};
use super::resize::{Interpolation, crop, resize};
use crate::{Dataset, Element, file};
use kiln_core::{Error, Result, Tensor};
use std::path::{Path, PathBuf};

const WHO: &str = "image_dataset_from_directory";

/// The pictures in the subfolders of `directory`, one subfolder for each class: Keras' `image_dataset_from_directory`. Options
/// follow, then `load`.
///
/// ```no_run
/// use kiln_data::image_dataset_from_directory;
/// let flowers = image_dataset_from_directory("flowers").image_size((64, 64)).validation_split(0.2).seed(1);
/// let train = flowers.clone().subset("training").load()?;
/// let validation = flowers.subset("validation").load()?;
/// println!("{:?}", train.class_names);
/// let data = train.dataset.map(|(x, y)| Ok((x / 255.0, y)));
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub fn image_dataset_from_directory(directory: impl AsRef<Path>) -> ImageDirectory {
    ImageDirectory {
        options: Options::new(WHO, directory.as_ref()),
        color_mode: "rgb".to_owned(),
        image_size: (256, 256),
        interpolation: "bilinear".to_owned(),
        crop_to_aspect_ratio: false,
    }
}

/// The options of [`image_dataset_from_directory`].
///
/// ```
/// use kiln_data::image_dataset_from_directory;
/// let error = image_dataset_from_directory("no/such/folder").load().unwrap_err();
/// assert!(error.to_string().starts_with("no/such/folder: can't be looked through"));
/// ```
#[derive(Clone, Debug)]
pub struct ImageDirectory {
    options: Options,
    color_mode: String,
    image_size: (usize, usize),
    interpolation: String,
    crop_to_aspect_ratio: bool,
}

impl ImageDirectory {
    directory_options!();

    /// `"rgb"` (default), `"grayscale"` or `"rgba"`.
    pub fn color_mode(mut self, mode: &str) -> Self {
        mode.clone_into(&mut self.color_mode);
        self
    }

    /// The height and width that all pictures are brought to; default (256, 256).
    pub fn image_size(mut self, size: (usize, usize)) -> Self {
        self.image_size = size;
        self
    }

    /// `"bilinear"` (default) or `"nearest"`.
    pub fn interpolation(mut self, interpolation: &str) -> Self {
        interpolation.clone_into(&mut self.interpolation);
        self
    }

    /// Whether pictures are cut to the proportions of `image_size` before, instead of distorted; default `false`.
    pub fn crop_to_aspect_ratio(mut self, crop: bool) -> Self {
        self.crop_to_aspect_ratio = crop;
        self
    }

    /// Pictures and labels: `float32` from 0 to 255 of shape (batch, height, width, channels), and what `label_mode` says. The files
    /// are read while the data set is iterated, on all cores.
    ///
    /// # Errors
    /// A folder that can't be looked through or has no pictures, a class without any, an option out of range. A damaged picture is
    /// an error of the iteration that names the file.
    pub fn load(&self) -> Result<Directory<(Tensor, Tensor)>> {
        let found = self.options.find(&ENDINGS, true)?;
        let (mode, classes) = (self.options.label_mode.clone(), found.class_names.len());
        self.directory(found, move |image, label| (image, Options::label(&mode, label, classes)))
    }

    /// Pictures alone: Keras' `labels=None`.
    ///
    /// # Errors
    /// As for [`ImageDirectory::load`].
    pub fn load_unlabeled(&self) -> Result<Directory<Tensor>> {
        self.directory(self.options.find(&ENDINGS, false)?, |image, _| image)
    }

    fn directory<E: Element>(&self, found: Found, pair: impl Fn(Tensor, usize) -> E + Send + Sync + 'static) -> Result<Directory<E>> {
        let (channels, how, size) = (channels(WHO, &self.color_mode)?, Interpolation::of(WHO, &self.interpolation)?, self.image_size);
        if size.0 == 0 || size.1 == 0 {
            return Err(Error::option(WHO, "image_size", "at least (1, 1)", format!("{size:?}")));
        }
        let (files, cut) = (found.files.clone(), self.crop_to_aspect_ratio);
        let make = move |number: usize| {
            let (path, label) = files.get(number).ok_or_else(|| Error::data(WHO, "the list of files has changed"))?;
            let mut picture = read(path, &file::read(path)?, channels)?;
            if cut {
                picture = crop(picture, size);
            }
            let values = resize(&picture, size, how);
            picture.recycle();
            Ok(pair(Tensor::from_vec(values, [size.0, size.1, channels])?, *label))
        };
        let dataset: Dataset<E> = self.options.pipeline(found.files.len(), make);
        let file_paths: Vec<PathBuf> = found.files.iter().map(|(path, _)| path.clone()).collect();
        Ok(Directory { dataset, class_names: found.class_names, file_paths })
    }
}

const ENDINGS: [&str; 3] = [".png", ".jpg", ".jpeg"];

/// Reads one picture (PNG or JPEG): `float32` from 0 to 255 of shape (height, width, channels), the channels being those of
/// `color_mode` (`"rgb"`, `"grayscale"` or `"rgba"`). Keras' `load_img` and `img_to_array`.
///
/// # Errors
/// A file that is missing, damaged or of another format, or another mode.
///
/// ```
/// let error = kiln_data::load_img("no/such.png", "rgb").unwrap_err();
/// assert!(error.to_string().starts_with("no/such.png: no such file"));
/// ```
pub fn load_img(path: impl AsRef<Path>, color_mode: &str) -> Result<Tensor> {
    let path = path.as_ref();
    let channels = channels("load_img", color_mode)?;
    let picture = read(path, &file::read(path)?, channels)?;
    let values = picture.pixels.iter().map(|byte| f32::from(*byte)).collect();
    Tensor::from_vec(values, [picture.height, picture.width, channels])
}

#[cfg(test)]
mod tests {
    use super::super::picture::tests::png_file;
    use super::*;
    use std::fs;

    /// Three pictures of `cats` and two of `dogs`, of several sizes.
    fn pets(name: &str) -> PathBuf {
        let root = std::env::temp_dir().join(format!("kiln-pets-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        for (class, sizes) in [("cats", vec![2, 3, 4]), ("dogs", vec![2, 5])] {
            fs::create_dir_all(root.join(class)).unwrap();
            for (i, size) in sizes.into_iter().enumerate() {
                let pixels = vec![if class == "cats" { 10 } else { 200 }; (size * size * 3) as usize];
                fs::write(root.join(class).join(format!("{i}.PNG")), png_file(size, size, png::ColorType::Rgb, &pixels)).unwrap();
            }
        }
        fs::write(root.join("cats/notes.txt"), "no picture").unwrap();
        fs::create_dir_all(root.join(".hidden")).unwrap();
        root
    }

    #[test]
    fn folders_become_labelled_batches() {
        let root = pets("labels");
        let data = || image_dataset_from_directory(&root).image_size((4, 6)).shuffle(false);
        let loaded = data().batch_size(3).load().unwrap();
        assert_eq!((loaded.class_names.as_slice(), loaded.file_paths.len()), (["cats".to_owned(), "dogs".to_owned()].as_slice(), 5));
        let batches: Vec<_> = loaded.dataset.iter().map(Result::unwrap).collect();
        assert_eq!((batches[0].0.shape(), batches[1].0.shape()), (vec![3, 4, 6, 3], vec![2, 4, 6, 3]));
        assert_eq!((batches[0].1.to_vec::<i32>(), batches[1].1.to_vec::<i32>()), (vec![0, 0, 0], vec![1, 1]));
        assert!(batches[1].0.to_vec::<f32>().iter().all(|v| *v == 200.0));
        let label = |mode: &str| data().label_mode(mode).load().unwrap().dataset.iter().next().unwrap().unwrap().1;
        assert_eq!((label("categorical").shape(), label("binary").to_vec::<f32>()), (vec![5, 2], vec![0.0, 0.0, 0.0, 1.0, 1.0]));
        let grey = data().color_mode("grayscale").interpolation("nearest").crop_to_aspect_ratio(true).load_unlabeled().unwrap();
        assert_eq!(grey.dataset.iter().next().unwrap().unwrap().shape(), [5, 4, 6, 1]);
        let turned = data().class_names(&["dogs", "cats"]).batch_size(None).load().unwrap();
        assert_eq!(turned.dataset.iter().next().unwrap().unwrap().0.to_vec::<f32>()[0], 200.0);
        let given = data().labels(&[4, 3, 2, 1, 0]).load().unwrap();
        assert_eq!(given.dataset.iter().next().unwrap().unwrap().1.to_vec::<i32>(), [4, 3, 2, 1, 0]);
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn subsets_share_no_file_and_orders_repeat() {
        let root = pets("subsets");
        let data = image_dataset_from_directory(&root).image_size((2, 2)).validation_split(0.4).seed(3);
        let (train, validation) = (data.clone().subset("training").load().unwrap(), data.clone().subset("validation").load().unwrap());
        assert_eq!((train.file_paths.len(), validation.file_paths.len()), (3, 2));
        assert!(train.file_paths.iter().all(|path| !validation.file_paths.contains(path)));
        let labels = |epoch| train.dataset.iter_epoch(epoch).next().unwrap().unwrap().1.to_vec::<i32>();
        assert!((0..20).all(|epoch| labels(epoch) == labels(epoch)) && (0..20).any(|epoch| labels(epoch) != labels(0)));
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn bad_folders_and_options_are_named() {
        let root = pets("bad");
        let error = |data: ImageDirectory| data.load().unwrap_err().to_string();
        let data = || image_dataset_from_directory(&root);
        assert!(error(data().color_mode("cmyk")).contains("`color_mode` must be `grayscale`, `rgb` or `rgba`, received `cmyk`"));
        assert!(error(data().interpolation("cubic")).contains("`interpolation`"));
        assert!(error(data().image_size((0, 2))).contains("`image_size`"));
        assert!(error(data().label_mode("one")).contains("`label_mode`"));
        assert!(error(data().batch_size(0)).contains("`batch_size`"));
        assert!(error(data().subset("training")).contains("`validation_split` must be set with `subset`"));
        assert!(error(data().validation_split(0.5)).contains("`subset` must be"));
        assert!(error(data().validation_split(0.5).subset("test").seed(1)).contains("`subset` must be"));
        assert!(error(data().validation_split(0.5).subset("training")).contains("`seed` must be set"));
        assert!(error(data().validation_split(1.5).subset("training").seed(1)).contains("`validation_split` must be between 0 and 1"));
        assert!(error(data().validation_split(0.01).subset("validation").seed(1)).contains("large enough for one file"));
        assert!(error(data().class_names(&["cows"])).contains("`class_names` must be subfolders of"));
        assert!(error(data().class_names(&["cats"]).label_mode("binary")).contains("unless there are 2 classes"));
        assert!(error(data().labels(&[1])).contains("has 5 files, but there are 1 labels"));
        assert!(error(image_dataset_from_directory(root.join("cats"))).contains("has no subfolder for a class"));
        fs::create_dir_all(root.join("empty")).unwrap();
        assert!(error(data()).contains("empty: holds no file that ends in .png, .jpg, .jpeg"));
        fs::remove_dir(root.join("empty")).unwrap();
        fs::write(root.join("dogs/1.PNG"), "broken").unwrap();
        let broken = data().load().unwrap().dataset.iter().find_map(Result::err).unwrap().to_string();
        assert!(broken.ends_with("dogs/1.PNG: is neither PNG nor JPEG"), "{broken}");
        fs::remove_dir_all(root).unwrap();
    }
}
