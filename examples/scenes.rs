//! Images of 28×28 put somewhere on larger canvases.

use kiln::prelude::*;

/// The side of a scrap.
const SCRAP: usize = 9;

/// Puts each image somewhere on a canvas of `side` × `side`, on top of so many scraps of other images; tells the corners too, as row
/// and column.
///
/// # Errors
/// None for images of 28×28.
pub fn scenes(images: &Tensor, side: usize, scraps: usize) -> kiln::Result<(Tensor, Vec<[usize; 2]>)> {
    let (count, pixels) = (images.shape()[0], images.to_vec::<f32>());
    let mut chances = Tensor::random_uniform([count * (2 + 5 * scraps)], 0.0, 1.0).to_vec::<f32>().into_iter();
    let mut below = |n: usize| ((chances.next().unwrap_or(0.0) * n as f32) as usize).min(n - 1);
    let (mut canvases, mut corners) = (vec![0.0; count * side * side], Vec::new());
    for (image, canvas) in canvases.chunks_exact_mut(side * side).enumerate() {
        let mut paste = |image: usize, [from_y, from_x]: [usize; 2], [y, x]: [usize; 2], size: usize| {
            for (i, j) in (0..size * size).map(|k| (k / size, k % size)) {
                canvas[(y + i) * side + x + j] = pixels[image * 784 + (from_y + i) * 28 + from_x + j];
            }
        };
        for _ in 0..scraps {
            let from = [4 + below(20 - SCRAP), 4 + below(20 - SCRAP)];
            paste(below(count), from, [below(side - SCRAP), below(side - SCRAP)], SCRAP);
        }
        let corner = [below(side - 28), below(side - 28)];
        paste(image, [0, 0], corner, 28);
        corners.push(corner);
    }
    Ok((Tensor::from_vec(canvases, [count, side, side, 1])?, corners))
}
