//! Reading numbers at places that a damaged file may have made up.

use std::fmt;

/// What is wrong with a file's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault(pub(crate) String);

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

pub(crate) type Read<T> = Result<T, Fault>;

pub(crate) fn fault<T>(what: impl Into<String>) -> Read<T> {
    Err(Fault(what.into()))
}

/// Bytes and a place in them. Every reading checks that the bytes are there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
    /// How wide addresses are.
    pub(crate) offset: usize,
    /// How wide lengths are.
    pub(crate) length: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(bytes: &'a [u8], at: usize, offset: usize, length: usize) -> Self {
        Self { bytes, at, offset, length }
    }

    /// The same widths, other bytes.
    pub(crate) fn over(self, bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, ..self }
    }

    pub(crate) fn place(&self) -> usize {
        self.at
    }

    pub(crate) fn left(&self) -> usize {
        self.bytes.len().saturating_sub(self.at)
    }

    pub(crate) fn take(&mut self, count: usize) -> Read<&'a [u8]> {
        let end = self.at.checked_add(count);
        match end.and_then(|end| self.bytes.get(self.at..end)) {
            Some(bytes) => {
                self.at += count;
                Ok(bytes)
            }
            None => fault(format!("the file ends within a structure at byte {}", self.at)),
        }
    }

    pub(crate) fn skip(&mut self, count: usize) -> Read<()> {
        self.take(count).map(|_| ())
    }

    /// To the next multiple of 8 after the place `from`.
    pub(crate) fn align(&mut self, from: usize) -> Read<()> {
        let used = self.at - from;
        self.skip(used.next_multiple_of(8) - used)
    }

    pub(crate) fn number(&mut self, width: usize) -> Read<u64> {
        let bytes = self.take(width)?;
        Ok(bytes.iter().rev().fold(0, |n, b| n << 8 | u64::from(*b)))
    }

    pub(crate) fn u8(&mut self) -> Read<u8> {
        Ok(self.number(1)? as u8)
    }

    pub(crate) fn u16(&mut self) -> Read<usize> {
        Ok(self.number(2)? as usize)
    }

    pub(crate) fn u32(&mut self) -> Read<usize> {
        Ok(self.number(4)? as usize)
    }

    /// An address; `None` for the undefined one.
    pub(crate) fn address(&mut self) -> Read<Option<u64>> {
        let undefined = u64::MAX >> (64 - 8 * self.offset);
        let address = self.number(self.offset)?;
        Ok((address != undefined).then_some(address))
    }

    /// A length; one that can't be counted here is as good as a too large one.
    pub(crate) fn size(&mut self) -> Read<usize> {
        let size = self.number(self.length)?;
        usize::try_from(size).map_err(|_| Fault(format!("a length of {size} bytes")))
    }

    pub(crate) fn signature(&mut self, expected: &[u8; 4]) -> Read<()> {
        let place = self.at;
        if self.take(4)? == expected {
            return Ok(());
        }
        fault(format!("no `{}` at byte {place}", String::from_utf8_lossy(expected)))
    }
}
