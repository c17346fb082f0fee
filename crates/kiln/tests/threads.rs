//! The same seed gives the same bits with one thread and with two.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use kiln::prelude::*;
use std::process::Command;

/// Trains a network large enough for the matrix products to be threaded, and prints the bits of its weights' sum.
fn train() -> u64 {
    set_random_seed(12);
    let x = Tensor::random_normal([512, 256], 0.0, 1.0);
    let y = Tensor::constant((0..512).map(|i| i % 10).collect::<Vec<i32>>());
    let mut model = sequential![Dense::new(512).activation("relu"), Dropout::new(0.3), Dense::new(10).activation("softmax")];
    model.compile("adam", "sparse_categorical_crossentropy", ["accuracy"]).unwrap();
    model.fit((&x, &y), Fit::new().epochs(2).batch_size(256).verbose(0)).unwrap();
    let weights = model.get_weights().unwrap();
    let bits = weights.iter().flat_map(|w| w.to_vec::<f32>()).map(f32::to_bits);
    bits.fold(0xCBF2_9CE4_8422_2325, |hash: u64, b| (hash ^ u64::from(b)).wrapping_mul(0x100_0000_01B3))
}

#[test]
fn threads_change_no_bit() {
    if std::env::var("KILN_TEST_CHILD").is_ok() {
        println!("hash={}", train());
        return;
    }
    let run = |threads: &str| {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "threads_change_no_bit", "--nocapture"])
            .env("KILN_TEST_CHILD", "1")
            .env("RAYON_NUM_THREADS", threads)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let hash = text.split("hash=").nth(1).unwrap_or_else(|| panic!("{text}"));
        hash.split_whitespace().next().unwrap().to_owned()
    };
    assert_eq!(run("1"), run("2"));
}
