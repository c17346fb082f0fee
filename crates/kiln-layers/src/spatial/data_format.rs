//! Where the channels are.

use kiln_core::{Error, Result, Shape, Tensor};
use serde::{Deserialize, Serialize};

/// Whether the channels are the last axis or the one behind the batch.
///
/// ```
/// use kiln_layers::spatial::DataFormat;
/// assert_eq!(DataFormat::from("channels_first"), DataFormat::ChannelsFirst);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum DataFormat {
    /// (batch, spatial axes, channels), the default.
    #[default]
    ChannelsLast,
    /// (batch, channels, spatial axes).
    ChannelsFirst,
    /// A name that isn't known.
    Unknown(String),
}

impl From<&str> for DataFormat {
    fn from(name: &str) -> Self {
        match name.to_lowercase().as_str() {
            "channels_last" => Self::ChannelsLast,
            "channels_first" => Self::ChannelsFirst,
            _ => Self::Unknown(name.to_owned()),
        }
    }
}

impl From<String> for DataFormat {
    fn from(name: String) -> Self {
        name.as_str().into()
    }
}

impl From<DataFormat> for String {
    fn from(format: DataFormat) -> Self {
        match format {
            DataFormat::ChannelsLast => "channels_last".to_owned(),
            DataFormat::ChannelsFirst => "channels_first".to_owned(),
            DataFormat::Unknown(name) => name,
        }
    }
}

/// The axes of a shape by their meaning.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Axes<const N: usize> {
    pub(crate) batch: Option<usize>,
    pub(crate) spatial: [Option<usize>; N],
    pub(crate) channels: Option<usize>,
}

impl DataFormat {
    /// Whether the name is known.
    pub(crate) fn check(&self) -> Result<()> {
        match self {
            Self::Unknown(name) => Err(Error::unknown("data format", name, ["channels_last", "channels_first"])),
            _ => Ok(()),
        }
    }

    /// The first spatial axis.
    pub(crate) fn spatial_axis(&self) -> usize {
        if *self == Self::ChannelsFirst { 2 } else { 1 }
    }

    /// The axes of `input`, which must have `N` spatial ones.
    pub(crate) fn axes<const N: usize>(&self, class: &str, input: &Shape) -> Result<Axes<N>> {
        self.check()?;
        let axes = input.axes();
        if axes.len() != N + 2 {
            let error = Error::shape(class, format!("an input of shape {}", self.wanted::<N>()), input);
            return Err(match (axes.len() == N + 1, input.sample()) {
                (true, Some(sample)) => error.hint(format!("add a channel axis, as `Reshape::new({:?})` does", self.with_channel(sample))),
                _ => error,
            });
        }
        let from = self.spatial_axis();
        let channels = if from == 2 { axes[1] } else { axes[N + 1] };
        Ok(Axes { batch: axes[0], spatial: std::array::from_fn(|i| axes[i + from]), channels })
    }

    fn with_channel(&self, mut sample: Vec<usize>) -> Vec<usize> {
        sample.insert(if *self == Self::ChannelsFirst { 0 } else { sample.len() }, 1);
        sample
    }

    fn wanted<const N: usize>(&self) -> &'static str {
        match (N, self.spatial_axis()) {
            (1, 1) => "(batch, steps, channels)",
            (1, _) => "(batch, channels, steps)",
            (2, 1) => "(batch, height, width, channels)",
            (2, _) => "(batch, channels, height, width)",
            (_, 1) => "(batch, depth, height, width, channels)",
            _ => "(batch, channels, depth, height, width)",
        }
    }

    /// The shape with these axes.
    pub(crate) fn shape<const N: usize>(&self, axes: Axes<N>) -> Shape {
        let Axes { batch, spatial, channels } = axes;
        let mut all = vec![batch];
        all.extend(spatial);
        all.insert(if *self == Self::ChannelsFirst { 1 } else { N + 1 }, channels);
        Shape::new(all)
    }

    /// Moves the channels behind the batch, where Burn wants them.
    pub(crate) fn to_first(&self, x: Tensor) -> Result<Tensor> {
        match self {
            Self::ChannelsFirst => Ok(x),
            _ => {
                let last = x.rank().saturating_sub(1);
                x.transpose([0, last].into_iter().chain(1..last).collect::<Vec<_>>())
            }
        }
    }

    /// A value for each channel, shaped so that it is added to all cells of its channel.
    pub(crate) fn of_channels<const N: usize>(&self, values: burn::Tensor<1>) -> Result<Tensor> {
        let mut shape = [-1].to_vec();
        if *self == Self::ChannelsFirst {
            shape.extend([1; N]);
        }
        Tensor::from(values).reshape(shape)
    }

    /// Moves the channels from behind the batch to their place.
    pub(crate) fn restore(&self, x: Tensor) -> Result<Tensor> {
        match self {
            Self::ChannelsFirst => Ok(x),
            _ => x.transpose(std::iter::once(0).chain(2..x.rank()).chain([1]).collect::<Vec<_>>()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_go_there_and_back() {
        let x = Tensor::range(0..24).reshape([1, 2, 3, 4]).unwrap();
        let first = DataFormat::ChannelsLast.to_first(x.clone()).unwrap();
        assert_eq!(first.shape(), [1, 4, 2, 3]);
        let back = DataFormat::ChannelsLast.restore(first).unwrap();
        assert_eq!((back.shape(), back.to_vec::<i32>()), (x.shape(), x.to_vec::<i32>()));
        assert_eq!(DataFormat::ChannelsFirst.to_first(x).unwrap().shape(), [1, 2, 3, 4]);
    }

    #[test]
    fn a_missing_channel_axis_is_told() {
        let error = DataFormat::ChannelsLast.axes::<2>("Conv2D", &Shape::batch_of([28, 28])).unwrap_err();
        assert_eq!(
            error.to_string(),
            "Conv2D: expected an input of shape (batch, height, width, channels), received (None, 28, 28); \
             add a channel axis, as `Reshape::new([28, 28, 1])` does"
        );
        let error = DataFormat::from("chanels_last").axes::<1>("Conv1D", &Shape::batch_of([5, 2])).unwrap_err();
        assert_eq!(error.to_string(), "unknown data format `chanels_last`, did you mean `channels_last`?");
    }
}
