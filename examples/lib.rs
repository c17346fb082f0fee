//! What the examples share: their command line, their data and where their pictures go.

use kiln::prelude::*;
use std::path::{Path, PathBuf};

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

fn sample() -> kiln::Result<Splits> {
    println!("data: the bundled sample of Fashion-MNIST, 6,000 and 1,000 images");
    rows(datasets::fashion_mnist::load_sample()?)
}

fn rows(((x, y), (x_test, y_test)): Splits) -> kiln::Result<Splits> {
    let flat = |t: Tensor| t.clone().to_float().reshape([t.shape()[0] as isize, -1]);
    Ok(((flat(x)?, y), (flat(x_test)?, y_test)))
}
