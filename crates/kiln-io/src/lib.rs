//! Files.
mod hdf5;
