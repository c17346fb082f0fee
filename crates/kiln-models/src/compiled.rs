//! What `compile` chose, at work: the losses and the metrics of a batch, and their running values.

use crate::compile::Compile;
use kiln_core::{Error, Logits, Result, Tensor};
use kiln_train::losses::{AnyLoss, compute};
use kiln_train::metrics::{Direction, Metric};
use kiln_train::outputs::PerOutput;
use kiln_train::{Logs, MetricSpec, Optimizer, State};

/// An output of the model on a batch, with what its loss may want beside it. When there are logits, the tensor is those.
pub(crate) struct Output {
    pub(crate) tensor: Tensor,
    pub(crate) mask: Option<Tensor>,
    pub(crate) logits: Option<Logits>,
}

impl Output {
    /// The plain values, which hold on to nothing that was recorded.
    pub(crate) fn inner(self) -> Self {
        Self { tensor: self.tensor.inner(), mask: self.mask, logits: self.logits.map(Logits::inner) }
    }
}

/// The optimizer, and what belongs to each output.
#[derive(Debug, Clone)]
pub(crate) struct Compiled {
    pub(crate) optimizer: Optimizer,
    pub(crate) losses: PerOutput<AnyLoss>,
    pub(crate) metrics: PerOutput<Vec<MetricSpec>>,
    pub(crate) weighted: PerOutput<Vec<MetricSpec>>,
    pub(crate) weights: PerOutput<f64>,
    /// Known when the model is built.
    heads: Vec<Head>,
    total: Mean,
}

/// The loss and metrics of one output.
#[derive(Debug, Clone)]
struct Head {
    name: String,
    loss: Option<AnyLoss>,
    weight: f64,
    metrics: Vec<MetricSpec>,
    weighted: Vec<MetricSpec>,
    /// Made at the first batch, whose shapes they may depend on.
    running: Vec<Running>,
    /// What an earlier run had gathered, for the metrics when they are made.
    kept: Option<Vec<Vec<f64>>>,
    mean: Mean,
}

#[derive(Debug, Clone)]
struct Running {
    key: String,
    metric: Box<dyn Metric>,
    weighted: bool,
}

/// A mean over samples.
#[derive(Debug, Clone, Copy, Default)]
struct Mean {
    sum: f64,
    samples: f64,
}

impl Mean {
    fn add(&mut self, value: f64, samples: usize) -> f64 {
        self.sum += value * samples as f64;
        self.samples += samples as f64;
        f64::from((self.sum / self.samples) as f32)
    }
}

/// The loss of a batch: the sum to be minimised and, with several outputs, each one's own.
pub(crate) struct Losses {
    pub(crate) total: Option<Tensor>,
    pub(crate) parts: Vec<f64>,
}

impl Compiled {
    pub(crate) fn new(choices: Compile) -> Result<Self> {
        Ok(Self {
            optimizer: choices.optimizer?,
            losses: choices.losses?,
            metrics: choices.metrics?,
            weighted: choices.weighted_metrics?,
            weights: choices.loss_weights,
            heads: Vec::new(),
            total: Mean::default(),
        })
    }

    /// Gives each of the outputs `names` its loss and metrics.
    pub(crate) fn resolve(&mut self, names: &[String]) -> Result<()> {
        if self.heads.iter().map(|h| &h.name).eq(names) {
            return Ok(());
        }
        let mut losses = self.losses.clone().resolve("loss", names)?.into_iter();
        let mut weights = self.weights.clone().resolve("loss_weights", names)?.into_iter();
        let mut metrics = self.metrics.clone().resolve("metrics", names)?.into_iter();
        let mut weighted = self.weighted.clone().resolve("weighted_metrics", names)?.into_iter();
        let head = |name: &String| Head {
            name: name.clone(),
            loss: losses.next().flatten(),
            weight: weights.next().flatten().unwrap_or(1.0),
            metrics: metrics.next().flatten().unwrap_or_default(),
            weighted: weighted.next().flatten().unwrap_or_default(),
            running: Vec::new(),
            kept: None,
            mean: Mean::default(),
        };
        self.heads = names.iter().map(head).collect();
        Ok(())
    }

    /// The losses of the outputs, by place.
    pub(crate) fn of_outputs(&self) -> impl Iterator<Item = Option<&AnyLoss>> {
        self.heads.iter().map(|h| h.loss.as_ref())
    }

    /// The number of outputs.
    pub(crate) fn outputs(&self) -> usize {
        self.heads.len()
    }

    fn several(&self) -> bool {
        self.heads.len() > 1
    }

    /// The losses of a batch, without the regularization terms.
    pub(crate) fn loss(&self, y: &[Tensor], outputs: &[Output], weights: &[Tensor]) -> Result<Losses> {
        let mut losses = Losses { total: None, parts: Vec::new() };
        for (i, ((head, y), output)) in self.heads.iter().zip(y).zip(outputs).enumerate() {
            let weight = weight_of(weights, i);
            let Some(loss) = &head.loss else { continue };
            let part = compute(&**loss, y, &output.tensor, output.logits.as_ref(), weight, output.mask.as_ref())?;
            if part.len() != 1 {
                return Err(Error::option("fit", "reduction", "one that gives a single number", "`none`"));
            }
            let part = part.reshape([1])?;
            if self.several() {
                losses.parts.push(part.clone().inner().item());
            }
            let part = if head.weight == 1.0 { part } else { part * head.weight };
            losses.total = Some(match losses.total {
                Some(sum) => sum + part,
                None => part,
            });
        }
        Ok(losses)
    }

    /// Forgets the running values.
    pub(crate) fn reset(&mut self) {
        self.total = Mean::default();
        for head in &mut self.heads {
            (head.mean, head.kept) = (Mean::default(), None);
            head.running.iter_mut().for_each(|r| r.metric.reset_state());
        }
    }

    /// The running values, to go on from within an epoch.
    pub(crate) fn state(&self) -> Result<State> {
        let mut state = State::new();
        state.set("total", &(self.total.sum, self.total.samples));
        for (i, head) in self.heads.iter().enumerate() {
            let gathered = |r: &Running| {
                let missing = || {
                    Error::order("fit", format!("the metric `{}` can't be kept", r.key)).hint("give it the methods `state` and `restore`")
                };
                r.metric.state().ok_or_else(missing)
            };
            let running = head.running.iter().map(gathered).collect::<Result<Vec<_>>>()?;
            state.set(&format!("{i}/mean"), &(head.mean.sum, head.mean.samples));
            state.set(&format!("{i}/metrics"), &head.kept.clone().unwrap_or(running));
        }
        Ok(state)
    }

    /// Takes back what [`Compiled::state`] gave.
    pub(crate) fn restore(&mut self, state: &State) -> Result<()> {
        let mean = |(sum, samples): (f64, f64)| Mean { sum, samples };
        self.total = mean(state.get("total")?);
        for (i, head) in self.heads.iter_mut().enumerate() {
            head.mean = mean(state.get(&format!("{i}/mean"))?);
            let kept: Vec<Vec<f64>> = state.get(&format!("{i}/metrics"))?;
            let metrics = head.metrics.len() + head.weighted.len();
            if ![0, metrics].contains(&kept.len()) {
                return Err(Error::data("fit", format!("{} metrics were kept, the model has {metrics}", kept.len())));
            }
            // Made anew at the next batch, whose shapes they may depend on.
            (head.running, head.kept) = (Vec::new(), Some(kept));
        }
        Ok(())
    }

    /// Whether less or more is better for the log `name`.
    pub(crate) fn direction(&self, name: &str) -> Direction {
        let several = self.several();
        let losses = self.heads.iter().filter(|_| several).map(|h| format!("{}_loss", h.name));
        if name == "loss" || losses.into_iter().any(|loss| loss == name) {
            return Direction::Min;
        }
        for head in &self.heads {
            let prefix = if several { format!("{}_", head.name) } else { String::new() };
            let Some(key) = name.strip_prefix(&prefix) else { continue };
            if let Some(running) = head.running.iter().find(|r| r.key == name) {
                return running.metric.direction();
            }
            let key = key.strip_prefix("weighted_").unwrap_or(key);
            if let Some(spec) = head.metrics.iter().chain(&head.weighted).find(|m| m.key() == key) {
                return spec.resolve(&[1, 1], &[1, 1]).direction();
            }
        }
        Direction::Unknown
    }

    /// Takes in a batch of `samples` and gives the running values. Keras weighs a batch's loss by its number of samples, whatever
    /// the sample weights.
    pub(crate) fn update(
        &mut self,
        (total, parts): (f64, Vec<f64>),
        samples: usize,
        y: &[Tensor],
        outputs: Vec<Output>,
        weights: &[Tensor],
    ) -> Result<Logs> {
        let several = self.several();
        let mut logs = Logs::new();
        logs.set("loss", self.total.add(total, samples));
        for (head, part) in self.heads.iter_mut().filter(|h| h.loss.is_some()).zip(parts) {
            logs.set(&format!("{}_loss", head.name), head.mean.add(part, samples));
        }
        for (i, ((head, y), output)) in self.heads.iter_mut().zip(y).zip(outputs).enumerate() {
            head.update(y, output, weight_of(weights, i), several, &mut logs)?;
        }
        Ok(logs)
    }
}

/// The weights of the samples for output `i`: one tensor may be for all.
fn weight_of(weights: &[Tensor], i: usize) -> Option<&Tensor> {
    match weights {
        [all] => Some(all),
        each => each.get(i),
    }
}

impl Head {
    fn update(&mut self, y: &Tensor, output: Output, weight: Option<&Tensor>, several: bool, logs: &mut Logs) -> Result<()> {
        if self.running.len() != self.metrics.len() + self.weighted.len() {
            self.start(&y.shape(), &output.tensor.shape(), several)?;
        }
        let Output { tensor, logits, .. } = output;
        // Computed for the first metric that wants it.
        let mut prediction = if logits.is_none() { Some(tensor) } else { None };
        for Running { key, metric, weighted } in &mut self.running {
            let weight = weight.filter(|_| *weighted);
            let done = logits.as_ref().and_then(|logits| metric.update_logits(y, logits, weight));
            if let (None, Some(logits), None) = (&done, &logits, &prediction) {
                prediction = Some(logits.probabilities()?);
            }
            match (done, &prediction) {
                (Some(done), _) => done?,
                (None, Some(prediction)) => metric.update_state(y, prediction, weight)?,
                (None, None) => {}
            }
            logs.set(key, metric.result());
        }
        Ok(())
    }

    /// Makes the metrics for the shapes of targets and predictions. As in Keras, a weighted metric whose key is taken is called
    /// `weighted_..`, and the keys of several outputs begin with the output's name.
    fn start(&mut self, y: &[usize], p: &[usize], several: bool) -> Result<()> {
        let prefix = if several { format!("{}_", self.name) } else { String::new() };
        let plain = self.metrics.iter().map(|m| (m, m.key().to_owned(), false));
        let taken = |key: &str| self.metrics.iter().any(|m| m.key() == key);
        let weighted = self.weighted.iter().map(|m| {
            let key = if taken(m.key()) { format!("weighted_{}", m.key()) } else { m.key().to_owned() };
            (m, key, true)
        });
        let make = |(spec, key, weighted): (&MetricSpec, String, bool)| Running {
            key: format!("{prefix}{key}"),
            metric: spec.resolve(y, p),
            weighted,
        };
        self.running = plain.chain(weighted).map(make).collect();
        let kept = self.kept.take().unwrap_or_default();
        self.running.iter_mut().zip(kept).try_for_each(|(running, state)| running.metric.restore(&state))
    }
}
