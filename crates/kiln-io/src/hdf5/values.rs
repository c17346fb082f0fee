//! What elements are made of, and strings.

use super::bytes::{Cursor, Read, fault};
use super::file::File;
use super::header::{Header, kind};
use std::collections::HashMap;

/// The kind of an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Float { exponent: u8 },
    Int { signed: bool },
    Text,
    Texts,
    Other(u8),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Datatype {
    pub(crate) kind: Kind,
    pub(crate) size: usize,
    pub(crate) big_endian: bool,
}

impl Datatype {
    pub(crate) fn read(mut c: Cursor<'_>) -> Read<Self> {
        let class = c.u8()? & 0x0f;
        let bits = c.take(3)?;
        let size = c.u32()?;
        let big_endian = bits[0] & 1 != 0;
        let kind = match class {
            0 => Kind::Int { signed: bits[0] & 8 != 0 },
            1 => {
                c.skip(5)?;
                Kind::Float { exponent: c.u8()? }
            }
            3 => Kind::Text,
            // An enumeration is of the numbers that follow: h5py's booleans.
            8 => return Self::read(c),
            9 if bits[0] & 0x0f == 1 => Kind::Texts,
            other => Kind::Other(other),
        };
        if size == 0 || size > 1 << 20 {
            return fault(format!("elements of {size} bytes"));
        }
        Ok(Self { kind, size, big_endian })
    }

    fn describe(self) -> String {
        let bits = self.size * 8;
        match self.kind {
            Kind::Float { .. } => format!("float{bits}"),
            Kind::Int { signed } => format!("{}int{bits}", if signed { "" } else { "u" }),
            Kind::Text | Kind::Texts => "strings".to_owned(),
            Kind::Other(5) if self.size == 2 => "bfloat16".to_owned(),
            Kind::Other(class) => format!("values of HDF5's class {class}"),
        }
    }

    /// Turns bytes into numbers, one by one.
    pub(crate) fn numbers<T>(self, bytes: &[u8], from: impl Fn(f64, i64) -> T) -> Read<Vec<T>> {
        let one = |element: &[u8]| -> Option<T> {
            let mut raw = [0u8; 8];
            let raw = raw.get_mut(..self.size)?;
            raw.copy_from_slice(element);
            if self.big_endian {
                raw.reverse();
            }
            let bits = raw.iter().rev().fold(0u64, |n, b| n << 8 | u64::from(*b));
            let float = |value: f64| from(value, value as i64);
            Some(match (self.kind, self.size) {
                (Kind::Float { exponent: 8 }, 4) => float(f64::from(f32::from_bits(bits as u32))),
                (Kind::Float { exponent: 11 }, 8) => float(f64::from_bits(bits)),
                (Kind::Float { exponent: 5 }, 2) => float(half(bits as u16)),
                (Kind::Float { exponent: 8 }, 2) => float(f64::from(f32::from_bits((bits as u32) << 16))),
                (Kind::Int { signed }, 1 | 2 | 4 | 8) => {
                    let unused = 64 - 8 * self.size as u32;
                    let value = if signed { ((bits << unused) as i64) >> unused } else { i64::try_from(bits).unwrap_or(i64::MAX) };
                    from(value as f64, value)
                }
                _ => return None,
            })
        };
        let numbers: Option<Vec<T>> = bytes.chunks_exact(self.size).map(one).collect();
        match numbers {
            Some(numbers) => Ok(numbers),
            None => fault(format!("numbers were expected, and there are {}", self.describe())),
        }
    }
}

/// IEEE's half precision.
pub(crate) fn half(bits: u16) -> f64 {
    let sign = if bits & 0x8000 != 0 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f64::from(bits & 0x3ff));
    match exponent {
        0 => sign * fraction * 2f64.powi(-24),
        31 if fraction == 0.0 => sign * f64::INFINITY,
        31 => f64::NAN,
        e => sign * (1.0 + fraction / 1024.0) * 2f64.powi(e - 15),
    }
}

/// The axes of a data set or an attribute; a scalar has none.
pub(crate) fn dataspace(mut c: Cursor<'_>) -> Read<Vec<usize>> {
    let (version, rank, flags) = (c.u8()?, usize::from(c.u8()?), c.u8()?);
    let null = match version {
        1 => {
            c.skip(5)?;
            false
        }
        2 => c.u8()? == 2,
        _ => return fault(format!("a dataspace of version {version}")),
    };
    if rank > 32 || flags > 3 {
        return fault(format!("a dataspace of {rank} axes"));
    }
    if null {
        return Ok(vec![0]);
    }
    (0..rank).map(|_| c.size()).collect()
}

/// The number of elements.
pub(crate) fn elements(shape: &[usize]) -> Read<usize> {
    let product = shape.iter().try_fold(1usize, |n, axis| n.checked_mul(*axis));
    product.map_or_else(|| fault("more elements than can be counted"), Ok)
}

/// Strings of attributes, of fixed or of any length.
pub(crate) struct Texts<'a> {
    file: &'a File,
    heaps: HashMap<u64, HashMap<usize, &'a [u8]>>,
    /// How many more bytes may be read: strings that share their bytes must not fill the memory.
    budget: usize,
}

impl<'a> Texts<'a> {
    pub(crate) fn of_attribute(file: &'a File, header: &Header<'a>, wanted: &str) -> Read<Option<Vec<String>>> {
        for message in header.all(kind::ATTRIBUTE).filter(|m| !m.shared) {
            let mut c = message.body;
            let version = c.u8()?;
            let padded = version == 1;
            if !(1..=3).contains(&version) {
                return fault(format!("an attribute of version {version}"));
            }
            let shared = c.u8()? & 1 != 0 && !padded;
            let sizes = [c.u16()?, c.u16()?, c.u16()?];
            c.skip(usize::from(version == 3))?;
            let mut part = |size: usize| -> Read<Cursor<'a>> {
                let start = c.place();
                let bytes = c.take(size)?;
                if padded {
                    c.align(start)?;
                }
                Ok(c.over(bytes))
            };
            let mut name = part(sizes[0])?;
            let name = name.take(name.left())?;
            let name = name.split(|b| *b == 0).next().unwrap_or_default();
            let (datatype, space) = (part(sizes[1])?, part(sizes[2])?);
            if name != wanted.as_bytes() {
                continue;
            }
            if shared {
                return fault(format!("the attribute `{wanted}` has a datatype that is stored elsewhere"));
            }
            let mut texts = Self { file, heaps: HashMap::new(), budget: 2 * file.bytes.len() };
            let (datatype, count) = (Datatype::read(datatype)?, elements(&dataspace(space)?)?);
            return texts.all(datatype, count, c).map(Some);
        }
        Ok(None)
    }

    fn all(&mut self, datatype: Datatype, count: usize, mut c: Cursor<'a>) -> Read<Vec<String>> {
        let mut texts = Vec::new();
        for _ in 0..count {
            let mut element = c.over(c.take(datatype.size)?);
            let bytes = match datatype.kind {
                Kind::Text => element.take(element.left())?.split(|b| *b == 0).next().unwrap_or_default(),
                Kind::Texts => {
                    let (length, heap, index) = (element.u32()?, element.address()?, element.u32()?);
                    match heap {
                        Some(heap) if length > 0 => self.object(heap, index)?.get(..length).unwrap_or_default(),
                        _ => &[],
                    }
                }
                _ => return fault(format!("strings were expected, and there are {}", datatype.describe())),
            };
            self.budget = self.budget.checked_sub(bytes.len()).map_or_else(|| fault("strings larger than the file"), Ok)?;
            texts.push(String::from_utf8_lossy(bytes).into_owned());
        }
        Ok(texts)
    }

    /// An object of a global heap.
    fn object(&mut self, heap: u64, index: usize) -> Read<&'a [u8]> {
        if !self.heaps.contains_key(&heap) {
            self.heaps.insert(heap, collection(self.file, heap)?);
        }
        let found = self.heaps.get(&heap).and_then(|objects| objects.get(&index)).copied();
        found.map_or_else(|| fault("a string that is not in its heap"), Ok)
    }
}

fn collection(file: &File, address: u64) -> Read<HashMap<usize, &[u8]>> {
    let mut c = file.at(address)?;
    let start = c.place();
    c.signature(b"GCOL")?;
    c.skip(4)?;
    let size = c.size()?;
    let mut objects = HashMap::new();
    while c.place() - start + 8 + c.length <= size {
        let index = c.u16()?;
        c.skip(6)?;
        let size = c.size()?;
        if index == 0 {
            break; // what is left is free
        }
        let from = c.place();
        objects.insert(index, c.take(size)?);
        if c.align(from).is_err() {
            break;
        }
    }
    Ok(objects)
}
