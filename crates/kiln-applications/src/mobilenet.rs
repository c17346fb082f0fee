//! MobileNet: each filter on one channel, then channels mixed.

use crate::frame::{Frame, Wiring, architecture};
use crate::imagenet::preprocessing;
use crate::pretrained::{Published, imagenet_needs};
use kiln_core::symbol::{On, Symbol};
use kiln_core::{Error, Layer, Result};
use kiln_layers::{Activation, BatchNormalization, Conv2d, DepthwiseConv2d, Dropout, GlobalAveragePooling2d, Relu, Reshape, ZeroPadding2d};

/// A convolution and thirteen pairs of a depthwise and a 1×1 convolution.
///
/// 4,253,864 weights. Images of at least 32×32; default 224×224×3. Howard and others, 2017; Keras:
/// `keras/src/applications/mobilenet.py`.
///
/// ```
/// use kiln_applications::MobileNet;
/// let model = MobileNet::new().alpha(0.25).input_shape([32, 32, 3]).classes(10).build()?;
/// assert_eq!(model.name(), "mobilenet_0.25_32");
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct MobileNet {
    frame: Frame,
    alpha: f64,
    depth_multiplier: usize,
    dropout: f64,
}

impl Default for MobileNet {
    fn default() -> Self {
        Self { frame: Frame::default(), alpha: 1.0, depth_multiplier: 1, dropout: 1e-3 }
    }
}

/// Filters and stride of each pair.
const PAIRS: [(usize, usize); 13] =
    [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1), (512, 1), (512, 1), (512, 1), (512, 1), (1024, 2), (1024, 1)];

/// Images that Keras has weights for, by their sides.
const SIDES: &[usize] = &[128, 160, 192, 224];

/// The side of the images, if they are square and of one of `sides`; else 224. Keras' files are for these.
pub(crate) fn side(frame: &Frame, sides: &[usize]) -> usize {
    let own = frame.input_shape.as_ref().map(|axes| axes.iter().copied().take(2).collect::<Vec<_>>());
    let tensor = frame.input_tensor.as_ref().map(|symbol| symbol.shape().axes().iter().copied().skip(1).take(2).collect());
    match own.or(tensor).as_deref() {
        Some([Some(rows), Some(columns)]) if rows == columns && sides.contains(rows) => *rows,
        _ => 224,
    }
}

/// An `alpha` that leaves a filter in the narrowest layer, of `narrowest`.
pub(crate) fn check_alpha(who: &str, alpha: f64, narrowest: usize) -> Result<()> {
    if alpha.is_finite() && narrowest as f64 * alpha >= 1.0 {
        return Ok(());
    }
    Err(Error::option(who, "alpha", format!("at least {}", 1.0 / narrowest as f64), alpha))
}

/// Keras' name of a slim network: its width and the rows of its images.
pub(crate) fn slim_name(class: &str, alpha: f64, input: &Symbol) -> String {
    let rows = input.shape().axes().get(1).copied().flatten();
    format!("{class}_{alpha:.2}_{}", rows.map_or("None".to_owned(), |n| n.to_string()))
}

impl MobileNet {
    /// For ImageNet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A factor for the numbers of filters. Default 1.
    pub fn alpha(mut self, alpha: f64) -> Self {
        self.alpha = alpha;
        self
    }

    /// Depthwise filters for each channel. Default 1.
    pub fn depth_multiplier(mut self, depth_multiplier: usize) -> Self {
        self.depth_multiplier = depth_multiplier;
        self
    }

    /// The share of features dropped before the classes. Default 0.001.
    pub fn dropout(mut self, rate: f64) -> Self {
        self.dropout = rate;
        self
    }

    fn filters(&self, filters: usize) -> usize {
        (filters as f64 * self.alpha) as usize
    }

    fn wire(&self) -> Result<Wiring> {
        const WHO: &str = "MobileNet";
        let frame = &self.frame;
        check_alpha(WHO, self.alpha, 32)?;
        if self.depth_multiplier == 0 {
            return Err(Error::option(WHO, "depth_multiplier", "at least 1", 0));
        }
        let input = frame.input(WHO, side(frame, SIDES), 32)?;
        let activated = |x: Symbol, name: &str| {
            let x = BatchNormalization::new().name(&format!("{name}_bn")).on(&x)?;
            Relu::new().max_value(6.0).name(&format!("{name}_relu")).on(&x)
        };
        let conv = Conv2d::new(self.filters(32), 3).strides(2).padding("same").use_bias(false).name("conv1");
        let mut x = activated(conv.on(&input)?, "conv1")?;
        for (i, (filters, stride)) in PAIRS.into_iter().enumerate() {
            let i = i + 1;
            let mut depthwise = DepthwiseConv2d::new(3).depth_multiplier(self.depth_multiplier).use_bias(false);
            if stride == 1 {
                depthwise = depthwise.padding("same");
            } else {
                x = ZeroPadding2d::new(((0, 1), (0, 1))).name(&format!("conv_pad_{i}")).on(&x)?;
                depthwise = depthwise.strides(stride);
            }
            x = activated(depthwise.name(&format!("conv_dw_{i}")).on(&x)?, &format!("conv_dw_{i}"))?;
            let pointwise = Conv2d::new(self.filters(filters), 1).padding("same").use_bias(false).name(&format!("conv_pw_{i}"));
            x = activated(pointwise.on(&x)?, &format!("conv_pw_{i}"))?;
        }
        let out = if frame.include_top {
            frame.check_classes(WHO)?;
            let x = GlobalAveragePooling2d::new().keepdims(true).on(&x)?;
            let x = Dropout::new(self.dropout).name("dropout").on(&x)?;
            let x = Conv2d::new(frame.classes, 1).padding("same").name("conv_preds").on(&x)?;
            let x = Reshape::new([frame.classes as isize]).name("reshape_2").on(&x)?;
            Activation::new(frame.classifier_activation.clone()).name("predictions").on(&x)?
        } else {
            frame.pool(WHO, x, None)?
        };
        frame.wiring(WHO, &slim_name("mobilenet", self.alpha, &input), &input, vec![out])
    }
}

impl MobileNet {
    /// Keras' file for this width and these images.
    fn published(&self, wiring: &Wiring) -> Result<Published> {
        let alpha = match self.alpha {
            1.0 => "1_0",
            0.75 => "7_5",
            0.5 => "5_0",
            0.25 => "2_5",
            other => return Err(imagenet_needs(&wiring.who, "alpha", "0.25, 0.5, 0.75 or 1", other)),
        };
        if self.depth_multiplier != 1 {
            return Err(imagenet_needs(&wiring.who, "depth_multiplier", 1, self.depth_multiplier));
        }
        let stem = format!("mobilenet_{alpha}_{}_tf", side(&self.frame, SIDES));
        Ok(Published::new("tensorflow/keras-applications/mobilenet", &stem, ["", "_no_top"], None, self.frame.include_top))
    }
}

architecture!(MobileNet);
preprocessing!("tf", MobileNet);
