//! Windows over a time series.

use crate::Dataset;
use crate::dataset::Element;
use kiln_core::{Error, Result, Tensor};

/// The options of [`timeseries_dataset_from_array`].
///
/// ```
/// use kiln_core::Tensor;
/// use kiln_data::Timeseries;
/// let windows = Timeseries::new(3).sequence_stride(2).batch_size(8).windows(&Tensor::range(0..8))?;
/// assert_eq!(windows.iter().next().unwrap()?.to_vec::<i32>(), [0, 1, 2, 2, 3, 4, 4, 5, 6]);
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Timeseries {
    sequence_length: usize,
    sequence_stride: usize,
    sampling_rate: usize,
    batch_size: Option<usize>,
    shuffle: bool,
    seed: Option<u64>,
    start_index: usize,
    end_index: Option<usize>,
}

const WHO: &str = "timeseries_dataset_from_array";

impl Timeseries {
    /// Windows of `sequence_length` steps in batches of 128, in the order of time.
    pub fn new(sequence_length: usize) -> Self {
        Self {
            sequence_length,
            sequence_stride: 1,
            sampling_rate: 1,
            batch_size: Some(128),
            shuffle: false,
            seed: None,
            start_index: 0,
            end_index: None,
        }
    }

    /// How many steps after the beginning of a window the next one begins; default 1.
    pub fn sequence_stride(mut self, stride: usize) -> Self {
        self.sequence_stride = stride;
        self
    }

    /// How far the steps within a window are apart; default 1.
    pub fn sampling_rate(mut self, rate: usize) -> Self {
        self.sampling_rate = rate;
        self
    }

    /// Windows in a batch; default 128. `None` gives single windows.
    pub fn batch_size(mut self, batch_size: impl Into<Option<usize>>) -> Self {
        self.batch_size = batch_size.into();
        self
    }

    /// Whether the windows come in random order, another one each epoch; default `false`.
    pub fn shuffle(mut self, shuffle: bool) -> Self {
        self.shuffle = shuffle;
        self
    }

    /// The seed of the order; default the global one.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Steps before this one are left out; default 0.
    pub fn start_index(mut self, index: usize) -> Self {
        self.start_index = index;
        self
    }

    /// This step and those after it are left out; default none.
    pub fn end_index(mut self, index: usize) -> Self {
        self.end_index = Some(index);
        self
    }

    /// The windows of a series, without targets: Keras' `targets=None`.
    ///
    /// # Errors
    /// As for [`timeseries_dataset_from_array`].
    pub fn windows(&self, data: &Tensor) -> Result<Dataset> {
        let starts = self.starts(data, None)?;
        let take = self.taker(data)?;
        Ok(self.dataset(starts, take))
    }

    fn windows_and_targets(&self, data: &Tensor, targets: &Tensor) -> Result<Dataset<(Tensor, Tensor)>> {
        let starts = self.starts(data, Some(targets))?;
        let take = self.taker(data)?;
        let targets = targets.clone();
        Ok(self.dataset(starts, move |starts| Ok((take(starts)?, targets.gather(starts)?))))
    }

    /// The first step of each window.
    fn starts(&self, data: &Tensor, targets: Option<&Tensor>) -> Result<Vec<i64>> {
        let Some(&steps) = data.shape().first() else {
            return Err(Error::shape(WHO, "a series with a first axis of steps", "a scalar"));
        };
        for (option, value) in [("sequence_stride", self.sequence_stride), ("sampling_rate", self.sampling_rate)] {
            if value == 0 || value >= steps {
                return Err(Error::option(WHO, option, format!("in 1..{steps} for {steps} steps"), value));
            }
        }
        for (option, value) in [("sequence_length", self.sequence_length), ("batch_size", self.batch_size.unwrap_or(1))] {
            if value == 0 {
                return Err(Error::option(WHO, option, "at least 1", 0));
            }
        }
        let end = self.end_index.unwrap_or(steps);
        if self.start_index >= steps {
            return Err(Error::option(WHO, "start_index", format!("below {steps}, the number of steps"), self.start_index));
        }
        if end > steps || end <= self.start_index {
            return Err(Error::option(WHO, "end_index", format!("above `start_index` and at most {steps}"), end));
        }
        let reach = (self.sequence_length - 1) * self.sampling_rate;
        let mut count = (end - self.start_index).saturating_sub(reach);
        if let Some(targets) = targets {
            let Some(&targets) = targets.shape().first() else {
                return Err(Error::shape(WHO, "targets with a first axis of steps", "a scalar"));
            };
            // Targets count from the beginning of the series.
            count = count.min(targets.saturating_sub(self.start_index));
        }
        if count == 0 {
            let what = format!("{} steps are too few for a window of {} steps", end - self.start_index, reach + 1);
            return Err(Error::data(WHO, what).hint("make `sequence_length` or `sampling_rate` smaller"));
        }
        Ok((0..count).step_by(self.sequence_stride).map(|start| (self.start_index + start) as i64).collect())
    }

    /// Cuts the windows that begin at some steps.
    fn taker(&self, data: &Tensor) -> Result<impl Fn(&[usize]) -> Result<Tensor> + Send + Sync + 'static> {
        let (data, length, rate) = (data.clone(), self.sequence_length, self.sampling_rate);
        Ok(move |starts: &[usize]| {
            let steps: Vec<usize> = starts.iter().flat_map(|start| (0..length).map(move |i| start + i * rate)).collect();
            let mut shape = vec![starts.len() as isize, length as isize];
            shape.extend(data.shape().iter().skip(1).map(|n| *n as isize));
            data.gather(&steps)?.reshape(shape)
        })
    }

    fn dataset<E: Element>(&self, starts: Vec<i64>, take: impl Fn(&[usize]) -> Result<E> + Send + Sync + 'static) -> Dataset<E> {
        let count = starts.len();
        let mut order = Dataset::from_iter(starts.into_iter().map(Tensor::constant));
        if self.shuffle {
            order = order.shuffle(count);
            order = self.seed.map_or(order.clone(), |seed| order.seed(seed));
        }
        let places = |starts: Tensor| starts.to_vec::<i64>().into_iter().map(|start| start as usize).collect::<Vec<_>>();
        match self.batch_size {
            Some(size) => order.batch(size).map(move |starts| take(&places(starts))),
            None => order.map(move |start| {
                let window = take(&places(start))?;
                E::from_spec(&window.spec(), window.tensors().into_iter().map(|tensor| tensor.row(0)).collect::<Result<_>>()?)
            }),
        }
    }
}

/// Windows over a time series and their targets: `targets[i]` belongs to the window that begins at step `i` of `data`. For a
/// forecast, cut the first steps from the targets. Keras' `timeseries_dataset_from_array`; [`Timeseries::windows`] is the one
/// without targets.
///
/// # Errors
/// An option out of range, or a series too short for one window.
///
/// ```
/// use kiln_core::Tensor;
/// use kiln_data::{Timeseries, timeseries_dataset_from_array};
/// let series = Tensor::range(0..100).to_float();
/// // Ten steps tell the next one.
/// let data = timeseries_dataset_from_array(&series, &series.rows(10..100)?, Timeseries::new(10).batch_size(32))?;
/// let (x, y) = data.iter().next().unwrap()?;
/// assert_eq!((x.shape(), x.row(3)?.row(9)?.item(), y.row(3)?.item()), (vec![32, 10], 12.0, 13.0));
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub fn timeseries_dataset_from_array(data: &Tensor, targets: &Tensor, options: Timeseries) -> Result<Dataset<(Tensor, Tensor)>> {
    options.windows_and_targets(data, targets)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden::{Golden, close, numbers};

    #[test]
    fn windows_are_those_of_keras() {
        let (data, targets) = (Tensor::range(0..20).reshape([20, 1]).unwrap(), Tensor::range(0..20) * 10);
        for case in Golden::read().cases("timeseries") {
            let option = |name: &str| case["options"][name].as_u64().map(|n| n as usize);
            let mut options = Timeseries::new(option("sequence_length").unwrap());
            options.sequence_stride = option("sequence_stride").unwrap_or(1);
            options.sampling_rate = option("sampling_rate").unwrap_or(1);
            options.batch_size = option("batch_size").or(Some(128));
            options.start_index = option("start_index").unwrap_or(0);
            options.end_index = option("end_index");
            let batches: Vec<_> = timeseries_dataset_from_array(&data, &targets, options).unwrap().iter().map(Result::unwrap).collect();
            close(&Tensor::concat(batches.iter().map(|b| &b.0), 0).unwrap(), &case["x"]);
            close(&Tensor::concat(batches.iter().map(|b| &b.1), 0).unwrap(), &case["y"]);
            assert_eq!(batches.iter().map(|b| b.0.shape()[0] as f64).collect::<Vec<_>>(), numbers(&case["batches"]));
        }
    }

    #[test]
    fn order_and_single_windows() {
        let data = Tensor::range(0..50);
        let shuffled = Timeseries::new(2).batch_size(None).shuffle(true).seed(4).windows(&data).unwrap();
        let firsts = |epoch| shuffled.iter_epoch(epoch).map(|w| w.unwrap().to_vec::<i32>()[0]).collect::<Vec<_>>();
        let mut sorted = firsts(0);
        sorted.sort_unstable();
        assert!(sorted == (0..49).collect::<Vec<_>>() && firsts(0) != sorted && firsts(0) != firsts(1) && firsts(1) == firsts(1));
        assert_eq!(shuffled.cardinality().known(), Some(49));
    }

    #[test]
    fn options_out_of_range_are_named() {
        let data = Tensor::range(0..10);
        let error = |options: Timeseries| options.windows(&data).unwrap_err().to_string();
        assert!(error(Timeseries::new(0)).ends_with("`sequence_length` must be at least 1, received 0"));
        assert!(error(Timeseries::new(2).sequence_stride(0)).ends_with("`sequence_stride` must be in 1..10 for 10 steps, received 0"));
        assert!(error(Timeseries::new(2).sampling_rate(10)).contains("`sampling_rate`"));
        assert!(error(Timeseries::new(2).batch_size(0)).contains("`batch_size`"));
        assert!(error(Timeseries::new(2).start_index(10)).contains("`start_index` must be below 10"));
        assert!(error(Timeseries::new(2).start_index(4).end_index(4)).contains("`end_index` must be above `start_index`"));
        assert!(error(Timeseries::new(11)).contains("10 steps are too few for a window of 11 steps"));
    }
}
