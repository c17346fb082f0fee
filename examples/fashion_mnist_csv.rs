//! Writes the four CSV files that the course reads, from the IDX files of Fashion-MNIST.
//!
//! `cargo run --release --example fashion_mnist_csv -- --data DIR --to DIR`; without `--data` the cache, a download or the sample.

use kiln::prelude::*;
use kiln_examples::{fashion_mnist, option, output};
use std::path::PathBuf;

fn main() -> kiln::Result<()> {
    let folder = match option("to") {
        Some(folder) => PathBuf::from(folder),
        None => output("fashion_mnist_csv", "data")?,
    };
    std::fs::create_dir_all(&folder).map_err(|e| Error::file(&folder, e))?;
    let ((x_train, y_train), (x_test, y_test)) = fashion_mnist()?;
    let tables = [("train_images", &x_train), ("train_labels", &y_train), ("test_images", &x_test), ("test_labels", &y_test)];
    for (name, table) in tables {
        let path = folder.join(format!("{name}.csv"));
        let rows = table.shape()[0] as isize;
        save_csv(&path, &table.reshape([rows, -1])?)?;
        println!("{}", path.display());
    }
    // The claim: what was written reads back equal.
    let back = load_csv(folder.join("test_images.csv"))?;
    assert_eq!(back.to_vec::<f32>(), x_test.to_vec::<f32>(), "the file differs from what was written");
    Ok(())
}
