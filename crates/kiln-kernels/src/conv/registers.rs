//! How the filters of a convolution are shared out among the processor's registers.

use pulp::Simd;

/// Work that is done for some registers of filters at a time.
pub(super) trait Registers {
    /// All of it for `R` registers of filters from `filter` on.
    fn full<S: Simd, const R: usize>(&mut self, simd: S, filter: usize);

    /// All of it for the filters from `filter` on, too few to fill a register.
    fn rest<S: Simd>(&mut self, simd: S, filter: usize);
}

/// Does the work for all filters: by as many registers at a time as the processor has room for, 32 of the wide ones, 16 of others.
#[inline(always)]
pub(super) fn each_filter<S: Simd>(simd: S, filters: usize, work: &mut impl Registers) {
    let lanes = S::F32_LANES;
    let mut filter = 0;
    while filter + lanes <= filters {
        let registers = match (filters - filter) / lanes {
            4.. if lanes == 16 => 4,
            2.. => 2,
            _ => 1,
        };
        match registers {
            4 => work.full::<S, 4>(simd, filter),
            2 => work.full::<S, 2>(simd, filter),
            _ => work.full::<S, 1>(simd, filter),
        }
        filter += registers * lanes;
    }
    if filter < filters {
        work.rest(simd, filter);
    }
}

/// Whether all windows lie within `length` numbers: what reading them without a check relies on.
#[inline(always)]
pub(super) fn lie_within(starts: &[usize], offsets: &[usize], length: usize) -> bool {
    let last = |all: &[usize]| all.iter().max().copied();
    last(starts).zip(last(offsets)).is_none_or(|(start, offset)| start + offset < length)
}
