//! Values of a summary, as TensorFlow 2 writes them: a tensor, and which of TensorBoard's plugins shows it.
//!
//! Formats: `tensorflow/core/framework/summary.proto` and `tensor.proto`, `tensorboard/plugins/*/summary_v2.py`.

use super::message::Message;
use kiln_core::{Error, Result};

const FLOAT: u64 = 1;
const DOUBLE: u64 = 2;
const STRING: u64 = 7;

/// The plugin's name and its content, and the class of the data (1 for scalars, 2 for tensors, 3 for blobs).
fn value(tag: &str, plugin: &str, content: &[u8], class: u64, tensor: Message) -> Vec<u8> {
    let data = Message::new().bytes(1, plugin.as_bytes());
    let data = if content.is_empty() { data } else { data.bytes(2, content) };
    let metadata = Message::new().message(1, data);
    let metadata = if class == 0 { metadata } else { metadata.integer(4, class) };
    Message::new().bytes(1, tag.as_bytes()).message(8, tensor).message(9, metadata).0
}

fn tensor(dtype: u64, shape: &[usize]) -> Message {
    let shape = shape.iter().fold(Message::new(), |message, size| message.message(2, Message::new().integer(1, *size as u64)));
    Message::new().integer(1, dtype).message(2, shape)
}

pub(crate) fn scalar(tag: &str, number: f64) -> Vec<u8> {
    value(tag, "scalars", &[], 1, tensor(FLOAT, &[]).bytes(5, &(number as f32).to_le_bytes()))
}

/// The model's architecture in Keras' words, which TensorBoard draws.
pub(crate) fn model(tag: &str, json: &str) -> Vec<u8> {
    value(tag, "graph_keras_model", b"1", 0, tensor(STRING, &[]).bytes(8, json.as_bytes()))
}

/// How many values lie in each of 30 ranges of equal width: rows of left end, right end and count.
pub(crate) fn histogram(tag: &str, values: &[f64]) -> Vec<u8> {
    const BUCKETS: usize = 30;
    let finite: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
    let (low, high) = finite.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(*v), high.max(*v)));
    let buckets = if finite.is_empty() { 0 } else { BUCKETS };
    let width = (high - low) / BUCKETS as f64;
    let mut counts = vec![0.0; buckets];
    for v in &finite {
        // Of equal values all are in the last.
        let bucket = if width > 0.0 { ((v - low) / width) as usize } else { BUCKETS };
        counts[bucket.min(BUCKETS - 1)] += 1.0;
    }
    let edge = |i: usize| if i == BUCKETS { high } else { low + width * i as f64 };
    let rows = counts.iter().enumerate().flat_map(|(i, count)| [edge(i), edge(i + 1), *count]);
    let content: Vec<u8> = rows.flat_map(f64::to_le_bytes).collect();
    value(tag, "histograms", &[], 2, tensor(DOUBLE, &[buckets, 3]).bytes(4, &content))
}

/// At most three pictures of values from 0 to 1, of shape (pictures, height, width, channels).
pub(crate) fn images(tag: &str, values: &[f32], [images, height, width, channels]: [usize; 4]) -> Result<Vec<u8>> {
    let shown = images.min(3);
    let text = |n: usize| n.to_string();
    let mut pictures = tensor(STRING, &[shown + 2]).bytes(8, text(width).as_bytes()).bytes(8, text(height).as_bytes());
    for picture in values.chunks_exact((height * width * channels).max(1)).take(shown) {
        let bytes: Vec<u8> = picture.iter().map(|v| (v * 255.5).clamp(0.0, 255.0) as u8).collect();
        pictures = pictures.bytes(8, &png([width, height], channels, &bytes).map_err(|e| Error::data("TensorBoard", format!("png: {e}")))?);
    }
    Ok(value(tag, "images", &[], 3, pictures))
}

fn png([width, height]: [usize; 2], channels: usize, bytes: &[u8]) -> std::result::Result<Vec<u8>, png::EncodingError> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width as u32, height as u32);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_color(match channels {
        3 => png::ColorType::Rgb,
        4 => png::ColorType::Rgba,
        _ => png::ColorType::Grayscale,
    });
    let mut writer = encoder.write_header()?;
    writer.write_image_data(bytes)?;
    writer.finish()?;
    Ok(file)
}
