//! The means of parts of each axis, for 1 to 3 spatial axes.

use super::adaptive_pooling::{AdaptivePooling, AdaptivePoolingModule};
use super::pool::Average;

/// The means over parts of steps of a sequence: (batch, steps, channels), each axis of space in `output_size` parts.
///
/// Keras: `keras/src/layers/pooling/adaptive_average_pooling1d.py`.
///
/// ```
/// use kiln_core::{Shape, layer::Layer};
/// use kiln_layers::AdaptiveAveragePooling1d;
/// assert_eq!(AdaptiveAveragePooling1d::new(3).output_shape(&Shape::batch_of([8, 3]))?, Shape::batch_of([3, 3]));
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub type AdaptiveAveragePooling1d = AdaptivePooling<Average, 1>;

/// The means over parts of images: (batch, height, width, channels), each axis of space in `output_size` parts.
///
/// Keras: `keras/src/layers/pooling/adaptive_average_pooling2d.py`.
///
/// ```
/// use kiln_core::{Shape, layer::Layer};
/// use kiln_layers::AdaptiveAveragePooling2d;
/// assert_eq!(AdaptiveAveragePooling2d::new(3).output_shape(&Shape::batch_of([8, 8, 3]))?, Shape::batch_of([3, 3, 3]));
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub type AdaptiveAveragePooling2d = AdaptivePooling<Average, 2>;

/// The means over parts of volumes or films: (batch, depth, height, width, channels), each axis of space in `output_size` parts.
///
/// Keras: `keras/src/layers/pooling/adaptive_average_pooling3d.py`.
///
/// ```
/// use kiln_core::{Shape, layer::Layer};
/// use kiln_layers::AdaptiveAveragePooling3d;
/// assert_eq!(AdaptiveAveragePooling3d::new(3).output_shape(&Shape::batch_of([8, 8, 8, 3]))?, Shape::batch_of([3, 3, 3, 3]));
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub type AdaptiveAveragePooling3d = AdaptivePooling<Average, 3>;

/// A built [`AdaptiveAveragePooling1d`].
pub type AdaptiveAveragePooling1dModule = AdaptivePoolingModule<1>;

/// A built [`AdaptiveAveragePooling2d`].
pub type AdaptiveAveragePooling2dModule = AdaptivePoolingModule<2>;

/// A built [`AdaptiveAveragePooling3d`].
pub type AdaptiveAveragePooling3dModule = AdaptivePoolingModule<3>;
