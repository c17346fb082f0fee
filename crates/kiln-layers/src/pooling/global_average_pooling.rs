//! The mean over everything, for 1 to 3 spatial axes.

use super::global_pooling::{GlobalPooling, GlobalPoolingModule};
use super::pool::Average;

/// The mean of each channel over steps of a sequence: (batch, steps, channels) to (batch, channels).
///
/// Masked steps are left out. Keras: `keras/src/layers/pooling/global_average_pooling1d.py`.
///
/// ```
/// use kiln_core::{Shape, layer::Layer};
/// use kiln_layers::GlobalAveragePooling1d;
/// assert_eq!(GlobalAveragePooling1d::new().output_shape(&Shape::batch_of([8, 3]))?, Shape::batch_of([3]));
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub type GlobalAveragePooling1d = GlobalPooling<Average, 1>;

/// The mean of each channel over images: (batch, height, width, channels) to (batch, channels).
///
/// Keras: `keras/src/layers/pooling/global_average_pooling2d.py`.
///
/// ```
/// use kiln_core::{Shape, layer::Layer};
/// use kiln_layers::GlobalAveragePooling2d;
/// assert_eq!(GlobalAveragePooling2d::new().output_shape(&Shape::batch_of([8, 8, 3]))?, Shape::batch_of([3]));
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub type GlobalAveragePooling2d = GlobalPooling<Average, 2>;

/// The mean of each channel over volumes or films: (batch, depth, height, width, channels) to (batch, channels).
///
/// Keras: `keras/src/layers/pooling/global_average_pooling3d.py`.
///
/// ```
/// use kiln_core::{Shape, layer::Layer};
/// use kiln_layers::GlobalAveragePooling3d;
/// assert_eq!(GlobalAveragePooling3d::new().output_shape(&Shape::batch_of([8, 8, 8, 3]))?, Shape::batch_of([3]));
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub type GlobalAveragePooling3d = GlobalPooling<Average, 3>;

/// A built [`GlobalAveragePooling1d`].
pub type GlobalAveragePooling1dModule = GlobalPoolingModule<1>;

/// A built [`GlobalAveragePooling2d`].
pub type GlobalAveragePooling2dModule = GlobalPoolingModule<2>;

/// A built [`GlobalAveragePooling3d`].
pub type GlobalAveragePooling3dModule = GlobalPoolingModule<3>;
