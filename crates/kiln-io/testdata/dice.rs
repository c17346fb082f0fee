//! Damage by chance, the same in every run: a module of the tests of `kiln-io` and of `kiln-data`.

/// Small pseudo-random numbers, the same in every run.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % n.max(1)
    }

    /// Bytes changed, cut off, doubled or left out.
    pub(crate) fn damage(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut out = bytes.to_vec();
        match self.below(8) {
            0 => out.truncate(self.below(bytes.len())),
            1 => {
                let (from, count) = (self.below(out.len()), 1 + self.below(16));
                let end = (from + count).min(out.len());
                out.drain(from..end);
            }
            2 => {
                let (from, to) = (self.below(out.len()), self.below(out.len()));
                let piece: Vec<u8> = out[from..(from + 16).min(out.len())].to_vec();
                out.splice(to..to, piece);
            }
            _ => {
                for _ in 0..1 + self.below(4) {
                    let place = self.below(out.len());
                    out[place] = match self.below(4) {
                        0 => 0,
                        1 => 0xff,
                        2 => out[place] ^ (1 << self.below(8)),
                        _ => self.below(256) as u8,
                    };
                }
            }
        }
        out
    }
}

/// How often each damage is done, times `KILN_DAMAGE`, for longer runs.
pub(crate) fn rounds(usual: usize) -> usize {
    usual * std::env::var("KILN_DAMAGE").ok().and_then(|n| n.parse().ok()).unwrap_or(1)
}
