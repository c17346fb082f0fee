//! A conditional GAN: generator and discriminator are told the class, so that one can ask for a shoe and get one.
//!
//! `cargo run --release --example conditional_gan`; `--data DIR`, `--sample`, `--seed N`, `--quick` for tests.

use kiln::datasets::fashion_mnist::CLASS_NAMES;
use kiln::prelude::*;
use kiln_examples::generative::{Judge, gan_images, gan_optimizer, labels, painter, verdict, viewer};
use kiln_examples::{flag, number, output};

const NOISE: usize = 32;

/// From noise and a class to an image.
fn generator(quick: bool) -> kiln::Result<Model> {
    let (noise, label) = (Input::new([NOISE]), Input::new([1]));
    let class = Flatten::new().on(&Embedding::new(10, 20).on(&label)?)?;
    let both = Concatenate::new().on((&noise, &class))?;
    Model::new((&noise, &label), &painter(quick).on(&both)?)
}

/// From an image and a class to one score: is it a real image, and of this class?
fn discriminator(side: usize, quick: bool) -> kiln::Result<Model> {
    let (image, label) = (Input::new([side, side, 1]), Input::new([1]));
    let seen = viewer(quick).on(&image)?;
    let features = seen.shape().last().unwrap_or_default();
    // One score for any image, and one for how well what is seen goes with the class: a projection discriminator.
    let class = Flatten::new().on(&Embedding::new(10, features).on(&label)?)?;
    let fitting = Dot::new(1).on([&seen, &class])?;
    Model::new((&image, &label), &Add::new().on([&Dense::new(1).on(&seen)?, &fitting])?)
}

struct ConditionalGan {
    generator: Model,
    discriminator: Model,
    optimizers: [Optimizer; 2],
}

impl Trainee for ConditionalGan {
    type Batch = (Tensor, Tensor);

    fn train_step(&mut self, (real, label): (Tensor, Tensor), step: &Step) -> kiln::Result<Logs> {
        let cx = step.context();
        let noise = Tensor::random_normal([real.shape()[0], NOISE], 0.0, 1.0);
        let made = self.generator.call([&noise, &label], &cx)?;

        let right = verdict(&self.discriminator.call([&real, &label], &cx)?, 0.9)?;
        let caught = verdict(&self.discriminator.call([&made.clone().inner(), &label], &cx)?, 0.0)?;
        let d_loss = right + caught;
        let d = d_loss.clone().inner().item();
        self.optimizers[0].minimize(d_loss, &mut self.discriminator)?;

        let g_loss = verdict(&self.discriminator.call([&made, &label], &cx)?, 1.0)?;
        let g = g_loss.clone().inner().item();
        self.optimizers[1].minimize(g_loss, &mut self.generator)?;
        Ok(logs! { "d_loss" => d, "g_loss" => g })
    }
}

fn main() -> kiln::Result<()> {
    set_random_seed(number("seed", 24)?);
    let quick = flag("quick");
    let (epochs, batch) = if quick { (20, 32) } else { (5, 64) };
    let (x, y) = gan_images(quick)?;
    let mut judge = Judge::new(&x, &y, quick)?;

    let mut gan = ConditionalGan {
        generator: generator(quick)?,
        discriminator: discriminator(x.shape()[1], quick)?,
        optimizers: [gan_optimizer(4e-4)?, gan_optimizer(if quick { 1e-3 } else { 4e-4 })?],
    };
    let data = (&x, &y.reshape([-1, 1])?);
    let history = kiln::fit(&mut gan, data, Fit::new().epochs(epochs).batch_size(batch).verbose(2))?;
    history.plot(output("conditional_gan", "history.png")?)?;

    // A row for each of ten noises, a column for each class.
    let noise = Tensor::random_normal([10, 1, NOISE], 0.0, 1.0).broadcast_to([10, 10, NOISE])?.reshape([100, NOISE as isize])?;
    let classes = labels((0..100).map(|i| i % 10)).reshape([100, 1])?;
    let path = output("conditional_gan", "classes.png")?;
    let names: Vec<&str> = (0..100).map(|i| if i < 90 { "" } else { CLASS_NAMES[i % 10] }).collect();
    ImageGrid::new(&gan.generator.predict([&noise, &classes])?).scale(2).labels(&names).save(&path)?;
    println!("pictures: {}", path.display());

    // The claim: a classifier that knows real images sees what was asked for.
    let asked = labels((0..1000).map(|i| i % 10));
    let made = gan.generator.predict([&Tensor::random_normal([1000, NOISE], 0.0, 1.0), &asked.reshape([-1, 1])?])?;
    let (agreement, opinion) = (judge.agrees(&made, &asked.to_vec())?, judge.opinion(&made)?);
    println!("the judge sees what was asked for in {:.1} % of the images; {opinion:.3?}", 100.0 * agreement);
    let floor = if quick { 0.3 } else { 0.8 };
    assert!(agreement >= floor, "only {agreement} of the images show what was asked for, less than {floor}");
    Ok(())
}
