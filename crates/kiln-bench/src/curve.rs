//! How the cost of a step of training grows with one size of a network or of its batches.

use crate::median;
use kiln::Result;
use kiln::prelude::*;
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

/// Rounds over all sizes, in turns, so that all meet the same machine.
pub const ROUNDS: usize = 7;
/// How long a round trains with each size.
const TIME: Duration = Duration::from_millis(200);

/// A size that grows, and the network it is a size of.
#[derive(Clone, Copy, Debug)]
pub struct Curve {
    /// The size.
    pub name: &'static str,
    /// The network.
    pub network: &'static str,
    /// What the size takes on.
    pub sizes: &'static [usize],
    case: fn(usize) -> (Sequential, Samples),
}

/// What a batch is made of.
#[derive(Debug)]
struct Samples {
    batch: usize,
    shape: Vec<usize>,
}

/// All of them but threads, which a process has from its start.
pub const CURVES: [Curve; 4] = [
    Curve {
        name: "batch size",
        network: "784-64-128-256-10",
        sizes: &[1, 8, 32, 128, 512, 1024],
        case: |size| (perceptron(&[64, 128, 256]), images(size)),
    },
    Curve {
        name: "width",
        network: "784, two hidden layers of this width, 10; batches of 64",
        sizes: &[32, 64, 128, 256, 512, 1024, 2048],
        case: |size| (perceptron(&[size, size]), images(64)),
    },
    Curve {
        name: "hidden layers",
        network: "784, layers of 128, 10; batches of 64",
        sizes: &[1, 2, 4, 8, 16],
        case: |size| (perceptron(&vec![128; size]), images(64)),
    },
    Curve {
        name: "sequence length",
        network: "LSTM of 128 over steps of 28 numbers; batches of 64",
        sizes: &[7, 14, 28, 56, 112, 224],
        case: |size| (sequential![Lstm::new(128), classes()], Samples { batch: 64, shape: vec![size, 28] }),
    },
];

/// What more threads are tried on: there is work for them.
pub const WIDE: Curve = Curve {
    name: "threads",
    network: "784-1024-1024-10; batches of 1024",
    sizes: &[1024],
    case: |size| (perceptron(&[size, size]), images(size)),
};

/// A cost at one size.
#[derive(Clone, Copy, Debug)]
pub struct Point {
    /// The size.
    pub size: usize,
    /// Samples in a batch.
    pub batch: usize,
    /// Microseconds of a step.
    pub micros: f64,
}

impl Curve {
    /// The cost at each size: medians of `rounds`.
    ///
    /// # Errors
    /// None, as the models fit together.
    pub fn measure(&self, rounds: usize) -> Result<Vec<Point>> {
        let mut trainings: Vec<Training> = self.sizes.iter().map(|size| Training::new((self.case)(*size))).collect::<Result<_>>()?;
        let mut costs = vec![Vec::new(); trainings.len()];
        for _ in 0..rounds {
            for (training, costs) in trainings.iter_mut().zip(&mut costs) {
                costs.push(training.micros(training.steps)?);
            }
        }
        let points = self.sizes.iter().zip(&trainings).zip(costs);
        Ok(points.map(|((size, training), costs)| Point { size: *size, batch: training.batch, micros: median(costs) }).collect())
    }
}

/// A model, its data, and the steps of a round.
struct Training {
    model: Sequential,
    data: (Tensor, Tensor),
    batch: usize,
    steps: usize,
}

impl Training {
    fn new((mut model, Samples { batch, shape }): (Sequential, Samples)) -> Result<Self> {
        model.compile("adam", "sparse_categorical_crossentropy", ["accuracy"])?;
        // More than a few batches, as an epoch that goes through all begins anew within a round.
        let samples = (8 * batch).max(2048);
        let x = Tensor::random_uniform([&[samples], shape.as_slice()].concat(), 0.0, 1.0);
        let y = Tensor::constant((0..samples as i32).map(|i| i % 10).collect::<Vec<i32>>());
        let mut training = Self { model, data: (x, y), batch, steps: 0 };
        training.micros(3)?;
        let step = training.micros(5)?;
        training.steps = (TIME.as_secs_f64() * 1e6 / step).clamp(3.0, 10_000.0) as usize;
        training.micros(training.steps)?;
        Ok(training)
    }

    /// Microseconds of a step, by some of them.
    fn micros(&mut self, steps: usize) -> Result<f64> {
        let (told, times) = channel();
        let clock = Clock { told, start: Instant::now() };
        let (x, y) = &self.data;
        self.model.fit((x, y), Fit::new().batch_size(self.batch).steps_per_epoch(steps).verbose(0).callback(clock))?;
        Ok(times.iter().map(|time: Duration| time.as_secs_f64()).sum::<f64>() * 1e6 / steps as f64)
    }
}

/// Tells the time of each epoch: the check of the data before it doesn't count.
struct Clock {
    told: Sender<Duration>,
    start: Instant,
}

impl Callback for Clock {
    fn on_epoch_begin(&mut self, _: usize, _: &mut dyn Controls) -> Result<Flow> {
        self.start = Instant::now();
        Ok(Flow::Continue)
    }

    fn on_epoch_end(&mut self, _: usize, _: &mut Logs, _: &mut dyn Controls) -> Result<Flow> {
        // Who asked waits for the answer.
        let _ = self.told.send(self.start.elapsed());
        Ok(Flow::Continue)
    }
}

fn classes() -> Dense {
    Dense::new(10).activation("softmax")
}

fn perceptron(widths: &[usize]) -> Sequential {
    let mut model = Sequential::new();
    widths.iter().for_each(|width| model.add(Dense::new(*width).activation("relu")));
    model.add(classes());
    model
}

fn images(batch: usize) -> Samples {
    Samples { batch, shape: vec![784] }
}
