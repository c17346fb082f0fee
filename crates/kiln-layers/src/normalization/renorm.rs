//! Batch renormalization: training with statistics that are nearly those of inference (Ioffe, 2017).

use super::batch_normalization::{BatchNormalization, BatchNormalizationModule};
use super::batch_statistics::{Statistics, moving};
use kiln_core::build::{Buffer, Build};
use kiln_core::initializer::Initializer;
use kiln_core::{Context, Error, Layer, Result};
use serde::{Deserialize, Serialize};

/// How far batch renormalization may correct: the factor lies within `rmin` and `rmax`, the shift within `±dmax`.
///
/// ```
/// use kiln_layers::{BatchNormalization, RenormClipping};
/// let clipping = RenormClipping { rmin: Some(1.0 / 3.0), rmax: Some(3.0), dmax: Some(5.0) };
/// let layer = BatchNormalization::new().renorm(true).renorm_clipping(clipping);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RenormClipping {
    /// The smallest factor. Default no bound.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rmin: Option<f64>,
    /// The largest factor. Default no bound.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rmax: Option<f64>,
    /// The largest shift. Default no bound.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dmax: Option<f64>,
}

/// Refuses bounds that leave nothing.
pub(super) fn check_renorm(layer: &BatchNormalization) -> Result<()> {
    let clipping = layer.renorm_clipping.unwrap_or_default();
    let who = BatchNormalization::CLASS;
    match (clipping.rmin, clipping.rmax, clipping.dmax) {
        (Some(rmin), Some(rmax), _) if rmax < rmin => {
            Err(Error::option(who, "renorm_clipping.rmax", format!("at least `rmin` {rmin}"), rmax))
        }
        (_, _, Some(dmax)) if dmax < 0.0 => Err(Error::option(who, "renorm_clipping.dmax", "at least 0", dmax)),
        _ => Ok(()),
    }
}

/// The state that renormalization needs beside the moving mean and variance.
pub(super) struct Renorm<'a> {
    module: &'a BatchNormalizationModule,
    moving_stddev: &'a Buffer<1>,
    renorm_mean: &'a Buffer<1>,
    renorm_stddev: &'a Buffer<1>,
}

impl<'a> Renorm<'a> {
    /// `moving_stddev`, `renorm_mean` and `renorm_stddev`, if the layer renormalizes.
    pub(super) fn buffers(layer: &BatchNormalization, channels: usize, cx: &Build) -> Result<[Option<Buffer<1>>; 3]> {
        if !layer.renorm {
            return Ok([None, None, None]);
        }
        // A standard deviation starts at the root of the variance's initial value.
        let drawn = cx.buffer("moving_variance", [channels], &layer.moving_variance_initializer)?;
        let stddev = |name: &str| -> Result<Option<Buffer<1>>> {
            Ok(Some(cx.buffer(name, [channels], &Initializer::from("zeros"))?.with_value(drawn.value().sqrt())))
        };
        let mean = cx.buffer("renorm_mean", [channels], &layer.moving_mean_initializer)?;
        Ok([stddev("moving_stddev")?, Some(mean), stddev("renorm_stddev")?])
    }

    pub(super) fn of(module: &'a BatchNormalizationModule) -> Option<Self> {
        Some(Self {
            module,
            moving_stddev: module.moving_stddev.as_ref()?,
            renorm_mean: module.renorm_mean.as_ref()?,
            renorm_stddev: module.renorm_stddev.as_ref()?,
        })
    }

    /// `gamma` and `beta` with the correction in them, through which no gradient flows; moves all moving statistics.
    pub(super) fn correct(&self, batch: &Statistics, [gamma, beta]: [burn::Tensor<1>; 2], cx: &Context) -> [burn::Tensor<1>; 2] {
        let layer = &self.module.layer;
        let (mean, variance) = (batch.mean.clone().detach(), batch.variance.clone().detach());
        let stddev = (variance + layer.epsilon).sqrt();
        let known = self.renorm_stddev.value().clamp_min(layer.epsilon.sqrt());
        let clipping = layer.renorm_clipping.unwrap_or_default();
        let mut factor = stddev.clone() / known.clone();
        if let Some(rmin) = clipping.rmin {
            factor = factor.clamp_min(rmin);
        }
        if let Some(rmax) = clipping.rmax {
            factor = factor.clamp_max(rmax);
        }
        let mut shift = (mean.clone() - self.renorm_mean.value()) / known;
        if let Some(dmax) = clipping.dmax {
            shift = shift.clamp(-dmax, dmax);
        }
        moving(self.renorm_mean, mean.clone(), layer.renorm_momentum, cx);
        moving(self.renorm_stddev, stddev.clone(), layer.renorm_momentum, cx);
        moving(&self.module.moving_mean, mean, layer.momentum, cx);
        let stddev = moving(self.moving_stddev, stddev, layer.momentum, cx);
        // Rounding must not make a variance negative.
        cx.update(self.module.moving_variance.id(), (stddev.square() - layer.epsilon).relu());
        [gamma.clone() * factor.detach(), beta + gamma * shift.detach()]
    }
}
