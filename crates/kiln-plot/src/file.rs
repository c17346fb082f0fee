//! Files: endings, missing folders, PNG.

use crate::scene::Scene;
use crate::{raster, svg};
use kiln_core::{Error, Result};
use std::path::Path;

/// Pixels of a PNG for each unit of an SVG.
const ZOOM: f64 = 2.0;

/// The formats a chart can have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Format {
    Svg,
    Png,
}

fn ending(path: &Path) -> String {
    path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default()
}

/// The format of a chart by the file's ending.
pub(crate) fn chart_format(path: &Path) -> Result<Format> {
    match ending(path).as_str() {
        "svg" => Ok(Format::Svg),
        "png" => Ok(Format::Png),
        _ => Err(Error::file(path, "a chart is written as `.svg` or `.png`").hint("let the file's name end in one of the two")),
    }
}

/// An error unless the file's ending is `.png`.
pub(crate) fn must_be_png(path: &Path) -> Result<()> {
    if ending(path) == "png" {
        return Ok(());
    }
    Err(Error::file(path, "an image is written as `.png`").hint("let the file's name end in `.png`"))
}

/// Writes a file, and the folders above it that are missing.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    if let Some(folder) = path.parent().filter(|f| !f.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|e| Error::file(folder, format!("the folder can't be made: {e}")))?;
    }
    std::fs::write(path, bytes).map_err(|e| Error::file(path, format!("can't be written: {e}")))
}

/// Writes a scene, as SVG or PNG by the file's ending.
pub(crate) fn write_scene(path: &Path, scene: &Scene) -> Result<()> {
    match chart_format(path)? {
        Format::Svg => write(path, svg::write(scene).as_bytes()),
        Format::Png => {
            let too_large = || Error::file(path, "the picture is too large for a PNG").hint("write it as `.svg`");
            let (width, height, pixels) = raster::paint(scene, ZOOM).ok_or_else(too_large)?;
            write_png(path, width, height, 3, &pixels)
        }
    }
}

/// Writes a PNG of 8-bit grey (1 channel), RGB (3) or RGBA (4) pixels.
pub(crate) fn write_png(path: &Path, width: u32, height: u32, channels: usize, pixels: &[u8]) -> Result<()> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_color(match channels {
        1 => png::ColorType::Grayscale,
        4 => png::ColorType::Rgba,
        _ => png::ColorType::Rgb,
    });
    let written = encoder.write_header().and_then(|mut writer| {
        writer.write_image_data(pixels)?;
        writer.finish()
    });
    written.map_err(|e| Error::file(path, format!("can't be encoded: {e}")))?;
    write(path, &bytes)
}

/// What the tests of this crate read their pictures with.
#[cfg(test)]
pub(crate) mod check {
    use std::path::{Path, PathBuf};

    /// A path in a folder of the test's own, which isn't there yet.
    pub(crate) fn fresh(test: &str, name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("kiln_plot_{}_{test}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        folder.join("deep").join(name)
    }

    /// Width, height, channels and pixels of a PNG.
    pub(crate) fn read_png(path: &Path) -> (u32, u32, usize, Vec<u8>) {
        let decoder = png::Decoder::new(std::io::BufReader::new(std::fs::File::open(path).unwrap()));
        let mut reader = decoder.read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        pixels.truncate(info.buffer_size());
        (info.width, info.height, info.color_type.samples(), pixels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_choose_the_format() {
        assert_eq!(chart_format(Path::new("a/b.SVG")).unwrap(), Format::Svg);
        assert_eq!(chart_format(Path::new("b.png")).unwrap(), Format::Png);
        let error = chart_format(Path::new("loss.jpg")).unwrap_err();
        assert_eq!(error.to_string(), "loss.jpg: a chart is written as `.svg` or `.png`; let the file's name end in one of the two");
        let error = must_be_png(Path::new("image")).unwrap_err();
        assert_eq!(error.to_string(), "image: an image is written as `.png`; let the file's name end in `.png`");
    }

    #[test]
    fn folders_are_made_and_pixels_come_back() {
        let path = check::fresh("file", "x.png");
        write_png(&path, 2, 1, 3, &[1, 2, 3, 4, 5, 6]).unwrap();
        assert_eq!(check::read_png(&path), (2, 1, 3, vec![1, 2, 3, 4, 5, 6]));
        let error = write(&path.join("below_a_file").join("y.png"), &[]).unwrap_err().to_string();
        assert!(error.contains("the folder can't be made: "), "{error}");
    }
}
