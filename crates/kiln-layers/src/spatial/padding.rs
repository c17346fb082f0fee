//! What a window meets at the border.

use kiln_core::{Error, Result};
use serde::{Deserialize, Serialize};

/// What a window meets at the border of its input.
///
/// ```
/// use kiln_layers::spatial::Padding;
/// assert_eq!(Padding::from("same"), Padding::Same);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Padding {
    /// Only places where the window fits.
    Valid,
    /// Cells are added on both sides, one more at the end where they are odd, so that a stride of 1 keeps the size.
    Same,
    /// Cells are added before the first one, so that no output sees a later step. For one axis.
    Causal,
    /// A name that isn't known.
    Unknown(String),
}

impl From<&str> for Padding {
    fn from(name: &str) -> Self {
        match name.to_lowercase().as_str() {
            "valid" => Self::Valid,
            "same" => Self::Same,
            "causal" => Self::Causal,
            _ => Self::Unknown(name.to_owned()),
        }
    }
}

impl From<String> for Padding {
    fn from(name: String) -> Self {
        name.as_str().into()
    }
}

impl From<Padding> for String {
    fn from(padding: Padding) -> Self {
        match padding {
            Padding::Valid => "valid".to_owned(),
            Padding::Same => "same".to_owned(),
            Padding::Causal => "causal".to_owned(),
            Padding::Unknown(name) => name,
        }
    }
}

impl Padding {
    /// Whether the name is known and, unless `causal` is allowed, not that.
    pub(crate) fn check(&self, class: &str, causal: bool) -> Result<()> {
        match self {
            Self::Unknown(name) if causal => Err(Error::unknown("padding", name, ["valid", "same", "causal"])),
            Self::Unknown(name) => Err(Error::unknown("padding", name, ["valid", "same"])),
            Self::Causal if !causal => Err(Error::option(class, "padding", "`valid` or `same`", "`causal`")),
            _ => Ok(()),
        }
    }
}
