//! The gradients: each share of the samples sums up its own gradient of the kernel; the sums are added in their order.

use super::columns::{gather, scatter};
use super::direct;
use super::kernel::add_kernel;
use super::sizes::Sizes;
use crate::buffer;
use crate::curve::{Curve, unbend};
use crate::pool::spread;
use crate::product::{Into, Matrix, product_into};
use crate::rows::{add, add_rows};
use crate::threads::map_parts;
use std::ops::Range;

/// What the gradients are computed from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Given<'a> {
    pub(super) x: &'a [f32],
    pub(super) kernel: &'a [f32],
    /// The gradient by the output.
    pub(super) gradient: &'a [f32],
    /// The output, and the curve that it went through last.
    pub(super) bent: Option<(&'a [f32], Curve)>,
    /// The pool whose maxima the output is, behind the curve, and which cell each of them was.
    pub(super) pooled: Option<(&'a Sizes, &'a [u8])>,
    /// Whether the gradients by the input, the kernel and the bias are asked for.
    pub(super) wanted: [bool; 3],
}

impl Given<'_> {
    /// The gradient of some samples before the curve, if that is not what was given.
    fn straight(&self, sizes: &Sizes, samples: Range<usize>) -> Option<Vec<f32>> {
        let of = |sample: usize| samples.start * sample..samples.end * sample;
        let unbent = |out: Range<usize>| {
            let (output, curve) = self.bent.filter(|(_, curve)| *curve != Curve::Linear)?;
            let mut unbent = buffer::take(out.len());
            unbend(&mut unbent, &self.gradient[out.clone()], &output[out], curve);
            Some(unbent)
        };
        let Some((pool, which)) = self.pooled else { return unbent(of(sizes.out_sample())) };
        let out = of(pool.out_sample());
        let unbent = unbent(out.clone());
        let (gradient, which) = (unbent.as_deref().unwrap_or(&self.gradient[out.clone()]), &which[out]);
        let mut straight = buffer::take(samples.len() * sizes.out_sample());
        let maxima = gradient.chunks_exact(pool.out_sample()).zip(which.chunks_exact(pool.out_sample()));
        straight.chunks_exact_mut(sizes.out_sample()).zip(maxima).for_each(|(to, (gradient, which))| spread(pool, to, gradient, which));
        unbent.into_iter().for_each(buffer::give);
        Some(straight)
    }
}

/// The gradients by the input, the kernel and the bias.
pub(super) type Gradients = (Option<Vec<f32>>, Option<Vec<f32>>, Option<Vec<f32>>);

pub(super) fn backward(sizes: &Sizes, given: &Given<'_>) -> Gradients {
    let [by_input, by_kernel, by_bias] = given.wanted;
    let mut dx = if by_input { buffer::take(sizes.batch * sizes.sample()) } else { Vec::new() };
    let share = sizes.share();
    let shares = sizes.batch.div_ceil(share);
    let mut pieces: Vec<Option<&mut [f32]>> =
        if by_input { dx.chunks_mut((share * sizes.sample()).max(1)).map(Some).collect() } else { Vec::new() };
    pieces.resize_with(shares, || None);
    let back = sizes.back().filter(|_| by_input && !sizes.is_pointwise());
    let back = back.as_ref().and_then(direct::strips);
    let turned = if back.is_some() { direct::turned(sizes, given.kernel) } else { Vec::new() };
    let strips = direct::strips(sizes).filter(|_| by_kernel && !sizes.is_pointwise());
    let sums = map_parts(pieces, sizes.work(), |part, dx| {
        let samples = part * share..sizes.batch.min((part + 1) * share);
        let mut sums =
            Sums { kernel: by_kernel.then(|| buffer::zeros(given.kernel.len())), bias: by_bias.then(|| vec![0.0; sizes.filters]) };
        let straight = given.straight(sizes, samples.clone());
        let gradient = || &given.gradient[samples.start * sizes.out_sample()..samples.end * sizes.out_sample()];
        let gradient = straight.as_deref().unwrap_or_else(gradient);
        if let Some(bias) = &mut sums.bias {
            add_rows(bias, gradient);
        }
        let (mut dkernel, mut dx) = (sums.kernel.as_deref_mut(), dx);
        if let Some(back) = &back
            && let Some(dx) = dx.take()
        {
            direct::rows(back, gradient, &turned, None, false, 0..samples.len() * back.sizes.out_rows(), dx);
        }
        if let Some(strips) = &strips
            && let Some(dkernel) = dkernel.take()
        {
            let rows = samples.start * sizes.out_rows()..samples.end * sizes.out_rows();
            add_kernel(strips, &given.x[samples.start * sizes.sample()..], gradient, rows, dkernel);
        }
        by_products(sizes, given, gradient, samples, dkernel, dx);
        straight.into_iter().for_each(buffer::give);
        sums
    });
    buffer::give(turned);
    let total = sums.into_iter().reduce(Sums::plus).unwrap_or_else(|| Sums {
        kernel: by_kernel.then(|| vec![0.0; given.kernel.len()]),
        bias: by_bias.then(|| vec![0.0; sizes.filters]),
    });
    (by_input.then_some(dx), total.kernel, total.bias)
}

struct Sums {
    kernel: Option<Vec<f32>>,
    bias: Option<Vec<f32>>,
}

impl Sums {
    fn plus(self, other: Self) -> Self {
        let plus = |sum: Option<Vec<f32>>, more: Option<Vec<f32>>| {
            let (mut sum, more) = (sum?, more?);
            add(&mut sum, &more);
            buffer::give(more);
            Some(sum)
        };
        Self { kernel: plus(self.kernel, other.kernel), bias: plus(self.bias, other.bias) }
    }
}

/// By products of matrices: adds the gradient by the kernel of some samples to `sum`, and writes those by their input, from that before the
/// curve.
fn by_products(
    sizes: &Sizes,
    given: &Given<'_>,
    gradient: &[f32],
    samples: Range<usize>,
    mut sum: Option<&mut [f32]>,
    mut dx: Option<&mut [f32]>,
) {
    if sum.is_none() && dx.is_none() {
        return;
    }
    let (x, kernel, column) = (given.x, given.kernel, sizes.column());
    let (tile, out_row, first) = (sizes.tile(), sizes.out_row(), samples.start);
    let pointwise = sizes.is_pointwise();
    let mut columns = if pointwise { Vec::new() } else { buffer::take(tile * sizes.out_width * column) };
    if let (Some(dx), false) = (&mut dx, pointwise) {
        dx.fill(0.0);
    }
    let (begin, end) = (first * sizes.out_rows(), samples.end * sizes.out_rows());
    for start in (begin..end).step_by(tile) {
        let rows = start..end.min(start + tile);
        let pixels = rows.len() * sizes.out_width;
        let gradient = &gradient[(start - begin) * out_row..][..rows.len() * out_row];
        for group in 0..sizes.window.groups {
            let of_group = sizes.filters / sizes.window.groups;
            let from = group * of_group;
            let gradient = Matrix::strided(&gradient[from..], pixels, of_group, sizes.filters);
            let mut windows = &mut columns[..];
            if !pointwise {
                windows = &mut windows[..pixels * column];
            }
            if let Some(sum) = &mut sum {
                let windows = if pointwise {
                    &x[rows.start * sizes.out_width * column..][..pixels * column]
                } else {
                    gather(windows, x, sizes, rows.clone(), group);
                    &windows[..]
                };
                let into = Into { values: &mut sum[from..], row_step: sizes.filters, width: of_group, add: true };
                product_into(into, Matrix::new(windows, pixels, column).t(), gradient, false);
            }
            if let Some(dx) = &mut dx {
                let kernel = Matrix::strided(&kernel[from..], column, of_group, sizes.filters).t();
                if pointwise {
                    let place = (rows.start - begin) * sizes.out_width * column;
                    windows = &mut dx[place..][..pixels * column];
                }
                product_into(Into { values: windows, row_step: column, width: column, add: false }, gradient, kernel, false);
                if !pointwise {
                    scatter(dx, &columns[..pixels * column], sizes, rows.clone(), group, first);
                }
            }
        }
    }
    buffer::give(columns);
}
