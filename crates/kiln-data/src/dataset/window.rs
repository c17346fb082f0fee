//! `window`: neighbours joined along a new first axis, in windows that may overlap.

use super::Dataset;
use super::batch::stack;
use super::cardinality::Cardinality;
use super::element::Element;
use super::spec::ElementSpec;
use super::stage::{Before, Pass, Run, Stage, StageOption};
use kiln_core::{Error, Result};
use std::collections::VecDeque;
use std::sync::Arc;

#[derive(Clone)]
struct Window<E: Element> {
    input: Dataset<E>,
    size: usize,
    shift: Option<usize>,
    stride: usize,
    drop_remainder: bool,
}

impl<E: Element> Window<E> {
    fn shift(&self) -> usize {
        self.shift.unwrap_or(self.size)
    }
}

impl<E: Element> Stage<E> for Window<E> {
    fn run(&self, pass: Pass) -> Run<E> {
        let (size, shift, stride, drop_remainder) = (self.size, self.shift(), self.stride, self.drop_remainder);
        let reach = (size - 1) * stride + 1;
        let mut input = self.input.run(pass).fuse();
        let mut near: VecDeque<E> = VecDeque::new();
        // Elements between two windows, where the shift goes beyond the reach.
        let mut gap = 0;
        Box::new(std::iter::from_fn(move || {
            while gap > 0 {
                gap -= 1;
                if let Err(error) = input.next()? {
                    return Some(Err(error));
                }
            }
            while near.len() < reach {
                match input.next() {
                    Some(Ok(element)) => near.push_back(element),
                    Some(Err(error)) => return Some(Err(error)),
                    None => break,
                }
            }
            if near.is_empty() || (drop_remainder && near.len() < reach) {
                return None;
            }
            let window: Vec<E> = near.iter().step_by(stride).cloned().collect();
            gap = shift.saturating_sub(near.len());
            near.drain(..shift.min(near.len()));
            Some(stack(&window).map_err(|error| error.by("batch", "window")))
        }))
    }

    fn cardinality(&self) -> Cardinality {
        let (reach, shift) = (self.size.max(1).saturating_sub(1) * self.stride + 1, self.shift().max(1));
        self.input.cardinality().map(|n| match self.drop_remainder {
            true if n < reach => 0,
            true => (n - reach) / shift + 1,
            false => n.div_ceil(shift),
        })
    }

    fn before(&self) -> Vec<&dyn Before> {
        vec![&self.input]
    }

    fn check(&self) -> Result<()> {
        for (option, value) in [("size", self.size), ("shift", self.shift()), ("stride", self.stride)] {
            if value == 0 {
                return Err(Error::option("window", option, "at least 1", 0));
            }
        }
        Ok(())
    }

    fn spec(&self) -> Result<ElementSpec> {
        Ok(self.input.stage.spec()?.batched(self.drop_remainder.then_some(self.size)))
    }

    fn with(&self, option: StageOption) -> Option<Arc<dyn Stage<E>>> {
        let mut window = self.clone();
        match option {
            StageOption::Shift(shift) => window.shift = Some(shift),
            StageOption::Stride(stride) => window.stride = stride,
            StageOption::DropRemainder(yes) => window.drop_remainder = yes,
            _ => return None,
        }
        Some(Arc::new(window))
    }
}

impl<E: Element> Dataset<E> {
    /// Windows of `size` neighbours, joined along a new first axis. [`Dataset::shift`] says how far one window begins after the
    /// other, [`Dataset::stride`] how far the elements in a window are apart, and [`Dataset::drop_remainder`] leaves out windows
    /// at the end that aren't full.
    ///
    /// In tf.data a window is a data set of its own; here it is what `window(…).flat_map(|w| w.batch(size))` gives there.
    ///
    /// ```
    /// use kiln_data::Dataset;
    /// let data = Dataset::range(0..7).window(3).shift(2).drop_remainder(true);
    /// let windows: Vec<Vec<i64>> = data.iter().map(|x| Ok(x?.to_vec())).collect::<Result<_, kiln_core::Error>>()?;
    /// assert_eq!(windows, [[0, 1, 2], [2, 3, 4], [4, 5, 6]]);
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn window(&self, size: usize) -> Self {
        Self::new(Window { input: self.clone(), size, shift: None, stride: 1, drop_remainder: false })
    }

    /// How many elements after the beginning of a window the next one begins; default the windows' size. It follows `window`.
    ///
    /// ```
    /// use kiln_data::Dataset;
    /// assert_eq!(Dataset::range(0..7).window(3).shift(1).cardinality().known(), Some(7));
    /// ```
    pub fn shift(&self, shift: usize) -> Self {
        self.with(StageOption::Shift(shift))
    }

    /// How far the elements in a window are apart; default 1. It follows `window`.
    ///
    /// ```
    /// use kiln_data::Dataset;
    /// let data = Dataset::range(0..7).window(3).stride(2).drop_remainder(true);
    /// assert_eq!(data.iter().next().unwrap()?.to_vec::<i64>(), [0, 2, 4]);
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn stride(&self, stride: usize) -> Self {
        self.with(StageOption::Stride(stride))
    }
}

#[cfg(test)]
mod tests {
    use crate::{Cardinality, Dataset};

    fn windows(data: &Dataset) -> Vec<Vec<i64>> {
        let windows: Vec<Vec<i64>> = data.iter().map(|x| x.unwrap().to_vec()).collect();
        assert_eq!(data.cardinality(), Cardinality::Known(windows.len()));
        windows
    }

    #[test]
    fn windows_are_those_of_tf_data() {
        let data = Dataset::range(0..7);
        assert_eq!(windows(&data.window(3)), [vec![0, 1, 2], vec![3, 4, 5], vec![6]]);
        let full = [vec![0, 1, 2], vec![3, 4, 5]];
        assert_eq!(windows(&data.window(3).drop_remainder(true)), full);
        assert_eq!(windows(&data.window(2).shift(3)), [vec![0, 1], vec![3, 4], vec![6]]);
        assert_eq!(windows(&data.window(3).shift(1).stride(2).drop_remainder(true)), [vec![0, 2, 4], vec![1, 3, 5], vec![2, 4, 6]]);
        assert_eq!(windows(&data.window(3).stride(2)), [vec![0, 2, 4], vec![3, 5], vec![6]]);
        assert_eq!(windows(&data.window(2).shift(9)), [[0, 1]]);
        assert!(windows(&data.window(9).drop_remainder(true)).is_empty());
    }

    #[test]
    fn nothing_may_be_0() {
        let error = |data: Dataset| data.check().unwrap_err().to_string();
        let data = Dataset::range(0..7);
        assert_eq!(error(data.window(0)), "window: `size` must be at least 1, received 0");
        assert_eq!(error(data.window(1).shift(0)), "window: `shift` must be at least 1, received 0");
        assert_eq!(error(data.window(1).stride(0)), "window: `stride` must be at least 1, received 0");
        assert!(error(data.shift(1)).contains("`shift` must follow `window` directly"));
    }
}
