//! The readers of files as functions of bytes, for fuzzing: there in builds with `--cfg fuzzing` alone.

use crate::hdf5::File;
use crate::{Limits, Load, model_from_json_with, pytorch, safetensors, save, weights};
use kiln_layers::{BatchNormalization, Bidirectional, Dense, Embedding, Gru, Input, LayerNormalization};
use kiln_models::{Model, sequential};
use std::path::Path;
use std::sync::LazyLock;

fn load() -> Load {
    // Small enough to be made for each attempt.
    Load::new().limits(Limits { weights: 1 << 16, ..Limits::default() })
}

fn built(model: &Model) -> Model {
    model.built().map(|model| model.into_owned()).unwrap_or_else(|_| model.clone())
}

/// The model of `testdata/seq.keras`.
static SEQ: LazyLock<Model> = LazyLock::new(|| {
    let model = sequential![Input::new([4]), Dense::new(3).activation("relu"), BatchNormalization::new(), Dense::new(2)];
    built(&model)
});

/// Those of some of the files in `testdata/pytorch`.
static TORCH: LazyLock<[Model; 2]> = LazyLock::new(|| {
    let dense = sequential![Input::new([4]), Dense::new(5).activation("tanh"), Dense::new(3)];
    let both = Bidirectional::new(Gru::new(3));
    let recurrent = sequential![Input::new([5]), Embedding::new(9, 4), both, LayerNormalization::new(), Dense::new(2)];
    [built(&dense), built(&recurrent)]
});

/// A whole model in an archive.
pub fn keras(bytes: &[u8]) {
    let _ = save::from_bytes(Path::new("a.keras"), bytes.to_vec(), &load());
}

/// A whole model in an HDF5 file.
pub fn h5(bytes: &[u8]) {
    let _ = save::from_bytes(Path::new("a.h5"), bytes.to_vec(), &load());
}

/// The weights of a model that is there.
pub fn weights_h5(bytes: &[u8]) {
    let Ok(file) = File::parse(bytes.to_vec()) else { return };
    let _ = weights::read(&file, &SEQ, true);
    for path in ["chunked", "gzip", "shuffled", "kinds/big", "empty", "small"] {
        if let Ok(Some(Ok(Some(data)))) = file.root().find(path).map(|group| group.map(|group| group.dataset())) {
            let _ = data.floats(1 << 20);
        }
    }
    for attribute in ["one", "fixed", "any"] {
        let _ = file.root().split_texts(attribute);
    }
}

/// An architecture.
pub fn json(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = model_from_json_with(text, &load());
    }
}

/// Weights by name.
pub fn safetensors(bytes: &[u8]) {
    let _ = safetensors::read(bytes, &SEQ);
}

/// Weights of PyTorch's.
pub fn pt(bytes: &[u8]) {
    for model in &*TORCH {
        let _ = pytorch::state(Path::new("a.pt"), bytes, model, &pytorch::Names::new());
    }
}

/// The pickle in an archive of PyTorch's, whose storages are not there.
pub fn pickle(bytes: &[u8]) {
    pytorch::read_pickle(bytes);
}
