//! The layers of Kiln, in the rooms Keras keeps them in.
//!
//! A layer is one file: its description, a `Module` that the description builds, and its tests.
//!
//! - [`core`] has dense, einsum, embedding, masking, activation, closures
//! - [`convolutional`] has convolutions, transposed, depthwise and separable ones
//! - [`pooling`] has maxima and means of windows, over everything, and of parts
//! - [`attention`] has dot-product, additive, multi-head and group-query attention
//! - [`activations`] has activations with options or weights of their own
//! - [`regularization`] has dropout, noise and activity regularization
//! - [`merging`] has sums, products and other joins of several inputs
//! - [`normalization`] has batch, layer, group, root-mean-square, unit and spectral normalization
//! - [`reshaping`] has other shapes and orders, borders cut off and added, larger images
//! - [`preprocessing`] has rescaling, normalization, discretization, category encoding, integer lookup, and images: resizing,
//!   cropping, random changes
//! - [`recurrent`] has simple, LSTM, GRU and convolutional LSTM layers, their cells, bidirectional, time distributed
//! - [`spatial`] has the options that layers over space share; [`aliases`] has Keras' second names

pub mod activations;
pub mod aliases;
pub mod attention;
mod axes;
pub mod convolutional;
pub mod core;
mod list;
mod masks;
pub mod merging;
pub mod normalization;
mod parts;
pub mod pooling;
pub mod preprocessing;
pub mod recurrent;
#[cfg(test)]
mod reference;
pub mod regularization;
pub mod reshaping;
mod setters;
pub mod spatial;

#[doc(hidden)]
pub use kiln_core;

pub use crate::list::{layer_classes, layer_from_config, nested_layer};

pub use crate::core::{Activation, BurnModule, Dense, EinsumDense, Embedding, Identity, Input, Lambda, Masking, Sizes};
pub use activations::{Elu, LeakyRelu, PRelu, Relu, Softmax};
pub use attention::{AdditiveAttention, Attention, GroupQueryAttention, MultiHeadAttention};
pub use axes::Axes;
pub use convolutional::{
    Conv1d, Conv1dTranspose, Conv2d, Conv2dTranspose, Conv3d, Conv3dTranspose, DepthwiseConv1d, DepthwiseConv2d, SeparableConv1d,
    SeparableConv2d,
};
pub use merging::{Add, Average, Concatenate, Dot, Maximum, Minimum, Multiply, Subtract};
pub use normalization::{
    BatchNormalization, GroupNormalization, LayerNormalization, RenormClipping, RmsNormalization, SpectralNormalization, UnitNormalization,
};
pub use pooling::{
    AdaptiveAveragePooling1d, AdaptiveAveragePooling2d, AdaptiveAveragePooling3d, AdaptiveMaxPooling1d, AdaptiveMaxPooling2d,
    AdaptiveMaxPooling3d, AveragePooling1d, AveragePooling2d, AveragePooling3d, GlobalAveragePooling1d, GlobalAveragePooling2d,
    GlobalAveragePooling3d, GlobalMaxPooling1d, GlobalMaxPooling2d, GlobalMaxPooling3d, MaxPooling1d, MaxPooling2d, MaxPooling3d,
};
pub use preprocessing::image::{
    AugMix, AutoContrast, CenterCrop, ContrastLimitedAdaptiveHistogramEqualization, Equalization, RandAugment, RandomBrightness,
    RandomColorDegeneration, RandomColorJitter, RandomContrast, RandomCrop, RandomElasticTransform, RandomErasing, RandomFlip,
    RandomGaussianBlur, RandomGrayscale, RandomHue, RandomInvert, RandomPerspective, RandomPosterization, RandomRotation, RandomSaturation,
    RandomSharpness, RandomShear, RandomTranslation, RandomZoom, Resizing, Solarization,
};
pub use preprocessing::{CategoryEncoding, Discretization, IntegerLookup, Normalization, Rescaling};
pub use recurrent::{
    Bidirectional, ConvLstm1d, ConvLstm2d, ConvLstm3d, Gru, GruCell, Lstm, LstmCell, Rnn, SimpleRnn, SimpleRnnCell, StackedRnnCells,
    TimeDistributed,
};
pub use regularization::{
    ActivityRegularization, AlphaDropout, Dropout, GaussianDropout, GaussianNoise, SpatialDropout1d, SpatialDropout2d, SpatialDropout3d,
};
pub use reshaping::{
    Cropping1d, Cropping2d, Cropping3d, Flatten, Permute, RepeatVector, Reshape, UpSampling1d, UpSampling2d, UpSampling3d, ZeroPadding1d,
    ZeroPadding2d, ZeroPadding3d,
};
