//! SipHash-2-4 (Aumasson and Bernstein 2012): the keyed hash of TensorFlow.

/// The hash of `bytes` under a key of two numbers.
pub(super) fn siphash(bytes: &[u8], key: [u64; 2]) -> u64 {
    let mut v =
        [key[0] ^ 0x736F_6D65_7073_6575, key[1] ^ 0x646F_7261_6E64_6F6D, key[0] ^ 0x6C79_6765_6E65_7261, key[1] ^ 0x7465_6462_7974_6573];
    let mut words = bytes.chunks_exact(8);
    let number = |bytes: &[u8]| bytes.iter().rev().fold(0, |n, byte| n << 8 | u64::from(*byte));
    for word in words.by_ref() {
        absorb(&mut v, number(word));
    }
    absorb(&mut v, (bytes.len() as u64) << 56 | number(words.remainder()));
    v[2] ^= 0xFF;
    (0..4).for_each(|_| round(&mut v));
    v[0] ^ v[1] ^ v[2] ^ v[3]
}

fn absorb(v: &mut [u64; 4], word: u64) {
    v[3] ^= word;
    round(v);
    round(v);
    v[0] ^= word;
}

fn round(v: &mut [u64; 4]) {
    v[0] = v[0].wrapping_add(v[1]);
    v[2] = v[2].wrapping_add(v[3]);
    v[1] = v[1].rotate_left(13) ^ v[0];
    v[3] = v[3].rotate_left(16) ^ v[2];
    v[0] = v[0].rotate_left(32);
    v[2] = v[2].wrapping_add(v[1]);
    v[0] = v[0].wrapping_add(v[3]);
    v[1] = v[1].rotate_left(17) ^ v[2];
    v[3] = v[3].rotate_left(21) ^ v[0];
    v[2] = v[2].rotate_left(32);
}

#[cfg(test)]
mod tests {
    use super::siphash;

    #[test]
    fn the_value_of_its_paper() {
        let key = [0x0706_0504_0302_0100, 0x0F0E_0D0C_0B0A_0908];
        let bytes: Vec<u8> = (0..15).collect();
        assert_eq!(siphash(&bytes, key), 0xA129_CA61_49BE_45E5);
    }
}
