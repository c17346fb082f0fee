//! How often the right class is among the best few.

use super::accuracy::{Rows, argmax};
use super::mean::Values;
use crate::losses::aligned;
use kiln_core::{Error, Result};

mean_metric! {
    /// How often the class of a one-hot target is among the `k` largest predictions; those as large as the last of them count.
    ///
    /// Keras: `src/metrics/accuracy_metrics.py`, class `TopKCategoricalAccuracy`.
    TopKCategoricalAccuracy as "top_k_categorical_accuracy", Max {
        /// How many classes are looked at, 5 at first.
        k: usize = 5,
    }
    |this, y_true, y_pred| {
        let (t, p) = aligned(&this.name, y_true, y_pred)?;
        let rows = Rows::new(&this.name, &p)?;
        let t = t.to_vec::<f32>();
        let labels = t.chunks_exact(rows.classes).map(argmax);
        let found = rows.iter().zip(labels).map(|(p, label)| f32::from(among(p, Some(label), this.k)));
        Ok(Values::new(found.collect(), &rows.leading))
    };
    check |this| at_least_one(&this.name, this.k)
}

mean_metric! {
    /// How often an integer label is among the `k` largest predictions; those as large as the last of them count.
    ///
    /// Keras: `src/metrics/accuracy_metrics.py`, class `SparseTopKCategoricalAccuracy`.
    SparseTopKCategoricalAccuracy as "sparse_top_k_categorical_accuracy", Max {
        /// How many classes are looked at, 5 at first.
        k: usize = 5,
        /// Whether predictions are the classes themselves, the best first, instead of a number for each; `false` at first.
        from_sorted_ids: bool = false,
    }
    |this, y_true, y_pred| {
        let rows = Rows::new(&this.name, y_pred)?;
        let labels = rows.labels(&this.name, y_true)?;
        let class = |label: f32| (label >= 0.0 && label < rows.classes as f32).then_some(label as usize);
        let is_found = |(p, label): (&[f32], f32)| match this.from_sorted_ids {
            true => p.iter().take(this.k).any(|id| *id == label),
            false => among(p, class(label), this.k),
        };
        Ok(Values::new(rows.iter().zip(labels).map(|row| f32::from(is_found(row))).collect(), &rows.leading))
    };
    check |this| at_least_one(&this.name, this.k)
}

/// Whether fewer than `k` predictions are larger than that of the class.
fn among(p: &[f32], class: Option<usize>, k: usize) -> bool {
    class.is_some_and(|class| p[class].is_finite() && p.iter().filter(|v| **v > p[class]).count() < k)
}

fn at_least_one(who: &str, k: usize) -> Result<()> {
    if k > 0 { Ok(()) } else { Err(Error::option(who, "k", "at least 1", k)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_count() {
        let p = [0.1, 0.3, 0.3, 0.3];
        assert!(among(&p, Some(3), 1) && !among(&p, Some(0), 3) && among(&p, Some(0), 4) && !among(&p, None, 4));
        assert!(!among(&[f32::NAN, 1.0], Some(0), 2));
    }
}
