//! Connectionist temporal classification: labels whose places in time are not known.

use super::Loss;
use super::labels::refused;
use burn::tensor::{Int, TensorData};
use kiln_core::{Error, Result, Tensor};

loss! {
    /// `-log p(labels)`, summed over all ways to spread a sample's labels over the steps, for logits of shape
    /// `(n, steps, classes)` and integer labels of shape `(n, longest)` that are filled up with 0. Class 0 is the blank.
    ///
    /// A sample whose labels need more steps than there are is an error: it needs a step for each, and one between equal
    /// neighbours.
    ///
    /// Keras: `src/losses/losses.py`, class `CTC`; Graves et al. 2006.
    Ctc as "ctc" {}
}

/// Labels, laid out for Burn.
struct Targets {
    labels: Vec<i32>,
    lengths: Vec<i32>,
}

impl Ctc {
    fn targets(&self, y_true: &Tensor, steps: usize, classes: usize) -> Result<Targets> {
        let who = &self.common.name;
        let longest = y_true.shape().last().copied().unwrap_or(0).max(1);
        let (mut labels, mut lengths) = (Vec::with_capacity(y_true.len()), Vec::new());
        for (sample, row) in y_true.to_vec::<f64>().chunks_exact(longest).enumerate() {
            if let Some(label) = row.iter().find(|label| !(**label >= 0.0 && **label < classes as f64 && label.fract() == 0.0)) {
                return Err(refused(who, *label, classes, sample));
            }
            let length = row.iter().filter(|label| **label != 0.0).count();
            let repeats = row[..length].windows(2).filter(|pair| pair[0] == pair[1]).count();
            if length + repeats > steps {
                let what = format!("the labels need {} steps, there are {steps} at sample {sample}", length + repeats);
                return Err(Error::data(who, what).hint("each label takes a step, and equal neighbours one between them"));
            }
            labels.extend(row.iter().map(|label| *label as i32));
            lengths.push(length as i32);
        }
        Ok(Targets { labels, lengths })
    }
}

impl Loss for Ctc {
    common!();

    fn call(&self, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
        let who = &self.common.name;
        let (given, shape) = (y_true.shape(), y_pred.shape());
        let [n, steps, classes] = shape[..] else {
            return Err(Error::shape(who, "logits of shape (n, steps, classes)", y_pred.describe()));
        };
        if given.len() != 2 || given[0] != n {
            return Err(Error::shape(who, format!("labels of shape ({n}, longest)"), y_true.describe()));
        }
        if n == 0 || steps == 0 || given[1] == 0 || classes == 0 {
            return Err(Error::shape(who, "axes of at least 1", format!("{} and {}", y_true.describe(), y_pred.describe())));
        }
        let Targets { labels, lengths } = self.targets(y_true, steps, classes)?;
        let p = y_pred.clone().to_float().log_softmax(-1)?.transpose([1, 0, 2])?.float::<3>()?;
        let device = p.device();
        let whole = |values: Vec<i32>| burn::Tensor::<1, Int>::from_data(TensorData::new(values, [n]), &device);
        let labels = burn::Tensor::<2, Int>::from_data(TensorData::new(labels, [n, given[1]]), &device);
        let (all, lengths) = (whole(vec![steps as i32; n]), whole(lengths));
        let values = Tensor::from(burn::tensor::module::ctc_loss(p, labels, all, lengths, 0));
        // The sums over paths pass NaN by; it shall show.
        let broken = y_pred.clone().inner().is_nan().to_float().max_axis(-1)?.max_axis(-1)?;
        broken.greater(0.0)?.select_where(f64::NAN, &values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(y: Tensor, p: Tensor) -> String {
        Ctc::new().call(&y, &p).unwrap_err().to_string()
    }

    #[test]
    fn one_step_is_the_crossentropy() {
        let p = Tensor::constant([[[0.0, 1.0, 2.0]]]);
        let ours = Ctc::new().call(&Tensor::constant([[2]]), &p).unwrap().to_vec::<f32>();
        let log = p.log_softmax(-1).unwrap().to_vec::<f32>();
        assert!((ours[0] + log[2]).abs() < 1e-6);
    }

    #[test]
    fn labels_must_fit() {
        let p = Tensor::zeros([1, 3, 4]);
        assert_eq!(
            message(Tensor::constant([[2, 2, 1]]), p.clone()),
            "ctc: the labels need 4 steps, there are 3 at sample 0; each label takes a step, and equal neighbours one between them"
        );
        assert!(message(Tensor::constant([[4, 0]]), p.clone()).contains("labels must lie in 0..4, received 4 at sample 0"));
        assert!(message(Tensor::constant([1]), p.clone()).starts_with("ctc: expected labels of shape (1, longest)"));
        assert!(message(Tensor::constant([[1]]), Tensor::zeros([1, 3])).starts_with("ctc: expected logits of shape"));
        assert!(Ctc::new().call(&Tensor::constant([[2, 2]]), &p).is_ok());
    }
}
