//! The activations in JSON: a name, or an object with parameters as Keras writes it.

use super::Activation;
use crate::object;
use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// The functions that Keras has as layers too, and so reads and writes with parameters.
const LAYERS: [&str; 4] = ["ReLU", "LeakyReLU", "ELU", "Softmax"];

/// What a class name stands for when it comes without parameters: Keras' layers have defaults of their own.
fn with_defaults(class: &str) -> Activation {
    match class {
        "ReLU" => Activation::ReluWith { negative_slope: 0.0, max_value: None, threshold: 0.0 },
        "LeakyReLU" => Activation::LeakyRelu { negative_slope: 0.3 },
        "ELU" => "elu".into(),
        "Softmax" => "softmax".into(),
        "threshold" => Activation::Threshold { threshold: 0.0, value: 0.0 },
        name => name.into(),
    }
}

/// Keras' name where the parameters are the defaults, else class and parameters.
impl Serialize for Activation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if matches!(self, Self::Closure(_)) {
            return Err(S::Error::custom("a closure as an activation can't be saved; write a layer of your own, which can"));
        }
        if matches!(self, Self::Unknown(_)) || *self == Self::from(self.name()) {
            return serializer.serialize_str(self.name());
        }
        let tagged = Self::serialize(self, serde_json::value::Serializer).map_err(S::Error::custom)?;
        let of_keras = tagged["class_name"].as_str().is_some_and(|class| LAYERS.contains(&class));
        if of_keras { object::whole("keras.layers", tagged).serialize(serializer) } else { tagged.serialize(serializer) }
    }
}

impl<'de> Deserialize<'de> for Activation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        if let Some(name) = value.as_str() {
            return Ok(name.into());
        }
        let write = |known: &Self| Self::serialize(known, serde_json::value::Serializer);
        let read = object::read(value, with_defaults, write, Self::deserialize).map_err(D::Error::custom)?;
        Ok(if read == with_defaults("ReLU") { Self::Relu } else { read })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{from_value, json};

    #[test]
    fn parameters_survive_json() {
        let round = |a: Activation| {
            let text = serde_json::to_string(&a).unwrap();
            assert_eq!(serde_json::from_str::<Activation>(&text).unwrap(), a, "{text}");
            text
        };
        assert_eq!(round("leaky_relu".into()), "\"leaky_relu\"");
        let text = round(Activation::LeakyRelu { negative_slope: 0.3 });
        assert_eq!(text, r#"{"class_name":"LeakyReLU","config":{"negative_slope":0.3},"module":"keras.layers","registered_name":null}"#);
        assert_eq!(round(Activation::Celu { alpha: 0.5 }), r#"{"class_name":"celu","config":{"alpha":0.5}}"#);
        round(Activation::ReluWith { negative_slope: 0.1, max_value: Some(6.0), threshold: 0.5 });
        round(Activation::Elu { alpha: 0.5 });
        round(Activation::Softmax { axis: 1 });
        round(Activation::Threshold { threshold: 1.0, value: 2.0 });
        for (name, function) in super::super::names::named() {
            round(function);
            round(name.into());
        }
    }

    #[test]
    fn objects_of_keras_are_read() {
        let goldens: Value = serde_json::from_str(include_str!("../../testdata/objects.json")).unwrap();
        let read: Vec<Activation> = from_value(goldens["layers"].clone()).unwrap();
        let expected = [
            Activation::ReluWith { negative_slope: 0.25, max_value: Some(2.0), threshold: 0.5 },
            Activation::LeakyRelu { negative_slope: 0.3 },
            Activation::Elu { alpha: 0.5 },
            Activation::Softmax { axis: 1 },
        ];
        assert_eq!(read, expected);
        let function = json!({"module": "builtins", "class_name": "function", "config": "relu", "registered_name": "relu"});
        assert_eq!(from_value::<Activation>(function).unwrap(), Activation::Relu);
        assert_eq!(from_value::<Activation>(json!({"class_name": "ReLU", "config": {}})).unwrap(), Activation::Relu);
        assert_eq!(from_value::<Activation>(json!({"class_name": "leaky_relu", "config": {}})).unwrap(), "leaky_relu".into());
        let old = json!({"class_name": "leaky_relu", "config": {"negative_slope": 0.5}});
        assert_eq!(from_value::<Activation>(old).unwrap(), Activation::LeakyRelu { negative_slope: 0.5 });
        assert!(from_value::<Activation>(json!({"class_name": "PRelu", "config": {}})).unwrap().check().is_err());
    }
}
