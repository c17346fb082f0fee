//! GoogLeNet: windows of several sizes side by side.

use crate::frame::{Frame, Wiring, architecture};
use crate::imagenet::preprocessing;
use crate::pretrained::{Published, unpublished};
use crate::width::{Width, width};
use kiln_core::symbol::{On, Symbol};
use kiln_core::{Layer, Result};
use kiln_layers::{
    AveragePooling2d, Concatenate, Conv2d, Dense, Dropout, Flatten, GlobalAveragePooling2d, LocalResponseNormalization, MaxPooling2d,
};

/// GoogLeNet (Inception V1): nine inception modules, a mean over all cells instead of wide dense layers, and in training two auxiliary
/// classifiers halfway.
///
/// 6,998,552 weights, 13,378,280 with the auxiliary heads. Images of at least 28×28; default 224×224×3. Szegedy and others, 2014. Not in
/// Keras.
///
/// ```
/// use kiln_applications::GoogLeNet;
/// use kiln_models::Model;
/// let mut model = GoogLeNet::new().width(0.25).input_shape([32, 32, 1]).classes(10).auxiliary_heads(true).build()?;
/// assert_eq!(model.output_names(), ["predictions", "auxiliary1", "auxiliary2"]);
/// // ... train it with the losses weighted 1, 0.3 and 0.3, then leave the heads away:
/// let classifier = Model::new(&model.inputs()?, &model.layer_output("predictions")?)?;
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct GoogLeNet {
    frame: Frame,
    width: Width,
    auxiliary_heads: bool,
    dropout: f64,
}

impl Default for GoogLeNet {
    fn default() -> Self {
        Self { frame: Frame::default(), width: Width::default(), auxiliary_heads: false, dropout: 0.4 }
    }
}

/// Filters of a module: 1×1; 3×3 with its reduction before; 5×5 with its own; 1×1 after the pool.
struct Inception {
    name: &'static str,
    one: usize,
    three: [usize; 2],
    five: [usize; 2],
    pool: usize,
}

const fn inception(name: &'static str, one: usize, three: [usize; 2], five: [usize; 2], pool: usize) -> Inception {
    Inception { name, one, three, five, pool }
}

/// The three stages, between which the images are halved.
const STAGES: [&[Inception]; 3] = [
    &[inception("3a", 64, [96, 128], [16, 32], 32), inception("3b", 128, [128, 192], [32, 96], 64)],
    &[
        inception("4a", 192, [96, 208], [16, 48], 64),
        inception("4b", 160, [112, 224], [24, 64], 64),
        inception("4c", 128, [128, 256], [24, 64], 64),
        inception("4d", 112, [144, 288], [32, 64], 64),
        inception("4e", 256, [160, 320], [32, 128], 128),
    ],
    &[inception("5a", 256, [160, 320], [32, 128], 128), inception("5b", 384, [192, 384], [48, 128], 128)],
];

impl GoogLeNet {
    /// For ImageNet, without the auxiliary heads.
    pub fn new() -> Self {
        Self::default()
    }

    width!();

    /// Two more outputs, `auxiliary1` and `auxiliary2`, classifiers after the modules 4a and 4d that bring gradients to the lower
    /// layers. Only with the top. Default false.
    pub fn auxiliary_heads(mut self, auxiliary_heads: bool) -> Self {
        self.auxiliary_heads = auxiliary_heads;
        self
    }

    /// The share of features dropped before the classes; the auxiliary heads drop 0.7. Default 0.4.
    pub fn dropout(mut self, rate: f64) -> Self {
        self.dropout = rate;
        self
    }

    fn conv(&self, filters: usize, size: usize, name: &str) -> Conv2d {
        Conv2d::new(self.width.of(filters, 1), size).padding("same").activation("relu").name(name)
    }

    fn module(&self, x: &Symbol, module: &Inception) -> Result<Symbol> {
        let named = |part: &str| format!("inception_{}_{part}", module.name);
        let one = self.conv(module.one, 1, &named("1x1")).on(x)?;
        let three = self.conv(module.three[0], 1, &named("3x3_reduce")).on(x)?;
        let three = self.conv(module.three[1], 3, &named("3x3")).on(&three)?;
        let five = self.conv(module.five[0], 1, &named("5x5_reduce")).on(x)?;
        let five = self.conv(module.five[1], 5, &named("5x5")).on(&five)?;
        let pool = MaxPooling2d::new(3).strides(1).padding("same").name(&named("pool")).on(x)?;
        let pool = self.conv(module.pool, 1, &named("pool_proj")).on(&pool)?;
        Concatenate::new().name(&named("output")).on([&one, &three, &five, &pool])
    }

    /// A classifier on the way.
    fn auxiliary(&self, x: &Symbol, place: usize) -> Result<Symbol> {
        let named = |part: &str| format!("loss{place}_{part}");
        // Small images leave less than the 5×5 cells of the paper's window.
        let size = |axis: usize| x.shape().axes()[axis].unwrap_or(5).min(5);
        let y = AveragePooling2d::new((size(1), size(2))).strides(3).name(&named("ave_pool")).on(x)?;
        let y = Flatten::new().name(&named("flatten")).on(&self.conv(128, 1, &named("conv")).on(&y)?)?;
        let y = Dense::new(self.width.of(1024, 1)).activation("relu").name(&named("fc")).on(&y)?;
        let y = Dropout::new(0.7).name(&named("drop_fc")).on(&y)?;
        self.frame.predictions("GoogLeNet")?.name(&format!("auxiliary{place}")).on(&y)
    }

    fn wire(&self) -> Result<Wiring> {
        const WHO: &str = "GoogLeNet";
        let frame = &self.frame;
        self.width.check(WHO)?;
        let input = frame.input(WHO, 224, 28)?;
        let halve = |name: &str| MaxPooling2d::new(3).strides(2).padding("same").name(name);
        // The paper's code divided alpha by the window's 5 channels.
        let normalization = |name: &str| LocalResponseNormalization::new().bias(1.0).alpha(2e-5).name(name);

        let x = self.conv(64, 7, "conv1_7x7_s2").strides(2).on(&input)?;
        let x = normalization("pool1_norm1").on(&halve("pool1_3x3_s2").on(&x)?)?;
        let x = self.conv(192, 3, "conv2_3x3").on(&self.conv(64, 1, "conv2_3x3_reduce").on(&x)?)?;
        let mut x = halve("pool2_3x3_s2").on(&normalization("conv2_norm2").on(&x)?)?;
        let mut auxiliary = Vec::new();
        for (stage, modules) in STAGES.into_iter().enumerate() {
            if stage > 0 {
                x = halve(&format!("pool{}_3x3_s2", stage + 2)).on(&x)?;
            }
            for module in modules {
                x = self.module(&x, module)?;
                if self.auxiliary_heads && frame.include_top && matches!(module.name, "4a" | "4d") {
                    auxiliary.push(self.auxiliary(&x, auxiliary.len() + 1)?);
                }
            }
        }
        let out = if frame.include_top {
            let x = GlobalAveragePooling2d::new().name("avg_pool").on(&x)?;
            let x = Dropout::new(self.dropout).name("dropout").on(&x)?;
            frame.predictions(WHO)?.on(&x)?
        } else {
            frame.pool(WHO, x, Some(["avg_pool", "max_pool"]))?
        };
        frame.wiring(WHO, "googlenet", &input, [out].into_iter().chain(auxiliary).collect())
    }
}

impl GoogLeNet {
    fn published(&self, wiring: &Wiring) -> Result<Published> {
        Err(unpublished(&wiring.who))
    }
}

architecture!(GoogLeNet);
preprocessing!("caffe", GoogLeNet);
