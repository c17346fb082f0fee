//! Batch normalization.

use super::affine::{Affine, affine_setters, check_epsilon};
use super::batch_statistics::{Channels, Statistics, masked, moving, plain};
use super::renorm::{Renorm, RenormClipping, check_renorm};
use crate::axes::{fit, position, size, spec};
use crate::setters::setters;
use burn::module::Module;
use burn::tensor::module::{batch_norm, batch_norm_train};
use kiln_core::build::{Buffer, Build};
use kiln_core::constraint::Constraint;
use kiln_core::initializer::Initializer;
use kiln_core::kernels::{Moments, normalize};
use kiln_core::layer::{Call, Layer, Options};
use kiln_core::regularizer::Regularizer;
use kiln_core::value::{Value, Values, one, only};
use kiln_core::{AnyParam, Context, Error, Result, Shape, Tensor, layer_options};
use serde::{Deserialize, Serialize};

/// `(x - mean) / sqrt(variance + epsilon) * gamma + beta`, for each channel of `axis`.
///
/// In training, mean and (biased) variance are those of the batch, steps that a mask hides left out, and
/// `moving = moving * momentum + batch * (1 - momentum)` after the step. In inference, and where the layer is not `trainable`, the moving
/// ones are used and stand still. Weights: `gamma`, `beta`, `moving_mean`, `moving_variance`, (channels) each. Keras:
/// `keras/src/layers/normalization/batch_normalization.py`; Ioffe and Szegedy, 2015.
///
/// ```
/// use kiln_layers::BatchNormalization;
/// let layer = BatchNormalization::new().momentum(0.9);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BatchNormalization {
    #[serde(flatten)]
    options: Options,
    axis: isize,
    pub(super) momentum: f64,
    pub(super) epsilon: f64,
    #[serde(flatten)]
    affine: Affine,
    pub(super) moving_mean_initializer: Initializer,
    pub(super) moving_variance_initializer: Initializer,
    #[serde(default)]
    pub(super) renorm: bool,
    #[serde(default)]
    pub(super) renorm_clipping: Option<RenormClipping>,
    #[serde(default = "usual_momentum")]
    pub(super) renorm_momentum: f64,
}

fn usual_momentum() -> f64 {
    0.99
}

impl Default for BatchNormalization {
    fn default() -> Self {
        Self::new()
    }
}

impl BatchNormalization {
    /// Over the last axis, with a momentum of 0.99 and an epsilon of 0.001.
    pub fn new() -> Self {
        Self {
            options: Options::default(),
            axis: -1,
            momentum: usual_momentum(),
            epsilon: 1e-3,
            affine: Affine::default(),
            moving_mean_initializer: "zeros".into(),
            moving_variance_initializer: "ones".into(),
            renorm: false,
            renorm_clipping: None,
            renorm_momentum: usual_momentum(),
        }
    }

    setters! { =>
        /// The axis of the channels. Default -1.
        axis: isize;
        /// The share of the old value in a moving one. Default 0.99.
        momentum: f64;
        /// Added to the variance. Default 0.001.
        epsilon: f64;
        /// Default `zeros`.
        moving_mean_initializer: into Initializer;
        /// Default `ones`.
        moving_variance_initializer: into Initializer;
        /// Whether training corrects the batch's statistics towards moving ones (Ioffe, 2017); adds the weights `moving_stddev`,
        /// `renorm_mean` and `renorm_stddev`. Default false.
        renorm: bool;
        /// How far a correction may go. Default without bounds.
        renorm_clipping: maybe RenormClipping;
        /// The share of the old value in `renorm_mean` and `renorm_stddev`. Default 0.99.
        renorm_momentum: f64;
    }
    affine_setters!();

    fn place(&self, input: &Shape) -> Result<usize> {
        check_epsilon(Self::CLASS, self.epsilon)?;
        check_renorm(self)?;
        if input.rank() < 2 {
            return Err(Error::shape(Self::CLASS, "an input of at least 2 axes", input));
        }
        let place = position(Self::CLASS, "axis", self.axis, input)?;
        if place == 0 {
            return Err(Error::option(Self::CLASS, "axis", "another axis than the batch's", self.axis));
        }
        size(Self::CLASS, input, place).map(|_| place)
    }
}

impl Layer for BatchNormalization {
    const CLASS: &'static str = "BatchNormalization";
    type Module = BatchNormalizationModule;
    layer_options!();

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        self.place(input)?;
        Ok(input.clone())
    }

    fn build(&self, input: &Shape, cx: &Build) -> Result<BatchNormalizationModule> {
        let axis = self.place(input)?;
        let channels = size(Self::CLASS, input, axis)?;
        let (gamma, beta) = self.affine.build(&[channels], cx)?;
        let [moving_stddev, renorm_mean, renorm_stddev] = Renorm::buffers(self, channels, cx)?;
        Ok(BatchNormalizationModule {
            gamma,
            beta,
            moving_mean: cx.buffer("moving_mean", [channels], &self.moving_mean_initializer)?,
            moving_variance: cx.buffer("moving_variance", [channels], &self.moving_variance_initializer)?,
            moving_stddev,
            renorm_mean,
            renorm_stddev,
            input: spec(input, &[axis]),
            axis,
            layer: self.clone(),
        })
    }

    fn regularizers(&self) -> Vec<(&'static str, Regularizer)> {
        self.affine.regularizers()
    }

    fn constraints(&self) -> Vec<(&'static str, Constraint)> {
        self.affine.constraints()
    }
}

/// A built [`BatchNormalization`].
#[derive(Module, Debug)]
pub struct BatchNormalizationModule {
    gamma: Option<AnyParam>,
    beta: Option<AnyParam>,
    pub(super) moving_mean: Buffer<1>,
    pub(super) moving_variance: Buffer<1>,
    pub(super) moving_stddev: Option<Buffer<1>>,
    pub(super) renorm_mean: Option<Buffer<1>>,
    pub(super) renorm_stddev: Option<Buffer<1>>,
    #[module(skip)]
    input: Shape,
    #[module(skip)]
    axis: usize,
    #[module(skip)]
    pub(super) layer: BatchNormalization,
}

impl BatchNormalizationModule {
    /// `gamma` and `beta`; Burn's functions want both.
    fn affine(&self, x: &burn::Tensor<3>) -> Result<[burn::Tensor<1>; 2]> {
        let channels = x.dims()[1];
        let gamma = self.gamma.as_ref().map_or_else(|| Ok(burn::Tensor::ones([channels], &x.device())), |w| w.value().float())?;
        let beta = self.beta.as_ref().map_or_else(|| Ok(burn::Tensor::zeros([channels], &x.device())), |w| w.value().float())?;
        Ok([gamma, beta])
    }

    fn train(&self, x: burn::Tensor<3>, mask: Option<burn::Tensor<3>>, cx: &Context) -> Result<burn::Tensor<3>> {
        let [gamma, beta] = self.affine(&x)?;
        let epsilon = self.layer.epsilon;
        if mask.is_none() && !self.layer.renorm {
            let batch = batch_norm_train(x, gamma, beta, epsilon);
            self.follow(Statistics { mean: batch.mean, variance: batch.variance }, cx);
            return Ok(batch.output);
        }
        let batch = mask.map_or_else(|| plain(&x), |mask| masked(&x, mask));
        let [gamma, beta] = match Renorm::of(self) {
            Some(renorm) => renorm.correct(&batch, [gamma, beta], cx),
            None => {
                self.follow(batch.clone(), cx);
                [gamma, beta]
            }
        };
        Ok(batch_norm(x, gamma, beta, batch.mean, batch.variance, epsilon))
    }

    /// On channels that lie last, where there is an operation for it.
    fn in_one_pass(&self, tensor: &Tensor, x: &burn::Tensor<3>, trains: bool, cx: &Context) -> Result<Option<Tensor>> {
        let [gamma, beta] = self.affine(x)?.map(Tensor::from);
        let fixed = || Moments {
            mean: Tensor::from(self.moving_mean.value()).to_vec(),
            variance: Tensor::from(self.moving_variance.value()).to_vec(),
        };
        let found = normalize(&tensor.clone().to_float(), &gamma, &beta, (!trains).then(fixed), self.layer.epsilon);
        Ok(found.map(|(y, Moments { mean, variance })| {
            if trains {
                let here = |values: Vec<f32>| burn::Tensor::from_data(values.as_slice(), &x.device());
                self.follow(Statistics { mean: here(mean), variance: here(variance) }, cx);
            }
            y
        }))
    }

    /// Moves the moving statistics towards those of the batch.
    fn follow(&self, batch: Statistics, cx: &Context) {
        moving(&self.moving_mean, batch.mean, self.layer.momentum, cx);
        moving(&self.moving_variance, batch.variance, self.layer.momentum, cx);
    }
}

impl Call for BatchNormalizationModule {
    fn call(&self, x: Tensor, cx: &Context) -> Result<Tensor> {
        only("BatchNormalization", self.call_many(one(x), cx)?).map(|value| value.tensor)
    }

    fn call_many(&self, inputs: Values, cx: &Context) -> Result<Values> {
        let Value { tensor, mask } = only("BatchNormalization", inputs)?;
        fit(BatchNormalization::CLASS, &self.input, &tensor)?;
        if let Some(mask) = mask.as_ref().filter(|m| m.rank() + 1 != tensor.rank()) {
            let expected = format!("a mask of {} axes", tensor.rank() - 1);
            return Err(Error::shape(BatchNormalization::CLASS, expected, mask.describe()));
        }
        let channels = Channels::of(&tensor, self.axis);
        let x = channels.split(&tensor)?;
        let trains = cx.is_training() && cx.is_trainable();
        let plainly = !trains || (mask.is_none() && !self.layer.renorm);
        let channels_last = self.axis + 1 == tensor.rank();
        let found = if plainly && channels_last { self.in_one_pass(&tensor, &x, trains, cx)? } else { None };
        if let Some(y) = found {
            return Ok(one(Value { tensor: y, mask }));
        }
        let y = if trains {
            let shown = mask.as_ref().map(|mask| mask.expand_dims(-1)?.broadcast_to(tensor.shape())).transpose()?;
            self.train(x, shown.map(|mask| channels.split(&mask)).transpose()?, cx)?
        } else {
            let [gamma, beta] = self.affine(&x)?;
            batch_norm(x, gamma, beta, self.moving_mean.value(), self.moving_variance.value(), self.layer.epsilon)
        };
        Ok(one(Value { tensor: channels.join(y)?, mask }))
    }
}

#[cfg(test)]
#[path = "batch_normalization_tests.rs"]
mod tests;
