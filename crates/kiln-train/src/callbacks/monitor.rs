//! A number that is watched, and whether it gets better.

use super::Controls;
use crate::fit::Logs;
use crate::metrics::Direction;
use kiln_core::{Error, Result};

/// The options `monitor`, `mode` and `min_delta` that several callbacks share. Keras: `keras/src/callbacks/monitor_callback.py`.
///
/// ```
/// use kiln_train::callbacks::Monitor;
/// let mut monitor = Monitor::new("ModelCheckpoint", "val_score");
/// monitor.set_mode("max");
/// assert!(monitor.better(0.9, 0.8) && !monitor.better(0.7, 0.8));
/// ```
#[derive(Clone, Debug)]
pub struct Monitor {
    who: &'static str,
    name: String,
    mode: String,
    min_delta: f64,
    way: Direction,
}

impl Monitor {
    /// Watches `name`; `who` complains.
    pub fn new(who: &'static str, name: &str) -> Self {
        Self { who, name: name.to_owned(), mode: "auto".to_owned(), min_delta: 0.0, way: Direction::Unknown }
    }

    /// What is watched.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// `min`, `max` or `auto`.
    pub fn set_mode(&mut self, mode: &str) {
        self.mode = mode.to_owned();
        self.way = match mode {
            "min" => Direction::Min,
            "max" => Direction::Max,
            _ => Direction::Unknown,
        };
    }

    /// How much better counts as better.
    pub fn set_min_delta(&mut self, delta: f64) {
        self.min_delta = delta.abs();
    }

    /// Reports a mode that isn't one, before the first epoch.
    ///
    /// # Errors
    /// That.
    pub fn check(&self) -> Result<()> {
        match self.mode.as_str() {
            "auto" | "min" | "max" => Ok(()),
            other => Err(Error::option(self.who, "mode", "`min`, `max` or `auto`", other)),
        }
    }

    /// The number in the logs, once it is known which way is better: of a model's metrics by asking them, of others by their names.
    ///
    /// # Errors
    /// The logs don't have it, or nobody knows which way is better.
    pub fn read(&mut self, logs: &Logs, model: &dyn Controls) -> Result<f64> {
        let Some(value) = logs.get(&self.name) else {
            return Err(Error::option(self.who, "monitor", format!("one of {:?}", logs.names()), &self.name)
                .hint("`val_…` needs validation data in every epoch"));
        };
        if self.way == Direction::Unknown {
            self.way = match model.direction(self.name.strip_prefix("val_").unwrap_or(&self.name)) {
                Direction::Unknown => by_name(&self.name),
                known => known,
            };
        }
        if self.way == Direction::Unknown {
            let expected = format!("given for `{}`, of which it is not known whether more is better", self.name);
            return Err(Error::option(self.who, "mode", expected, "`auto`").hint("say `mode(\"max\")` or `mode(\"min\")`"));
        }
        Ok(value)
    }

    /// Whether `value` is better than `than`, by more than `min_delta`.
    pub fn better(&self, value: f64, than: f64) -> bool {
        // In f32, as Keras compares: what a rounding makes of a difference of just `min_delta` is no improvement.
        if self.way == Direction::Max {
            (value - self.min_delta) as f32 > than as f32
        } else {
            ((value + self.min_delta) as f32) < than as f32
        }
    }
}

/// Which way is better by the name, for trainees that don't say.
fn by_name(monitor: &str) -> Direction {
    let larger = ["acc", "auc", "precision", "recall", "f1", "iou", "cosine_similarity"];
    let smaller = ["loss", "error", "crossentropy"];
    let has = |words: &[&str]| words.iter().any(|word| monitor.contains(word));
    match (has(&larger), has(&smaller)) {
        (true, false) => Direction::Max,
        (false, true) => Direction::Min,
        _ => Direction::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::callbacks::double::Double;

    #[test]
    fn the_way_is_asked_for_and_then_guessed() {
        let read = |name: &str, model: &Double| {
            let mut monitor = Monitor::new("EarlyStopping", name);
            let logs = crate::logs! { name => 0.5 };
            monitor.read(&logs, model).map(|_| monitor.better(0.6, 0.5))
        };
        let mut model = Double::default();
        assert!(!read("val_loss", &model).unwrap() && read("val_accuracy", &model).unwrap() && !read("g_loss", &model).unwrap());
        let error = read("val_score", &model).unwrap_err().to_string();
        assert_eq!(
            error,
            "EarlyStopping: `mode` must be given for `val_score`, of which it is not known whether more is better, received `auto`; \
             say `mode(\"max\")` or `mode(\"min\")`"
        );
        model.directions = vec![("score", Direction::Max), ("accuracy", Direction::Min)];
        assert!(read("val_score", &model).unwrap() && !read("val_accuracy", &model).unwrap());
    }
}
