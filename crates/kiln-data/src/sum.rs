//! The sums that tell whether a file is the one that was published.

use kiln_core::{Error, Result};
use md5::{Digest, Md5};
use sha2::Sha256;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Digits of a SHA-256 sum.
const SHA_256: usize = 64;
/// Digits of an MD5 sum.
const MD5: usize = 32;

/// The kind of a sum, which its length tells.
pub(crate) fn kind(sum: &str) -> &'static str {
    if sum.len() == SHA_256 { "SHA-256" } else { "MD5" }
}

/// Whether `sum` can be one.
pub(crate) fn is_sum(sum: &str) -> bool {
    [MD5, SHA_256].contains(&sum.len()) && sum.bytes().all(|b| b.is_ascii_hexdigit())
}

/// The sum of all that `from` gives, of the kind of `like`.
pub(crate) fn of(from: &mut impl Read, like: &str) -> io::Result<String> {
    if like.len() == SHA_256 { drain::<Sha256>(from) } else { drain::<Md5>(from) }
}

/// Whether the file at `path` has the sum `wanted`.
pub(crate) fn is(path: &Path, wanted: &str) -> Result<bool> {
    let sum = File::open(path).and_then(|mut file| of(&mut file, wanted));
    sum.map(|sum| sum.eq_ignore_ascii_case(wanted)).map_err(|error| Error::file(path, format!("can't be read: {error}")))
}

fn drain<D: Digest>(from: &mut impl Read) -> io::Result<String> {
    let mut sum = D::new();
    let mut block = vec![0; 1 << 16];
    loop {
        match from.read(&mut block)? {
            0 => break,
            n => sum.update(&block[..n]),
        }
    }
    Ok(sum.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_their_kind() {
        let (md5, sha) = ("5d41402abc4b2a76b9719d911017c592", "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
        for (sum, name) in [(md5, "MD5"), (sha, "SHA-256")] {
            assert_eq!((of(&mut b"hello".as_slice(), sum).unwrap().as_str(), kind(sum), is_sum(sum)), (sum, name, true));
        }
        assert!(!is_sum("") && !is_sum(&md5[1..]) && !is_sum(&md5.replace('5', "g")));
    }
}
