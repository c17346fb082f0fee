//! InfoGAN: nobody tells the network the classes; a code that must be readable from the images finds kinds of its own.
//!
//! `cargo run --release --example infogan`; `--data DIR`, `--sample`, `--seed N`, `--quick` for tests.

use kiln::prelude::*;
use kiln_examples::generative::{Judge, gan_images, gan_optimizer, labels, painter, verdict, viewer};
use kiln_examples::{flag, number, output};

const NOISE: usize = 4;
const KINDS: usize = 10;
const SLIDERS: usize = 2;

struct InfoGan {
    generator: Sequential,
    /// From an image to three outputs: a score for being real, the logits of the kinds, the places of the sliders.
    discriminator: Model,
    optimizers: [Optimizer; 2],
}

/// Random kinds and sliders.
fn codes(count: usize) -> (Tensor, Tensor) {
    let kinds = Tensor::random_uniform([count], 0.0, KINDS as f64).floor().clip(0.0, KINDS as f64 - 1.0);
    (kinds, Tensor::random_uniform([count, SLIDERS], -1.0, 1.0))
}

/// What the generator gets: noise, the kind as one of ten, the sliders.
fn input(kinds: &Tensor, sliders: &Tensor) -> kiln::Result<Tensor> {
    let noise = Tensor::random_normal([sliders.shape()[0], NOISE], 0.0, 1.0);
    Tensor::concat([&noise, &kinds.one_hot(KINDS), sliders], -1)
}

impl Trainee for InfoGan {
    type Batch = Tensor;

    fn train_step(&mut self, real: Tensor, step: &Step) -> kiln::Result<Logs> {
        let cx = step.context();
        let (kinds, sliders) = codes(real.shape()[0]);
        let made = self.generator.call(input(&kinds, &sliders)?, &cx)?;

        // The mutual information of codes and images is at least as large as these errors in reading the codes are small; so
        // both networks make them small.
        let reading = |outputs: &[Tensor]| {
            let kind = SparseCategoricalCrossentropy::new().from_logits(true).value(&kinds, &outputs[1])?;
            let slider = MeanSquaredError::new().value(&sliders, &outputs[2])?;
            Ok::<_, Error>((kind, slider))
        };

        let right = verdict(&self.discriminator.call_all(&real, &cx)?[0], 0.9)?;
        let outputs = self.discriminator.call_all(made.clone().inner(), &cx)?;
        let (kind, slider) = reading(&outputs)?;
        let d_loss = right + verdict(&outputs[0], 0.0)?;
        let d = d_loss.clone().inner().item();
        self.optimizers[0].minimize(d_loss + kind + slider, &mut self.discriminator)?;

        let outputs = self.discriminator.call_all(&made, &cx)?;
        let (kind, slider) = reading(&outputs)?;
        let g_loss = verdict(&outputs[0], 1.0)?;
        let logs = logs! { "d_loss" => d, "g_loss" => g_loss, "kind_loss" => kind, "slider_loss" => slider };
        self.optimizers[1].minimize(g_loss + kind + slider, &mut *self.generator)?;
        Ok(logs)
    }
}

/// What two labellings of the same images tell of each other, in nats: 0 for chance, ln 10 = 2.30 for the same ten kinds.
fn mutual_information(a: &[i32], b: &[i32]) -> f64 {
    let mut table = [[0.0; 10]; KINDS];
    a.iter().zip(b).for_each(|(i, j)| table[*i as usize][*j as usize] += 1.0 / a.len() as f64);
    let (mut total, columns) = (0.0, (0..10).map(|j| table.iter().map(|row| row[j]).sum::<f64>()).collect::<Vec<_>>());
    for row in &table {
        let share: f64 = row.iter().sum();
        total += row.iter().zip(&columns).filter(|(p, _)| **p > 0.0).map(|(p, q)| p * (p / (share * q)).ln()).sum::<f64>();
    }
    total
}

fn main() -> kiln::Result<()> {
    set_random_seed(number("seed", 26)?);
    let quick = flag("quick");
    let (epochs, batch) = if quick { (16, 32) } else { (5, 64) };
    let (x, y) = gan_images(quick)?;
    let mut judge = Judge::new(&x, &y, quick)?;

    let image = Input::new(&x.shape()[1..]);
    // Noise on the images, so that the codes can't hide in speckles that nobody sees.
    let seen = viewer(quick).on(&GaussianNoise::new(0.3).on(&image)?)?;
    let score = Dense::new(1).name("score").on(&seen)?;
    let read = Dense::new(64).activation("relu").on(&seen)?;
    let (kind, slider) = (Dense::new(KINDS).name("kind").on(&read)?, Dense::new(SLIDERS).name("slider").on(&read)?);
    let mut gan = InfoGan {
        generator: painter(quick),
        discriminator: Model::new(&image, [&score, &kind, &slider])?,
        optimizers: [gan_optimizer(4e-4)?, gan_optimizer(1e-3)?],
    };
    let history = kiln::fit(&mut gan, &x, Fit::new().epochs(epochs).batch_size(batch).verbose(2))?;
    history.plot(output("infogan", "history.png")?)?;

    // A row for each kind; then one slider moved from end to end in each row, the noise held.
    let kinds = labels((0..100).map(|i| i / 10));
    let path = output("infogan", "kinds.png")?;
    ImageGrid::new(&gan.generator.predict(input(&kinds, &Tensor::zeros([100, SLIDERS]))?)?).scale(2).save(&path)?;
    println!("pictures: {}", path.display());
    let places = Tensor::linspace(-1.0, 1.0, 10).broadcast_to([10, 10])?.reshape([100, 1])?;
    let still = input(&labels(0..10), &Tensor::zeros([10, SLIDERS]))?.slice([(..).into(), (..(NOISE + KINDS) as isize).into()])?;
    let width = NOISE + KINDS;
    let still = still.expand_dims(1)?.broadcast_to([10, 10, width])?.reshape([100, width as isize])?;
    let moved = Tensor::concat([&still, &places, &Tensor::zeros([100, SLIDERS - 1])], -1)?;
    let path = output("infogan", "slider.png")?;
    ImageGrid::new(&gan.generator.predict(moved)?).scale(2).save(&path)?;
    println!("pictures: {}", path.display());

    // The claims: a classifier that knows the real classes finds the kinds in the images; and the code is many kinds, not one.
    let (kinds, sliders) = codes(2000);
    let made = gan.generator.predict(input(&kinds, &sliders)?)?;
    let (kinds, classes) = (kinds.to_vec::<i32>(), judge.classes(&made)?);
    let shared = mutual_information(&kinds, &classes);
    let hits: usize = (0..KINDS as i32)
        .map(|kind| {
            let of: Vec<i32> = kinds.iter().zip(&classes).filter(|(k, _)| **k == kind).map(|(_, c)| *c).collect();
            (0..10).map(|class| of.iter().filter(|c| **c == class).count()).max().unwrap_or(0)
        })
        .sum();
    println!("kinds and classes share {shared:.2} nats of 2.30; {:.1} % are of their kind's class", 100.0 * hits as f64 / 2000.0);
    let floor = if quick { 0.35 } else { 0.8 };
    assert!(shared > floor, "kinds and classes share only {shared} nats, not more than {floor}");
    Ok(())
}
