//! What the facade costs: the course's network (784-64-128-256-10, batch 32) trained by `fit` with Burn's own Adam, against the
//! same modules, loss and optimizer in a plain Burn loop over the same shuffled batches.

use burn::module::Module;
use burn::nn::loss::CrossEntropyLossConfig;
use burn::nn::{Linear, LinearConfig};
use burn::optim::{AdamConfig, GradientsParams, ModuleOptimizer};
use burn::tensor::{Int, activation::relu};
use kiln::prelude::*;
use kiln_bench::median;
use std::time::Instant;

const SAMPLES: usize = 32 * 400;
const ROUNDS: usize = 9;

#[derive(Module, Debug)]
struct Network {
    layers: Vec<Linear>,
}

impl Network {
    fn new(device: &burn::tensor::Device) -> Self {
        let sizes = [784, 64, 128, 256, 10];
        Self { layers: sizes.windows(2).map(|s| LinearConfig::new(s[0], s[1]).init(device)).collect() }
    }

    fn forward(&self, mut x: burn::Tensor<2>) -> burn::Tensor<2> {
        let last = self.layers.len() - 1;
        for (i, layer) in self.layers.iter().enumerate() {
            x = layer.forward(x);
            if i < last {
                x = relu(x);
            }
        }
        x
    }
}

/// Seconds for one epoch of the plain loop.
fn plain(network: Network, optimizer: &mut ModuleOptimizer, x: &Tensor, y: &Tensor, epoch: u64) -> kiln::Result<(Network, f64)> {
    let start = Instant::now();
    let order = kiln::core::random::Stream::new(epoch).permutation(SAMPLES);
    let mut network = network;
    let mut total = 0.0f64;
    for rows in order.chunks(32) {
        let input = x.gather(rows)?.float::<2>()?.autodiff();
        let labels: burn::Tensor<1, Int> = y.gather(rows)?.int()?;
        let loss = CrossEntropyLossConfig::new().init(&input.device()).forward(network.forward(input), labels.autodiff());
        total += f64::from(loss.clone().into_scalar::<f32>());
        let gradients = GradientsParams::from_grads(loss.backward(), &network);
        network = optimizer.step(0.001, network, gradients);
    }
    assert!(total.is_finite());
    Ok((network, start.elapsed().as_secs_f64()))
}

fn main() -> kiln::Result<()> {
    let x = Tensor::random_uniform([SAMPLES, 784], 0.0, 1.0);
    let y = Tensor::constant((0..SAMPLES as i32).map(|i| i % 10).collect::<Vec<i32>>());
    let device = Device::current()?.autodiff();

    let mut network = Network::new(device.burn());
    let mut optimizer: ModuleOptimizer = AdamConfig::new().init();
    let mut model = sequential![
        Dense::new(64).activation("relu"),
        Dense::new(128).activation("relu"),
        Dense::new(256).activation("relu"),
        Dense::new(10).activation("softmax"),
    ];
    let adam: ModuleOptimizer = AdamConfig::new().init();
    model.compile((adam, 0.001), "sparse_categorical_crossentropy", ())?;

    let (mut ours, mut burns) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS as u64 {
        let (next, seconds) = plain(network, &mut optimizer, &x, &y, round)?;
        network = next;
        let start = Instant::now();
        model.fit((&x, &y), Fit::new().verbose(0))?;
        if round > 0 {
            burns.push(seconds);
            ours.push(start.elapsed().as_secs_f64());
        }
    }
    let ratio = median(ours.iter().zip(&burns).map(|(a, b)| a / b).collect());
    let micros = |v: Vec<f64>| median(v) * 1e6 / (SAMPLES / 32) as f64;
    println!("a step: Kiln {:.0} us, plain Burn {:.0} us, ratio {ratio:.3} (medians of {ROUNDS} epochs)", micros(ours), micros(burns));
    Ok(())
}
