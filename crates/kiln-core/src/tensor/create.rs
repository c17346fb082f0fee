//! Constructors, with TensorFlow's names.

use super::{Tensor, read};
use crate::device::Device;
use crate::error::{Error, Result};
use crate::random;
use crate::shape::tuple;
use burn::tensor::TensorData;

/// A number that a tensor can be made of, and read back as.
pub trait Scalar: burn::tensor::Element + Copy {
    /// The dtype [`Tensor::constant`] gives it: Rust's literals `1.0` and `1` become `float32` and `int32`, as in TensorFlow.
    fn constant(values: Vec<Self>, shape: Vec<usize>) -> TensorData {
        TensorData::new(values, shape)
    }
    /// Reads values of any dtype.
    fn read(data: TensorData) -> Vec<Self> {
        read(data)
    }
}
impl Scalar for f32 {}
impl Scalar for i32 {}
impl Scalar for i64 {}
impl Scalar for u8 {}
impl Scalar for u32 {}
impl Scalar for bool {}
impl Scalar for f64 {
    fn constant(values: Vec<Self>, shape: Vec<usize>) -> TensorData {
        TensorData::new(values.into_iter().map(|v| v as f32).collect(), shape)
    }
}

/// Numbers and arrays of numbers, nested as deep as you like.
pub trait Nested {
    /// The numbers.
    type Item: Scalar;
    /// The sizes of the axes.
    fn axes(&self, axes: &mut Vec<usize>);
    /// The numbers in row-major order.
    fn values(self, out: &mut Vec<Self::Item>);
}

macro_rules! scalars {
    ($($t:ty)*) => {$(
        impl Nested for $t {
            type Item = $t;
            fn axes(&self, _: &mut Vec<usize>) {}
            fn values(self, out: &mut Vec<$t>) { out.push(self) }
        }
        impl Nested for Vec<$t> {
            type Item = $t;
            fn axes(&self, axes: &mut Vec<usize>) { axes.push(self.len()) }
            fn values(self, out: &mut Vec<$t>) { out.extend(self) }
        }
        impl Nested for &[$t] {
            type Item = $t;
            fn axes(&self, axes: &mut Vec<usize>) { axes.push(self.len()) }
            fn values(self, out: &mut Vec<$t>) { out.extend(self) }
        }
    )*};
}
scalars!(f32 f64 i32 i64 u8 u32 bool);

impl<T: Nested, const N: usize> Nested for [T; N] {
    type Item = T::Item;
    fn axes(&self, axes: &mut Vec<usize>) {
        axes.push(N);
        if let Some(first) = self.first() {
            first.axes(axes);
        }
    }
    fn values(self, out: &mut Vec<T::Item>) {
        self.into_iter().for_each(|v| v.values(out));
    }
}

impl<T: Nested> From<T> for Tensor {
    fn from(values: T) -> Self {
        Self::constant(values)
    }
}

impl Tensor {
    /// A tensor of a number, an array, an array of arrays …; `f64` literals become `float32`, as in TensorFlow.
    ///
    /// ```
    /// # use kiln_core::Tensor;
    /// assert_eq!(Tensor::constant([[1, 2, 3], [4, 5, 6]]).shape(), [2, 3]);
    /// assert_eq!(Tensor::constant(2.5).rank(), 0);
    /// ```
    pub fn constant<T: Nested>(values: T) -> Self {
        let (mut axes, mut flat) = (Vec::new(), Vec::new());
        values.axes(&mut axes);
        values.values(&mut flat);
        Self::host(T::Item::constant(flat, axes))
    }

    /// A tensor of `shape` from values in row-major order, with the dtype of the values (`f64` stays `float64`).
    ///
    /// # Errors
    /// The number of values differs from the shape's, or there are more than 8 axes.
    ///
    /// ```
    /// # use kiln_core::Tensor;
    /// let error = Tensor::from_vec(vec![1.0f32, 2.0, 3.0], [2, 2]).unwrap_err();
    /// assert_eq!(error.to_string(), "Tensor::from_vec: expected 4 values for shape (2, 2), received 3");
    /// ```
    pub fn from_vec<T: Scalar>(values: Vec<T>, shape: impl AsRef<[usize]>) -> Result<Self> {
        let shape = shape.as_ref();
        let wanted: usize = shape.iter().product();
        if wanted != values.len() {
            return Err(Error::shape("Tensor::from_vec", format!("{wanted} values for shape {}", tuple(shape)), values.len()));
        }
        Self::from_data(TensorData::new(values, shape.to_vec()), &Device::host())
    }

    // Callers make data of at most 8 axes; nested arrays in a program are never deeper.
    fn host(data: TensorData) -> Self {
        match Self::from_data(data, &Device::host()) {
            Ok(tensor) => tensor,
            Err(_) => Self::from(burn::Tensor::<1>::empty([0], Device::host().burn())),
        }
    }

    /// All zeros, `float32`.
    pub fn zeros(shape: impl AsRef<[usize]>) -> Self {
        Self::full(shape, 0.0)
    }

    /// All ones, `float32`.
    pub fn ones(shape: impl AsRef<[usize]>) -> Self {
        Self::full(shape, 1.0)
    }

    /// All `value`: TensorFlow's `fill`. `float32` for `1.0`, `int32` for `1`.
    pub fn full<T: Scalar>(shape: impl AsRef<[usize]>, value: T) -> Self {
        let shape = shape.as_ref();
        let len: usize = shape.iter().product();
        Self::host(T::constant(vec![value; len], shape.to_vec()))
    }

    /// Zeros of the same shape and dtype.
    pub fn zeros_like(&self) -> Self {
        Self::zeros(self.shape()).cast(self.dtype()).to_device(&self.device())
    }

    /// Ones of the same shape and dtype.
    pub fn ones_like(&self) -> Self {
        Self::ones(self.shape()).cast(self.dtype()).to_device(&self.device())
    }

    /// `count` evenly spaced values from `start` to `stop`, both included.
    ///
    /// ```
    /// # use kiln_core::Tensor;
    /// assert_eq!(Tensor::linspace(0.0, 1.0, 5).to_vec::<f32>(), [0.0, 0.25, 0.5, 0.75, 1.0]);
    /// ```
    pub fn linspace(start: f64, stop: f64, count: usize) -> Self {
        let step = if count > 1 { (stop - start) / (count - 1) as f64 } else { 0.0 };
        let at = |i: usize| if i + 1 == count && count > 1 { stop } else { start + step * i as f64 };
        Self::constant((0..count).map(|i| at(i) as f32).collect::<Vec<f32>>())
    }

    /// The integers of a range, `int32`.
    ///
    /// ```
    /// # use kiln_core::Tensor;
    /// assert_eq!(Tensor::range(2..5).to_vec::<i32>(), [2, 3, 4]);
    /// ```
    pub fn range(range: std::ops::Range<i32>) -> Self {
        Self::constant(range.collect::<Vec<i32>>())
    }

    /// The identity matrix, `float32`.
    pub fn eye(size: usize) -> Self {
        let mut values = vec![0.0f32; size * size];
        values.iter_mut().step_by(size + 1).for_each(|v| *v = 1.0);
        Self::host(TensorData::new(values, [size, size]))
    }

    /// Normal numbers from the generator that `set_random_seed` seeds.
    pub fn random_normal(shape: impl AsRef<[usize]>, mean: f64, stddev: f64) -> Self {
        let shape = shape.as_ref();
        let draw = random::Stream::next_global().normal(shape.iter().product());
        Self::host(TensorData::new(draw.map(|v| (mean + stddev * v) as f32).collect(), shape.to_vec()))
    }

    /// Uniform numbers in `[min, max)` from the generator that `set_random_seed` seeds.
    pub fn random_uniform(shape: impl AsRef<[usize]>, min: f64, max: f64) -> Self {
        let shape = shape.as_ref();
        let draw = random::Stream::next_global().uniform(shape.iter().product());
        Self::host(TensorData::new(draw.map(|v| random::between(min, max, v)).collect(), shape.to_vec()))
    }

    /// One-hot rows of integer labels: a new last axis of `classes`; a label outside `0..classes` gives zeros, as in TensorFlow.
    ///
    /// ```
    /// # use kiln_core::Tensor;
    /// assert_eq!(Tensor::constant([2, 0]).one_hot(3).to_vec::<f32>(), [0.0, 0.0, 1.0, 1.0, 0.0, 0.0]);
    /// ```
    pub fn one_hot(&self, classes: usize) -> Self {
        let labels = self.to_vec::<i64>();
        let mut values = vec![0.0f32; labels.len() * classes];
        for (row, label) in labels.into_iter().enumerate() {
            if let Some(class) = usize::try_from(label).ok().filter(|c| *c < classes) {
                values[row * classes + class] = 1.0;
            }
        }
        let mut shape = self.shape();
        shape.push(classes);
        Self::host(TensorData::new(values, shape)).to_device(&self.device())
    }
}
