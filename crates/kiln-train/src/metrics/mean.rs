//! Running means and sums on the host.

use super::gathered::{self, Gathered};
use super::{Direction, Metric};
use crate::losses::weights_for;
use kiln_core::{Result, Tensor};

/// Values of a batch on the host.
pub(crate) struct Values {
    pub(crate) values: Vec<f32>,
    pub(crate) shape: Vec<usize>,
    /// Which values count where a weight is given, 1 or 0 each.
    pub(crate) mask: Option<Vec<f32>>,
}

impl Values {
    pub(crate) fn new(values: Vec<f32>, shape: &[usize]) -> Self {
        Self { values, shape: shape.to_vec(), mask: None }
    }

    /// Of a tensor.
    pub(crate) fn of(tensor: Tensor) -> Self {
        Self { shape: tensor.shape(), values: tensor.inner().to_vec(), mask: None }
    }

    /// A weight for each value, 1 where none is given.
    pub(crate) fn weights(&self, sample_weight: Option<&Tensor>) -> Result<Option<Vec<f32>>> {
        let Some(weight) = sample_weight else { return Ok(None) };
        let weight = weights_for("sample_weight", weight, &self.shape)?.broadcast_to(&self.shape)?;
        let mut weights = weight.inner().to_vec::<f32>();
        if let Some(mask) = &self.mask {
            weights.iter_mut().zip(mask).for_each(|(w, m)| *w *= m);
        }
        Ok(Some(weights))
    }
}

/// Σ value·weight and Σ weight, over samples: the values of one sample count as their mean.
///
/// Keras: `src/metrics/reduction_metrics.py`, `reduce_to_samplewise_values` and `Mean`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Running {
    total: f64,
    count: f64,
}

impl Running {
    pub(crate) fn add(&mut self, values: Values, sample_weight: Option<&Tensor>) -> Result<()> {
        let inner = values.shape.iter().skip(1).product::<usize>().max(1) as f64;
        let (total, count) = match values.weights(sample_weight)? {
            None => (sum(values.values.iter().map(|v| f64::from(*v))), values.values.len() as f64),
            Some(weights) => {
                let weighted = values.values.iter().zip(&weights).map(|(v, w)| f64::from(*v) * f64::from(*w));
                (sum(weighted), sum(weights.iter().map(|w| f64::from(*w))))
            }
        };
        self.total += total / inner;
        self.count += count / inner;
        Ok(())
    }

    /// The mean, 0 when nothing was added.
    pub(crate) fn mean(&self) -> f64 {
        if self.count == 0.0 { 0.0 } else { self.total / self.count }
    }
}

impl Gathered for Running {
    fn numbers(&mut self) -> Vec<&mut f64> {
        vec![&mut self.total, &mut self.count]
    }
}

fn sum(values: impl Iterator<Item = f64>) -> f64 {
    // -0.0 is what an empty sum of floats starts from.
    values.sum::<f64>() + 0.0
}

/// As Keras reports it.
pub(crate) fn rounded(value: f64) -> f64 {
    f64::from(value as f32)
}

macro_rules! reduction {
    ($(#[$doc:meta])* $name:ident as $text:literal, $state:ty, |$this:ident, $values:ident, $weight:ident| $add:expr, |$result:ident| $value:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name {
            name: String,
            state: $state,
        }

        impl Default for $name {
            fn default() -> Self {
                Self::new()
            }
        }

        impl $name {
            /// Nothing gathered yet.
            pub fn new() -> Self {
                Self { name: $text.to_owned(), state: Default::default() }
            }

            /// Another name.
            pub fn name(mut self, name: &str) -> Self {
                self.name = name.to_owned();
                self
            }

            pub(crate) fn configured(config: &$crate::config::Config) -> Result<Self> {
                let mut metric = Self::new();
                config.read("name", &mut metric.name)?;
                Ok(metric)
            }

            /// Takes in values, each with a weight of its own or of its sample.
            ///
            /// # Errors
            /// Weights that don't fit the values.
            pub fn update(&mut self, values: &Tensor, sample_weight: Option<&Tensor>) -> Result<()> {
                let ($this, $values, $weight) = (self, Values::of(values.clone()), sample_weight);
                $add
            }
        }

        impl Metric for $name {
            fn name(&self) -> &str {
                &self.name
            }

            /// Takes in the predictions.
            fn update_state(&mut self, _: &Tensor, y_pred: &Tensor, sample_weight: Option<&Tensor>) -> Result<()> {
                self.update(y_pred, sample_weight)
            }

            fn result(&self) -> f64 {
                let $result = &self.state;
                rounded($value)
            }

            fn reset_state(&mut self) {
                self.state = Default::default();
            }

            fn state(&self) -> Option<Vec<f64>> {
                Some(gathered::written(&self.state))
            }

            fn restore(&mut self, state: &[f64]) -> Result<()> {
                self.state = gathered::read(&self.name, state, |_| Ok(Default::default()))?;
                Ok(())
            }

            fn direction(&self) -> Direction {
                Direction::Unknown
            }

            fn config(&self) -> Option<$crate::config::Config> {
                let values = serde_json::Map::from_iter([("name".to_owned(), self.name.clone().into())]);
                Some($crate::config::Config::new(stringify!($name), values))
            }

            fn boxed_clone(&self) -> Box<dyn Metric> {
                Box::new(self.clone())
            }
        }
    };
}

reduction! {
    /// The weighted mean of values; as a metric of a model, of its predictions.
    ///
    /// Keras: `src/metrics/reduction_metrics.py`, class `Mean`.
    ///
    /// ```
    /// use kiln_core::Tensor;
    /// use kiln_train::metrics::{Mean, Metric};
    /// let mut mean = Mean::new();
    /// mean.update(&Tensor::constant([1.0, 3.0, 5.0, 7.0]), Some(&Tensor::constant([1.0, 1.0, 0.0, 0.0])))?;
    /// assert_eq!(mean.result(), 2.0);
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    Mean as "mean", Running, |this, values, weight| this.state.add(values, weight), |state| state.mean()
}

reduction! {
    /// The weighted sum of values; as a metric of a model, of its predictions.
    ///
    /// Keras: `src/metrics/reduction_metrics.py`, class `Sum`.
    Sum as "sum", f64, |this, values, weight| {
        let weights = values.weights(weight)?.unwrap_or_else(|| vec![1.0; values.values.len()]);
        this.state += sum(values.values.iter().zip(&weights).map(|(v, w)| f64::from(*v) * f64::from(*w)));
        Ok(())
    }, |state| *state
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_count_as_their_mean() {
        let values = Tensor::constant([[1.0, 3.0], [5.0, 5.0]]);
        let mut mean = Mean::new();
        mean.update(&values, None).unwrap();
        assert_eq!(mean.result(), 3.5);
        mean.reset_state();
        assert_eq!(mean.result(), 0.0);
        mean.update(&values, Some(&Tensor::constant([[1.0, 0.0], [1.0, 0.0]]))).unwrap();
        assert_eq!(mean.result(), 3.0);
        assert!(mean.update(&values, Some(&Tensor::ones([3]))).is_err());
        let mut sum = Sum::new().name("total");
        sum.update(&values, Some(&Tensor::constant([1.0, 2.0]))).unwrap();
        assert_eq!((sum.result(), Metric::name(&sum)), (24.0, "total"));
    }
}
