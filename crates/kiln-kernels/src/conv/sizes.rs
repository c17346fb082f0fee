//! The sizes of a convolution.

/// A window that slides over `N` axes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window<const N: usize> {
    /// Its size.
    pub size: [usize; N],
    /// Its steps.
    pub strides: [usize; N],
    /// The distance of neighbours within it.
    pub dilation: [usize; N],
    /// The zeros before and after each axis.
    pub pads: [(usize, usize); N],
    /// The groups of channels that are convolved apart.
    pub groups: usize,
}

impl<const N: usize> Window<N> {
    /// A window of this size, steps of 1, no zeros, one group.
    pub fn of(size: [usize; N]) -> Self {
        Self { size, strides: [1; N], dilation: [1; N], pads: [(0, 0); N], groups: 1 }
    }

    /// The same over three axes: those that it doesn't have come first and are of size 1.
    pub(crate) fn volume(self) -> Window<3> {
        fn last<T: Copy, const N: usize>(values: [T; N], one: T) -> [T; 3] {
            let from_end = |i: usize| N.checked_sub(i).and_then(|i| values.get(i)).copied().unwrap_or(one);
            [from_end(3), from_end(2), from_end(1)]
        }
        Window {
            size: last(self.size, 1),
            strides: last(self.strides, 1),
            dilation: last(self.dilation, 1),
            pads: last(self.pads, (0, 0)),
            groups: self.groups,
        }
    }

    /// How many places it has on an axis of `n` cells.
    pub fn places(&self, axis: usize, n: usize) -> usize {
        let reach = self.dilation[axis].saturating_mul(self.size[axis].saturating_sub(1)).saturating_add(1);
        let (before, after) = self.pads[axis];
        n.saturating_add(before).saturating_add(after).checked_sub(reach).map_or(0, |rest| rest / self.strides[axis] + 1)
    }
}

/// All sizes, of a window over a volume; images are volumes of one plane, and steps of one line.
#[derive(Clone, Debug)]
pub(crate) struct Sizes {
    pub(crate) window: Window<3>,
    pub(crate) batch: usize,
    pub(crate) planes: usize,
    pub(crate) height: usize,
    pub(crate) width: usize,
    pub(crate) channels: usize,
    pub(crate) out_planes: usize,
    pub(crate) out_height: usize,
    pub(crate) out_width: usize,
    pub(crate) filters: usize,
    /// The channels of a group.
    pub(crate) depth: usize,
}

impl Sizes {
    /// For an input of the shape (batch, space, channels), with 1 to 3 axes of space.
    pub(crate) fn new(window: &Window<3>, shape: &[usize], depth: usize, filters: usize) -> Self {
        let from_end = |i: usize| if i < shape.len() { shape[shape.len() - i] } else { 1 };
        let [planes, height, width] = [from_end(4), from_end(3), from_end(2)];
        let [out_planes, out_height, out_width] = [window.places(0, planes), window.places(1, height), window.places(2, width)];
        let (batch, channels) = (shape[0], from_end(1));
        Self { window: *window, batch, planes, height, width, channels, out_planes, out_height, out_width, filters, depth }
    }

    /// The sample of a row of the output, counted over all samples, and its plane and line there.
    #[inline(always)]
    pub(crate) fn place(&self, row: usize) -> (usize, usize, usize) {
        let plane = row / self.out_height;
        (plane / self.out_planes, plane % self.out_planes, row % self.out_height)
    }

    /// The numbers of a window over one group's channels.
    pub(crate) fn column(&self) -> usize {
        self.cells() * self.depth
    }

    /// The cells of a window.
    pub(crate) fn cells(&self) -> usize {
        self.window.size.iter().product()
    }

    /// The numbers of a line, of a plane and of a sample.
    pub(crate) fn line(&self) -> usize {
        self.width * self.channels
    }

    pub(crate) fn plane(&self) -> usize {
        self.height * self.line()
    }

    pub(crate) fn sample(&self) -> usize {
        self.planes * self.plane()
    }

    /// The numbers of a row of the output, and of a sample's.
    pub(crate) fn out_row(&self) -> usize {
        self.out_width * self.filters
    }

    pub(crate) fn out_sample(&self) -> usize {
        self.out_rows() * self.out_row()
    }

    /// The rows of the output of a sample, and of all samples.
    pub(crate) fn out_rows(&self) -> usize {
        self.out_planes * self.out_height
    }

    pub(crate) fn rows(&self) -> usize {
        self.batch * self.out_rows()
    }

    /// The shape of the output, with 1 to 3 axes of space.
    pub(crate) fn out_shape(&self, space: usize) -> Vec<usize> {
        let all = [self.out_planes, self.out_height, self.out_width];
        [&[self.batch], &all[3 - space..], &[self.filters]].concat()
    }

    /// Multiplications of one pass.
    pub(crate) fn work(&self) -> usize {
        self.rows() * self.out_row() * self.column()
    }

    /// Whether the columns are the input itself.
    pub(crate) fn is_pointwise(&self) -> bool {
        let Window { size, strides, pads, groups, .. } = self.window;
        size == [1; 3] && strides == [1; 3] && pads == [(0, 0); 3] && groups == 1
    }

    /// The rows of the output that are worked on at a time: as many as keep the numbers in a core's cache.
    pub(crate) fn tile(&self) -> usize {
        const NUMBERS: usize = 96 << 10;
        (NUMBERS / (self.out_width * self.column().max(self.filters)).max(1)).clamp(1, self.rows().max(1))
    }

    /// The convolution, of the output's gradient with [`turned`](super::direct::turned) kernels, that gives the input's; none where the
    /// steps leave gaps or the zeros around the input are too many.
    pub(crate) fn back(&self) -> Option<Self> {
        let Window { size, strides, dilation, pads, groups } = self.window;
        if strides != [1; 3] || groups != 1 {
            return None;
        }
        let around = |axis: usize, n: usize, out: usize| {
            let reach = (size[axis] - 1) * dilation[axis];
            let before = reach.checked_sub(pads[axis].0)?;
            // As many as give n places.
            Some((before, (n + reach).checked_sub(out + before)?))
        };
        let pads =
            [around(0, self.planes, self.out_planes)?, around(1, self.height, self.out_height)?, around(2, self.width, self.out_width)?];
        let window = Window { size, strides, dilation, pads, groups };
        Some(Self::new(&window, &self.out_shape(3), self.filters, self.channels))
    }

    /// The samples whose gradients are summed up together, so many that few copies of the kernel's gradient are needed.
    pub(crate) fn share(&self) -> usize {
        const NUMBERS: usize = 1 << 20;
        let shares = (NUMBERS / (self.column() * self.filters).max(1)).clamp(2, 16);
        self.batch.div_ceil(shares).max(1)
    }
}
