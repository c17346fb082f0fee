//! A generative adversarial network: a generator that learns to make images by fooling a discriminator, and the other way round.
//!
//! `cargo run --release --example gan`; `--data DIR`, `--sample`, `--seed N`, `--quick` for tests.

use kiln::prelude::*;
use kiln_examples::generative::{Judge, gan_images, gan_optimizer, painter, verdict, viewer};
use kiln_examples::{flag, number, output};

const NOISE: usize = 32;

struct Gan {
    generator: Sequential,
    discriminator: Sequential,
    optimizers: [Optimizer; 2],
    /// The noise behind the pictures, the same at each epoch, and the pictures.
    fixed: Tensor,
    pictures: Vec<Tensor>,
}

impl Trainee for Gan {
    type Batch = Tensor;

    fn train_step(&mut self, real: Tensor, step: &Step) -> kiln::Result<Logs> {
        if step.batch == 0 {
            self.pictures.push(self.generator.predict(&self.fixed)?);
        }
        let cx = step.context();
        let noise = Tensor::random_normal([real.shape()[0], NOISE], 0.0, 1.0);
        let made = self.generator.call(&noise, &cx)?;

        // The discriminator: real images up, made ones down. `inner` keeps this loss away from the generator.
        let right = verdict(&self.discriminator.call(&real, &cx)?, 0.9)?;
        let caught = verdict(&self.discriminator.call(made.clone().inner(), &cx)?, 0.0)?;
        let d_loss = right + caught;
        let d = d_loss.clone().inner().item();
        self.optimizers[0].minimize(d_loss, &mut *self.discriminator)?;

        // The generator: what it made shall be taken for real.
        let g_loss = verdict(&self.discriminator.call(&made, &cx)?, 1.0)?;
        let g = g_loss.clone().inner().item();
        self.optimizers[1].minimize(g_loss, &mut *self.generator)?;
        Ok(logs! { "d_loss" => d, "g_loss" => g })
    }
}

fn main() -> kiln::Result<()> {
    set_random_seed(number("seed", 23)?);
    let quick = flag("quick");
    let (epochs, batch) = if quick { (16, 32) } else { (5, 64) };
    let (x, y) = gan_images(quick)?;
    let mut judge = Judge::new(&x, &y, quick)?;

    let generator = painter(quick);
    let mut discriminator = viewer(quick);
    discriminator.add(Dense::new(1));
    let mut gan = Gan {
        generator,
        discriminator,
        optimizers: [gan_optimizer(4e-4)?, gan_optimizer(if quick { 1e-3 } else { 4e-4 })?],
        fixed: Tensor::random_normal([20, NOISE], 0.0, 1.0),
        pictures: Vec::new(),
    };
    let history = kiln::fit(&mut gan, &x, Fit::new().epochs(epochs).batch_size(batch).verbose(2))?;
    history.plot(output("gan", "history.png")?)?;

    gan.pictures.push(gan.generator.predict(&gan.fixed)?);
    for (epoch, images) in gan.pictures.iter().enumerate() {
        ImageGrid::new(images).scale(2).title(format!("after {epoch} epochs")).save(output("gan", &format!("epoch_{epoch:02}.png"))?)?;
    }
    let made = gan.generator.predict(Tensor::random_normal([1000, NOISE], 0.0, 1.0))?;
    let path = output("gan", "samples.png")?;
    ImageGrid::new(&made.rows(0..100)?).columns(20).save(&path)?;
    println!("pictures: {}", path.display());

    // The claims: the images look like pieces of clothing, of many kinds. What came out before training did not.
    let (before, after, real) = (judge.opinion(&gan.pictures[0])?, judge.opinion(&made)?, judge.opinion(&x.rows(0..1000)?)?);
    println!("before training: {before:.3?}\nafter:           {after:.3?}\nreal images:     {real:.3?}");
    let (confidence, variety) = if quick { (0.4, 1.2) } else { (0.6, 1.9) };
    assert!(after.confidence > confidence, "the judge is only {} sure of what it sees", after.confidence);
    assert!(after.variety > variety, "the images are of too few kinds: {} nats", after.variety);
    Ok(())
}
