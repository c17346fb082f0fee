//! What metrics gather, as numbers and back.

use kiln_core::{Error, Result};

/// The state of a metric: the size it was made for, and its numbers.
pub(crate) trait Gathered {
    /// The last axis of the predictions it was made for.
    fn width(&self) -> usize {
        1
    }
    /// The numbers, in a fixed order.
    fn numbers(&mut self) -> Vec<&mut f64>;
}

impl Gathered for f64 {
    fn numbers(&mut self) -> Vec<&mut f64> {
        vec![self]
    }
}

/// The width and all numbers.
pub(crate) fn written<G: Gathered + Clone>(gathered: &G) -> Vec<f64> {
    let mut copy = gathered.clone();
    let width = copy.width() as f64;
    std::iter::once(width).chain(copy.numbers().into_iter().map(|n| *n)).collect()
}

/// The state that `start` makes for a width, with the numbers that were written.
pub(crate) fn read<G: Gathered>(who: &str, state: &[f64], start: impl FnOnce(usize) -> Result<G>) -> Result<G> {
    let damaged = || Error::data(who, "the state that was kept is of another metric");
    let (width, values) = state.split_first().ok_or_else(damaged)?;
    // No metric gathers more than it was kept with.
    let mut gathered = start((*width as usize).min(values.len()))?;
    let places = gathered.numbers();
    if places.len() != values.len() {
        return Err(damaged());
    }
    places.into_iter().zip(values).for_each(|(place, value)| *place = *value);
    Ok(gathered)
}
