//! Data sets in chunks, each of which may be compressed.

use super::bytes::{Cursor, Read, fault};
use super::file::File;
use flate2::read::ZlibDecoder;
use std::io::Read as _;

/// What was done to the bytes of a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Filter {
    Deflate,
    Shuffle,
    Checksum,
}

/// Chunks larger than this are not what Keras writes.
const MOST_BYTES: usize = 1 << 30;

pub(crate) fn filters(mut c: Cursor<'_>) -> Read<Vec<Filter>> {
    let (version, count) = (c.u8()?, c.u8()?);
    if !(1..=2).contains(&version) {
        return fault(format!("filters of version {version}"));
    }
    c.skip(if version == 1 { 6 } else { 0 })?;
    let mut filters = Vec::new();
    for _ in 0..count {
        let id = c.u16()?;
        let name = if version == 1 || id >= 256 { c.u16()? } else { 0 };
        c.skip(2)?;
        let values = c.u16()?;
        c.skip(if version == 1 { name.next_multiple_of(8) } else { name })?;
        c.skip(4 * (values + if version == 1 { values % 2 } else { 0 }))?;
        filters.push(match id {
            1 => Filter::Deflate,
            2 => Filter::Shuffle,
            3 => Filter::Checksum,
            _ => return fault(format!("compressed by the HDF5 filter {id}; Kiln reads gzip, shuffle and fletcher32")),
        });
    }
    Ok(filters)
}

/// Puts all chunks into `out`, the elements of `shape` in order.
pub(crate) fn read(
    file: &File,
    tree: u64,
    shape: &[usize],
    chunk: &[usize],
    element: usize,
    filters: &[Filter],
    out: &mut [u8],
) -> Read<()> {
    let bytes = chunk.iter().try_fold(element, |n, axis| n.checked_mul(*axis)).filter(|n| (1..=MOST_BYTES).contains(n));
    let Some(bytes) = bytes else { return fault("chunks of a size that makes no sense") };
    // Each chunk of the grid once; a tree with more leads to the same one again.
    let grid = shape.iter().zip(chunk).try_fold(1usize, |n, (axis, part)| n.checked_mul(axis.div_ceil(*part)));
    let mut walk = Walk { file, shape, chunk, element, filters, bytes, left: grid.unwrap_or(usize::MAX), nodes: file.bytes.len() / 24 + 1 };
    walk.node(tree, None, out)
}

struct Walk<'a> {
    file: &'a File,
    shape: &'a [usize],
    chunk: &'a [usize],
    element: usize,
    filters: &'a [Filter],
    bytes: usize,
    left: usize,
    nodes: usize,
}

impl Walk<'_> {
    fn node(&mut self, address: u64, above: Option<u8>, out: &mut [u8]) -> Read<()> {
        self.nodes = self.nodes.checked_sub(1).map_or_else(|| fault("a B-tree of more nodes than the file can hold"), Ok)?;
        let mut c = self.file.at(address)?;
        c.signature(b"TREE")?;
        let (kind, level, entries) = (c.u8()?, c.u8()?, c.u16()?);
        if kind != 1 || above.is_some_and(|a| level + 1 != a) || level > 16 {
            return fault(format!("a B-tree node of kind {kind} and level {level} where one of chunks was expected"));
        }
        c.skip(2 * c.offset)?;
        for _ in 0..entries {
            let (size, mask) = (c.u32()?, c.u32()?);
            let place: Vec<u64> = (0..=self.shape.len()).map(|_| c.number(8)).collect::<Read<_>>()?;
            let Some(child) = c.address()? else { return fault("a chunk without an address") };
            if level > 0 {
                self.node(child, Some(level), out)?;
                continue;
            }
            self.left = self.left.checked_sub(1).map_or_else(|| fault("more chunks than the shape has"), Ok)?;
            let stored = self.file.at(child)?.take(size)?;
            let raw = self.unfiltered(stored, mask)?;
            self.place(&place, &raw, out)?;
        }
        Ok(())
    }

    fn unfiltered(&self, stored: &[u8], mask: usize) -> Read<Vec<u8>> {
        let mut bytes = stored.to_vec();
        for (i, filter) in self.filters.iter().enumerate().rev() {
            if mask >> i & 1 == 1 {
                continue; // left out for this chunk
            }
            bytes = match filter {
                Filter::Checksum => {
                    bytes.truncate(bytes.len().saturating_sub(4));
                    bytes
                }
                Filter::Deflate => {
                    let mut inflated = Vec::new();
                    // A checksum may follow what was shuffled.
                    let most = self.bytes as u64 + 4;
                    match ZlibDecoder::new(&bytes[..]).take(most).read_to_end(&mut inflated) {
                        Ok(_) => inflated,
                        Err(error) => return fault(format!("a chunk can't be decompressed: {error}")),
                    }
                }
                Filter::Shuffle => unshuffled(&bytes, self.element),
            };
        }
        if bytes.len() == self.bytes { Ok(bytes) } else { fault(format!("a chunk of {} bytes instead of {}", bytes.len(), self.bytes)) }
    }

    /// Copies a chunk, row by row, to where it belongs.
    fn place(&self, place: &[u64], raw: &[u8], out: &mut [u8]) -> Read<()> {
        let rank = self.shape.len();
        let start: Vec<usize> = place.iter().take(rank).map(|p| usize::try_from(*p).unwrap_or(usize::MAX)).collect();
        if rank == 0 || start.iter().zip(self.shape).any(|(p, axis)| p >= axis) {
            return fault("a chunk outside its data set");
        }
        let Some((&width, outer)) = self.chunk.split_last() else { return Ok(()) };
        let inside = width.min(self.shape[rank - 1] - start[rank - 1]);
        let rows: usize = outer.iter().product();
        'rows: for row in 0..rows {
            let (mut rest, mut to, mut stride) = (row, start[rank - 1], self.shape[rank - 1]);
            for axis in (0..rank - 1).rev() {
                let index = start[axis] + rest % self.chunk[axis];
                rest /= self.chunk[axis];
                if index >= self.shape[axis] {
                    continue 'rows;
                }
                to += index * stride;
                stride *= self.shape[axis];
            }
            let (from, to, bytes) = (row * width * self.element, to * self.element, inside * self.element);
            if let (Some(target), Some(source)) = (out.get_mut(to..to + bytes), raw.get(from..from + bytes)) {
                target.copy_from_slice(source);
            }
        }
        Ok(())
    }
}

/// Undoes the order "all first bytes, all second bytes, …".
fn unshuffled(bytes: &[u8], element: usize) -> Vec<u8> {
    let count = bytes.len() / element;
    let mut out = bytes.to_vec();
    for i in 0..count {
        for byte in 0..element {
            out[i * element + byte] = bytes[byte * count + i];
        }
    }
    out
}
