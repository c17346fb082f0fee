//! Random bits from a counter: the n-th number of a stream is a function of the stream's key and n alone.
//!
//! The generator is SplitMix64 read at random places (Steele, Lea, Flood 2014).

/// What the counter is multiplied by, 2⁶⁴ over the golden ratio.
pub const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// SplitMix64's output function: a bijection whose output bits look independent of the input's.
#[inline(always)]
pub fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// 64 random bits at `place` of the stream `key`.
///
/// ```
/// use kiln_kernels::counter::bits;
/// assert_eq!(bits(1, 2), bits(1, 2));
/// assert_ne!(bits(1, 2), bits(1, 3));
/// ```
#[inline(always)]
pub fn bits(key: u64, place: u64) -> u64 {
    mix(key.wrapping_add(place.wrapping_add(1).wrapping_mul(GOLDEN)))
}
