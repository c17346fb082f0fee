//! EfficientNet: depth, width and resolution scaled together.

use crate::frame::{Frame, Wiring, architecture, channels};
use crate::imagenet::{correct_pad, preprocessing};
use crate::pretrained::{Published, Weights};
use kiln_core::initializer::{Distribution, FanMode, Initializer};
use kiln_core::symbol::{On, Symbol};
use kiln_core::{Layer, Result};
use kiln_layers::{
    Activation, Add, BatchNormalization, Conv2d, DepthwiseConv2d, Dropout, GlobalAveragePooling2d, Multiply, Normalization, Rescaling,
    Reshape, ZeroPadding2d,
};

/// EfficientNet `B0` to `B7`: inverted residual blocks with squeeze and excitation, `swish` throughout.
///
/// 5,330,571 weights in B0. The images are the raw ones, 0 to 255: the model rescales them. At least 32×32; default 224×224×3 (B0) to
/// 600×600×3 (B7). Tan and Le, 2019; Keras: `keras/src/applications/efficientnet.py`.
///
/// ```
/// use kiln_applications::EfficientNetB0;
/// let plan = EfficientNetB0::new().include_top(false).pooling("avg").blueprint()?;
/// assert_eq!(plan.output_shape().map(|s| s.to_string()).as_deref(), Some("(None, 1280)"));
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct EfficientNet<const B: usize> {
    frame: Frame,
    dropout: f64,
    drop_connect: f64,
}

/// EfficientNet of the first size.
pub type EfficientNetB0 = EfficientNet<0>;
/// EfficientNet of the second size.
pub type EfficientNetB1 = EfficientNet<1>;
/// EfficientNet of the third size.
pub type EfficientNetB2 = EfficientNet<2>;
/// EfficientNet of the fourth size.
pub type EfficientNetB3 = EfficientNet<3>;
/// EfficientNet of the fifth size.
pub type EfficientNetB4 = EfficientNet<4>;
/// EfficientNet of the sixth size.
pub type EfficientNetB5 = EfficientNet<5>;
/// EfficientNet of the seventh size.
pub type EfficientNetB6 = EfficientNet<6>;
/// EfficientNet of the eighth size.
pub type EfficientNetB7 = EfficientNet<7>;

/// Blocks alike, before scaling.
struct Stage {
    kernel: usize,
    repeats: usize,
    filters: usize,
    expand: usize,
    stride: usize,
}

const fn stage(kernel: usize, repeats: usize, filters: usize, expand: usize, stride: usize) -> Stage {
    Stage { kernel, repeats, filters, expand, stride }
}

const STAGES: [Stage; 7] = [
    stage(3, 1, 16, 1, 1),
    stage(3, 2, 24, 6, 2),
    stage(5, 2, 40, 6, 2),
    stage(3, 3, 80, 6, 2),
    stage(5, 3, 112, 6, 1),
    stage(5, 4, 192, 6, 2),
    stage(3, 1, 320, 6, 1),
];

/// One block, its place known.
struct Block {
    name: String,
    kernel: usize,
    filters: usize,
    expand: usize,
    stride: usize,
    drop: f64,
}

fn conv_initializer() -> Initializer {
    Initializer::VarianceScaling { scale: 2.0, mode: FanMode::FanOut, distribution: Distribution::TruncatedNormal, seed: None }
}

fn conv(filters: usize, name: &str) -> Conv2d {
    Conv2d::new(filters, 1).padding("same").kernel_initializer(conv_initializer()).name(name)
}

fn swish(x: &Symbol, bn: &str, activation: &str) -> Result<Symbol> {
    Activation::new("swish").name(activation).on(&BatchNormalization::new().name(bn).on(x)?)
}

impl Block {
    fn on(&self, input: &Symbol) -> Result<Symbol> {
        let named = |part: &str| format!("{}_{part}", self.name);
        let wide = self.expand * channels(input);
        let mut x = input.clone();
        if self.expand != 1 {
            x = conv(wide, &named("expand_conv")).use_bias(false).on(&x)?;
            x = swish(&x, &named("expand_bn"), &named("expand_activation"))?;
        }
        let mut depthwise = DepthwiseConv2d::new(self.kernel).use_bias(false).depthwise_initializer(conv_initializer());
        if self.stride == 2 {
            x = ZeroPadding2d::new(correct_pad(&x, self.kernel)).name(&named("dwconv_pad")).on(&x)?;
            depthwise = depthwise.strides(2);
        } else {
            depthwise = depthwise.padding("same");
        }
        x = swish(&depthwise.name(&named("dwconv")).on(&x)?, &named("bn"), &named("activation"))?;

        // Squeeze and excitation: each channel by a factor that depends on the mean of all channels.
        let se = GlobalAveragePooling2d::new().name(&named("se_squeeze")).on(&x)?;
        let se = Reshape::new([1, 1, wide as isize]).name(&named("se_reshape")).on(&se)?;
        let se = conv((channels(input) / 4).max(1), &named("se_reduce")).activation("swish").on(&se)?;
        let se = conv(wide, &named("se_expand")).activation("sigmoid").on(&se)?;
        let x = Multiply::new().name(&named("se_excite")).on([&x, &se])?;

        let x = conv(self.filters, &named("project_conv")).use_bias(false).on(&x)?;
        let mut x = BatchNormalization::new().name(&named("project_bn")).on(&x)?;
        if self.stride == 1 && channels(input) == self.filters {
            if self.drop > 0.0 {
                x = Dropout::new(self.drop).noise_shape([None, Some(1), Some(1), Some(1)]).name(&named("drop")).on(&x)?;
            }
            x = Add::new().name(&named("add")).on([&x, input])?;
        }
        Ok(x)
    }
}

impl<const B: usize> Default for EfficientNet<B> {
    fn default() -> Self {
        Self { frame: Frame::default(), dropout: Self::SCALE.3, drop_connect: 0.2 }
    }
}

impl<const B: usize> EfficientNet<B> {
    /// Factors of width and depth, rows and columns of the images, and the dropout before the classes.
    const SCALE: (f64, f64, usize, f64) = match B {
        0 => (1.0, 1.0, 224, 0.2),
        1 => (1.0, 1.1, 240, 0.2),
        2 => (1.1, 1.2, 260, 0.3),
        3 => (1.2, 1.4, 300, 0.3),
        4 => (1.4, 1.8, 380, 0.4),
        5 => (1.6, 2.2, 456, 0.4),
        6 => (1.8, 2.6, 528, 0.5),
        7 => (2.0, 3.1, 600, 0.5),
        _ => panic!("EfficientNet goes from B0 to B7"),
    };

    /// For ImageNet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The share of features dropped before the classes; with 0 there is no such layer. Default 0.2 (B0) to 0.5 (B7).
    pub fn dropout(mut self, rate: f64) -> Self {
        self.dropout = rate;
        self
    }

    /// How often the last residual block is passed over in training; those before it less, in proportion. Default 0.2.
    pub fn drop_connect(mut self, rate: f64) -> Self {
        self.drop_connect = rate;
        self
    }

    /// The multiple of 8 nearest to the scaled number, but not below nine tenths of it.
    fn filters(filters: usize) -> usize {
        let scaled = filters as f64 * Self::SCALE.0;
        let nearest = (((scaled + 4.0) as usize) / 8 * 8).max(8);
        if (nearest as f64) < 0.9 * scaled { nearest + 8 } else { nearest }
    }

    fn repeats(repeats: usize) -> usize {
        (Self::SCALE.1 * repeats as f64).ceil() as usize
    }

    fn wire(&self) -> Result<Wiring> {
        let (frame, who) = (&self.frame, format!("EfficientNetB{B}"));
        let input = frame.input(&who, Self::SCALE.2, 32)?;
        let mut x = Normalization::new().on(&Rescaling::new(1.0 / 255.0).on(&input)?)?;
        if frame.weights == Weights::ImageNet {
            // They were trained on images divided by the variance; the layer before divides by its root.
            x = Rescaling::new([0.229f64, 0.224, 0.225].map(|deviation| 1.0 / deviation.sqrt())).on(&x)?;
        }
        let x = ZeroPadding2d::new(correct_pad(&x, 3)).name("stem_conv_pad").on(&x)?;
        let stem = Conv2d::new(Self::filters(32), 3).strides(2).use_bias(false).kernel_initializer(conv_initializer());
        let mut x = swish(&stem.name("stem_conv").on(&x)?, "stem_bn", "stem_activation")?;

        let blocks = STAGES.iter().map(|s| Self::repeats(s.repeats)).sum::<usize>() as f64;
        let mut place = 0;
        for (i, stage) in STAGES.iter().enumerate() {
            for (j, letter) in ('a'..).take(Self::repeats(stage.repeats)).enumerate() {
                let block = Block {
                    name: format!("block{}{letter}", i + 1),
                    kernel: stage.kernel,
                    filters: Self::filters(stage.filters),
                    expand: stage.expand,
                    stride: if j == 0 { stage.stride } else { 1 },
                    drop: self.drop_connect * place as f64 / blocks,
                };
                x = block.on(&x)?;
                place += 1;
            }
        }
        let x = conv(Self::filters(1280), "top_conv").use_bias(false).on(&x)?;
        let x = swish(&x, "top_bn", "top_activation")?;
        let out = if frame.include_top {
            let mut x = GlobalAveragePooling2d::new().name("avg_pool").on(&x)?;
            if self.dropout > 0.0 {
                x = Dropout::new(self.dropout).name("top_dropout").on(&x)?;
            }
            let uniform =
                Initializer::VarianceScaling { scale: 1.0 / 3.0, mode: FanMode::FanOut, distribution: Distribution::Uniform, seed: None };
            frame.predictions(&who)?.kernel_initializer(uniform).on(&x)?
        } else {
            frame.pool(&who, x, Some(["avg_pool", "max_pool"]))?
        };
        frame.wiring(&who, &format!("efficientnetb{B}"), &input, vec![out])
    }
}

impl<const B: usize> EfficientNet<B> {
    /// Keras' file.
    fn published(&self, _: &Wiring) -> Result<Published> {
        let md5 = match B {
            0 => ["902e53a9f72be733fc0bcb005b3ebbac", "50bc09e76180e00e4465e1a485ddc09d"],
            1 => ["1d254153d4ab51201f1646940f018540", "74c4e6b3e1f6a1eea24c589628592432"],
            2 => ["b15cce36ff4dcbd00b6dd88e7857a6ad", "111f8e2ac8aa800a7a99e3239f7bfb39"],
            3 => ["ffd1fdc53d0ce67064dc6a9c7960ede0", "af6d107764bb5b1abb91932881670226"],
            4 => ["18c95ad55216b8f92d7e70b3a046e2fc", "ebc24e6d6c33eaebbd558eafbeedf1ba"],
            5 => ["ace28f2a6363774853a83a0b21b9421a", "38879255a25d3c92d5e44e04ae6cec6f"],
            6 => ["165f6e37dce68623721b423839de8be5", "9ecce42647a20130c1f39a5d4cb75743"],
            _ => ["8c03f828fec3ef71311cd463b6759d99", "cbcfe4450ddf6f3ad90b1b398090fe4a"],
        };
        let stem = format!("efficientnetb{B}");
        Ok(Published::new("keras-applications", &stem, ["", "_notop"], Some(md5), self.frame.include_top))
    }
}

architecture!(EfficientNet<B> where const B: usize);
preprocessing!("none", EfficientNet<B> where const B: usize);
