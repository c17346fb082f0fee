//! What a program is done with is given back.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use kiln::prelude::*;

/// The mebibytes of the process that lie in memory.
fn resident() -> f64 {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap().split(' ').nth(1).unwrap().parse::<f64>().unwrap();
    pages * 4096.0 / f64::from(1 << 20)
}

/// Burn alone keeps about a kilobyte for each weight of a model that was never trained.
#[test]
fn models_that_are_dropped_leave_nothing() {
    let make = || {
        let model = sequential![Input::new([3]), Dense::new(4), Dense::new(2)].into_model();
        let mut copy = model.clone();
        copy.set_weights(model.get_weights().unwrap()).unwrap();
    };
    (0..2500).for_each(|_| make());
    let before = resident();
    (0..10_000).for_each(|_| make());
    let grown = resident() - before;
    assert!(grown < 8.0, "{grown:.1} MiB");
}
