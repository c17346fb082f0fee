//! `shuffle`: a buffer from which elements leave in random order.

use super::Dataset;
use super::cardinality::Cardinality;
use super::element::Element;
use super::slices::Rows;
use super::spec::ElementSpec;
use super::stage::{Before, Pass, Run, Stage, StageOption};
use kiln_core::random::Stream;
use kiln_core::{Error, Result};
use std::sync::Arc;

pub(crate) struct Shuffle<E: Element> {
    pub(crate) input: Dataset<E>,
    pub(crate) buffer_size: usize,
    pub(crate) seed: Option<u64>,
    pub(crate) reshuffle: bool,
}

impl<E: Element> Stage<E> for Shuffle<E> {
    fn run(&self, pass: Pass) -> Run<E> {
        shuffled(self.input.run(pass.before()), self.buffer_size, pass.stream(self.seed, self.reshuffle))
    }

    fn rows(&self, pass: Pass) -> Option<Rows<E>> {
        let stream = pass.stream(self.seed, self.reshuffle);
        Some(self.input.rows(pass.before())?.through(|rows| shuffled(rows, self.buffer_size, stream)))
    }

    fn cardinality(&self) -> Cardinality {
        self.input.cardinality()
    }

    fn before(&self) -> Vec<&dyn Before> {
        vec![&self.input]
    }

    fn check(&self) -> Result<()> {
        match self.buffer_size {
            0 => Err(Error::option("shuffle", "buffer_size", "at least 1", 0).hint("the number of samples gives a full shuffle")),
            _ => Ok(()),
        }
    }

    fn draws(&self) -> bool {
        self.seed.is_none() || self.input.draws()
    }

    fn spec(&self) -> Result<ElementSpec> {
        self.input.stage.spec()
    }

    fn with(&self, option: StageOption) -> Option<Arc<dyn Stage<E>>> {
        let (seed, reshuffle) = match option {
            StageOption::Seed(seed) => (Some(seed), self.reshuffle),
            StageOption::ReshuffleEachIteration(yes) => (self.seed, yes),
            _ => return None,
        };
        Some(Arc::new(Self { input: self.input.clone(), buffer_size: self.buffer_size, seed, reshuffle }))
    }
}

/// Keeps up to `size` items waiting; each step fills the buffer and lets a random one go.
fn shuffled<T: Send + 'static>(mut input: Run<T>, size: usize, stream: Stream) -> Run<T> {
    let mut buffer = Vec::new();
    let mut ended = false;
    let mut place = 0;
    Box::new(std::iter::from_fn(move || {
        while !ended && buffer.len() < size {
            match input.next() {
                Some(Ok(item)) => buffer.push(item),
                Some(Err(error)) => return Some(Err(error)),
                None => ended = true,
            }
        }
        if buffer.is_empty() {
            return None;
        }
        let chosen = stream.below(place, buffer.len() as u64) as usize;
        place += 1;
        Some(Ok(buffer.swap_remove(chosen)))
    }))
}

#[cfg(test)]
mod tests {
    use crate::Dataset;
    use kiln_core::Tensor;

    fn numbers(n: i32) -> Dataset<Tensor> {
        Dataset::from_tensor_slices(Tensor::range(0..n)).unwrap()
    }

    fn values(data: &Dataset<Tensor>) -> Vec<i32> {
        data.iter().flat_map(|t| t.unwrap().to_vec::<i32>()).collect()
    }

    #[test]
    fn nothing_is_lost_and_the_buffer_bounds_how_early_an_element_comes() {
        let order = values(&numbers(200).shuffle(10).seed(3));
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..200).collect::<Vec<_>>());
        // The element at place i was in the buffer, so it is at most the (i + 10)-th of the input.
        assert!(order.iter().enumerate().all(|(i, &v)| (v as usize) < i + 10));
        assert_ne!(order, sorted);
        assert_eq!(values(&numbers(20).shuffle(1).seed(3)), (0..20).collect::<Vec<_>>());
    }

    #[test]
    fn a_full_buffer_reaches_every_order() {
        let mut seen = std::collections::BTreeMap::<Vec<i32>, usize>::new();
        let data = numbers(3).shuffle(3).seed(11);
        (0..6000).for_each(|epoch| {
            let order = data.iter_epoch(epoch).flat_map(|t| t.unwrap().to_vec::<i32>()).collect();
            *seen.entry(order).or_default() += 1;
        });
        assert_eq!(seen.len(), 6);
        assert!(seen.values().all(|&count| (850..1150).contains(&count)), "{seen:?}");
    }

    #[test]
    fn every_place_is_as_likely_for_every_element() {
        const N: usize = 20;
        const ROUNDS: usize = 5000;
        let data = numbers(N as i32).shuffle(N).seed(29).batch(N);
        let mut counts = [[0.0f64; N]; N];
        for epoch in 0..ROUNDS {
            let order = data.iter_epoch(epoch as u64).next().unwrap().unwrap().to_vec::<i32>();
            order.into_iter().enumerate().for_each(|(place, value)| counts[place][value as usize] += 1.0);
        }
        // Pearson's statistic: rows and columns have fixed sums, so there are (N - 1)² degrees of freedom.
        let expected = ROUNDS as f64 / N as f64;
        let statistic: f64 = counts.iter().flatten().map(|count| (count - expected).powi(2) / expected).sum();
        let freedom = ((N - 1) * (N - 1)) as f64;
        // Sums over whole permutations have a variance larger by N / (N - 1). Four standard deviations: a chance of 1 in 16,000.
        let scaled = statistic * (N - 1) as f64 / N as f64;
        assert!((scaled - freedom).abs() < 4.0 * (2.0 * freedom).sqrt(), "{scaled} for {freedom} degrees of freedom");
        // Neighbours in the input are no more often neighbours in the order than chance has it: N - 1 pairs of N (N - 1) / 2, both ways.
        let neighbours: usize = (0..ROUNDS)
            .map(|epoch| {
                let order = data.iter_epoch(epoch as u64).next().unwrap().unwrap().to_vec::<i32>();
                order.windows(2).filter(|pair| pair[0].abs_diff(pair[1]) == 1).count()
            })
            .sum();
        let (mean, deviation) = (2.0 * (N - 1) as f64 / N as f64, (2.0 / ROUNDS as f64).sqrt());
        assert!((neighbours as f64 / ROUNDS as f64 - mean).abs() < 4.0 * deviation, "{neighbours}");
    }

    #[test]
    fn each_iteration_has_its_order_and_a_seed_repeats_them_all() {
        let (a, b) = (numbers(50).shuffle(50).seed(7), numbers(50).shuffle(50).seed(7));
        let (first, second) = (values(&a), values(&a));
        assert_ne!(first, second);
        assert_eq!((values(&b), values(&b)), (first.clone(), second));
        let epoch_0: Vec<i32> = a.iter_epoch(0).flat_map(|t| t.unwrap().to_vec::<i32>()).collect();
        assert_eq!(epoch_0, first);
        let fixed = numbers(50).shuffle(50).seed(7).reshuffle_each_iteration(false);
        assert_eq!(values(&fixed), values(&fixed));
    }

    #[test]
    fn without_a_seed_the_global_one_decides_each_epoch() {
        let epoch = |data: &Dataset<Tensor>, e| data.iter_epoch(e).flat_map(|t| t.unwrap().to_vec::<i32>()).collect::<Vec<_>>();
        let data = numbers(50).shuffle(50);
        assert_eq!(epoch(&data, 3), epoch(&data, 3));
        assert_ne!(epoch(&data, 3), epoch(&data, 4));
        assert_ne!(values(&data), values(&data));
        // Two shuffles in a row must not draw the same numbers.
        assert_ne!(epoch(&data.shuffle(50).seed(1), 0), epoch(&numbers(50).shuffle(50).seed(1), 0));
    }

    #[test]
    fn each_repetition_is_shuffled_anew_within_itself() {
        let order = values(&numbers(30).shuffle(30).seed(5).repeat(3));
        let rounds: Vec<&[i32]> = order.chunks(30).collect();
        assert!(rounds[0] != rounds[1] && rounds[1] != rounds[2] && rounds[0] != rounds[2]);
        for round in rounds {
            let mut sorted = round.to_vec();
            sorted.sort_unstable();
            assert_eq!(sorted, (0..30).collect::<Vec<_>>());
        }
    }

    #[test]
    fn an_empty_buffer_is_an_error() {
        let data = numbers(3).shuffle(0);
        let expected = "shuffle: `buffer_size` must be at least 1, received 0; the number of samples gives a full shuffle";
        assert_eq!(data.check().unwrap_err().to_string(), expected);
        let mut iter = data.batch(2).iter();
        assert_eq!(iter.next().unwrap().unwrap_err().to_string(), expected);
        assert!(iter.next().is_none());
        let error = numbers(3).seed(3).check().unwrap_err();
        assert_eq!(error.to_string(), "Dataset: `seed` must follow `shuffle` directly; write `.shuffle(n).seed(…)` before the next stage");
    }
}
