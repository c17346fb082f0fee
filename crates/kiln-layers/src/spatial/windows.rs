//! The arithmetic of windows that slide over spatial axes.

use super::{Axes, DataFormat, Padding, Sizes};
use kiln_core::kernels::Window;
use kiln_core::{Error, Result, Shape, Tensor};

/// A window that slides over `N` spatial axes: what convolutions and pools share.
#[derive(Clone, Debug)]
pub(crate) struct Windows<const N: usize> {
    /// The layer, for errors.
    pub(crate) class: &'static str,
    /// How the layer calls `size`, for errors.
    pub(crate) option: &'static str,
    pub(crate) size: [usize; N],
    pub(crate) strides: [usize; N],
    /// The distance of neighbours within the window.
    pub(crate) dilation: [usize; N],
    pub(crate) padding: Padding,
    pub(crate) format: DataFormat,
}

impl<const N: usize> Windows<N> {
    /// Whether the options are ones a window can have.
    pub(crate) fn check(&self, causal: bool) -> Result<()> {
        for (option, values) in [(self.option, self.size), ("strides", self.strides), ("dilation_rate", self.dilation)] {
            if values.contains(&0) {
                return Err(Error::option(self.class, option, "at least 1 on each axis", Sizes(values)));
            }
        }
        self.padding.check(self.class, causal)?;
        self.format.check()
    }

    /// Whether not both strides and dilation are above 1, which Keras' convolutions refuse.
    pub(crate) fn check_strides(&self) -> Result<()> {
        let above = |values: &[usize; N]| values.iter().any(|&v| v > 1);
        if above(&self.strides) && above(&self.dilation) {
            let expected = format!("1 with `dilation_rate` {}", Sizes(self.dilation));
            return Err(Error::option(self.class, "strides", expected, Sizes(self.strides)));
        }
        Ok(())
    }

    /// The axes of an input.
    pub(crate) fn axes(&self, input: &Shape) -> Result<Axes<N>> {
        self.format.axes(self.class, input)
    }

    /// The cells of an axis from the window's first to its last.
    pub(crate) fn reach(&self, axis: usize) -> usize {
        self.dilation[axis].saturating_mul(self.size[axis].saturating_sub(1)).saturating_add(1)
    }

    /// The places of the window on each spatial axis.
    pub(crate) fn slide(&self, spatial: [Option<usize>; N]) -> Result<[Option<usize>; N]> {
        let mut places = [None; N];
        for (i, n) in spatial.into_iter().enumerate() {
            places[i] = n.map(|n| self.places(i, n)).transpose()?;
        }
        Ok(places)
    }

    fn places(&self, axis: usize, n: usize) -> Result<usize> {
        let needed = if self.padding == Padding::Valid { self.reach(axis) } else { 1 };
        if n < needed {
            let place = axis + self.format.spatial_axis();
            let error = Error::shape(self.class, format!("at least {needed} on axis {place}, which `{}` reaches over", self.option), n);
            return Err(if n > 0 { error.hint("set `padding` to `same`, or make the window smaller") } else { error });
        }
        Ok(match self.padding {
            Padding::Valid => (n - needed) / self.strides[axis] + 1,
            _ => n.div_ceil(self.strides[axis]),
        })
    }

    /// The cells to add before and after an axis of `n` cells.
    fn pads(&self, axis: usize, n: usize) -> (usize, usize) {
        let reach = self.reach(axis);
        match self.padding {
            Padding::Causal => (reach - 1, 0),
            Padding::Same => {
                let last = (n.div_ceil(self.strides[axis]).max(1) - 1).saturating_mul(self.strides[axis]);
                let total = last.saturating_add(reach).saturating_sub(n);
                (total / 2, total - total / 2)
            }
            _ => (0, 0),
        }
    }

    /// The axes of a real input, whose channels must be `channels` if that is given.
    pub(crate) fn fed(&self, x: &Tensor, channels: Option<usize>) -> Result<Axes<N>> {
        let axes = self.axes(&Shape::known(x.shape()))?;
        if let Some(channels) = channels.filter(|c| axes.channels != Some(*c)) {
            return Err(Error::shape(self.class, format!("{channels} channels"), x.describe()));
        }
        if axes.batch == Some(0) || axes.channels == Some(0) {
            return Err(Error::shape(self.class, "at least one sample and one channel", x.describe()));
        }
        Ok(axes)
    }

    /// As [`Windows::fed`], for an input that the window must fit in; gives the cells to add to each axis.
    pub(crate) fn meet(&self, x: &Tensor, channels: Option<usize>) -> Result<[(usize, usize); N]> {
        let spatial = self.fed(x, channels)?.spatial;
        self.around(spatial.map(|n| n.unwrap_or(0)))
    }

    /// The cells to add to axes of so many cells, which the window must fit in.
    pub(crate) fn around(&self, spatial: [usize; N]) -> Result<[(usize, usize); N]> {
        self.slide(spatial.map(Some))?;
        Ok(std::array::from_fn(|i| self.pads(i, spatial[i])))
    }

    /// As the hand-written operations take it; `None` if the channels come first, which they don't.
    pub(crate) fn kernel_window(&self, pads: [(usize, usize); N], groups: usize) -> Option<Window<N>> {
        let Self { size, strides, dilation, .. } = *self;
        (self.format == DataFormat::ChannelsLast).then_some(Window { size, strides, dilation, pads, groups })
    }

    /// A window of one cell that goes over all cells.
    pub(crate) fn points(&self) -> Self {
        Self { size: [1; N], strides: [1; N], dilation: [1; N], padding: Padding::Valid, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn along(size: usize, stride: usize, dilation: usize, padding: Padding) -> Windows<1> {
        let (size, strides, dilation) = ([size], [stride], [dilation]);
        Windows { class: "Conv1D", option: "kernel_size", size, strides, dilation, padding, format: DataFormat::ChannelsLast }
    }

    #[test]
    fn same_padding_puts_the_odd_cell_at_the_end() {
        let pads = |n, k, s, d| along(k, s, d, Padding::Same).pads(0, n);
        assert_eq!(pads(4, 3, 2, 1), (0, 1));
        assert_eq!(pads(6, 4, 3, 1), (0, 1));
        assert_eq!(pads(5, 2, 1, 1), (0, 1));
        assert_eq!(pads(7, 3, 1, 2), (2, 2));
        assert_eq!(pads(5, 1, 3, 1), (0, 0));
        assert_eq!(along(3, 1, 2, Padding::Causal).pads(0, 5), (4, 0));
    }

    #[test]
    fn a_window_must_fit() {
        let windows = along(3, 2, 2, Padding::Valid);
        assert_eq!(windows.slide([Some(9)]).unwrap(), [Some(3)]);
        assert_eq!(windows.slide([None]).unwrap(), [None]);
        assert_eq!(
            windows.slide([Some(4)]).unwrap_err().to_string(),
            "Conv1D: expected at least 5 on axis 1, which `kernel_size` reaches over, received 4; set `padding` to `same`, or make the window smaller"
        );
        assert!(along(3, 1, 1, Padding::Same).slide([Some(0)]).is_err());
        assert_eq!(along(usize::MAX, 1, usize::MAX, Padding::Same).slide([Some(3)]).unwrap(), [Some(3)]);
    }
}
