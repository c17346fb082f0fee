//! AlexNet, with which it began.

use crate::frame::{Frame, Wiring, architecture};
use crate::imagenet::preprocessing;
use crate::pretrained::{Published, unpublished};
use crate::width::{Width, width};
use kiln_core::symbol::On;
use kiln_core::{Layer, Result};
use kiln_layers::{Conv2d, Dense, Dropout, Flatten, LocalResponseNormalization, MaxPooling2d};

/// Five convolutions, two of them followed by local response normalization, overlapping pools, three dense layers with dropout.
///
/// 60,965,224 weights: the second, fourth and fifth convolution work in two groups, which were two graphics cards. Images of at least
/// 67×67; default 227×227×3. Krizhevsky, Sutskever and Hinton, 2012. Not in Keras.
///
/// ```
/// use kiln_applications::AlexNet;
/// let model = AlexNet::new().width(0.125).input_shape([67, 67, 1]).classes(10).build()?;
/// assert_eq!(model.layer_output("pool5")?.shape().to_string(), "(None, 1, 1, 32)");
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct AlexNet {
    frame: Frame,
    width: Width,
    dropout: f64,
}

impl Default for AlexNet {
    fn default() -> Self {
        Self { frame: Frame::default(), width: Width::default(), dropout: 0.5 }
    }
}

impl AlexNet {
    /// For ImageNet.
    pub fn new() -> Self {
        Self::default()
    }

    width!();

    /// The share of units dropped before each of the two wide dense layers' successors. Default 0.5.
    pub fn dropout(mut self, rate: f64) -> Self {
        self.dropout = rate;
        self
    }

    fn wire(&self) -> Result<Wiring> {
        const WHO: &str = "AlexNet";
        let (frame, width) = (&self.frame, self.width);
        width.check(WHO)?;
        let input = frame.input(WHO, 227, 67)?;
        let conv = |filters, size, groups, name: &str| {
            Conv2d::new(width.of(filters, 2), size).groups(groups).padding("same").activation("relu").name(name)
        };
        let pool = |name: &str| MaxPooling2d::new(3).strides(2).name(name);

        let x = conv(96, 11, 1, "conv1").padding("valid").strides(4).on(&input)?;
        let x = pool("pool1").on(&LocalResponseNormalization::new().name("norm1").on(&x)?)?;
        let x = conv(256, 5, 2, "conv2").on(&x)?;
        let x = pool("pool2").on(&LocalResponseNormalization::new().name("norm2").on(&x)?)?;
        let x = conv(384, 3, 1, "conv3").on(&x)?;
        let x = conv(384, 3, 2, "conv4").on(&x)?;
        let x = conv(256, 3, 2, "conv5").on(&x)?;
        let mut x = pool("pool5").on(&x)?;
        if frame.include_top {
            x = Flatten::new().name("flatten").on(&x)?;
            for layer in ["6", "7"] {
                x = Dense::new(width.of(4096, 1)).activation("relu").name(&format!("fc{layer}")).on(&x)?;
                x = Dropout::new(self.dropout).name(&format!("drop{layer}")).on(&x)?;
            }
            x = frame.predictions(WHO)?.on(&x)?;
        } else {
            x = frame.pool(WHO, x, None)?;
        }
        frame.wiring(WHO, "alexnet", &input, vec![x])
    }
}

impl AlexNet {
    fn published(&self, wiring: &Wiring) -> Result<Published> {
        Err(unpublished(&wiring.who))
    }
}

architecture!(AlexNet);
preprocessing!("caffe", AlexNet);
