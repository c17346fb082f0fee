//! How far two regions overlap: Dice and Tversky.

use super::align::aligned;
use super::{EPSILON, Loss};
use crate::config::Setting;
use kiln_core::{Error, Result, Tensor};
use serde_json::Value;

/// The axes a loss sums over; made of a number, an array or a `Vec`, counted from the end when negative.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Axes(Option<Vec<isize>>);

impl From<isize> for Axes {
    fn from(axis: isize) -> Self {
        Self(Some(vec![axis]))
    }
}

impl<const N: usize> From<[isize; N]> for Axes {
    fn from(axes: [isize; N]) -> Self {
        Self(Some(axes.to_vec()))
    }
}

impl From<Vec<isize>> for Axes {
    fn from(axes: Vec<isize>) -> Self {
        Self(Some(axes))
    }
}

impl Setting for Axes {
    const EXPECTED: &'static str = "an axis or a list of axes";
    fn write(&self) -> Value {
        self.0.write()
    }
    fn read(value: &Value) -> Option<Self> {
        isize::read(value).map(Self::from).or_else(|| Option::read(value).map(Self))
    }
}

impl Axes {
    /// The axes counted from the start, in rising order; all of them where none are named.
    pub(crate) fn places(&self, who: &str, rank: usize) -> Result<Vec<isize>> {
        let rank = rank as isize;
        let Some(axes) = &self.0 else { return Ok((0..rank).collect()) };
        let place = |&axis: &isize| {
            let place = if axis < 0 { axis + rank } else { axis };
            let inside = (0..rank).contains(&place);
            if inside { Ok(place) } else { Err(Error::option(who, "axis", format!("in {}..{rank}", -rank), axis)) }
        };
        let mut places = axes.iter().map(place).collect::<Result<Vec<_>>>()?;
        places.sort_unstable();
        places.dedup();
        Ok(places)
    }

    /// The sum over the axes.
    fn sum(&self, who: &str, x: &Tensor) -> Result<Tensor> {
        if self.0.is_none() {
            return Ok(x.sum());
        }
        self.places(who, x.rank())?.into_iter().rev().try_fold(x.clone(), |x, axis| x.sum_axis(axis))
    }
}

loss! {
    /// `1 - 2 Σ t p / (Σ t + Σ p + 1e-7)` over `axis`, by default over everything, which gives one value for the batch.
    ///
    /// Keras: `src/losses/losses.py`, class `Dice`.
    Dice as "dice" {}
    own setter axis: Axes = Axes::default()
}

loss! {
    /// `1 - I / (I + alpha F + beta M + 1e-7)` over `axis`, by default over everything, with `I = Σ t p`, `F = Σ t (1 - p)` and
    /// `M = Σ (1 - t) p`. With ½ twice it is [`Dice`].
    ///
    /// Keras, whose `alpha` also goes with `t (1 - p)`: `src/losses/losses.py`, class `Tversky`; Salehi et al. 2017.
    Tversky as "tversky" {
        /// The weight of what is missed, ½ at first.
        alpha: f64 = 0.5,
        /// The weight of what is found where nothing is, ½ at first.
        beta: f64 = 0.5,
    }
    own setter axis: Axes = Axes::default()
}

macro_rules! axis {
    ($($loss:ident)*) => {$(
        impl $loss {
            /// The axes that are summed over: one, or several as `[1, 2, 3]`. All at first.
            pub fn axis(mut self, axes: impl Into<Axes>) -> Self {
                self.axis = axes.into();
                self
            }
        }
    )*};
}
axis!(Dice Tversky);

impl Loss for Dice {
    common!();

    fn call(&self, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
        let who = &self.common.name;
        let (t, p) = aligned(who, y_true, y_pred)?;
        let both = self.axis.sum(who, &p.try_mul(&t)?)? * 2.0;
        let each = self.axis.sum(who, &p)?.try_add(self.axis.sum(who, &t)?)? + EPSILON;
        Ok(1.0 - both.try_div(each)?)
    }
}

impl Loss for Tversky {
    common!();

    fn call(&self, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
        let who = &self.common.name;
        let (t, p) = aligned(who, y_true, y_pred)?;
        let both = self.axis.sum(who, &p.try_mul(&t)?)?;
        let missed = self.axis.sum(who, &(1.0 - &p).try_mul(&t)?)? * self.alpha;
        let invented = self.axis.sum(who, &p.try_mul(1.0 - t)?)? * self.beta;
        let all = both.try_add(missed)?.try_add(invented)? + EPSILON;
        Ok(1.0 - both.try_div(all)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_are_summed_over() {
        let (t, p) = (Tensor::ones([2, 3, 4]), Tensor::ones([2, 3, 4]));
        assert_eq!(Dice::new().axis([1, -1]).call(&t, &p).unwrap().shape(), [2]);
        assert_eq!(Tversky::new().axis(0).call(&t, &p).unwrap().shape(), [3, 4]);
        assert_eq!(Dice::new().call(&t, &p).unwrap().rank(), 0);
        let error = Dice::new().axis([3]).call(&t, &p).unwrap_err();
        assert_eq!(error.to_string(), "dice: `axis` must be in -3..3, received 3");
    }
}
