//! Whole files in memory, unpacked when they are gzip.

use flate2::read::MultiGzDecoder;
use kiln_core::{Error, Result};
use std::io::{ErrorKind, Read};
use std::path::Path;

const GZIP: [u8; 2] = [0x1F, 0x8B];

/// The bytes of a file; a gzip file, known by its first bytes, is unpacked.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    let bytes = std::fs::read(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => Error::file(path, "no such file").hint(whereabouts(path)),
        _ => Error::file(path, format!("can't be read: {error}")),
    })?;
    unpack(path, bytes)
}

/// The text of a file.
pub(crate) fn text(path: &Path) -> Result<String> {
    String::from_utf8(read(path)?).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Error::file(path, format!("is not UTF-8: byte {at} begins no character"))
    })
}

/// The bytes themselves, or what they unpack to; `name` is for errors.
pub(crate) fn unpack(name: &Path, bytes: Vec<u8>) -> Result<Vec<u8>> {
    if !bytes.starts_with(&GZIP) {
        return Ok(bytes);
    }
    let most = most(bytes.len());
    match within(MultiGzDecoder::new(bytes.as_slice()), most) {
        Ok(unpacked) => unpacked.ok_or_else(|| too_large(name, most)),
        Err(error) => Err(Error::file(name, format!("can't be unpacked as gzip: {error}")).hint("the file is damaged or cut off")),
    }
}

/// How many bytes a packed file may unpack to, so that a small one can't fill the memory: 1 GiB, or 20 times its size.
pub(crate) fn most(packed: usize) -> u64 {
    (packed as u64).saturating_mul(20).max(1 << 30)
}

/// All bytes of `packed`; `None` if they are more than `most`.
pub(crate) fn within(packed: impl Read, most: u64) -> std::io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    packed.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= most).then_some(bytes))
}

/// Whether the axes that are not empty can be multiplied: an empty array has no values, and its strides are numbers all the same.
pub(crate) fn countable(shape: &[usize], width: usize) -> bool {
    let product = shape.iter().filter(|n| **n > 0).try_fold(width.max(1), |product, n| product.checked_mul(*n));
    product.is_some_and(|product| isize::try_from(product).is_ok())
}

/// The complaint about a file that unpacks to more than `most` bytes.
pub(crate) fn too_large(name: &Path, most: u64) -> Error {
    Error::file(name, format!("unpacks to more than {most} bytes")).hint("if it is meant so, unpack it and load what is inside")
}

/// A path is most often wrong because the program runs in another folder than its author thinks.
fn whereabouts(path: &Path) -> String {
    match std::env::current_dir() {
        Ok(folder) if path.is_relative() => format!("the path is taken from {}", folder.display()),
        _ => "check the path".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_file_says_where_it_was_looked_for() {
        let error = read(Path::new("no/such.csv")).unwrap_err().to_string();
        assert!(error.starts_with("no/such.csv: no such file; the path is taken from /"), "{error}");
    }

    #[test]
    fn a_small_file_can_not_fill_the_memory() {
        assert_eq!((most(100), most(1 << 30)), (1 << 30, 20 << 30));
        assert_eq!(within(&[1, 2, 3][..], 3).unwrap(), Some(vec![1, 2, 3]));
        assert_eq!(within(std::io::repeat(0), 1000).unwrap(), None);
        let error = too_large(Path::new("a.gz"), 5).to_string();
        assert_eq!(error, "a.gz: unpacks to more than 5 bytes; if it is meant so, unpack it and load what is inside");
    }

    #[test]
    fn damaged_gzip_is_named() {
        let error = unpack(Path::new("a.gz"), vec![0x1F, 0x8B, 8, 0]).unwrap_err().to_string();
        assert!(error.starts_with("a.gz: can't be unpacked as gzip: "), "{error}");
    }
}
