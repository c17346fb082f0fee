//! Trains from a table that is larger than the memory allowed: a CSV file of 1 GiB (or of as many MiB as the first argument says) under a
//! ceiling of 160 MiB, read batch by batch, shuffled within a buffer and prefetched; then once more through `cache_file`. Prints the resident
//! memory as it goes and fails where the ceiling is broken.

use kiln::prelude::*;
use std::io::{BufWriter, Write};
use std::path::Path;

/// What the program may hold, in kilobytes: itself, the model, and what the pipeline states that it keeps.
const CEILING: u64 = 160 * 1024;
const FEATURES: usize = 64;
const BATCH: usize = 256;
/// Batches that the shuffle keeps.
const BUFFER: usize = 128;

/// A number of kilobytes, as Linux tells; 0 elsewhere.
fn status(key: &str) -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with(key)).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).unwrap_or(0)
}

/// Writes rows of numbers and a label until the file has so many bytes, and says how many rows there are.
fn write(path: &Path, bytes: u64) -> std::io::Result<usize> {
    let mut out = BufWriter::with_capacity(1 << 20, std::fs::File::create(path)?);
    let (mut written, mut rows, mut state) = (0, 0, 1u64);
    while written < bytes {
        let mut line = String::with_capacity(8 * FEATURES);
        let mut sum = 0;
        for _ in 0..FEATURES {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let value = (state >> 40) % 10_000;
            sum += value;
            line += &format!("{}.{:03},", value / 1000, value % 1000);
        }
        line += if sum > 5_000 * FEATURES as u64 { "1\n" } else { "0\n" };
        out.write_all(line.as_bytes())?;
        written += line.len() as u64;
        rows += 1;
    }
    out.flush().map(|()| rows)
}

/// Shows the memory now and then.
struct Watch {
    every: usize,
}

impl Callback for Watch {
    fn on_train_batch_end(&mut self, step: usize, _: &Logs, _: &mut dyn Controls) -> kiln::Result<Flow> {
        if step.is_multiple_of(self.every) {
            println!("  step {step}: {} MiB resident, {} MiB at most", status("VmRSS:") >> 10, status("VmHWM:") >> 10);
        }
        Ok(Flow::Continue)
    }
}

fn train(what: &str, data: &Dataset<(Tensor, Tensor)>, rows: usize) -> kiln::Result<()> {
    println!("{what}:");
    let mut model = sequential![Dense::new(64).activation("relu"), Dense::new(1).activation("sigmoid")];
    model.compile("adam", "binary_crossentropy", ["accuracy"])?;
    let watch = Watch { every: (rows.div_ceil(BATCH) / 5).max(1) };
    let history = model.fit(data, Fit::new().epochs(1).verbose(0).callback(watch))?;
    println!("  accuracy {:.3}", history["accuracy"].last().copied().unwrap_or(f64::NAN));
    Ok(())
}

fn main() -> kiln::Result<()> {
    let mebibytes: u64 = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(1024);
    let folder = std::env::temp_dir().join(format!("kiln-stream-{}", std::process::id()));
    let failed = |error: std::io::Error| kiln::Error::from((folder.clone(), error));
    std::fs::create_dir_all(&folder).map_err(failed)?;
    let (path, cache) = (folder.join("table.csv"), folder.join("cache"));
    let rows = write(&path, mebibytes << 20).map_err(failed)?;
    let kept = (BUFFER * BATCH * (FEATURES + 1) * 4) >> 20;
    println!("{mebibytes} MiB of text, {rows} rows; the shuffle keeps {kept} MiB of numbers; ceiling {} MiB", CEILING >> 10);
    let split = |rows: Tensor| {
        let x = rows.slice((.., ..FEATURES as isize))?;
        Ok(((x - 5.0) / 5.0, rows.slice((.., FEATURES as isize..))?))
    };
    let read = Csv::new(&path).has_header(false).number_batches(BATCH)?.map(split);
    let result = train("from the table", &read.shuffle(BUFFER).seed(1).prefetch(2), rows)
        .and_then(|()| train("written into a cache", &read.cache_file(&cache).prefetch(2), rows))
        .and_then(|()| train("from the cache", &read.cache_file(&cache).shuffle(BUFFER).seed(1).prefetch(2), rows));
    std::fs::remove_dir_all(&folder).map_err(failed)?;
    result?;
    let most = status("VmHWM:");
    println!("{} MiB at most of {} MiB allowed", most >> 10, CEILING >> 10);
    assert!(most <= CEILING, "the ceiling is broken: {most} kB");
    Ok(())
}
