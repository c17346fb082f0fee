//! The part of HDF5 that Keras' files use.
//!
//! Reads superblocks 0 to 3, object headers 1 and 2, symbol tables and link messages, contiguous, compact and chunked data (gzip,
//! shuffle), numbers of all widths, and attributes of strings. Writes the earliest format, which every HDF5 reads. Structures that
//! Keras never writes (fractal heaps, layouts of version 4, shared datatypes) are refused by name.
//!
//! Nothing is trusted: each reading checks that the bytes are there, each walk has a budget that the file's size sets, and no more
//! memory is asked for than the file's bytes can stand for.

mod bytes;
mod chunks;
mod dataset;
mod file;
mod header;
mod links;
mod values;
mod write;

pub(crate) use bytes::{Fault, Read, fault};
pub(crate) use dataset::Dataset;
pub(crate) use file::{File, Group, is_hdf5};
pub(crate) use values::half;
pub(crate) use write::{Node, Tree, file};

#[cfg(test)]
mod tests;
