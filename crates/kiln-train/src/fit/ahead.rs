//! Batches cut on a thread of their own, while the steps before them run.

use kiln_core::data::Batch;
use kiln_core::{Error, Result};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

/// How many numbers are handed over at once at least, where batches are small: waking the other thread has its price.
const HANDFUL: usize = 1 << 17;

/// The most batches handed over at once.
const MOST: usize = 8;

/// What `cut` gives for each of `numbers`, cut ahead: a handful waits while the next is made. `size` says how many numbers a batch has.
///
/// Threads change nothing but the time: the batches and their order are those of `numbers.map(cut)`.
pub(super) fn ahead<N, F>(numbers: N, size: usize, cut: F) -> Box<dyn Iterator<Item = Result<Batch>>>
where
    N: Iterator<Item = usize> + Send + 'static,
    F: Fn(usize) -> Result<Batch> + Send + 'static,
{
    let alone = cfg!(target_family = "wasm") || thread::available_parallelism().map_or(1, |n| n.get()) == 1;
    if alone { Box::new(numbers.map(cut)) } else { threaded(numbers, (HANDFUL / size.max(1)).clamp(1, MOST), cut) }
}

fn threaded<N, F>(mut numbers: N, handful: usize, cut: F) -> Box<dyn Iterator<Item = Result<Batch>>>
where
    N: Iterator<Item = usize> + Send + 'static,
    F: Fn(usize) -> Result<Batch> + Send + 'static,
{
    let (sender, receiver) = sync_channel(1);
    let produce = move || {
        loop {
            let batches: Vec<Result<Batch>> = numbers.by_ref().take(handful).map(&cut).collect();
            // A loop that has ended makes `send` fail, which ends the thread.
            if batches.is_empty() || sender.send(batches).is_err() {
                return;
            }
        }
    };
    match thread::Builder::new().name("kiln-batches".to_owned()).spawn(produce) {
        Ok(maker) => Box::new(Ahead { receiver, maker: Some(maker) }.flatten()),
        Err(error) => Box::new(std::iter::once(Err(Error::data("fit", format!("can't start a thread: {error}"))))),
    }
}

struct Ahead {
    receiver: Receiver<Vec<Result<Batch>>>,
    maker: Option<thread::JoinHandle<()>>,
}

impl Iterator for Ahead {
    type Item = Vec<Result<Batch>>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Ok(batches) = self.receiver.recv() {
            return Some(batches);
        }
        // The thread has ended: with all batches made, or by a panic, which mustn't pass for the end of the data.
        match self.maker.take()?.join() {
            Ok(()) => None,
            Err(_) => Some(vec![Err(Error::data("fit", "cutting a batch from the arrays failed"))]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kiln_core::Tensor;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn batch(i: usize) -> Batch {
        Batch::of_inputs(Tensor::range(i as i32..i as i32 + 2))
    }

    fn firsts(batches: impl Iterator<Item = Result<Batch>>) -> Vec<i32> {
        batches.map(|b| b.unwrap().x[0].to_vec::<i32>()[0]).collect()
    }

    #[test]
    fn all_come_in_order() {
        for (n, handful) in [(0, 3), (1, 3), (7, 3), (9, 3), (20, 1)] {
            assert_eq!(firsts(threaded(0..n, handful, |i| Ok(batch(i)))), (0..n as i32).collect::<Vec<_>>());
            assert_eq!(firsts(ahead(0..n, HANDFUL / handful, |i| Ok(batch(i)))), (0..n as i32).collect::<Vec<_>>());
        }
    }

    #[test]
    fn few_are_made_ahead_and_none_when_nobody_waits() {
        let made = Arc::new(AtomicUsize::new(0));
        let counted = made.clone();
        let mut batches = threaded(0..1000, 2, move |i| {
            counted.fetch_add(1, Ordering::SeqCst);
            Ok(batch(i))
        });
        assert!(batches.next().is_some());
        drop(batches);
        // Two taken, two that wait, two that are made.
        thread::sleep(std::time::Duration::from_millis(20));
        assert!(made.load(Ordering::SeqCst) <= 8, "{made:?}");
    }

    #[test]
    fn errors_and_panics_come_through() {
        let mut batches = threaded(0..9, 2, |i| if i == 3 { Err(Error::custom("three")) } else { Ok(batch(i)) });
        assert_eq!(batches.by_ref().find_map(Result::err).unwrap().to_string(), "three");
        let mut batches = threaded(0..9, 2, |i| if i == 3 { panic!("three") } else { Ok(batch(i)) });
        assert!(batches.by_ref().find_map(Result::err).unwrap().to_string().contains("cutting a batch"));
        assert!(batches.next().is_none());
    }
}
