//! How far the regions of a class overlap: intersection over union.

use super::accuracy::argmax;
use super::gathered::Gathered;
use super::mean::Values;
use crate::losses::{EPSILON, weights_for};
use burn::tensor::DType;
use kiln_core::shape::tuple;
use kiln_core::{Error, Result, Tensor};

/// The weight of each pair of a target and a predicted class.
#[derive(Clone, Debug)]
pub(crate) struct Matrix {
    classes: usize,
    cells: Vec<f64>,
}

impl Matrix {
    fn new(classes: usize) -> Self {
        Self { classes, cells: vec![0.0; classes * classes] }
    }

    /// The mean over `ids` of intersection over union; classes that neither occur nor are predicted are left out.
    fn mean(&self, ids: &[usize]) -> f64 {
        let n = self.classes;
        let (mut sum, mut present) = (0.0, 0.0);
        for &id in ids.iter().filter(|id| **id < n) {
            let both = self.cells[id * n + id];
            let of = |cell: &dyn Fn(usize) -> usize| (0..n).map(|other| self.cells[cell(other)]).sum::<f64>();
            let either = of(&|other| id * n + other) + of(&|other| other * n + id) - both;
            if either > 1e-9 {
                sum += both / (either + EPSILON);
                present += 1.0;
            }
        }
        sum / (present + EPSILON)
    }
}

impl Gathered for Matrix {
    fn numbers(&mut self) -> Vec<&mut f64> {
        self.cells.iter_mut().collect()
    }
}

/// How targets and predictions name their classes.
#[derive(Clone, Copy, Debug)]
struct Reading {
    sparse_y_true: bool,
    sparse_y_pred: bool,
    axis: isize,
    ignore_class: Option<i64>,
    /// Whether weights lose their fractions.
    whole: bool,
}

impl Reading {
    fn add(self, who: &str, matrix: &mut Matrix, y_true: &Tensor, y_pred: &Tensor, weight: Option<&Tensor>) -> Result<()> {
        let (truth, shape) = ids(y_true, self.sparse_y_true, self.axis)?;
        let (predicted, other) = ids(y_pred, self.sparse_y_pred, self.axis)?;
        if truth.len() != predicted.len() {
            return Err(Error::shape(who, format!("as many classes predicted as targets {}", tuple(&shape)), tuple(&other)));
        }
        let weights = match weight {
            // A shape with a 1 more or less is the same list of classes.
            Some(weight) => {
                let weight = weights_for("sample_weight", weight, &shape)?.broadcast_to(&shape)?;
                Some(Values::of(weight.to_float()).values)
            }
            None => None,
        };
        for (i, (truth, predicted)) in truth.into_iter().zip(predicted).enumerate() {
            let class = |id: i64| usize::try_from(id).ok().filter(|id| *id < matrix.classes);
            if self.ignore_class == Some(truth) {
                continue;
            }
            if let (Some(truth), Some(predicted)) = (class(truth), class(predicted)) {
                let weight = weights.as_ref().map_or(1.0, |weights| f64::from(weights[i]));
                matrix.cells[truth * matrix.classes + predicted] += if self.whole { weight.trunc() } else { weight };
            }
        }
        Ok(())
    }
}

/// The class of each element, or of each place along the axis, and their shape.
fn ids(x: &Tensor, sparse: bool, axis: isize) -> Result<(Vec<i64>, Vec<usize>)> {
    if sparse {
        return Ok((x.to_vec::<f64>().into_iter().map(|id| id as i64).collect(), x.shape()));
    }
    let rank = x.rank();
    let last = axis == -1 || axis + 1 == rank as isize;
    match x.shape().split_last() {
        // On the host, as the first of equals counts.
        Some((&classes, leading)) if last && classes > 0 => {
            let values = x.to_vec::<f32>();
            Ok((values.chunks_exact(classes).map(|row| argmax(row) as i64).collect(), leading.to_vec()))
        }
        _ => {
            let best = x.argmax(axis)?;
            Ok((best.to_vec::<i64>(), best.shape()))
        }
    }
}

fn check(who: &str, classes: usize, ids: &[usize]) -> Result<()> {
    if classes == 0 {
        return Err(Error::option(who, "num_classes", "at least 1", 0));
    }
    match ids.iter().find(|id| **id >= classes) {
        Some(id) => Err(Error::option(who, "target_class_ids", format!("in 0..{classes}"), id)),
        None if ids.is_empty() => Err(Error::option(who, "target_class_ids", "at least one class", "none")),
        None => Ok(()),
    }
}

macro_rules! iou {
    ($($(#[$doc:meta])* $name:ident as $text:literal, $class:literal, new($($arg:ident: $arg_ty:ty),*), |$this:ident| $ids:expr, {
        $($(#[$note:meta])* $field:ident: $ty:ty = $default:expr),* $(,)?
    }, sparse |$s_this:ident| $sparse_true:expr;)*) => {$(
        state_metric! {
            $(#[$doc])*
            ///
            /// Elements whose class, in the target or the prediction, is not in `0..num_classes` don't count. Weights lose their
            /// fractions, as in Keras; with a `dtype` of floats they keep them.
            ///
            #[doc = concat!("Keras: `src/metrics/iou_metrics.py`, class `", $class, "`.")]
            $name as $text, Max, new($($arg: $arg_ty),*), Matrix {
                $($(#[$note])* $field: $ty = $default,)*
                /// The axis of the classes where they are not written as integers, the last at first.
                axis: isize = -1,
                /// What weights are counted in, `int32` at first.
                dtype: DType = DType::I32,
            } own { ignore_class: Option<i64> = None }
            start |this, _shape| Ok(Matrix::new(this.num_classes));
            update |this, state, y_true, y_pred, weight| {
                let $s_this = this;
                let reading = Reading {
                    sparse_y_true: $sparse_true,
                    sparse_y_pred: this.sparse_y_pred,
                    axis: this.axis,
                    ignore_class: this.ignore_class,
                    whole: !this.dtype.is_float(),
                };
                reading.add(&this.name, state, y_true, y_pred, weight)
            };
            results |$this, state| vec![state.mean(&$ids)];
            check |$this| check(&$this.name, $this.num_classes, &$ids)
        }

        impl $name {
            /// A target whose elements don't count, none at first: 255 or -1 for a void region.
            pub fn ignore_class(mut self, class: i64) -> Self {
                self.ignore_class = Some(class);
                self
            }
        }
    )*};
}

iou! {
    /// The mean intersection over union of some classes, which targets and predictions name by integers.
    ///
    /// ```
    /// use kiln_core::Tensor;
    /// use kiln_train::metrics::{IoU, Metric};
    /// let mut iou = IoU::new(2, vec![0]);
    /// iou.update_state(&Tensor::constant([0, 0, 1, 1]), &Tensor::constant([0, 1, 0, 1]), None)?;
    /// assert!((iou.result() - 1.0 / 3.0).abs() < 1e-6);
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    IoU as "io_u", "IoU", new(num_classes: usize, target_class_ids: Vec<usize>), |this| this.target_class_ids, {
        /// Whether targets are integers, `true` at first; else the largest along the axis is the class.
        sparse_y_true: bool = true,
        /// Whether predictions are integers, `true` at first; else the largest along the axis is the class.
        sparse_y_pred: bool = true,
    }, sparse |this| this.sparse_y_true;
    /// The mean intersection over union of all classes, which targets and predictions name by integers.
    ///
    /// ```
    /// use kiln_core::Tensor;
    /// use kiln_train::metrics::{MeanIoU, Metric};
    /// let mut iou = MeanIoU::new(3).sparse_y_pred(false);
    /// iou.update_state(&Tensor::constant([0, 2]), &Tensor::constant([[0.8, 0.1, 0.1], [0.2, 0.2, 0.6]]), None)?;
    /// assert!((iou.result() - 1.0).abs() < 1e-6);
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    MeanIoU as "mean_io_u", "MeanIoU", new(num_classes: usize), |this| (0..this.num_classes).collect::<Vec<_>>(), {
        /// Whether targets are integers, `true` at first; else the largest along the axis is the class.
        sparse_y_true: bool = true,
        /// Whether predictions are integers, `true` at first; else the largest along the axis is the class.
        sparse_y_pred: bool = true,
    }, sparse |this| this.sparse_y_true;
    /// The mean intersection over union of some classes, for one-hot targets.
    ///
    /// ```
    /// use kiln_core::Tensor;
    /// use kiln_train::metrics::{Metric, OneHotIoU};
    /// let mut iou = OneHotIoU::new(2, vec![1]);
    /// iou.update_state(&Tensor::constant([[0, 1], [1, 0]]), &Tensor::constant([[0.2, 0.8], [0.4, 0.6]]), None)?;
    /// assert!((iou.result() - 0.5).abs() < 1e-6);
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    OneHotIoU as "one_hot_io_u", "OneHotIoU", new(num_classes: usize, target_class_ids: Vec<usize>), |this| this.target_class_ids, {
        /// Whether predictions are integers, `false` at first: the largest along the axis is the class.
        sparse_y_pred: bool = false,
    }, sparse |_this| false;
    /// The mean intersection over union of all classes, for one-hot targets.
    ///
    /// ```
    /// use kiln_core::Tensor;
    /// use kiln_train::metrics::{Metric, OneHotMeanIoU};
    /// let mut iou = OneHotMeanIoU::new(2);
    /// iou.update_state(&Tensor::constant([[0, 1], [1, 0]]), &Tensor::constant([[0.2, 0.8], [0.4, 0.6]]), None)?;
    /// assert!((iou.result() - 0.25).abs() < 1e-6);
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    OneHotMeanIoU as "one_hot_mean_io_u", "OneHotMeanIoU", new(num_classes: usize), |this| (0..this.num_classes).collect::<Vec<_>>(), {
        /// Whether predictions are integers, `false` at first: the largest along the axis is the class.
        sparse_y_pred: bool = false,
    }, sparse |_this| false;
}

state_metric! {
    /// The mean intersection over union of the classes 0 and 1, or of one of them, for predictions that are a yes from a
    /// threshold on. Weights lose their fractions, as in Keras; with a `dtype` of floats they keep them.
    ///
    /// Keras: `src/metrics/iou_metrics.py`, class `BinaryIoU`.
    ///
    /// ```
    /// use kiln_core::Tensor;
    /// use kiln_train::metrics::{BinaryIoU, Metric};
    /// let mut iou = BinaryIoU::new().threshold(0.3);
    /// iou.update_state(&Tensor::constant([0, 1, 0, 1]), &Tensor::constant([0.1, 0.2, 0.4, 0.7]), None)?;
    /// assert!((iou.result() - 1.0 / 3.0).abs() < 1e-6);
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    BinaryIoU as "binary_io_u", Max, new(), Matrix {
        /// What a prediction must reach to count as a yes, ½ at first.
        threshold: f64 = 0.5,
        /// What weights are counted in, `int32` at first.
        dtype: DType = DType::I32,
    } own { target_class_ids: Vec<usize> = vec![0, 1] }
    start |_this, _shape| Ok(Matrix::new(2));
    update |this, state, y_true, y_pred, weight| {
        let yes = y_pred.clone().to_float().greater_equal(this.threshold);
        let reading = Reading {
            sparse_y_true: true,
            sparse_y_pred: true,
            axis: -1,
            ignore_class: None,
            whole: !this.dtype.is_float(),
        };
        yes.and_then(|yes| reading.add(&this.name, state, y_true, &yes.to_float(), weight))
    };
    results |this, state| vec![state.mean(&this.target_class_ids)];
    check |this| check(&this.name, 2, &this.target_class_ids)
}
by_default!(BinaryIoU);

impl BinaryIoU {
    /// The classes whose mean is taken, `[0, 1]` at first.
    pub fn target_class_ids(mut self, ids: impl Into<Vec<usize>>) -> Self {
        self.target_class_ids = ids.into();
        self
    }
}
