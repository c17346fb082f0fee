//! What most programs use: `use kiln::prelude::*;`.

pub use crate::history_plot::PlotHistory;
pub use kiln_core::activation::Activation;
pub use kiln_core::constraint::Constraint;
pub use kiln_core::initializer::Initializer;
pub use kiln_core::layer::Layer;
pub use kiln_core::regularizer::Regularizer;
pub use kiln_core::symbol::On;
pub use kiln_core::{Device, Error, GradientTape, Shape, Tensor, Variable, set_device, set_random_seed};
pub use kiln_data::{CharVocabulary, Hashing, PadSequences, Skipgrams, StringLookup, TextVectorization, Timeseries, TrainTestSplit};
pub use kiln_data::{
    ColumnType, Csv, Dataset, JsonLines, Missing, Named, Skipped, Table, datasets, load_csv, load_idx, load_img, load_npy, load_npz,
    save_csv, save_npy, save_npz,
};
pub use kiln_data::{class_weights_balanced, image_dataset_from_directory, pad_sequences, text_dataset_from_directory};
pub use kiln_data::{timeseries_dataset_from_array, to_categorical, train_test_split};
pub use kiln_io::callbacks::{BackupAndRestore, ModelCheckpoint, TensorBoard};
pub use kiln_io::{Load, SaveModel, load_model, load_model_with, model_from_json};
pub use kiln_layers::aliases::*;
pub use kiln_layers::{Activation as ActivationLayer, Dense, Dropout, Flatten, Input, Lambda, Reshape};
pub use kiln_layers::{
    ActivityRegularization, AlphaDropout, GaussianDropout, GaussianNoise, SpatialDropout1d, SpatialDropout2d, SpatialDropout3d,
};
pub use kiln_layers::{
    AdaptiveAveragePooling1d, AdaptiveAveragePooling2d, AdaptiveAveragePooling3d, AdaptiveMaxPooling1d, AdaptiveMaxPooling2d,
    AdaptiveMaxPooling3d, AveragePooling1d, AveragePooling2d, AveragePooling3d, GlobalAveragePooling1d, GlobalAveragePooling2d,
    GlobalAveragePooling3d, GlobalMaxPooling1d, GlobalMaxPooling2d, GlobalMaxPooling3d, MaxPooling1d, MaxPooling2d, MaxPooling3d,
};
pub use kiln_layers::{Add, Average, Concatenate, Dot, Maximum, Minimum, Multiply, Subtract};
pub use kiln_layers::{AdditiveAttention, Attention, GroupQueryAttention, MultiHeadAttention};
pub use kiln_layers::{
    AugMix, AutoContrast, CenterCrop, ContrastLimitedAdaptiveHistogramEqualization, Equalization, RandAugment, RandomBrightness,
    RandomColorDegeneration, RandomColorJitter, RandomContrast, RandomCrop, RandomElasticTransform, RandomErasing, RandomFlip,
    RandomGaussianBlur, RandomGrayscale, RandomHue, RandomInvert, RandomPerspective, RandomPosterization, RandomRotation, RandomSaturation,
    RandomSharpness, RandomShear, RandomTranslation, RandomZoom, Resizing, Solarization,
};
pub use kiln_layers::{
    BatchNormalization, GroupNormalization, LayerNormalization, LocalResponseNormalization, RenormClipping, RmsNormalization,
    SpectralNormalization, UnitNormalization,
};
pub use kiln_layers::{
    Bidirectional, ConvLstm1d, ConvLstm2d, ConvLstm3d, Embedding, Gru, GruCell, Lstm, LstmCell, Masking, Rnn, SimpleRnn, SimpleRnnCell,
    StackedRnnCells, TimeDistributed,
};
pub use kiln_layers::{CategoryEncoding, Discretization, IntegerLookup, Normalization, Pipeline, Rescaling};
pub use kiln_layers::{
    Conv1d, Conv1dTranspose, Conv2d, Conv2dTranspose, Conv3d, Conv3dTranspose, DepthwiseConv1d, DepthwiseConv2d, SeparableConv1d,
    SeparableConv2d,
};
pub use kiln_layers::{
    Cropping1d, Cropping2d, Cropping3d, Permute, RepeatVector, UpSampling1d, UpSampling2d, UpSampling3d, ZeroPadding1d, ZeroPadding2d,
    ZeroPadding3d,
};
pub use kiln_layers::{EinsumDense, Identity, ReversibleEmbedding};
pub use kiln_layers::{Elu, LeakyRelu, PRelu, Relu, Softmax};
pub use kiln_layers::{MelSpectrogram, StftSpectrogram};
pub use kiln_models::{Compile, Model, Sequential, sequential};
pub use kiln_plot::{Diagram, HeatMap, Image, ImageGrid, LineChart, Panels, save_image};
pub use kiln_train::callbacks::{Callback, Controls, EarlyStopping, Flow, LambdaCallback, TerminateOnNan};
pub use kiln_train::callbacks::{CsvLogger, LayerNorms, LearningRateScheduler, MaxTime, ReduceLrOnPlateau, SwapEmaWeights};
pub use kiln_train::losses::Loss;
pub use kiln_train::losses::{
    BinaryCrossentropy, CategoricalCrossentropy, Huber, MeanAbsoluteError, MeanSquaredError, SparseCategoricalCrossentropy, loss_fn,
};
pub use kiln_train::losses::{
    BinaryFocalCrossentropy, CategoricalFocalCrossentropy, CosineSimilarity, Dice, Hinge, KlDivergence, LogCosh, Poisson,
};
pub use kiln_train::metrics::{Auc, F1Score, FBetaScore, MeanIoU, Precision, R2Score, Recall, RootMeanSquaredError};
pub use kiln_train::metrics::{BinaryAccuracy, CategoricalAccuracy, SparseCategoricalAccuracy, TopKCategoricalAccuracy};
pub use kiln_train::optimizers::{Adadelta, Adafactor, Adamax, Ftrl, Lamb, Lion, Muon, Nadam, ScheduleFreeAdamW};
pub use kiln_train::optimizers::{Adagrad, Adam, AdamW, Optimizer, RmsProp, Sgd};
pub use kiln_train::optimizers::{LossScaleOptimizer, MultiOptimizer};
pub use kiln_train::schedules::{CosineDecay, ExponentialDecay, PiecewiseConstantDecay};
pub use kiln_train::{Fit, History, Logs, Step, Trainee, logs};
