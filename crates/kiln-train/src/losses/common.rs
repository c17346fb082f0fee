//! What every loss has: a name and a reduction.

use super::Reduction;
use kiln_core::Result;

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

        fn check(&self) -> kiln_core::Result<()> {
            $(self.$check()?;)?
            self.common.check()
        }
    };
}
