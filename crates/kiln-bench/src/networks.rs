//! The networks that are measured; `peers/keras_models.py` and `peers/torch_models.py` hold the same ones.

use kiln::Result;
use kiln::core::symbol::{IntoSymbols, Symbol};
use kiln::layers::Activation;
use kiln::prelude::*;

/// A network and the batches it is measured with.
#[derive(Clone, Copy, Debug)]
pub struct Network {
    /// As the command line names it.
    pub name: &'static str,
    /// The shape of a sample.
    pub shape: &'static [usize],
    /// Samples in a batch.
    pub batch: usize,
    /// Batches in an epoch.
    pub steps: usize,
    /// Whether it gives its input again; the others choose one of ten classes.
    pub autoencoder: bool,
    build: fn() -> Result<Model>,
}

/// All of them.
pub const NETWORKS: [Network; 8] = [
    Network { name: "mlp", shape: &[784], batch: 32, steps: 400, autoencoder: false, build: mlp },
    Network { name: "cnn", shape: &[28, 28, 1], batch: 64, steps: 24, autoencoder: false, build: cnn },
    Network { name: "lstm", shape: &[28, 28], batch: 64, steps: 40, autoencoder: false, build: lstm },
    Network { name: "gru", shape: &[28, 28], batch: 64, steps: 40, autoencoder: false, build: gru },
    Network { name: "vgg", shape: &[28, 28, 1], batch: 64, steps: 10, autoencoder: false, build: vgg },
    Network { name: "resnet", shape: &[28, 28, 1], batch: 64, steps: 10, autoencoder: false, build: resnet },
    Network { name: "transformer", shape: &[32, 64], batch: 64, steps: 20, autoencoder: false, build: transformer },
    Network { name: "autoencoder", shape: &[784], batch: 64, steps: 200, autoencoder: true, build: autoencoder },
];

impl Network {
    /// The model, compiled with Adam; those that classify count their hits.
    ///
    /// # Errors
    /// None, as the models fit together.
    pub fn compiled(&self) -> Result<Model> {
        let mut model = (self.build)()?;
        if self.autoencoder {
            model.compile("adam", "binary_crossentropy", ())?;
        } else {
            model.compile("adam", "sparse_categorical_crossentropy", ["accuracy"])?;
        }
        Ok(model)
    }

    /// Samples and targets for an epoch.
    pub fn data(&self) -> (Tensor, Tensor) {
        let samples = self.batch * self.steps;
        let x = Tensor::random_uniform([&[samples], self.shape].concat(), 0.0, 1.0);
        let labels = Tensor::constant((0..samples as i32).map(|i| i % 10).collect::<Vec<i32>>());
        let y = if self.autoencoder { x.clone() } else { labels };
        (x, y)
    }
}

fn mlp() -> Result<Model> {
    let layers = sequential![
        Dense::new(64).activation("relu"),
        Dense::new(128).activation("relu"),
        Dense::new(256).activation("relu"),
        Dense::new(10).activation("softmax"),
    ];
    Ok(layers.into_model())
}

fn cnn() -> Result<Model> {
    let layers = sequential![
        Conv2d::new(32, 3).activation("relu"),
        MaxPooling2d::new(2),
        Conv2d::new(64, 3).activation("relu"),
        MaxPooling2d::new(2),
        Flatten::new(),
        Dense::new(10).activation("softmax"),
    ];
    Ok(layers.into_model())
}

fn lstm() -> Result<Model> {
    Ok(sequential![Lstm::new(128), Dense::new(10).activation("softmax")].into_model())
}

fn gru() -> Result<Model> {
    Ok(sequential![Gru::new(128), Dense::new(10).activation("softmax")].into_model())
}

/// Two blocks of two convolutions each, then a wide layer with dropout.
fn vgg() -> Result<Model> {
    let mut model = Sequential::new();
    for filters in [32, 64] {
        model.add(Conv2d::new(filters, 3).padding("same").activation("relu"));
        model.add(Conv2d::new(filters, 3).padding("same").activation("relu"));
        model.add(MaxPooling2d::new(2));
    }
    model.add(Flatten::new());
    model.add(Dense::new(128).activation("relu"));
    model.add(Dropout::new(0.5));
    model.add(Dense::new(10).activation("softmax"));
    Ok(model.into_model())
}

fn normalized(x: impl IntoSymbols, filters: usize, size: usize, strides: usize) -> Result<Symbol> {
    let x = Conv2d::new(filters, size).strides(strides).padding("same").use_bias(false).on(x)?;
    BatchNormalization::new().on(&x)
}

/// A stem and three stages of two residual blocks.
fn resnet() -> Result<Model> {
    let input = Input::new([28, 28, 1]);
    let mut x = Activation::new("relu").on(&normalized(&input, 16, 3, 1)?)?;
    for (filters, strides) in [(16, 1), (16, 1), (32, 2), (32, 1), (64, 2), (64, 1)] {
        let inner = Activation::new("relu").on(&normalized(&x, filters, 3, strides)?)?;
        let inner = normalized(&inner, filters, 3, 1)?;
        let shortcut = if strides == 1 { x } else { normalized(&x, filters, 1, strides)? };
        x = Activation::new("relu").on(&Add::new().on([&inner, &shortcut])?)?;
    }
    let y = Dense::new(10).activation("softmax").on(&GlobalAveragePooling2d::new().on(&x)?)?;
    Model::new(&input, &y)
}

/// Two layers of an encoder over 32 steps of 64 numbers, with four heads.
fn transformer() -> Result<Model> {
    let input = Input::new([32, 64]);
    let mut x = LayerNormalization::new().on(&input)?;
    for _ in 0..2 {
        let attended = MultiHeadAttention::new(4, 16).on([&x, &x])?;
        x = LayerNormalization::new().on(&Add::new().on([&x, &attended])?)?;
        let inner = Dense::new(64).on(&Dense::new(128).activation("relu").on(&x)?)?;
        x = LayerNormalization::new().on(&Add::new().on([&x, &inner])?)?;
    }
    let y = Dense::new(10).activation("softmax").on(&GlobalAveragePooling1d::new().on(&x)?)?;
    Model::new(&input, &y)
}

fn autoencoder() -> Result<Model> {
    let layers = sequential![
        Dense::new(128).activation("relu"),
        Dense::new(32).activation("relu"),
        Dense::new(128).activation("relu"),
        Dense::new(784).activation("sigmoid"),
    ];
    Ok(layers.into_model())
}
