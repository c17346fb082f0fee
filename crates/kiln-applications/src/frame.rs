//! What every architecture is asked: its input, its top, its name.

use crate::pretrained::Weights;
use kiln_core::activation::Activation;
use kiln_core::layer::Layer;
use kiln_core::symbol::{On, Symbol};
use kiln_core::{Error, Result, Shape};
use kiln_layers::{Dense, GlobalAveragePooling2d, GlobalMaxPooling2d};

/// The common options.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) include_top: bool,
    pub(crate) weights: Weights,
    pub(crate) classes: usize,
    pub(crate) input_shape: Option<Vec<Option<usize>>>,
    pub(crate) input_tensor: Option<Symbol>,
    pub(crate) pooling: Option<String>,
    pub(crate) classifier_activation: Activation,
    pub(crate) name: Option<String>,
}

impl Default for Frame {
    fn default() -> Self {
        Self {
            include_top: true,
            weights: Weights::New,
            classes: 1000,
            input_shape: None,
            input_tensor: None,
            pooling: None,
            classifier_activation: "softmax".into(),
            name: None,
        }
    }
}

/// A model before it has weights.
pub(crate) struct Wiring {
    /// The architecture.
    pub(crate) who: String,
    pub(crate) name: String,
    pub(crate) input: Symbol,
    pub(crate) outputs: Vec<Symbol>,
}

impl Frame {
    /// The images: of `default` rows and columns unless the user says otherwise, of at least `least`.
    pub(crate) fn input(&self, who: &str, default: usize, least: usize) -> Result<Symbol> {
        self.check_imagenet(who, default)?;
        let given = self.input_shape.as_ref().map(|axes| Shape::new([None].into_iter().chain(axes.iter().copied()).collect::<Vec<_>>()));
        let shape = match (&self.input_tensor, given) {
            (Some(symbol), Some(given)) if symbol.shape().axes().get(1..) != given.axes().get(1..) => {
                return Err(Error::option(who, "input_shape", format!("that of `input_tensor`, {}", symbol.shape()), given));
            }
            (Some(symbol), _) => symbol.shape().clone(),
            (None, Some(given)) => given,
            (None, None) if self.include_top => Shape::batch_of([default, default, 3]),
            (None, None) => Shape::new([None, None, None, Some(3)]),
        };
        let [_, rows, columns, channels] = shape.axes() else {
            return Err(Error::option(who, "input_shape", "rows, columns and channels", shape));
        };
        if channels.is_none_or(|n| n == 0) {
            return Err(Error::option(who, "input_shape", "a known number of channels, at least 1", shape));
        }
        if [rows, columns].into_iter().flatten().any(|n| *n < least) {
            return Err(Error::option(who, "input_shape", format!("at least {least} rows and columns"), shape));
        }
        if self.include_top && (rows.is_none() || columns.is_none()) {
            return Err(Error::option(who, "input_shape", "known rows and columns where `include_top` is true", shape));
        }
        match &self.input_tensor {
            Some(symbol) => Ok(symbol.clone()),
            None => Ok(Symbol::input(None, shape)),
        }
    }

    /// Pools all cells to one, as `pooling` says; `names` are those of the mean and the maximum.
    pub(crate) fn pool(&self, who: &str, x: Symbol, names: Option<[&str; 2]>) -> Result<Symbol> {
        match self.pooling.as_deref() {
            None => Ok(x),
            Some("avg") => named(GlobalAveragePooling2d::new(), names.map(|n| n[0])).on(&x),
            Some("max") => named(GlobalMaxPooling2d::new(), names.map(|n| n[1])).on(&x),
            Some(other) => Err(Error::option(who, "pooling", "`avg` or `max`", format!("`{other}`"))),
        }
    }

    /// The last layer of all but MobileNet: a probability for each class.
    pub(crate) fn predictions(&self, who: &str) -> Result<Dense> {
        self.check_classes(who)?;
        Ok(Dense::new(self.classes).activation(self.classifier_activation.clone()).name("predictions"))
    }

    pub(crate) fn check_classes(&self, who: &str) -> Result<()> {
        if self.classes == 0 { Err(Error::option(who, "classes", "at least 1", 0)) } else { Ok(()) }
    }

    /// The top of most: the mean of all cells, then the classes; or `pooling` alone.
    pub(crate) fn mean_top(&self, who: &str, x: Symbol, names: Option<[&str; 2]>) -> Result<Symbol> {
        if !self.include_top {
            return self.pool(who, x, names);
        }
        let x = named(GlobalAveragePooling2d::new(), names.map(|n| n[0])).on(&x)?;
        self.predictions(who)?.on(&x)
    }

    /// From the images to `output`, under the user's name or `name`.
    pub(crate) fn wiring(&self, who: &str, name: &str, input: &Symbol, outputs: Vec<Symbol>) -> Result<Wiring> {
        // The images may come out of other layers: the model starts where those start.
        let mut roots = input.roots();
        match (roots.pop(), roots.len()) {
            (Some(root), 0) => {
                Ok(Wiring { who: who.to_owned(), name: self.name.clone().unwrap_or_else(|| name.to_owned()), input: root, outputs })
            }
            (_, more) => Err(Error::option(who, "input_tensor", "one that depends on one `Input`", format!("on {}", more + 1))),
        }
    }
}

/// `layer`, named if there is a name.
pub(crate) fn named<L: Layer>(layer: L, name: Option<&str>) -> L {
    match name {
        Some(name) => layer.name(name),
        None => layer,
    }
}

/// The channels of images.
pub(crate) fn channels(x: &Symbol) -> usize {
    x.shape().last().unwrap_or(0)
}

/// What an `Input` or a layer's output is to `input_tensor`.
pub(crate) fn symbol(input: impl kiln_core::symbol::IntoSymbols) -> Option<Symbol> {
    input.into_symbols().into_iter().next()
}

/// Writes the options and the two ways to build of an architecture with a field `frame` and a method `wire`.
macro_rules! architecture {
    ($type:ty $(where $($generics:tt)*)?) => {
        impl$(<$($generics)*>)? $type {
            /// Whether the classifier is there; without it, the features of the last block come out. Default true.
            pub fn include_top(mut self, include_top: bool) -> Self {
                self.frame.include_top = include_top;
                self
            }

            /// Weights that were trained before: `imagenet` for those that Keras publishes, or the path of a file, Keras' `.h5` and
            /// `.weights.h5`, `.keras` or `.safetensors`. The published ones come from Keras' cache (`~/.keras/models`) or are fetched
            /// into it. Default: new weights.
            pub fn weights(mut self, weights: impl AsRef<std::path::Path>) -> Self {
                self.frame.weights = $crate::pretrained::Weights::of(weights.as_ref());
                self
            }

            /// The number of classes. Default 1000.
            pub fn classes(mut self, classes: usize) -> Self {
                self.frame.classes = classes;
                self
            }

            /// Rows, columns and channels of the images. Default: those of the paper; without the top, open rows and columns and 3
            /// channels. `None` for an open axis.
            pub fn input_shape<T: Into<Option<usize>>>(mut self, shape: impl IntoIterator<Item = T>) -> Self {
                self.frame.input_shape = Some(shape.into_iter().map(Into::into).collect());
                self
            }

            /// The images as an `Input`, or as what layers make of one: an architecture after layers of your own.
            pub fn input_tensor(mut self, input: impl kiln_core::symbol::IntoSymbols) -> Self {
                self.frame.input_tensor = $crate::frame::symbol(input);
                self
            }

            /// What is done with the features where there is no top: `avg` or `max` over all cells. Default: nothing.
            pub fn pooling(mut self, pooling: &str) -> Self {
                self.frame.pooling = Some(pooling.to_owned());
                self
            }

            /// The activation of the classifier. Default `softmax`; `linear` for logits.
            pub fn classifier_activation(mut self, activation: impl Into<kiln_core::activation::Activation>) -> Self {
                self.frame.classifier_activation = activation.into();
                self
            }

            /// The model's name. Default: Keras'.
            pub fn name(mut self, name: &str) -> Self {
                self.frame.name = Some(name.to_owned());
                self
            }

            /// The model, with new weights, or those that [`weights`](Self::weights) names.
            ///
            /// # Errors
            /// An option that makes no model of this architecture, or one that doesn't go with the published weights; weights that are
            /// not there, can't be fetched, or are of another model.
            pub fn build(&self) -> kiln_core::Result<kiln_models::Model> {
                let wiring = self.wire()?;
                self.frame.model(&wiring, || self.published(&wiring))
            }

            #[cfg(test)]
            pub(crate) fn published_file(&self) -> kiln_core::Result<$crate::pretrained::Published> {
                self.published(&self.wire()?)
            }

            /// The plan of the model: layers, shapes, and by [`Blueprint::weights`](kiln_core::blueprint::Blueprint::weights) the
            /// sizes of all weights, of which none is made.
            ///
            /// # Errors
            /// As `build`, of the options.
            pub fn blueprint(&self) -> kiln_core::Result<kiln_core::blueprint::Blueprint> {
                let wiring = self.wire()?;
                kiln_core::blueprint::Blueprint::trace(&[wiring.input], &wiring.outputs)
            }
        }
    };
}
pub(crate) use architecture;
