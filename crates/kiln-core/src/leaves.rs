//! Burn remembers each weight that was ever recorded, some hundred bytes, until a gradient is computed: a program that loads models and
//! never trains would grow without end. So that happens here now and then.

use crate::device::Device;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What waits at most: some megabytes.
const MOST: usize = 4096;

static MADE: AtomicUsize = AtomicUsize::new(0);

/// Counts a weight that begins to be recorded, and lets Burn forget those that are gone when there were many.
pub(crate) fn made() {
    if MADE.fetch_add(1, Ordering::Relaxed) % MOST == MOST - 1 {
        let one = burn::Tensor::<1>::ones([1], Device::host().autodiff().burn()).require_grad();
        drop(one.sum().backward());
    }
}
