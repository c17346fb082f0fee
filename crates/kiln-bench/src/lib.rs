//! Measures Kiln. Machines are noisy: compare in one run, interleaved, by medians and ratios.
//!
//! - `cargo run --release -p kiln-bench --bin facade`: a step of `fit` against the same step in plain Burn
//! - `cargo run --release -p kiln-bench --bin models`: training, evaluating and predicting on Kiln's own operations and on Burn's; with
//!   `--latency`, single predictions
//! - `cargo run --release -p kiln-bench --bin curves`: how training's cost grows with batch size, width, depth, length and threads
//! - `cargo run --release -p kiln-bench --bin memory`: resident memory over 10,000 steps and 100,000 predictions
//! - `cargo run --release -p kiln-bench --bin stream`: training from a file larger than the memory allowed
//! - `cargo run --release -p kiln-bench --bin pipeline`: samples a second through a pipeline; `peers/pipeline.py` compares
//! - `cargo run --release -p kiln-bench --bin first_step`: a process from its start to the end of its first step; `peers/course.py`
//!   times it

pub mod curve;
pub mod gan;
pub mod latency;
pub mod networks;
pub mod page;

/// Large buffers come and go at every step; the usual allocator of Linux hands each back to the system.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The middle value; NaN of nothing.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The processor's time this program has used, on all threads; NaN where the system doesn't say.
pub fn cpu_seconds() -> f64 {
    let read = || {
        let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
        // The 14th and the 15th field, in hundredths of a second; the second may hold blanks, within brackets.
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        Some((fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?) / 100.0)
    };
    read().unwrap_or(f64::NAN)
}
