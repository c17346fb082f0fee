//! How long a single prediction takes: one sample, already a tensor, until its outputs can be read. `peers/latency.py` counts alike.

use crate::median;
use crate::networks::Network;
use kiln::prelude::*;
use kiln::{Context, Result};
use std::time::{Duration, Instant};

/// Before it counts: caches and the processor's clock.
const WARM: Duration = Duration::from_millis(300);
/// Of each way to call the model.
const TIME: Duration = Duration::from_secs(1);

/// Microseconds of each way to ask a model, the fastest first.
///
/// # Errors
/// None, as sample and network fit together.
pub fn ways(network: &Network) -> Result<Vec<(&'static str, f64)>> {
    let mut model = network.compiled()?;
    let x = Tensor::random_uniform([&[1], network.shape].concat(), 0.0, 1.0);
    let mut ways = vec![
        ("predict_on_batch", micros(|| model.predict_on_batch(&x))?),
        ("call", micros(|| model.call(&x, &Context::inference()))?),
        ("predict", micros(|| model.predict(&x))?),
    ];
    ways.sort_by(|a, b| a.1.total_cmp(&b.1));
    Ok(ways)
}

/// The median over as many calls as there is time for.
fn micros(mut call: impl FnMut() -> Result<Tensor>) -> Result<f64> {
    let mut timed = |time: Duration| -> Result<Vec<f64>> {
        let (begin, mut calls) = (Instant::now(), Vec::new());
        while begin.elapsed() < time {
            let start = Instant::now();
            call()?.to_vec::<f32>();
            calls.push(start.elapsed().as_secs_f64() * 1e6);
        }
        Ok(calls)
    };
    timed(WARM)?;
    Ok(median(timed(TIME)?))
}
