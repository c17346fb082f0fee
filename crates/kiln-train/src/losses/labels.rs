//! Integer labels, read and checked.

use burn::tensor::{Int, TensorData};
use kiln_core::shape::tuple;
use kiln_core::{Error, Result, Tensor};

/// Labels as indices, and which of them count where some don't. The ignored are 0.
pub(crate) struct Labels {
    pub(crate) labels: Vec<i32>,
    pub(crate) valid: Option<Vec<bool>>,
}

impl Labels {
    /// Labels of the shape `leading` of the predictions without their classes, or with 1 in the classes' place.
    pub(crate) fn read(who: &str, y_true: &Tensor, leading: &[usize], classes: usize, ignored: Option<i64>) -> Result<Self> {
        check_shape(who, y_true, leading, classes)?;
        let inner: usize = leading.iter().skip(1).product();
        let mut valid = ignored.map(|_| Vec::with_capacity(y_true.len()));
        let mut labels = Vec::with_capacity(y_true.len());
        for (i, label) in y_true.to_vec::<f64>().into_iter().enumerate() {
            let counts = ignored.is_none_or(|ignored| label != ignored as f64);
            if let Some(valid) = &mut valid {
                valid.push(counts);
            }
            if !counts {
                labels.push(0);
            } else if label >= 0.0 && label < classes as f64 && label.fract() == 0.0 {
                labels.push(label as i32);
            } else {
                return Err(refused(who, label, classes, i / inner.max(1)));
            }
        }
        Ok(Self { labels, valid })
    }
}

fn check_shape(who: &str, y_true: &Tensor, leading: &[usize], classes: usize) -> Result<()> {
    let given = y_true.shape();
    let mut with_one = leading.to_vec();
    with_one.push(1);
    if given == leading || given == with_one {
        return Ok(());
    }
    let error = Error::shape(who, format!("labels of shape {} or {}", tuple(leading), tuple(&with_one)), tuple(&given));
    let one_hot = given.len() == with_one.len() && given.last() == Some(&classes) && given.starts_with(leading);
    Err(if one_hot { error.hint("one-hot targets go with `categorical_crossentropy`") } else { error })
}

/// Why a label is no class.
pub(crate) fn refused(who: &str, label: f64, classes: usize, sample: usize) -> Error {
    if label.fract() != 0.0 {
        return Error::data(who, format!("labels must be whole numbers, received {label} at sample {sample}"));
    }
    let error = Error::data(who, format!("labels must lie in 0..{classes}, received {label} at sample {sample}"));
    if label < 0.0 { error } else { error.hint("is `units` of the last layer too small?") }
}

/// Labels as a column of indices beside `rows`.
pub(crate) fn column(labels: Vec<i32>, rows: &burn::Tensor<2>) -> burn::Tensor<2, Int> {
    let n = labels.len();
    burn::Tensor::from_data(TensorData::new(labels, [n, 1]), &rows.device().without_autodiff())
}
