//! Options that are one of a few words.

use kiln_core::Result;

/// What a setter takes that asks for a choice: the value, or Keras' word for it. An unknown word is reported where the metric
/// is used.
pub trait IntoChoice<C> {
    /// The choice.
    ///
    /// # Errors
    /// An unknown word.
    fn into_choice(self) -> Result<C>;
}

/// An enum with Keras' words for its values.
macro_rules! choice {
    ($(#[$doc:meta])* $name:ident, $kind:literal { $($(#[$note:meta])* $value:ident = $($word:literal)|+),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $($(#[$note])* $value,)+
        }

        impl std::str::FromStr for $name {
            type Err = kiln_core::Error;
            fn from_str(word: &str) -> kiln_core::Result<Self> {
                match word {
                    $($($word)|+ => Ok(Self::$value),)+
                    _ => Err(kiln_core::Error::unknown($kind, word, [$($($word),+),+])),
                }
            }
        }

        /// No value is the word `none`.
        impl $crate::config::Setting for kiln_core::Result<$name> {
            const EXPECTED: &'static str = concat!("the name of a ", $kind);
            fn write(&self) -> serde_json::Value {
                let word = self.as_ref().ok().map(|value| match value {
                    $($name::$value => [$($word),+][0],)+
                });
                word.filter(|word| *word != "none").into()
            }
            fn read(value: &serde_json::Value) -> Option<Self> {
                if value.is_null() { Some("none".parse()) } else { value.as_str().map(str::parse) }
            }
        }

        impl $crate::metrics::IntoChoice<$name> for $name {
            fn into_choice(self) -> kiln_core::Result<$name> {
                Ok(self)
            }
        }

        impl $crate::metrics::IntoChoice<$name> for &str {
            fn into_choice(self) -> kiln_core::Result<$name> {
                self.parse()
            }
        }
    };
}
