//! Xception: inception taken to its end, every channel by itself.

use crate::frame::{Frame, Wiring, architecture};
use crate::imagenet::preprocessing;
use crate::pretrained::Published;
use kiln_core::symbol::{On, Symbol};
use kiln_core::{Layer, Result};
use kiln_layers::{Activation, Add, BatchNormalization, Conv2d, MaxPooling2d, SeparableConv2d};

/// Separable convolutions in twelve residual blocks.
///
/// 22,910,480 weights. Images of at least 71×71; default 299×299×3. Chollet, 2016; Keras: `keras/src/applications/xception.py`.
///
/// ```
/// use kiln_applications::Xception;
/// let plan = Xception::new().include_top(false).pooling("avg").blueprint()?;
/// assert_eq!(plan.output_shape().map(|s| s.to_string()).as_deref(), Some("(None, 2048)"));
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Xception {
    frame: Frame,
}

fn bn(name: &str) -> BatchNormalization {
    BatchNormalization::new().name(&format!("{name}_bn"))
}

fn act(name: &str) -> Activation {
    Activation::new("relu").name(&format!("{name}_act"))
}

fn separable(x: &Symbol, filters: usize, name: &str) -> Result<Symbol> {
    let conv = SeparableConv2d::new(filters, 3).padding("same").use_bias(false).name(name);
    bn(name).on(&conv.on(x)?)
}

/// Two separable convolutions, then a pool; beside them a 1×1 convolution of the same stride.
fn halving(x: &Symbol, filters: [usize; 2], block: usize) -> Result<Symbol> {
    let name = |part: &str| format!("block{block}_{part}");
    // The block after the stem comes from an activation.
    let y = if block == 2 { x.clone() } else { act(&name("sepconv1")).on(x)? };
    let y = separable(&y, filters[0], &name("sepconv1"))?;
    let y = separable(&act(&name("sepconv2")).on(&y)?, filters[1], &name("sepconv2"))?;
    let y = MaxPooling2d::new(3).strides(2).padding("same").name(&name("pool")).on(&y)?;
    let shortcut = Conv2d::new(filters[1], 1).strides(2).padding("same").use_bias(false).on(x)?;
    Add::new().on([&y, &BatchNormalization::new().on(&shortcut)?])
}

impl Xception {
    /// For ImageNet.
    pub fn new() -> Self {
        Self::default()
    }

    fn wire(&self) -> Result<Wiring> {
        const WHO: &str = "Xception";
        let input = self.frame.input(WHO, 299, 71)?;
        let stem = |filters, name: &str| Conv2d::new(filters, 3).use_bias(false).name(name);
        let mut x = input.clone();
        for (conv, name) in [(stem(32, "block1_conv1").strides(2), "block1_conv1"), (stem(64, "block1_conv2"), "block1_conv2")] {
            x = act(name).on(&bn(name).on(&conv.on(&x)?)?)?;
        }
        for (block, filters) in [(2, 128), (3, 256), (4, 728)] {
            x = halving(&x, [filters, filters], block)?;
        }
        for block in 5..13 {
            let mut y = x.clone();
            for i in 1..=3 {
                let name = format!("block{block}_sepconv{i}");
                y = separable(&act(&name).on(&y)?, 728, &name)?;
            }
            x = Add::new().on([&y, &x])?;
        }
        x = halving(&x, [728, 1024], 13)?;
        for (filters, name) in [(1536, "block14_sepconv1"), (2048, "block14_sepconv2")] {
            x = act(name).on(&separable(&x, filters, name)?)?;
        }
        let pooling = if self.frame.include_top { Some(["avg_pool", "max_pool"]) } else { None };
        let out = self.frame.mean_top(WHO, x, pooling)?;
        self.frame.wiring(WHO, "xception", &input, vec![out])
    }
}

impl Xception {
    /// Keras' file.
    fn published(&self, _: &Wiring) -> Result<Published> {
        let md5 = ["0a58e3b7378bc2990ea3b43d5981f1f6", "b0042744bf5b25fce3cb969f33bebb97"];
        Ok(Published::kernels("xception", "xception", md5, self.frame.include_top))
    }
}

architecture!(Xception);
preprocessing!("tf", Xception);
