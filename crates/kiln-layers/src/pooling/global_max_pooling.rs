//! The largest value over everything, for 1 to 3 spatial axes.

use super::global_pooling::{GlobalPooling, GlobalPoolingModule};
use super::pool::Max;

/// The largest value of each channel over steps of a sequence: (batch, steps, channels) to (batch, channels).
///
/// Keras: `keras/src/layers/pooling/global_max_pooling1d.py`.
///
/// ```
/// use kiln_core::{Shape, layer::Layer};
/// use kiln_layers::GlobalMaxPooling1d;
/// assert_eq!(GlobalMaxPooling1d::new().output_shape(&Shape::batch_of([8, 3]))?, Shape::batch_of([3]));
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub type GlobalMaxPooling1d = GlobalPooling<Max, 1>;

/// The largest value of each channel over images: (batch, height, width, channels) to (batch, channels).
///
/// Keras: `keras/src/layers/pooling/global_max_pooling2d.py`.
///
/// ```
/// use kiln_core::{Shape, layer::Layer};
/// use kiln_layers::GlobalMaxPooling2d;
/// assert_eq!(GlobalMaxPooling2d::new().output_shape(&Shape::batch_of([8, 8, 3]))?, Shape::batch_of([3]));
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub type GlobalMaxPooling2d = GlobalPooling<Max, 2>;

/// The largest value of each channel over volumes or films: (batch, depth, height, width, channels) to (batch, channels).
///
/// Keras: `keras/src/layers/pooling/global_max_pooling3d.py`.
///
/// ```
/// use kiln_core::{Shape, layer::Layer};
/// use kiln_layers::GlobalMaxPooling3d;
/// assert_eq!(GlobalMaxPooling3d::new().output_shape(&Shape::batch_of([8, 8, 8, 3]))?, Shape::batch_of([3]));
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub type GlobalMaxPooling3d = GlobalPooling<Max, 3>;

/// A built [`GlobalMaxPooling1d`].
pub type GlobalMaxPooling1dModule = GlobalPoolingModule<1>;

/// A built [`GlobalMaxPooling2d`].
pub type GlobalMaxPooling2dModule = GlobalPoolingModule<2>;

/// A built [`GlobalMaxPooling3d`].
pub type GlobalMaxPooling3dModule = GlobalPoolingModule<3>;
