//! A file: its superblock, its groups by path.

use super::bytes::{Cursor, Fault, Read, fault};
use super::dataset::Dataset;
use super::header::{Header, kind};
use super::links;
use super::values::Texts;
use std::collections::BTreeMap;

const SIGNATURE: [u8; 8] = *b"\x89HDF\r\n\x1a\n";

/// An HDF5 file in memory.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) bytes: Vec<u8>,
    base: u64,
    offset: usize,
    length: usize,
    root: u64,
}

/// Whether these are the first bytes of an HDF5 file.
pub(crate) fn is_hdf5(bytes: &[u8]) -> bool {
    bytes.starts_with(&SIGNATURE)
}

impl File {
    /// Reads the superblock; everything else is read when it is asked for.
    pub(crate) fn parse(bytes: Vec<u8>) -> Read<Self> {
        if !is_hdf5(&bytes) {
            return fault("not an HDF5 file");
        }
        let mut c = Cursor::new(&bytes, 8, 8, 8);
        let version = c.u8()?;
        let widths = match version {
            0 | 1 => {
                c.skip(4)?;
                (c.u8()?, c.u8()?)
            }
            2 | 3 => (c.u8()?, c.u8()?),
            _ => return fault(format!("HDF5 superblock version {version}, which is newer than 3")),
        };
        let width = |w: u8| if [2, 4, 8].contains(&w) { Ok(usize::from(w)) } else { fault(format!("numbers of {w} bytes")) };
        let (offset, length) = (width(widths.0)?, width(widths.1)?);
        let start = match version {
            0 => 24,
            1 => 28,
            _ => 12,
        };
        let mut c = Cursor::new(&bytes, start, offset, length);
        let base = c.address()?.unwrap_or(0);
        c.skip(2 * offset)?; // free space or extension, end of file
        let root = if version < 2 {
            c.skip(2 * offset)?; // driver, name of the root
            c.address()?
        } else {
            c.address()?
        };
        let Some(root) = root else { return fault("there is no root group") };
        Ok(Self { bytes, base, offset, length, root })
    }

    /// A cursor at an address of the file.
    pub(crate) fn at(&self, address: u64) -> Read<Cursor<'_>> {
        let place = address.checked_add(self.base).and_then(|a| usize::try_from(a).ok()).filter(|a| *a < self.bytes.len());
        match place {
            Some(place) => Ok(Cursor::new(&self.bytes, place, self.offset, self.length)),
            None => fault(format!("an address beyond the end of the file: {address}")),
        }
    }

    pub(crate) fn root(&self) -> Group<'_> {
        Group { file: self, address: self.root, path: String::new() }
    }
}

/// A group, which has links to others and to data sets.
#[derive(Clone, Debug)]
pub(crate) struct Group<'a> {
    file: &'a File,
    address: u64,
    path: String,
}

impl<'a> Group<'a> {
    fn header(&self) -> Read<Header<'a>> {
        Header::read(self.file, self.address).map_err(|f| self.named(f))
    }

    fn named(&self, fault: Fault) -> Fault {
        if self.path.is_empty() { fault } else { Fault(format!("`{}`: {fault}", self.path)) }
    }

    /// The names in the group and where they lead, in order of the names.
    pub(crate) fn links(&self) -> Read<BTreeMap<String, u64>> {
        links::read(self.file, &self.header()?).map_err(|f| self.named(f))
    }

    fn child(&self, name: &str, address: u64) -> Self {
        let path = if self.path.is_empty() { name.to_owned() } else { format!("{}/{name}", self.path) };
        Self { file: self.file, address, path }
    }

    /// What the path `a/b` leads to.
    pub(crate) fn find(&self, path: &str) -> Read<Option<Self>> {
        let mut group = self.clone();
        for name in path.split('/').filter(|p| !p.is_empty()) {
            match group.links()?.get(name) {
                Some(address) => group = group.child(name, *address),
                None => return Ok(None),
            }
        }
        Ok(Some(group))
    }

    /// The data set that this is; `None` for a group.
    pub(crate) fn dataset(&self) -> Read<Option<Dataset<'a>>> {
        let header = self.header()?;
        if header.message(kind::LAYOUT).is_none() {
            return Ok(None);
        }
        Dataset::read(self.file, &header, &self.path).map(Some).map_err(|f| self.named(f))
    }

    /// The strings of an attribute, one for a scalar; `None` when there is no such attribute.
    pub(crate) fn texts(&self, attribute: &str) -> Read<Option<Vec<String>>> {
        let header = self.header()?;
        Texts::of_attribute(self.file, &header, attribute).map_err(|f| self.named(f))
    }

    /// The strings of an attribute that may have been split into `name0`, `name1` …
    pub(crate) fn split_texts(&self, attribute: &str) -> Read<Option<Vec<String>>> {
        if let Some(whole) = self.texts(attribute)? {
            return Ok(Some(whole));
        }
        let mut all = None;
        for part in 0.. {
            match self.texts(&format!("{attribute}{part}"))? {
                Some(texts) => all.get_or_insert_with(Vec::new).extend(texts),
                None => break,
            }
        }
        Ok(all)
    }
}
