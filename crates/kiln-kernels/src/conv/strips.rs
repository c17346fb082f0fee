//! The input as windows find it: nothing is copied but an input's edges, if there are zeros around them.

use super::sizes::Sizes;
use crate::buffer;
use std::ops::Range;

/// What some pixels of the output look at.
pub(super) struct Strip<'a> {
    /// The numbers, with the zeros around them.
    pub(super) x: &'a [f32],
    /// Where each pixel's window begins.
    pub(super) starts: &'a [usize],
    /// Where each of a window's numbers lies behind its first.
    pub(super) offsets: &'a [usize],
    /// The pixels, counted from the first of the rows.
    pub(super) pixels: Range<usize>,
}

/// How an input is walked over.
pub(super) struct Strips<'a> {
    pub(super) sizes: &'a Sizes,
    /// The numbers of a line, with the zeros around it.
    line: usize,
    /// For planes that lie as in the input, or of which there is one.
    offsets: Vec<usize>,
}

impl<'a> Strips<'a> {
    pub(super) fn new(sizes: &'a Sizes) -> Self {
        let (before, after) = sizes.window.pads[2];
        let line = sizes.line() + (before + after) * sizes.channels;
        Self { sizes, line, offsets: offsets(sizes, line, sizes.plane()) }
    }

    /// Calls `work` for the parts of some rows of the output, none of which goes beyond a plane. `x` begins with the sample of the first row.
    pub(super) fn each(&self, x: &[f32], rows: Range<usize>, mut work: impl FnMut(&Strip<'_>)) {
        let Self { sizes, line, .. } = *self;
        let Sizes { window, channels, out_height, out_width, .. } = *sizes;
        let padded = window.pads != [(0, 0); 3];
        let [deep, tall] = [0, 1].map(|axis| (window.size[axis] - 1) * window.dilation[axis] + 1);
        let first_sample = sizes.place(rows.start).0;
        let (mut starts, mut others) = (Vec::new(), Vec::new());
        let mut at = rows.start;
        while at < rows.end {
            let (sample, plane, top) = sizes.place(at);
            let count = (out_height - top).min(rows.end - at);
            let image = &x[(sample - first_sample) * sizes.sample()..][..sizes.sample()];
            let lines = (count - 1) * window.strides[1] + tall;
            starts.clear();
            starts.extend((0..count).flat_map(|y| {
                let first = y * window.strides[1] * line;
                (0..out_width).map(move |x| first + x * window.strides[2] * channels)
            }));
            let corner = [plane * window.strides[0], top * window.strides[1]];
            let copy = if padded { with_zeros(sizes, image, corner, [deep, lines], line) } else { Vec::new() };
            let x = if padded { &copy[..] } else { &image[corner[0] * sizes.plane() + corner[1] * line..] };
            if padded && deep > 1 {
                others = offsets(sizes, line, lines * line);
            }
            let offsets = if others.is_empty() { &self.offsets } else { &others };
            let first = (at - rows.start) * out_width;
            work(&Strip { x, starts: &starts, offsets, pixels: first..first + count * out_width });
            buffer::give(copy);
            at += count;
        }
    }
}

fn offsets(sizes: &Sizes, line: usize, plane: usize) -> Vec<usize> {
    let ([deep, tall, wide], [back, down, across]) = (sizes.window.size, sizes.window.dilation);
    let lines = (0..deep).flat_map(|w| (0..tall).map(move |v| w * back * plane + v * down * line));
    let cells = lines.flat_map(|line| (0..wide).map(move |u| line + u * across * sizes.channels));
    cells.flat_map(|cell| (0..sizes.channels).map(move |c| cell + c)).collect()
}

/// Some planes and lines of a sample with the zeros around it; `corner` counts from the zeros before.
fn with_zeros(sizes: &Sizes, image: &[f32], corner: [usize; 2], [planes, lines]: [usize; 2], line: usize) -> Vec<f32> {
    let [(before, _), (above, _), (left, _)] = sizes.window.pads;
    let (row, left) = (sizes.line(), left * sizes.channels);
    let mut strip = buffer::take(planes * lines * line);
    for (i, to) in strip.chunks_exact_mut(line.max(1)).enumerate() {
        let plane = (corner[0] + i / lines).checked_sub(before).filter(|p| *p < sizes.planes);
        let place = (corner[1] + i % lines).checked_sub(above).filter(|l| *l < sizes.height);
        match plane.zip(place) {
            Some((plane, place)) => {
                to[..left].fill(0.0);
                to[left..left + row].copy_from_slice(&image[(plane * sizes.height + place) * row..][..row]);
                to[left + row..].fill(0.0);
            }
            None => to.fill(0.0),
        }
    }
    strip
}
