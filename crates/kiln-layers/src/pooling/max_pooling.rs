//! The largest value of windows, for 1 to 3 spatial axes.

use super::pool::Max;
use super::window_pooling::{WindowPooling, WindowPoolingModule};

/// The largest value of each window over steps of a sequence: (batch, steps, channels).
///
/// Keras: `keras/src/layers/pooling/max_pooling1d.py`.
///
/// ```
/// use kiln_core::{Shape, layer::Layer};
/// use kiln_layers::MaxPooling1d;
/// assert_eq!(MaxPooling1d::new(2).strides(2).padding("same").output_shape(&Shape::batch_of([8, 3]))?, Shape::batch_of([4, 3]));
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub type MaxPooling1d = WindowPooling<Max, 1>;

/// The largest value of each window over images: (batch, height, width, channels).
///
/// Keras: `keras/src/layers/pooling/max_pooling2d.py`.
///
/// ```
/// use kiln_core::{Shape, layer::Layer};
/// use kiln_layers::MaxPooling2d;
/// assert_eq!(MaxPooling2d::new(2).strides(2).padding("same").output_shape(&Shape::batch_of([8, 8, 3]))?, Shape::batch_of([4, 4, 3]));
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub type MaxPooling2d = WindowPooling<Max, 2>;

/// The largest value of each window over volumes or films: (batch, depth, height, width, channels).
///
/// Keras: `keras/src/layers/pooling/max_pooling3d.py`.
///
/// ```
/// use kiln_core::{Shape, layer::Layer};
/// use kiln_layers::MaxPooling3d;
/// assert_eq!(MaxPooling3d::new(2).strides(2).padding("same").output_shape(&Shape::batch_of([8, 8, 8, 3]))?, Shape::batch_of([4, 4, 4, 3]));
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub type MaxPooling3d = WindowPooling<Max, 3>;

/// Windows of 2 on each axis, Keras' default.
impl<const N: usize> Default for WindowPooling<Max, N> {
    fn default() -> Self {
        Self::new(2)
    }
}

/// A built [`MaxPooling1d`].
pub type MaxPooling1dModule = WindowPoolingModule<1>;

/// A built [`MaxPooling2d`].
pub type MaxPooling2dModule = WindowPoolingModule<2>;

/// A built [`MaxPooling3d`].
pub type MaxPooling3dModule = WindowPoolingModule<3>;
