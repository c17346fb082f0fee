//! Whether memory stays flat: resident kilobytes after each tenth of 10,000 training steps and of 100,000 predictions.

use kiln::prelude::*;

/// Resident kilobytes, as Linux tells; 0 elsewhere.
fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find(|l| l.starts_with("VmRSS:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).unwrap_or(0)
}

fn flat(what: &str, mut run: impl FnMut() -> kiln::Result<()>) -> kiln::Result<()> {
    run()?; // the first tenth warms up
    let start = resident();
    for _ in 0..9 {
        run()?;
    }
    let end = resident();
    println!("{what}: {start} kB after a tenth, {end} kB at the end");
    assert!(end < start + start / 20 + 2048, "{what} leaks: {start} kB grew to {end} kB");
    Ok(())
}

fn main() -> kiln::Result<()> {
    let (x, y) = (Tensor::random_normal([32, 20], 0.0, 1.0), Tensor::constant((0..32).map(|i| i % 3).collect::<Vec<i32>>()));
    let mut model = sequential![Dense::new(16).activation("relu"), Dropout::new(0.1), Dense::new(3).activation("softmax")];
    model.compile("adam", "sparse_categorical_crossentropy", ["accuracy"])?;
    flat("10,000 steps", || model.fit((&x, &y), Fit::new().epochs(1000).verbose(0)).map(|_| ()))?;
    flat("100,000 predictions", || (0..10_000).try_for_each(|_| model.predict(&x).map(|_| ())))
}
