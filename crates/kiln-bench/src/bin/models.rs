//! Samples a second: each network trained by `fit` with Adam, or with `--evaluate` or `--predict` run alone. Rounds on Kiln's own
//! operations alternate with rounds on Burn's, so that both meet the same machine; the processor's time beside the clock's says what a
//! sample costs however busy the machine is. Names as arguments choose networks; `--ours` leaves out Burn's operations. `--latency` gives
//! the microseconds of a single prediction instead, on Kiln's operations.

use kiln::core::kernels;
use kiln::prelude::*;
use kiln_bench::gan::{self, Gan};
use kiln_bench::networks::{NETWORKS, Network};
use kiln_bench::{cpu_seconds, latency, median};
use std::time::Instant;

/// Rounds of each kind.
const ROUNDS: usize = 5;
/// Rounds that pay for the check of the data and for cold caches.
const WARM: usize = 2;

/// What a round took for each sample, in microseconds.
#[derive(Clone, Copy)]
struct Cost {
    clock: f64,
    cpu: f64,
}

/// Switches the operations from round to round.
struct Alternate {
    samples: usize,
    both: bool,
    round: usize,
    started: (Instant, f64),
    /// On Burn's operations, and on Kiln's.
    costs: [Vec<Cost>; 2],
}

impl Alternate {
    fn new(samples: usize, both: bool) -> Self {
        kernels::set_enabled(!both);
        Self { samples, both, round: 0, started: (Instant::now(), cpu_seconds()), costs: Default::default() }
    }

    fn rounds(&self) -> usize {
        WARM + if self.both { 2 * ROUNDS } else { ROUNDS }
    }

    fn end_round(&mut self) {
        if self.round >= WARM {
            let micros = |seconds: f64| seconds * 1e6 / self.samples as f64;
            let (clock, cpu) = self.started;
            let cost = Cost { clock: micros(clock.elapsed().as_secs_f64()), cpu: micros(cpu_seconds() - cpu) };
            self.costs[if self.both { self.round % 2 } else { 1 }].push(cost);
        }
        kernels::set_enabled(!self.both || self.round.is_multiple_of(2));
        self.round += 1;
        self.started = (Instant::now(), cpu_seconds());
    }

    fn print(&self) {
        let middle = |costs: &[Cost], of: fn(&Cost) -> f64| median(costs.iter().map(of).collect());
        let [burns, ours] = &self.costs;
        let told =
            |costs: &[Cost]| format!("{:.0} samples/s, {:.1} us of CPU each", 1e6 / middle(costs, |c| c.clock), middle(costs, |c| c.cpu));
        print!("{}", told(ours));
        if self.both {
            let ratio = |of: fn(&Cost) -> f64| median(burns.iter().zip(ours).map(|(burns, ours)| of(burns) / of(ours)).collect());
            print!("; on Burn's operations {}; ratios {:.2} and {:.2}", told(burns), ratio(|c| c.clock), ratio(|c| c.cpu));
        }
        println!(" (medians of {} rounds)", ours.len());
    }
}

impl Callback for Alternate {
    fn on_epoch_end(&mut self, _: usize, _: &mut Logs, _: &mut dyn Controls) -> kiln::Result<Flow> {
        self.end_round();
        Ok(Flow::Continue)
    }

    fn on_train_end(&mut self, _: &Logs, _: &mut dyn Controls) -> kiln::Result<()> {
        self.print();
        Ok(())
    }
}

fn measure(network: &Network, both: bool, work: &str) -> kiln::Result<()> {
    print!("{}, batches of {}: ", network.name, network.batch);
    let (mut model, (x, y)) = (network.compiled()?, network.data());
    let mut rounds = Alternate::new(network.batch * network.steps, both);
    let options = || Fit::new().batch_size(network.batch).verbose(0);
    if work == "fit" {
        let options = options().epochs(rounds.rounds()).callback(rounds);
        return model.fit((&x, &y), options).map(drop);
    }
    for _ in 0..rounds.rounds() {
        if work == "evaluate" {
            model.evaluate_with((&x, &y), options())?;
        } else {
            model.predict_with(&x, options())?;
        }
        rounds.end_round();
    }
    rounds.print();
    Ok(())
}

fn measure_gan(both: bool) -> kiln::Result<()> {
    print!("{}, batches of {}: ", gan::NAME, gan::BATCH);
    let rounds = Alternate::new(gan::BATCH * gan::STEPS, both);
    let options = Fit::new().batch_size(gan::BATCH).verbose(0).epochs(rounds.rounds()).callback(rounds);
    kiln::fit(&mut Gan::new()?, Gan::data(), options).map(drop)
}

fn measure_latency(network: &Network) -> kiln::Result<()> {
    let ways: Vec<String> = latency::ways(network)?.iter().map(|(way, micros)| format!("{micros:.1} us by {way}")).collect();
    println!("{}, one sample: {}", network.name, ways.join(", "));
    Ok(())
}

fn main() -> kiln::Result<()> {
    let (options, names): (Vec<String>, Vec<String>) = std::env::args().skip(1).partition(|word| word.starts_with("--"));
    let has = |name: &str| options.iter().any(|option| option.trim_start_matches("--") == name);
    let work = ["evaluate", "predict", "latency"].into_iter().find(|work| has(work)).unwrap_or("fit");
    let both = !has("ours");
    let chosen = |name: &str| names.is_empty() || names.iter().any(|chosen| chosen == name);
    for network in NETWORKS.iter().filter(|network| chosen(network.name)) {
        if work == "latency" { measure_latency(network)? } else { measure(network, both, work)? }
    }
    match work {
        "fit" if chosen(gan::NAME) => measure_gan(both),
        _ if names.iter().any(|name| name == gan::NAME) => Err(kiln::Error::custom(format!("{} is only trained", gan::NAME))),
        _ => Ok(()),
    }
}
