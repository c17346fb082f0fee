//! The bridge between run-time rank and Burn's compile-time rank. Everything rank-generic goes through here.

/// The highest rank Kiln handles.
pub(crate) const MAX_RANK: usize = 8;

/// Runs `$body` with the constant `$D` set to the run-time rank `$rank`, which is at most [`MAX_RANK`] for every `Tensor`.
macro_rules! with_rank {
    ($rank:expr, $D:ident => $body:expr) => {{
        match $rank {
            // Burn has no rank 0: a scalar is stored with one axis of size 1.
            0 | 1 => {
                const $D: usize = 1;
                $body
            }
            2 => {
                const $D: usize = 2;
                $body
            }
            3 => {
                const $D: usize = 3;
                $body
            }
            4 => {
                const $D: usize = 4;
                $body
            }
            5 => {
                const $D: usize = 5;
                $body
            }
            6 => {
                const $D: usize = 6;
                $body
            }
            7 => {
                const $D: usize = 7;
                $body
            }
            _ => {
                const $D: usize = 8;
                $body
            }
        }
    }};
}
/// Runs one expression for whichever kind and rank the tensor has; a scalar stays a scalar.
macro_rules! any_kind {
    ($t:expr, $D:ident, |$x:ident| $body:expr) => {{
        let t: $crate::Tensor = $t;
        let scalar = t.rank() == 0;
        let out: $crate::Tensor = $crate::tensor::with_rank!(t.rank(), $D => match t.kind() {
            $crate::tensor::Kind::Float => { let $x = t.f::<$D>(); $body.into() }
            $crate::tensor::Kind::Int => { let $x = t.i::<$D>(); $body.into() }
            $crate::tensor::Kind::Bool => { let $x = t.b::<$D>(); $body.into() }
        });
        out.mark(scalar)
    }};
}
pub(crate) use any_kind;
pub(crate) use with_rank;
