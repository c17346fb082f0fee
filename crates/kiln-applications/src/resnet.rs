//! ResNet: layers that add to what they are given.

use crate::frame::{Frame, Wiring, architecture, channels};
use crate::imagenet::preprocessing;
use crate::pretrained::{Published, unpublished};
use crate::width::{Width, width};
use kiln_core::symbol::{On, Symbol};
use kiln_core::{Layer, Result};
use kiln_layers::{Activation, Add, BatchNormalization, Conv2d, MaxPooling2d, ZeroPadding2d};

/// ResNet of `DEPTH` layers with weights: four stages of residual blocks, of two convolutions (18 and 34 layers) or of bottlenecks of
/// three (50, 101, 152).
///
/// 25,636,712 weights with 50 layers. Those of 50 and more are Keras', with the stride in a bottleneck's first convolution and a bias in
/// each; those of 18 and 34, which Keras doesn't have, have none, like the paper's, and a momentum of 0.9 in their batch normalization, as
/// PyTorch's. Images of at least 32×32; default 224×224×3. He,
/// Zhang, Ren and Sun, 2015; Keras: `keras/src/applications/resnet.py`.
///
/// ```
/// use kiln_applications::ResNet18;
/// let model = ResNet18::new().width(0.125).input_shape([32, 32, 3]).classes(10).build()?;
/// assert_eq!(model.layer_output("conv5_block2_out")?.shape().to_string(), "(None, 1, 1, 64)");
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct ResNet<const DEPTH: usize> {
    frame: Frame,
    width: Width,
}

/// ResNet with 18 layers.
pub type ResNet18 = ResNet<18>;
/// ResNet with 34 layers.
pub type ResNet34 = ResNet<34>;
/// ResNet with 50 layers.
pub type ResNet50 = ResNet<50>;
/// ResNet with 101 layers.
pub type ResNet101 = ResNet<101>;
/// ResNet with 152 layers.
pub type ResNet152 = ResNet<152>;

/// Blocks of the stages, for bottlenecks. Another depth does not compile.
#[allow(clippy::panic)]
pub(crate) const fn bottlenecks(depth: usize) -> [usize; 4] {
    match depth {
        50 => [3, 4, 6, 3],
        101 => [3, 4, 23, 3],
        152 => [3, 8, 36, 3],
        _ => panic!("ResNet has 18, 34, 50, 101 or 152 layers, ResNetV2 50, 101 or 152"),
    }
}

pub(crate) fn bn(name: &str) -> BatchNormalization {
    BatchNormalization::new().epsilon(1.001e-5).name(name)
}

/// Of the architectures that Keras doesn't have: it follows the statistics of short trainings.
pub(crate) fn quick_bn(name: &str) -> BatchNormalization {
    BatchNormalization::new().epsilon(1e-5).momentum(0.9).name(name)
}

pub(crate) fn relu(name: &str) -> Activation {
    Activation::new("relu").name(name)
}

/// The first convolution, without what follows it.
pub(crate) fn stem(x: &Symbol, filters: usize, use_bias: bool) -> Result<Symbol> {
    let x = ZeroPadding2d::new(3).name("conv1_pad").on(x)?;
    Conv2d::new(filters, 7).strides(2).use_bias(use_bias).name("conv1_conv").on(&x)
}

/// The pool before the first block.
pub(crate) fn stem_pool(x: &Symbol) -> Result<Symbol> {
    let x = ZeroPadding2d::new(1).name("pool1_pad").on(x)?;
    MaxPooling2d::new(3).strides(2).name("pool1_pool").on(&x)
}

/// Two 3×3 convolutions beside a shortcut.
pub(crate) fn basic_block(x: &Symbol, filters: usize, stride: usize, name: &str) -> Result<Symbol> {
    let conv = |size: usize, part: &str| Conv2d::new(filters, size).use_bias(false).name(&format!("{name}_{part}_conv"));
    let bn = |part: &str| quick_bn(&format!("{name}_{part}_bn"));
    let shortcut = if stride > 1 || channels(x) != filters { bn("0").on(&conv(1, "0").strides(stride).on(x)?)? } else { x.clone() };
    // A stride of 2 over even sizes: zeros on both sides, as the paper's and not as `same` would have it.
    let first = match stride {
        1 => conv(3, "1").padding("same").on(x)?,
        _ => conv(3, "1").strides(stride).on(&ZeroPadding2d::new(1).name(&format!("{name}_1_pad")).on(x)?)?,
    };
    let y = relu(&format!("{name}_1_relu")).on(&bn("1").on(&first)?)?;
    let y = bn("2").on(&conv(3, "2").padding("same").on(&y)?)?;
    relu(&format!("{name}_out")).on(&Add::new().name(&format!("{name}_add")).on([&shortcut, &y])?)
}

/// A narrow 3×3 convolution between two of 1×1, beside a shortcut.
fn bottleneck(x: &Symbol, filters: usize, stride: usize, project: bool, name: &str) -> Result<Symbol> {
    let conv = |filters: usize, size: usize, part: &str| Conv2d::new(filters, size).name(&format!("{name}_{part}_conv"));
    let bn = |part: &str| bn(&format!("{name}_{part}_bn"));
    let shortcut = if project { bn("0").on(&conv(4 * filters, 1, "0").strides(stride).on(x)?)? } else { x.clone() };
    let y = bn("1").on(&conv(filters, 1, "1").strides(stride).on(x)?)?;
    let y = relu(&format!("{name}_1_relu")).on(&y)?;
    let y = bn("2").on(&conv(filters, 3, "2").padding("same").on(&y)?)?;
    let y = relu(&format!("{name}_2_relu")).on(&y)?;
    let y = bn("3").on(&conv(4 * filters, 1, "3").on(&y)?)?;
    relu(&format!("{name}_out")).on(&Add::new().name(&format!("{name}_add")).on([&shortcut, &y])?)
}

impl<const DEPTH: usize> ResNet<DEPTH> {
    const BASIC: bool = DEPTH == 18 || DEPTH == 34;

    /// Blocks of each stage.
    const BLOCKS: [usize; 4] = match DEPTH {
        18 => [2, 2, 2, 2],
        34 => [3, 4, 6, 3],
        _ => bottlenecks(DEPTH),
    };

    /// For ImageNet.
    pub fn new() -> Self {
        Self::default()
    }

    width!();

    fn wire(&self) -> Result<Wiring> {
        let (frame, who) = (&self.frame, format!("ResNet{DEPTH}"));
        self.width.check(&who)?;
        let input = frame.input(&who, 224, 32)?;
        let x = stem(&input, self.width.of(64, 1), !Self::BASIC)?;
        let stem_bn = if Self::BASIC { quick_bn("conv1_bn") } else { bn("conv1_bn") };
        let mut x = stem_pool(&relu("conv1_relu").on(&stem_bn.on(&x)?)?)?;
        for (stage, (blocks, filters)) in Self::BLOCKS.into_iter().zip([64, 128, 256, 512]).enumerate() {
            let filters = self.width.of(filters, 1);
            for block in 1..=blocks {
                let name = format!("conv{}_block{block}", stage + 2);
                let stride = if block == 1 && stage > 0 { 2 } else { 1 };
                x = match Self::BASIC {
                    true => basic_block(&x, filters, stride, &name)?,
                    false => bottleneck(&x, filters, stride, block == 1, &name)?,
                };
            }
        }
        let out = frame.mean_top(&who, x, Some(["avg_pool", "max_pool"]))?;
        frame.wiring(&who, &format!("resnet{DEPTH}"), &input, vec![out])
    }
}

impl<const DEPTH: usize> ResNet<DEPTH> {
    /// Keras' file, where it has one.
    fn published(&self, wiring: &Wiring) -> Result<Published> {
        let md5 = match DEPTH {
            50 => ["2cb95161c43110f7111970584f804107", "4d473c1dd8becc155b73f8504c6f6626"],
            101 => ["f1aeb4b969a6efcfb50fad2f0c20cfc5", "88cf7a10940856eca736dc7b7e228a21"],
            152 => ["100835be76be38e30d865e96f2aaae62", "ee4c566cf9a93f14d82f913c2dc6dd0c"],
            _ => return Err(unpublished(&wiring.who)),
        };
        self.width.check_imagenet(&wiring.who)?;
        Ok(Published::kernels("resnet", &format!("resnet{DEPTH}"), md5, self.frame.include_top))
    }
}

architecture!(ResNet<DEPTH> where const DEPTH: usize);
preprocessing!("caffe", ResNet<DEPTH> where const DEPTH: usize);
