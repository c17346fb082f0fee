//! Group and instance normalization.

use super::affine::{Affine, affine_setters, check_epsilon};
use crate::axes::{fit, position, reshape, size, spec};
use crate::setters::setters;
use burn::module::Module;
use kiln_core::build::Build;
use kiln_core::constraint::Constraint;
use kiln_core::initializer::Initializer;
use kiln_core::layer::{Call, Layer, MaskRule, Options};
use kiln_core::regularizer::Regularizer;
use kiln_core::{AnyParam, Context, Error, Result, Shape, Tensor, layer_options};
use serde::{Deserialize, Serialize};

/// `(x - mean) / sqrt(variance + epsilon) * gamma + beta`, with mean and variance of each sample and each of the `groups` of channels.
///
/// One group is a layer normalization over all axes; `-1`, as many groups as channels, is instance normalization. Weights: `gamma`
/// and `beta`, (channels). Keras: `keras/src/layers/normalization/group_normalization.py`; Wu and He, 2018.
///
/// ```
/// use kiln_layers::GroupNormalization;
/// let layer = GroupNormalization::new().groups(8);
/// let instance = GroupNormalization::new().groups(-1);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupNormalization {
    #[serde(flatten)]
    options: Options,
    groups: isize,
    axis: isize,
    epsilon: f64,
    #[serde(flatten)]
    affine: Affine,
}

impl Default for GroupNormalization {
    fn default() -> Self {
        Self::new()
    }
}

impl GroupNormalization {
    /// 32 groups of the last axis, with an epsilon of 0.001.
    pub fn new() -> Self {
        Self { options: Options::default(), groups: 32, axis: -1, epsilon: 1e-3, affine: Affine::default() }
    }

    setters! { =>
        /// The number of groups, which divides the channels; -1 for one a channel. Default 32.
        groups: isize;
        /// The axis of the channels. Default -1.
        axis: isize;
        /// Added to the variance. Default 0.001.
        epsilon: f64;
    }
    affine_setters!();

    /// The axis of the channels, their number, and the number of groups.
    fn plan(&self, input: &Shape) -> Result<(usize, usize, usize)> {
        check_epsilon(Self::CLASS, self.epsilon)?;
        if input.rank() < 2 {
            return Err(Error::shape(Self::CLASS, "an input of at least 2 axes", input));
        }
        let place = position(Self::CLASS, "axis", self.axis, input)?;
        if place == 0 {
            return Err(Error::option(Self::CLASS, "axis", "another axis than the batch's", self.axis));
        }
        let channels = size(Self::CLASS, input, place)?;
        match self.groups {
            -1 => Ok((place, channels, channels)),
            g if g > 0 && channels.is_multiple_of(g as usize) => Ok((place, channels, g as usize)),
            g => Err(Error::option(Self::CLASS, "groups", format!("-1 or a divisor of the {channels} channels"), g)),
        }
    }
}

impl Layer for GroupNormalization {
    const CLASS: &'static str = "GroupNormalization";
    type Module = GroupNormalizationModule;
    layer_options!();

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        self.plan(input)?;
        Ok(input.clone())
    }

    fn build(&self, input: &Shape, cx: &Build) -> Result<GroupNormalizationModule> {
        let (axis, channels, groups) = self.plan(input)?;
        let (gamma, beta) = self.affine.build(&[channels], cx)?;
        Ok(GroupNormalizationModule { gamma, beta, input: spec(input, &[axis]), axis, groups, epsilon: self.epsilon })
    }

    fn regularizers(&self) -> Vec<(&'static str, Regularizer)> {
        self.affine.regularizers()
    }

    fn constraints(&self) -> Vec<(&'static str, Constraint)> {
        self.affine.constraints()
    }
}

/// A built [`GroupNormalization`].
#[derive(Module, Debug)]
pub struct GroupNormalizationModule {
    gamma: Option<AnyParam>,
    beta: Option<AnyParam>,
    #[module(skip)]
    input: Shape,
    #[module(skip)]
    axis: usize,
    #[module(skip)]
    groups: usize,
    #[module(skip)]
    epsilon: f64,
}

impl Call for GroupNormalizationModule {
    const MASK: MaskRule = MaskRule::Pass;

    fn call(&self, x: Tensor, _: &Context) -> Result<Tensor> {
        fit(GroupNormalization::CLASS, &self.input, &x)?;
        let shape = x.shape();
        let (batch, channels) = (shape[0], shape[self.axis]);
        let before: usize = shape[1..self.axis].iter().product();
        let after: usize = shape[self.axis + 1..].iter().product();
        let x: burn::Tensor<4> = reshape(&x.to_float(), &[batch, before, self.groups, channels / self.groups * after])?.float()?;
        let centred = x.clone() - x.mean_dims(&[1, 3]);
        let variance = centred.clone().square().mean_dims(&[1, 3]);
        let mut y = (centred / (variance + self.epsilon).sqrt()).reshape([batch * before, channels, after]);
        if let Some(gamma) = &self.gamma {
            y = y * reshape(&gamma.value(), &[1, channels, 1])?.float::<3>()?;
        }
        if let Some(beta) = &self.beta {
            y = y + reshape(&beta.value(), &[1, channels, 1])?.float::<3>()?;
        }
        reshape(&y.into(), &shape)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_are_errors() {
        let of = |groups| GroupNormalization::new().groups(groups).output_shape(&Shape::batch_of([6, 4])).unwrap_err().to_string();
        assert_eq!(of(3), "GroupNormalization: `groups` must be -1 or a divisor of the 4 channels, received 3");
        assert_eq!(of(0), "GroupNormalization: `groups` must be -1 or a divisor of the 4 channels, received 0");
        assert!(GroupNormalization::new().groups(-1).output_shape(&Shape::batch_of([6, 4])).is_ok());
        assert!(GroupNormalization::new().groups(3).axis(1).output_shape(&Shape::batch_of([6, 4])).is_ok());
    }
}
