//! Whole trainings against those that Keras made: the same initial weights, the same data, no shuffling.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod chains;
mod files;
mod functional;
mod read;
