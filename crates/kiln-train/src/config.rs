//! Nouns as data: the class and the options with Keras' keys, to be written to files and read back.

use burn::tensor::DType;
use kiln_core::{Error, Result};
use serde_json::{Map, Value, json};

/// A loss, a metric, an optimizer or a schedule as data: Keras' class name and `get_config`.
///
/// ```
/// use kiln_train::losses::{Huber, Loss, from_config};
/// let config = Huber::new().delta(0.5).config().ok_or("no closure")?;
/// assert_eq!((config.class.as_str(), &config.values["delta"]), ("Huber", &0.5.into()));
/// assert_eq!(from_config(&config)?.name(), "huber");
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Keras' class name.
    pub class: String,
    /// The options by Keras' names.
    pub values: Map<String, Value>,
}

impl Config {
    pub(crate) fn new(class: &str, values: Map<String, Value>) -> Self {
        // Rust writes short forms as words; Keras doesn't.
        let keras = match class {
            "KlDivergence" => "KLDivergence",
            "Ctc" => "CTC",
            "Auc" => "AUC",
            "Sgd" => "SGD",
            "RmsProp" => "RMSprop",
            other => other,
        };
        Self { class: keras.to_owned(), values }
    }

    /// Keras' whole form: `{"module", "class_name", "config", "registered_name"}`.
    pub fn object(&self, module: &str) -> Value {
        json!({ "module": module, "class_name": self.class, "config": self.values, "registered_name": null })
    }

    /// Reads Keras' whole form, of a file of any version; also `{"class_name", "config"}` alone.
    ///
    /// # Errors
    /// Neither.
    pub fn of_object(kind: &str, value: &Value) -> Result<Self> {
        let class = value.get("class_name").and_then(Value::as_str);
        match (class, value.get("config")) {
            (Some(class), Some(Value::Object(values))) => Ok(Self { class: class.to_owned(), values: values.clone() }),
            (Some(class), None) => Ok(Self { class: class.to_owned(), values: Map::new() }),
            _ => Err(Error::option(kind, "config", "an object with `class_name` and `config`", value)),
        }
    }

    /// The option `key`, if the file has it.
    pub(crate) fn read<T: Setting>(&self, key: &str, into: &mut T) -> Result<()> {
        if let Some(value) = self.values.get(key) {
            *into = T::read(value).ok_or_else(|| Error::option(&self.class, key, T::EXPECTED, value))?;
        }
        Ok(())
    }

    /// The option `key`, which has no default.
    pub(crate) fn need<T: Setting>(&self, key: &str) -> Result<T> {
        let value = self.values.get(key).unwrap_or(&Value::Null);
        T::read(value).ok_or_else(|| Error::option(&self.class, key, T::EXPECTED, value))
    }
}

/// The value of an option, to and from JSON.
pub(crate) trait Setting: Sized {
    /// What an error asks for.
    const EXPECTED: &'static str;
    fn write(&self) -> Value;
    fn read(value: &Value) -> Option<Self>;
}

macro_rules! setting {
    ($($ty:ty, $expected:literal, |$value:ident| $read:expr;)*) => {$(
        impl Setting for $ty {
            const EXPECTED: &'static str = $expected;
            fn write(&self) -> Value {
                json!(self)
            }
            fn read($value: &Value) -> Option<Self> {
                $read
            }
        }
    )*};
}

setting! {
    f64, "a number", |value| value.as_f64();
    bool, "true or false", |value| value.as_bool();
    String, "text", |value| value.as_str().map(str::to_owned);
    u64, "a whole number", |value| value.as_u64().or_else(|| whole(value)?.try_into().ok());
    i64, "a whole number", |value| value.as_i64().or_else(|| whole(value));
    usize, "a whole number", |value| u64::read(value)?.try_into().ok();
    isize, "a whole number", |value| i64::read(value)?.try_into().ok();
}

/// A whole number that was written as `3.0`.
fn whole(value: &Value) -> Option<i64> {
    value.as_f64().filter(|v| v.fract() == 0.0 && v.abs() < 9e15).map(|v| v as i64)
}

impl<T: Setting> Setting for Option<T> {
    const EXPECTED: &'static str = T::EXPECTED;
    fn write(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::write)
    }
    fn read(value: &Value) -> Option<Self> {
        if value.is_null() { Some(None) } else { T::read(value).map(Some) }
    }
}

impl<T: Setting> Setting for Vec<T> {
    const EXPECTED: &'static str = "a list";
    fn write(&self) -> Value {
        self.iter().map(T::write).collect()
    }
    fn read(value: &Value) -> Option<Self> {
        value.as_array()?.iter().map(T::read).collect()
    }
}

/// Only whether it is of floats counts.
impl Setting for DType {
    const EXPECTED: &'static str = "the name of a dtype";
    fn write(&self) -> Value {
        json!(if self.is_float() { "float32" } else { "int32" })
    }
    fn read(value: &Value) -> Option<Self> {
        let name = value.as_str().or_else(|| value.pointer("/config/name")?.as_str())?;
        Some(if name.contains("float") { Self::F32 } else { Self::I32 })
    }
}

/// Finds a noun by Keras' class name: `from_config`'s match, and the names for its error.
macro_rules! configured {
    ($kind:literal, $config:ident, $into:expr, $($noun:ident)*) => {{
        const CLASSES: &[&str] = &[$(stringify!($noun)),*];
        let known = CLASSES.iter().find(|class| $crate::config::Config::new(class, Default::default()).class == $config.class);
        match known.copied() {
            $(Some(stringify!($noun)) => $noun::configured($config).and_then($into),)*
            _ => {
                let names: Vec<String> = CLASSES.iter().map(|class| $crate::config::Config::new(class, Default::default()).class).collect();
                Err(kiln_core::Error::unknown($kind, &$config.class, names.iter().map(String::as_str)))
            }
        }
    }};
}
