//! What a spectrogram shows.

use kiln_core::{Error, Result};
use serde::{Deserialize, Serialize};

/// What a spectrogram shows of each frequency.
///
/// ```
/// use kiln_layers::audio::SpectrogramMode;
/// assert_eq!(SpectrogramMode::from("psd"), SpectrogramMode::Psd);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum SpectrogramMode {
    /// The logarithm of the magnitude.
    Log,
    /// The root of real² + imaginary².
    Magnitude,
    /// The power, twice that of the inner frequencies, which stand for the negative ones too.
    Psd,
    /// The real part.
    Real,
    /// The imaginary part.
    Imag,
    /// The angle, from -π to π.
    Angle,
    /// The real parts of all frequencies, then the imaginary ones.
    Stft,
    /// A name that isn't known.
    Unknown(String),
}

use SpectrogramMode as Mode;

const NAMES: [(&str, Mode); 7] = [
    ("log", Mode::Log),
    ("magnitude", Mode::Magnitude),
    ("psd", Mode::Psd),
    ("real", Mode::Real),
    ("imag", Mode::Imag),
    ("angle", Mode::Angle),
    ("stft", Mode::Stft),
];

impl From<&str> for Mode {
    fn from(name: &str) -> Self {
        let found = NAMES.into_iter().find(|(known, _)| *known == name);
        found.map_or_else(|| Self::Unknown(name.to_owned()), |(_, mode)| mode)
    }
}

impl From<String> for Mode {
    fn from(name: String) -> Self {
        name.as_str().into()
    }
}

impl From<Mode> for String {
    fn from(mode: Mode) -> Self {
        let found = NAMES.iter().find(|(_, known)| *known == mode).map(|(name, _)| (*name).to_owned());
        match mode {
            Mode::Unknown(name) => name,
            _ => found.unwrap_or_default(),
        }
    }
}

impl Mode {
    /// Whether the name is known.
    pub(super) fn check(&self) -> Result<()> {
        match self {
            Self::Unknown(name) => Err(Error::unknown("spectrogram mode", name, NAMES.map(|(name, _)| name))),
            _ => Ok(()),
        }
    }
}
