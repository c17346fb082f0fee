//! Weights that were trained before: Keras' files for ImageNet, and files of one's own.

use crate::frame::{Frame, Wiring};
use kiln_core::activation::Activation;
use kiln_core::{Error, Result};
use kiln_data::GetFile;
use kiln_io::SaveModel;
use kiln_models::Model;
use std::path::{Path, PathBuf};

/// Where a network's weights come from.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Weights {
    /// New ones.
    #[default]
    New,
    /// Those that Keras publishes.
    ImageNet,
    /// A file's.
    File(PathBuf),
}

impl Weights {
    pub(crate) fn of(weights: &Path) -> Self {
        if weights == Path::new("imagenet") { Self::ImageNet } else { Self::File(weights.to_owned()) }
    }
}

/// A file that Keras publishes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Published {
    pub(crate) url: String,
    /// Its MD5 sum. Keras knows none of MobileNet's.
    pub(crate) md5: Option<&'static str>,
}

impl Published {
    /// `stem` with its endings, in `folder`; the sums of the files with and without the top.
    pub(crate) fn new(folder: &str, stem: &str, ends: [&str; 2], md5: Option<[&'static str; 2]>, include_top: bool) -> Self {
        let which = usize::from(!include_top);
        let url = format!("https://storage.googleapis.com/{folder}/{stem}{}.h5", ends[which]);
        Self { url, md5: md5.map(|md5| md5[which]) }
    }

    /// Named as most are.
    pub(crate) fn kernels(folder: &str, name: &str, md5: [&'static str; 2], include_top: bool) -> Self {
        let (folder, stem) = (format!("tensorflow/keras-applications/{folder}"), format!("{name}_weights_tf_dim_ordering_tf_kernels"));
        Self::new(&folder, &stem, ["", "_notop"], Some(md5), include_top)
    }

    fn fetch(&self) -> Result<PathBuf> {
        let file = GetFile::new(&self.url).cache_subdir("models");
        self.md5.map_or(file.clone(), |md5| file.file_hash(md5)).fetch()
    }
}

/// An option that the published weights don't go with.
pub(crate) fn imagenet_needs(who: &str, option: &str, expected: impl std::fmt::Display, received: impl std::fmt::Display) -> Error {
    Error::option(who, option, format!("{expected} with the weights `imagenet`"), received)
}

/// The answer of a network whose weights nobody publishes as Keras' files.
pub(crate) fn unpublished(who: &str) -> Error {
    Error::option(who, "weights", "the path of a file", "`imagenet`").hint("Keras publishes no weights of this network")
}

impl Frame {
    /// Whether the options go with the published weights. Images are of `side` rows and columns where there is a top.
    pub(crate) fn check_imagenet(&self, who: &str, side: usize) -> Result<()> {
        if self.weights != Weights::ImageNet {
            return Ok(());
        }
        if self.include_top && self.classes != 1000 {
            let hint = "with `include_top(false)` put classes of your own on the features";
            return Err(imagenet_needs(who, "classes", 1000, self.classes).hint(hint));
        }
        let activation = &self.classifier_activation;
        if self.include_top && ![Activation::from("softmax"), Activation::from("linear")].contains(activation) {
            return Err(imagenet_needs(who, "classifier_activation", "`softmax` or `linear`", format!("`{}`", activation.name())));
        }
        let Some(shape) = &self.input_shape else { return Ok(()) };
        let received = || {
            let axes: Vec<String> = shape.iter().map(|n| n.map_or("None".to_owned(), |n| n.to_string())).collect();
            format!("({})", axes.join(", "))
        };
        if self.include_top && *shape != [Some(side), Some(side), Some(3)] {
            return Err(
                imagenet_needs(who, "input_shape", format!("({side}, {side}, 3)"), received()).hint("`include_top(false)` takes others")
            );
        }
        match shape.last() {
            Some(Some(3)) => Ok(()),
            _ => Err(imagenet_needs(who, "input_shape", "of 3 channels", received())),
        }
    }

    /// The model of `wiring` with its weights; `published` tells Keras' file.
    pub(crate) fn model(&self, wiring: &Wiring, published: impl FnOnce() -> Result<Published>) -> Result<Model> {
        let who = &wiring.who;
        let path = match &self.weights {
            Weights::New => {
                let mut model = Model::new(&wiring.input, &wiring.outputs)?;
                model.set_name(&wiring.name);
                return Ok(model);
            }
            Weights::ImageNet => published()?.fetch()?,
            Weights::File(path) => path.clone(),
        };
        if !path.is_file() {
            let hint = "`weights` takes `imagenet` or the path of a file";
            return Err(Error::file(&path, format!("there is no such file with weights of {who}")).hint(hint));
        }
        // Zeros at first: all values come from the file.
        let mut model = Model::restore(&wiring.name, std::slice::from_ref(&wiring.input), &wiring.outputs, usize::MAX)?;
        match model.load_weights(&path) {
            Err(error) if error.report().hint.is_none() => Err(error
                .hint(format!("the file must have the weights of {who} with these very options, `include_top` and `classes` among them"))),
            Err(error) => Err(error),
            Ok(()) => Ok(model),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::*;
    use serde_json::Value;

    /// What `weights="imagenet"` asks for, with the options of a recorded case.
    macro_rules! published {
        ($new:expr, $options:expr) => {{
            let options: &Value = $options;
            let mut architecture = $new.include_top(options["include_top"].as_bool().unwrap()).weights("imagenet");
            if let Some(shape) = options["input_shape"].as_array() {
                architecture = architecture.input_shape(shape.iter().map(|n| n.as_u64().unwrap() as usize));
            }
            architecture.published_file().unwrap()
        }};
    }

    #[test]
    fn files_are_those_of_keras() {
        let cases: Vec<Value> = serde_json::from_str(include_str!("../testdata/published.json")).unwrap();
        assert!(cases.len() > 60);
        for case in &cases {
            let (name, options) = (case["architecture"].as_str().unwrap(), &case["options"]);
            let alpha = options["alpha"].as_f64().unwrap_or(1.0);
            let file = match name {
                "VGG16" => published!(Vgg16::new(), options),
                "VGG19" => published!(Vgg19::new(), options),
                "ResNet50" => published!(ResNet50::new(), options),
                "ResNet101" => published!(ResNet101::new(), options),
                "ResNet152" => published!(ResNet152::new(), options),
                "ResNet50V2" => published!(ResNet50V2::new(), options),
                "ResNet101V2" => published!(ResNet101V2::new(), options),
                "ResNet152V2" => published!(ResNet152V2::new(), options),
                "InceptionV3" => published!(InceptionV3::new(), options),
                "Xception" => published!(Xception::new(), options),
                "DenseNet121" => published!(DenseNet121::new(), options),
                "DenseNet169" => published!(DenseNet169::new(), options),
                "DenseNet201" => published!(DenseNet201::new(), options),
                "EfficientNetB0" => published!(EfficientNetB0::new(), options),
                "EfficientNetB1" => published!(EfficientNetB1::new(), options),
                "EfficientNetB2" => published!(EfficientNetB2::new(), options),
                "EfficientNetB3" => published!(EfficientNetB3::new(), options),
                "EfficientNetB4" => published!(EfficientNetB4::new(), options),
                "EfficientNetB5" => published!(EfficientNetB5::new(), options),
                "EfficientNetB6" => published!(EfficientNetB6::new(), options),
                "EfficientNetB7" => published!(EfficientNetB7::new(), options),
                "MobileNet" => published!(MobileNet::new().alpha(alpha), options),
                "MobileNetV2" => published!(MobileNetV2::new().alpha(alpha), options),
                _ => panic!("{name}"),
            };
            assert_eq!((file.url.as_str(), file.md5), (case["origin"].as_str().unwrap(), case["file_hash"].as_str()), "{case}");
        }
    }

    #[test]
    fn networks_that_keras_has_not_have_no_files() {
        for file in [AlexNet::new().published_file(), GoogLeNet::new().published_file(), ResNet20::new().published_file()] {
            assert!(file.unwrap_err().to_string().ends_with("Keras publishes no weights of this network"));
        }
        assert!(Vgg11::new().published_file().is_err() && ResNet18::new().published_file().is_err());
    }

    #[test]
    fn only_one_word_is_no_path() {
        assert_eq!(Weights::of(Path::new("imagenet")), Weights::ImageNet);
        assert_eq!(Weights::of(Path::new("a/imagenet")), Weights::File("a/imagenet".into()));
    }

    #[test]
    fn published_efficientnets_rescale_once_more() {
        let plan = EfficientNetB0::new().weights("imagenet").blueprint().unwrap();
        let names: Vec<&str> = plan.layers.iter().map(|layer| layer.name.as_str()).take(3).collect();
        assert_eq!(names, ["rescaling", "normalization", "rescaling_1"]);
        assert_eq!(EfficientNetB0::new().blueprint().unwrap().layers.len() + 1, plan.layers.len());
    }
}
