//! Tensors by name, as one element: tf.data's dictionaries.

use super::element::{Element, IntoElement};
use super::spec::ElementSpec;
use kiln_core::data::Tensors;
use kiln_core::{Error, Result, Tensor};
use std::sync::Arc;

/// An element of tensors by name, in a fixed order: a row of a table, the inputs of a model.
///
/// `fit` gives each to the model's input of that name.
///
/// ```
/// use kiln_core::Tensor;
/// use kiln_data::{Dataset, Named};
/// let (age, weight) = (Tensor::constant([31.0, 58.0, 44.0]), Tensor::constant([60.0, 81.0, 77.0]));
/// let data = Dataset::from_tensor_slices([("age", &age), ("weight", &weight)])?.batch(3);
/// let people = data.iter().next().unwrap()?;
/// assert_eq!(people.get("age")?.to_vec::<f32>(), [31.0, 58.0, 44.0]);
/// assert_eq!(people.matrix(&["weight", "age"])?.shape(), [3, 2]);
/// assert_eq!(people.get("wight").unwrap_err().to_string(), "unknown name `wight`, did you mean `weight`?");
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Named {
    tensors: Vec<(Arc<str>, Tensor)>,
}

impl Named {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The tensor of a name.
    ///
    /// # Errors
    /// A name that isn't there.
    pub fn get(&self, name: &str) -> Result<&Tensor> {
        self.tensors.iter().find(|(own, _)| &**own == name).map(|(_, tensor)| tensor).ok_or_else(|| self.unknown(name))
    }

    /// Puts a tensor in, at the end or in the place of the one that has the name.
    pub fn insert(&mut self, name: impl Into<Arc<str>>, tensor: Tensor) {
        let name = name.into();
        match self.tensors.iter_mut().find(|(own, _)| *own == name) {
            Some((_, place)) => *place = tensor,
            None => self.tensors.push((name, tensor)),
        }
    }

    /// Takes a tensor out, such as the target: Python's `pop`.
    ///
    /// # Errors
    /// A name that isn't there.
    ///
    /// ```
    /// use kiln_core::Tensor;
    /// use kiln_data::Named;
    /// let mut row = Named::from([("x", Tensor::constant(1.0)), ("y", Tensor::constant(2.0))]);
    /// assert_eq!(row.remove("y")?.item(), 2.0);
    /// assert_eq!(row.names().collect::<Vec<_>>(), ["x"]);
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn remove(&mut self, name: &str) -> Result<Tensor> {
        match self.tensors.iter().position(|(own, _)| &**own == name) {
            Some(place) => Ok(self.tensors.remove(place).1),
            None => Err(self.unknown(name)),
        }
    }

    /// Some of the tensors, in the order of `names`.
    ///
    /// # Errors
    /// A name that isn't there.
    pub fn select(&self, names: &[&str]) -> Result<Self> {
        names.iter().map(|name| Ok((*name, self.get(name)?.clone()))).collect()
    }

    /// The tensors side by side, as `float32`: scalars become a row, columns of shape (n,) and parts of shape (n, k) a matrix.
    ///
    /// # Errors
    /// A name that isn't there, no name, lengths that differ, a tensor of more than 2 axes.
    pub fn matrix(&self, names: &[&str]) -> Result<Tensor> {
        let column = |name: &&str| {
            let tensor = self.get(name)?;
            match tensor.rank() {
                0 => tensor.clone().to_float().reshape([1]),
                1 => tensor.clone().to_float().expand_dims(1),
                2 => Ok(tensor.clone().to_float()),
                _ => Err(Error::shape("matrix", format!("`{name}` of at most 2 axes"), tensor.describe())),
            }
        };
        let columns: Vec<Tensor> = names.iter().map(column).collect::<Result<_>>()?;
        match columns.first() {
            Some(_) => Tensor::concat(&columns, -1).map_err(|error| error.by("concat", "matrix")),
            None => Err(Error::option("matrix", "names", "at least one name", "none")),
        }
    }

    /// The names, in their order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.iter().map(|(name, _)| &**name)
    }

    /// Names and tensors, in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Tensor)> {
        self.tensors.iter().map(|(name, tensor)| (&**name, tensor))
    }

    /// How many tensors there are.
    pub fn len(&self) -> usize {
        self.tensors.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.tensors.is_empty()
    }

    fn unknown(&self, name: &str) -> Error {
        Error::unknown("name", name, self.names())
    }
}

impl<S: Into<Arc<str>>> FromIterator<(S, Tensor)> for Named {
    fn from_iter<I: IntoIterator<Item = (S, Tensor)>>(pairs: I) -> Self {
        let mut named = Self::new();
        pairs.into_iter().for_each(|(name, tensor)| named.insert(name, tensor));
        named
    }
}

impl<const N: usize> From<[(&str, Tensor); N]> for Named {
    fn from(pairs: [(&str, Tensor); N]) -> Self {
        pairs.into_iter().collect()
    }
}

impl Element for Named {
    fn tensors(&self) -> Vec<&Tensor> {
        self.tensors.iter().map(|(_, tensor)| tensor).collect()
    }

    fn parts(&self) -> Vec<Vec<&Tensor>> {
        vec![Element::tensors(self)]
    }

    fn spec(&self) -> ElementSpec {
        ElementSpec::Named(self.tensors.iter().map(|(name, tensor)| (name.clone(), ElementSpec::of(tensor))).collect())
    }

    fn from_tensors(_: Vec<Tensor>) -> Result<Self> {
        Err(Error::data("Element", "tensors alone don't say their names").hint("`map` them to a `Named`"))
    }

    fn from_spec(spec: &ElementSpec, tensors: Vec<Tensor>) -> Result<Self> {
        match spec {
            ElementSpec::Named(parts) if parts.len() == tensors.len() => {
                Ok(Self { tensors: parts.iter().map(|(name, _)| name.clone()).zip(tensors).collect() })
            }
            ElementSpec::Named(parts) => {
                Err(Error::data("Element", format!("expected {} tensors by name, received {}", parts.len(), tensors.len())))
            }
            _ => Self::from_tensors(tensors),
        }
    }
}

impl<const N: usize> IntoElement for [(&str, &Tensor); N] {
    type Element = Named;
    fn into_element(self) -> Named {
        self.into_iter().map(|(name, tensor)| (name, tensor.clone())).collect()
    }
}

impl IntoElement for Named {
    type Element = Self;
    fn into_element(self) -> Self {
        self
    }
}

impl Tensors for &Named {
    fn tensors(self) -> Vec<Tensor> {
        Element::tensors(self).into_iter().cloned().collect()
    }

    fn names(&self) -> Vec<String> {
        Named::names(self).map(str::to_owned).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Dataset;
    use kiln_core::data::{Data, IntoData};

    #[test]
    fn names_stay_through_all_stages() {
        let (a, b, y) = (Tensor::range(0..12).reshape([6, 2]).unwrap(), Tensor::range(0..6).to_float(), Tensor::range(0..6));
        let data = Dataset::from_tensor_slices(([("a", &a), ("b", &b)], [("y", &y)])).unwrap();
        let shuffled = data.shuffle(6).seed(1).map(Ok).batch(4).unbatch().padded_batch(3).cache().prefetch(1);
        let (x, target) = shuffled.iter().nth(1).unwrap().unwrap();
        assert_eq!((x.names().collect::<Vec<_>>(), target.names().collect::<Vec<_>>()), (vec!["a", "b"], vec!["y"]));
        assert_eq!((x.get("a").unwrap().shape(), x.get("b").unwrap().to_vec::<i32>()), (vec![3, 2], target.get("y").unwrap().to_vec()));
        let window = data.window(2).iter().next().unwrap().unwrap();
        assert_eq!(window.0.get("a").unwrap().shape(), [2, 2]);
    }

    #[test]
    fn fit_gets_the_names() {
        let (a, y) = (Tensor::zeros([4, 2]), Tensor::zeros([4]));
        let data = Dataset::from_tensor_slices(([("a", &a)], [("p", &y), ("q", &y)])).unwrap().batch(2);
        let Data::Stream(stream) = data.into_data().unwrap() else { panic!("a stream") };
        let batch = stream.batches(0).next().unwrap().unwrap();
        assert_eq!((batch.names.x.to_vec(), batch.names.y.to_vec()), (vec!["a".to_owned()], vec!["p".to_owned(), "q".to_owned()]));
        let alone = Dataset::from_tensor_slices([("a", &a), ("b", &a)]).unwrap().batch(2);
        let Data::Stream(stream) = alone.into_data().unwrap() else { panic!("a stream") };
        let batch = stream.batches(0).next().unwrap().unwrap();
        assert_eq!((batch.x.len(), batch.y.len(), batch.names.x.len()), (2, 0, 2));
    }

    #[test]
    fn other_names_in_one_batch_are_an_error() {
        let row = |name: &str| [(name, Tensor::zeros([2]))].into_iter().collect::<Named>();
        let error = Dataset::from_iter(vec![row("a"), row("b")]).batch(2).iter().next().unwrap().unwrap_err().to_string();
        assert!(error.starts_with("batch: expected elements of one form {\"a\": "), "{error}");
        assert!(row("a").matrix(&[]).is_err() && row("a").select(&["b"]).is_err());
        let mut row = row("a");
        row.insert("a", Tensor::zeros([1, 1, 1]));
        assert_eq!((row.len(), row.is_empty()), (1, false));
        assert!(row.matrix(&["a"]).unwrap_err().to_string().contains("`a` of at most 2 axes"));
    }
}
