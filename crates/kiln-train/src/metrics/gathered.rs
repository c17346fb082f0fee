//! What metrics gather, as numbers and back.

use kiln_core::{Error, Result};

/// The state of a metric: the size it was made for, and its numbers.
pub(crate) trait Gathered {
    /// The last axis of the predictions it was made for.
    fn width(&self) -> usize {
        1
    }
    /// The numbers, in a fixed order.
    fn numbers(&mut self) -> Vec<&mut f64>;
}

impl Gathered for f64 {
    fn numbers(&mut self) -> Vec<&mut f64> {
        vec![self]
    }
}

/// The width and all numbers.
pub(crate) fn written<G: Gathered + Clone>(gathered: &G) -> Vec<f64> {
    let mut copy = gathered.clone();
    let width = copy.width() as f64;
    std::iter::once(width).chain(copy.numbers().into_iter().map(|n| *n)).collect()
}

/// The state that `start` makes for a width, with the numbers that were written.
pub(crate) fn read<G: Gathered>(who: &str, state: &[f64], start: impl FnOnce(usize) -> Result<G>) -> Result<G> {
    let damaged = || Error::data(who, "the state that was kept is of another metric");
    let (width, values) = state.split_first().ok_or_else(damaged)?;
    // No metric gathers more than it was kept with.
    let mut gathered = start((*width as usize).min(values.len()))?;
    let places = gathered.numbers();
    if places.len() != values.len() {
        return Err(damaged());
    }
    places.into_iter().zip(values).for_each(|(place, value)| *place = *value);
    Ok(gathered)
}

#[cfg(test)]
mod tests {
    use crate::metrics::{
        Auc, ConcordanceCorrelation, F1Score, IntoMetric, MeanIoU, Metric, NAMES, OneHotMeanIoU, Precision, R2Score,
        SensitivityAtSpecificity,
    };
    use kiln_core::Tensor;

    /// Gathers two batches in one life and in two.
    fn compare(metric: &dyn Metric, [a, b]: &[(Tensor, Tensor); 2]) -> bool {
        let (mut whole, mut first, mut second) = (metric.boxed_clone(), metric.boxed_clone(), metric.boxed_clone());
        if whole.update_state(&a.0, &a.1, None).is_err() {
            return false;
        }
        whole.update_state(&b.0, &b.1, None).unwrap();
        first.update_state(&a.0, &a.1, None).unwrap();
        second.restore(&first.state().unwrap()).unwrap();
        assert_eq!(format!("{:?}", second.results()), format!("{:?}", first.results()), "{}", metric.name());
        second.update_state(&b.0, &b.1, None).unwrap();
        assert_eq!(format!("{:?}", second.results()), format!("{:?}", whole.results()), "{}", metric.name());
        let mut fresh = metric.boxed_clone();
        fresh.restore(&metric.state().unwrap()).unwrap();
        assert_eq!(format!("{:?}", fresh.results()), format!("{:?}", metric.results()), "{}", metric.name());
        assert!(fresh.restore(&[1.0; 7000]).is_err());
        true
    }

    #[test]
    fn every_metric_goes_on_from_its_state() {
        let hot = [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]];
        let p = |shift: f32| Tensor::constant([[0.1, 0.7, 0.2], [0.5, 0.2, 0.3], [0.3, 0.3, 0.4]]) + shift * 0.1;
        let batches = [(Tensor::constant(hot), p(0.0)), (Tensor::constant(hot), p(0.5))];
        let sparse = [(Tensor::constant([1, 0, 2]), p(0.0)), (Tensor::constant([2, 0, 1]), p(0.5))];
        let classes =
            [(Tensor::constant([1, 0, 2]), Tensor::constant([1, 1, 2])), (Tensor::constant([2, 0, 1]), Tensor::constant([2, 0, 0]))];
        let mut done = 0;
        for name in NAMES {
            let metric = name.into_metric().unwrap();
            let any = |batches: &[(Tensor, Tensor); 2]| compare(&*metric.resolve(&batches[0].0.shape(), &[3, 3]), batches);
            done += usize::from(any(&batches) || any(&sparse));
        }
        assert_eq!(done, NAMES.len());
        let more: [Box<dyn Metric>; 7] = [
            Box::new(Auc::new().multi_label(true)),
            Box::new(Precision::new().thresholds([0.2, 0.5, 0.8])),
            Box::new(F1Score::new()),
            Box::new(OneHotMeanIoU::new(3)),
            Box::new(R2Score::new()),
            Box::new(SensitivityAtSpecificity::new(0.5)),
            Box::new(ConcordanceCorrelation::new()),
        ];
        assert!(more.iter().all(|metric| compare(&**metric, &batches)));
        assert!(compare(&MeanIoU::new(3), &classes));
    }
}
