//! What most programs use: `use kiln::prelude::*;`.

pub use crate::history_plot::PlotHistory;
pub use kiln_core::activation::Activation;
pub use kiln_core::constraint::Constraint;
pub use kiln_core::initializer::Initializer;
pub use kiln_core::layer::Layer;
pub use kiln_core::regularizer::Regularizer;
pub use kiln_core::symbol::On;
pub use kiln_core::{Device, Error, GradientTape, Shape, Tensor, Variable, set_device, set_random_seed};
pub use kiln_data::{Csv, Dataset, datasets, load_csv, load_idx, save_csv};
pub use kiln_layers::{Activation as ActivationLayer, Dense, Dropout, Flatten, Input, Lambda, Rescaling, Reshape};
pub use kiln_layers::{
    ActivityRegularization, AlphaDropout, GaussianDropout, GaussianNoise, SpatialDropout1d, SpatialDropout2d, SpatialDropout3d,
};
pub use kiln_layers::{Add, Average, Concatenate, Dot, Maximum, Minimum, Multiply, Subtract};
pub use kiln_layers::{AdditiveAttention, Attention, GroupQueryAttention, MultiHeadAttention};
pub use kiln_layers::{
    BatchNormalization, GroupNormalization, LayerNormalization, RenormClipping, RmsNormalization, SpectralNormalization, UnitNormalization,
};
pub use kiln_layers::{EinsumDense, Identity};
pub use kiln_layers::{Elu, LeakyRelu, PRelu, Relu, Softmax};
pub use kiln_models::{Model, Sequential, sequential};
pub use kiln_plot::{Image, ImageGrid, LineChart, Panels, save_image};
pub use kiln_train::callbacks::{Callback, Controls, EarlyStopping, Flow, LambdaCallback, TerminateOnNan};
pub use kiln_train::losses::{
    BinaryCrossentropy, CategoricalCrossentropy, Huber, MeanAbsoluteError, MeanSquaredError, SparseCategoricalCrossentropy, loss_fn,
};
pub use kiln_train::optimizers::{Adagrad, Adam, AdamW, Optimizer, RmsProp, Sgd};
pub use kiln_train::schedules::{CosineDecay, ExponentialDecay, PiecewiseConstantDecay};
pub use kiln_train::{Fit, History, Logs, Step, Trainee, logs};
