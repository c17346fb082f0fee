//! Between the crossentropy and the absolute error, for labels that may be wrong.

use super::Loss;
use super::labels::{Labels, column};
use kiln_core::{Error, Result, Tensor};

loss! {
    /// `(1 - p[label]^q) / q`, for integer labels of shape `(n,)` or `(n, 1)` and probabilities.
    ///
    /// Keras: `src/losses/losses.py`, class `CategoricalGeneralizedCrossEntropy`; Zhang and Sabuncu 2018.
    CategoricalGeneralizedCrossEntropy as "categorical_generalized_cross_entropy" {
        /// Near 0 it is like the crossentropy, near 1 like the absolute error; ½ at first, in `(0, 1)`.
        q: f64 = 0.5,
    }
}

impl CategoricalGeneralizedCrossEntropy {
    fn options(&self) -> Result<()> {
        if self.q > 0.0 && self.q < 1.0 {
            return Ok(());
        }
        Err(Error::option(&self.common.name, "q", "between 0 and 1", self.q))
    }
}

impl Loss for CategoricalGeneralizedCrossEntropy {
    common!(options);

    fn call(&self, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
        let shape = y_pred.shape();
        let Some((&classes, leading)) = shape.split_last() else {
            return Err(Error::shape(&self.common.name, "predictions with a value per class", y_pred.describe()));
        };
        let labels = Labels::read(&self.common.name, y_true, leading, classes, None)?.labels;
        let n = labels.len();
        if n == 0 {
            return y_pred.clone().to_float().sum_axis(-1);
        }
        let p = y_pred.clone().to_float().reshape([n as isize, classes as isize])?.float::<2>()?;
        let index = column(labels, &p);
        let right = Tensor::from(p.gather(1, index)).reshape(leading.iter().map(|n| *n as isize).collect::<Vec<_>>())?;
        Ok((1.0 - right.pow(self.q)?) / self.q)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_and_q_are_checked() {
        let p = Tensor::constant([[0.25, 0.75]]);
        let loss = CategoricalGeneralizedCrossEntropy::new();
        assert_eq!(loss.call(&Tensor::constant([[0]]), &p).unwrap().to_vec::<f32>(), [1.0]);
        assert!(loss.call(&Tensor::constant([2]), &p).unwrap_err().to_string().contains("labels must lie in 0..2, received 2"));
        let error = loss.q(1.0).check().unwrap_err();
        assert_eq!(error.to_string(), "categorical_generalized_cross_entropy: `q` must be between 0 and 1, received 1");
    }
}
