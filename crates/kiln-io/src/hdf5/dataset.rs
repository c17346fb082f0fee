//! Data sets: where their bytes are, and the numbers in them.

use super::bytes::{Cursor, Read, fault};
use super::chunks::{self, Filter};
use super::file::File;
use super::header::{Header, kind};
use super::values::{Datatype, dataspace, elements};
use std::borrow::Cow;

/// Where the elements are.
#[derive(Debug)]
enum Storage<'a> {
    Here(&'a [u8]),
    At { address: Option<u64>, size: usize },
    Chunks { tree: Option<u64>, chunk: Vec<usize>, filters: Vec<Filter> },
}

/// An array of numbers in a file.
#[derive(Debug)]
pub(crate) struct Dataset<'a> {
    file: &'a File,
    /// Its axes.
    pub(crate) shape: Vec<usize>,
    datatype: Datatype,
    storage: Storage<'a>,
    path: String,
}

impl<'a> Dataset<'a> {
    pub(crate) fn read(file: &'a File, header: &Header<'a>, path: &str) -> Read<Self> {
        let need = |wanted: usize, what: &str| match header.message(wanted) {
            Some(message) if message.shared => fault(format!("its {what} is stored elsewhere, which Kiln doesn't read")),
            Some(message) => Ok(message.body),
            None => fault(format!("it has no {what}")),
        };
        let shape = dataspace(need(kind::DATASPACE, "dataspace")?)?;
        let datatype = Datatype::read(need(kind::DATATYPE, "datatype")?)?;
        let filters = match header.message(kind::FILTERS) {
            Some(message) => chunks::filters(message.body)?,
            None => Vec::new(),
        };
        let storage = storage(need(kind::LAYOUT, "layout")?, shape.len(), filters)?;
        Ok(Self { file, shape, datatype, storage, path: path.to_owned() })
    }

    /// The number of elements.
    pub(crate) fn len(&self) -> Read<usize> {
        elements(&self.shape)
    }

    /// The elements as `f32`. `most` limits their number.
    pub(crate) fn floats(&self, most: usize) -> Read<Vec<f32>> {
        self.numbers(most, |float, _| float as f32)
    }

    /// The elements as whole numbers.
    pub(crate) fn integers(&self, most: usize) -> Read<Vec<i64>> {
        self.numbers(most, |_, integer| integer)
    }

    fn numbers<T>(&self, most: usize, from: impl Fn(f64, i64) -> T) -> Read<Vec<T>> {
        let count = self.len()?;
        if count > most {
            return fault(format!("`{}`: {count} elements, where at most {most} were expected", self.path));
        }
        self.bytes(count).and_then(|bytes| self.datatype.numbers(&bytes, from)).or_else(|f| fault(format!("`{}`: {f}", self.path)))
    }

    fn bytes(&self, count: usize) -> Read<Cow<'a, [u8]>> {
        let Some(size) = count.checked_mul(self.datatype.size) else { return fault("more bytes than can be counted") };
        if size == 0 {
            return Ok(Cow::Borrowed(&[]));
        }
        match &self.storage {
            Storage::Here(bytes) => match bytes.get(..size) {
                Some(bytes) => Ok(Cow::Borrowed(bytes)),
                None => fault("fewer elements than its shape says"),
            },
            Storage::At { address: Some(address), size: stored } if *stored >= size => {
                Ok(Cow::Borrowed(self.file.at(*address)?.take(size)?))
            }
            Storage::At { address: Some(_), .. } => fault("fewer elements than its shape says"),
            // Nothing was ever written: HDF5 fills with zeros.
            Storage::At { address: None, .. } | Storage::Chunks { tree: None, .. } => self.zeros(size).map(Cow::Owned),
            Storage::Chunks { tree: Some(tree), chunk, filters } => {
                let mut out = self.zeros(size)?;
                chunks::read(self.file, *tree, &self.shape, chunk, self.datatype.size, filters, &mut out)?;
                Ok(Cow::Owned(out))
            }
        }
    }

    /// What is not in the file takes memory all the same: no more than the best compression could have made of the file.
    fn zeros(&self, size: usize) -> Read<Vec<u8>> {
        if size / 1100 > self.file.bytes.len() {
            return fault(format!("{size} bytes in a file of {}", self.file.bytes.len()));
        }
        Ok(vec![0; size])
    }
}

fn storage(mut c: Cursor<'_>, rank: usize, filters: Vec<Filter>) -> Read<Storage<'_>> {
    let version = c.u8()?;
    match version {
        1 | 2 => {
            let (dims, class) = (usize::from(c.u8()?), c.u8()?);
            c.skip(5)?;
            let address = if class == 0 { None } else { c.address()? };
            let sizes: Vec<usize> = (0..dims).map(|_| c.u32()).collect::<Read<_>>()?;
            match class {
                0 => {
                    let size = c.u32()?;
                    Ok(Storage::Here(c.take(size)?))
                }
                // The size is that of the shape.
                1 => Ok(Storage::At { address, size: usize::MAX }),
                2 if dims == rank + 1 => Ok(Storage::Chunks { tree: address, chunk: sizes[..rank].to_vec(), filters }),
                _ => fault(format!("a layout of class {class}")),
            }
        }
        3 | 4 => match c.u8()? {
            0 => {
                let size = c.u16()?;
                Ok(Storage::Here(c.take(size)?))
            }
            1 => Ok(Storage::At { address: c.address()?, size: c.size()? }),
            2 if version == 3 => {
                let dims = usize::from(c.u8()?);
                let tree = c.address()?;
                if dims != rank + 1 {
                    return fault(format!("chunks of {dims} axes for {rank}"));
                }
                Ok(Storage::Chunks { tree, chunk: (0..rank).map(|_| c.u32()).collect::<Read<_>>()?, filters })
            }
            class => fault(format!("a layout of version {version} and class {class}, which Kiln doesn't read")),
        },
        _ => fault(format!("a layout of version {version}, which Kiln doesn't read")),
    }
}
