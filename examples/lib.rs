//! What the examples share: their command line, their data and where their pictures go.

use kiln::prelude::*;
use std::path::{Path, PathBuf};

pub mod generative;
pub mod scenes;

/// Large buffers come and go at every step; the usual allocator of Linux hands each back to the system.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Images and labels for training and test.
pub type Splits = ((Tensor, Tensor), (Tensor, Tensor));

/// Whether `--flag` was given.
pub fn flag(name: &str) -> bool {
    std::env::args().any(|a| a == format!("--{name}"))
}

/// The value after `--name`.
pub fn option(name: &str) -> Option<String> {
    std::env::args().skip_while(|a| *a != format!("--{name}")).nth(1)
}

/// The number after `--name`, or `default`.
///
/// # Errors
/// Something that is no number.
pub fn number(name: &str, default: u64) -> kiln::Result<u64> {
    match option(name) {
        None => Ok(default),
        Some(text) => text.parse().map_err(|_| Error::option("command line", name, "a whole number", text)),
    }
}

/// `target/kiln/<example>/<file>`, the folder made.
///
/// # Errors
/// A folder that can't be made.
pub fn output(example: &str, file: &str) -> kiln::Result<PathBuf> {
    let folder = Path::new("target").join("kiln").join(example);
    std::fs::create_dir_all(&folder).map_err(|e| Error::file(&folder, e))?;
    Ok(folder.join(file))
}

/// The file that `--data` names, else the one at `path` in the repository's folder `datasets`.
pub fn data_file(path: &str) -> PathBuf {
    let bundled = || Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join("datasets").join(path);
    option("data").map_or_else(bundled, PathBuf::from)
}

/// `(index, value)` of each value, for a chart; the index begins at `first`.
pub fn points(first: usize, values: &[f64]) -> Vec<(f64, f64)> {
    values.iter().enumerate().map(|(i, v)| ((first + i) as f64, *v)).collect()
}

/// Fashion-MNIST as rows of 784 pixels: from `--data DIR` (four CSV files, or IDX files), else the cache or a download, else the
/// bundled sample.
///
/// # Errors
/// Files that are named but can't be read.
pub fn fashion_mnist() -> kiln::Result<Splits> {
    if let Some(folder) = option("data") {
        let folder = PathBuf::from(folder);
        if folder.join("train_images.csv").is_file() {
            println!("data: CSV files in {}", folder.display());
            let read = |name: &str| load_csv(folder.join(name));
            let train = (read("train_images.csv")?, read("train_labels.csv")?);
            return Ok((train, (read("test_images.csv")?, read("test_labels.csv")?)));
        }
        println!("data: IDX files in {}", folder.display());
        return rows(datasets::fashion_mnist::load_data_from(folder)?);
    }
    if flag("quick") || flag("sample") {
        return sample();
    }
    match datasets::fashion_mnist::load_data() {
        Ok(splits) => {
            println!("data: Fashion-MNIST, 60,000 and 10,000 images");
            rows(splits)
        }
        Err(error) => {
            println!("{error}");
            sample()
        }
    }
}

/// Fashion-MNIST as images of 28×28×1 with values from 0 to 1, at most `train` and `test` of them.
///
/// # Errors
/// As [`fashion_mnist`].
pub fn fashion_images(train: usize, test: usize) -> kiln::Result<Splits> {
    let ((x, y), (x_test, y_test)) = fashion_mnist()?;
    let first = |t: Tensor, count: usize| t.rows(0..count.min(t.shape()[0]));
    let images = |t: Tensor, count: usize| (first(t, count)? / 255.0).reshape([-1, 28, 28, 1]);
    Ok(((images(x, train)?, first(y, train)?), (images(x_test, test)?, first(y_test, test)?)))
}

/// The images of some classes alone, which are numbered anew in the order they are named.
///
/// # Errors
/// None for one label an image.
pub fn of_classes((x, y): &(Tensor, Tensor), classes: &[i32]) -> kiln::Result<(Tensor, Tensor)> {
    let place = |label: &i32| classes.iter().position(|class| class == label);
    let (rows, labels): (Vec<usize>, Vec<i32>) =
        y.to_vec::<i32>().iter().enumerate().filter_map(|(row, label)| place(label).map(|class| (row, class as i32))).unzip();
    Ok((x.gather(&rows)?, Tensor::constant(labels)))
}

/// Draws the first 30 of `images` with the classes that `predictions` give them.
///
/// # Errors
/// A picture that can't be written.
pub fn draw_predictions(path: &Path, images: &Tensor, predictions: &Tensor) -> kiln::Result<()> {
    let classes = predictions.rows(0..30)?.argmax(-1)?.to_vec::<i32>();
    let names: Vec<&str> = classes.into_iter().map(|class| datasets::fashion_mnist::CLASS_NAMES[class as usize]).collect();
    ImageGrid::new(&images.rows(0..30)?.reshape([30, 28, 28])?).columns(10).scale(3).labels(&names).save(path)
}

/// Values brought to 0 … 1, image by image, for drawing.
///
/// # Errors
/// None for images along the first axis.
pub fn stretched(images: &Tensor) -> kiln::Result<Tensor> {
    let flat = images.reshape([images.shape()[0] as isize, -1])?;
    let low = flat.min_axis(1)?.expand_dims(1)?;
    let span = (flat.max_axis(1)?.expand_dims(1)? - &low).maximum(1e-6)?;
    let shape: Vec<isize> = images.shape().into_iter().map(|n| n as isize).collect();
    ((flat - low) / span).reshape(shape)
}

fn sample() -> kiln::Result<Splits> {
    println!("data: the bundled sample of Fashion-MNIST, 6,000 and 1,000 images");
    rows(datasets::fashion_mnist::load_sample()?)
}

fn rows(((x, y), (x_test, y_test)): Splits) -> kiln::Result<Splits> {
    let flat = |t: Tensor| t.clone().to_float().reshape([t.shape()[0] as isize, -1]);
    Ok(((flat(x)?, y), (flat(x_test)?, y_test)))
}
