//! The forward pass: tiles of output rows, each a product of its windows and the kernel.

use super::columns::gather;
use super::direct;
use super::sizes::Sizes;
use super::strips::Strips;
use crate::buffer;
use crate::curve::{Curve, bend, bend_rows};
use crate::product::{Into, Matrix, product_into};
use crate::threads::each_part;
use std::ops::Range;

/// What the output is computed from.
pub(super) struct Forward<'a> {
    sizes: &'a Sizes,
    strips: Option<Strips<'a>>,
    x: &'a [f32],
    kernel: &'a [f32],
    bias: Option<&'a [f32]>,
    curve: Curve,
}

impl<'a> Forward<'a> {
    pub(super) fn new(sizes: &'a Sizes, x: &'a [f32], kernel: &'a [f32], bias: Option<&'a [f32]>, curve: Curve) -> Self {
        Self { sizes, strips: direct::strips(sizes), x, kernel, bias, curve }
    }

    /// Writes the whole output.
    pub(super) fn all(&self, y: &mut [f32]) {
        let (tile, out_row) = (self.sizes.tile(), self.sizes.out_row());
        each_part(y, tile * out_row, self.sizes.work(), |part, y| self.some(part * tile..part * tile + y.len() / out_row, y));
    }

    /// Writes some rows of the output, not more than a tile.
    pub(super) fn some(&self, rows: Range<usize>, y: &mut [f32]) {
        let Self { sizes, x, kernel, bias, curve, .. } = *self;
        if let Some(strips) = &self.strips {
            let x = &x[sizes.place(rows.start).0 * sizes.sample()..];
            direct::rows(strips, x, kernel, bias, curve == Curve::Relu, rows, y);
            if curve != Curve::Relu {
                bend(y, curve);
            }
            return;
        }
        products(sizes, x, kernel, rows, y);
        match bias {
            Some(bias) => bend_rows(y, bias, curve),
            None => bend(y, curve),
        }
    }
}

fn products(sizes: &Sizes, x: &[f32], kernel: &[f32], rows: Range<usize>, y: &mut [f32]) {
    let (column, filters, groups) = (sizes.column(), sizes.filters, sizes.window.groups);
    let pixels = rows.len() * sizes.out_width;
    let out = |y: &mut [f32], windows: Matrix<'_>, group: usize| {
        let of_group = filters / groups;
        let kernel = Matrix::strided(&kernel[group * of_group..], column, of_group, filters);
        product_into(Into { values: &mut y[group * of_group..], row_step: filters, width: of_group, add: false }, windows, kernel, false);
    };
    if sizes.is_pointwise() {
        let from = rows.start * sizes.out_width * column;
        return out(y, Matrix::new(&x[from..][..pixels * column], pixels, column), 0);
    }
    let mut columns = buffer::take(sizes.tile() * sizes.out_width * column);
    for group in 0..groups {
        let columns = &mut columns[..pixels * column];
        gather(columns, x, sizes, rows.clone(), group);
        out(y, Matrix::new(columns, pixels, column), group);
    }
    buffer::give(columns);
}
