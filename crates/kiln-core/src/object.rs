//! Keras' form of objects in JSON: a plain name, or `{"module", "class_name", "config", "registered_name"}`.

use serde_json::{Map, Value, json};

/// Reads an object in either form. `named` gives the object of a name, with its defaults; `write` and `read` are the tagged form
/// `{"class_name", "config"}` that serde derives. Keys that are absent keep their defaults, unknown ones are ignored.
///
/// # Errors
/// Neither form; a value that the class can't take.
pub(crate) fn read<T>(
    value: Value,
    named: impl Fn(&str) -> T,
    write: impl Fn(&T) -> serde_json::Result<Value>,
    read: impl Fn(Value) -> serde_json::Result<T>,
) -> Result<T, String> {
    let Value::Object(mut object) = value else {
        return value.as_str().map(named).ok_or_else(|| format!("expected a name or an object with `class_name`, received {value}"));
    };
    let config = object.remove("config").unwrap_or_default();
    let class = object.remove("class_name");
    let class = class.as_ref().and_then(Value::as_str).ok_or("an object needs a `class_name`")?;
    if class == "function" {
        // Keras writes the functions of its modules like this.
        return config.as_str().map(named).ok_or_else(|| "a function needs its name as `config`".to_owned());
    }
    let default = named(class);
    let Ok(Value::Object(mut tagged)) = write(&default) else {
        return Ok(default); // a name that isn't known, which `check` reports
    };
    if let (Some(Value::Object(known)), Value::Object(given)) = (tagged.get_mut("config"), config) {
        overlay(known, given)?;
    }
    read(Value::Object(tagged)).map_err(|e| format!("`{class}`: {e}"))
}

/// Options that Kiln does not have; a file that sets one must not be read as if it did not.
const REFUSED: [&str; 2] = ["input_axes", "output_axes"];

fn overlay(known: &mut Map<String, Value>, given: Map<String, Value>) -> Result<(), String> {
    for (key, value) in given {
        if REFUSED.contains(&key.as_str()) && !value.is_null() {
            return Err(format!("`{key}` is not supported"));
        }
        // A seed may be a generator with a seed of its own.
        let own = value.pointer("/config/seed").filter(|_| key == "seed").cloned();
        if known.contains_key(&key) {
            known.insert(key, own.unwrap_or(value));
        }
    }
    Ok(())
}

/// The whole form of the tagged one.
pub(crate) fn whole(module: &str, mut tagged: Value) -> Value {
    let (class, config) = (tagged["class_name"].take(), tagged["config"].take());
    json!({ "module": module, "class_name": class, "config": config, "registered_name": null })
}

/// Writes `Serialize` and `Deserialize` in Keras' form for an enum with serde's remote form of `class_name` and `config`.
macro_rules! keras_object {
    ($name:ident, $module:literal) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
                let tagged = Self::serialize(self, serde_json::value::Serializer).map_err(serde::ser::Error::custom)?;
                $crate::object::whole($module, tagged).serialize(serializer)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
                let value = <serde_json::Value as serde::Deserialize>::deserialize(deserializer)?;
                let write = |known: &Self| Self::serialize(known, serde_json::value::Serializer);
                $crate::object::read(value, |name| Self::from(name), write, Self::deserialize).map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use keras_object;

#[cfg(test)]
mod tests {
    use crate::constraint::Constraint;
    use crate::initializer::Initializer;
    use crate::regularizer::Regularizer;
    use serde_json::{Value, from_value, json};

    fn keras(class: &str, config: Value) -> Value {
        json!({"module": "keras.any", "class_name": class, "config": config, "registered_name": null})
    }

    #[test]
    fn objects_are_read_as_keras_writes_them() {
        let glorot = json!({"seed": null, "input_axes": null, "output_axes": null});
        assert_eq!(from_value::<Initializer>(keras("GlorotUniform", glorot)).unwrap(), "glorot_uniform".into());
        let seed = json!({"seed": keras("SeedGenerator", json!({"seed": 3, "name": "seed_generator"}))});
        assert_eq!(from_value::<Initializer>(keras("HeNormal", seed)).unwrap(), Initializer::HeNormal { seed: Some(3) });
        assert_eq!(from_value::<Regularizer>(keras("L2", json!({"l2": 0.5}))).unwrap(), Regularizer::l2(0.5));
        assert_eq!(from_value::<Constraint>(keras("MaxNorm", json!({"max_value": 3}))).unwrap(), Constraint::max_norm(3.0));
        let every_field = Constraint::max_norm(2.0).over([0, 1, 2]);
        assert_eq!(from_value::<Constraint>(keras("MaxNorm", json!({"max_value": 2, "axis": [0, 1, 2]}))).unwrap(), every_field);
    }

    #[test]
    fn names_are_objects_with_defaults() {
        assert_eq!(from_value::<Initializer>(json!("he_normal")).unwrap(), "he_normal".into());
        assert_eq!(from_value::<Initializer>(json!({"class_name": "constant", "config": {}})).unwrap(), "constant".into());
        assert_eq!(from_value::<Regularizer>(json!("l1")).unwrap(), Regularizer::l1(0.01));
        assert_eq!(from_value::<Constraint>(json!("non_neg")).unwrap(), Constraint::NonNeg {});
        let unknown = from_value::<Regularizer>(json!("l3")).unwrap().check().unwrap_err();
        assert_eq!(unknown.to_string(), "unknown regularizer `l3`, did you mean `l1`?");
    }

    #[test]
    fn the_whole_form_is_written() {
        let text = |value: Value| value.to_string();
        let expected = r#"{"class_name":"L1","config":{"l1":0.25},"module":"keras.regularizers","registered_name":null}"#;
        assert_eq!(text(serde_json::to_value(Regularizer::l1(0.25)).unwrap()), expected);
        let expected =
            r#"{"class_name":"MaxNorm","config":{"axis":0,"max_value":2.0},"module":"keras.constraints","registered_name":null}"#;
        assert_eq!(text(serde_json::to_value(Constraint::max_norm(2.0)).unwrap()), expected);
        let expected = r#"{"class_name":"Zeros","config":{},"module":"keras.initializers","registered_name":null}"#;
        assert_eq!(text(serde_json::to_value(Initializer::Zeros {}).unwrap()), expected);
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        let error = |value: Value| from_value::<Initializer>(value).unwrap_err().to_string();
        assert_eq!(error(json!(3)), "expected a name or an object with `class_name`, received 3");
        assert_eq!(error(json!({"config": {}})), "an object needs a `class_name`");
        assert_eq!(error(keras("GlorotUniform", json!({"input_axes": [0]}))), "`input_axes` is not supported");
        assert!(error(keras("Constant", json!({"value": "x"}))).starts_with("`Constant`: "));
    }
}
