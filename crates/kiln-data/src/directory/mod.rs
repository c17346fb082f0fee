//! Data sets from folders of files: one subfolder for each class.

mod image;
mod index;
mod picture;
mod resize;
mod text;

pub use image::{ImageDirectory, image_dataset_from_directory, load_img};
pub use index::Directory;
pub use text::{TextDirectory, text_dataset_from_directory};
