//! Memory that is used again.
//!
//! A training step needs the same sizes as the step before. System allocators give large blocks back at once and take them anew, page
//! by page; here they are kept, with the numbers of their last use in them, so that they need not be cleared either.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Below it the allocator is as fast.
const SMALL: usize = 1 << 10;

/// The most numbers kept, 256 MB.
const MOST: usize = 1 << 26;

#[derive(Default)]
struct Kept {
    by_length: HashMap<usize, Vec<Vec<f32>>>,
    total: usize,
}

static KEPT: Mutex<Option<Kept>> = Mutex::new(None);

fn kept<T>(change: impl FnOnce(&mut Kept) -> T) -> T {
    change(KEPT.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default())
}

/// `length` numbers of no particular value, all of which the caller overwrites.
pub(crate) fn take(length: usize) -> Vec<f32> {
    let used = if length < SMALL {
        None
    } else {
        kept(|kept| {
            let buffer = kept.by_length.get_mut(&length)?.pop()?;
            kept.total -= length;
            Some(buffer)
        })
    };
    used.unwrap_or_else(|| vec![0.0; length])
}

/// `length` zeros.
pub(crate) fn zeros(length: usize) -> Vec<f32> {
    let mut buffer = take(length);
    buffer.fill(0.0);
    buffer
}

/// Keeps a buffer for later. When too many are kept, all are let go: sizes have changed then.
pub(crate) fn give(buffer: Vec<f32>) {
    let length = buffer.len();
    if !(SMALL..=MOST).contains(&length) {
        return;
    }
    let dropped = kept(|kept| {
        let dropped = if kept.total + length > MOST { std::mem::take(kept) } else { Kept::default() };
        kept.total += length;
        kept.by_length.entry(length).or_default().push(buffer);
        dropped
    });
    drop(dropped); // outside the lock
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_come_back() {
        let length = SMALL + 12_345;
        let mut buffer = take(length);
        buffer.fill(7.0);
        let place = buffer.as_ptr();
        give(buffer);
        let again = take(length);
        assert_eq!((again.as_ptr(), again.len(), again[3]), (place, length, 7.0));
        give(again);
        assert!(zeros(length).iter().all(|v| *v == 0.0));
        assert_eq!(take(3), [0.0; 3]);
    }
}
