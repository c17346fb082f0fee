//! The mean of windows, for 1 to 3 spatial axes.

use super::pool::Average;
use super::window_pooling::{WindowPooling, WindowPoolingModule};

/// The mean of each window over steps of a sequence: (batch, steps, channels).
///
/// Cells that padding `same` adds don't count. Keras: `keras/src/layers/pooling/average_pooling1d.py`.
///
/// ```
/// use kiln_core::{Shape, layer::Layer};
/// use kiln_layers::AveragePooling1d;
/// assert_eq!(AveragePooling1d::new(2).strides(2).padding("same").output_shape(&Shape::batch_of([8, 3]))?, Shape::batch_of([4, 3]));
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub type AveragePooling1d = WindowPooling<Average, 1>;

/// The mean of each window over images: (batch, height, width, channels).
///
/// Cells that padding `same` adds don't count. Keras: `keras/src/layers/pooling/average_pooling2d.py`.
///
/// ```
/// use kiln_core::{Shape, layer::Layer};
/// use kiln_layers::AveragePooling2d;
/// assert_eq!(AveragePooling2d::new(2).strides(2).padding("same").output_shape(&Shape::batch_of([8, 8, 3]))?, Shape::batch_of([4, 4, 3]));
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub type AveragePooling2d = WindowPooling<Average, 2>;

/// The mean of each window over volumes or films: (batch, depth, height, width, channels).
///
/// Cells that padding `same` adds don't count. Keras: `keras/src/layers/pooling/average_pooling3d.py`.
///
/// ```
/// use kiln_core::{Shape, layer::Layer};
/// use kiln_layers::AveragePooling3d;
/// assert_eq!(AveragePooling3d::new(2).strides(2).padding("same").output_shape(&Shape::batch_of([8, 8, 8, 3]))?, Shape::batch_of([4, 4, 4, 3]));
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub type AveragePooling3d = WindowPooling<Average, 3>;

/// A built [`AveragePooling1d`].
pub type AveragePooling1dModule = WindowPoolingModule<1>;

/// A built [`AveragePooling2d`].
pub type AveragePooling2dModule = WindowPoolingModule<2>;

/// A built [`AveragePooling3d`].
pub type AveragePooling3dModule = WindowPoolingModule<3>;
