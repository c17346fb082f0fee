//! DenseNet: each layer reads all before it.

use crate::frame::{Frame, Wiring, architecture, channels};
use crate::imagenet::preprocessing;
use crate::pretrained::Published;
use crate::resnet::{bn, relu};
use kiln_core::symbol::{On, Symbol};
use kiln_core::{Layer, Result};
use kiln_layers::{AveragePooling2d, Concatenate, Conv2d, MaxPooling2d, ZeroPadding2d};

/// DenseNet of `DEPTH` layers with weights: four stages whose layers each append 32 channels to all that came before, with halving
/// transitions between them.
///
/// 8,062,504 weights with 121 layers. Images of at least 32×32; default 224×224×3. Huang, Liu, van der Maaten and Weinberger, 2016; Keras:
/// `keras/src/applications/densenet.py`.
///
/// ```
/// use kiln_applications::DenseNet121;
/// let plan = DenseNet121::new().classes(10).blueprint()?;
/// assert_eq!(plan.weights()?.iter().map(|w| w.len()).sum::<usize>(), 7_047_754);
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct DenseNet<const DEPTH: usize> {
    frame: Frame,
}

/// DenseNet with 121 layers.
pub type DenseNet121 = DenseNet<121>;
/// DenseNet with 169 layers.
pub type DenseNet169 = DenseNet<169>;
/// DenseNet with 201 layers.
pub type DenseNet201 = DenseNet<201>;

/// Channels that a layer appends.
const GROWTH: usize = 32;

fn layer(x: &Symbol, name: &str) -> Result<Symbol> {
    let conv = |filters: usize, size: usize, part: &str| Conv2d::new(filters, size).use_bias(false).name(&format!("{name}_{part}_conv"));
    let ready = |x: &Symbol, part: &str| relu(&format!("{name}_{part}_relu")).on(&bn(&format!("{name}_{part}_bn")).on(x)?);
    let y = conv(4 * GROWTH, 1, "1").on(&ready(x, "0")?)?;
    let y = conv(GROWTH, 3, "2").padding("same").on(&ready(&y, "1")?)?;
    Concatenate::new().name(&format!("{name}_concat")).on([x, &y])
}

fn transition(x: &Symbol, name: &str) -> Result<Symbol> {
    let y = relu(&format!("{name}_relu")).on(&bn(&format!("{name}_bn")).on(x)?)?;
    let y = Conv2d::new(channels(x) / 2, 1).use_bias(false).name(&format!("{name}_conv")).on(&y)?;
    AveragePooling2d::new(2).strides(2).name(&format!("{name}_pool")).on(&y)
}

impl<const DEPTH: usize> DenseNet<DEPTH> {
    /// Layers of each stage.
    const LAYERS: [usize; 4] = match DEPTH {
        121 => [6, 12, 24, 16],
        169 => [6, 12, 32, 32],
        201 => [6, 12, 48, 32],
        _ => panic!("DenseNet has 121, 169 or 201 layers"),
    };

    /// For ImageNet.
    pub fn new() -> Self {
        Self::default()
    }

    fn wire(&self) -> Result<Wiring> {
        let (frame, who) = (&self.frame, format!("DenseNet{DEPTH}"));
        let input = frame.input(&who, 224, 32)?;
        let x = ZeroPadding2d::new(3).on(&input)?;
        let x = Conv2d::new(64, 7).strides(2).use_bias(false).name("conv1_conv").on(&x)?;
        let x = relu("conv1_relu").on(&bn("conv1_bn").on(&x)?)?;
        let x = ZeroPadding2d::new(1).on(&x)?;
        let mut x = MaxPooling2d::new(3).strides(2).name("pool1").on(&x)?;
        for (stage, layers) in Self::LAYERS.into_iter().enumerate() {
            if stage > 0 {
                x = transition(&x, &format!("pool{}", stage + 1))?;
            }
            for i in 1..=layers {
                x = layer(&x, &format!("conv{}_block{i}", stage + 2))?;
            }
        }
        let x = relu("relu").on(&bn("bn").on(&x)?)?;
        let out = frame.mean_top(&who, x, Some(["avg_pool", "max_pool"]))?;
        frame.wiring(&who, &format!("densenet{DEPTH}"), &input, vec![out])
    }
}

impl<const DEPTH: usize> DenseNet<DEPTH> {
    /// Keras' file.
    fn published(&self, _: &Wiring) -> Result<Published> {
        let md5 = match DEPTH {
            121 => ["9d60b8095a5708f2dcce2bca79d332c7", "30ee3e1110167f948a6b9946edeeb738"],
            169 => ["d699b8f76981ab1b30698df4c175e90b", "b8c4d4c20dd625c148057b9ff1c1176b"],
            _ => ["1ceb130c1ea1b78c3bf6114dbdfd8807", "c13680b51ded0fb44dff2d8f86ac8bb1"],
        };
        Ok(Published::kernels("densenet", &format!("densenet{DEPTH}"), md5, self.frame.include_top))
    }
}

architecture!(DenseNet<DEPTH> where const DEPTH: usize);
preprocessing!("torch", DenseNet<DEPTH> where const DEPTH: usize);
