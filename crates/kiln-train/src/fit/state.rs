//! What a training needs to go on exactly where it stood.

use super::Logs;
use kiln_core::{Error, Result, Tensor};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Named values and tensors, which name parts of parts with `/`: the state of a model, an optimizer, a callback or a whole training.
///
/// Numbers come back bit for bit, NaN and infinities included.
///
/// ```
/// use kiln_core::Tensor;
/// use kiln_train::fit::State;
/// let mut inner = State::new();
/// inner.set("wait", &3usize);
/// inner.set("best", &Some(0.1f64));
/// inner.set_tensor("kernel", &Tensor::ones([2]));
/// let mut outer = State::new();
/// outer.put("stopping", inner);
/// let mut best: Option<f64> = None;
/// outer.part("stopping").read("best", &mut best)?;
/// assert_eq!(best, Some(0.1));
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct State {
    values: BTreeMap<String, Value>,
    tensors: BTreeMap<String, Tensor>,
}

impl State {
    /// Nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// From what [`State::values`] and [`State::tensors`] gave.
    pub fn from_parts(values: Map<String, Value>, tensors: impl IntoIterator<Item = (String, Tensor)>) -> Self {
        Self { values: values.into_iter().collect(), tensors: tensors.into_iter().collect() }
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty() && self.tensors.is_empty()
    }

    /// Keeps a value.
    pub fn set<T: Keep>(&mut self, name: &str, value: &T) {
        self.values.insert(name.to_owned(), value.keep());
    }

    /// Keeps a tensor.
    pub fn set_tensor(&mut self, name: &str, tensor: &Tensor) {
        self.tensors.insert(name.to_owned(), tensor.clone().inner());
    }

    /// Puts the value of `name` into `into`.
    ///
    /// # Errors
    /// There is none, or one of another kind.
    pub fn read<T: Keep>(&self, name: &str, into: &mut T) -> Result<()> {
        *into = self.get(name)?;
        Ok(())
    }

    /// The value of `name`.
    ///
    /// # Errors
    /// There is none, or one of another kind.
    pub fn get<T: Keep>(&self, name: &str) -> Result<T> {
        let value = self.values.get(name).and_then(T::take);
        value.ok_or_else(|| Error::data("state", format!("there is no `{name}` in the state that was kept, or it is damaged")))
    }

    /// The tensor of `name`.
    ///
    /// # Errors
    /// There is none.
    pub fn tensor(&self, name: &str) -> Result<Tensor> {
        let tensor = self.tensors.get(name).cloned();
        tensor.ok_or_else(|| Error::data("state", format!("there is no tensor `{name}` in the state that was kept")))
    }

    /// Takes `state` in as the part `name`.
    pub fn put(&mut self, name: &str, state: Self) {
        self.values.extend(state.values.into_iter().map(|(key, value)| (format!("{name}/{key}"), value)));
        self.tensors.extend(state.tensors.into_iter().map(|(key, tensor)| (format!("{name}/{key}"), tensor)));
    }

    /// The part `name`, empty if there is none.
    pub fn part(&self, name: &str) -> Self {
        let own = |key: &String| key.strip_prefix(name)?.strip_prefix('/').map(str::to_owned);
        Self {
            values: self.values.iter().filter_map(|(key, value)| Some((own(key)?, value.clone()))).collect(),
            tensors: self.tensors.iter().filter_map(|(key, tensor)| Some((own(key)?, tensor.clone()))).collect(),
        }
    }

    /// All values by name, as JSON has them.
    pub fn values(&self) -> Map<String, Value> {
        self.values.clone().into_iter().collect()
    }

    /// All tensors by name.
    pub fn tensors(&self) -> impl Iterator<Item = (&str, &Tensor)> {
        self.tensors.iter().map(|(name, tensor)| (name.as_str(), tensor))
    }
}

/// What a [`State`] can keep.
pub trait Keep: Sized {
    /// The value as JSON has it.
    fn keep(&self) -> Value;
    /// The value again; `None` if it isn't one.
    fn take(value: &Value) -> Option<Self>;
}

macro_rules! keep {
    ($($ty:ty, |$value:ident| $take:expr;)*) => {$(
        impl Keep for $ty {
            fn keep(&self) -> Value {
                Value::from(self.clone())
            }
            fn take($value: &Value) -> Option<Self> {
                $take
            }
        }
    )*};
}

keep! {
    bool, |value| value.as_bool();
    u64, |value| value.as_u64();
    usize, |value| value.as_u64()?.try_into().ok();
    String, |value| value.as_str().map(str::to_owned);
}

/// As text, the shortest that gives the same bits: JSON has no NaN, and its readers may round.
impl Keep for f64 {
    fn keep(&self) -> Value {
        self.to_string().into()
    }
    fn take(value: &Value) -> Option<Self> {
        value.as_str()?.parse().ok()
    }
}

impl<T: Keep> Keep for Option<T> {
    fn keep(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::keep)
    }
    fn take(value: &Value) -> Option<Self> {
        if value.is_null() { Some(None) } else { T::take(value).map(Some) }
    }
}

impl<T: Keep> Keep for Vec<T> {
    fn keep(&self) -> Value {
        self.iter().map(T::keep).collect()
    }
    fn take(value: &Value) -> Option<Self> {
        value.as_array()?.iter().map(T::take).collect()
    }
}

impl<A: Keep, B: Keep> Keep for (A, B) {
    fn keep(&self) -> Value {
        vec![self.0.keep(), self.1.keep()].into()
    }
    fn take(value: &Value) -> Option<Self> {
        match value.as_array()?.as_slice() {
            [a, b] => Some((A::take(a)?, B::take(b)?)),
            _ => None,
        }
    }
}

impl Keep for Logs {
    fn keep(&self) -> Value {
        let all: Vec<(String, f64)> = self.iter().map(|(name, value)| (name.to_owned(), value)).collect();
        all.keep()
    }
    fn take(value: &Value) -> Option<Self> {
        let mut logs = Self::new();
        Vec::<(String, f64)>::take(value)?.iter().for_each(|(name, value)| logs.set(name, *value));
        Some(logs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_bit_for_bit() {
        let mut state = State::new();
        let numbers = vec![0.1 + 0.2, f64::MIN_POSITIVE / 3.0, -0.0, f64::INFINITY, 1e308, 0.1f32 as f64];
        state.set("numbers", &numbers);
        state.set("nan", &f64::NAN);
        state.set("count", &u64::MAX);
        let text = serde_json::to_string(&state.values()).unwrap();
        let Value::Object(values) = serde_json::from_str(&text).unwrap() else { panic!("{text}") };
        let again = State::from_parts(values, []);
        let bits = |v: Vec<f64>| v.into_iter().map(f64::to_bits).collect::<Vec<_>>();
        assert_eq!(bits(again.get("numbers").unwrap()), bits(numbers));
        assert!(again.get::<f64>("nan").unwrap().is_nan());
        assert_eq!(again.get::<u64>("count").unwrap(), u64::MAX);
        assert!(again.get::<bool>("count").is_err() && again.get::<u64>("other").is_err() && again.tensor("count").is_err());
    }

    #[test]
    fn parts_have_names_of_their_own() {
        let mut inner = State::new();
        inner.set("flag", &true);
        let mut outer = State::new();
        outer.put("a", inner.clone());
        outer.put("ab", State::new());
        assert!(outer.part("a").get::<bool>("flag").unwrap() && outer.part("ab").is_empty() && outer.part("").is_empty());
    }
}
