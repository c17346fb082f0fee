//! The frequencies of a signal over time.

use super::mode::SpectrogramMode as Mode;
use crate::convolutional::{convolve, kernel_axes};
use crate::setters::setters;
use crate::spatial::{DataFormat, Padding, Windows};
use burn::module::{Module, Param};
use kiln_core::build::Build;
use kiln_core::initializer::{Initializer, Scaling, Side};
use kiln_core::layer::{Call, Layer, Options};
use kiln_core::window::Window;
use kiln_core::{Context, Error, Result, Shape, Tensor, layer_options};
use serde::{Deserialize, Serialize};

/// The short-time Fourier transform of each channel: frames of `frame_length` values, `frame_step` apart, times a window, against
/// waves of `fft_length / 2 + 1` frequencies. The waves are weights, which are trained unless the layer is frozen.
///
/// From (batch, time, channels) to (batch, frames, channels · frequencies), or with `expand_dims` to (batch, frames, frequencies,
/// channels); with `channels_first` from (batch, channels, time) to (batch, channels · frequencies, frames) or (batch, channels, frames,
/// frequencies). Weights: `real_kernel`, `imag_kernel` (frame_length, 1, frequencies), those that the mode needs.
/// Keras: `keras/src/layers/preprocessing/stft_spectrogram.py`.
///
/// ```
/// use kiln_core::{Layer, Shape};
/// use kiln_layers::StftSpectrogram;
/// let layer = StftSpectrogram::new().frame_length(256).frame_step(128).fft_length(512).trainable(false);
/// assert_eq!(layer.output_shape(&Shape::batch_of([160_000, 1]))?.to_string(), "(None, 1249, 257)");
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StftSpectrogram {
    #[serde(flatten)]
    options: Options,
    mode: Mode,
    frame_length: usize,
    frame_step: Option<usize>,
    fft_length: Option<usize>,
    window: Option<Window>,
    periodic: bool,
    scaling: Option<Scaling>,
    padding: Padding,
    data_format: DataFormat,
    expand_dims: bool,
}

impl Default for StftSpectrogram {
    fn default() -> Self {
        Self::new()
    }
}

impl StftSpectrogram {
    /// Keras' defaults: the logarithm of the magnitude, frames of 256.
    pub fn new() -> Self {
        Self {
            options: Options::default(),
            mode: Mode::Log,
            frame_length: 256,
            frame_step: None,
            fft_length: None,
            window: Some("hann".into()),
            periodic: false,
            scaling: Some(Scaling::Density),
            padding: Padding::Valid,
            data_format: DataFormat::ChannelsLast,
            expand_dims: false,
        }
    }

    setters! { =>
        /// The window each frame is multiplied with. Default `hann`.
        window: some Window;
        /// `log`, `magnitude`, `psd`, `real`, `imag`, `angle` or `stft`. Default `log`.
        mode: into Mode;
        /// The values of a frame. Default 256.
        frame_length: usize;
        /// From a frame's beginning to the next one's. Default half of `frame_length`.
        frame_step: maybe usize;
        /// The length of the transform, from which the frequencies come. Default the power of two from `frame_length` on.
        fft_length: maybe usize;
        /// Whether the window is one period of a repeated one. Default false.
        periodic: bool;
        /// `valid` or `same`. Default `valid`.
        padding: into Padding;
        /// Where the channels are. Default last.
        data_format: into DataFormat;
        /// Whether the frequencies are an axis of their own, as for images. Default false.
        expand_dims: bool;
    }

    /// Frames are not multiplied with a window.
    pub fn no_window(mut self) -> Self {
        self.window = None;
        self
    }

    /// What the window is divided by; `None` for nothing. Default its density.
    pub fn scaling(mut self, scaling: impl Into<Option<Scaling>>) -> Self {
        self.scaling = scaling.into();
        self
    }

    fn length(&self) -> usize {
        self.fft_length.unwrap_or_else(|| self.frame_length.checked_next_power_of_two().unwrap_or(usize::MAX))
    }

    fn frequencies(&self) -> usize {
        self.length() / 2 + 1
    }

    fn windows(&self) -> Windows<1> {
        let step = self.frame_step.unwrap_or(self.frame_length / 2);
        Windows {
            class: Self::CLASS,
            option: "frame_length",
            size: [self.frame_length],
            strides: [step],
            dilation: [1],
            padding: self.padding.clone(),
            format: self.data_format.clone(),
        }
    }

    fn check(&self) -> Result<()> {
        let wrong = |option, expected: String, received: usize| Err(Error::option(Self::CLASS, option, expected, received));
        self.mode.check()?;
        let windows = self.windows();
        if self.frame_length == 0 {
            return wrong("frame_length", "at least 1".to_owned(), 0);
        }
        if !(1..=self.frame_length).contains(&windows.strides[0]) {
            return wrong("frame_step", format!("in 1..={}, the length of a frame", self.frame_length), windows.strides[0]);
        }
        let least = self.frame_length.max(2);
        if self.length() < least {
            return wrong("fft_length", format!("at least {least}"), self.length());
        }
        if let Some(window) = &self.window {
            window.values(self.frame_length, self.periodic).map_err(|e| e.by("window", Self::CLASS))?;
        }
        windows.check(false)
    }
}

impl Layer for StftSpectrogram {
    const CLASS: &'static str = "STFTSpectrogram";
    type Module = StftSpectrogramModule;
    layer_options!();

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        self.check()?;
        let windows = self.windows();
        let axes = windows.axes(input)?;
        let [frames] = windows.slide(axes.spatial)?;
        let frequencies = self.frequencies() * if self.mode == Mode::Stft { 2 } else { 1 };
        let flat = axes.channels.map(|channels| channels * frequencies);
        let last = self.data_format == DataFormat::ChannelsLast;
        Ok(Shape::new(match (self.expand_dims, last) {
            (true, true) => vec![axes.batch, frames, Some(frequencies), axes.channels],
            (true, false) => vec![axes.batch, axes.channels, frames, Some(frequencies)],
            (false, true) => vec![axes.batch, frames, flat],
            (false, false) => vec![axes.batch, flat, frames],
        }))
    }

    fn build(&self, input: &Shape, cx: &Build) -> Result<StftSpectrogramModule> {
        self.output_shape(input)?;
        let shape = [self.frame_length, 1, self.frequencies()];
        let kernel = |name, side| {
            let (window, scaling, periodic) = (self.window.clone(), self.scaling, self.periodic);
            cx.weight(name, shape, &Initializer::Stft { side, window, scaling, periodic })
        };
        Ok(StftSpectrogramModule {
            real_kernel: (self.mode != Mode::Imag).then(|| kernel("real_kernel", Side::Real)).transpose()?,
            imag_kernel: (self.mode != Mode::Real).then(|| kernel("imag_kernel", Side::Imag)).transpose()?,
            mode: self.mode.clone(),
            windows: self.windows(),
            expand_dims: self.expand_dims,
        })
    }
}

/// A built [`StftSpectrogram`].
#[derive(Module, Debug)]
pub struct StftSpectrogramModule {
    real_kernel: Option<Param<burn::Tensor<3>>>,
    imag_kernel: Option<Param<burn::Tensor<3>>>,
    #[module(skip)]
    mode: Mode,
    #[module(skip)]
    windows: Windows<1>,
    #[module(skip)]
    expand_dims: bool,
}

/// Keras' `epsilon`, below which no power and no magnitude goes.
const EPSILON: f64 = 1e-7;

impl StftSpectrogramModule {
    /// What the mode makes of real and imaginary part, (signals, frequencies, frames).
    fn show(&self, real: Option<Tensor>, imag: Option<Tensor>) -> Result<Tensor> {
        let (real, imag) = match (real, imag) {
            (Some(real), Some(imag)) => (real, imag),
            (Some(one), None) | (None, Some(one)) => return Ok(one),
            (None, None) => return Err(Error::order(StftSpectrogram::CLASS, "there is no kernel")),
        };
        match self.mode {
            Mode::Angle => return Ok(imag.float::<3>()?.atan2(real.float::<3>()?).into()),
            Mode::Stft => return Tensor::concat([&real, &imag], 1),
            _ => {}
        }
        let power = real.square() + imag.square();
        if self.mode == Mode::Psd {
            let count = power.shape()[1];
            let factors = (0..count).map(|f| if f == 0 || f + 1 == count { 1.0f32 } else { 2.0 }).collect();
            return power.try_mul(Tensor::from_vec(factors, [1, count, 1])?.to_device(&power.device()));
        }
        let magnitude = power.maximum(EPSILON)?.sqrt();
        if self.mode == Mode::Log { Ok(magnitude.maximum(EPSILON)?.log()) } else { Ok(magnitude) }
    }
}

impl Call for StftSpectrogramModule {
    fn call(&self, x: Tensor, _: &Context) -> Result<Tensor> {
        let pads = self.windows.meet(&x, None)?;
        let x = self.windows.format.to_first(x.to_float())?;
        let [batch, channels, time] = [0, 1, 2].map(|axis| x.shape().get(axis).map_or(0, |n| *n as isize));
        // All channels alike: each is a signal of its own.
        let signals = x.reshape([batch * channels, 1, time])?;
        let part = |kernel: &Option<Param<burn::Tensor<3>>>| {
            let kernel = kernel.as_ref().map(|kernel| kernel_axes::<1>(kernel.val().into(), 1, 0)).transpose()?;
            kernel.map(|kernel| convolve(signals.clone(), kernel, None, &self.windows, pads, 1)).transpose()
        };
        let y = self.show(part(&self.real_kernel)?, part(&self.imag_kernel)?)?;
        let [frequencies, frames] = [1, 2].map(|axis| y.shape().get(axis).map_or(0, |n| *n as isize));
        let last = self.windows.format == DataFormat::ChannelsLast;
        match (self.expand_dims, last) {
            (true, true) => y.reshape([batch, channels, frequencies, frames])?.transpose([0, 3, 2, 1]),
            (true, false) => y.reshape([batch, channels, frequencies, frames])?.transpose([0, 1, 3, 2]),
            (false, true) => y.reshape([batch, channels * frequencies, frames])?.transpose([0, 2, 1]),
            (false, false) => y.reshape([batch, channels * frequencies, frames]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MelSpectrogram;
    use kiln_core::random::Stream;
    use kiln_core::{AnyLayer, Device};

    #[test]
    fn agrees_with_keras() {
        crate::spatial::golden::agree(include_str!("../../testdata/stft_spectrogram.json"));
    }

    #[test]
    fn a_wave_shows_at_its_frequency() {
        let layer = StftSpectrogram::new().mode("magnitude").frame_length(32).scaling(Scaling::Spectrum).window("hann").periodic(true);
        let module = layer.build(&Shape::batch_of([64, 1]), &Build::new(&Device::current().unwrap(), Stream::new(1))).unwrap();
        let wave: Vec<f32> = (0..64).map(|t| (std::f32::consts::TAU * 5.0 * t as f32 / 32.0).cos()).collect();
        let x = Tensor::from_vec(wave, [1, 64, 1]).unwrap().to_device(&Device::current().unwrap()).autodiff();
        let y = module.call(x, &Context::inference()).unwrap();
        assert_eq!(y.shape(), [1, 3, 17]);
        // Half of the amplitude is at the negative frequency; the window leaks a quarter to both neighbours.
        let frame = &y.to_vec::<f32>()[..17];
        for (f, expected) in [(3, 0.000_316), (4, 0.25), (5, 0.5), (6, 0.25), (9, 0.000_316)] {
            assert!((frame[f] - expected).abs() < 1e-4, "{frame:?}");
        }
    }

    #[test]
    fn windows_and_scales_can_be_left_out() {
        let config = AnyLayer::from(StftSpectrogram::new().no_window().scaling(None)).config().unwrap();
        assert!(config["window"].is_null() && config["scaling"].is_null());
        assert!(AnyLayer::from(MelSpectrogram::new().no_window()).config().unwrap()["window"].is_null());
    }

    #[test]
    fn mistakes_are_errors() {
        let of = |layer: StftSpectrogram| layer.output_shape(&Shape::batch_of([64, 1])).unwrap_err().to_string();
        let small = || StftSpectrogram::new().frame_length(32);
        assert_eq!(of(small().mode("phase")).split(';').next(), Some("unknown spectrogram mode `phase`"));
        assert_eq!(of(small().frame_step(33)), "STFTSpectrogram: `frame_step` must be in 1..=32, the length of a frame, received 33");
        assert_eq!(of(small().fft_length(16)), "STFTSpectrogram: `fft_length` must be at least 32, received 16");
        assert_eq!(of(small().frame_length(0)), "STFTSpectrogram: `frame_length` must be at least 1, received 0");
        assert_eq!(of(small().window(vec![1.0; 3])), "STFTSpectrogram: `values` must be 32 values, received 3");
        assert_eq!(of(small().window("han")), "unknown window `han`, did you mean `hann`?");
        assert!(of(small().padding("causal")).contains("`padding` must be `valid` or `same`"));
        assert!(of(small().frame_length(65)).contains("at least 65 on axis 1"));
    }
}
