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
    updates: RefCell<Vec<(ParamId, Tensor)>>,
    losses: RefCell<Vec<Tensor>>,
    logits: RefCell<Option<Logits>>,
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
            updates: RefCell::default(),
            losses: RefCell::default(),
            logits: RefCell::default(),
        }
    }

    /// Asks the last sigmoid or softmax to leave its logits for the loss.
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

    /// Called by an activation: remembers what a sigmoid or softmax was computed from, if a loss wants it.
    pub fn leave_logits(&self, values: &Tensor, of: LogitsOf) {
        if self.wants_logits {
            *self.logits.borrow_mut() = Some(Logits { values: values.clone(), of });
        }
    }

    /// The buffers' new values, in the order of the calls.
    pub fn take_updates(&self) -> Vec<(ParamId, Tensor)> {
        self.updates.take()
    }

    /// The terms added to the loss.
    pub fn take_losses(&self) -> Vec<Tensor> {
        self.losses.take()
    }

    /// What the last layer called left.
    pub fn take_logits(&self) -> Option<Logits> {
        self.logits.take()
    }

    /// Runs `call` as the node `place`: with random numbers of its own and the layer's `trainable`.
    pub(crate) fn enter<T>(&self, place: u64, trainable: bool, call: impl FnOnce() -> T) -> T {
        let (stream, outer) = (self.stream.get(), self.trainable.get());
        self.stream.set(stream.child(place));
        self.trainable.set(outer && trainable);
        self.logits.take();
        let result = call();
        self.stream.set(stream);
        self.trainable.set(outer);
        result
    }
}
