//! Cuts arrays into batches, in order or shuffled, and reads streams.

use super::ahead::ahead;
use kiln_core::data::{Batch, Data};
use kiln_core::random::Stream;
use kiln_core::{Error, Result, Tensor};

/// Batches of some data.
#[derive(Clone, Debug)]
pub struct Batches {
    data: Data,
    batch_size: usize,
    shuffle: bool,
}

impl Batches {
    /// Batches of `batch_size` samples; streams make their own.
    pub fn new(data: Data, batch_size: Option<usize>, shuffle: bool) -> Self {
        Self { data, batch_size: batch_size.unwrap_or(32), shuffle }
    }

    /// How many batches an epoch has, when that is known.
    pub fn steps(&self) -> Option<usize> {
        match &self.data {
            Data::Arrays(arrays) => Some(arrays.len().div_ceil(self.batch_size)),
            Data::Stream(stream) => stream.steps(),
        }
    }

    /// How many batches to compute at once where none depends on another: enough to keep all threads busy. A stream may have to make its
    /// batches first, which goes on meanwhile if they are taken one by one.
    pub(super) fn group(&self) -> usize {
        if matches!(self.data, Data::Stream(_)) { 1 } else { 4 * rayon::current_num_threads() }
    }

    /// All samples in memory, or the first batch of a stream: what the check before training looks at.
    ///
    /// # Errors
    /// A stream that fails or is empty.
    pub fn sample(&self) -> Result<Batch> {
        match &self.data {
            Data::Arrays(arrays) => Ok(arrays.clone()),
            Data::Stream(stream) => stream.batches(0).next().unwrap_or_else(|| {
                Err(Error::data("data", "the data set gives no batch").hint("is it empty, or a `take` or `filter` too strict?"))
            }),
        }
    }

    /// Gives a batch a second time, to name what went wrong in it. Of arrays it is cut again, so that a step can let go of its input as
    /// soon as it has read it; a stream may not come twice, so its batch is kept.
    pub(super) fn again<'a>(&'a self, batch: &Batch, epoch: u64, order: Stream, skip: usize) -> impl FnOnce() -> Option<Batch> + use<'a> {
        let kept = matches!(self.data, Data::Stream(_)).then(|| batch.clone());
        move || kept.or_else(|| self.epoch(epoch, order, skip).next()?.ok())
    }

    /// The batches of an epoch, in the order that `order` decides, without the first `skip`.
    pub fn epoch(&self, epoch: u64, order: Stream, skip: usize) -> Box<dyn Iterator<Item = Result<Batch>> + '_> {
        match &self.data {
            Data::Stream(stream) if skip == 0 => stream.batches(epoch),
            Data::Stream(stream) => Box::new(stream.batches(epoch).skip(skip)),
            Data::Arrays(arrays) => {
                let (n, batch_size) = (arrays.len(), self.batch_size);
                let starts = (0..n).step_by(batch_size).skip(skip);
                let range = move |start: usize| start..(start + batch_size).min(n);
                if !self.shuffle {
                    // Views, which cost nothing.
                    return Box::new(starts.map(move |start| arrays.map(|t| t.rows(range(start)))));
                }
                let (rows, arrays) = (order.permutation(n), arrays.clone());
                let size: usize = arrays.x.iter().map(|t| t.shape().iter().skip(1).product::<usize>()).sum();
                let here = arrays.x.iter().chain(&arrays.y).all(|t| t.device().is_cpu());
                let cut = move |start| arrays.map(|t| t.gather(&rows[range(start)]));
                // Another device is busy with the step itself, and orders its work by threads.
                if here { ahead(starts, size * batch_size, cut) } else { Box::new(starts.map(cut)) }
            }
        }
    }
}

/// Splits off the last share of the samples: Keras' `validation_split`.
pub(crate) fn split(data: Data, share: f64) -> Result<(Data, Data)> {
    let Data::Arrays(arrays) = data else {
        return Err(Error::option("fit", "validation_split", "used with arrays", "a data set")
            .hint("split it with `take` and `skip`, and pass `validation_data`"));
    };
    let n = arrays.len();
    let at = (n as f64 * (1.0 - share)).floor() as usize;
    if at == 0 || at == n {
        return Err(Error::option(
            "fit",
            "validation_split",
            "a share that leaves samples on both sides",
            format!("{share} of {n} samples"),
        ));
    }
    Ok((Data::Arrays(arrays.map(|t| t.rows(0..at))?), Data::Arrays(arrays.map(|t| t.rows(at..n))?)))
}

/// Turns the weights of classes into one for each sample.
pub(crate) fn weigh(data: Data, classes: &[(usize, f64)]) -> Result<Data> {
    if classes.is_empty() {
        return Ok(data);
    }
    let Data::Arrays(mut arrays) = data else {
        return Err(Error::option("fit", "class_weight", "used with arrays", "a data set").hint("map a third element, the weight, into it"));
    };
    let [y] = arrays.y.as_slice() else {
        return Err(Error::option("fit", "class_weight", "used with one target", format!("{} targets", arrays.y.len())));
    };
    let labels: Vec<i64> = match y.shape().last() {
        Some(&n) if y.rank() > 1 && n != 1 => y.argmax(-1)?.to_vec(),
        _ => y.to_vec::<f64>().into_iter().map(|v| v.round() as i64).collect(),
    };
    let weight = |label: &i64| classes.iter().find(|(c, _)| i64::try_from(*c) == Ok(*label)).map_or(1.0, |(_, w)| *w as f32);
    let weights: Vec<f32> = labels.iter().map(weight).collect();
    arrays.sample_weight = vec![Tensor::constant(weights)];
    Ok(Data::Arrays(arrays))
}

#[cfg(test)]
mod tests {
    use super::*;
    use kiln_core::data::IntoData;

    fn firsts(batches: &Batches, seed: u64) -> Vec<Vec<i32>> {
        batches.epoch(0, Stream::new(seed), 0).map(|b| b.unwrap().x[0].to_vec()).collect()
    }

    #[test]
    fn every_sample_comes_once() {
        let data = (&Tensor::range(0..7), &Tensor::range(0..7)).into_data().unwrap();
        let plain = Batches::new(data.clone(), Some(3), false);
        assert_eq!((plain.steps(), firsts(&plain, 1)), (Some(3), vec![vec![0, 1, 2], vec![3, 4, 5], vec![6]]));
        let shuffled = Batches::new(data, Some(3), true);
        let mut all: Vec<i32> = firsts(&shuffled, 1).concat();
        assert_ne!(all, (0..7).collect::<Vec<_>>());
        assert_eq!(firsts(&shuffled, 1), firsts(&shuffled, 1));
        assert_ne!(firsts(&shuffled, 1), firsts(&shuffled, 2));
        all.sort_unstable();
        assert_eq!(all, (0..7).collect::<Vec<_>>());
        let rest: Vec<Vec<i32>> = shuffled.epoch(0, Stream::new(1), 2).map(|b| b.unwrap().x[0].to_vec()).collect();
        assert_eq!(rest, firsts(&shuffled, 1)[2..]);
        let third = shuffled.epoch(0, Stream::new(1), 2).next().unwrap().unwrap();
        let again = shuffled.again(&third, 0, Stream::new(1), 2)().unwrap();
        assert_eq!(again.x[0].to_vec::<i32>(), third.x[0].to_vec::<i32>());
        let pair = shuffled.epoch(0, Stream::new(4), 0).next().unwrap().unwrap();
        assert_eq!(pair.x[0].to_vec::<i32>(), pair.y[0].to_vec::<i32>());
    }

    #[test]
    fn the_split_takes_the_tail() {
        let data = (&Tensor::range(0..10), &Tensor::range(0..10)).into_data().unwrap();
        let (train, validation) = split(data.clone(), 0.25).unwrap();
        let len = |d: Data| Batches::new(d, None, false).sample().unwrap().x[0].to_vec::<i32>();
        assert_eq!((len(train).len(), len(validation)), (7, vec![7, 8, 9]));
        let error = split((&Tensor::range(0..1)).into_data().unwrap(), 0.5).unwrap_err();
        assert_eq!(
            error.to_string(),
            "fit: `validation_split` must be a share that leaves samples on both sides, received 0.5 of 1 samples"
        );
        let weighed = weigh(data, &[(3, 2.5)]).unwrap();
        let weights = Batches::new(weighed, None, false).sample().unwrap().sample_weight[0].to_vec::<f32>();
        assert_eq!((weights[2], weights[3]), (1.0, 2.5));
    }
}
