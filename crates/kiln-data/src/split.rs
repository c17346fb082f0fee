//! Samples for training and samples for testing.

use crate::categorical;
use crate::dataset::{Element, IntoElement};
use kiln_core::random::Stream;
use kiln_core::{Error, Result, Tensor};

/// How [`train_test_split`] divides samples.
///
/// ```
/// use kiln_core::Tensor;
/// use kiln_data::{TrainTestSplit, train_test_split};
/// let y = Tensor::constant([0, 0, 0, 0, 1, 1]);
/// let (train, test) = train_test_split(&y, TrainTestSplit::new(0.5).seed(1).stratify(&y))?;
/// assert_eq!((train.to_float().sum().item(), test.to_float().sum().item()), (1.0, 1.0));
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct TrainTestSplit {
    test_size: f64,
    shuffle: bool,
    seed: Option<u64>,
    stratify: Option<Tensor>,
}

const WHO: &str = "train_test_split";

impl TrainTestSplit {
    /// A share of `test_size`, between 0 and 1, is for testing, rounded up; the samples are shuffled first.
    pub fn new(test_size: f64) -> Self {
        Self { test_size, shuffle: true, seed: None, stratify: None }
    }

    /// Whether the samples are shuffled; default `true`. Otherwise the last ones are for testing, as suits a time series.
    pub fn shuffle(mut self, shuffle: bool) -> Self {
        self.shuffle = shuffle;
        self
    }

    /// The seed of the order; default the global one.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Class labels whose shares both parts shall have.
    pub fn stratify(mut self, labels: &Tensor) -> Self {
        self.stratify = Some(labels.clone());
        self
    }

    /// The samples for training and those for testing, of `n`.
    ///
    /// # Errors
    /// As for [`train_test_split`].
    pub fn indices(&self, n: usize) -> Result<(Vec<usize>, Vec<usize>)> {
        let tests = (self.test_size * n as f64 - 1e-9).ceil();
        if !(self.test_size > 0.0 && self.test_size < 1.0) || n < 2 {
            return Err(Error::option(WHO, "test_size", "between 0 and 1 of at least 2 samples", format!("{} of {n}", self.test_size)));
        }
        let tests = (tests as usize).clamp(1, n - 1);
        let stream = match (self.shuffle, self.seed) {
            (false, _) => return self.in_order(n, tests),
            (true, Some(seed)) => Stream::new(seed).named(WHO),
            (true, None) => Stream::next_global().named(WHO),
        };
        let order = stream.permutation(n);
        let Some(labels) = &self.stratify else {
            return Ok((order[tests..].to_vec(), order[..tests].to_vec()));
        };
        if labels.len() != n {
            return Err(Error::data(WHO, format!("there are {n} samples, but `stratify` has {} labels", labels.len())));
        }
        let test = self.stratified(labels, &order, tests)?;
        let pick = |wanted: bool| order.iter().copied().filter(|i| test[*i] == wanted).collect::<Vec<_>>();
        Ok((pick(false), pick(true)))
    }

    fn in_order(&self, n: usize, tests: usize) -> Result<(Vec<usize>, Vec<usize>)> {
        match self.stratify {
            Some(_) => Err(Error::option(WHO, "stratify", "left out without `shuffle`", "labels")),
            None => Ok(((0..n - tests).collect(), (n - tests..n).collect())),
        }
    }

    /// Which samples are for testing: of each class its share, rounded so that the sum is right.
    fn stratified(&self, labels: &Tensor, order: &[usize], tests: usize) -> Result<Vec<bool>> {
        let classes: Vec<_> = categorical::count(WHO, labels)?.into_iter().collect();
        if let Some((class, members)) = classes.iter().find(|(_, members)| members.len() < 2) {
            let what = format!("class {class} has {} sample, which can't be in both parts", members.len());
            return Err(Error::data(WHO, what).hint("leave the class out, or don't stratify"));
        }
        let exact = |members: usize| tests as f64 * members as f64 / order.len() as f64;
        let mut quota: Vec<usize> = classes.iter().map(|(_, members)| exact(members.len()) as usize).collect();
        let mut by_rest: Vec<usize> = (0..classes.len()).collect();
        by_rest.sort_by(|a, b| exact(classes[*b].1.len()).fract().total_cmp(&exact(classes[*a].1.len()).fract()));
        let missing = tests - quota.iter().sum::<usize>();
        by_rest.iter().take(missing).for_each(|class| quota[*class] += 1);
        let mut class_of = vec![0; order.len()];
        for (i, (_, members)) in classes.iter().enumerate() {
            members.iter().for_each(|member| class_of[*member] = i);
        }
        let mut test = vec![false; order.len()];
        for &sample in order {
            let left = &mut quota[class_of[sample]];
            if *left > 0 {
                *left -= 1;
                test[sample] = true;
            }
        }
        Ok(test)
    }
}

/// Divides the rows of tensors into those for training and those for testing: scikit-learn's `train_test_split`.
///
/// # Errors
/// First axes of several lengths, fewer than 2 samples, a `test_size` outside (0, 1), or a class of one sample when stratified.
///
/// ```
/// use kiln_core::Tensor;
/// use kiln_data::{TrainTestSplit, train_test_split};
/// let (x, y) = (Tensor::zeros([10, 3]), Tensor::range(0..10));
/// let ((x_train, y_train), (x_test, y_test)) = train_test_split((&x, &y), TrainTestSplit::new(0.2).seed(7))?;
/// assert_eq!((x_train.shape(), x_test.shape()), (vec![8, 3], vec![2, 3]));
/// assert_eq!((y_train.len(), y_test.len()), (8, 2));
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub fn train_test_split<D: IntoElement>(data: D, split: TrainTestSplit) -> Result<(D::Element, D::Element)> {
    let data = data.into_element();
    let tensors = data.tensors();
    let n = tensors.first().and_then(|t| t.shape().first().copied()).unwrap_or(0);
    if let Some(odd) = tensors.iter().find(|t| t.shape().first() != Some(&n)) {
        return Err(Error::data(WHO, format!("tensor 0 has {n} samples, but another has shape {:?}", odd.shape())));
    }
    let (train, test) = split.indices(n)?;
    let spec = data.spec();
    let part = |rows: &[usize]| D::Element::from_spec(&spec, tensors.iter().map(|t| t.gather(rows)).collect::<Result<_>>()?);
    Ok((part(&train)?, part(&test)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_goes_to_one_part() {
        let split = TrainTestSplit::new(0.25).seed(3);
        let (train, test) = split.indices(10).unwrap();
        let mut all = [train.clone(), test.clone()].concat();
        all.sort_unstable();
        assert_eq!((all, test.len()), ((0..10).collect::<Vec<_>>(), 3));
        assert_eq!(split.indices(10).unwrap(), (train.clone(), test));
        assert_ne!(TrainTestSplit::new(0.25).seed(4).indices(10).unwrap().0, train);
        assert_eq!(TrainTestSplit::new(0.3).shuffle(false).indices(10).unwrap().1, [7, 8, 9]);
    }

    #[test]
    fn classes_keep_their_shares() {
        let labels: Vec<i32> = (0..100)
            .map(|i| {
                if i < 70 {
                    0
                } else if i < 95 {
                    1
                } else {
                    2
                }
            })
            .collect();
        let split = TrainTestSplit::new(0.2).seed(1).stratify(&Tensor::constant(labels.clone()));
        let (_, test) = split.indices(100).unwrap();
        let count = |class| test.iter().filter(|i| labels[**i] == class).count();
        assert_eq!([count(0), count(1), count(2)], [14, 5, 1]);
    }

    #[test]
    fn mistakes_are_named() {
        let error = |split: TrainTestSplit, n| split.indices(n).unwrap_err().to_string();
        assert_eq!(
            error(TrainTestSplit::new(1.0), 10),
            "train_test_split: `test_size` must be between 0 and 1 of at least 2 samples, received 1 of 10"
        );
        assert!(error(TrainTestSplit::new(0.5), 1).contains("received 0.5 of 1"));
        let labels = Tensor::constant([0, 0, 1]);
        assert!(error(TrainTestSplit::new(0.5).stratify(&labels), 3).contains("class 1 has 1 sample"));
        assert!(error(TrainTestSplit::new(0.5).stratify(&labels), 4).contains("`stratify` has 3 labels"));
        assert!(error(TrainTestSplit::new(0.5).stratify(&labels).shuffle(false), 3).contains("left out without `shuffle`"));
        assert!(train_test_split((Tensor::zeros([4]), Tensor::zeros([3])), TrainTestSplit::new(0.5)).is_err());
    }
}
