//! What a layer is told when it is called: training or not, its random numbers, where to leave updates and losses.

use crate::logits::{Logits, LogitsOf};
use crate::random::Stream;
use crate::tensor::Tensor;
use burn::module::ParamId;
use std::cell::{Cell, RefCell};

/// The circumstances of one call of a model, passed to each layer.
#[derive(Debug)]
pub struct Context {
    training: bool,
    wants_logits: bool,
    stream: Cell<Stream>,
    trainable: Cell<bool>,
    last: Cell<bool>,
    updates: RefCell<Vec<(ParamId, Tensor)>>,
    losses: RefCell<Vec<Tensor>>,
    logits: RefCell<Vec<Option<Logits>>>,
}

impl Context {
    /// Inference: dropout passes everything, statistics stand still.
    pub fn inference() -> Self {
        Self::new(false, Stream::new(0))
    }

    /// A training step whose random numbers come from `stream`.
    pub fn training(stream: Stream) -> Self {
        Self::new(true, stream)
    }

    fn new(training: bool, stream: Stream) -> Self {
        Self {
            training,
            wants_logits: false,
            stream: Cell::new(stream),
            trainable: Cell::new(true),
            last: Cell::new(true),
            updates: RefCell::default(),
            losses: RefCell::default(),
            logits: RefCell::default(),
        }
    }

    /// Asks a sigmoid or softmax that makes an output of the model to leave its logits for the loss. The output is then the logits
    /// themselves, and [`Context::take_logits`] says for each which activation was left out: [`Logits::probabilities`] applies it.
    pub fn with_logits(self, wants_logits: bool) -> Self {
        Self { wants_logits, ..self }
    }

    /// Whether this is a training step.
    pub fn is_training(&self) -> bool {
        self.training
    }

    /// Whether the layer being called is trainable; a frozen BatchNormalization keeps its statistics.
    pub fn is_trainable(&self) -> bool {
        self.trainable.get()
    }

    /// The random numbers of the layer being called, in this step.
    pub fn random(&self) -> Stream {
        self.stream.get()
    }

    /// A new value for a buffer (running statistics, recurrent state), written when the model has been called, before the optimizer's
    /// step; for a weight that is trained, the step starts from it.
    pub fn update(&self, buffer: ParamId, value: Tensor) {
        self.updates.borrow_mut().push((buffer, value.inner()));
    }

    /// The new value left for a buffer in this step, when a shared layer is called again.
    pub fn pending(&self, buffer: ParamId) -> Option<Tensor> {
        self.updates.borrow().iter().rev().find(|(id, _)| *id == buffer).map(|(_, value)| value.clone())
    }

    /// A term added to the loss: Keras' `add_loss`.
    pub fn add_loss(&self, loss: Tensor) {
        self.losses.borrow_mut().push(loss);
    }

    /// Called by an activation: remembers what a sigmoid or softmax is computed from, if a loss wants it. Returns whether one does:
    /// the activation is to be left out then.
    #[must_use]
    pub fn leave_logits(&self, values: &Tensor, of: LogitsOf) -> bool {
        let wanted = self.leaves_logits();
        if wanted {
            *self.logits.borrow_mut() = vec![Some(Logits { values: values.clone(), of })];
        }
        wanted
    }

    /// Whether [`Context::leave_logits`] would.
    pub(crate) fn leaves_logits(&self) -> bool {
        self.wants_logits && self.last.get()
    }

    /// The buffers' new values, in the order of the calls.
    pub fn take_updates(&self) -> Vec<(ParamId, Tensor)> {
        self.updates.take()
    }

    /// The terms added to the loss.
    pub fn take_losses(&self) -> Vec<Tensor> {
        self.losses.take()
    }

    /// The logits of each output of what was called last; empty when there are none.
    pub fn take_logits(&self) -> Vec<Option<Logits>> {
        self.logits.take()
    }

    pub(crate) fn leave_all_logits(&self, logits: Vec<Option<Logits>>) {
        *self.logits.borrow_mut() = logits;
    }

    /// Calls the part `place` of a layer: with random numbers of its own. A layer that calls others, calls them in here.
    pub fn part<T>(&self, place: u64, call: impl FnOnce() -> T) -> T {
        self.enter(place, false, call)
    }

    /// Runs `call` as the node `place`: with random numbers of its own; `last` when nothing but the model's outputs come from it.
    pub(crate) fn enter<T>(&self, place: u64, last: bool, call: impl FnOnce() -> T) -> T {
        let (stream, outer_last) = (self.stream.get(), self.last.get());
        self.stream.set(stream.child(place));
        self.last.set(outer_last && last);
        self.logits.take();
        let result = call();
        self.stream.set(stream);
        self.last.set(outer_last);
        result
    }

    /// Runs `call` for a layer that is trained or not; what is inside a frozen layer is frozen.
    pub(crate) fn trained<T>(&self, trained: bool, call: impl FnOnce() -> T) -> T {
        let outer = self.trainable.replace(self.trainable.get() && trained);
        let result = call();
        self.trainable.set(outer);
        result
    }
}
