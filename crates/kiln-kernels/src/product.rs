//! Products of matrices.

use crate::threads;

/// A matrix that lies in a slice.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Matrix<'a> {
    values: &'a [f32],
    rows: usize,
    columns: usize,
    row_step: usize,
    column_step: usize,
}

impl<'a> Matrix<'a> {
    /// Row by row, without gaps.
    pub(crate) fn new(values: &'a [f32], rows: usize, columns: usize) -> Self {
        Self::strided(values, rows, columns, columns)
    }

    /// Row by row, with `row_step` numbers from one row's start to the next.
    pub(crate) fn strided(values: &'a [f32], rows: usize, columns: usize, row_step: usize) -> Self {
        Self { values, rows, columns, row_step, column_step: 1 }
    }

    /// The transpose.
    pub(crate) fn t(self) -> Self {
        let Self { values, rows, columns, row_step, column_step } = self;
        Self { values, rows: columns, columns: rows, row_step: column_step, column_step: row_step }
    }

    /// How many numbers the slice must have.
    fn reach(&self) -> usize {
        if self.rows == 0 || self.columns == 0 { 0 } else { (self.rows - 1) * self.row_step + (self.columns - 1) * self.column_step + 1 }
    }
}

/// Where a product goes: rows of `width` numbers, with `row_step` from one row's start to the next.
#[derive(Debug)]
pub(crate) struct Into<'a> {
    pub(crate) values: &'a mut [f32],
    pub(crate) row_step: usize,
    pub(crate) width: usize,
    /// Whether the product is added to what is there.
    pub(crate) add: bool,
}

/// `out = a · b`, row by row without gaps.
pub(crate) fn product(out: &mut [f32], a: Matrix<'_>, b: Matrix<'_>) {
    product_into(Into { values: out, row_step: b.columns, width: b.columns, add: false }, a, b, false);
}

/// `out += a · b`, row by row without gaps.
pub(crate) fn add_product(out: &mut [f32], a: Matrix<'_>, b: Matrix<'_>) {
    product_into(Into { values: out, row_step: b.columns, width: b.columns, add: true }, a, b, false);
}

/// `out = a · b` on all threads if it is large: not for work that is shared out already.
pub(crate) fn shared_product(out: &mut [f32], a: Matrix<'_>, b: Matrix<'_>) {
    let large = a.rows.saturating_mul(a.columns).saturating_mul(b.columns) >= threads::PRODUCT;
    product_into(Into { values: out, row_step: b.columns, width: b.columns, add: false }, a, b, large);
}

/// The product of `a` and `b`, whose inner sizes must agree.
pub(crate) fn product_into(out: Into<'_>, a: Matrix<'_>, b: Matrix<'_>, shared: bool) {
    let (m, k, n) = (a.rows, a.columns, b.columns);
    assert!(k == b.rows && n == out.width, "the sizes of a product");
    if m == 0 || n == 0 {
        return;
    }
    let last = (m - 1) * out.row_step + n;
    assert!(n <= out.row_step && last <= out.values.len() && a.reach() <= a.values.len() && b.reach() <= b.values.len());
    if k == 0 {
        if !out.add {
            out.values[..last].chunks_mut(out.row_step).for_each(|row| row[..n].fill(0.0));
        }
        return;
    }
    // The threads share out the result's elements; each is summed up in the same order whatever their number.
    let parallelism = if shared { gemm::Parallelism::Rayon(0) } else { gemm::Parallelism::None };
    let step = |n: usize| n as isize;
    // SAFETY: `gemm` reads `rows` × `columns` elements of `a` and `b` and reads and writes m × n of `out`, at the given steps from
    // the first: all lie within the slices, as asserted above; `out` is borrowed mutably, so that nothing overlaps, and its rows
    // don't overlap each other, as n is at most their distance.
    #[allow(unsafe_code)]
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            out.values.as_mut_ptr(),
            1,
            step(out.row_step),
            out.add,
            a.values.as_ptr(),
            step(a.column_step),
            step(a.row_step),
            b.values.as_ptr(),
            step(b.column_step),
            step(b.row_step),
            1.0f32,
            1.0f32,
            false,
            false,
            false,
            parallelism,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{numbers, on_threads};

    fn plain(a: Matrix<'_>, b: Matrix<'_>) -> Vec<f32> {
        let at = |m: &Matrix<'_>, i: usize, j: usize| m.values[i * m.row_step + j * m.column_step];
        let element = |i, j| (0..a.columns).map(|k| at(&a, i, k) * at(&b, k, j)).sum();
        (0..a.rows).flat_map(|i| (0..b.columns).map(move |j| (i, j))).map(|(i, j)| element(i, j)).collect()
    }

    #[test]
    fn products_of_all_forms() {
        for (m, k, n) in [(1, 1, 1), (3, 5, 7), (1, 9, 4), (17, 1, 33), (8, 16, 8), (2, 0, 3), (0, 4, 4)] {
            let (x, y) = (numbers(m * k, 1), numbers(k * n, 2));
            for (a, b) in [
                (Matrix::new(&x, m, k), Matrix::new(&y, k, n)),
                (Matrix::new(&x, k, m).t(), Matrix::new(&y, k, n)),
                (Matrix::new(&x, m, k), Matrix::new(&y, n, k).t()),
            ] {
                let expected = plain(a, b);
                let mut out = vec![9.0; m * n];
                product(&mut out, a, b);
                let close = |out: &[f32], scale: f32| out.iter().zip(&expected).all(|(o, e)| (o - e * scale).abs() < 1e-5);
                assert!(close(&out, 1.0));
                add_product(&mut out, a, b);
                assert!(close(&out, 2.0));
            }
        }
    }

    #[test]
    fn rows_may_have_gaps() {
        let (x, y) = (numbers(12, 1), numbers(20, 2));
        let (a, b) = (Matrix::strided(&x[1..], 2, 3, 6), Matrix::strided(&y, 3, 4, 8));
        let mut out = vec![5.0; 12];
        product_into(Into { values: &mut out, row_step: 6, width: 4, add: false }, a, b, false);
        assert_eq!(out[4..6], [5.0, 5.0]);
        assert!(out[..4].iter().chain(&out[6..10]).zip(plain(a, b)).all(|(o, e)| (o - e).abs() < 1e-6));
    }

    #[test]
    #[cfg_attr(miri, ignore = "the threads' queues make pointers of integers")]
    fn threads_change_no_bit() {
        let (m, k, n) = (301, 257, 190);
        let (x, y) = (numbers(m * k, 1), numbers(k * n, 2));
        let run = || {
            let mut out = vec![0.0; m * n];
            shared_product(&mut out, Matrix::new(&x, m, k), Matrix::new(&y, k, n));
            out
        };
        assert!(m * k * n > threads::PRODUCT);
        assert_eq!(on_threads(1, run), on_threads(2, run));
        assert_eq!(on_threads(1, run), on_threads(5, run));
    }
}
