//! Input pipelines with tf.data's words.

mod batch;
mod cache;
mod cache_file;
mod cardinality;
#[cfg(test)]
mod ceiling;
mod choose;
mod element;
#[cfg(feature = "burn-dataset")]
mod from_burn;
mod ignore_errors;
mod interleave;
mod iter;
mod map;
mod named;
mod padded;
pub(crate) mod par_map;
mod prefetch;
mod random_map;
mod record;
mod repeat;
mod resample;
mod shard;
mod shuffle;
mod slices;
mod source;
mod spec;
pub(crate) mod stage;
mod stream;
mod take;
mod unbatch;
mod window;
mod zip;

pub use cardinality::Cardinality;
pub use element::{Element, IntoElement};
pub use ignore_errors::Skipped;
pub use iter::Iter;
pub use named::Named;
pub use spec::ElementSpec;

use kiln_core::{Result, Tensor};
use slices::{Rows, Slices};
use stage::{Pass, Run, Stage, StageOption};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A pipeline of elements: where they come from, and what happens to them on the way.
///
/// A data set is a description. Nothing runs until it is iterated, it can be iterated any number of times, and every method
/// gives a new data set and leaves the old one as it was. The order of the stages matters, as in tf.data: usually it is
/// `shuffle`, `map`, `batch`, `prefetch`. An option that makes no sense is an error of [`Dataset::check`] and the first thing an
/// iterator gives.
///
/// What a pipeline holds in memory is stated by its stages, however long its source is: `shuffle` holds its buffer, `batch` the elements of
/// a batch, `par_map` two elements for each thread, `prefetch` its buffer and one more; the others hold one. `cache` holds everything,
/// `cache_file` nothing.
///
/// ```
/// use kiln_core::Tensor;
/// use kiln_data::Dataset;
/// let (x, y) = (Tensor::range(0..20).reshape([10, 2])?, Tensor::range(0..10));
/// let data = Dataset::from_tensor_slices((&x, &y))?
///     .shuffle(10).seed(7)
///     .map(|(x, y)| Ok((x / 255.0, y)))
///     .batch(4)
///     .prefetch(2);
/// for batch in &data {
///     let (x, y) = batch?;
///     assert_eq!(x.shape(), [y.len(), 2]);
/// }
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub struct Dataset<E: Element = Tensor> {
    stage: Arc<dyn Stage<E>>,
    /// How often [`Dataset::iter`] was called: its next epoch.
    iterations: Arc<AtomicU64>,
}

impl<E: Element> Clone for Dataset<E> {
    fn clone(&self) -> Self {
        Self { stage: self.stage.clone(), iterations: self.iterations.clone() }
    }
}

impl<E: Element> fmt::Debug for Dataset<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let element = std::any::type_name::<E>();
        f.debug_struct("Dataset").field("element", &element).field("cardinality", &self.cardinality()).finish()
    }
}

impl<E: Element> Dataset<E> {
    fn new(stage: impl Stage<E> + 'static) -> Self {
        Self::of(Arc::new(stage))
    }

    fn of(stage: Arc<dyn Stage<E>>) -> Self {
        Self { stage, iterations: Arc::default() }
    }

    /// Cuts tensors along their first axis: `&x`, `(&x, &y)`, `(&x, &y, &sample_weight)`, a `Vec<Tensor>`, or names and tensors as in
    /// `[("title", &t), ("body", &b)]`. An element is one row of each, without the first axis.
    ///
    /// # Errors
    /// First axes of several lengths, a scalar, or no tensor.
    ///
    /// ```
    /// use kiln_core::Tensor;
    /// use kiln_data::Dataset;
    /// let data = Dataset::from_tensor_slices(Tensor::constant([[1, 2], [3, 4]]))?;
    /// let rows: Vec<Tensor> = data.iter().collect::<Result<_, _>>()?;
    /// assert_eq!(rows[1].to_vec::<i32>(), [3, 4]);
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn from_tensor_slices(tensors: impl IntoElement<Element = E>) -> Result<Self> {
        Ok(Self::new(Slices::new(&tensors.into_element())?))
    }

    /// Gives the elements in random order: a buffer of `buffer_size` elements is kept full, and each element given is a random
    /// one of the buffer. Only a buffer as large as the data set shuffles it fully. Every iteration has another order; see
    /// [`Dataset::seed`].
    ///
    /// ```
    /// use kiln_core::Tensor;
    /// use kiln_data::Dataset;
    /// let data = Dataset::from_tensor_slices(Tensor::range(0..100))?.shuffle(100).seed(7).batch(100);
    /// let first = data.iter_epoch(0).next().unwrap()?.to_vec::<i32>();
    /// assert_ne!(first, data.iter_epoch(1).next().unwrap()?.to_vec::<i32>());
    /// assert_eq!(first, data.iter_epoch(0).next().unwrap()?.to_vec::<i32>());
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn shuffle(&self, buffer_size: usize) -> Self {
        Self::new(shuffle::Shuffle { input: self.clone(), buffer_size, seed: None, reshuffle: true })
    }

    /// The seed of the `shuffle` just before: the order then depends on it and on the epoch alone. Without a seed, the one of
    /// [`kiln_core::set_random_seed`] counts.
    ///
    /// Anywhere but right after `shuffle` it is an error of [`Dataset::check`].
    ///
    /// ```
    /// use kiln_core::Tensor;
    /// use kiln_data::Dataset;
    /// let data = Dataset::from_tensor_slices(Tensor::range(0..9))?;
    /// assert!(data.shuffle(9).seed(1).check().is_ok());
    /// assert!(data.seed(1).check().is_err());
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn seed(&self, seed: u64) -> Self {
        self.with(StageOption::Seed(seed))
    }

    /// Whether the `shuffle` just before gives another order each iteration; default `true`.
    ///
    /// Anywhere but right after `shuffle` it is an error of [`Dataset::check`].
    ///
    /// ```
    /// use kiln_core::Tensor;
    /// use kiln_data::Dataset;
    /// let data = Dataset::from_tensor_slices(Tensor::range(0..50))?.shuffle(50).seed(1).reshuffle_each_iteration(false).batch(50);
    /// let epoch = |e| data.iter_epoch(e).next().unwrap().unwrap().to_vec::<i32>();
    /// assert_eq!(epoch(0), epoch(1));
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn reshuffle_each_iteration(&self, reshuffle: bool) -> Self {
        self.with(StageOption::ReshuffleEachIteration(reshuffle))
    }

    /// Applies a function to each element; it may change the element's type. Its errors come out at the consumer.
    ///
    /// ```
    /// use kiln_core::Tensor;
    /// use kiln_data::Dataset;
    /// let data = Dataset::from_tensor_slices((Tensor::constant([1.0, 2.0]), Tensor::constant([0, 1])))?;
    /// let doubled = data.map(|(x, _)| Ok(x * 2.0));
    /// assert_eq!(doubled.iter().last().unwrap()?.item(), 4.0);
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn map<E2: Element>(&self, function: impl Fn(E) -> Result<E2> + Send + Sync + 'static) -> Dataset<E2> {
        Dataset::new(map::Map { input: self.clone(), function: Arc::new(function) })
    }

    /// Keeps the elements for which a function says `true`.
    ///
    /// ```
    /// use kiln_core::Tensor;
    /// use kiln_data::Dataset;
    /// let data = Dataset::from_tensor_slices(Tensor::range(0..10))?.filter(|x| Ok(x.item() > 6.0));
    /// assert_eq!(data.iter().count(), 3);
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn filter(&self, predicate: impl Fn(&E) -> Result<bool> + Send + Sync + 'static) -> Self {
        Self::new(map::Filter { input: self.clone(), predicate: Arc::new(predicate) })
    }

    /// Joins `batch_size` elements along a new first axis. The last batch may be smaller; see [`Dataset::drop_remainder`].
    ///
    /// ```
    /// use kiln_core::Tensor;
    /// use kiln_data::Dataset;
    /// let data = Dataset::from_tensor_slices(Tensor::zeros([5, 3]))?.batch(2);
    /// let shapes: Vec<_> = data.iter().map(|x| x.map(|x| x.shape())).collect::<Result<_, _>>()?;
    /// assert_eq!(shapes, [[2, 3], [2, 3], [1, 3]]);
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn batch(&self, batch_size: usize) -> Self {
        Self::new(batch::Batch { input: self.clone(), size: batch_size, drop_remainder: false, padding: None })
    }

    /// Whether the `batch` just before drops a last batch that is smaller; default `false`.
    ///
    /// Anywhere but right after `batch` it is an error of [`Dataset::check`].
    ///
    /// ```
    /// use kiln_core::Tensor;
    /// use kiln_data::Dataset;
    /// let data = Dataset::from_tensor_slices(Tensor::zeros([5, 3]))?.batch(2).drop_remainder(true);
    /// assert_eq!(data.iter().count(), 2);
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn drop_remainder(&self, drop: bool) -> Self {
        self.with(StageOption::DropRemainder(drop))
    }

    /// The elements `count` times over. A `shuffle` before gives each repetition another order.
    ///
    /// ```
    /// use kiln_core::Tensor;
    /// use kiln_data::Dataset;
    /// let data = Dataset::from_tensor_slices(Tensor::range(0..3))?.repeat(2).batch(6);
    /// assert_eq!(data.iter().next().unwrap()?.to_vec::<i32>(), [0, 1, 2, 0, 1, 2]);
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn repeat(&self, count: usize) -> Self {
        Self::new(repeat::Repeat { input: self.clone(), count: Some(count as u64) })
    }

    /// The elements again and again, without end (unless there are none): tf.data's `repeat()`.
    ///
    /// ```
    /// use kiln_core::Tensor;
    /// use kiln_data::Dataset;
    /// let data = Dataset::from_tensor_slices(Tensor::range(0..3))?.repeat_forever();
    /// assert_eq!(data.take(100).iter().count(), 100);
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn repeat_forever(&self) -> Self {
        Self::new(repeat::Repeat { input: self.clone(), count: None })
    }

    /// The first `count` elements, or all when there are fewer.
    ///
    /// ```
    /// use kiln_core::Tensor;
    /// use kiln_data::Dataset;
    /// let data = Dataset::from_tensor_slices(Tensor::range(0..10))?;
    /// assert_eq!(data.take(3).iter().count() + data.skip(3).iter().count(), 10);
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn take(&self, count: usize) -> Self {
        Self::new(take::Take { input: self.clone(), count })
    }

    /// All but the first `count` elements.
    ///
    /// ```
    /// use kiln_core::Tensor;
    /// use kiln_data::Dataset;
    /// let data = Dataset::from_tensor_slices(Tensor::range(0..10))?.skip(8);
    /// assert_eq!(data.iter().next().unwrap()?.item(), 8.0);
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn skip(&self, count: usize) -> Self {
        Self::new(take::Skip { input: self.clone(), count })
    }

    /// Makes elements on a thread of its own, up to `buffer_size` ahead of the consumer; 0 makes each when asked for. A panic
    /// in a function of the pipeline comes out as an error. An iterator dropped early ends the thread.
    ///
    /// ```
    /// use kiln_core::Tensor;
    /// use kiln_data::Dataset;
    /// let data = Dataset::from_tensor_slices(Tensor::range(0..10))?.batch(2).prefetch(2);
    /// assert_eq!(data.iter().count(), 5);
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn prefetch(&self, buffer_size: usize) -> Self {
        Self::new(prefetch::Prefetch { input: self.clone(), buffer_size })
    }

    /// How many elements an iteration gives, as far as that is known without running it.
    ///
    /// ```
    /// use kiln_core::Tensor;
    /// use kiln_data::{Cardinality, Dataset};
    /// let data = Dataset::from_tensor_slices(Tensor::zeros([10]))?.batch(4).drop_remainder(true).repeat(3);
    /// assert_eq!(data.cardinality(), Cardinality::Known(6));
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn cardinality(&self) -> Cardinality {
        self.stage.cardinality()
    }

    /// Looks through the options of all stages without running them.
    ///
    /// # Errors
    /// A batch or a shuffle buffer of 0 elements, or an option that follows another stage than its own.
    ///
    /// ```
    /// use kiln_core::Tensor;
    /// use kiln_data::Dataset;
    /// let error = Dataset::from_tensor_slices(Tensor::zeros([10]))?.batch(0).check().unwrap_err();
    /// assert_eq!(error.to_string(), "batch: `batch_size` must be at least 1, received 0");
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn check(&self) -> Result<()> {
        self.stage.before().iter().try_for_each(|input| input.check())?;
        self.stage.check()
    }

    /// A new iteration. The n-th call is epoch n: a seeded `shuffle` gives what [`Dataset::iter_epoch`] gives for n, one without
    /// a seed takes its order from the generator that [`kiln_core::set_random_seed`] seeds. Clones count together.
    ///
    /// After an error the iterator ends.
    ///
    /// ```
    /// use kiln_core::Tensor;
    /// use kiln_data::Dataset;
    /// let data = Dataset::from_tensor_slices(Tensor::range(0..10))?;
    /// assert_eq!(data.iter().count(), data.iter().count());
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn iter(&self) -> Iter<E> {
        let count = self.iterations.fetch_add(1, Ordering::SeqCst);
        // A pipeline that needs no random number must not move the global generator on.
        self.start(if self.stage.draws() { Pass::fresh(count) } else { Pass::epoch(count) })
    }

    /// The iteration of an epoch, for a training loop: the same epoch gives the same order, whatever was iterated before. It
    /// depends on the seed of each `shuffle`, or the global seed where there is none, and on the epoch.
    ///
    /// After an error the iterator ends.
    ///
    /// ```
    /// use kiln_core::Tensor;
    /// use kiln_data::Dataset;
    /// let data = Dataset::from_tensor_slices(Tensor::range(0..50))?.shuffle(50).batch(50);
    /// let epoch = |e| data.iter_epoch(e).next().unwrap().unwrap().to_vec::<i32>();
    /// assert!(epoch(4) == epoch(4) && epoch(4) != epoch(5));
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn iter_epoch(&self, epoch: u64) -> Iter<E> {
        self.start(Pass::epoch(epoch))
    }

    fn start(&self, pass: Pass) -> Iter<E> {
        match self.check() {
            Ok(()) => Iter::new(self.run(pass)),
            Err(error) => Iter::new(Box::new(std::iter::once(Err(error)))),
        }
    }

    fn run(&self, pass: Pass) -> Run<E> {
        match self.rows(pass) {
            Some(rows) => rows.elements(),
            None => self.stage.run(pass),
        }
    }

    fn rows(&self, pass: Pass) -> Option<Rows<E>> {
        self.stage.rows(pass)
    }

    fn with(&self, option: StageOption) -> Self {
        match self.stage.with(option.clone()) {
            Some(stage) => Self::of(stage),
            None => Self::new(stage::Misplaced { input: self.clone(), option }),
        }
    }
}

impl<E: Element> IntoIterator for &Dataset<E> {
    type Item = Result<E>;
    type IntoIter = Iter<E>;

    fn into_iter(self) -> Iter<E> {
        self.iter()
    }
}
