//! Adam whose sizes are kept by rows and columns.

use super::common::positive;
use super::{About, At, Update, take};
use kiln_core::{Error, Result, Tensor};

optimizer! {
    /// The running size of the gradients of a matrix is the product of one for its rows and one for its columns, over the last
    /// two axes; a vector keeps its own. With `rho = min(lr, 1 / sqrt(t))`, `b = 1 - t^beta_2_decay`, the running sizes
    /// `v = b v + (1 - b)(g² + epsilon_1)` and `u = g / sqrt(v)`:
    /// `w -= max(epsilon_2, rms(w)) rho u / max(1, rms(u) / clip_threshold)`.
    ///
    /// Keras' `relative_step` is not here: whatever its value, Keras takes the same `rho`.
    ///
    /// Keras: `src/optimizers/adafactor.py`, class `Adafactor`; Shazeer and Stern 2018.
    Adafactor, learning_rate 0.001, weight_decay None; {
        /// The power of `t` by which old sizes fade, -0.8 at first.
        beta_2_decay: f64 = -0.8,
        /// What keeps sizes above 0, 1e-30 at first.
        epsilon_1: f64 = 1e-30,
        /// The least size of a weight that steps are in proportion to, 0.001 at first.
        epsilon_2: f64 = 1e-3,
        /// How long, as a root mean square, a step can be before it is scaled down; 1 at first.
        clip_threshold: f64 = 1.0,
    }
}

impl Update for Adafactor {
    fn name(&self) -> &'static str {
        "adafactor"
    }

    fn slots(&self) -> &'static [&'static str] {
        &["r", "c", "velocity"]
    }

    fn slot_shape(&self, slot: usize, weight: &About<'_>) -> Option<Vec<usize>> {
        factored(slot, weight.shape)
    }

    fn is_optional(&self, slot: usize) -> bool {
        slot < 2
    }

    fn init_slot(&self, slot: usize, weight: &Tensor) -> Tensor {
        let shape = factored(slot, &weight.shape()).unwrap_or_default();
        Tensor::zeros(shape).to_device(&weight.device())
    }

    fn update(&self, weight: Tensor, gradient: Tensor, slots: &mut [Tensor], at: At) -> Tensor {
        let kept = f64::from(1.0 - (at.step as f32).powf(self.beta_2_decay as f32));
        let squares = gradient.clone().square() + self.epsilon_1;
        let sizes = match weight.rank() {
            0 | 1 => take(slots, 2) * kept + squares * (1.0 - kept),
            // The axes are there, since the weight has two.
            _ => product(slots, &squares, kept).unwrap_or(squares),
        };
        slots[2] = sizes.clone();
        let step = gradient / sizes.sqrt();
        let rho = at.learning_rate.min((at.step as f64).sqrt().recip());
        let longest = (rms(&step) / self.clip_threshold).clip(1.0, f64::from(f32::MAX));
        let proportion = rms(&weight).clip(self.epsilon_2, f64::from(f32::MAX)) * rho;
        weight - step / longest * proportion
    }

    fn check(&self) -> Result<()> {
        if self.beta_2_decay.is_nan() || self.beta_2_decay > 0.0 {
            return Err(Error::option("adafactor", "beta_2_decay", "at most 0", self.beta_2_decay));
        }
        positive("adafactor", "epsilon_1", self.epsilon_1)?;
        positive("adafactor", "epsilon_2", self.epsilon_2)?;
        positive("adafactor", "clip_threshold", self.clip_threshold)
    }

    fn boxed_clone(&self) -> Box<dyn Update> {
        Box::new(self.clone())
    }
}

/// The shape of a slot: without the last axis for the rows, without the last but one for the columns.
fn factored(slot: usize, weight: &[usize]) -> Option<Vec<usize>> {
    let mut shape = weight.to_vec();
    match (slot, weight.len()) {
        (2, _) => {}
        (_, 0 | 1) => return None,
        (0, rank) => drop(shape.remove(rank - 1)),
        (_, rank) => drop(shape.remove(rank - 2)),
    }
    Some(shape)
}

/// The sizes as the product of those of rows and columns, which are brought up to date.
fn product(slots: &mut [Tensor], squares: &Tensor, kept: f64) -> Result<Tensor> {
    let rows = take(slots, 0) * kept + squares.mean_axis(-1)? * (1.0 - kept);
    let columns = take(slots, 1) * kept + squares.mean_axis(-2)? * (1.0 - kept);
    (slots[0], slots[1]) = (rows.clone(), columns.clone());
    let share = rows.try_div(rows.mean_axis(-1)?.expand_dims(-1)?)?;
    share.expand_dims(-1)?.try_mul(columns.expand_dims(-2)?)
}

/// The root of the mean square.
fn rms(x: &Tensor) -> Tensor {
    x.clone().square().mean().sqrt()
}
