//! Kiln: Keras for Rust, fired by [Burn](https://burn.dev).
//!
//! ```
//! use kiln::prelude::*;
//!
//! # fn main() -> kiln::Result<()> {
//! set_random_seed(1);
//! let x = Tensor::constant([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]);
//! let y = Tensor::constant([[0.0], [1.0], [1.0], [0.0]]);
//!
//! let mut model = sequential![Dense::new(8).activation("tanh"), Dense::new(1).activation("sigmoid")];
//! model.compile(Adam::new().learning_rate(0.05), "binary_crossentropy", ["accuracy"])?;
//! let history = model.fit((&x, &y), Fit::new().epochs(200).verbose(0))?;
//!
//! assert_eq!(history["accuracy"].last(), Some(&1.0));
//! # Ok(())
//! # }
//! ```
//!
//! The rooms: [`layers`], [`losses`], [`metrics`], [`optimizers`], [`schedules`], [`callbacks`], [`datasets`], [`applications`], and the
//! [`prelude`] with what most programs use.

mod history_plot;
mod plot_model;
pub mod prelude;

pub use burn;
pub use history_plot::PlotHistory;
pub use kiln_applications as applications;
pub use kiln_core::{
    self as core, Context, DType, Device, Error, GradientTape, Graph, Logits, Result, Shape, Tensor, Variable, activation, constraint,
    data, initializer, layer_options, regularizer, set_device, set_random_seed,
};
pub use kiln_data::{
    self as pipeline, Cardinality, ColumnType, Csv, Dataset, ElementSpec, GetFile, JsonLines, Missing, Named, Skipped, Table,
    class_weights_balanced, datasets, image_dataset_from_directory, load_csv, load_idx, load_img, load_npy, load_npz, normalize,
    pad_sequences, save_csv, save_npy, save_npz, text_dataset_from_directory, timeseries_dataset_from_array, to_categorical,
    train_test_split,
};
pub use kiln_io::{Limits, Load, SaveModel, load_model, load_model_with, model_from_json, model_from_json_with, pytorch};
pub use kiln_layers as layers;
pub use kiln_models::{Compile, Model, Sequential, sequential, summary};
pub use kiln_plot as plot;
pub use kiln_train::{Fit, History, Logs, State, Step, Trainee, fit::fit, logs, losses, metrics, optimizers, schedules};
pub use plot_model::plot_model;

/// What runs between the steps of a training, an evaluation and a prediction.
pub mod callbacks {
    pub use kiln_io::callbacks::*;
    pub use kiln_train::callbacks::*;
}

/// The guides' programs, run as tests.
#[cfg(doctest)]
mod guides {
    #[doc = include_str!("../../../docs/getting_started.md")]
    struct GettingStarted;
    #[doc = include_str!("../../../docs/guides/models.md")]
    struct Models;
    #[doc = include_str!("../../../docs/guides/images.md")]
    struct Images;
    #[doc = include_str!("../../../docs/guides/sequences.md")]
    struct Sequences;
    #[doc = include_str!("../../../docs/guides/data.md")]
    struct Data;
    #[doc = include_str!("../../../docs/guides/training.md")]
    struct Training;
    #[doc = include_str!("../../../docs/guides/callbacks.md")]
    struct Callbacks;
    #[doc = include_str!("../../../docs/guides/saving.md")]
    struct Saving;
    #[doc = include_str!("../../../docs/course.md")]
    struct Course;
    #[doc = include_str!("../../../docs/course.ko.md")]
    struct CourseInKorean;
    #[doc = include_str!("../../../docs/keras_and_pytorch.md")]
    struct KerasAndPytorch;
}
