//! Keras' second names of layers: `MaxPool2D` for `MaxPooling2D`, `Convolution2D` for `Conv2D`.
//!
//! ```
//! use kiln_core::layer::Layer;
//! use kiln_layers::aliases::MaxPool2d;
//! assert_eq!(MaxPool2d::new(2).strides(1), kiln_layers::MaxPooling2d::new(2).strides(1));
//! assert_eq!(MaxPool2d::CLASS, "MaxPooling2D");
//! ```

use crate::*;

/// [`AveragePooling1d`].
pub type AvgPool1d = AveragePooling1d;
/// [`AveragePooling2d`].
pub type AvgPool2d = AveragePooling2d;
/// [`AveragePooling3d`].
pub type AvgPool3d = AveragePooling3d;
/// [`Conv1d`].
pub type Convolution1d = Conv1d;
/// [`Conv1dTranspose`].
pub type Convolution1dTranspose = Conv1dTranspose;
/// [`Conv2d`].
pub type Convolution2d = Conv2d;
/// [`Conv2dTranspose`].
pub type Convolution2dTranspose = Conv2dTranspose;
/// [`Conv3d`].
pub type Convolution3d = Conv3d;
/// [`Conv3dTranspose`].
pub type Convolution3dTranspose = Conv3dTranspose;
/// [`GlobalAveragePooling1d`].
pub type GlobalAvgPool1d = GlobalAveragePooling1d;
/// [`GlobalAveragePooling2d`].
pub type GlobalAvgPool2d = GlobalAveragePooling2d;
/// [`GlobalAveragePooling3d`].
pub type GlobalAvgPool3d = GlobalAveragePooling3d;
/// [`GlobalMaxPooling1d`].
pub type GlobalMaxPool1d = GlobalMaxPooling1d;
/// [`GlobalMaxPooling2d`].
pub type GlobalMaxPool2d = GlobalMaxPooling2d;
/// [`GlobalMaxPooling3d`].
pub type GlobalMaxPool3d = GlobalMaxPooling3d;
/// [`MaxPooling1d`].
pub type MaxPool1d = MaxPooling1d;
/// [`MaxPooling2d`].
pub type MaxPool2d = MaxPooling2d;
/// [`MaxPooling3d`].
pub type MaxPool3d = MaxPooling3d;
/// [`SeparableConv1d`].
pub type SeparableConvolution1d = SeparableConv1d;
/// [`SeparableConv2d`].
pub type SeparableConvolution2d = SeparableConv2d;
