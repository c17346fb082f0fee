//! Pictures for Kiln: training curves, tensors as images, grids of images.
//!
//! A chart is data; saving it lays it out as a scene of lines, dots and words, and the file's ending chooses whether the
//! scene is written as text (`.svg`) or painted (`.png`). Both come from the same scene, so they look alike. Nothing is
//! asked of the machine: the letters are Noto Sans (SIL Open Font License), compiled in, so a server without any font
//! draws the same picture.
//!
//! ```
//! use kiln_plot::LineChart;
//! let path = std::env::temp_dir().join("kiln_plot_lib").join("loss.svg");
//! LineChart::new("training")
//!     .x_label("epoch")
//!     .y_label("loss")
//!     .series("loss", &[(1.0, 0.9), (2.0, 0.5), (3.0, 0.4)])
//!     .series_dashed("val_loss", &[(1.0, 0.8), (2.0, 0.6), (3.0, 0.55)])
//!     .save(&path)?;
//! assert!(std::fs::read_to_string(&path).unwrap().contains("val_loss"));
//! # Ok::<(), kiln_core::Error>(())
//! ```
//!
//! The rooms:
//! - `chart`, `line`, `panels`: [`LineChart`] and [`Panels`], what the user says;
//! - `diagram`, `rows`: [`Diagram`], a network as cards and arrows, and where the cards go;
//! - `layout`, `legend`, `axis`, `palette`: where a chart's parts go, ticks and colours;
//! - `heat_map`: [`HeatMap`], a matrix as shades with numbers: confusion matrices;
//! - `scene`, `svg`, `raster`, `font`: lines, dots and words, and the two ways to put them down;
//! - `image`, `grid`, `places`, `pixels`: [`save_image`], [`Image`] and [`ImageGrid`], tensors as pictures;
//! - `file`: endings, folders and the PNG encoder.

mod axis;
mod chart;
mod diagram;
mod file;
mod font;
mod grid;
mod heat_map;
mod image;
mod layout;
mod legend;
mod line;
mod palette;
mod panels;
mod pixels;
mod places;
mod raster;
mod rows;
mod scene;
mod svg;

pub use chart::LineChart;
pub use diagram::Diagram;
pub use grid::ImageGrid;
pub use heat_map::HeatMap;
pub use image::{Image, save_image};
pub use panels::Panels;
