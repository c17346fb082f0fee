//! How fast data come: samples a second through a pipeline, as one line. `peers/pipeline.py` runs it in turns with tf.data, PyTorch's
//! `DataLoader`, NumPy, pandas and polars on the same work.
//!
//! - `pipeline memory FOLDER`: Fashion-MNIST in memory, shuffled, in batches of 64
//! - `pipeline images FOLDER`: JPEGs in subfolders, read, decoded, resized to 128 × 128, in batches of 32
//! - `pipeline csv FILE`: a table of numbers, whole
//! - `pipeline csv-batches FILE`: a table of numbers, in batches of 256 as it is read

use kiln::prelude::*;
use kiln_bench::median;
use std::time::Instant;

/// Passes, of which the middle one counts; one before them warms up.
const PASSES: usize = 5;

/// Times passes; each says how many samples it gave.
fn time(what: &str, passes: usize, mut pass: impl FnMut() -> kiln::Result<usize>) -> kiln::Result<()> {
    pass()?;
    let mut rates = Vec::new();
    for _ in 0..passes {
        let start = Instant::now();
        let samples = pass()?;
        rates.push(samples as f64 / start.elapsed().as_secs_f64());
    }
    println!("{what}: {:.0} samples/s", median(rates));
    Ok(())
}

/// One pass over a data set of `x` and `y`.
fn pairs(data: &Dataset<(Tensor, Tensor)>) -> kiln::Result<usize> {
    let mut samples = 0;
    for batch in data {
        samples += batch?.1.len();
    }
    Ok(samples)
}

fn main() -> kiln::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(work), Some(path)) = (arguments.next(), arguments.next()) else {
        return Err("usage: pipeline memory|images|csv|csv-batches PATH".into());
    };
    match work.as_str() {
        "memory" => {
            let file = |name: &str| load_idx(std::path::Path::new(&path).join(name));
            let (x, y) = (file("train-images-idx3-ubyte.gz")?, file("train-labels-idx1-ubyte.gz")?);
            let data = Dataset::from_tensor_slices((&x, &y))?.shuffle(60_000).seed(1).batch(64).prefetch(1);
            time("memory", PASSES, || pairs(&data))
        }
        "images" => {
            let data = image_dataset_from_directory(&path).image_size((128, 128)).batch_size(32).seed(1).load()?.dataset;
            time("images", 3, || pairs(&data))
        }
        "csv" => time("csv", PASSES, || Ok(load_csv(&path)?.shape()[0])),
        "csv-batches" => {
            let data = Csv::new(&path).number_batches(256)?;
            time("csv-batches", 3, || {
                let mut samples = 0;
                for batch in &data {
                    samples += batch?.shape()[0];
                }
                Ok(samples)
            })
        }
        other => Err(format!("unknown work `{other}`").into()),
    }
}
