//! What an operation is.

use crate::buffer;
use std::any::Any;
use std::fmt::Debug;
use std::sync::Arc;

/// Numbers that lie in memory in the order of their axes, the last running fastest.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The numbers.
    pub values: &'a [f32],
    /// The sizes of the axes.
    pub shape: &'a [usize],
}

impl View<'_> {
    /// The size of the last axis.
    pub fn last(&self) -> usize {
        self.shape.last().copied().unwrap_or(1)
    }
}

/// Numbers an operation gives.
#[derive(Debug)]
pub struct Array {
    /// The numbers.
    pub values: Vec<f32>,
    /// The sizes of the axes.
    pub shape: Vec<usize>,
}

impl Array {
    /// Numbers for a shape of as many.
    pub fn new(values: Vec<f32>, shape: &[usize]) -> Self {
        debug_assert_eq!(values.len(), shape.iter().product::<usize>());
        Self { values, shape: shape.to_vec() }
    }

    /// Numbers of no particular value, which the caller overwrites.
    pub(crate) fn unwritten(shape: &[usize]) -> Self {
        Self::new(buffer::take(shape.iter().product()), shape)
    }
}

/// A call that lies behind, for its gradient.
#[derive(Debug)]
pub struct Past<'a, S: ?Sized> {
    /// What the operation was given.
    pub inputs: &'a [View<'a>],
    /// What it gave.
    pub output: View<'a>,
    /// The gradient of the loss by what it gave.
    pub gradient: View<'a>,
    /// What it kept for now.
    pub saved: &'a S,
    /// Which inputs' gradients are asked for.
    pub wanted: &'a [bool],
}

/// An operation on host memory.
///
/// ```
/// use kiln_kernels::host::{Array, HostOp, Past, View, run};
///
/// #[derive(Debug)]
/// struct Cube;
///
/// impl HostOp for Cube {
///     type Saved = ();
///     fn forward(&self, inputs: &[View<'_>], _: bool) -> (Array, ()) {
///         (Array::new(inputs[0].values.iter().map(|x| x * x * x).collect(), inputs[0].shape), ())
///     }
///     fn backward(&self, past: &Past<'_, ()>) -> Vec<Option<Array>> {
///         let slope = past.inputs[0].values.iter().zip(past.gradient.values).map(|(x, g)| 3.0 * x * x * g);
///         vec![Some(Array::new(slope.collect(), past.inputs[0].shape))]
///     }
/// }
///
/// let device = burn::tensor::Device::flex().autodiff();
/// let x = burn::Tensor::<1>::from_floats([1.0, 2.0], &device).require_grad();
/// let y = burn::Tensor::<1>::from_dispatch(run(Cube, [x.clone().into_dispatch()]));
/// assert_eq!(y.to_data().try_to_vec::<f32>().unwrap(), [1.0, 8.0]);
/// let gradient = x.grad(&y.sum().backward()).unwrap();
/// assert_eq!(gradient.to_data().try_to_vec::<f32>().unwrap(), [3.0, 12.0]);
/// ```
pub trait HostOp: Debug + Send + Sync + 'static {
    /// What the forward pass keeps for the gradient, beside its inputs and its output.
    type Saved: Send + Sync + 'static;

    /// The output, and what to keep if the call is `recorded`.
    fn forward(&self, inputs: &[View<'_>], recorded: bool) -> (Array, Self::Saved);

    /// The gradients by the inputs, in their order; those that aren't asked for are not looked at.
    fn backward(&self, past: &Past<'_, Self::Saved>) -> Vec<Option<Array>>;
}

/// What some operation kept.
pub(crate) type Kept = Arc<dyn Any + Send + Sync>;

/// Any operation.
#[allow(unreachable_pub)] // named by the dispatch, which is a public trait
pub trait AnyOp: Debug + Send + Sync {
    #[doc(hidden)]
    fn forward_any(&self, inputs: &[View<'_>], recorded: bool) -> (Array, Kept);
    #[doc(hidden)]
    fn backward_any(&self, past: &Past<'_, dyn Any + Send + Sync>) -> Vec<Option<Array>>;
}

impl<O: HostOp> AnyOp for O {
    fn forward_any(&self, inputs: &[View<'_>], recorded: bool) -> (Array, Kept) {
        let (output, saved) = self.forward(inputs, recorded);
        (output, Arc::new(saved))
    }

    fn backward_any(&self, past: &Past<'_, dyn Any + Send + Sync>) -> Vec<Option<Array>> {
        // What comes back is what `forward_any` of the same operation gave.
        let Some(saved) = past.saved.downcast_ref::<O::Saved>() else { return Vec::new() };
        let Past { inputs, output, gradient, wanted, .. } = *past;
        self.backward(&Past { inputs, output, gradient, saved, wanted })
    }
}
