//! Random numbers from a counter: the n-th number of a stream is a function of the stream's key and n alone.
//!
//! So a dropout mask, an initial weight or a shuffle is the same whatever the threads, the device or the order in which
//! they are drawn. The generator is that of [`kiln_kernels::counter`].

use kiln_kernels::counter::{GOLDEN, bits, mix};
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

static SEED: AtomicU64 = AtomicU64::new(0x005E_ED0F_C1A7);
static DRAWS: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// Seed and draws so far of a thread that has set a seed of its own: what other threads seed or draw does not disturb it.
    static OWN: Cell<Option<(u64, u64)>> = const { Cell::new(None) };
}

/// Seeds everything random in Kiln: initial weights, shuffling, dropout and the random tensors. As in Keras, a program that
/// sets a seed gives the same numbers each time it runs.
///
/// The seed is that of the calling thread, and of each thread that sets none; so two threads that train a model each, with
/// a seed each, do not disturb each other.
///
/// ```
/// use kiln_core::{Tensor, set_random_seed};
/// set_random_seed(7);
/// let a = Tensor::random_normal([3], 0.0, 1.0).to_vec::<f32>();
/// set_random_seed(7);
/// assert_eq!(a, Tensor::random_normal([3], 0.0, 1.0).to_vec::<f32>());
/// ```
pub fn set_random_seed(seed: u64) {
    OWN.set(Some((seed, 0)));
    SEED.store(seed, Ordering::SeqCst);
    DRAWS.store(0, Ordering::SeqCst);
}

/// The seed that this thread set last; in a thread that set none, the seed set last anywhere.
pub fn random_seed() -> u64 {
    OWN.get().map_or_else(|| SEED.load(Ordering::SeqCst), |(seed, _)| seed)
}

/// The seed of this thread and the number of draws since it was set: all that later random numbers depend on.
pub fn random_state() -> (u64, u64) {
    OWN.get().unwrap_or_else(|| (SEED.load(Ordering::SeqCst), DRAWS.load(Ordering::SeqCst)))
}

/// Takes back what [`random_state`] gave: random numbers go on from there.
///
/// ```
/// use kiln_core::Tensor;
/// use kiln_core::random::{random_state, set_random_state};
/// let state = random_state();
/// let a = Tensor::random_normal([3], 0.0, 1.0).to_vec::<f32>();
/// set_random_state(state);
/// assert_eq!(a, Tensor::random_normal([3], 0.0, 1.0).to_vec::<f32>());
/// ```
pub fn set_random_state((seed, draws): (u64, u64)) {
    OWN.set(Some((seed, draws)));
    SEED.store(seed, Ordering::SeqCst);
    DRAWS.store(draws, Ordering::SeqCst);
}

/// Runs something on this thread as if its random numbers stood at `state`, and says whether it drew any. The thread's own numbers go on
/// afterwards as if nothing had happened.
///
/// ```
/// use kiln_core::Tensor;
/// use kiln_core::random::{random_state, within};
/// let state = random_state();
/// let draw = || Tensor::random_normal([3], 0.0, 1.0).to_vec::<f32>();
/// let (a, drew) = within(state, draw);
/// assert!(drew && random_state() == state);
/// assert_eq!(a, draw());
/// ```
pub fn within<T>(state: (u64, u64), run: impl FnOnce() -> T) -> (T, bool) {
    struct Before(Option<(u64, u64)>);
    impl Drop for Before {
        fn drop(&mut self) {
            OWN.set(self.0);
        }
    }
    let _before = Before(OWN.replace(Some(state)));
    let value = run();
    (value, OWN.get() != Some(state))
}

/// A stream of random numbers, readable at any place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stream(u64);

impl Stream {
    /// The stream of a seed.
    pub fn new(seed: u64) -> Self {
        Self(mix(seed ^ 0x6B69_6C6E))
    }

    /// The next stream of the seed set by [`set_random_seed`]; each call gives another.
    pub fn next_global() -> Self {
        let draws = match OWN.get() {
            Some((seed, draws)) => {
                OWN.set(Some((seed, draws + 1)));
                draws
            }
            None => DRAWS.fetch_add(1, Ordering::SeqCst),
        };
        Self::new(random_seed()).child(draws)
    }

    /// A stream of its own for a part: a step, a layer, an epoch.
    pub fn child(self, part: u64) -> Self {
        Self(mix(self.0.wrapping_add(GOLDEN).wrapping_add(mix(part.wrapping_mul(GOLDEN)))))
    }

    /// A stream of its own for a name.
    pub fn named(self, name: &str) -> Self {
        // FNV-1a: stable between releases, unlike the standard library's hasher.
        let hash = name.bytes().fold(0xCBF2_9CE4_8422_2325, |h: u64, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01B3));
        self.child(hash)
    }

    /// The number that stands for the stream.
    pub fn key(self) -> u64 {
        self.0
    }

    /// 64 random bits at `place`.
    pub fn bits(self, place: u64) -> u64 {
        bits(self.0, place)
    }

    /// A number in `[0, 1)` at `place`, with 53 random bits.
    pub fn unit(self, place: u64) -> f64 {
        (self.bits(place) >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// `count` numbers in `[0, 1)`.
    pub fn uniform(self, count: usize) -> impl Iterator<Item = f64> {
        (0..count as u64).map(move |i| self.unit(i))
    }

    /// A standard normal number at `place` (Box and Muller 1958).
    pub fn gauss(self, place: u64) -> f64 {
        let (u, v) = (1.0 - self.unit(2 * place), self.unit(2 * place + 1));
        (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
    }

    /// `count` standard normal numbers.
    pub fn normal(self, count: usize) -> impl Iterator<Item = f64> {
        (0..count as u64).map(move |i| self.gauss(i))
    }

    /// `count` standard normal numbers, those beyond ±2 drawn again.
    pub fn truncated_normal(self, count: usize) -> impl Iterator<Item = f64> {
        (0..count as u64).map(move |i| {
            let own = self.child(i);
            let mut place = 0;
            loop {
                let value = own.gauss(place);
                if value.abs() <= 2.0 {
                    return value;
                }
                place += 1;
            }
        })
    }

    /// A whole number in `0..n`; `n` must not be 0.
    pub fn below(self, place: u64, n: u64) -> u64 {
        // Lemire's multiply-shift; the bias is below n / 2^64.
        ((u128::from(self.bits(place)) * u128::from(n)) >> 64) as u64
    }

    /// A random order of `0..n` (Fisher and Yates).
    pub fn permutation(self, n: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..n).collect();
        for i in (1..n).rev() {
            order.swap(i, self.below(i as u64, i as u64 + 1) as usize);
        }
        order
    }
}

/// `unit` stretched to `[min, max)` in `f32`, never rounded up to `max`.
pub(crate) fn between(min: f64, max: f64, unit: f64) -> f32 {
    let value = (min + (max - min) * unit) as f32;
    if f64::from(value) >= max && max > min { (max as f32).next_down() } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_right() {
        let stream = Stream::new(3);
        let n = 100_000;
        let moments = |values: Vec<f64>| {
            let mean = values.iter().sum::<f64>() / n as f64;
            (mean, values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n as f64)
        };
        let (mean, var) = moments(stream.uniform(n).collect());
        assert!((mean - 0.5).abs() < 0.005 && (var - 1.0 / 12.0).abs() < 0.002, "{mean} {var}");
        let (mean, var) = moments(stream.normal(n).collect());
        assert!(mean.abs() < 0.02 && (var - 1.0).abs() < 0.02, "{mean} {var}");
        let truncated: Vec<f64> = stream.truncated_normal(n).collect();
        assert!(truncated.iter().all(|v| v.abs() <= 2.0));
        let (mean, var) = moments(truncated);
        assert!(mean.abs() < 0.02 && (var - 0.879_625_661_034_239_8_f64.powi(2)).abs() < 0.02, "{mean} {var}");
    }

    #[test]
    fn permutations_reach_every_place_alike() {
        let mut counts = [[0u32; 5]; 5];
        for seed in 0..5000 {
            for (place, value) in Stream::new(seed).permutation(5).into_iter().enumerate() {
                counts[place][value] += 1;
            }
        }
        assert!(counts.iter().flatten().all(|&c| (880..1120).contains(&c)), "{counts:?}");
    }

    #[test]
    fn threads_with_seeds_do_not_disturb_each_other() {
        let draws = |noise: bool| {
            std::thread::spawn(move || {
                set_random_seed(5);
                let first = Stream::next_global();
                if noise {
                    let other = std::thread::spawn(|| {
                        set_random_seed(6);
                        Stream::next_global()
                    });
                    assert_ne!(other.join().unwrap(), first);
                }
                (first, Stream::next_global(), random_seed())
            })
        };
        let quiet = draws(false).join().unwrap();
        assert_eq!(draws(true).join().unwrap(), quiet);
        assert_ne!(quiet.0, quiet.1);
        assert_eq!(quiet.2, 5);
    }

    #[test]
    fn streams_differ_by_part_and_name() {
        let stream = Stream::new(1);
        assert_ne!(stream.child(0), stream.child(1));
        assert_ne!(stream.named("kernel"), stream.named("bias"));
        assert_eq!(stream.named("kernel").bits(9), Stream::new(1).named("kernel").bits(9));
    }
}
