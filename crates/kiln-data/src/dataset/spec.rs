//! The form of a pipeline's elements: tuples, lists and names, with shapes and dtypes.

use super::Dataset;
use super::element::Element;
use super::stage::{Pass, Run};
use kiln_core::tensor::dtype_name;
use kiln_core::{DType, Error, Result, Shape, Tensor};
use std::fmt;
use std::sync::Arc;

/// What an element is made of: tf.data's `element_spec`. See [`Dataset::element_spec`].
///
/// ```
/// use kiln_core::Tensor;
/// use kiln_data::Dataset;
/// let (t, y) = (Tensor::zeros([10, 5]), Tensor::range(0..10));
/// let data = Dataset::from_tensor_slices(([("title", &t)], &y))?.batch(4);
/// let expected = r#"({"title": TensorSpec(shape=(None, 5), dtype=float32)}, TensorSpec(shape=(None,), dtype=int32))"#;
/// assert_eq!(data.element_spec()?.to_string(), expected);
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum ElementSpec {
    /// A tensor; an axis of `None` may differ from element to element.
    Tensor {
        /// The sizes of the axes.
        shape: Vec<Option<usize>>,
        /// The dtype.
        dtype: DType,
    },
    /// A pair or a triple.
    Tuple(Vec<ElementSpec>),
    /// A `Vec` of tensors, or an element of a type of one's own.
    List(Vec<ElementSpec>),
    /// A [`Named`](crate::Named).
    Named(Vec<(Arc<str>, ElementSpec)>),
}

impl ElementSpec {
    /// The form of one tensor.
    pub fn of(tensor: &Tensor) -> Self {
        Self::Tensor { shape: tensor.shape().into_iter().map(Some).collect(), dtype: tensor.dtype() }
    }

    /// How many tensors there are.
    pub fn width(&self) -> usize {
        match self {
            Self::Tensor { .. } => 1,
            Self::Tuple(parts) | Self::List(parts) => parts.iter().map(Self::width).sum(),
            Self::Named(parts) => parts.iter().map(|(_, part)| part.width()).sum(),
        }
    }

    /// The names of a [`Named`](crate::Named); none of anything else.
    pub fn names(&self) -> Vec<String> {
        match self {
            Self::Named(parts) => parts.iter().map(|(name, _)| name.to_string()).collect(),
            _ => Vec::new(),
        }
    }

    /// The shapes of all tensors, in the order of [`Element::tensors`].
    pub fn shapes(&self) -> Vec<Vec<Option<usize>>> {
        match self {
            Self::Tensor { shape, .. } => vec![shape.clone()],
            Self::Tuple(parts) | Self::List(parts) => parts.iter().flat_map(Self::shapes).collect(),
            Self::Named(parts) => parts.iter().flat_map(|(_, part)| part.shapes()).collect(),
        }
    }

    /// Whether both are put together alike, whatever the shapes and dtypes.
    pub(crate) fn same_form(&self, other: &Self) -> bool {
        let all = |a: &[Self], b: &[Self]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.same_form(b));
        match (self, other) {
            (Self::Tensor { .. }, Self::Tensor { .. }) => true,
            (Self::Tuple(a), Self::Tuple(b)) | (Self::List(a), Self::List(b)) => all(a, b),
            (Self::Named(a), Self::Named(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.0 == b.0 && a.1.same_form(&b.1)),
            _ => false,
        }
    }

    /// The same form with the shapes changed.
    pub(crate) fn reshaped(&self, change: &mut impl FnMut(&[Option<usize>]) -> Vec<Option<usize>>) -> Self {
        match self {
            Self::Tensor { shape, dtype } => Self::Tensor { shape: change(shape), dtype: *dtype },
            Self::Tuple(parts) => Self::Tuple(parts.iter().map(|part| part.reshaped(change)).collect()),
            Self::List(parts) => Self::List(parts.iter().map(|part| part.reshaped(change)).collect()),
            Self::Named(parts) => Self::Named(parts.iter().map(|(name, part)| (name.clone(), part.reshaped(change))).collect()),
        }
    }

    /// With a new first axis.
    pub(crate) fn batched(&self, size: Option<usize>) -> Self {
        self.reshaped(&mut |shape| std::iter::once(size).chain(shape.iter().copied()).collect())
    }

    /// With all axes open.
    pub(crate) fn opened(&self) -> Self {
        self.reshaped(&mut |shape| vec![None; shape.len()])
    }
}

impl fmt::Display for ElementSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let join = |parts: &[Self]| parts.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        match self {
            Self::Tensor { shape, dtype } => {
                let shape = match shape.as_slice() {
                    [] => "()".to_owned(),
                    axes => Shape::new(axes.to_vec()).to_string(),
                };
                write!(f, "TensorSpec(shape={shape}, dtype={})", dtype_name(*dtype))
            }
            Self::Tuple(parts) => write!(f, "({})", join(parts)),
            Self::List(parts) => write!(f, "[{}]", join(parts)),
            Self::Named(parts) => {
                let parts: Vec<String> = parts.iter().map(|(name, part)| format!("{name:?}: {part}")).collect();
                write!(f, "{{{}}}", parts.join(", "))
            }
        }
    }
}

/// The form of the first element of a run.
pub(super) fn first<E: Element>(mut run: Run<E>) -> Result<ElementSpec> {
    match run.next() {
        Some(element) => Ok(element?.spec()),
        None => Err(Error::data("element_spec", "there is no element to tell it from")),
    }
}

/// The form of what `function` makes of the first element. An axis that counts the samples of a batch stays open.
pub(super) fn mapped<E: Element, E2: Element>(input: &Dataset<E>, function: impl FnOnce(E) -> Result<E2>) -> Result<ElementSpec> {
    let spec = input.stage.spec()?;
    let Some(element) = input.run(Pass::epoch(0)).next() else {
        return Err(Error::data("element_spec", "there is no element to tell it from"));
    };
    let element = element?;
    let seen = element.spec().shapes();
    let samples = spec.shapes().iter().zip(&seen).find_map(|(open, seen)| match (open.first(), seen.first()) {
        (Some(None), Some(size)) => Some(*size),
        _ => None,
    });
    let made = function(element)?.spec();
    Ok(match samples {
        None => made,
        Some(samples) => made.reshaped(&mut |shape| match shape {
            [first, rest @ ..] if *first == samples => std::iter::once(None).chain(rest.iter().copied()).collect(),
            other => other.to_vec(),
        }),
    })
}

impl<E: Element> Dataset<E> {
    /// The form of the elements: how they are put together, with names, shapes and dtypes; tf.data's `element_spec`. An axis that
    /// may differ, such as that of the samples in a batch, is `None`. After a `map` or another function the first element tells, so
    /// that the stages before it run for one element.
    ///
    /// # Errors
    /// An option that makes no sense, an error of a function, no element to tell from.
    ///
    /// ```
    /// use kiln_core::Tensor;
    /// use kiln_data::Dataset;
    /// let data = Dataset::from_tensor_slices((Tensor::zeros([9, 28, 28]), Tensor::range(0..9)))?.shuffle(9).batch(2);
    /// let expected = "(TensorSpec(shape=(None, 28, 28), dtype=float32), TensorSpec(shape=(None,), dtype=int32))";
    /// assert_eq!(data.element_spec()?.to_string(), expected);
    /// let images = data.map(|(x, _)| x.reshape([-1, 784]));
    /// assert_eq!(images.element_spec()?.to_string(), "TensorSpec(shape=(None, 784), dtype=float32)");
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn element_spec(&self) -> Result<ElementSpec> {
        self.check()?;
        self.stage.spec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Named;

    fn spec<E: Element>(data: &Dataset<E>) -> String {
        data.element_spec().unwrap().to_string().replace("TensorSpec", "").replace("shape=", "").replace(", dtype=", " ")
    }

    #[test]
    fn stages_say_what_they_give() {
        let pairs = Dataset::from_tensor_slices((Tensor::zeros([7, 3]), Tensor::range(0..7))).unwrap();
        assert_eq!(spec(&pairs.shuffle(7).repeat(2).take(3).skip(1).prefetch(1).cache()), "(((3,) float32), (() int32))");
        assert_eq!(spec(&pairs.batch(2)), "(((None, 3) float32), ((None,) int32))");
        assert_eq!(spec(&pairs.batch(2).drop_remainder(true)), "(((2, 3) float32), ((2,) int32))");
        assert_eq!(spec(&pairs.batch(2).unbatch()), "(((3,) float32), (() int32))");
        assert_eq!(spec(&pairs.padded_batch(2)), "(((None, None) float32), ((None,) int32))");
        assert_eq!(spec(&pairs.zip(&Dataset::range(0..3))), "((((3,) float32), (() int32)), (() int64))");
        assert_eq!(spec(&pairs.window(2)), "(((None, 3) float32), ((None,) int32))");
        let scaled = pairs.batch(2).par_map(2, |(x, y)| Ok((x * 2.0, y.to_float())));
        assert_eq!(spec(&scaled), "(((None, 3) float32), ((None,) float32))");
        assert_eq!(spec(&pairs.map(|(x, y)| Ok(vec![x, y]))), "[((3,) float32), (() int32)]");
    }

    #[test]
    fn asking_moves_nothing_on() {
        let data = Dataset::range(0..9).shuffle(9).seed(1).map(Ok);
        let first = data.iter_epoch(0).next().unwrap().unwrap().item();
        assert_eq!(spec(&data), "(() int64)");
        assert_eq!(data.iter().next().unwrap().unwrap().item(), first);
    }

    #[test]
    fn nothing_to_tell_from_is_an_error() {
        let none = Dataset::range(0..0).map(Ok).element_spec().unwrap_err().to_string();
        assert_eq!(none, "element_spec: there is no element to tell it from");
        assert!(Dataset::range(0..3).batch(0).element_spec().is_err());
        let named = Dataset::from_iter(vec![Named::from([("a", Tensor::zeros([2]))])]);
        assert_eq!(spec(&named), "{\"a\": ((2,) float32)}");
    }
}
