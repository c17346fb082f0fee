//! A GAN with an auxiliary classifier: the discriminator is not told the class of an image, it has to name it.
//!
//! `cargo run --release --example ac_gan`; `--data DIR`, `--sample`, `--seed N`, `--quick` for tests.

use kiln::datasets::fashion_mnist::CLASS_NAMES;
use kiln::prelude::*;
use kiln_examples::generative::{Judge, gan_images, gan_optimizer, labels, painter, verdict, viewer};
use kiln_examples::{flag, number, output};

const NOISE: usize = 32;

/// From noise and a class to an image; the embedding of the class scales the noise, as in the paper's Keras program.
fn generator(quick: bool) -> kiln::Result<Model> {
    let (noise, label) = (Input::new([NOISE]), Input::new([1]));
    let class = Flatten::new().on(&Embedding::new(10, NOISE).embeddings_initializer("glorot_normal").on(&label)?)?;
    let code = Concatenate::new().on([&Multiply::new().on((&noise, &class))?, &class])?;
    Model::new((&noise, &label), &painter(quick).on(&code)?)
}

/// From an image to two outputs: a score for being real, and the logits of the ten classes.
fn discriminator(side: usize, quick: bool) -> kiln::Result<Model> {
    let image = Input::new([side, side, 1]);
    let seen = viewer(quick).on(&image)?;
    let (score, class) = (Dense::new(1).name("score").on(&seen)?, Dense::new(10).name("class").on(&seen)?);
    Model::new(&image, [&score, &class])
}

struct AcGan {
    generator: Model,
    discriminator: Model,
    optimizers: [Optimizer; 2],
}

impl AcGan {
    /// How far the discriminator is from calling the images real (or made) and from naming their classes.
    fn losses(&mut self, images: &Tensor, truth: f64, label: &Tensor, cx: &kiln::Context) -> kiln::Result<(Tensor, Tensor)> {
        let outputs = self.discriminator.call_all(images, cx)?;
        let naming = SparseCategoricalCrossentropy::new().from_logits(true).value(label, &outputs[1])?;
        Ok((verdict(&outputs[0], truth)?, naming))
    }
}

impl Trainee for AcGan {
    type Batch = (Tensor, Tensor);

    fn train_step(&mut self, (real, label): (Tensor, Tensor), step: &Step) -> kiln::Result<Logs> {
        let cx = step.context();
        let noise = Tensor::random_normal([real.shape()[0], NOISE], 0.0, 1.0);
        let made = self.generator.call([&noise, &label], &cx)?;

        // The discriminator learns the classes from real images alone: it shall not get used to what the generator draws.
        let (right, naming) = self.losses(&real, 0.9, &label, &cx)?;
        let (caught, _) = self.losses(&made.clone().inner(), 0.0, &label, &cx)?;
        let logs = logs! { "d_loss" => &right + &caught, "class_loss" => naming };
        self.optimizers[0].minimize(right + caught + naming, &mut self.discriminator)?;

        let (fooled, named) = self.losses(&made, 1.0, &label, &cx)?;
        let g = logs! { "g_loss" => fooled, "g_class_loss" => named };
        self.optimizers[1].minimize(fooled + named, &mut self.generator)?;
        Ok(g.iter().fold(logs, |mut all, (name, value)| {
            all.set(name, value);
            all
        }))
    }
}

fn main() -> kiln::Result<()> {
    set_random_seed(number("seed", 25)?);
    let quick = flag("quick");
    let (epochs, batch) = if quick { (12, 32) } else { (4, 64) };
    let (x, y) = gan_images(quick)?;
    // The last images are kept for the test.
    let split = x.shape()[0] * 9 / 10;
    let (x_test, y_test) = (x.rows(split..x.shape()[0])?, y.rows(split..x.shape()[0])?);
    let (x, y) = (x.rows(0..split)?, y.rows(0..split)?);
    let mut judge = Judge::new(&x, &y, quick)?;

    let mut gan = AcGan {
        generator: generator(quick)?,
        discriminator: discriminator(x.shape()[1], quick)?,
        optimizers: [gan_optimizer(4e-4)?, gan_optimizer(if quick { 1e-3 } else { 4e-4 })?],
    };
    let data = (&x, &y.reshape([-1, 1])?);
    let history = kiln::fit(&mut gan, data, Fit::new().epochs(epochs).batch_size(batch).verbose(2))?;
    history.plot(output("ac_gan", "history.png")?)?;

    // A row for each class.
    let asked = labels((0..1000).map(|i| i / 100));
    let made = gan.generator.predict([&Tensor::random_normal([1000, NOISE], 0.0, 1.0), &asked.reshape([-1, 1])?])?;
    let first: Vec<usize> = (0..100).map(|i| i / 10 * 100 + i % 10).collect();
    let path = output("ac_gan", "classes.png")?;
    ImageGrid::new(&made.gather(&first)?).scale(2).save(&path)?;
    println!("pictures: {}; rows: {}", path.display(), CLASS_NAMES.join(", "));

    // The claims: the images show what was asked for, and the second head of the discriminator has become a classifier.
    let agreement = judge.agrees(&made, &asked.to_vec())?;
    let named: Vec<i32> = gan.discriminator.predict_all(&x_test)?[1].argmax(-1)?.to_vec();
    let hits = named.iter().zip(y_test.to_vec::<i32>()).filter(|(a, b)| **a == *b).count();
    let accuracy = hits as f64 / named.len() as f64;
    println!("the judge sees what was asked for in {:.1} % of the images", 100.0 * agreement);
    println!("the discriminator names {:.1} % of real test images rightly", 100.0 * accuracy);
    let floors = if quick { (0.5, 0.6) } else { (0.8, 0.8) };
    assert!(agreement >= floors.0, "only {agreement} of the images show what was asked for, less than {}", floors.0);
    assert!(accuracy >= floors.1, "the discriminator names only {accuracy} of the test images, less than {}", floors.1);
    Ok(())
}
