//! What the facade costs: the course's network (784-64-128-256-10, batch 32) trained by `fit` with Burn's own Adam, against the
//! same modules, loss and optimizer in a plain Burn loop over the same shuffled batches.

use burn::module::Module;
use burn::nn::loss::CrossEntropyLossConfig;
use burn::nn::{Linear, LinearConfig};
use burn::optim::{AdamConfig, GradientsParams, ModuleOptimizer};
use burn::tensor::{Int, activation::relu};
use kiln::prelude::*;
use kiln_bench::{cpu_seconds, median};
use std::time::Instant;

/// As many as Fashion-MNIST has.
const SAMPLES: usize = 60_000;
const ROUNDS: usize = 11;

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

/// Seconds by the clock and of the processor, which another program's work doesn't lengthen.
#[derive(Clone, Copy)]
struct Cost {
    clock: f64,
    processor: f64,
}

/// Runs since a moment.
struct Watch(Instant, f64);

impl Watch {
    fn start() -> Self {
        Self(Instant::now(), cpu_seconds())
    }

    fn cost(&self) -> Cost {
        Cost { clock: self.0.elapsed().as_secs_f64(), processor: cpu_seconds() - self.1 }
    }
}

/// One epoch of the plain loop.
fn plain(network: Network, optimizer: &mut ModuleOptimizer, x: &Tensor, y: &Tensor, epoch: u64) -> kiln::Result<(Network, Cost)> {
    let start = Watch::start();
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
    Ok((network, start.cost()))
}

/// At the end of each epoch of `fit`, trains one of the plain loop, so that both meet the same machine.
struct Alternate {
    network: Option<Network>,
    optimizer: ModuleOptimizer,
    x: Tensor,
    y: Tensor,
    started: Watch,
    ours: Vec<Cost>,
    burns: Vec<Cost>,
}

impl Alternate {
    fn report(&self, what: &str, seconds: fn(&Cost) -> f64) {
        let ratio = median(self.ours.iter().zip(&self.burns).map(|(a, b)| seconds(a) / seconds(b)).collect());
        let micros = |costs: &[Cost]| median(costs.iter().map(seconds).collect()) * 1e6 / SAMPLES.div_ceil(32) as f64;
        println!("a step by the {what}: Kiln {:.0} us, plain Burn {:.0} us, ratio {ratio:.3}", micros(&self.ours), micros(&self.burns));
    }
}

impl Callback for Alternate {
    fn on_epoch_end(&mut self, epoch: usize, _: &mut Logs, _: &mut dyn Controls) -> kiln::Result<Flow> {
        let ours = self.started.cost();
        if let Some(network) = self.network.take() {
            let (network, burns) = plain(network, &mut self.optimizer, &self.x, &self.y, epoch as u64)?;
            self.network = Some(network);
            // The first epoch pays for the check of the data and for cold caches.
            if epoch > 0 {
                self.ours.push(ours);
                self.burns.push(burns);
            }
        }
        self.started = Watch::start();
        Ok(Flow::Continue)
    }

    fn on_train_end(&mut self, _: &Logs, _: &mut dyn Controls) -> kiln::Result<()> {
        println!("medians of {ROUNDS} epochs of {SAMPLES} samples, each in turn");
        self.report("clock", |cost| cost.clock);
        self.report("processor", |cost| cost.processor);
        Ok(())
    }
}

fn main() -> kiln::Result<()> {
    // The plain loop has Burn's operations only.
    kiln::core::kernels::set_enabled(false);
    let x = Tensor::random_uniform([SAMPLES, 784], 0.0, 1.0);
    let y = Tensor::constant((0..SAMPLES as i32).map(|i| i % 10).collect::<Vec<i32>>());
    let device = Device::current()?.autodiff();

    let mut model = sequential![
        Dense::new(64).activation("relu"),
        Dense::new(128).activation("relu"),
        Dense::new(256).activation("relu"),
        Dense::new(10).activation("softmax"),
    ];
    let adam: ModuleOptimizer = AdamConfig::new().init();
    model.compile((adam, 0.001), "sparse_categorical_crossentropy", ())?;
    let alternate = Alternate {
        network: Some(Network::new(device.burn())),
        optimizer: AdamConfig::new().init(),
        x: x.clone(),
        y: y.clone(),
        started: Watch::start(),
        ours: Vec::new(),
        burns: Vec::new(),
    };
    model.fit((&x, &y), Fit::new().epochs(ROUNDS + 1).verbose(0).callback(alternate))?;
    Ok(())
}
