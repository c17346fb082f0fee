//! Spectrograms: which frequencies a signal has, over time.

mod mel_spectrogram;
mod mode;
mod stft_spectrogram;

pub use mel_spectrogram::{MelSpectrogram, MelSpectrogramModule};
pub use mode::SpectrogramMode;
pub use stft_spectrogram::{StftSpectrogram, StftSpectrogramModule};
