//! Loops compiled for what the processor can do.

use pulp::{Scalar, WithSimd};

#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
mod level {
    use pulp::x86::{V3, V4};
    use std::sync::LazyLock;

    pub(super) static AVX512: LazyLock<Option<V4>> = LazyLock::new(V4::try_new);
    pub(super) static AVX2: LazyLock<Option<V3>> = LazyLock::new(V3::try_new);
}

/// Runs a body as compiled for what the processor can do: AVX-512, AVX2, or what every processor of the target has.
pub(crate) fn dispatch<B: WithSimd>(body: B) -> B::Output {
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    {
        use pulp::Simd;
        if let Some(avx512) = *level::AVX512 {
            return Simd::vectorize(avx512, body);
        }
        if let Some(avx2) = *level::AVX2 {
            return Simd::vectorize(avx2, body);
        }
    }
    body.with_simd(Scalar)
}

/// Whether [`dispatch`] hands bodies registers of several numbers, which add a product in one instruction.
pub(crate) fn has_registers() -> bool {
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    if level::AVX2.is_some() {
        return true;
    }
    false
}

/// A function whose body is compiled several times, for AVX-512, for AVX2 and for what every processor of the target has (on ARM that includes NEON);
/// the best is chosen when it is called. Its loops must be plain enough for the compiler to vectorise. In the body, `S` stands for what
/// it is compiled for: functions of [`numbers`](crate::numbers) want to know.
macro_rules! vectorised {
    ($(#[$note:meta])* $vis:vis fn $name:ident<$life:lifetime>($($arg:ident: $type:ty),* $(,)?) $(-> $out:ty)? $body:block) => {
        $(#[$note])*
        #[allow(clippy::too_many_arguments)] // slices and their sizes
        $vis fn $name<$life>($($arg: $type),*) $(-> $out)? {
            struct Body<$life> {
                $($arg: $type,)*
                lifetime: std::marker::PhantomData<&$life ()>,
            }
            impl<$life> pulp::WithSimd for Body<$life> {
                #[allow(unused_parens)] // the brackets are the type where there is no other
                type Output = ($($out)?);
                #[inline(always)]
                fn with_simd<S: pulp::Simd>(self, _: S) -> Self::Output {
                    let Self { $($arg,)* lifetime: _ } = self;
                    $body
                }
            }
            $crate::simd::dispatch(Body { $($arg,)* lifetime: std::marker::PhantomData })
        }
    };
}
pub(crate) use vectorised;
