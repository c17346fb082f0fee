//! Quantiles of many values, from a summary of them (`keras/src/layers/preprocessing/discretization.py`).

/// Values in rising order, and how many of the data each stands for.
#[derive(Clone, Debug)]
pub(super) struct Summary {
    values: Vec<f32>,
    weights: Vec<f64>,
}

impl Summary {
    /// About `1 / epsilon` values that stand for all.
    pub(super) fn of(mut values: Vec<f32>, epsilon: f64) -> Self {
        values.sort_by(f32::total_cmp);
        let step = (values.len() as f64 * epsilon).max(1.0);
        let picked: Vec<f32> = values.into_iter().skip((step - 1.0) as usize).step_by(step as usize).collect();
        let weights = vec![f64::from(step as f32); picked.len()];
        Self { values: picked, weights }.compressed(epsilon)
    }

    /// The inner boundaries of `bins` bins of about equal weight.
    pub(super) fn boundaries(&self, bins: usize) -> Vec<f32> {
        let mut values = self.clone().compressed(1.0 / bins as f64).values;
        values.pop();
        values
    }

    /// At most about `1 / epsilon` values, at even steps of the weight.
    fn compressed(self, epsilon: f64) -> Self {
        if (self.values.len() as f64) * epsilon < 1.0 {
            return self;
        }
        // As many as NumPy's `arange(0, 1, epsilon)` has.
        let count = (1.0 / epsilon).ceil() as usize;
        let mut total = 0.0;
        let sums = self.weights.iter().map(|w| {
            total += w;
            total
        });
        let sums: Vec<f64> = sums.collect();
        let shares: Vec<f64> = sums.iter().map(|s| s / total).collect();
        let values: Vec<f64> = self.values.iter().map(|v| f64::from(*v)).collect();
        let percents = || (0..count).map(|i| epsilon + i as f64 * epsilon);
        let at: Vec<f64> = percents().map(|p| between(p, &shares, &sums)).collect();
        let weights = at.iter().enumerate().map(|(i, s)| f64::from((s - if i == 0 { 0.0 } else { at[i - 1] }) as f32)).collect();
        Self { values: percents().map(|p| between(p, &shares, &values) as f32).collect(), weights }
    }
}

/// The straight line through the points (`x`, `y`), flat beyond both ends.
fn between(at: f64, x: &[f64], y: &[f64]) -> f64 {
    let after = x.partition_point(|v| *v <= at);
    match (after.checked_sub(1), x.get(after)) {
        (None, _) => y.first().copied().unwrap_or(f64::NAN),
        (Some(before), None) => y[before],
        (Some(before), Some(next)) => y[before] + (y[after] - y[before]) / (next - x[before]) * (at - x[before]),
    }
}
