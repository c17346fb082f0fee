//! Files read piece by piece, unpacked on the way when they are gzip.

use crate::file;
use flate2::bufread::MultiGzDecoder;
use kiln_core::{Error, Result};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

/// A file's bytes, in a buffer of this size.
const BUFFER: usize = 1 << 18;

/// Opens a file to be read from its beginning to its end.
pub(crate) fn open(path: &Path) -> Result<Box<dyn BufRead + Send>> {
    let file = match File::open(path) {
        Ok(file) => file,
        // In the words that whole files have.
        Err(error) => return Err(file::read(path).err().unwrap_or_else(|| failed(path, &error))),
    };
    let mut input = BufReader::with_capacity(BUFFER, file);
    match input.fill_buf() {
        Ok([0x1F, 0x8B, ..]) => Ok(Box::new(BufReader::with_capacity(BUFFER, MultiGzDecoder::new(input)))),
        Ok(_) => Ok(Box::new(input)),
        Err(error) => Err(failed(path, &error)),
    }
}

/// The error of a file that stops being readable.
pub(crate) fn failed(path: &Path, error: &std::io::Error) -> Error {
    Error::file(path, format!("can't be read: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};

    #[test]
    fn packed_files_are_unpacked() {
        let path = std::env::temp_dir().join(format!("kiln-reader-{}", std::process::id()));
        let text = "some words\n".repeat(100_000);
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(text.as_bytes()).unwrap();
        for bytes in [text.as_bytes().to_vec(), packed.finish().unwrap()] {
            std::fs::write(&path, bytes).unwrap();
            let mut all = String::new();
            open(&path).unwrap().read_to_string(&mut all).unwrap();
            assert!(all == text);
        }
        std::fs::remove_file(&path).unwrap();
        assert!(open(&path).err().unwrap().to_string().contains("no such file; check the path"));
        assert!(open(&std::env::temp_dir()).err().unwrap().to_string().contains("can't be read"));
    }
}
