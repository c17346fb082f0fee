//! What every loss has: a name and a reduction.

use super::Reduction;
use crate::config::Config;
use kiln_core::Result;
use serde_json::{Map, Value};

/// What a loss's `reduction` setter takes: a [`Reduction`] or Keras' name of one.
///
/// An unknown name is reported where the loss is used.
pub trait IntoReduction {
    /// The reduction.
    ///
    /// # Errors
    /// An unknown name.
    fn into_reduction(self) -> Result<Reduction>;
}

impl IntoReduction for Reduction {
    fn into_reduction(self) -> Result<Reduction> {
        Ok(self)
    }
}

impl IntoReduction for &str {
    fn into_reduction(self) -> Result<Reduction> {
        self.parse()
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Common {
    pub(crate) name: String,
    pub(crate) reduction: Result<Reduction>,
}

impl Common {
    pub(crate) fn new(name: &str) -> Self {
        Self { name: name.to_owned(), reduction: Ok(Reduction::default()) }
    }

    pub(crate) fn check(&self) -> Result<()> {
        self.reduction.clone().map(|_| ())
    }

    pub(crate) fn settings(&self) -> Map<String, Value> {
        let reduction = self.reduction.clone().unwrap_or_default().name();
        Map::from_iter([("name".to_owned(), self.name.clone().into()), ("reduction".to_owned(), reduction.into())])
    }

    /// Keras 2 wrote `auto` for the reduction.
    pub(crate) fn configure(&mut self, config: &Config) -> Result<()> {
        config.read("name", &mut self.name)?;
        let mut reduction: Option<String> = None;
        config.read("reduction", &mut reduction)?;
        self.reduction = match (reduction.as_deref(), config.values.contains_key("reduction")) {
            (Some("auto"), _) | (None, false) => Ok(Reduction::default()),
            (Some(name), _) => name.parse(),
            (None, true) => Ok(Reduction::None),
        };
        Ok(())
    }
}

/// A loss's struct: its options with their defaults and setters, beside the name and reduction all losses have.
macro_rules! loss {
    ($(#[$doc:meta])* $name:ident as $text:literal {
        $($(#[$note:meta])* $field:ident: $ty:ty = $default:expr),* $(,)?
    } $(own setter $own:ident: $own_ty:ty = $own_default:expr)?) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name {
            common: $crate::losses::common::Common,
            $($field: $ty,)*
            $($own: $own_ty,)?
        }

        impl Default for $name {
            fn default() -> Self {
                Self::new()
            }
        }

        impl $name {
            /// With Keras' defaults.
            ///
            #[doc = concat!("```\nuse kiln_train::losses::{IntoLoss, ", stringify!($name), "};")]
            #[doc = concat!("let loss = ", stringify!($name), "::new().reduction(\"sum\").into_loss()?;")]
            #[doc = concat!("assert_eq!(loss.name(), \"", $text, "\");")]
            /// # Ok::<(), kiln_core::Error>(())
            /// ```
            pub fn new() -> Self {
                Self { common: $crate::losses::common::Common::new($text), $($field: $default,)* $($own: $own_default,)? }
            }

            $(
                $(#[$note])*
                pub fn $field(mut self, $field: $ty) -> Self {
                    self.$field = $field;
                    self
                }
            )*

            fn settings(&self) -> serde_json::Map<String, serde_json::Value> {
                #[allow(unused_mut)]
                let mut values = self.common.settings();
                $(values.insert(stringify!($field).to_owned(), $crate::config::Setting::write(&self.$field));)*
                $(values.insert(stringify!($own).to_owned(), $crate::config::Setting::write(&self.$own));)?
                values
            }

            pub(crate) fn configured(config: &$crate::config::Config) -> kiln_core::Result<Self> {
                #[allow(unused_mut)]
                let mut loss = Self::new();
                loss.common.configure(config)?;
                $(config.read(stringify!($field), &mut loss.$field)?;)*
                $(config.read(stringify!($own), &mut loss.$own)?;)?
                Ok(loss)
            }

            const CLASS: &str = stringify!($name);

            /// Another name for errors and logs.
            pub fn name(mut self, name: &str) -> Self {
                self.common.name = name.to_owned();
                self
            }

            /// How the values of a batch become one; a `Reduction` or its name, `"sum_over_batch_size"` at first.
            pub fn reduction(mut self, reduction: impl $crate::losses::IntoReduction) -> Self {
                self.common.reduction = reduction.into_reduction();
                self
            }
        }
    };
}

/// The methods of `Loss` that come from the common part; an expression may check the loss's own options.
macro_rules! common {
    ($($check:ident)?) => {
        fn name(&self) -> &str {
            &self.common.name
        }

        fn reduction(&self) -> $crate::losses::Reduction {
            self.common.reduction.clone().unwrap_or_default()
        }

        fn config(&self) -> Option<$crate::config::Config> {
            Some($crate::config::Config::new(Self::CLASS, self.settings()))
        }

        fn check(&self) -> kiln_core::Result<()> {
            $(self.$check()?;)?
            self.common.check()
        }
    };
}
