//! Labels and rows brought into the form that a loss or a layer wants.

use kiln_core::{Error, Result, Tensor};
use std::collections::BTreeMap;

/// One-hot rows of whole labels: a new last axis of `num_classes`, or of the largest label + 1 for `None`. A last axis of 1 goes
/// away first. Keras' `keras.utils.to_categorical`; [`Tensor::one_hot`] gives zeros for labels out of range instead.
///
/// # Errors
/// A label below 0 or not below `num_classes`, a label that isn't whole, or no label and no `num_classes`.
///
/// ```
/// use kiln_core::Tensor;
/// use kiln_data::to_categorical;
/// let y = to_categorical(&Tensor::constant([[2], [0]]), None)?;
/// assert_eq!((y.shape(), y.to_vec::<f32>()), (vec![2, 3], vec![0.0, 0.0, 1.0, 1.0, 0.0, 0.0]));
/// assert_eq!(to_categorical(&Tensor::constant([1]), 4)?.shape(), [1, 4]);
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub fn to_categorical(labels: &Tensor, num_classes: impl Into<Option<usize>>) -> Result<Tensor> {
    const WHO: &str = "to_categorical";
    let labels = match labels.shape().as_slice() {
        [_, .., 1] => labels.squeeze(-1)?,
        _ => labels.clone(),
    };
    let values = labels.to_vec::<f64>();
    let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let classes = match num_classes.into() {
        Some(classes) => classes,
        None if most >= 0.0 => most as usize + 1,
        None => return Err(Error::data(WHO, "there are no labels to count the classes of").hint("give `num_classes`")),
    };
    match values.iter().position(|v| v.fract() != 0.0 || *v < 0.0 || *v >= classes as f64) {
        Some(place) => Err(Error::data(WHO, format!("labels must lie in 0..{classes}, received {} at sample {place}", values[place]))),
        None => Ok(labels.one_hot(classes)),
    }
}

/// Divides by the norm along `axis`: `x / (Σ |x|^order)^(1/order)`, a norm of 0 counting as 1. Keras' `keras.utils.normalize`, whose
/// defaults are `axis = -1` and `order = 2`.
///
/// # Errors
/// An axis that the tensor doesn't have, or an order that isn't positive.
///
/// ```
/// use kiln_core::Tensor;
/// let rows = kiln_data::normalize(&Tensor::constant([[3.0, 4.0], [0.0, 0.0]]), -1, 2.0)?;
/// assert_eq!(rows.to_vec::<f32>(), [0.6, 0.8, 0.0, 0.0]);
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub fn normalize(x: &Tensor, axis: isize, order: f64) -> Result<Tensor> {
    if !(order.is_finite() && order > 0.0) {
        return Err(Error::option("normalize", "order", "finite and above 0", order));
    }
    let x = x.clone().to_float();
    let powers = x.clone().abs().pow(order as f32)?;
    let norm = powers.sum_axis(axis).map_err(|error| error.by("sum_axis", "normalize"))?.pow((1.0 / order) as f32)?;
    let norm = norm.equal(0.0)?.select_where(1.0, norm)?.expand_dims(axis)?;
    x.try_div(norm)
}

/// A weight for each class so that all classes count alike: `samples / (classes * samples of the class)`, for `Fit::class_weight`.
/// This is scikit-learn's `compute_class_weight("balanced")`.
///
/// # Errors
/// No label, or one that is negative or not whole.
///
/// ```
/// use kiln_core::Tensor;
/// let weights = kiln_data::class_weights_balanced(&Tensor::constant([0, 0, 0, 1]))?;
/// assert_eq!(weights, [(0, 4.0 / 6.0), (1, 2.0)]);
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub fn class_weights_balanced(labels: &Tensor) -> Result<Vec<(usize, f64)>> {
    let classes = count("class_weights_balanced", labels)?;
    let (samples, kinds) = (labels.len() as f64, classes.len() as f64);
    Ok(classes.into_iter().map(|(class, members)| (class, samples / (kinds * members.len() as f64))).collect())
}

/// The samples of each class.
pub(crate) fn count(who: &str, labels: &Tensor) -> Result<BTreeMap<usize, Vec<usize>>> {
    let mut classes = BTreeMap::<usize, Vec<usize>>::new();
    for (place, label) in labels.to_vec::<f64>().into_iter().enumerate() {
        if label.fract() != 0.0 || label < 0.0 {
            return Err(Error::data(who, format!("labels must be whole and not negative, received {label} at sample {place}")));
        }
        classes.entry(label as usize).or_default().push(place);
    }
    match classes.is_empty() {
        true => Err(Error::data(who, "there are no labels")),
        false => Ok(classes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden::{Golden, close};

    #[test]
    fn labels_out_of_range_are_errors() {
        let error = |labels: Tensor, classes: Option<usize>| to_categorical(&labels, classes).unwrap_err().to_string();
        assert_eq!(error(Tensor::constant([0, 3]), Some(3)), "to_categorical: labels must lie in 0..3, received 3 at sample 1");
        assert_eq!(error(Tensor::constant([-1, 1]), None), "to_categorical: labels must lie in 0..2, received -1 at sample 0");
        assert!(error(Tensor::constant([0.5]), None).contains("received 0.5"));
        assert!(error(Tensor::zeros([0]), None).contains("give `num_classes`"));
        assert_eq!(to_categorical(&Tensor::constant([[[1], [0]]]), 2).unwrap().shape(), [1, 2, 2]);
    }

    #[test]
    fn norms_are_those_of_keras() {
        let x = Tensor::constant([[3.0, -4.0, 0.0], [0.0, 0.0, 0.0], [1.0, 2.0, -2.0]]);
        // Keras takes axis 0 for the last one when it divides, so that only a square array doesn't fail: it is held against its rows.
        for case in Golden::read().cases("normalize").iter().filter(|case| case["axis"] == -1) {
            let ours = normalize(&x, case["axis"].as_i64().unwrap() as isize, case["order"].as_f64().unwrap()).unwrap();
            close(&ours, &case["output"]);
            let columns = normalize(&x.transpose([1, 0]).unwrap(), 0, case["order"].as_f64().unwrap()).unwrap();
            close(&columns.transpose([1, 0]).unwrap(), &case["output"]);
        }
        assert!(normalize(&x, 2, 2.0).unwrap_err().to_string().starts_with("normalize: "));
        assert!(normalize(&x, 0, 0.0).is_err());
    }

    #[test]
    fn weights_need_labels() {
        assert!(class_weights_balanced(&Tensor::zeros([0])).is_err());
        let error = class_weights_balanced(&Tensor::constant([0.0, 0.5])).unwrap_err().to_string();
        assert_eq!(error, "class_weights_balanced: labels must be whole and not negative, received 0.5 at sample 1");
    }
}
