//! The socket that every stage of a pipeline plugs into.

use super::Dataset;
use super::cardinality::Cardinality;
use super::element::Element;
use super::slices::Rows;
use super::spec::{self, ElementSpec};
use kiln_core::random::{Stream, random_seed};
use kiln_core::{Error, Result};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// A running stage.
pub(crate) type Run<T> = Box<dyn Iterator<Item = Result<T>> + Send>;

/// A stage of a pipeline: a description that can be run any number of times.
pub(crate) trait Stage<E: Element>: Send + Sync {
    /// The stage's elements in this pass.
    fn run(&self, pass: Pass) -> Run<E>;

    /// The elements as row numbers of tensors not cut yet, while nothing has touched the rows. A batch then gathers its rows
    /// at once instead of stacking them one by one.
    fn rows(&self, _pass: Pass) -> Option<Rows<E>> {
        None
    }

    fn cardinality(&self) -> Cardinality;

    /// The data sets that the elements come from; none for a source.
    fn before(&self) -> Vec<&dyn Before>;

    /// Whether the options of this stage make sense.
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// Whether some shuffle, here or before, takes the global seed.
    fn draws(&self) -> bool {
        self.before().iter().any(|input| input.draws())
    }

    /// The form of the elements; by default the first one tells.
    fn spec(&self) -> Result<ElementSpec> {
        spec::first(self.run(Pass::epoch(0)))
    }

    /// This stage with an option changed, if it has that option.
    fn with(&self, _option: StageOption) -> Option<Arc<dyn Stage<E>>> {
        None
    }
}

/// A data set before a stage, whatever its elements are.
pub(crate) trait Before {
    fn check(&self) -> Result<()>;
    fn draws(&self) -> bool;
}

impl<E: Element> Before for Dataset<E> {
    fn check(&self) -> Result<()> {
        Self::check(self)
    }

    fn draws(&self) -> bool {
        self.stage.draws()
    }
}

/// An option set by a method that follows the stage's own: `.shuffle(100).seed(7)`.
#[derive(Clone, Debug)]
pub(crate) enum StageOption {
    Seed(u64),
    ReshuffleEachIteration(bool),
    DropRemainder(bool),
    PaddingValue(f64),
    Shift(usize),
    Stride(usize),
    StopOnEmpty(bool),
    InitialDist(Arc<[f64]>),
}

impl StageOption {
    /// The complaint about an option that follows another stage than its own.
    pub(crate) fn misplaced(&self) -> Error {
        let (option, stage) = match self {
            Self::Seed(_) => ("seed", "shuffle"),
            Self::ReshuffleEachIteration(_) => ("reshuffle_each_iteration", "shuffle"),
            Self::DropRemainder(_) => ("drop_remainder", "batch"),
            Self::PaddingValue(_) => ("padding_value", "padded_batch"),
            Self::Shift(_) => ("shift", "window"),
            Self::Stride(_) => ("stride", "window"),
            Self::StopOnEmpty(_) => ("stop_on_empty_dataset", "sample_from_datasets"),
            Self::InitialDist(_) => ("initial_dist", "rejection_resample"),
        };
        Error::order("Dataset", format!("`{option}` must follow `{stage}` directly"))
            .hint(format!("write `.{stage}(n).{option}(…)` before the next stage"))
    }
}

/// What a function of the user gives, its panic turned into an error.
pub(crate) fn guarded<T>(who: &str, function: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(function)).unwrap_or_else(|panic| Err(panicked(who, panic.as_ref())))
}

/// The error that stands for a panic.
pub(crate) fn panicked(who: &str, panic: &(dyn Any + Send)) -> Error {
    let words = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    let what = format!("a function of the pipeline panicked: {}", words.unwrap_or("without a message"));
    Error::data(who, what).hint("return an error from it instead")
}

/// One pass over a pipeline: what its shuffles take their order from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pass {
    /// The epoch, and within it the round of each `repeat`.
    round: u64,
    /// For shuffles without a seed.
    unseeded: Stream,
    /// For those of them that keep their order.
    steady: Stream,
}

impl Pass {
    /// An epoch of a training loop: the global seed and the epoch alone decide, so that a resumed training sees the same order.
    pub(crate) fn epoch(epoch: u64) -> Self {
        let seed = Stream::new(random_seed());
        Self { round: epoch, unseeded: seed.named("dataset"), steady: seed.named("shuffle") }
    }

    /// An iteration that nobody counts.
    pub(crate) fn fresh(count: u64) -> Self {
        Self { round: count, unseeded: Stream::next_global(), steady: Stream::new(random_seed()).named("shuffle") }
    }

    /// The pass of a later round of `repeat`; the first round is the pass itself, so `repeat(1)` changes nothing.
    pub(crate) fn round(self, round: u64) -> Self {
        if round == 0 { self } else { Self { round: Stream::new(self.round).child(round).key(), ..self } }
    }

    /// The pass of the stages before a shuffle, where another shuffle must draw other numbers.
    pub(crate) fn before(self) -> Self {
        Self { unseeded: self.unseeded.named("before"), ..self }
    }

    /// The pass of another input of a stage with several, where equal shuffles must draw other numbers.
    pub(crate) fn branch(self, number: u64) -> Self {
        Self { unseeded: self.unseeded.named("branch").child(number), steady: self.steady.child(number), ..self }
    }

    /// The random numbers of a shuffle.
    pub(crate) fn stream(self, seed: Option<u64>, reshuffle: bool) -> Stream {
        match (seed, reshuffle) {
            (Some(seed), true) => Stream::new(seed).child(self.round),
            (Some(seed), false) => Stream::new(seed).child(0),
            (None, true) => self.unseeded.child(self.round),
            (None, false) => self.steady,
        }
    }
}

/// An option after a stage that doesn't have it.
pub(crate) struct Misplaced<E: Element> {
    pub(crate) input: Dataset<E>,
    pub(crate) option: StageOption,
}

impl<E: Element> Stage<E> for Misplaced<E> {
    fn run(&self, pass: Pass) -> Run<E> {
        self.input.run(pass)
    }

    fn cardinality(&self) -> Cardinality {
        self.input.cardinality()
    }

    fn before(&self) -> Vec<&dyn Before> {
        vec![&self.input]
    }

    fn check(&self) -> Result<()> {
        Err(self.option.misplaced())
    }

    fn spec(&self) -> Result<ElementSpec> {
        self.input.stage.spec()
    }
}
