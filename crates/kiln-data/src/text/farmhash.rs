//! FarmHash's 64-bit fingerprint (Geoff Pike, google/farmhash, `farmhashna`): what TensorFlow puts strings into buckets by.

const K0: u64 = 0xC3A5_C85C_97CB_3127;
const K1: u64 = 0xB492_B66F_BE98_F273;
const K2: u64 = 0x9AE1_6A3B_2F90_404F;

/// Bytes read as numbers, little-endian; all places lie within the text.
struct Text<'a>(&'a [u8]);

impl Text<'_> {
    fn u64(&self, at: usize) -> u64 {
        self.0[at..at + 8].iter().rev().fold(0, |n, byte| n << 8 | u64::from(*byte))
    }

    fn u32(&self, at: usize) -> u64 {
        self.0[at..at + 4].iter().rev().fold(0, |n, byte| n << 8 | u64::from(*byte))
    }

    fn weak(&self, at: usize, a: u64, b: u64) -> (u64, u64) {
        let [w, x, y, z] = [0, 8, 16, 24].map(|step| self.u64(at + step));
        let a = a.wrapping_add(w);
        let b = b.wrapping_add(a).wrapping_add(z).rotate_right(21);
        let sum = a.wrapping_add(x).wrapping_add(y);
        (sum.wrapping_add(z), b.wrapping_add(sum.rotate_right(44)).wrapping_add(a))
    }
}

fn shift_mix(value: u64) -> u64 {
    value ^ (value >> 47)
}

fn hash16(u: u64, v: u64, mul: u64) -> u64 {
    let a = shift_mix((u ^ v).wrapping_mul(mul));
    shift_mix((v ^ a).wrapping_mul(mul)).wrapping_mul(mul)
}

/// The fingerprint.
pub(super) fn fingerprint(bytes: &[u8]) -> u64 {
    let (text, len) = (Text(bytes), bytes.len());
    let mul = K2.wrapping_add(2 * len as u64);
    match len {
        0 => K2,
        1..=3 => {
            let y = u64::from(bytes[0]) + (u64::from(bytes[len / 2]) << 8);
            let z = len as u64 + (u64::from(bytes[len - 1]) << 2);
            shift_mix(y.wrapping_mul(K2) ^ z.wrapping_mul(K0)).wrapping_mul(K2)
        }
        4..=7 => hash16((len as u64).wrapping_add(text.u32(0) << 3), text.u32(len - 4), mul),
        8..=16 => {
            let (a, b) = (text.u64(0).wrapping_add(K2), text.u64(len - 8));
            let c = b.rotate_right(37).wrapping_mul(mul).wrapping_add(a);
            hash16(c, a.rotate_right(25).wrapping_add(b).wrapping_mul(mul), mul)
        }
        17..=32 => {
            let (a, b) = (text.u64(0).wrapping_mul(K1), text.u64(8));
            let (c, d) = (text.u64(len - 8).wrapping_mul(mul), text.u64(len - 16).wrapping_mul(K2));
            let u = a.wrapping_add(b).rotate_right(43).wrapping_add(c.rotate_right(30)).wrapping_add(d);
            hash16(u, a.wrapping_add(b.wrapping_add(K2).rotate_right(18)).wrapping_add(c), mul)
        }
        33..=64 => {
            let (a, b) = (text.u64(0).wrapping_mul(K2), text.u64(8));
            let (c, d) = (text.u64(len - 8).wrapping_mul(mul), text.u64(len - 16).wrapping_mul(K2));
            let y = a.wrapping_add(b).rotate_right(43).wrapping_add(c.rotate_right(30)).wrapping_add(d);
            let z = hash16(y, a.wrapping_add(b.wrapping_add(K2).rotate_right(18)).wrapping_add(c), mul);
            let (e, f) = (text.u64(16).wrapping_mul(mul), text.u64(24));
            let g = y.wrapping_add(text.u64(len - 32)).wrapping_mul(mul);
            let h = z.wrapping_add(text.u64(len - 24)).wrapping_mul(mul);
            let u = e.wrapping_add(f).rotate_right(43).wrapping_add(g.rotate_right(30)).wrapping_add(h);
            hash16(u, e.wrapping_add(f.wrapping_add(a).rotate_right(18)).wrapping_add(g), mul)
        }
        _ => long(&text, len),
    }
}

fn long(text: &Text<'_>, len: usize) -> u64 {
    let mut y = 81u64.wrapping_mul(K1).wrapping_add(113);
    let mut z = shift_mix(y.wrapping_mul(K2).wrapping_add(113)).wrapping_mul(K2);
    let mut x = 81u64.wrapping_mul(K2).wrapping_add(text.u64(0));
    let (mut v, mut w) = ((0u64, 0u64), (0u64, 0u64));
    let end = (len - 1) / 64 * 64;
    let last = (len - 1) & 63;
    for at in (0..end).step_by(64) {
        x = x.wrapping_add(y).wrapping_add(v.0).wrapping_add(text.u64(at + 8)).rotate_right(37).wrapping_mul(K1);
        y = y.wrapping_add(v.1).wrapping_add(text.u64(at + 48)).rotate_right(42).wrapping_mul(K1);
        x ^= w.1;
        y = y.wrapping_add(v.0).wrapping_add(text.u64(at + 40));
        z = z.wrapping_add(w.0).rotate_right(33).wrapping_mul(K1);
        v = text.weak(at, v.1.wrapping_mul(K1), x.wrapping_add(w.0));
        w = text.weak(at + 32, z.wrapping_add(w.1), y.wrapping_add(text.u64(at + 16)));
        std::mem::swap(&mut z, &mut x);
    }
    let mul = K1.wrapping_add((z & 0xFF) << 1);
    let at = end + last - 63;
    w.0 = w.0.wrapping_add(last as u64);
    v.0 = v.0.wrapping_add(w.0);
    w.0 = w.0.wrapping_add(v.0);
    x = x.wrapping_add(y).wrapping_add(v.0).wrapping_add(text.u64(at + 8)).rotate_right(37).wrapping_mul(mul);
    y = y.wrapping_add(v.1).wrapping_add(text.u64(at + 48)).rotate_right(42).wrapping_mul(mul);
    x ^= w.1.wrapping_mul(9);
    y = y.wrapping_add(v.0.wrapping_mul(9)).wrapping_add(text.u64(at + 40));
    z = z.wrapping_add(w.0).rotate_right(33).wrapping_mul(mul);
    v = text.weak(at, v.1.wrapping_mul(mul), x.wrapping_add(w.0));
    w = text.weak(at + 32, z.wrapping_add(w.1), y.wrapping_add(text.u64(at + 16)));
    std::mem::swap(&mut z, &mut x);
    let u = hash16(v.0, w.0, mul).wrapping_add(shift_mix(y).wrapping_mul(K0)).wrapping_add(z);
    hash16(u, hash16(v.1, w.1, mul).wrapping_add(x), mul)
}
