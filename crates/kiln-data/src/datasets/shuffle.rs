//! NumPy's `RandomState(seed).shuffle`, so that the split of a data set is the one that Keras makes.

/// The Mersenne Twister MT19937 (Matsumoto and Nishimura 1998), seeded as NumPy's `RandomState` is.
struct Twister {
    state: Vec<u32>,
    at: usize,
}

const N: usize = 624;
const M: usize = 397;

impl Twister {
    fn new(seed: u32) -> Self {
        let mut state = vec![seed; N];
        for i in 1..N {
            state[i] = (state[i - 1] ^ (state[i - 1] >> 30)).wrapping_mul(1_812_433_253).wrapping_add(i as u32);
        }
        Self { state, at: N }
    }

    fn next(&mut self) -> u32 {
        if self.at == N {
            for i in 0..N {
                let y = (self.state[i] & 0x8000_0000) | (self.state[(i + 1) % N] & 0x7FFF_FFFF);
                let odd = if y & 1 == 1 { 0x9908_B0DF } else { 0 };
                self.state[i] = self.state[(i + M) % N] ^ (y >> 1) ^ odd;
            }
            self.at = 0;
        }
        let mut y = self.state[self.at];
        self.at += 1;
        y ^= y >> 11;
        y ^= (y << 7) & 0x9D2C_5680;
        y ^= (y << 15) & 0xEFC6_0000;
        y ^ (y >> 18)
    }

    /// A number from 0 to `most`.
    fn up_to(&mut self, most: u32) -> u32 {
        let mask = u32::MAX.checked_shr(most.leading_zeros()).unwrap_or(0);
        loop {
            let value = self.next() & mask;
            if value <= most {
                return value;
            }
        }
    }
}

/// Orders of several arrays that one generator shuffles one after the other.
pub(crate) struct RandomState(Twister);

impl RandomState {
    pub(crate) fn new(seed: u32) -> Self {
        Self(Twister::new(seed))
    }

    /// `0..n`, shuffled.
    pub(crate) fn order(&mut self, n: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..n).collect();
        for i in (1..n).rev() {
            order.swap(i, self.0.up_to(i as u32) as usize);
        }
        order
    }
}

#[cfg(test)]
mod tests {
    use super::RandomState;

    #[test]
    fn orders_are_those_of_numpy() {
        assert_eq!(RandomState::new(113).order(10), [9, 3, 6, 1, 0, 7, 4, 8, 2, 5]);
        assert_eq!(RandomState::new(7).order(1000)[..10], [778, 334, 271, 802, 216, 408, 812, 94, 487, 170]);
        let mut state = RandomState::new(113);
        assert_eq!((state.order(5), state.order(4)), (vec![1, 0, 3, 2, 4], vec![0, 1, 3, 2]));
        assert!(RandomState::new(1).order(0).is_empty());
    }
}
