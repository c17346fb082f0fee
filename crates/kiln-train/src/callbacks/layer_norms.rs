//! How long the gradients and the updates of each layer are.

use super::{Callback, Controls, Flow};
use crate::fit::{Logs, State};
use kiln_core::{Error, Result, Tensor};

/// Adds to the logs of each epoch, for each layer, the mean length of its gradients, `gradient_norm/dense`, and of its updates,
/// `update_norm/dense`: `sqrt(Σ v²)` over all trained weights of the layer. Gradients are those before clipping. Keras has none.
///
/// Gradients that vanish or explode, and layers that hardly move, are seen so. Measuring takes time in each measured step.
///
/// ```
/// use kiln_train::callbacks::LayerNorms;
/// let callback = LayerNorms::new().updates(false).every(10);
/// ```
#[derive(Clone, Debug)]
pub struct LayerNorms {
    gradients: bool,
    updates: bool,
    every: usize,
    before: Vec<(String, Tensor)>,
    /// Sum and number of the lengths, by the name in the logs.
    sums: Vec<(String, (f64, usize))>,
}

impl Default for LayerNorms {
    fn default() -> Self {
        Self::new()
    }
}

impl LayerNorms {
    /// Gradients and updates of every step.
    pub fn new() -> Self {
        Self { gradients: true, updates: true, every: 1, before: Vec::new(), sums: Vec::new() }
    }

    /// Whether gradients are measured. Default true.
    pub fn gradients(mut self, measure: bool) -> Self {
        self.gradients = measure;
        self
    }

    /// Whether updates are measured. Default true.
    pub fn updates(mut self, measure: bool) -> Self {
        self.updates = measure;
        self
    }

    /// Measures one step in so many, the first of each epoch among them. Default 1.
    pub fn every(mut self, steps: usize) -> Self {
        self.every = steps;
        self
    }

    fn add(&mut self, kind: &str, norms: impl Iterator<Item = (String, f64)>) {
        let mut layers: Vec<(String, f64)> = Vec::new();
        for (path, norm) in norms {
            let layer = path.split('.').next().unwrap_or_default();
            match layers.iter_mut().find(|(name, _)| name == layer) {
                Some((_, squares)) => *squares += norm * norm,
                None => layers.push((layer.to_owned(), norm * norm)),
            }
        }
        for (layer, squares) in layers {
            let name = format!("{kind}/{layer}");
            match self.sums.iter_mut().find(|(n, _)| *n == name) {
                Some((_, (sum, count))) => (*sum, *count) = (*sum + squares.sqrt(), *count + 1),
                None => self.sums.push((name, (squares.sqrt(), 1))),
            }
        }
    }
}

impl Callback for LayerNorms {
    fn on_train_begin(&mut self, _: &mut dyn Controls) -> Result<Flow> {
        if self.every == 0 {
            return Err(Error::option("LayerNorms", "every", "at least 1", 0));
        }
        Ok(Flow::Continue)
    }

    fn on_epoch_begin(&mut self, _: usize, _: &mut dyn Controls) -> Result<Flow> {
        self.sums.clear();
        Ok(Flow::Continue)
    }

    fn on_train_batch_begin(&mut self, batch: usize, model: &mut dyn Controls) -> Result<Flow> {
        let measured = batch.is_multiple_of(self.every);
        if self.gradients {
            model.watch_gradients(measured)?;
        }
        self.before = if measured && self.updates { model.named_weights() } else { Vec::new() };
        Ok(Flow::Continue)
    }

    fn on_train_batch_end(&mut self, batch: usize, _: &Logs, model: &mut dyn Controls) -> Result<Flow> {
        if self.gradients && batch.is_multiple_of(self.every) {
            let norms = model.gradient_norms().to_vec();
            self.add("gradient_norm", norms.into_iter());
        }
        let before = std::mem::take(&mut self.before);
        if !before.is_empty() {
            let moved = |((path, old), (_, new)): ((String, Tensor), (String, Tensor))| (path, (new - old).square().sum().item().sqrt());
            let moves: Vec<(String, f64)> = before.into_iter().zip(model.named_weights()).map(moved).collect();
            self.add("update_norm", moves.into_iter());
        }
        Ok(Flow::Continue)
    }

    fn on_epoch_end(&mut self, _: usize, logs: &mut Logs, _: &mut dyn Controls) -> Result<Flow> {
        self.sums.iter().for_each(|(name, (sum, count))| logs.set(name, sum / *count as f64));
        Ok(Flow::Continue)
    }

    fn on_train_end(&mut self, _: &Logs, model: &mut dyn Controls) -> Result<()> {
        self.before.clear();
        model.watch_gradients(false)
    }

    fn state(&self) -> Result<State> {
        let mut state = State::new();
        state.set("sums", &self.sums);
        Ok(state)
    }

    fn restore(&mut self, state: &State, _: &mut dyn Controls) -> Result<()> {
        state.read("sums", &mut self.sums)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::callbacks::double::Double;

    fn run(mut callback: LayerNorms) -> Logs {
        let mut model =
            Double { norms: vec![("a.kernel".into(), 3.0), ("a.bias".into(), 4.0), ("b.kernel".into(), 2.0)], ..Double::default() };
        callback.on_train_begin(&mut model).unwrap();
        callback.on_epoch_begin(0, &mut model).unwrap();
        for batch in 0..2 {
            model.named = vec![("a.kernel".into(), Tensor::zeros([2]))];
            callback.on_train_batch_begin(batch, &mut model).unwrap();
            assert_eq!(model.watched, callback.gradients && batch % callback.every == 0);
            model.named = vec![("a.kernel".into(), Tensor::constant([3.0, 4.0]) * (batch + 1) as f64)];
            model.norms[2].1 = 2.0 + 2.0 * batch as f64;
            callback.on_train_batch_end(batch, &Logs::new(), &mut model).unwrap();
        }
        let mut logs = Logs::new();
        callback.on_epoch_end(0, &mut logs, &mut model).unwrap();
        callback.on_train_end(&logs, &mut model).unwrap();
        assert!(!model.watched);
        logs
    }

    #[test]
    fn lengths_are_those_of_layers() {
        let logs = run(LayerNorms::new());
        let values: Vec<(&str, f64)> = logs.iter().collect();
        assert_eq!(values, [("gradient_norm/a", 5.0), ("gradient_norm/b", 3.0), ("update_norm/a", 7.5)]);
        assert_eq!(run(LayerNorms::new().every(2)).iter().map(|(_, v)| v).collect::<Vec<_>>(), [5.0, 2.0, 5.0]);
        assert_eq!(run(LayerNorms::new().updates(false)).names(), ["gradient_norm/a", "gradient_norm/b"]);
        assert_eq!(run(LayerNorms::new().gradients(false)).names(), ["update_norm/a"]);
        assert!(LayerNorms::new().every(0).on_train_begin(&mut Double::default()).is_err());
    }
}
