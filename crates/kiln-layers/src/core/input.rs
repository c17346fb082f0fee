//! The start of a functional model, and the declared shape of a sequential one.

use kiln_core::Shape;
use kiln_core::any_layer::{IntoStage, Stage};
use kiln_core::symbol::{IntoSymbols, Symbol};

/// An input of a model: the shape of one sample, the batch axis left out.
///
/// Keras: `keras/src/layers/core/input_layer.py`.
///
/// ```
/// use kiln_core::symbol::On;
/// use kiln_layers::{Dense, Input};
/// let input = Input::new([784]);
/// let hidden = Dense::new(64).activation("relu").on(&input)?;
/// assert_eq!(hidden.shape().to_string(), "(None, 64)");
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Input {
    symbol: Symbol,
    name: Option<String>,
}

impl Input {
    /// Samples of `shape`.
    pub fn new(shape: impl AsRef<[usize]>) -> Self {
        Self::of(None, Shape::batch_of(shape))
    }

    /// Samples whose axes may be open, for sequences of any length.
    pub fn open(shape: impl AsRef<[Option<usize>]>) -> Self {
        let axes: Vec<Option<usize>> = std::iter::once(None).chain(shape.as_ref().iter().copied()).collect();
        Self::of(None, Shape::new(axes))
    }

    fn of(name: Option<String>, shape: Shape) -> Self {
        Self { symbol: Symbol::input(name.clone(), shape), name }
    }

    /// The number of samples of each batch, for layers that keep a state from batch to batch. Default: any.
    ///
    /// ```
    /// use kiln_layers::Input;
    /// assert_eq!(Input::new([5, 3]).batch_size(32).shape().to_string(), "(32, 5, 3)");
    /// ```
    pub fn batch_size(self, samples: usize) -> Self {
        let mut axes = self.symbol.shape().axes().to_vec();
        if let Some(batch) = axes.first_mut() {
            *batch = Some(samples);
        }
        Self::of(self.name, Shape::new(axes))
    }

    /// Names the input.
    pub fn name(self, name: &str) -> Self {
        Self::of(Some(name.to_owned()), self.symbol.shape().clone())
    }

    /// The shape, with the batch axis.
    pub fn shape(&self) -> &Shape {
        self.symbol.shape()
    }
}

impl IntoSymbols for &Input {
    fn into_symbols(self) -> Vec<Symbol> {
        vec![self.symbol.clone()]
    }
}

impl IntoStage for Input {
    fn into_stage(self) -> Stage {
        Stage::Input(self.symbol.shape().clone())
    }
}
