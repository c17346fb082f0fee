//! Kernels of the short-time Fourier transform (`keras/src/initializers/constant_initializers.py`).

use crate::error::{Error, Result};
use crate::shape::tuple;
use crate::tensor::Tensor;
use crate::window::Window;
use serde::{Deserialize, Serialize};

/// Which side of the transform a kernel computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The cosines.
    Real,
    /// The sines, negative.
    Imag,
}

/// What the window is divided by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scaling {
    /// The root of the sum of its squares.
    Density,
    /// The sum of its absolute values.
    Spectrum,
}

/// `cos(-2π t f / n)` (or its sine) times the window over its scale, at (t, 0, f).
pub(super) fn kernel(shape: &[usize], side: Side, window: Option<&Window>, scaling: Option<Scaling>, periodic: bool) -> Result<Tensor> {
    let (frame, frequencies) = match *shape {
        [frame, _, frequencies] if frequencies > 1 => (frame, frequencies),
        _ => return Err(Error::shape("stft", "a weight of 3 axes, (time, 1, at least 2 frequencies)", tuple(shape))),
    };
    let window: Option<Vec<f32>> =
        window.map(|w| Ok::<_, Error>(w.values(frame, periodic)?.into_iter().map(|v| v as f32).collect())).transpose()?;
    let window = window.map(|w| {
        let scale = match scaling {
            Some(Scaling::Density) => w.iter().map(|v| v * v).sum::<f32>().sqrt(),
            Some(Scaling::Spectrum) => w.iter().map(|v| v.abs()).sum(),
            None => 1.0,
        };
        (w, scale)
    });
    let length = (2 * (frequencies - 1)) as f32;
    let at = |i: usize| {
        let (time, frequency) = (i / frequencies, (i % frequencies) as f32);
        // In 32 bits and in this order, since the rounding of a large angle shows in its cosine.
        let angle = f64::from(-2.0 * time as f32 * (frequency / length) * std::f32::consts::PI);
        let wave = if side == Side::Real { angle.cos() } else { angle.sin() } as f32;
        window.as_ref().map_or(wave, |(w, scale)| wave * w[time] / scale)
    };
    let one = Tensor::from_vec((0..frame * frequencies).map(at).collect(), [frame, 1, frequencies])?;
    // Keras gives one input channel, which broadcasts.
    one.broadcast_to(shape)
}

#[cfg(test)]
mod tests {
    use crate::initializer::Initializer;
    use crate::random::Stream;
    use serde_json::Value;

    #[test]
    fn agrees_with_keras() {
        let goldens: Value = serde_json::from_str(include_str!("../../testdata/objects.json")).unwrap();
        for case in goldens["stft"].as_array().unwrap() {
            let initializer: Initializer = serde_json::from_value(case["object"].clone()).unwrap();
            let shape: Vec<usize> = serde_json::from_value(case["shape"].clone()).unwrap();
            let values = initializer.draw(&shape, Stream::new(0)).unwrap().to_vec::<f32>();
            let expected: Vec<f32> = serde_json::from_value(case["values"].clone()).unwrap();
            assert_eq!(values.len(), expected.len());
            for (v, e) in values.iter().zip(expected) {
                assert!((v - e).abs() <= 1e-5 * e.abs() + 1e-6, "{}: {v} {e}", case["object"]);
            }
            assert_eq!(serde_json::to_value(&initializer).unwrap(), case["object"]);
        }
        let error = Initializer::from("stft").draw(&[4, 1], Stream::new(0)).unwrap_err().to_string();
        assert_eq!(error, "stft: expected a weight of 3 axes, (time, 1, at least 2 frequencies), received (4, 1)");
    }
}
