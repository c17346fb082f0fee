//! Options that are one of a few names.

/// An enum of names, and of a name that isn't known, which `check` reports; setters take strings.
macro_rules! names {
    ($(#[$doc:meta])* $name:ident { $($(#[$what:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum $name {
            $($(#[$what])* $variant,)+
            /// A name that isn't known.
            Unknown(String),
        }

        impl From<&str> for $name {
            fn from(name: &str) -> Self {
                match name {
                    $($text => Self::$variant,)+
                    _ => Self::Unknown(name.to_owned()),
                }
            }
        }

        impl $name {
            fn text(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)+
                    Self::Unknown(name) => name,
                }
            }

            /// Whether it is one of `known`.
            pub(super) fn check(&self, who: &str, option: &str, known: &[Self]) -> kiln_core::Result<()> {
                if known.contains(self) {
                    return Ok(());
                }
                let names: Vec<String> = known.iter().map(|name| format!("`{}`", name.text())).collect();
                Err(kiln_core::Error::option(who, option, format!("one of {}", names.join(", ")), format!("`{}`", self.text())))
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.text())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Ok(String::deserialize(deserializer)?.as_str().into())
            }
        }
    };
}
pub(super) use names;

names! {
    /// Where the channels of an image stand.
    DataFormat {
        /// (batch, height, width, channels).
        ChannelsLast = "channels_last",
        /// (batch, channels, height, width).
        ChannelsFirst = "channels_first",
    }
}

names! {
    /// How a value between pixels is found.
    Interpolation {
        /// The nearest pixel.
        Nearest = "nearest",
        /// A straight line between neighbours.
        Bilinear = "bilinear",
        /// Keys' cubic (a = -0.5) of four neighbours.
        Bicubic = "bicubic",
        /// Lanczos' windowed sine of radius 3.
        Lanczos3 = "lanczos3",
        /// Lanczos' windowed sine of radius 5.
        Lanczos5 = "lanczos5",
    }
}

names! {
    /// What stands outside of an image `a b c d`.
    FillMode {
        /// `k k k k | a b c d | k k k k` with a value k.
        Constant = "constant",
        /// `d c b a | a b c d | d c b a`.
        Reflect = "reflect",
        /// `a b c d | a b c d | a b c d`.
        Wrap = "wrap",
        /// `a a a a | a b c d | d d d d`.
        Nearest = "nearest",
    }
}

impl FillMode {
    /// All of them.
    pub(super) const ALL: [Self; 4] = [Self::Reflect, Self::Wrap, Self::Constant, Self::Nearest];
}

impl Interpolation {
    /// Those of a warp.
    pub(super) const WARPS: [Self; 2] = [Self::Nearest, Self::Bilinear];
}
