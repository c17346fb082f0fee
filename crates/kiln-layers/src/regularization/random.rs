//! The random numbers of a layer in a step.

use kiln_core::random::Stream;
use kiln_core::shape::tuple;
use kiln_core::{Context, Error, Result, Shape, Tensor};

/// The layer's stream: its own seed's, if it has one, else the model's.
pub(crate) fn stream(seed: Option<u64>, cx: &Context) -> Stream {
    seed.map_or_else(|| cx.random(), |seed| Stream::new(seed).child(cx.random().key()))
}

/// 0 for a share `rate` of the places, `1 / (1 - rate)` for the others.
pub(crate) fn keep(stream: Stream, shape: &[usize], rate: f64) -> Result<Tensor> {
    let scale = if rate < 1.0 { (1.0 / (1.0 - rate)) as f32 } else { 0.0 };
    let draws = stream.uniform(shape.iter().product());
    Tensor::from_vec(draws.map(|u| if u >= rate { scale } else { 0.0 }).collect(), shape)
}

/// Normal numbers.
pub(super) fn normal(stream: Stream, shape: &[usize], mean: f64, stddev: f64) -> Result<Tensor> {
    let draws = stream.normal(shape.iter().product());
    Tensor::from_vec(draws.map(|v| (mean + stddev * v) as f32).collect(), shape)
}

/// Refuses a `noise_shape` that does not broadcast to the input.
pub(super) fn check_noise_shape(who: &str, noise: Option<&[Option<usize>]>, input: &Shape) -> Result<()> {
    let Some(noise) = noise else { return Ok(()) };
    let fits = |(n, x): (&Option<usize>, &Option<usize>)| n.is_none() || *n == Some(1) || x.is_none() || n == x;
    if noise.len() == input.rank() && noise.iter().zip(input.axes()).all(fits) {
        return Ok(());
    }
    Err(Error::option(who, "noise_shape", format!("a shape that broadcasts to {input}"), Shape::new(noise.to_vec())))
}

/// The shape of the draws for an input of `shape`.
pub(super) fn noise_shape(who: &str, noise: Option<&[Option<usize>]>, shape: &[usize]) -> Result<Vec<usize>> {
    match noise {
        Some(noise) if noise.len() == shape.len() => Ok(noise.iter().zip(shape).map(|(n, &x)| n.unwrap_or(x)).collect()),
        Some(_) => Err(Error::shape(who, "an input of the rank of `noise_shape`", tuple(shape))),
        None => Ok(shape.to_vec()),
    }
}

/// Refuses a share outside 0 to 1.
pub(super) fn check_share(who: &str, option: &str, share: f64) -> Result<()> {
    if (0.0..=1.0).contains(&share) { Ok(()) } else { Err(Error::option(who, option, "from 0 to 1", share)) }
}

/// Mean and standard deviation of what a layer makes of many values `x` in training; asserts that inference leaves them alone, and
/// that seeds and steps matter.
#[cfg(test)]
pub(super) fn moments<L: kiln_core::Layer>(layer: impl Fn(Option<u64>) -> L, x: f64) -> [f64; 2] {
    use kiln_core::{Call, Device, build::Build};
    let device = Device::current().unwrap();
    let call = |seed, cx: &Context| {
        let module = layer(seed).build(&Shape::batch_of([100]), &Build::new(&device, Stream::new(1))).unwrap();
        module.call(Tensor::full([100, 100], x).to_device(&device), cx).unwrap().to_vec::<f64>()
    };
    assert!(call(None, &Context::inference()).iter().all(|v| *v == x));
    let step = |n| Context::training(Stream::new(5).child(n));
    let values = call(None, &step(1));
    assert_eq!(values, call(None, &step(1)));
    assert_ne!(values, call(None, &step(2)));
    assert_ne!(values, call(Some(1), &step(1)));
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / values.len() as f64;
    [mean, variance.sqrt()]
}
