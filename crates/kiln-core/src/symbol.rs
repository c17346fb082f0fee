//! Wiring by hand: what a layer gives when it is put on another layer's output (Keras' `KerasTensor`).

use crate::any_layer::AnyLayer;
use crate::error::Result;
use crate::layer::Layer;
use crate::shape::Shape;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// An output of a layer, or an input of a model, before there are values.
#[derive(Clone, Debug)]
pub struct Symbol {
    node: Arc<Node>,
    output: usize,
}

/// Where a symbol comes from.
#[derive(Debug)]
pub enum Source {
    /// An input of the model.
    Input {
        /// Its name.
        name: Option<String>,
    },
    /// A layer that reads other symbols.
    Layer {
        /// The layer.
        layer: AnyLayer,
        /// What it reads.
        inputs: Vec<Symbol>,
    },
}

#[derive(Debug)]
struct Node {
    id: u64,
    source: Source,
    shapes: Vec<Shape>,
}

static IDS: AtomicU64 = AtomicU64::new(0);

impl Symbol {
    /// An input of the model; `shape` has the batch axis.
    pub fn input(name: Option<String>, shape: Shape) -> Self {
        Self::new(Source::Input { name }, vec![shape])
    }

    fn new(source: Source, shapes: Vec<Shape>) -> Self {
        Self { node: Arc::new(Node { id: IDS.fetch_add(1, Ordering::Relaxed), source, shapes }), output: 0 }
    }

    /// The outputs of `layer` on `inputs`.
    ///
    /// # Errors
    /// Shapes that the layer can't take.
    pub fn apply(layer: &AnyLayer, inputs: Vec<Symbol>) -> Result<Vec<Self>> {
        let shapes: Vec<Shape> = inputs.iter().map(|s| s.shape().clone()).collect();
        let name = layer.options().name.clone();
        let shapes = layer.output_shapes(&shapes).map_err(|e| name.map_or(e.clone(), |n| e.at(&n)))?;
        let count = shapes.len();
        let first = Self::new(Source::Layer { layer: layer.clone(), inputs }, shapes);
        Ok((0..count).map(|output| Self { node: first.node.clone(), output }).collect())
    }

    /// The shape, with the batch axis.
    pub fn shape(&self) -> &Shape {
        &self.node.shapes[self.output]
    }

    /// The outputs of `layer` in the graph that ends in `outputs`, at its last use.
    pub fn of_layer(layer: &AnyLayer, outputs: &[Symbol]) -> Option<Self> {
        let found = Self::order(&[], outputs).into_iter().rev().find(|s| s.layer().is_some_and(|l| l.is(layer)));
        found.map(|symbol| Self { output: 0, ..symbol })
    }

    /// The inputs that it depends on.
    ///
    /// ```
    /// use kiln_core::{Shape, symbol::Symbol};
    /// let input = Symbol::input(None, Shape::batch_of([4]));
    /// assert_eq!(input.roots()[0].shape(), input.shape());
    /// ```
    pub fn roots(&self) -> Vec<Self> {
        let order = Self::order(&[], std::slice::from_ref(self));
        order.into_iter().filter(|symbol| symbol.layer().is_none()).collect()
    }

    pub(crate) fn node(&self) -> u64 {
        self.node.id
    }

    pub(crate) fn output(&self) -> usize {
        self.output
    }

    pub(crate) fn source(&self) -> &Source {
        &self.node.source
    }

    pub(crate) fn layer(&self) -> Option<&AnyLayer> {
        match self.source() {
            Source::Layer { layer, .. } => Some(layer),
            Source::Input { .. } => None,
        }
    }

    /// One symbol of each node between `inputs` and `outputs`, what is read before its readers.
    pub(crate) fn order(inputs: &[Symbol], outputs: &[Symbol]) -> Vec<Symbol> {
        let (mut order, mut seen) = (Vec::new(), inputs.iter().map(Symbol::node).collect::<HashSet<_>>());
        // A stack instead of recursion: a model may be thousands of layers deep.
        let mut stack: Vec<(Symbol, bool)> = outputs.iter().rev().map(|s| (s.clone(), false)).collect();
        while let Some((symbol, read)) = stack.pop() {
            if read {
                order.push(symbol);
            } else if seen.insert(symbol.node()) {
                stack.push((symbol.clone(), true));
                if let Source::Layer { inputs, .. } = symbol.source() {
                    stack.extend(inputs.iter().rev().map(|s| (s.clone(), false)));
                }
            }
        }
        order
    }
}

/// What a layer can be put on: one symbol, or several.
#[diagnostic::on_unimplemented(message = "a layer can't be put on `{Self}`", label = "an input, a layer's output, or an array of them")]
pub trait IntoSymbols {
    /// The symbols.
    fn into_symbols(self) -> Vec<Symbol>;
}

impl IntoSymbols for &Symbol {
    fn into_symbols(self) -> Vec<Symbol> {
        vec![self.clone()]
    }
}

impl<'a, T, const N: usize> IntoSymbols for [&'a T; N]
where
    &'a T: IntoSymbols,
{
    fn into_symbols(self) -> Vec<Symbol> {
        self.into_iter().flat_map(IntoSymbols::into_symbols).collect()
    }
}

/// An input beside layers' outputs, whose types differ: `lstm.on((&input, &h, &c))`.
macro_rules! tuples {
    ($($t:ident)+) => {
        impl<$($t: IntoSymbols),+> IntoSymbols for ($($t,)+) {
            #[allow(non_snake_case)]
            fn into_symbols(self) -> Vec<Symbol> {
                let ($($t,)+) = self;
                let mut symbols = Vec::new();
                $(symbols.extend($t.into_symbols());)+
                symbols
            }
        }
    };
}
tuples!(A B);
tuples!(A B C);
tuples!(A B C D);
tuples!(A B C D E);

impl IntoSymbols for &[Symbol] {
    fn into_symbols(self) -> Vec<Symbol> {
        self.to_vec()
    }
}

impl IntoSymbols for &Vec<Symbol> {
    fn into_symbols(self) -> Vec<Symbol> {
        self.clone()
    }
}

/// Puts layers on symbols: the functional way to build a model.
pub trait On: Into<AnyLayer> + Sized {
    /// The output of this layer on `inputs`.
    ///
    /// # Errors
    /// Shapes that the layer can't take.
    fn on(self, inputs: impl IntoSymbols) -> Result<Symbol> {
        Ok(self.on_many(inputs)?.swap_remove(0))
    }

    /// All outputs of this layer on `inputs`, for a layer that has several.
    ///
    /// # Errors
    /// Shapes that the layer can't take.
    fn on_many(self, inputs: impl IntoSymbols) -> Result<Vec<Symbol>> {
        Symbol::apply(&self.into(), inputs.into_symbols())
    }

    /// This layer as a value that can be put on several inputs with one set of weights.
    fn shared(self) -> AnyLayer {
        self.into()
    }
}

impl<L: Layer> On for L {}
impl On for &AnyLayer {}
impl From<&AnyLayer> for AnyLayer {
    fn from(layer: &AnyLayer) -> Self {
        layer.clone()
    }
}
