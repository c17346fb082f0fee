//! `par_map`: a function on several elements at once, in the order of the input.

use super::Dataset;
use super::cardinality::Cardinality;
use super::element::Element;
use super::spec::{self, ElementSpec};
use super::stage::{Before, Pass, Run, Stage, guarded};
use kiln_core::{Error, Result};
use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;

struct ParMap<E: Element, F> {
    input: Dataset<E>,
    function: Arc<F>,
    threads: usize,
}

impl<E, E2, F> Stage<E2> for ParMap<E, F>
where
    E: Element,
    E2: Element,
    F: Fn(E) -> Result<E2> + Send + Sync + 'static,
{
    fn run(&self, pass: Pass) -> Run<E2> {
        on_threads(self.input.run(pass), &self.function, self.threads, "par_map")
    }

    fn cardinality(&self) -> Cardinality {
        self.input.cardinality()
    }

    fn before(&self) -> Vec<&dyn Before> {
        vec![&self.input]
    }

    fn spec(&self) -> Result<ElementSpec> {
        spec::mapped(&self.input, |element| guarded("par_map", || (self.function)(element)))
    }
}

/// What `function` gives for each item, in the order of the items, on so many threads; 0 takes as many as there are cores.
pub(crate) fn on_threads<T, R, F>(input: Run<T>, function: &Arc<F>, threads: usize, who: &'static str) -> Run<R>
where
    T: Send + 'static,
    R: Send + 'static,
    F: Fn(T) -> Result<R> + Send + Sync + 'static,
{
    let threads = match threads {
        0 => thread::available_parallelism().map_or(1, usize::from),
        threads => threads,
    };
    let function = function.clone();
    // A browser has no threads to give.
    if threads == 1 || cfg!(target_family = "wasm") {
        return Box::new(input.map(move |item| item.and_then(|item| guarded(who, || function(item)))));
    }
    match start(input, &function, threads, who) {
        Ok(run) => run,
        Err(error) => Box::new(std::iter::once(Err(Error::data(who, format!("can't start a thread: {error}"))))),
    }
}

/// What the threads share.
struct Work<E> {
    /// The input and the number of its next element; `None` once it has ended.
    input: Mutex<Option<(Run<E>, u64)>>,
    /// Each ticket allows one element to be made ahead, which bounds what waits for its turn. When the consumer goes, so does
    /// the sender, and every thread ends.
    tickets: Mutex<Receiver<()>>,
    who: &'static str,
}

impl<E> Work<E> {
    /// The next element of the input and its number.
    fn next(&self) -> Option<(u64, Result<E>)> {
        self.tickets.lock().ok()?.recv().ok()?;
        let mut input = self.input.lock().ok()?;
        let (run, number) = input.as_mut()?;
        let own = *number;
        *number += 1;
        let element = guarded(self.who, || Ok(run.next())).unwrap_or_else(|error| Some(Err(error)));
        if !matches!(element, Some(Ok(_))) {
            *input = None;
        }
        Some((own, element?))
    }
}

fn start<T, R, F>(input: Run<T>, function: &Arc<F>, threads: usize, who: &'static str) -> std::io::Result<Run<R>>
where
    T: Send + 'static,
    R: Send + 'static,
    F: Fn(T) -> Result<R> + Send + Sync + 'static,
{
    let (ticket, tickets) = channel();
    let (done, results) = channel();
    // Two for each thread: one in work, one waiting. Each thread needs one to learn that the input has ended.
    for _ in 0..2 * threads {
        // The receiver is there until the threads end.
        let _ = ticket.send(());
    }
    let work = Arc::new(Work { input: Mutex::new(Some((input, 0))), tickets: Mutex::new(tickets), who });
    for _ in 0..threads {
        let (work, function, done) = (work.clone(), function.clone(), done.clone());
        let labour = move || {
            while let Some((number, element)) = work.next() {
                let result = element.and_then(|element| guarded(who, || function(element)));
                if done.send((number, result)).is_err() {
                    return;
                }
            }
        };
        thread::Builder::new().name("kiln-par-map".to_owned()).spawn(labour)?;
    }
    Ok(Box::new(InOrder { ticket, results, early: BTreeMap::new(), next: 0 }))
}

/// The results, sorted by the numbers of their elements.
struct InOrder<E> {
    ticket: Sender<()>,
    results: Receiver<(u64, Result<E>)>,
    early: BTreeMap<u64, Result<E>>,
    next: u64,
}

impl<E> Iterator for InOrder<E> {
    type Item = Result<E>;

    fn next(&mut self) -> Option<Result<E>> {
        loop {
            if let Some(result) = self.early.remove(&self.next) {
                self.next += 1;
                // No thread may be left to take it.
                let _ = self.ticket.send(());
                return Some(result);
            }
            let (number, result) = self.results.recv().ok()?;
            self.early.insert(number, result);
        }
    }
}

impl<E: Element> Dataset<E> {
    /// [`Dataset::map`] on `threads` threads at once; 0 takes as many as there are cores. The elements come in the same order and
    /// with the same values as from `map`, whatever the number of threads, and at most two for each thread are made ahead. An
    /// error or a panic of the function comes out where its element would have come.
    ///
    /// ```
    /// use kiln_data::Dataset;
    /// let data = Dataset::range(0..100).par_map(4, |x| Ok(x * 2));
    /// let values: Vec<f64> = data.iter().map(|x| Ok(x?.item())).collect::<Result<_, kiln_core::Error>>()?;
    /// assert!(values.iter().enumerate().all(|(i, v)| *v == 2.0 * i as f64));
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn par_map<E2: Element>(&self, threads: usize, function: impl Fn(E) -> Result<E2> + Send + Sync + 'static) -> Dataset<E2> {
        Dataset::new(ParMap { input: self.clone(), function: Arc::new(function), threads })
    }
}

#[cfg(test)]
mod tests {
    use crate::Dataset;
    use kiln_core::{Error, Tensor};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    #[test]
    fn the_number_of_threads_changes_no_bit() {
        let x = Tensor::random_uniform([64, 5], -1.0, 1.0);
        let values = |threads| {
            let data = Dataset::from_tensor_slices(&x).unwrap().shuffle(64).seed(3).par_map(threads, |x| x.exp().softmax(0));
            let values = data.batch(7).iter_epoch(2).flat_map(|b| b.unwrap().to_vec::<f32>());
            values.map(f32::to_bits).collect::<Vec<_>>()
        };
        let one = values(1);
        assert_eq!(one.len(), 320);
        assert!([2, 8, 0].into_iter().all(|threads| values(threads) == one));
    }

    #[test]
    fn slow_elements_keep_their_place_and_little_is_made_ahead() {
        let made = Arc::new(AtomicUsize::new(0));
        let count = made.clone();
        let data = Dataset::range(0..1000).par_map(2, move |x| {
            count.fetch_add(1, Ordering::SeqCst);
            std::thread::sleep(Duration::from_millis(if x.item() == 0.0 { 60 } else { 0 }));
            Ok(x)
        });
        let mut iter = data.iter();
        assert_eq!(iter.next().unwrap().unwrap().item(), 0.0);
        std::thread::sleep(Duration::from_millis(30));
        assert!(made.load(Ordering::SeqCst) <= 5);
        assert_eq!(iter.map(|x| x.unwrap().item()).sum::<f64>(), 499_500.0);
    }

    #[test]
    fn errors_and_panics_come_in_order_and_nothing_hangs() {
        for threads in [1, 2, 8] {
            let failing = Dataset::range(0..50).par_map(threads, |x| if x.item() == 9.0 { Err(Error::custom("no nines")) } else { Ok(x) });
            let results: Vec<_> = failing.iter().collect();
            assert_eq!((results.len(), results[9].as_ref().unwrap_err().to_string()), (10, "no nines".to_owned()));
            let panicking = Dataset::range(0..50).par_map(threads, |x| Ok(x + Tensor::zeros([2, 3]) + Tensor::zeros([4])));
            let error = panicking.iter().next().unwrap().unwrap_err().to_string();
            assert!(error.starts_with("par_map: a function of the pipeline panicked: add: "), "{error}");
            let broken = Dataset::range(0..9).map(|x| if x.item() == 4.0 { Err(Error::custom("no fours")) } else { Ok(x) });
            assert_eq!(broken.par_map(threads, Ok).iter().count(), 5);
            assert_eq!(Dataset::range(0..9).repeat_forever().par_map(threads, Ok).iter().take(3).count(), 3);
            assert_eq!(Dataset::range(0..0).par_map(threads, Ok).iter().count(), 0);
            assert_eq!(Dataset::range(0..30).par_map(threads, Ok).par_map(threads, Ok).prefetch(2).iter().count(), 30);
        }
    }
}
