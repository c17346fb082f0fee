//! What layers over spatial axes share: sizes per axis, padding, the place of the channels, windows that slide.

mod data_format;
#[cfg(test)]
pub(crate) mod golden;
mod margins;
mod pad;
mod padding;
mod select;
mod setters;
mod sizes;
mod windows;

pub use data_format::DataFormat;
pub use margins::Margins;
pub use padding::Padding;
pub use sizes::Sizes;

pub(crate) use data_format::Axes;
pub(crate) use pad::pad;
pub(crate) use select::select;
pub(crate) use setters::setters;
pub(crate) use windows::Windows;

/// The one of `names` that belongs to `rank` spatial axes. What has no class, or weights of a wrong rank, doesn't compile.
pub(crate) const fn class_of(rank: usize, weights: usize, names: &[&'static str]) -> &'static str {
    assert!(rank >= 1 && rank <= names.len(), "no layer has so many spatial axes");
    assert!(weights == rank + 2, "weights have two axes more than space");
    names[rank - 1]
}
