//! The ResNets of the paper's section on CIFAR-10, for small images.

use crate::frame::{Frame, Wiring, architecture};
use crate::imagenet::preprocessing;
use crate::pretrained::{Published, unpublished};
use crate::resnet::{basic_block, quick_bn, relu};
use crate::width::{Width, width};
use kiln_core::symbol::On;
use kiln_core::{Layer, Result};
use kiln_layers::Conv2d;

/// ResNet of `DEPTH = 6n + 2` layers for images of about 32×32: a 3×3 convolution and three stages of `n` blocks of 16, 32 and 64 filters.
///
/// 272,474 trained weights with 20 layers and 10 classes. The two shortcuts that change the number of channels are projections (the paper's
/// option B). Images of at least 8×8; default 32×32×3. He, Zhang, Ren and Sun, 2015, section 4.2. Not in Keras.
///
/// ```
/// use kiln_applications::ResNet20;
/// let model = ResNet20::new().input_shape([28, 28, 1]).classes(10).build()?;
/// assert_eq!(model.layer_output("conv4_block3_out")?.shape().to_string(), "(None, 7, 7, 64)");
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct CifarResNet<const DEPTH: usize> {
    frame: Frame,
    width: Width,
}

/// For small images, with 20 layers.
pub type ResNet20 = CifarResNet<20>;
/// For small images, with 32 layers.
pub type ResNet32 = CifarResNet<32>;
/// For small images, with 44 layers.
pub type ResNet44 = CifarResNet<44>;
/// For small images, with 56 layers.
pub type ResNet56 = CifarResNet<56>;
/// For small images, with 110 layers.
pub type ResNet110 = CifarResNet<110>;

impl<const DEPTH: usize> CifarResNet<DEPTH> {
    const BLOCKS: usize = {
        assert!(DEPTH >= 8 && DEPTH % 6 == 2, "a ResNet for small images has 6n + 2 layers");
        (DEPTH - 2) / 6
    };

    /// For CIFAR's images; the number of classes is 1000 until it is set.
    pub fn new() -> Self {
        Self::default()
    }

    width!();

    fn wire(&self) -> Result<Wiring> {
        let (frame, who) = (&self.frame, format!("ResNet{DEPTH}"));
        self.width.check(&who)?;
        let input = frame.input(&who, 32, 8)?;
        let conv = Conv2d::new(self.width.of(16, 1), 3).padding("same").use_bias(false).name("conv1_conv");
        let mut x = relu("conv1_relu").on(&quick_bn("conv1_bn").on(&conv.on(&input)?)?)?;
        for (stage, filters) in [16, 32, 64].into_iter().enumerate() {
            for block in 1..=Self::BLOCKS {
                let stride = if block == 1 && stage > 0 { 2 } else { 1 };
                x = basic_block(&x, self.width.of(filters, 1), stride, &format!("conv{}_block{block}", stage + 2))?;
            }
        }
        let out = frame.mean_top(&who, x, Some(["avg_pool", "max_pool"]))?;
        frame.wiring(&who, &format!("resnet{DEPTH}"), &input, vec![out])
    }
}

impl<const DEPTH: usize> CifarResNet<DEPTH> {
    fn published(&self, wiring: &Wiring) -> Result<Published> {
        Err(unpublished(&wiring.who))
    }
}

architecture!(CifarResNet<DEPTH> where const DEPTH: usize);
preprocessing!("torch", CifarResNet<DEPTH> where const DEPTH: usize);
