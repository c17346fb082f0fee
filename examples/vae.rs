//! A variational autoencoder: images as points of a smooth space, from which new ones are drawn; a training step of one's own.
//!
//! `cargo run --release --example vae`; `--data DIR`, `--sample`, `--seed N`, `--quick` for tests.

use kiln::optimizers::IntoOptimizer;
use kiln::prelude::*;
use kiln_examples::{fashion_images, flag, number, output};

const LATENT: usize = 10;

/// Takes an image and noise; gives the mean and the log variance of the image's code, and what the decoder makes of a code drawn there.
struct Vae {
    model: Model,
    optimizer: Optimizer,
}

impl Vae {
    /// The two terms of the negative ELBO in nats: of the reconstruction, and the divergence of the codes from a normal distribution.
    fn terms(&mut self, x: &Tensor, cx: &kiln::Context) -> kiln::Result<(Tensor, Tensor)> {
        let noise = Tensor::random_normal([x.shape()[0], LATENT], 0.0, 1.0);
        let outputs = self.model.call_all([x, &noise], cx)?;
        let [mean, log_variance, logits] = &outputs[..] else { return Err(Error::data("vae", "three outputs are expected")) };
        // The binary cross entropy from the logits: log(1 + e^l) - x l.
        let pixels = logits.clone().softplus() - x * logits;
        let reconstruction = pixels.reshape([-1, 784])?.sum_axis(-1)?.mean();
        let kl = (mean.clone().square() + log_variance.clone().exp() - log_variance - 1.0) * 0.5;
        Ok((reconstruction, kl.sum_axis(-1)?.mean()))
    }
}

impl Trainee for Vae {
    type Batch = Tensor;

    fn train_step(&mut self, x: Tensor, step: &Step) -> kiln::Result<Logs> {
        let (reconstruction, kl) = self.terms(&x, &step.context())?;
        let loss = &reconstruction + &kl;
        let logs = logs! { "loss" => loss, "reconstruction" => reconstruction, "kl" => kl };
        self.optimizer.minimize(loss, &mut self.model)?;
        Ok(logs)
    }

    fn test_step(&mut self, x: Tensor) -> kiln::Result<Logs> {
        let (reconstruction, kl) = self.terms(&x, &kiln::Context::inference())?;
        Ok(logs! { "loss" => &reconstruction + &kl, "reconstruction" => reconstruction, "kl" => kl })
    }
}

fn main() -> kiln::Result<()> {
    set_random_seed(number("seed", 22)?);
    let quick = flag("quick");
    let (train, test, epochs, units) = if quick { (2000, 200, 8, 128) } else { (60_000, 10_000, 15, 512) };
    let ((x_train, _), (x_test, _)) = fashion_images(train, test)?;

    let (image, noise) = (Input::new([28, 28, 1]), Input::new([LATENT]));
    let hidden = Dense::new(units).activation("relu").on(&Flatten::new().on(&image)?)?;
    let mean = Dense::new(LATENT).name("mean").on(&hidden)?;
    let log_variance = Dense::new(LATENT).name("log_variance").on(&hidden)?;
    let deviation = Lambda::new(|v| Ok((v * 0.5).exp())).on(&log_variance)?;
    let code = Add::new().name("code").on([&mean, &Multiply::new().on((&deviation, &noise))?])?;
    let hidden = Dense::new(units).activation("relu").on(&code)?;
    let logits = Reshape::new([28, 28, 1]).on(&Dense::new(784).on(&hidden)?)?;

    let model = Model::new((&image, &noise), [&mean, &log_variance, &logits])?;
    println!("{}", model.summary()?);
    let mut vae = Vae { model, optimizer: Adam::new().learning_rate(0.002).into_optimizer()? };
    let options = Fit::new().epochs(epochs).batch_size(if quick { 32 } else { 128 }).validation_data(&x_test).verbose(2);
    let history = kiln::fit(&mut vae, &x_train, options)?;
    history.plot(output("vae", "history.png")?)?;

    // Parts of the trained model.
    let mut encoder = Model::new(&image, &mean)?;
    let mut decoder = Model::new(&code, &logits)?;
    let mut draw = |codes: &Tensor| Ok::<_, Error>(decoder.predict(codes)?.sigmoid());
    let codes = encoder.predict(&x_test)?;
    let save = |file: &str, title: &str, pictures: &Tensor| {
        let path = output("vae", file)?;
        println!("pictures: {}", path.display());
        ImageGrid::new(pictures).scale(2).title(title).save(path)
    };
    let reconstructed = draw(&codes.rows(0..10)?)?;
    save("reconstructions.png", "images, and what their codes hold", &Tensor::concat([&x_test.rows(0..10)?, &reconstructed], 0)?)?;
    save("samples.png", "drawn from the latent space", &draw(&Tensor::random_normal([50, LATENT], 0.0, 1.0))?)?;
    // From the code of one image to that of another in ten steps.
    let mut walks = Vec::new();
    for pair in 0..5 {
        let (from, to) = (codes.rows(2 * pair..2 * pair + 1)?, codes.rows(2 * pair + 1..2 * pair + 2)?);
        let share = Tensor::linspace(0.0, 1.0, 10).reshape([10, 1])?;
        walks.push(&from + share * (&to - &from));
    }
    save("walks.png", "from one image to another through the latent space", &draw(&Tensor::concat(&walks, 0)?)?)?;

    // The claims: the negative ELBO on unseen images is low, and the codes do carry something.
    let last = |name: &str| history[name].last().copied().unwrap_or(f64::NAN);
    let (loss, kl) = (last("val_loss"), last("val_kl"));
    println!("on test images: {loss:.1} nats, of which {kl:.1} tell the code from noise");
    let ceiling = if quick { 300.0 } else { 245.0 };
    assert!(loss < ceiling, "the negative ELBO is {loss}, above {ceiling}");
    assert!(kl > 2.0, "the codes carry only {kl} nats");
    Ok(())
}
