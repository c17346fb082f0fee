//! Ends a training when its time is over.

use super::{Callback, Controls, Flow};
use crate::fit::{Logs, State};
use kiln_core::{Error, Result};
use std::time::{Duration, Instant};

/// Stops a training after the step in which its time runs out; the epoch is closed as it is. Time of runs before an interruption counts.
/// Keras has none.
///
/// ```
/// use std::time::Duration;
/// use kiln_train::callbacks::MaxTime;
/// let callback = MaxTime::new(Duration::from_secs(60 * 60));
/// ```
#[derive(Clone, Debug)]
pub struct MaxTime {
    limit: Duration,
    before: Duration,
    start: Option<Instant>,
}

impl MaxTime {
    /// The time for the whole training.
    pub fn new(limit: Duration) -> Self {
        Self { limit, before: Duration::ZERO, start: None }
    }

    fn elapsed(&self) -> Duration {
        self.before + self.start.map_or(Duration::ZERO, |start| start.elapsed())
    }
}

impl Callback for MaxTime {
    fn on_train_begin(&mut self, _: &mut dyn Controls) -> Result<Flow> {
        (self.before, self.start) = (Duration::ZERO, Some(Instant::now()));
        Ok(Flow::Continue)
    }

    fn on_train_batch_end(&mut self, _: usize, _: &Logs, _: &mut dyn Controls) -> Result<Flow> {
        let over = self.elapsed() >= self.limit;
        Ok(if over { Flow::Stop(format!("the time of {:?} is over", self.limit)) } else { Flow::Continue })
    }

    fn state(&self) -> Result<State> {
        let mut state = State::new();
        state.set("seconds", &self.elapsed().as_secs_f64());
        Ok(state)
    }

    fn restore(&mut self, state: &State, _: &mut dyn Controls) -> Result<()> {
        let damaged = |_| Error::data("MaxTime", "the time that was kept is damaged");
        self.before = Duration::try_from_secs_f64(state.get("seconds")?).map_err(damaged)?;
        self.start = Some(Instant::now());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::callbacks::double::Double;

    #[test]
    fn time_of_both_runs_counts() {
        let mut model = Double::default();
        let mut first = MaxTime::new(Duration::from_secs(3600));
        first.on_train_begin(&mut model).unwrap();
        assert_eq!(first.on_train_batch_end(0, &Logs::new(), &mut model).unwrap(), Flow::Continue);
        first.before = Duration::from_secs(10);
        let mut second = MaxTime::new(Duration::from_secs(10));
        second.on_train_begin(&mut model).unwrap();
        assert_eq!(second.on_train_batch_end(0, &Logs::new(), &mut model).unwrap(), Flow::Continue);
        second.restore(&first.state().unwrap(), &mut model).unwrap();
        assert_eq!(second.on_train_batch_end(0, &Logs::new(), &mut model).unwrap(), Flow::Stop("the time of 10s is over".into()));
    }
}
