//! ResNet with the activations before the convolutions.

use crate::frame::{Frame, Wiring, architecture};
use crate::imagenet::preprocessing;
use crate::pretrained::Published;
use crate::resnet::{bn, bottlenecks, relu, stem, stem_pool};
use crate::width::{Width, width};
use kiln_core::symbol::{On, Symbol};
use kiln_core::{Layer, Result};
use kiln_layers::{Add, Conv2d, MaxPooling2d, ZeroPadding2d};

/// ResNet of `DEPTH` layers whose blocks normalize and activate before they convolve, so that the shortcuts stay clean.
///
/// 25,613,800 weights with 50 layers. Images of at least 32×32; default 224×224×3. He, Zhang, Ren and Sun, 2016; Keras:
/// `keras/src/applications/resnet_v2.py`.
///
/// ```
/// use kiln_applications::ResNet50V2;
/// let plan = ResNet50V2::new().include_top(false).pooling("avg").blueprint()?;
/// assert_eq!(plan.output_shape().map(|s| s.to_string()).as_deref(), Some("(None, 2048)"));
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct ResNetV2<const DEPTH: usize> {
    frame: Frame,
    width: Width,
}

/// ResNetV2 with 50 layers.
pub type ResNet50V2 = ResNetV2<50>;
/// ResNetV2 with 101 layers.
pub type ResNet101V2 = ResNetV2<101>;
/// ResNetV2 with 152 layers.
pub type ResNet152V2 = ResNetV2<152>;

fn block(x: &Symbol, filters: usize, stride: usize, project: bool, name: &str) -> Result<Symbol> {
    let conv = |filters: usize, size: usize, part: &str| Conv2d::new(filters, size).name(&format!("{name}_{part}_conv"));
    let bn = |part: &str| bn(&format!("{name}_{part}_bn"));
    let relu = |part: &str| relu(&format!("{name}_{part}_relu"));
    let before = relu("preact").on(&bn("preact").on(x)?)?;
    let shortcut = match (project, stride) {
        (true, _) => conv(4 * filters, 1, "0").strides(stride).on(&before)?,
        (false, 1) => x.clone(),
        (false, _) => MaxPooling2d::new(1).strides(stride).on(x)?,
    };
    let y = conv(filters, 1, "1").use_bias(false).on(&before)?;
    let y = relu("1").on(&bn("1").on(&y)?)?;
    let y = ZeroPadding2d::new(1).name(&format!("{name}_2_pad")).on(&y)?;
    let y = conv(filters, 3, "2").strides(stride).use_bias(false).on(&y)?;
    let y = relu("2").on(&bn("2").on(&y)?)?;
    let y = conv(4 * filters, 1, "3").on(&y)?;
    Add::new().name(&format!("{name}_out")).on([&shortcut, &y])
}

impl<const DEPTH: usize> ResNetV2<DEPTH> {
    const BLOCKS: [usize; 4] = bottlenecks(DEPTH);

    /// For ImageNet.
    pub fn new() -> Self {
        Self::default()
    }

    width!();

    fn wire(&self) -> Result<Wiring> {
        let (frame, who) = (&self.frame, format!("ResNet{DEPTH}V2"));
        self.width.check(&who)?;
        let input = frame.input(&who, 224, 32)?;
        let mut x = stem_pool(&stem(&input, self.width.of(64, 1), true)?)?;
        for (stage, (blocks, filters)) in Self::BLOCKS.into_iter().zip([64, 128, 256, 512]).enumerate() {
            for i in 1..=blocks {
                // The last block of a stage, not the first, makes the images smaller.
                let stride = if i == blocks && stage < 3 { 2 } else { 1 };
                x = block(&x, self.width.of(filters, 1), stride, i == 1, &format!("conv{}_block{i}", stage + 2))?;
            }
        }
        let x = relu("post_relu").on(&bn("post_bn").on(&x)?)?;
        let out = frame.mean_top(&who, x, Some(["avg_pool", "max_pool"]))?;
        frame.wiring(&who, &format!("resnet{DEPTH}v2"), &input, vec![out])
    }
}

impl<const DEPTH: usize> ResNetV2<DEPTH> {
    /// Keras' file.
    fn published(&self, wiring: &Wiring) -> Result<Published> {
        let md5 = match DEPTH {
            50 => ["3ef43a0b657b3be2300d5770ece849e0", "fac2f116257151a9d068a22e544a4917"],
            101 => ["6343647c601c52e1368623803854d971", "c0ed64b8031c3730f411d2eb4eea35b5"],
            _ => ["a49b44d1979771252814e80f8ec446f9", "ed17cf2e0169df9d443503ef94b23b33"],
        };
        self.width.check_imagenet(&wiring.who)?;
        Ok(Published::kernels("resnet", &format!("resnet{DEPTH}v2"), md5, self.frame.include_top))
    }
}

architecture!(ResNetV2<DEPTH> where const DEPTH: usize);
preprocessing!("tf", ResNetV2<DEPTH> where const DEPTH: usize);
