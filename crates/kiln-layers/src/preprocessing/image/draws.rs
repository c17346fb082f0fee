//! The random numbers of an operation on images: each sample has its own.

use kiln_core::random::Stream;
use kiln_core::{Device, Result, Tensor};

/// Random numbers for each sample of a batch, which depend on the seed, the step, the layer and the sample's place alone.
#[derive(Clone, Debug)]
pub(super) struct Draws {
    stream: Stream,
    samples: Vec<u64>,
    device: Device,
}

impl Draws {
    /// For a batch of `count` samples on `device`.
    pub(super) fn new(stream: Stream, count: usize, device: Device) -> Self {
        Self { stream, samples: (0..count as u64).collect(), device }
    }

    /// Other numbers, for a part of the operation.
    pub(super) fn part(&self, part: u64) -> Self {
        Self { stream: self.stream.child(part), ..self.clone() }
    }

    /// The numbers of some of the samples.
    pub(super) fn of(&self, samples: &[usize]) -> Self {
        let samples = samples.iter().filter_map(|&i| self.samples.get(i).copied()).collect();
        Self { samples, ..self.clone() }
    }

    /// A stream for each sample.
    pub(super) fn streams(&self) -> impl Iterator<Item = Stream> {
        self.samples.iter().map(|&sample| self.stream.child(sample))
    }

    /// Number `place` of each sample, drawn from `[low, high)`.
    pub(super) fn uniform(&self, place: u64, [low, high]: [f64; 2]) -> Vec<f64> {
        self.streams().map(|stream| low + (high - low) * stream.unit(place)).collect()
    }

    /// Whether to act on each sample: a draw below a probability, which is drawn from `probability`. Takes the places 0 and 1.
    pub(super) fn chosen(&self, probability: [f64; 2]) -> Vec<bool> {
        self.uniform(0, probability).into_iter().zip(self.uniform(1, [0.0, 1.0])).map(|(p, u)| u < p).collect()
    }

    /// One value for each sample, as (samples, 1, 1, 1).
    pub(super) fn column(&self, values: Vec<f64>) -> Result<Tensor> {
        let count = values.len();
        Ok(Tensor::from_vec(values.into_iter().map(|v| v as f32).collect(), [count, 1, 1, 1])?.to_device(&self.device))
    }

    /// `changed` for the chosen samples, else `images`.
    pub(super) fn choose(&self, chosen: &[bool], changed: Tensor, images: Tensor) -> Result<Tensor> {
        let values = chosen.iter().map(|&c| u8::from(c)).collect();
        let column = Tensor::from_vec(values, [chosen.len(), 1, 1, 1])?.to_device(&self.device);
        column.greater(0)?.select_where(changed, images)
    }

    /// The device.
    pub(super) fn device(&self) -> &Device {
        &self.device
    }
}
