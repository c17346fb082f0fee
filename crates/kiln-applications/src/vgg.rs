//! VGG: small windows, many layers.

use crate::frame::{Frame, Wiring, architecture};
use crate::imagenet::preprocessing;
use crate::pretrained::{Published, imagenet_needs, unpublished};
use crate::resnet::quick_bn;
use crate::width::{Width, width};
use kiln_core::symbol::{On, Symbol};
use kiln_core::{Layer, Result};
use kiln_layers::{Activation, Conv2d, Dense, Flatten, MaxPooling2d};

/// VGG of `DEPTH` layers with weights: five blocks of 3×3 convolutions, each halved by a pool, and three dense layers.
///
/// 138,357,544 weights with 16 layers. Images of at least 32×32; default 224×224×3. Simonyan and Zisserman, 2014 (configurations A, B, D
/// and E); Keras: `keras/src/applications/vgg16.py`, `vgg19.py`.
///
/// ```
/// use kiln_applications::Vgg11;
/// let model = Vgg11::new().width(0.125).input_shape([32, 32, 1]).classes(10).build()?;
/// assert_eq!(model.layer_output("block5_pool")?.shape().to_string(), "(None, 1, 1, 64)");
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Vgg<const DEPTH: usize> {
    frame: Frame,
    width: Width,
    batch_normalization: bool,
}

/// VGG with 11 layers.
pub type Vgg11 = Vgg<11>;
/// VGG with 13 layers.
pub type Vgg13 = Vgg<13>;
/// VGG with 16 layers.
pub type Vgg16 = Vgg<16>;
/// VGG with 19 layers.
pub type Vgg19 = Vgg<19>;

const FILTERS: [usize; 5] = [64, 128, 256, 512, 512];

impl<const DEPTH: usize> Vgg<DEPTH> {
    /// Convolutions in each block.
    const CONVOLUTIONS: [usize; 5] = match DEPTH {
        11 => [1, 1, 2, 2, 2],
        13 => [2, 2, 2, 2, 2],
        16 => [2, 2, 3, 3, 3],
        19 => [2, 2, 4, 4, 4],
        _ => panic!("VGG has 11, 13, 16 or 19 layers"),
    };

    /// For ImageNet.
    pub fn new() -> Self {
        Self::default()
    }

    width!();

    /// Batch normalization after each convolution, before its activation: it trains far faster from scratch. Not in Keras. Default false.
    pub fn batch_normalization(mut self, batch_normalization: bool) -> Self {
        self.batch_normalization = batch_normalization;
        self
    }

    fn convolution(&self, x: &Symbol, filters: usize, name: &str) -> Result<Symbol> {
        let conv = Conv2d::new(filters, 3).padding("same").name(name);
        if !self.batch_normalization {
            return conv.activation("relu").on(x);
        }
        let x = quick_bn(&format!("{name}_bn")).on(&conv.on(x)?)?;
        Activation::new("relu").name(&format!("{name}_relu")).on(&x)
    }

    fn wire(&self) -> Result<Wiring> {
        let (frame, who) = (&self.frame, format!("Vgg{DEPTH}"));
        self.width.check(&who)?;
        let input = frame.input(&who, 224, 32)?;
        let mut x = input.clone();
        for (block, (convolutions, filters)) in Self::CONVOLUTIONS.into_iter().zip(FILTERS).enumerate() {
            let name = format!("block{}", block + 1);
            for i in 1..=convolutions {
                x = self.convolution(&x, self.width.of(filters, 1), &format!("{name}_conv{i}"))?;
            }
            x = MaxPooling2d::new(2).strides(2).name(&format!("{name}_pool")).on(&x)?;
        }
        let out = if frame.include_top {
            let units = self.width.of(4096, 1);
            let x = Flatten::new().name("flatten").on(&x)?;
            let x = Dense::new(units).activation("relu").name("fc1").on(&x)?;
            let x = Dense::new(units).activation("relu").name("fc2").on(&x)?;
            frame.predictions(&who)?.on(&x)?
        } else {
            frame.pool(&who, x, None)?
        };
        frame.wiring(&who, &format!("vgg{DEPTH}"), &input, vec![out])
    }
}

impl<const DEPTH: usize> Vgg<DEPTH> {
    /// Keras' file, where it has one.
    fn published(&self, wiring: &Wiring) -> Result<Published> {
        let md5 = match DEPTH {
            16 => ["64373286793e3c8b2b4e3219cbf3544b", "6d6bbae143d832006294945121d1f1fc"],
            19 => ["cbe5617147190e668d6c5d5026f83318", "253f8cb515780f3b799900260a226db6"],
            _ => return Err(unpublished(&wiring.who)),
        };
        self.width.check_imagenet(&wiring.who)?;
        if self.batch_normalization {
            return Err(imagenet_needs(&wiring.who, "batch_normalization", false, true));
        }
        let name = format!("vgg{DEPTH}");
        Ok(Published::kernels(&name, &name, md5, self.frame.include_top))
    }
}

architecture!(Vgg<DEPTH> where const DEPTH: usize);
preprocessing!("caffe", Vgg<DEPTH> where const DEPTH: usize);
