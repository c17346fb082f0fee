//! Every layer by Keras' class name: what reads descriptions back from files, and layers inside layers.

use crate::*;
use kiln_core::layer::Layer;
use kiln_core::{AnyLayer, Error, Result};
use serde_json::Value;

/// Lists the layers; each is found by its class.
macro_rules! layers {
    ($($layer:ident)+) => {
        /// The class names of all layers of this crate, as Keras spells them.
        pub fn layer_classes() -> Vec<&'static str> {
            vec![$(<$layer as Layer>::CLASS),+]
        }

        /// The layer of Keras' class name `class` with the configuration `config`, as `get_config` writes it.
        ///
        /// ```
        /// let config = serde_json::json!({"rate": 0.5});
        /// assert_eq!(kiln_layers::layer_from_config("Dropout", config)?.class(), "Dropout");
        /// let error = kiln_layers::layer_from_config("Dens", serde_json::json!({})).unwrap_err();
        /// assert_eq!(error.to_string(), "unknown layer `Dens`, did you mean `Dense`?");
        /// # Ok::<(), kiln_core::Error>(())
        /// ```
        ///
        /// # Errors
        /// A class that is not known; a configuration that the class can't read.
        pub fn layer_from_config(class: &str, config: Value) -> Result<AnyLayer> {
            match class {
                $(<$layer as Layer>::CLASS => read::<$layer>(config),)+
                _ => Err(Error::unknown("layer", class, layer_classes())),
            }
        }
    };
}

layers! {
    Dense EinsumDense Activation Lambda Identity Embedding Masking
    Conv1d Conv2d Conv3d Conv1dTranspose Conv2dTranspose Conv3dTranspose
    DepthwiseConv1d DepthwiseConv2d SeparableConv1d SeparableConv2d
    MaxPooling1d MaxPooling2d MaxPooling3d
    GlobalMaxPooling1d GlobalMaxPooling2d GlobalMaxPooling3d
    AdaptiveMaxPooling1d AdaptiveMaxPooling2d AdaptiveMaxPooling3d
    AveragePooling1d AveragePooling2d AveragePooling3d
    GlobalAveragePooling1d GlobalAveragePooling2d GlobalAveragePooling3d
    AdaptiveAveragePooling1d AdaptiveAveragePooling2d AdaptiveAveragePooling3d
    Dropout AlphaDropout GaussianDropout GaussianNoise SpatialDropout1d SpatialDropout2d SpatialDropout3d ActivityRegularization
    Attention AdditiveAttention MultiHeadAttention GroupQueryAttention
    Relu LeakyRelu PRelu Elu Softmax
    Add Subtract Multiply Average Maximum Minimum Concatenate Dot
    BatchNormalization LayerNormalization GroupNormalization RmsNormalization UnitNormalization SpectralNormalization
    Flatten Reshape Permute RepeatVector
    Cropping1d Cropping2d Cropping3d ZeroPadding1d ZeroPadding2d ZeroPadding3d UpSampling1d UpSampling2d UpSampling3d
    Rescaling Normalization Discretization CategoryEncoding IntegerLookup
    SimpleRnn Lstm Gru Rnn SimpleRnnCell LstmCell GruCell StackedRnnCells Bidirectional TimeDistributed ConvLstm1d ConvLstm2d ConvLstm3d
    AutoContrast AugMix CenterCrop ContrastLimitedAdaptiveHistogramEqualization Equalization RandAugment
    RandomBrightness RandomColorDegeneration RandomColorJitter RandomContrast RandomCrop RandomElasticTransform
    RandomErasing RandomFlip RandomGaussianBlur RandomGrayscale RandomHue RandomInvert RandomPerspective
    RandomPosterization RandomRotation RandomSaturation RandomSharpness RandomShear RandomTranslation RandomZoom
    Resizing Solarization
}

fn read<L: Layer>(config: Value) -> Result<AnyLayer> {
    let layer: L = serde_json::from_value(config).map_err(|e| Error::option(L::CLASS, "config", "a configuration of this layer", e))?;
    Ok(layer.into())
}

/// A layer inside a layer's description, in Keras' form `{"class_name": .., "config": ..}`: for `#[serde(with = "nested_layer")]`.
pub mod nested_layer {
    use super::{AnyLayer, Value, layer_from_config};
    use serde::de::Error as _;
    use serde::ser::Error as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// Writes the layer.
    ///
    /// # Errors
    /// A layer that holds a closure.
    pub fn serialize<S: Serializer>(layer: &AnyLayer, serializer: S) -> Result<S::Ok, S::Error> {
        let config = layer.config().map_err(S::Error::custom)?;
        let text = serde_json::json!({
            "module": "keras.layers", "class_name": layer.class(), "config": config, "registered_name": null,
        });
        text.serialize(serializer)
    }

    /// Reads the layer.
    ///
    /// # Errors
    /// Not a layer's form, a class that is not known.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<AnyLayer, D::Error> {
        let mut text = Value::deserialize(deserializer)?;
        let config = text.get_mut("config").map(Value::take).unwrap_or_default();
        let class = text.get("class_name").and_then(Value::as_str).ok_or_else(|| D::Error::custom("a layer needs a `class_name`"))?;
        layer_from_config(class, config).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::{Deserialize, Serialize};

    #[derive(Serialize, Deserialize)]
    struct Holder {
        #[serde(with = "nested_layer")]
        layer: AnyLayer,
    }

    #[test]
    fn layers_inside_layers_survive_json() {
        let text = serde_json::to_string(&Holder { layer: Dense::new(3).activation("relu").into() }).unwrap();
        let back: Holder = serde_json::from_str(&text).unwrap();
        assert!(back.layer == Dense::new(3).activation("relu").into());
        assert!(back.layer != Dense::new(4).activation("relu").into());
        let error = serde_json::from_str::<Holder>(r#"{"layer": {"class_name": "Dens", "config": {}}}"#).err().unwrap();
        assert!(error.to_string().contains("did you mean `Dense`"), "{error}");
    }
}
