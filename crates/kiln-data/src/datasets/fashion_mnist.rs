//! Fashion-MNIST: 70,000 pictures of clothes of 28 × 28 grey pixels (Zalando Research, MIT licence).

use super::Splits;
use super::source::{FILES, Places, Source, splits};
use crate::{file, idx};
use kiln_core::Result;
use std::path::Path;

const SOURCE: Source = Source {
    name: "fashion_mnist",
    folders: &["fashion-mnist", "fashion_mnist"],
    origin: "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
    md5: [
        "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
        "25c81989df183df01b3e8a0aad5dffbe",
        "bef4ecab320f06d8554ea6380940ec79",
        "bb300cfdad3c16e7a12a480ee83cd310",
    ],
};

const SAMPLE: [&[u8]; 4] = [
    include_bytes!("../../../../datasets/fashion-mnist-sample/train-images-idx3-ubyte.gz"),
    include_bytes!("../../../../datasets/fashion-mnist-sample/train-labels-idx1-ubyte.gz"),
    include_bytes!("../../../../datasets/fashion-mnist-sample/t10k-images-idx3-ubyte.gz"),
    include_bytes!("../../../../datasets/fashion-mnist-sample/t10k-labels-idx1-ubyte.gz"),
];

/// What the labels 0 to 9 mean.
///
/// ```
/// assert_eq!(kiln_data::datasets::fashion_mnist::CLASS_NAMES[9], "Ankle boot");
/// ```
pub const CLASS_NAMES: [&str; 10] =
    ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"];

/// The 60,000 images to train on and the 10,000 to test on: `uint8` tensors of shape (n, 28, 28), labels `uint8` of shape (n,).
/// [`datasets`](super) says where they come from.
///
/// # Errors
/// The files are in no folder and can't be fetched, or a file is damaged.
///
/// ```no_run
/// let ((x_train, y_train), _) = kiln_data::datasets::fashion_mnist::load_data()?;
/// assert_eq!((x_train.shape(), y_train.shape()), (vec![60_000, 28, 28], vec![60_000]));
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub fn load_data() -> Result<Splits> {
    SOURCE.load(&Places::of_this_machine())
}

/// As [`load_data`], from the four files in a folder, packed with gzip or not.
///
/// # Errors
/// A missing or damaged file.
///
/// ```
/// let error = kiln_data::datasets::fashion_mnist::load_data_from("no/such/folder").unwrap_err();
/// assert!(error.to_string().starts_with("fashion_mnist: no `train-images-idx3-ubyte.gz` in no/such/folder"));
/// ```
pub fn load_data_from(folder: impl AsRef<Path>) -> Result<Splits> {
    SOURCE.load_from(folder.as_ref())
}

/// A sample that is part of the program and needs no file: 6,000 images to train on and 1,000 to test on, in the shapes and dtypes
/// of [`load_data`]. Enough to try a model, not to compare it with others'.
///
/// # Errors
/// None in practice; the signature is that of [`load_data`].
///
/// ```
/// use kiln_data::datasets::fashion_mnist;
/// let ((x_train, y_train), (x_test, y_test)) = fashion_mnist::load_sample()?;
/// assert_eq!((x_train.shape(), y_train.shape()), (vec![6000, 28, 28], vec![6000]));
/// assert_eq!((x_test.shape(), y_test.shape()), (vec![1000, 28, 28], vec![1000]));
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub fn load_sample() -> Result<Splits> {
    let mut tensors = Vec::with_capacity(FILES.len());
    for (name, bytes) in FILES.into_iter().zip(SAMPLE) {
        tensors.push(idx::parse(Path::new(name), &file::unpack(Path::new(name), bytes.to_vec())?)?);
    }
    splits(SOURCE.name, tensors)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kiln_core::DType;

    #[test]
    fn the_sample_holds_every_class() {
        let ((x, y), (_, y_test)) = load_sample().unwrap();
        assert_eq!((x.dtype(), y.dtype()), (DType::U8, DType::U8));
        for (labels, fewest) in [(y, 500), (y_test, 80)] {
            let labels = labels.to_vec::<u8>();
            assert!((0..10).all(|class| labels.iter().filter(|l| **l == class).count() >= fewest));
        }
    }

    #[test]
    fn the_real_files_load() {
        if std::env::var_os("KILN_DATA").is_none() {
            println!("skipped: KILN_DATA names no folder with the files of Fashion-MNIST");
            return;
        }
        let ((x_train, y_train), (x_test, y_test)) = load_data().unwrap();
        assert_eq!((x_train.shape(), y_train.shape()), (vec![60_000, 28, 28], vec![60_000]));
        assert_eq!((x_test.shape(), y_test.shape()), (vec![10_000, 28, 28], vec![10_000]));
        assert_eq!((x_train.to_float().max().item(), y_test.to_float().max().item()), (255.0, 9.0));
    }
}
