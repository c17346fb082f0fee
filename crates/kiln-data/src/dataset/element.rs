//! What a pipeline carries: one tensor or a few that belong together.

use kiln_core::{Error, Result, Tensor};

/// One element of a [`Dataset`](crate::Dataset): a sample, or a batch of samples.
///
/// It is a tensor, a pair `(x, y)`, a triple `(x, y, sample_weight)` or a `Vec` of tensors. Implement it for a type of your own
/// to carry that through a pipeline.
///
/// ```
/// use kiln_core::Tensor;
/// use kiln_data::Element;
/// let pair = (Tensor::constant([1, 2]), Tensor::constant([3]));
/// assert_eq!(pair.tensors().len(), 2);
/// let again = <(Tensor, Tensor)>::from_tensors(vec![pair.0, pair.1])?;
/// assert_eq!(again.1.to_vec::<i32>(), [3]);
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub trait Element: Clone + Send + 'static {
    /// The tensors, in a fixed order.
    fn tensors(&self) -> Vec<&Tensor>;

    /// The element of these tensors, in the order of [`Element::tensors`].
    ///
    /// # Errors
    /// Another number of tensors than the type has.
    fn from_tensors(tensors: Vec<Tensor>) -> Result<Self>;
}

impl Element for Tensor {
    fn tensors(&self) -> Vec<&Tensor> {
        vec![self]
    }

    fn from_tensors(tensors: Vec<Tensor>) -> Result<Self> {
        let [x] = parts(tensors)?;
        Ok(x)
    }
}

impl Element for (Tensor, Tensor) {
    fn tensors(&self) -> Vec<&Tensor> {
        vec![&self.0, &self.1]
    }

    fn from_tensors(tensors: Vec<Tensor>) -> Result<Self> {
        let [x, y] = parts(tensors)?;
        Ok((x, y))
    }
}

impl Element for (Tensor, Tensor, Tensor) {
    fn tensors(&self) -> Vec<&Tensor> {
        vec![&self.0, &self.1, &self.2]
    }

    fn from_tensors(tensors: Vec<Tensor>) -> Result<Self> {
        let [x, y, weight] = parts(tensors)?;
        Ok((x, y, weight))
    }
}

impl Element for Vec<Tensor> {
    fn tensors(&self) -> Vec<&Tensor> {
        self.iter().collect()
    }

    fn from_tensors(tensors: Vec<Tensor>) -> Result<Self> {
        Ok(tensors)
    }
}

fn parts<const N: usize>(tensors: Vec<Tensor>) -> Result<[Tensor; N]> {
    tensors.try_into().map_err(|tensors: Vec<Tensor>| Error::data("Element", format!("expected {N} tensors, received {}", tensors.len())))
}

/// What [`Dataset::from_tensor_slices`](crate::Dataset::from_tensor_slices) takes: a tensor, or a tuple or `Vec` of tensors,
/// each by value or by reference.
///
/// ```
/// use kiln_core::Tensor;
/// use kiln_data::{Element, IntoElement};
/// let (x, y) = (Tensor::zeros([4, 2]), Tensor::zeros([4]));
/// assert_eq!((&x, y).into_element().tensors().len(), 2);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be cut into samples",
    note = "give a tensor, `(&x, &y)`, `(&x, &y, &sample_weight)` or a `Vec<Tensor>`"
)]
pub trait IntoElement {
    /// The element it becomes.
    type Element: Element;
    /// The element.
    fn into_element(self) -> Self::Element;
}

impl IntoElement for Tensor {
    type Element = Tensor;
    fn into_element(self) -> Tensor {
        self
    }
}

impl IntoElement for &Tensor {
    type Element = Tensor;
    fn into_element(self) -> Tensor {
        self.clone()
    }
}

impl IntoElement for Vec<Tensor> {
    type Element = Self;
    fn into_element(self) -> Self {
        self
    }
}

impl<X, Y> IntoElement for (X, Y)
where
    X: IntoElement<Element = Tensor>,
    Y: IntoElement<Element = Tensor>,
{
    type Element = (Tensor, Tensor);
    fn into_element(self) -> Self::Element {
        (self.0.into_element(), self.1.into_element())
    }
}

impl<X, Y, W> IntoElement for (X, Y, W)
where
    X: IntoElement<Element = Tensor>,
    Y: IntoElement<Element = Tensor>,
    W: IntoElement<Element = Tensor>,
{
    type Element = (Tensor, Tensor, Tensor);
    fn into_element(self) -> Self::Element {
        (self.0.into_element(), self.1.into_element(), self.2.into_element())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_needs_two_tensors() {
        let error = <(Tensor, Tensor)>::from_tensors(vec![Tensor::constant(1)]).unwrap_err();
        assert_eq!(error.to_string(), "Element: expected 2 tensors, received 1");
        assert_eq!(<Vec<Tensor>>::from_tensors(vec![Tensor::constant(1); 4]).unwrap().len(), 4);
    }
}
