//! Many pictures in one.

use crate::palette::{INK, SOFT_INK};
use crate::pixels::{self, Pixels};
use crate::places::{LABEL, MARGIN, Places, TITLE};
use crate::scene::{Anchor, Scene};
use crate::{file, font, raster};
use kiln_core::{Error, Result, Tensor};
use std::path::Path;

/// Pictures in rows and columns on white: samples of a data set, what a generator makes, filters of a layer.
///
/// Takes a tensor of shape (pictures, height, width) or (pictures, height, width, channels) with 1, 3 or 4 channels, with
/// values as [`save_image`](crate::save_image) takes them.
///
/// ```
/// use kiln_core::Tensor;
/// use kiln_plot::ImageGrid;
/// let path = std::env::temp_dir().join("kiln_plot_grid").join("grid.png");
/// let images = Tensor::random_uniform([6, 28, 28], 0.0, 1.0);
/// ImageGrid::new(&images).columns(3).labels(&["a", "b", "c", "d", "e", "f"]).scale(2).gap(4).title("noise").save(&path)?;
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ImageGrid {
    images: Tensor,
    pub(crate) columns: usize,
    pub(crate) labels: Option<Vec<String>>,
    pub(crate) scale: usize,
    pub(crate) gap: usize,
    pub(crate) title: String,
}

impl ImageGrid {
    /// A grid of the pictures along the first axis.
    ///
    /// ```
    /// let error = kiln_plot::ImageGrid::new(&kiln_core::Tensor::zeros([28, 28])).save("grid.png").unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "ImageGrid: expected shape (pictures, height, width) or (pictures, height, width, channels) with 1, 3 or 4 channels, \
    ///      received shape (28, 28) of float32; write one picture with `save_image`"
    /// );
    /// ```
    pub fn new(images: &Tensor) -> Self {
        Self { images: images.clone(), columns: 10, labels: None, scale: 1, gap: 2, title: String::new() }
    }

    /// The most pictures in a row; 10 by default.
    ///
    /// ```
    /// let grid = kiln_plot::ImageGrid::new(&kiln_core::Tensor::zeros([4, 8, 8])).columns(0);
    /// assert_eq!(grid.save("grid.png").unwrap_err().to_string(), "ImageGrid: `columns` must be at least 1, received 0");
    /// ```
    pub fn columns(mut self, columns: usize) -> Self {
        self.columns = columns;
        self
    }

    /// A text under each picture; none by default.
    ///
    /// ```
    /// let grid = kiln_plot::ImageGrid::new(&kiln_core::Tensor::zeros([3, 8, 8])).labels(&["cat", "dog"]);
    /// assert_eq!(grid.save("grid.png").unwrap_err().to_string(), "ImageGrid: `labels` must be one for each of 3 pictures, received 2");
    /// ```
    pub fn labels<S: AsRef<str>>(mut self, labels: &[S]) -> Self {
        self.labels = Some(labels.iter().map(|l| l.as_ref().to_owned()).collect());
        self
    }

    /// How many pixels wide and high each value is drawn, without blur; 1 by default.
    ///
    /// ```
    /// let grid = kiln_plot::ImageGrid::new(&kiln_core::Tensor::zeros([4, 8, 8])).scale(0);
    /// assert_eq!(grid.save("grid.png").unwrap_err().to_string(), "ImageGrid: `scale` must be at least 1, received 0");
    /// ```
    pub fn scale(mut self, scale: usize) -> Self {
        self.scale = scale;
        self
    }

    /// The white pixels between pictures; 2 by default.
    ///
    /// ```
    /// let grid = kiln_plot::ImageGrid::new(&kiln_core::Tensor::zeros([4, 8, 8])).gap(6);
    /// grid.save(std::env::temp_dir().join("kiln_plot_gap.png"))?;
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn gap(mut self, gap: usize) -> Self {
        self.gap = gap;
        self
    }

    /// A text above the grid; none by default.
    ///
    /// ```
    /// let grid = kiln_plot::ImageGrid::new(&kiln_core::Tensor::zeros([4, 8, 8])).title("epoch 3");
    /// grid.save(std::env::temp_dir().join("kiln_plot_title.png"))?;
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// Writes the grid as an RGB PNG; makes the folders above it.
    ///
    /// # Errors
    /// Another shape, values outside the range, NaN, labels that aren't one for each picture, a scale or columns of 0, a
    /// grid of more than 2^28 pixels, an ending other than `.png`, a file that can't be written.
    ///
    /// ```
    /// let error = kiln_plot::ImageGrid::new(&kiln_core::Tensor::zeros([4, 8, 8])).save("grid.svg").unwrap_err();
    /// assert_eq!(error.to_string(), "grid.svg: an image is written as `.png`; let the file's name end in `.png`");
    /// ```
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        file::must_be_png(path)?;
        let (width, height, pixels) = self.paint()?;
        file::write_png(path, width, height, 3, &pixels)
    }

    fn paint(&self) -> Result<(u32, u32, Vec<u8>)> {
        let (count, pictures) = self.pictures()?;
        let place = Places::new(self, count, (pictures.width, pictures.height));
        let (width, height) = place.size(count);
        let too_large = || {
            let what = format!("a grid of {width} x {height} pixels is too large");
            Error::data("ImageGrid", what).hint("give it a smaller `scale` or `gap`, or fewer pictures")
        };
        let size = pixels::within_limit(width, height).ok_or_else(too_large)?;
        let (wide, high, mut canvas) = raster::paint(&self.words(&place, size, count), 1.0).ok_or_else(too_large)?;
        for index in 0..count {
            let (x, y) = place.picture(index);
            let picture = pictures.enlarged(index, self.scale);
            for (row, line) in picture.chunks_exact(place.wide * pictures.channels).enumerate() {
                let start = 3 * ((y + row) * width + x);
                for (pixel, to) in line.chunks_exact(pictures.channels).zip(canvas[start..start + 3 * place.wide].chunks_exact_mut(3)) {
                    to.copy_from_slice(&on_white(pixel));
                }
            }
        }
        Ok((wide, high, canvas))
    }

    /// The number of pictures and their pixels, once all options are found good.
    fn pictures(&self) -> Result<(usize, Pixels)> {
        for (option, value) in [("columns", self.columns), ("scale", self.scale)] {
            if value == 0 {
                return Err(Error::option("ImageGrid", option, "at least 1", 0));
            }
        }
        let axes = self.images.shape();
        let picture = axes.get(1..).and_then(pixels::picture).filter(|_| axes[0] > 0);
        let Some((height, width, channels)) = picture else { return Err(self.wrong_shape(&axes)) };
        if let Some(labels) = self.labels.as_ref().filter(|l| l.len() != axes[0]) {
            return Err(Error::option("ImageGrid", "labels", format!("one for each of {} pictures", axes[0]), labels.len()));
        }
        Ok((axes[0], Pixels::new("ImageGrid", &self.images, height, width, channels)?))
    }

    fn wrong_shape(&self, axes: &[usize]) -> Error {
        let expected = "shape (pictures, height, width) or (pictures, height, width, channels) with 1, 3 or 4 channels";
        let error = Error::shape("ImageGrid", expected, self.images.describe());
        match axes {
            _ if axes.contains(&0) => error.hint("there is nothing to draw"),
            [_, _] => error.hint("write one picture with `save_image`"),
            [_, 1 | 3 | 4, _, _] => error.hint("channels come last: `transpose` the axes"),
            _ => error,
        }
    }

    /// The title and the labels.
    fn words(&self, place: &Places, (width, height): (u32, u32), count: usize) -> Scene {
        let mut scene = Scene::new(f64::from(width), f64::from(height));
        let title = font::fit(&self.title, TITLE, scene.width - 2.0 * MARGIN as f64);
        scene.text((MARGIN as f64, MARGIN as f64 + 0.8 * TITLE), &title, TITLE, Anchor::Start, INK);
        for (index, label) in self.labels.iter().flatten().enumerate().take(count) {
            let (x, y) = place.picture(index);
            let text = font::fit(label, LABEL, place.cell as f64);
            let at = (x as f64 + place.wide as f64 / 2.0, (y + place.high) as f64 + 1.1 * LABEL);
            scene.text(at, &text, LABEL, Anchor::Middle, SOFT_INK);
        }
        scene
    }
}

/// A pixel of any number of channels as red, green, blue on white ground.
fn on_white(pixel: &[u8]) -> [u8; 3] {
    match *pixel {
        [r, g, b] => [r, g, b],
        [r, g, b, alpha] => [r, g, b].map(|c| ((u32::from(c) * u32::from(alpha) + 255 * (255 - u32::from(alpha)) + 127) / 255) as u8),
        _ => [pixel.first().copied().unwrap_or(255); 3],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::check;

    fn three() -> Tensor {
        Tensor::constant([[[0, 50]], [[100, 150]], [[200, 250]]])
    }

    fn grey(grid: &ImageGrid) -> (usize, usize, Vec<u8>) {
        let (width, height, pixels) = grid.paint().unwrap();
        (width as usize, height as usize, pixels.chunks(3).map(|p| p[0]).collect())
    }

    #[test]
    fn pictures_stand_in_rows() {
        let (width, height, pixels) = grey(&ImageGrid::new(&three()).columns(2).gap(1).scale(2));
        assert_eq!((width, height), (8 + 4 + 1 + 4 + 8, 8 + 2 + 1 + 2 + 8));
        let row = |y: usize| pixels[y * width + 8..y * width + 17].to_vec();
        assert_eq!(row(8), [0, 0, 50, 50, 255, 100, 100, 150, 150]);
        assert_eq!(row(9), row(8));
        assert_eq!(row(10), [255; 9]);
        assert_eq!(row(11), [200, 200, 250, 250, 255, 255, 255, 255, 255]);
    }

    #[test]
    fn every_option_shows() {
        let base = || ImageGrid::new(&three());
        let grids = [base(), base().columns(1), base().scale(3), base().gap(5), base().title("t"), base().labels(&["a", "b", "c"])];
        let mut all: Vec<_> = grids.iter().map(|g| g.paint().unwrap()).collect();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), grids.len());
    }

    #[test]
    fn labels_stand_under_their_pictures() {
        let grid = ImageGrid::new(&Tensor::ones([2, 8, 8])).labels(&["", "trouser"]);
        let (width, height, pixels) = grey(&grid);
        let inked: Vec<usize> = (0..width).filter(|x| (16..height).any(|y| pixels[y * width + x] < 128)).collect();
        assert!(inked.first().is_some_and(|x| *x > width / 2) && inked.last().is_some_and(|x| *x < width - 4), "{inked:?}");
    }

    #[test]
    fn colours_and_alpha_lie_on_white() {
        let (_, _, pixels) = ImageGrid::new(&Tensor::constant([[[[255, 0, 0, 255], [0, 0, 0, 0]]]])).paint().unwrap();
        let row = 3 * (8 * 18 + 8);
        assert_eq!(pixels[row..row + 6], [255, 0, 0, 255, 255, 255]);
        let path = check::fresh("grid", "a.png");
        ImageGrid::new(&Tensor::constant([[[[1, 2, 3]]]])).save(&path).unwrap();
        assert_eq!(check::read_png(&path).3[3 * (8 * 17 + 8)..][..3], [1, 2, 3]);
    }

    #[test]
    fn mistakes_are_named() {
        let error = |axes: &[usize]| ImageGrid::new(&Tensor::zeros(axes)).paint().unwrap_err().to_string();
        let start = "ImageGrid: expected shape (pictures, height, width) or (pictures, height, width, channels) with 1, 3 or 4 channels, received shape ";
        assert_eq!(error(&[2, 3, 8, 8]), format!("{start}(2, 3, 8, 8) of float32; channels come last: `transpose` the axes"));
        assert_eq!(error(&[0, 8, 8]), format!("{start}(0, 8, 8) of float32; there is nothing to draw"));
        let error = ImageGrid::new(&three()).columns(1).scale(100_000).paint().unwrap_err().to_string();
        let hint = "give it a smaller `scale` or `gap`, or fewer pictures";
        assert_eq!(error, format!("ImageGrid: a grid of 200016 x 300020 pixels is too large; {hint}"));
        assert!(ImageGrid::new(&three()).gap(usize::MAX).paint().is_err());
    }
}
