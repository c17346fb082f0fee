//! How many elements a pipeline holds at once: what the stages state, whatever the length of the source.

use super::{Dataset, Element};
use kiln_core::{Error, Result, Tensor};
use std::sync::atomic::{AtomicUsize, Ordering};

static ALIVE: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

/// An element that is counted while it is alive.
#[derive(Debug)]
struct Counted(Tensor);

impl Counted {
    fn new(tensor: Tensor) -> Self {
        MOST.fetch_max(ALIVE.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        Self(tensor)
    }
}

impl Clone for Counted {
    fn clone(&self) -> Self {
        Self::new(self.0.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        ALIVE.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Element for Counted {
    fn tensors(&self) -> Vec<&Tensor> {
        vec![&self.0]
    }

    fn from_tensors(tensors: Vec<Tensor>) -> Result<Self> {
        tensors.into_iter().next().map(Self::new).ok_or_else(|| Error::custom("no tensor"))
    }
}

#[test]
fn a_stream_of_any_length_holds_what_its_stages_state() {
    let source = |count: i32| Dataset::from_fn(move || (0..count).map(|i| Ok(Counted::new(Tensor::constant(i)))));
    let (buffer, threads, batch, ahead) = (16, 3, 4, 2);
    let path = std::env::temp_dir().join(format!("kiln-ceiling-{}", std::process::id()));
    let run = |data: Dataset<Counted>| {
        MOST.store(0, Ordering::SeqCst);
        let count = data.iter().map(|element| element.unwrap().0.len()).sum::<usize>();
        assert_eq!(ALIVE.load(Ordering::SeqCst), 0, "elements outlive their pass");
        (count, MOST.load(Ordering::SeqCst))
    };
    // The buffer and the one that leaves it; two for each thread; a batch's elements and the batch; those ahead, one on its way, one in use.
    let ceiling = (buffer + 1) + 2 * threads + (batch + 1) + (ahead + 2);
    for count in [200, 2_000] {
        let data = source(count).shuffle(buffer).seed(1).par_map(threads, Ok).batch(batch).prefetch(ahead);
        let (seen, most) = run(data.clone());
        assert!(seen == count as usize && most <= ceiling, "{most} of at most {ceiling}");
        // A cache in a file keeps nothing in memory, when it is written and when it is read.
        let _ = std::fs::remove_file(&path);
        for pass in 0..2 {
            let (seen, most) = run(data.cache_file(&path));
            assert!(seen == count as usize && most <= ceiling, "pass {pass}: {most} of at most {ceiling}");
        }
    }
    std::fs::remove_file(path).unwrap();
}
