//! MobileNetV2: residual blocks that are wide inside and narrow outside.

use crate::frame::{Frame, Wiring, architecture, channels};
use crate::imagenet::{correct_pad, preprocessing};
use crate::mobilenet::{check_alpha, side, slim_name};
use crate::pretrained::{Published, imagenet_needs};
use kiln_core::symbol::{On, Symbol};
use kiln_core::{Layer, Result};
use kiln_layers::{Add, BatchNormalization, Conv2d, DepthwiseConv2d, Relu, ZeroPadding2d};

/// Seventeen inverted residual blocks: widened by a 1×1 convolution, filtered by a depthwise one, narrowed by a linear 1×1 one.
///
/// 3,538,984 weights. Images of at least 32×32; default 224×224×3. Sandler and others, 2018; Keras:
/// `keras/src/applications/mobilenet_v2.py`.
///
/// ```
/// use kiln_applications::MobileNetV2;
/// let model = MobileNetV2::new().alpha(0.35).input_shape([32, 32, 3]).classes(10).build()?;
/// assert_eq!(model.layer_output("block_16_project_BN")?.shape().to_string(), "(None, 1, 1, 112)");
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct MobileNetV2 {
    frame: Frame,
    alpha: f64,
}

impl Default for MobileNetV2 {
    fn default() -> Self {
        Self { frame: Frame::default(), alpha: 1.0 }
    }
}

/// Filters and stride of each block.
const BLOCKS: [(usize, usize); 17] = [
    (16, 1),
    (24, 2),
    (24, 1),
    (32, 2),
    (32, 1),
    (32, 1),
    (64, 2),
    (64, 1),
    (64, 1),
    (64, 1),
    (96, 1),
    (96, 1),
    (96, 1),
    (160, 2),
    (160, 1),
    (160, 1),
    (320, 1),
];

/// Images that Keras has weights for, by their sides.
const SIDES: &[usize] = &[96, 128, 160, 192, 224];

/// The multiple of 8 nearest to `filters`, but not below nine tenths of it.
fn divisible(filters: f64) -> usize {
    let nearest = (((filters + 4.0) as usize) / 8 * 8).max(8);
    if (nearest as f64) < 0.9 * filters { nearest + 8 } else { nearest }
}

fn bn(name: &str) -> BatchNormalization {
    BatchNormalization::new().momentum(0.999).name(name)
}

fn relu6(name: &str) -> Relu {
    Relu::new().max_value(6.0).name(name)
}

fn block(input: &Symbol, filters: usize, stride: usize, index: usize) -> Result<Symbol> {
    let prefix = if index == 0 { "expanded_conv_".to_owned() } else { format!("block_{index}_") };
    let named = |part: &str| format!("{prefix}{part}");
    let conv = |filters: usize, part: &str| Conv2d::new(filters, 1).padding("same").use_bias(false).name(&named(part));
    let mut x = input.clone();
    if index > 0 {
        x = bn(&named("expand_BN")).on(&conv(6 * channels(input), "expand").on(&x)?)?;
        x = relu6(&named("expand_relu")).on(&x)?;
    }
    let mut depthwise = DepthwiseConv2d::new(3).use_bias(false).name(&named("depthwise"));
    if stride == 1 {
        depthwise = depthwise.padding("same");
    } else {
        x = ZeroPadding2d::new(correct_pad(&x, 3)).name(&named("pad")).on(&x)?;
        depthwise = depthwise.strides(stride);
    }
    let x = relu6(&named("depthwise_relu")).on(&bn(&named("depthwise_BN")).on(&depthwise.on(&x)?)?)?;
    let x = bn(&named("project_BN")).on(&conv(filters, "project").on(&x)?)?;
    if stride == 1 && channels(input) == filters { Add::new().name(&named("add")).on([input, &x]) } else { Ok(x) }
}

impl MobileNetV2 {
    /// For ImageNet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A factor for the numbers of filters, which are rounded to multiples of 8. Default 1.
    pub fn alpha(mut self, alpha: f64) -> Self {
        self.alpha = alpha;
        self
    }

    fn wire(&self) -> Result<Wiring> {
        const WHO: &str = "MobileNetV2";
        let (frame, alpha) = (&self.frame, self.alpha);
        check_alpha(WHO, alpha, 16)?;
        let input = frame.input(WHO, side(frame, SIDES), 32)?;
        let conv = Conv2d::new(divisible(32.0 * alpha), 3).strides(2).padding("same").use_bias(false).name("Conv1");
        let mut x = relu6("Conv1_relu").on(&bn("bn_Conv1").on(&conv.on(&input)?)?)?;
        for (i, (filters, stride)) in BLOCKS.into_iter().enumerate() {
            x = block(&x, divisible((filters as f64 * alpha).floor()), stride, i)?;
        }
        let last = if alpha > 1.0 { divisible(1280.0 * alpha) } else { 1280 };
        let x = Conv2d::new(last, 1).use_bias(false).name("Conv_1").on(&x)?;
        let x = relu6("out_relu").on(&bn("Conv_1_bn").on(&x)?)?;
        let out = frame.mean_top(WHO, x, None)?;
        frame.wiring(WHO, &slim_name("mobilenetv2", alpha, &input), &input, vec![out])
    }
}

impl MobileNetV2 {
    /// Keras' file for this width and these images.
    fn published(&self, wiring: &Wiring) -> Result<Published> {
        if ![0.35, 0.5, 0.75, 1.0, 1.3, 1.4].contains(&self.alpha) {
            return Err(imagenet_needs(&wiring.who, "alpha", "0.35, 0.5, 0.75, 1, 1.3 or 1.4", self.alpha));
        }
        let stem = format!("mobilenet_v2_weights_tf_dim_ordering_tf_kernels_{:?}_{}", self.alpha, side(&self.frame, SIDES));
        Ok(Published::new("tensorflow/keras-applications/mobilenet_v2", &stem, ["", "_no_top"], None, self.frame.include_top))
    }
}

architecture!(MobileNetV2);
preprocessing!("tf", MobileNetV2);
