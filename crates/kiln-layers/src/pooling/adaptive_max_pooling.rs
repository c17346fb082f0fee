//! The largest values of parts of each axis, for 1 to 3 spatial axes.

use super::adaptive_pooling::{AdaptivePooling, AdaptivePoolingModule};
use super::pool::Max;

/// The largest values over parts of steps of a sequence: (batch, steps, channels), each axis of space in `output_size` parts.
///
/// Keras: `keras/src/layers/pooling/adaptive_max_pooling1d.py`.
///
/// ```
/// use kiln_core::{Shape, layer::Layer};
/// use kiln_layers::AdaptiveMaxPooling1d;
/// assert_eq!(AdaptiveMaxPooling1d::new(3).output_shape(&Shape::batch_of([8, 3]))?, Shape::batch_of([3, 3]));
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub type AdaptiveMaxPooling1d = AdaptivePooling<Max, 1>;

/// The largest values over parts of images: (batch, height, width, channels), each axis of space in `output_size` parts.
///
/// Keras: `keras/src/layers/pooling/adaptive_max_pooling2d.py`.
///
/// ```
/// use kiln_core::{Shape, layer::Layer};
/// use kiln_layers::AdaptiveMaxPooling2d;
/// assert_eq!(AdaptiveMaxPooling2d::new(3).output_shape(&Shape::batch_of([8, 8, 3]))?, Shape::batch_of([3, 3, 3]));
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub type AdaptiveMaxPooling2d = AdaptivePooling<Max, 2>;

/// The largest values over parts of volumes or films: (batch, depth, height, width, channels), each axis of space in `output_size` parts.
///
/// Keras: `keras/src/layers/pooling/adaptive_max_pooling3d.py`.
///
/// ```
/// use kiln_core::{Shape, layer::Layer};
/// use kiln_layers::AdaptiveMaxPooling3d;
/// assert_eq!(AdaptiveMaxPooling3d::new(3).output_shape(&Shape::batch_of([8, 8, 8, 3]))?, Shape::batch_of([3, 3, 3, 3]));
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub type AdaptiveMaxPooling3d = AdaptivePooling<Max, 3>;

/// A built [`AdaptiveMaxPooling1d`].
pub type AdaptiveMaxPooling1dModule = AdaptivePoolingModule<1>;

/// A built [`AdaptiveMaxPooling2d`].
pub type AdaptiveMaxPooling2dModule = AdaptivePoolingModule<2>;

/// A built [`AdaptiveMaxPooling3d`].
pub type AdaptiveMaxPooling3dModule = AdaptivePoolingModule<3>;
