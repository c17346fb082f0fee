//! Pictures in files: PNG and JPEG.

use kiln_core::{Error, Result};
use std::cell::Cell;
use std::io::Cursor;
use std::path::Path;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

/// Pixels row by row, `channels` bytes each.
#[derive(Clone, Debug)]
pub(super) struct Picture {
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) channels: usize,
    pub(super) pixels: Vec<u8>,
}

thread_local! {
    /// The memory of the last picture that this thread was done with: the next one needs no new pages of the system.
    static SPARE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// What a thread keeps at most.
const SPARE_BYTES: usize = 16 << 20;

/// Zeros, in the spare memory if they fit.
fn zeros(count: usize) -> Vec<u8> {
    let mut spare = SPARE.take();
    if spare.capacity() < count {
        return vec![0; count];
    }
    spare.clear();
    spare.resize(count, 0);
    spare
}

/// Keras' `color_mode`, as the number of channels.
pub(super) fn channels(who: &str, color_mode: &str) -> Result<usize> {
    match color_mode {
        "grayscale" => Ok(1),
        "rgb" => Ok(3),
        "rgba" => Ok(4),
        other => Err(Error::option(who, "color_mode", "`grayscale`, `rgb` or `rgba`", format!("`{other}`"))),
    }
}

/// Reads the picture in a file's bytes and brings it to `wanted` channels.
pub(super) fn read(path: &Path, bytes: &[u8], wanted: usize) -> Result<Picture> {
    let picture = match bytes {
        [0x89, b'P', b'N', b'G', ..] => png(bytes),
        [0xFF, 0xD8, ..] => jpeg(bytes),
        [] => Err("is empty".to_owned()),
        _ => Err("is neither PNG nor JPEG".to_owned()),
    };
    picture.map(|picture| picture.with_channels(wanted)).map_err(|what| Error::file(path, what))
}

fn png(bytes: &[u8]) -> std::result::Result<Picture, String> {
    let failed = |error: png::DecodingError| format!("is a damaged PNG: {error}");
    let mut decoder = png::Decoder::new(Cursor::new(bytes));
    // Palettes and small depths become bytes, 16 bits lose the lower 8.
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().map_err(failed)?;
    let size = reader.output_buffer_size().ok_or("is a PNG too large for the memory")?;
    let mut pixels = zeros(size);
    let frame = reader.next_frame(&mut pixels).map_err(failed)?;
    pixels.truncate(frame.buffer_size());
    Ok(Picture { height: frame.height as usize, width: frame.width as usize, channels: frame.color_type.samples(), pixels })
}

fn jpeg(bytes: &[u8]) -> std::result::Result<Picture, String> {
    let failed = |error: &dyn std::fmt::Display| format!("is a damaged JPEG: {error}");
    // A picture that is cut off is an error, not grey below.
    let options = DecoderOptions::default().set_strict_mode(true).jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(|error| failed(&error))?;
    let mut pixels = zeros(decoder.output_buffer_size().ok_or_else(|| failed(&"it has no size"))?);
    decoder.decode_into(&mut pixels).map_err(|error| failed(&error))?;
    let info = decoder.info().ok_or_else(|| failed(&"it has no size"))?;
    let (height, width) = (usize::from(info.height), usize::from(info.width));
    let channels = pixels.len().checked_div(height * width).unwrap_or(0);
    if channels * height * width != pixels.len() || !(1..=4).contains(&channels) {
        return Err(failed(&"its size and its pixels differ"));
    }
    Ok(Picture { height, width, channels, pixels })
}

impl Picture {
    /// Leaves its memory to the next picture of this thread.
    pub(super) fn recycle(self) {
        if self.pixels.capacity() <= SPARE_BYTES {
            SPARE.set(self.pixels);
        }
    }

    /// The picture with another number of channels: 1 grey, 2 grey and opacity, 3 colours, 4 colours and opacity. Opacity is dropped.
    fn with_channels(self, wanted: usize) -> Self {
        if self.channels == wanted {
            return self;
        }
        let mut pixels = Vec::with_capacity(self.height * self.width * wanted);
        for pixel in self.pixels.chunks_exact(self.channels) {
            let (red, green, blue, opacity) = match *pixel {
                [grey] => (grey, grey, grey, 255),
                [grey, opacity] => (grey, grey, grey, opacity),
                [red, green, blue] => (red, green, blue, 255),
                [red, green, blue, opacity, ..] => (red, green, blue, opacity),
                [] => continue,
            };
            match wanted {
                1 if self.channels <= 2 => pixels.push(red),
                // The weights of ITU-R 601, in 16 bits.
                1 => pixels.push(((u32::from(red) * 19_595 + u32::from(green) * 38_470 + u32::from(blue) * 7_471 + 0x8000) >> 16) as u8),
                3 => pixels.extend([red, green, blue]),
                _ => pixels.extend([red, green, blue, opacity]),
            }
        }
        Self { channels: wanted, pixels, ..self }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A PNG file of these pixels.
    pub(in crate::directory) fn png_file(width: u32, height: u32, color: png::ColorType, pixels: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut encoder = png::Encoder::new(&mut out, width, height);
        encoder.set_color(color);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.write_header().unwrap().write_image_data(pixels).unwrap();
        out
    }

    #[test]
    fn colours_become_what_is_asked_for() {
        let rgb = png_file(2, 1, png::ColorType::Rgb, &[255, 0, 0, 10, 20, 30]);
        let read = |bytes: &[u8], wanted| read(Path::new("a.png"), bytes, wanted).unwrap().pixels;
        assert_eq!((read(&rgb, 3), read(&rgb, 1)), (vec![255, 0, 0, 10, 20, 30], vec![76, 18]));
        assert_eq!(read(&rgb, 4), [255, 0, 0, 255, 10, 20, 30, 255]);
        let grey = png_file(1, 2, png::ColorType::Grayscale, &[7, 9]);
        assert_eq!(read(&grey, 3), [7, 7, 7, 9, 9, 9]);
        let rgba = png_file(1, 1, png::ColorType::Rgba, &[1, 2, 3, 4]);
        assert_eq!((read(&rgba, 3), read(&rgba, 4)), (vec![1, 2, 3], vec![1, 2, 3, 4]));
    }

    #[test]
    fn recycled_memory_leaves_no_trace() {
        let pixels: Vec<u8> = (0..48).collect();
        let (large, small) = (png_file(4, 4, png::ColorType::Rgb, &pixels), png_file(1, 2, png::ColorType::Grayscale, &[7, 9]));
        let read = |bytes: &[u8]| read(Path::new("a.png"), bytes, 3).unwrap();
        read(&large).recycle();
        let picture = read(&small);
        assert_eq!(picture.pixels, [7, 7, 7, 9, 9, 9]);
        picture.recycle();
        assert_eq!(read(&large).pixels, pixels);
        Picture { height: 1, width: 1, channels: 3, pixels: Vec::with_capacity(SPARE_BYTES + 1) }.recycle();
        assert!(SPARE.take().capacity() <= SPARE_BYTES);
    }

    #[test]
    fn jpegs_of_either_kind_are_read() {
        // One colour each: (200, 100, 50) at 8 × 8, and the grey 77 at 3 × 2.
        let (colour, grey) = (include_bytes!("../../testdata/colour.jpg").as_slice(), include_bytes!("../../testdata/grey.jpg").as_slice());
        let near = |bytes: &[u8], wanted: &[u8], size: (usize, usize)| {
            let picture = read(Path::new("a.jpg"), bytes, wanted.len()).unwrap();
            assert_eq!(((picture.height, picture.width), picture.pixels.len()), (size, size.0 * size.1 * wanted.len()));
            assert!(picture.pixels.chunks(wanted.len()).all(|p| p.iter().zip(wanted).all(|(a, b)| a.abs_diff(*b) <= 2)), "{picture:?}");
        };
        near(colour, &[200, 100, 50], (8, 8));
        near(colour, &[124], (8, 8));
        near(colour, &[200, 100, 50, 255], (8, 8));
        near(grey, &[77], (2, 3));
        near(grey, &[77, 77, 77], (2, 3));
        let half = read(Path::new("a.jpg"), &colour[..colour.len() - 12], 3);
        assert!(half.unwrap_err().to_string().starts_with("a.jpg: is a damaged JPEG: "));
    }

    #[test]
    fn damage_is_named() {
        let error = |bytes: &[u8]| read(Path::new("a.png"), bytes, 3).unwrap_err().to_string();
        let whole = png_file(8, 8, png::ColorType::Rgb, &[9; 192]);
        assert!(error(&whole[..whole.len() - 20]).starts_with("a.png: is a damaged PNG: "));
        assert!(error(&[0xFF, 0xD8, 0xFF, 0xE0, 0]).starts_with("a.png: is a damaged JPEG: "));
        assert_eq!(error(b"GIF89a"), "a.png: is neither PNG nor JPEG");
        assert_eq!(error(b""), "a.png: is empty");
    }
}
