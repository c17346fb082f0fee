//! `prefetch`: the stages before run on a thread of their own.

use super::Dataset;
use super::cardinality::Cardinality;
use super::element::Element;
use super::spec::ElementSpec;
use super::stage::{Before, Pass, Run, Stage, panicked};
use kiln_core::{Error, Result};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::sync_channel;
use std::thread;

pub(crate) struct Prefetch<E: Element> {
    pub(crate) input: Dataset<E>,
    pub(crate) buffer_size: usize,
}

impl<E: Element> Stage<E> for Prefetch<E> {
    fn run(&self, pass: Pass) -> Run<E> {
        // A browser has no threads to give: there, and with no buffer, elements are made when asked for.
        if self.buffer_size == 0 || cfg!(target_family = "wasm") {
            return self.input.run(pass);
        }
        let (sender, receiver) = sync_channel(self.buffer_size);
        let input = self.input.clone();
        let produce = move || {
            let mut run = None;
            loop {
                let next = AssertUnwindSafe(|| run.get_or_insert_with(|| input.run(pass)).next());
                let (item, last) = match catch_unwind(next) {
                    Ok(Some(item)) => {
                        let last = item.is_err();
                        (item, last)
                    }
                    Ok(None) => return,
                    Err(panic) => (Err(panicked("prefetch", panic.as_ref())), true),
                };
                // A consumer that has gone makes `send` fail, which ends the thread: nobody waits for anybody.
                if sender.send(item).is_err() || last {
                    return;
                }
            }
        };
        match thread::Builder::new().name("kiln-prefetch".to_owned()).spawn(produce) {
            Ok(_) => Box::new(receiver.into_iter()),
            Err(error) => Box::new(std::iter::once(Err(Error::data("prefetch", format!("can't start a thread: {error}"))))),
        }
    }

    fn cardinality(&self) -> Cardinality {
        self.input.cardinality()
    }

    fn before(&self) -> Vec<&dyn Before> {
        vec![&self.input]
    }

    fn spec(&self) -> Result<ElementSpec> {
        self.input.stage.spec()
    }
}

#[cfg(test)]
mod tests {
    use crate::Dataset;
    use kiln_core::{Error, Tensor};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::{Duration, Instant};

    fn numbers(n: i32) -> Dataset<Tensor> {
        Dataset::from_tensor_slices(Tensor::range(0..n)).unwrap()
    }

    #[test]
    fn the_order_stays() {
        let data = numbers(100).shuffle(100).seed(5).batch(7);
        let values = |d: &Dataset<Tensor>| d.iter_epoch(1).flat_map(|t| t.unwrap().to_vec::<i32>()).collect::<Vec<_>>();
        assert_eq!(values(&data), values(&data.prefetch(3)));
        assert_eq!(values(&data), values(&data.prefetch(0)));
        assert_eq!(data.prefetch(1).repeat(2).iter().count(), 30);
    }

    #[test]
    fn errors_and_panics_reach_the_consumer() {
        let failing = numbers(9).map(|x| if x.item() == 3.0 { Err(Error::custom("no threes")) } else { Ok(x) }).prefetch(2);
        let results: Vec<_> = failing.iter().collect();
        assert_eq!(results.len(), 4);
        assert_eq!(results[3].as_ref().unwrap_err().to_string(), "no threes");

        let panicking = numbers(9).map(|x| Ok(x + Tensor::zeros([2, 3]) + Tensor::zeros([4]))).prefetch(2);
        let error = panicking.iter().next().unwrap().unwrap_err().to_string();
        assert!(error.starts_with("map: a function of the pipeline panicked: add: "), "{error}");
    }

    #[test]
    fn it_works_ahead_but_not_further_than_its_buffer() {
        let made = Arc::new(AtomicUsize::new(0));
        let count = made.clone();
        let counted = numbers(1000).map(move |x| {
            count.fetch_add(1, Ordering::SeqCst);
            Ok(x)
        });
        let iter = counted.prefetch(3).iter();
        let start = Instant::now();
        while made.load(Ordering::SeqCst) < 4 && start.elapsed() < Duration::from_secs(20) {
            std::thread::sleep(Duration::from_millis(2));
        }
        std::thread::sleep(Duration::from_millis(20));
        // Three wait in the channel and one in the hand of the thread.
        assert_eq!(made.load(Ordering::SeqCst), 4);
        drop(iter);
    }

    #[test]
    fn leaving_early_never_hangs() {
        for taken in [0, 1, 5] {
            let endless = numbers(10).repeat_forever().prefetch(2).batch(2).prefetch(1);
            let mut iter = endless.iter();
            assert!(iter.by_ref().take(taken).all(|t| t.is_ok()));
            drop(iter);
        }
    }
}
