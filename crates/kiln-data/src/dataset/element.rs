//! What a pipeline carries: one tensor or a few that belong together.

use super::spec::ElementSpec;
use kiln_core::{Error, Result, Tensor};

/// One element of a [`Dataset`](crate::Dataset): a sample, or a batch of samples.
///
/// It is a tensor, a pair `(x, y)`, a triple `(x, y, sample_weight)`, a `Vec` of tensors or tensors by name
/// ([`Named`](crate::Named)); pairs and triples can be nested, as in `((title, body), label)`. Implement it for a type of your own to carry that through a pipeline.
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
pub trait Element: Clone + Send + Sync + 'static {
    /// How many tensors there are, when the type says it.
    const WIDTH: Option<usize> = None;

    /// The tensors, in a fixed order.
    fn tensors(&self) -> Vec<&Tensor>;

    /// What `fit` takes for `x`, `y` and `sample_weight`; by default one tensor each.
    fn parts(&self) -> Vec<Vec<&Tensor>> {
        self.tensors().into_iter().map(|tensor| vec![tensor]).collect()
    }

    /// The element of these tensors, in the order of [`Element::tensors`].
    ///
    /// # Errors
    /// Another number of tensors than the type has.
    fn from_tensors(tensors: Vec<Tensor>) -> Result<Self>;

    /// How the element is put together, with the shapes and dtypes it has. Default: a list of its tensors.
    fn spec(&self) -> ElementSpec {
        ElementSpec::List(self.tensors().into_iter().map(ElementSpec::of).collect())
    }

    /// The element of these tensors, put together as `spec` says; by default [`Element::from_tensors`].
    ///
    /// # Errors
    /// Another number of tensors than the form has.
    fn from_spec(_spec: &ElementSpec, tensors: Vec<Tensor>) -> Result<Self> {
        Self::from_tensors(tensors)
    }
}

impl Element for Tensor {
    const WIDTH: Option<usize> = Some(1);

    fn tensors(&self) -> Vec<&Tensor> {
        vec![self]
    }

    fn from_tensors(tensors: Vec<Tensor>) -> Result<Self> {
        let [x] = parts(tensors)?;
        Ok(x)
    }

    fn spec(&self) -> ElementSpec {
        ElementSpec::of(self)
    }
}

impl<A: Element, B: Element> Element for (A, B) {
    const WIDTH: Option<usize> = match (A::WIDTH, B::WIDTH) {
        (Some(a), Some(b)) => Some(a + b),
        _ => None,
    };

    fn tensors(&self) -> Vec<&Tensor> {
        self.parts().concat()
    }

    fn parts(&self) -> Vec<Vec<&Tensor>> {
        vec![self.0.tensors(), self.1.tensors()]
    }

    fn from_tensors(tensors: Vec<Tensor>) -> Result<Self> {
        let [a, b] = split(tensors, [A::WIDTH, B::WIDTH])?;
        Ok((A::from_tensors(a)?, B::from_tensors(b)?))
    }

    fn spec(&self) -> ElementSpec {
        ElementSpec::Tuple(vec![self.0.spec(), self.1.spec()])
    }

    fn from_spec(spec: &ElementSpec, tensors: Vec<Tensor>) -> Result<Self> {
        match spec {
            ElementSpec::Tuple(forms) if forms.len() == 2 => {
                let [a, b] = split(tensors, [0, 1].map(|i| Some(forms[i].width())))?;
                Ok((A::from_spec(&forms[0], a)?, B::from_spec(&forms[1], b)?))
            }
            _ => Self::from_tensors(tensors),
        }
    }
}

impl<A: Element, B: Element, C: Element> Element for (A, B, C) {
    const WIDTH: Option<usize> = match (A::WIDTH, B::WIDTH, C::WIDTH) {
        (Some(a), Some(b), Some(c)) => Some(a + b + c),
        _ => None,
    };

    fn tensors(&self) -> Vec<&Tensor> {
        self.parts().concat()
    }

    fn parts(&self) -> Vec<Vec<&Tensor>> {
        vec![self.0.tensors(), self.1.tensors(), self.2.tensors()]
    }

    fn from_tensors(tensors: Vec<Tensor>) -> Result<Self> {
        let [a, b, c] = split(tensors, [A::WIDTH, B::WIDTH, C::WIDTH])?;
        Ok((A::from_tensors(a)?, B::from_tensors(b)?, C::from_tensors(c)?))
    }

    fn spec(&self) -> ElementSpec {
        ElementSpec::Tuple(vec![self.0.spec(), self.1.spec(), self.2.spec()])
    }

    fn from_spec(spec: &ElementSpec, tensors: Vec<Tensor>) -> Result<Self> {
        match spec {
            ElementSpec::Tuple(forms) if forms.len() == 3 => {
                let [a, b, c] = split(tensors, [0, 1, 2].map(|i| Some(forms[i].width())))?;
                Ok((A::from_spec(&forms[0], a)?, B::from_spec(&forms[1], b)?, C::from_spec(&forms[2], c)?))
            }
            _ => Self::from_tensors(tensors),
        }
    }
}

/// Cuts tensors into parts of these widths, of which one may be open.
fn split<const N: usize>(tensors: Vec<Tensor>, widths: [Option<usize>; N]) -> Result<[Vec<Tensor>; N]> {
    let known: usize = widths.iter().flatten().sum();
    let open = widths.iter().filter(|width| width.is_none()).count();
    let rest = tensors.len().checked_sub(known).filter(|rest| open == 1 || (open == 0 && *rest == 0));
    let Some(rest) = rest else {
        return Err(match open {
            0 | 1 => Error::data("Element", format!("expected {known} tensors, received {}", tensors.len())),
            _ => Error::data("Element", "a tuple with two `Vec`s can't be put together again").hint("`map` it to tuples of tensors"),
        });
    };
    let mut tensors = tensors.into_iter();
    Ok(widths.map(|width| tensors.by_ref().take(width.unwrap_or(rest)).collect()))
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
/// each by value or by reference, or an array of names and tensors.
///
/// ```
/// use kiln_core::Tensor;
/// use kiln_data::{Element, IntoElement};
/// let (x, y) = (Tensor::zeros([4, 2]), Tensor::zeros([4]));
/// assert_eq!((&x, y).into_element().tensors().len(), 2);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be cut into samples",
    note = "give a tensor, `(&x, &y)`, `(&x, &y, &sample_weight)`, a `Vec<Tensor>` or `[(\"name\", &x)]`"
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
    X: IntoElement,
    Y: IntoElement,
{
    type Element = (X::Element, Y::Element);
    fn into_element(self) -> Self::Element {
        (self.0.into_element(), self.1.into_element())
    }
}

impl<X, Y, W> IntoElement for (X, Y, W)
where
    X: IntoElement,
    Y: IntoElement,
    W: IntoElement,
{
    type Element = (X::Element, Y::Element, W::Element);
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

    #[test]
    fn tuples_may_hold_tuples_and_one_vec() {
        let numbers: Vec<Tensor> = (0..4).map(Tensor::constant).collect();
        let ((a, b), c) = <((Tensor, Tensor), Tensor)>::from_tensors(numbers[..3].to_vec()).unwrap();
        assert_eq!((a.item(), b.item(), c.item()), (0.0, 1.0, 2.0));
        let (x, y) = <(Vec<Tensor>, Tensor)>::from_tensors(numbers.clone()).unwrap();
        assert_eq!((x.len(), y.item()), (3, 3.0));
        assert_eq!((x, y).parts().iter().map(Vec::len).collect::<Vec<_>>(), [3, 1]);
        assert!(<(Vec<Tensor>, Vec<Tensor>)>::from_tensors(numbers).is_err());
    }
}
