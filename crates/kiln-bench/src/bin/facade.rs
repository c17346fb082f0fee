//! What the facade costs: the course's network (784-64-128-256-10, batch 32) trained by `fit` with Burn's own Adam, against the
//! same modules, loss and optimizer in a plain Burn loop over batches shuffled alike.
//!
//! Each trains in a program of its own, the two in turns: within one program, each would find memory as the other left it.

use burn::module::Module;
use burn::nn::loss::CrossEntropyLossConfig;
use burn::nn::{Linear, LinearConfig};
use burn::optim::{AdamConfig, GradientsParams, ModuleOptimizer};
use burn::tensor::{Int, activation::relu};
use kiln::prelude::*;
use kiln_bench::{cpu_seconds, median};
use std::process::Command;
use std::time::Instant;

/// As many as Fashion-MNIST has.
const SAMPLES: usize = 60_000;
const EPOCHS: usize = 4;
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

/// The microseconds of a step in each epoch, by the clock and of the processor, which another program's work doesn't lengthen.
struct Costs {
    since: (Instant, f64),
    epochs: Vec<(f64, f64)>,
}

impl Costs {
    fn start() -> Self {
        Self { since: (Instant::now(), cpu_seconds()), epochs: Vec::new() }
    }

    fn epoch(&mut self) {
        let micros = |seconds: f64| seconds * 1e6 / SAMPLES.div_ceil(32) as f64;
        self.epochs.push((micros(self.since.0.elapsed().as_secs_f64()), micros(cpu_seconds() - self.since.1)));
        self.since = (Instant::now(), cpu_seconds());
    }

    fn print(&self) {
        // The first epoch pays for the check of the data and for cold caches.
        let of = |cost: fn(&(f64, f64)) -> f64| median(self.epochs.iter().skip(1).map(cost).collect());
        println!("{} {}", of(|epoch| epoch.0), of(|epoch| epoch.1));
    }
}

impl Callback for Costs {
    fn on_epoch_end(&mut self, _: usize, _: &mut Logs, _: &mut dyn Controls) -> kiln::Result<Flow> {
        self.epoch();
        Ok(Flow::Continue)
    }

    fn on_train_end(&mut self, _: &Logs, _: &mut dyn Controls) -> kiln::Result<()> {
        self.print();
        Ok(())
    }
}

fn by_fit(x: &Tensor, y: &Tensor) -> kiln::Result<()> {
    let mut model = sequential![
        Dense::new(64).activation("relu"),
        Dense::new(128).activation("relu"),
        Dense::new(256).activation("relu"),
        Dense::new(10).activation("softmax"),
    ];
    let adam: ModuleOptimizer = AdamConfig::new().init();
    model.compile((adam, 0.001), "sparse_categorical_crossentropy", ())?;
    model.fit((x, y), Fit::new().epochs(EPOCHS).verbose(0).callback(Costs::start())).map(drop)
}

fn by_hand(x: &Tensor, y: &Tensor) -> kiln::Result<()> {
    let mut network = Network::new(Device::current()?.autodiff().burn());
    let mut optimizer: ModuleOptimizer = AdamConfig::new().init();
    let mut costs = Costs::start();
    for epoch in 0..EPOCHS {
        let order = kiln::core::random::Stream::new(epoch as u64).permutation(SAMPLES);
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
        costs.epoch();
    }
    costs.print();
    Ok(())
}

/// What the program prints when it is asked for one of the two.
fn measured(way: &str) -> kiln::Result<(f64, f64)> {
    let trouble = |what: String| kiln::Error::custom(format!("{way}: {what}"));
    let program = std::env::current_exe().map_err(|e| trouble(e.to_string()))?;
    let output = Command::new(program).arg(way).output().map_err(|e| trouble(e.to_string()))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let mut numbers = text.split_whitespace().map_while(|word| word.parse().ok());
    match (numbers.next(), numbers.next()) {
        (Some(clock), Some(processor)) => Ok((clock, processor)),
        _ => Err(trouble(String::from_utf8_lossy(&output.stderr).into_owned())),
    }
}

fn compare() -> kiln::Result<()> {
    let (mut fit, mut hand) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        fit.push(measured("fit")?);
        hand.push(measured("hand")?);
    }
    println!("{ROUNDS} rounds of {EPOCHS} epochs of {SAMPLES} samples each; medians");
    for (what, cost) in [("clock", (|c| c.0) as fn(&(f64, f64)) -> f64), ("processor", |c| c.1)] {
        let micros = |costs: &[(f64, f64)]| median(costs.iter().map(cost).collect());
        let ratio = median(fit.iter().zip(&hand).map(|(a, b)| cost(a) / cost(b)).collect());
        println!("a step by the {what}: Kiln {:.0} us, plain Burn {:.0} us, ratio {ratio:.3}", micros(&fit), micros(&hand));
    }
    Ok(())
}

fn main() -> kiln::Result<()> {
    let Some(way) = std::env::args().nth(1) else { return compare() };
    // The plain loop has Burn's operations only.
    kiln::core::kernels::set_enabled(false);
    let x = Tensor::random_uniform([SAMPLES, 784], 0.0, 1.0);
    let y = Tensor::constant((0..SAMPLES as i32).map(|i| i % 10).collect::<Vec<i32>>());
    if way == "fit" { by_fit(&x, &y) } else { by_hand(&x, &y) }
}
