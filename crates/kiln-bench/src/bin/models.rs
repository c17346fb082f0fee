//! Samples a second in training: a dense, a convolutional and a recurrent network, each trained by `fit` with Adam and accuracy. Epochs on
//! Kiln's own operations alternate with epochs on Burn's, so that both meet the same machine. Names as arguments choose networks.

use kiln::core::kernels;
use kiln::prelude::*;
use kiln_bench::median;
use std::time::Instant;

/// Epochs of each kind.
const ROUNDS: usize = 5;

/// Switches the operations from epoch to epoch.
struct Alternate {
    samples: usize,
    started: Instant,
    /// Samples a second on Burn's operations, and on Kiln's.
    rates: [Vec<f64>; 2],
}

impl Callback for Alternate {
    fn on_epoch_end(&mut self, epoch: usize, _: &mut Logs, _: &mut dyn Controls) -> kiln::Result<Flow> {
        // The first two epochs pay for the check of the data and for cold caches.
        if epoch > 1 {
            self.rates[epoch % 2].push(self.samples as f64 / self.started.elapsed().as_secs_f64());
        }
        kernels::set_enabled(epoch.is_multiple_of(2));
        self.started = Instant::now();
        Ok(Flow::Continue)
    }

    fn on_train_end(&mut self, _: &Logs, _: &mut dyn Controls) -> kiln::Result<()> {
        let ratio = median(self.rates[1].iter().zip(&self.rates[0]).map(|(ours, burns)| ours / burns).collect());
        let [burns, ours] = self.rates.each_ref().map(|rates| median(rates.clone()));
        println!("{ours:.0} samples/s, on Burn's operations {burns:.0}, ratio {ratio:.2} (medians of {ROUNDS} epochs)");
        Ok(())
    }
}

fn train(name: &str, layers: Sequential, shape: &[usize], batch: usize, steps: usize) -> kiln::Result<()> {
    let chosen: Vec<String> = std::env::args().skip(1).collect();
    if !chosen.is_empty() && !chosen.iter().any(|c| c == name) {
        return Ok(());
    }
    print!("{name}, batches of {batch}: ");
    let (samples, mut model) = (batch * steps, layers);
    let x = Tensor::random_uniform([&[samples], shape].concat(), 0.0, 1.0);
    let y = Tensor::constant((0..samples as i32).map(|i| i % 10).collect::<Vec<i32>>());
    model.compile("adam", "sparse_categorical_crossentropy", ["accuracy"])?;
    kernels::set_enabled(false);
    let alternate = Alternate { samples, started: Instant::now(), rates: Default::default() };
    model.fit((&x, &y), Fit::new().batch_size(batch).epochs(2 * ROUNDS + 2).verbose(0).callback(alternate))?;
    Ok(())
}

fn main() -> kiln::Result<()> {
    let mlp = sequential![
        Dense::new(64).activation("relu"),
        Dense::new(128).activation("relu"),
        Dense::new(256).activation("relu"),
        Dense::new(10).activation("softmax"),
    ];
    train("mlp", mlp, &[784], 32, 400)?;
    let cnn = sequential![
        Conv2d::new(32, 3).activation("relu"),
        MaxPooling2d::new(2),
        Conv2d::new(64, 3).activation("relu"),
        MaxPooling2d::new(2),
        Flatten::new(),
        Dense::new(10).activation("softmax"),
    ];
    train("cnn", cnn, &[28, 28, 1], 64, 24)?;
    let lstm = sequential![Lstm::new(128), Dense::new(10).activation("softmax")];
    train("lstm", lstm, &[28, 28], 64, 40)?;
    let gru = sequential![Gru::new(128), Dense::new(10).activation("softmax")];
    train("gru", gru, &[28, 28], 64, 40)
}
