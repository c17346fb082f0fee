//! How far predictions rise and fall with the targets.

use super::mean::Values;
use crate::losses::{Axes, EPSILON, aligned};
use kiln_core::{Result, Tensor};

mean_metric! {
    /// The mean over samples of Pearson's coefficient along `axis`: 1 for predictions on a rising line over the targets, -1 for
    /// a falling one. NaN where either doesn't vary.
    ///
    /// Keras: `src/metrics/correlation_metrics.py`, class `PearsonCorrelation`.
    PearsonCorrelation as "pearson_correlation", Max {}
    own setter axis: Axes = Axes::from(-1);
    |this, y_true, y_pred| {
        let pair = Pair::new(&this.name, y_true, y_pred, &this.axis)?;
        let unit = |x: &Tensor| x.try_div(pair.mean(&x.clone().square())?.sqrt());
        pair.values(&unit(&pair.t)?.try_mul(unit(&pair.p)?)?)
    };
}

mean_metric! {
    /// The mean over samples of the concordance coefficient along `axis`, Pearson's with a penalty for another mean or another
    /// spread: 1 for predictions equal to the targets.
    ///
    /// Keras: `src/metrics/correlation_metrics.py`, class `ConcordanceCorrelation`.
    ConcordanceCorrelation as "concordance_correlation", Max {}
    own setter axis: Axes = Axes::from(-1);
    |this, y_true, y_pred| {
        let pair = Pair::new(&this.name, y_true, y_pred, &this.axis)?;
        let (spread_t, spread_p) = (pair.mean(&pair.t.clone().square())?, pair.mean(&pair.p.clone().square())?);
        let shift = pair.mean_t.try_sub(&pair.mean_p)?;
        let norm = spread_t.try_add(spread_p)?.try_add(shift.square())? + EPSILON;
        let together = pair.t.try_mul(&pair.p)? * 2.0;
        pair.values(&together.try_div(norm)?)
    };
}

macro_rules! axis {
    ($($metric:ident)*) => {$(
        impl $metric {
            /// The axes along which samples are compared: one, or several as `[1, 2]`. The last at first.
            pub fn axis(mut self, axes: impl Into<Axes>) -> Self {
                self.axis = axes.into();
                self
            }
        }
    )*};
}
axis!(PearsonCorrelation ConcordanceCorrelation);

/// Targets and predictions measured from their means along some axes.
struct Pair {
    t: Tensor,
    p: Tensor,
    mean_t: Tensor,
    mean_p: Tensor,
    places: Vec<isize>,
}

impl Pair {
    fn new(who: &str, y_true: &Tensor, y_pred: &Tensor, axes: &Axes) -> Result<Self> {
        let (t, p) = aligned(who, y_true, y_pred)?;
        let places = axes.places(who, p.rank())?;
        let (mean_t, mean_p) = (kept_mean(&t, &places)?, kept_mean(&p, &places)?);
        Ok(Self { t: t.try_sub(&mean_t)?, p: p.try_sub(&mean_p)?, mean_t, mean_p, places })
    }

    fn mean(&self, x: &Tensor) -> Result<Tensor> {
        kept_mean(x, &self.places)
    }

    /// The means along the axes, which go away.
    fn values(&self, x: &Tensor) -> Result<Values> {
        let mean = self.places.iter().rev().try_fold(x.clone(), |x, axis| x.mean_axis(*axis))?;
        Ok(Values::of(mean))
    }
}

/// The means along the axes, which stay with size 1.
fn kept_mean(x: &Tensor, places: &[isize]) -> Result<Tensor> {
    places.iter().try_fold(x.clone(), |x, axis| x.mean_axis(*axis)?.expand_dims(*axis))
}
