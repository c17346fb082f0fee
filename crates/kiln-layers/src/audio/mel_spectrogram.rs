//! The loudness of a signal by pitch, over time.

use crate::convolutional::convolve;
use crate::setters::setters;
use crate::spatial::{DataFormat, Padding, Windows};
use burn::module::Module;
use kiln_core::build::Build;
use kiln_core::layer::{Call, Layer, Options};
use kiln_core::window::Window;
use kiln_core::{Context, Error, Result, Shape, Tensor, layer_options};
use serde::{Deserialize, Serialize};
use std::f64::consts::{LN_10, TAU};

/// The short-time Fourier transform of a signal, its power summed over `num_mel_bins` bands of pitch (of equal width in mel,
/// `1127 ln(1 + f / 700)`), in decibels: from (batch, samples) to (batch, num_mel_bins, frames). It has no weights.
///
/// The signal is mirrored at its ends, so that frames stand around each multiple of `sequence_stride`. Decibels are cut off at `top_db`
/// below the loudest of the whole batch. Keras: `keras/src/layers/preprocessing/mel_spectrogram.py`.
///
/// ```
/// use kiln_core::{Layer, Shape};
/// use kiln_layers::MelSpectrogram;
/// let layer = MelSpectrogram::new().num_mel_bins(80).sampling_rate(8000).sequence_stride(128);
/// assert_eq!(layer.output_shape(&Shape::batch_of([16_000]))?.to_string(), "(None, 80, 126)");
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MelSpectrogram {
    #[serde(flatten)]
    options: Options,
    fft_length: usize,
    sequence_stride: usize,
    sequence_length: Option<usize>,
    window: Option<Window>,
    sampling_rate: usize,
    num_mel_bins: usize,
    min_freq: f64,
    max_freq: Option<f64>,
    power_to_db: bool,
    top_db: f64,
    mag_exp: f64,
    min_power: f64,
    ref_power: f64,
}

impl Default for MelSpectrogram {
    fn default() -> Self {
        Self::new()
    }
}

/// A frequency in mel.
fn mel(hertz: f64) -> f64 {
    1127.0 * (hertz / 700.0).ln_1p()
}

impl MelSpectrogram {
    /// Keras' defaults: 128 bands of frames of 2048 samples, 512 apart, of 16000 samples a second.
    pub fn new() -> Self {
        Self {
            options: Options::default(),
            fft_length: 2048,
            sequence_stride: 512,
            sequence_length: None,
            window: Some("hann".into()),
            sampling_rate: 16_000,
            num_mel_bins: 128,
            min_freq: 20.0,
            max_freq: None,
            power_to_db: true,
            top_db: 80.0,
            mag_exp: 2.0,
            min_power: 1e-10,
            ref_power: 1.0,
        }
    }

    setters! { =>
        /// The window each frame is multiplied with. Default `hann`.
        window: some Window;
        /// The length of the transform. Default 2048.
        fft_length: usize;
        /// The samples from a frame to the next. Default 512.
        sequence_stride: usize;
        /// The samples under the window. Default `fft_length`.
        sequence_length: maybe usize;
        /// Samples a second. Default 16000.
        sampling_rate: usize;
        /// How many bands. Default 128.
        num_mel_bins: usize;
        /// Where the lowest band begins, in hertz. Default 20.
        min_freq: f64;
        /// Where the highest band ends, in hertz. Default half of `sampling_rate`.
        max_freq: maybe f64;
        /// Whether the result is in decibels. Default true.
        power_to_db: bool;
        /// How many decibels below the loudest are cut off. Default 80.
        top_db: f64;
        /// The power of the magnitude that is summed: 1 for the magnitude, 2 for the power. Default 2.
        mag_exp: f64;
        /// Taken for any power below it. Default 1e-10.
        min_power: f64;
        /// The power of 0 decibels. Default 1.
        ref_power: f64;
    }

    /// Frames are not multiplied with a window.
    pub fn no_window(mut self) -> Self {
        self.window = None;
        self
    }

    fn under_window(&self) -> usize {
        self.sequence_length.unwrap_or(self.fft_length)
    }

    fn highest(&self) -> f64 {
        self.max_freq.unwrap_or((self.sampling_rate / 2) as f64)
    }

    /// The samples mirrored at either end.
    fn margin(&self) -> usize {
        self.fft_length / 2
    }

    fn check(&self) -> Result<()> {
        let sizes = [
            ("fft_length", self.fft_length, 2),
            ("sequence_stride", self.sequence_stride, 1),
            ("sequence_length", self.under_window(), 1),
            ("sampling_rate", self.sampling_rate, 1),
            ("num_mel_bins", self.num_mel_bins, 1),
        ];
        if let Some((option, size, least)) = sizes.into_iter().find(|(_, size, least)| size < least) {
            return Err(Error::option(Self::CLASS, option, format!("at least {least}"), size));
        }
        if self.under_window() > self.fft_length {
            let expected = format!("at most `fft_length`, {}", self.fft_length);
            return Err(Error::option(Self::CLASS, "sequence_length", expected, self.under_window()));
        }
        if let Some(window) = &self.window {
            window.values(self.under_window(), true).map_err(|e| e.by("window", Self::CLASS))?;
        }
        if !(self.min_freq >= 0.0 && self.highest() > self.min_freq && self.highest().is_finite()) {
            let expected = format!("at least 0 and below `max_freq`, {}", self.highest());
            return Err(Error::option(Self::CLASS, "min_freq", expected, self.min_freq));
        }
        let positive = |v: f64| v > 0.0 && v.is_finite();
        let numbers = [("mag_exp", self.mag_exp, positive(self.mag_exp)), ("min_power", self.min_power, positive(self.min_power))];
        if let Some((option, value, _)) = numbers.into_iter().find(|(.., fine)| !fine) {
            return Err(Error::option(Self::CLASS, option, "above 0", value));
        }
        if !(self.top_db.is_finite() && self.ref_power.is_finite()) {
            return Err(Error::option(Self::CLASS, "top_db and ref_power", "finite", format!("{} and {}", self.top_db, self.ref_power)));
        }
        Ok(())
    }

    /// The waves against which a frame is held, times the window: cosines and then sines of all frequencies, each over the samples under
    /// the window. Also, where these begin in a frame.
    fn waves(&self) -> Result<(Tensor, usize)> {
        let frequencies = self.fft_length / 2 + 1;
        let (begin, window) = match &self.window {
            Some(window) => ((self.fft_length - self.under_window()) / 2, window.values(self.under_window(), true)?),
            // Without one, Keras takes the whole frame.
            None => (0, vec![1.0; self.fft_length]),
        };
        let wave = |f: usize, t: usize, of: fn(f64) -> f64| {
            // Turns over are taken away first, for the sake of the digits.
            let turn = (f * (t + begin) % self.fft_length) as f64 / self.fft_length as f64;
            (of(-TAU * turn) * window[t]) as f32
        };
        let mut values = Vec::with_capacity(2 * frequencies * window.len());
        for of in [f64::cos as fn(f64) -> f64, f64::sin] {
            for f in 0..frequencies {
                values.extend((0..window.len()).map(|t| wave(f, t, of)));
            }
        }
        Ok((Tensor::from_vec(values, [2 * frequencies, 1, window.len()])?, begin))
    }

    /// How much of each frequency belongs to each band, (bands, frequencies): triangles in mel that reach to the middles of the neighbours.
    fn bands(&self) -> Result<Tensor> {
        let frequencies = self.fft_length / 2 + 1;
        let (low, high) = (mel(self.min_freq), mel(self.highest()));
        let width = (high - low) / (self.num_mel_bins + 1) as f64;
        let nyquist = self.sampling_rate as f64 / 2.0;
        let weight = |band: usize, f: usize| {
            let place = mel(nyquist * f as f64 / (frequencies - 1) as f64);
            let middle = low + width * (band + 1) as f64;
            // No band has a share of the signal's mean.
            if f == 0 { 0.0 } else { (1.0 - (place - middle).abs() / width).max(0.0) as f32 }
        };
        let values = (0..self.num_mel_bins).flat_map(|band| (0..frequencies).map(move |f| weight(band, f))).collect();
        Tensor::from_vec(values, [1, self.num_mel_bins, frequencies])
    }
}

impl Layer for MelSpectrogram {
    const CLASS: &'static str = "MelSpectrogram";
    type Module = MelSpectrogramModule;
    layer_options!();

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        self.check()?;
        let &[batch, samples] = input.axes() else {
            return Err(Error::shape(Self::CLASS, "an input of 2 axes: (batch, samples)", input));
        };
        let least = self.margin() + 1;
        if let Some(samples) = samples.filter(|samples| *samples < least) {
            let error = Error::shape(Self::CLASS, format!("at least {least} samples"), samples);
            return Err(error.hint("the ends are mirrored over half of `fft_length`: make it smaller"));
        }
        let frames = samples.map(|samples| (samples + 2 * self.margin() - self.fft_length) / self.sequence_stride + 1);
        Ok(Shape::new(vec![batch, Some(self.num_mel_bins), frames]))
    }

    fn build(&self, input: &Shape, _: &Build) -> Result<MelSpectrogramModule> {
        self.output_shape(input)?;
        let (waves, begin) = self.waves()?;
        Ok(MelSpectrogramModule { waves, bands: self.bands()?, begin, layer: self.clone() })
    }
}

/// A built [`MelSpectrogram`].
#[derive(Module, Debug)]
pub struct MelSpectrogramModule {
    #[module(skip)]
    waves: Tensor,
    #[module(skip)]
    bands: Tensor,
    #[module(skip)]
    begin: usize,
    #[module(skip)]
    layer: MelSpectrogram,
}

impl MelSpectrogramModule {
    /// The signals (batch, samples), mirrored at both ends, without what is under no window.
    fn mirrored(&self, x: &Tensor) -> Result<Tensor> {
        let (samples, margin) = (x.shape()[1] as isize, self.layer.margin() as isize);
        let flip = |part: Tensor| Ok::<_, Error>(Tensor::from(part.float::<2>()?.flip([1])));
        let before = flip(x.slice([(..).into(), (1..margin + 1).into()])?)?;
        let after = flip(x.slice([(..).into(), (samples - 1 - margin..samples - 1).into()])?)?;
        let whole = Tensor::concat([&before, x, &after], 1)?;
        let (begin, cut) = (self.begin as isize, self.layer.fft_length - self.waves.shape()[2] - self.begin);
        let end = whole.shape()[1] as isize - cut as isize;
        whole.slice([(..).into(), (begin..end).into()])?.expand_dims(1)
    }

    fn decibels(&self, power: Tensor) -> Result<Tensor> {
        let decibels = 10.0 / LN_10;
        let zero = 10.0 * self.layer.ref_power.abs().max(self.layer.min_power).log10();
        let loudness = power.maximum(self.layer.min_power)?.log() * decibels - zero;
        loudness.maximum(loudness.max() - self.layer.top_db)
    }
}

impl Call for MelSpectrogramModule {
    fn call(&self, x: Tensor, _: &Context) -> Result<Tensor> {
        let shape = self.layer.output_shape(&Shape::known(x.shape()))?;
        let x = x.to_float();
        let device = x.device();
        if x.is_empty() {
            return Ok(Tensor::zeros(shape.axes().iter().map(|n| n.unwrap_or(0)).collect::<Vec<_>>()).to_device(&device));
        }
        let windows = Windows {
            class: MelSpectrogram::CLASS,
            option: "sequence_length",
            size: [self.waves.shape()[2]],
            strides: [self.layer.sequence_stride],
            dilation: [1],
            padding: Padding::Valid,
            format: DataFormat::ChannelsFirst,
        };
        let parts = convolve(self.mirrored(&x)?, self.waves.clone().to_device(&device), None, &windows, [(0, 0)], 1)?.square();
        let frequencies = self.bands.shape()[2] as isize;
        let real = parts.slice([(..).into(), (..frequencies).into()])?;
        let power = real + parts.slice([(..).into(), (frequencies..).into()])?;
        let power = if self.layer.mag_exp == 2.0 { power } else { power.pow(self.layer.mag_exp / 2.0)? };
        let bands = self.bands.clone().to_device(&device).matmul(&power)?;
        if self.layer.power_to_db { self.decibels(bands) } else { Ok(bands) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_keras() {
        crate::spatial::golden::agree(include_str!("../../testdata/mel_spectrogram.json"));
    }

    #[test]
    fn mistakes_are_errors() {
        let of = |layer: MelSpectrogram| layer.output_shape(&Shape::batch_of([64])).unwrap_err().to_string();
        let small = || MelSpectrogram::new().fft_length(32).sequence_stride(8).num_mel_bins(4);
        assert!(small().output_shape(&Shape::batch_of([64])).is_ok());
        assert_eq!(of(small().sequence_stride(0)), "MelSpectrogram: `sequence_stride` must be at least 1, received 0");
        assert_eq!(of(small().sequence_length(33)), "MelSpectrogram: `sequence_length` must be at most `fft_length`, 32, received 33");
        assert_eq!(of(small().max_freq(10.0)), "MelSpectrogram: `min_freq` must be at least 0 and below `max_freq`, 10, received 20");
        assert_eq!(of(small().mag_exp(0.0)), "MelSpectrogram: `mag_exp` must be above 0, received 0");
        assert_eq!(of(small().window("han")), "unknown window `han`, did you mean `hann`?");
        assert!(of(MelSpectrogram::new()).starts_with("MelSpectrogram: expected at least 1025 samples, received 64"));
        let error = small().output_shape(&Shape::batch_of([64, 1])).unwrap_err().to_string();
        assert_eq!(error, "MelSpectrogram: expected an input of 2 axes: (batch, samples), received (None, 64, 1)");
    }
}
