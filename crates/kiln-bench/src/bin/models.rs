//! Samples a second in training: a dense, a convolutional and two recurrent networks, each trained by `fit` with Adam and accuracy. Epochs
//! on Kiln's own operations alternate with epochs on Burn's, so that both meet the same machine; the processor's time beside the clock's
//! says what a sample costs however busy the machine is. Names as arguments choose networks; `--ours` leaves out Burn's operations.

use kiln::core::kernels;
use kiln::prelude::*;
use kiln_bench::{cpu_seconds, median};
use std::time::Instant;

/// Epochs of each kind.
const ROUNDS: usize = 5;

/// What an epoch took for each sample, in microseconds.
#[derive(Clone, Copy)]
struct Cost {
    clock: f64,
    cpu: f64,
}

/// Switches the operations from epoch to epoch.
struct Alternate {
    samples: usize,
    both: bool,
    started: (Instant, f64),
    /// On Burn's operations, and on Kiln's.
    costs: [Vec<Cost>; 2],
}

impl Callback for Alternate {
    fn on_epoch_end(&mut self, epoch: usize, _: &mut Logs, _: &mut dyn Controls) -> kiln::Result<Flow> {
        // The first two epochs pay for the check of the data and for cold caches.
        if epoch > 1 {
            let micros = |seconds: f64| seconds * 1e6 / self.samples as f64;
            let (started, cpu) = self.started;
            let cost = Cost { clock: micros(started.elapsed().as_secs_f64()), cpu: micros(cpu_seconds() - cpu) };
            self.costs[if self.both { epoch % 2 } else { 1 }].push(cost);
        }
        kernels::set_enabled(!self.both || epoch.is_multiple_of(2));
        self.started = (Instant::now(), cpu_seconds());
        Ok(Flow::Continue)
    }

    fn on_train_end(&mut self, _: &Logs, _: &mut dyn Controls) -> kiln::Result<()> {
        let middle = |costs: &[Cost], of: fn(&Cost) -> f64| median(costs.iter().map(of).collect());
        let [burns, ours] = &self.costs;
        let told =
            |costs: &[Cost]| format!("{:.0} samples/s, {:.1} us of CPU each", 1e6 / middle(costs, |c| c.clock), middle(costs, |c| c.cpu));
        print!("{}", told(ours));
        if self.both {
            let ratio = |of: fn(&Cost) -> f64| median(burns.iter().zip(ours).map(|(burns, ours)| of(burns) / of(ours)).collect());
            print!("; on Burn's operations {}; ratios {:.2} and {:.2}", told(burns), ratio(|c| c.clock), ratio(|c| c.cpu));
        }
        println!(" (medians of {} epochs)", ours.len());
        Ok(())
    }
}

fn train(name: &str, mut model: Sequential, shape: &[usize], batch: usize, steps: usize) -> kiln::Result<()> {
    let (options, chosen): (Vec<String>, Vec<String>) = std::env::args().skip(1).partition(|word| word.starts_with("--"));
    if !chosen.is_empty() && !chosen.iter().any(|c| c == name) {
        return Ok(());
    }
    print!("{name}, batches of {batch}: ");
    let (samples, both) = (batch * steps, !options.iter().any(|o| o == "--ours"));
    let x = Tensor::random_uniform([&[samples], shape].concat(), 0.0, 1.0);
    let y = Tensor::constant((0..samples as i32).map(|i| i % 10).collect::<Vec<i32>>());
    model.compile("adam", "sparse_categorical_crossentropy", ["accuracy"])?;
    kernels::set_enabled(!both);
    let alternate = Alternate { samples, both, started: (Instant::now(), 0.0), costs: Default::default() };
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
