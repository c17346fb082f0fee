//! The dense operation: `curve(x · kernel + bias)`.

use crate::buffer;
use crate::curve::{Curve, bend, bend_rows, unbend};
use crate::host::{Array, HostOp, Past, View, run_biased};
use crate::product::{Matrix, product, shared_product};
use crate::rows::{add, add_rows};
use crate::threads::{ROWS_PRODUCT, each_part, map_parts};
use burn::backend::DispatchTensor;
use std::ops::Range;

/// `curve(x · kernel + bias)` over the last axis of `x` (..., features), for `kernel` (features, units) and `bias` (units).
///
/// ```
/// use burn::Tensor;
/// use kiln_kernels::{Curve, dense::dense};
/// let device = burn::tensor::Device::flex();
/// let x = Tensor::<2>::from_floats([[1.0, 2.0]], &device);
/// let kernel = Tensor::<2>::from_floats([[1.0, -1.0], [1.0, -1.0]], &device);
/// let bias = Tensor::<1>::from_floats([0.5, 0.5], &device);
/// let y = dense(x.into_dispatch(), kernel.into_dispatch(), Some(bias.into_dispatch()), Curve::Relu);
/// assert_eq!(Tensor::<2>::from_dispatch(y).to_data().try_to_vec::<f32>().unwrap(), [3.5, 0.0]);
/// ```
///
/// # Panics
/// On tensors that [`serves`](crate::serves) refuses, and on shapes that don't fit.
pub fn dense(x: DispatchTensor, kernel: DispatchTensor, bias: Option<DispatchTensor>, curve: Curve) -> DispatchTensor {
    run_biased(Dense { curve }, x, kernel, bias)
}

#[derive(Debug)]
struct Dense {
    curve: Curve,
}

/// `x` as rows, and the kernel.
#[derive(Clone, Copy)]
struct Given<'a> {
    x: &'a [f32],
    kernel: &'a [f32],
    rows: usize,
    features: usize,
    units: usize,
    /// Whether it is one of several parts.
    is_part: bool,
}

/// The fewest rows of a part, which make an efficient product, and the most parts.
const ROWS: usize = 32;
const PARTS: usize = 16;
/// The most numbers of a kernel that each part reads anew, and has a gradient of its own for: they stay in a core's cache.
const KERNEL: usize = 1 << 17;

impl<'a> Given<'a> {
    fn new(inputs: &[View<'a>]) -> Self {
        let (features, units) = (inputs[1].shape[0], inputs[1].last());
        let rows = inputs[0].values.len().checked_div(features).unwrap_or(0);
        Self { x: inputs[0].values, kernel: inputs[1].values, rows, features, units, is_part: false }
    }

    /// Multiplications of one product.
    fn work(&self) -> usize {
        self.rows.saturating_mul(self.features).saturating_mul(self.units)
    }

    /// The rows of a part, if it pays to cut them; else a product is shared out as a whole, or not at all.
    fn part(&self) -> Option<usize> {
        let rows = self.rows.div_ceil(PARTS).max(ROWS);
        (self.kernel.len() <= KERNEL && self.work() >= ROWS_PRODUCT && rows < self.rows).then_some(rows)
    }

    /// Some of the rows.
    fn rows(&self, rows: Range<usize>) -> Self {
        Self {
            x: &self.x[rows.start * self.features..rows.end * self.features],
            rows: rows.len(),
            is_part: rows.len() < self.rows,
            ..*self
        }
    }

    /// A product, which the parts don't share out again.
    fn multiply(&self, out: &mut [f32], a: Matrix<'_>, b: Matrix<'_>) {
        if self.is_part { product(out, a, b) } else { shared_product(out, a, b) }
    }

    fn x(&self) -> Matrix<'a> {
        Matrix::new(self.x, self.rows, self.features)
    }

    fn kernel(&self) -> Matrix<'a> {
        Matrix::new(self.kernel, self.features, self.units)
    }
}

/// The gradients of some rows: `dx` is written, those by the kernel and the bias are given back, where they are asked for.
fn back(given: &Given<'_>, gradient: &[f32], output: &[f32], curve: Curve, dx: Option<&mut [f32]>, wanted: [bool; 2]) -> [Vec<f32>; 2] {
    let mut straight = Vec::new();
    let gradient = match curve {
        Curve::Linear => gradient,
        curve => {
            straight = buffer::take(gradient.len());
            unbend(&mut straight, gradient, output, curve);
            &straight
        }
    };
    let rows = Matrix::new(gradient, given.rows, given.units);
    if let Some(dx) = dx {
        given.multiply(dx, rows, given.kernel().t());
    }
    let [mut dkernel, mut dbias] = [Vec::new(), Vec::new()];
    if wanted[0] {
        dkernel = buffer::take(given.kernel.len());
        given.multiply(&mut dkernel, given.x().t(), rows);
    }
    if wanted[1] {
        dbias = buffer::zeros(given.units);
        add_rows(&mut dbias, gradient);
    }
    buffer::give(straight);
    [dkernel, dbias]
}

impl HostOp for Dense {
    type Saved = ();

    fn forward(&self, inputs: &[View<'_>], _: bool) -> (Array, ()) {
        let given = Given::new(inputs);
        let mut shape = inputs[0].shape.to_vec();
        if let Some(last) = shape.last_mut() {
            *last = given.units;
        }
        let mut y = Array::unwritten(&shape);
        let part = given.part().unwrap_or(given.rows).max(1);
        each_part(&mut y.values, part * given.units, given.work(), |i, y| {
            let given = given.rows(i * part..i * part + y.len() / given.units);
            given.multiply(y, given.x(), given.kernel());
            match inputs.get(2) {
                Some(bias) => bend_rows(y, bias.values, self.curve),
                None => bend(y, self.curve),
            }
        });
        (y, ())
    }

    fn backward(&self, past: &Past<'_, ()>) -> Vec<Option<Array>> {
        let given = Given::new(past.inputs);
        let biased = past.inputs.len() > 2;
        let wanted = [past.wanted[1], biased && past.wanted[2]];
        let mut dx = past.wanted[0].then(|| Array::unwritten(past.inputs[0].shape));
        let part = given.part().unwrap_or(given.rows).max(1);
        let mut pieces: Vec<Option<&mut [f32]>> = match &mut dx {
            Some(dx) => dx.values.chunks_mut((part * given.features).max(1)).map(Some).collect(),
            None => Vec::new(),
        };
        pieces.resize_with(given.rows.div_ceil(part).max(1), || None);
        let some = |i: usize, dx| {
            let rows = i * part..given.rows.min((i + 1) * part);
            let out = rows.start * given.units..rows.end * given.units;
            back(&given.rows(rows), &past.gradient.values[out.clone()], &past.output.values[out], self.curve, dx, wanted)
        };
        let total = map_parts(pieces, given.work(), some).into_iter().reduce(|mut total, more| {
            for (sum, more) in total.iter_mut().zip(more) {
                add(sum, &more);
                buffer::give(more);
            }
            total
        });
        let [dkernel, dbias] = total.unwrap_or_default();
        let array = |input: usize, values: Vec<f32>| past.wanted[input].then(|| Array::new(values, past.inputs[input].shape));
        let mut gradients = vec![dx, array(1, dkernel)];
        if biased {
            gradients.push(array(2, dbias));
        }
        gradients
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{agree, cases, flat};
    use burn::tensor::{activation, module::linear};

    #[test]
    fn agrees_with_burn() {
        for (m, k, n) in [(1, 1, 1), (3, 5, 7), (32, 65, 33), (7, 1, 2), (5, 3, 1)] {
            for curve in [Curve::Linear, Curve::Relu, Curve::Tanh, Curve::Sigmoid] {
                check([m, k, n], true, curve);
                check([m, k, n], false, curve);
            }
        }
        // Rows in parts, the last of which is short; a product that is shared out as a whole.
        for sizes in [[700, 120, 110], [70, 500, 250], [40, 600, 700]] {
            assert!(sizes.iter().product::<usize>() > ROWS_PRODUCT);
            check(sizes, true, Curve::Relu);
            check(sizes, false, Curve::Sigmoid);
        }
        cases(40, |draw| check([draw.size(1..=70), draw.size(1..=90), draw.size(1..=90)], draw.size(0..=1) == 0, draw.curve()));
    }

    fn check([m, k, n]: [usize; 3], with_bias: bool, curve: Curve) {
        let sizes = if with_bias { vec![m * k, k * n, n] } else { vec![m * k, k * n] };
        agree(
            &sizes,
            |t| {
                let (x, kernel) = (t[0].clone().reshape([m, 1, k]), t[1].clone().reshape([k, n]));
                let bias = t.get(2).map(|b| b.clone().into_dispatch());
                flat(dense(x.into_dispatch(), kernel.into_dispatch(), bias, curve))
            },
            |t| {
                let y = linear(t[0].clone().reshape([m, k]), t[1].clone().reshape([k, n]), t.get(2).cloned());
                let y = match curve {
                    Curve::Linear => y,
                    Curve::Relu => activation::relu(y),
                    Curve::Tanh => y.tanh(),
                    Curve::Sigmoid => activation::sigmoid(y),
                };
                y.reshape([m * n])
            },
        );
    }

    #[test]
    fn takes_transposed_inputs() {
        let (m, k, n) = (6, 4, 3);
        agree(
            &[m * k, k * n],
            |t| {
                let (x, kernel) = (t[0].clone().reshape([k, m]).transpose(), t[1].clone().reshape([n, k]).transpose());
                flat(dense(x.into_dispatch(), kernel.into_dispatch(), None, Curve::Tanh))
            },
            |t| t[0].clone().reshape([k, m]).transpose().matmul(t[1].clone().reshape([n, k]).transpose()).tanh().reshape([m * n]),
        );
    }

    #[test]
    fn not_a_number_is_kept() {
        let device = burn::tensor::Device::flex();
        let x = burn::Tensor::<2>::from_floats([[f32::NAN]], &device).into_dispatch();
        let kernel = burn::Tensor::<2>::from_floats([[1.0]], &device).into_dispatch();
        for curve in [Curve::Relu, Curve::Tanh, Curve::Sigmoid] {
            let y = burn::Tensor::<2>::from_dispatch(dense(x.clone(), kernel.clone(), None, curve));
            assert!(y.into_scalar::<f32>().is_nan(), "{curve:?}");
        }
    }
}
