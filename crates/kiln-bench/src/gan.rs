//! The step of a generative adversarial network: two models, two optimizers. `peers/keras_gan.py` and `peers/torch_gan.py` take the same.

use kiln::Result;
use kiln::optimizers::IntoOptimizer;
use kiln::prelude::*;

/// As the command line names it.
pub const NAME: &str = "gan";
/// Samples in a batch.
pub const BATCH: usize = 64;
/// Batches in an epoch.
pub const STEPS: usize = 200;
/// Numbers that an image is made of.
const NOISE: usize = 64;

/// A generator of 784 values from noise, and a discriminator of such values.
#[derive(Debug)]
pub struct Gan {
    generator: Sequential,
    discriminator: Sequential,
    /// Of the generator, and of the discriminator.
    optimizers: [Optimizer; 2],
}

impl Gan {
    /// Untrained, with Adam for each.
    ///
    /// # Errors
    /// None, as the rates are positive.
    pub fn new() -> Result<Self> {
        let adam = || Adam::new().learning_rate(4e-4).beta_1(0.5).into_optimizer();
        Ok(Self {
            generator: sequential![Dense::new(128).activation("relu"), Dense::new(784).activation("sigmoid")],
            discriminator: sequential![Dense::new(128), LeakyRelu::new().negative_slope(0.2), Dense::new(1)],
            optimizers: [adam()?, adam()?],
        })
    }

    /// Images for an epoch.
    pub fn data() -> Tensor {
        Tensor::random_uniform([BATCH * STEPS, 784], 0.0, 1.0)
    }
}

/// How far scores are from calling every image real (1) or made (0).
fn verdict(scores: &Tensor, truth: f64) -> Result<Tensor> {
    BinaryCrossentropy::new().from_logits(true).value(&(scores.zeros_like() + truth), scores)
}

impl Trainee for Gan {
    type Batch = Tensor;

    fn train_step(&mut self, real: Tensor, step: &Step) -> Result<Logs> {
        let cx = step.context();
        let made = self.generator.call(Tensor::random_normal([real.shape()[0], NOISE], 0.0, 1.0), &cx)?;
        let [of_generator, of_discriminator] = &mut self.optimizers;

        // The discriminator learns from what was made, which passes no gradient on to the generator.
        let caught = verdict(&self.discriminator.call(made.clone().inner(), &cx)?, 0.0)?;
        let d_loss = verdict(&self.discriminator.call(&real, &cx)?, 1.0)? + caught;
        let d = d_loss.clone().inner().item();
        of_discriminator.minimize(d_loss, &mut *self.discriminator)?;

        let g_loss = verdict(&self.discriminator.call(&made, &cx)?, 1.0)?;
        let g = g_loss.clone().inner().item();
        of_generator.minimize(g_loss, &mut *self.generator)?;
        Ok(logs! { "d_loss" => d, "g_loss" => g })
    }
}
