//! Inception V3: large windows taken apart into small ones.

use crate::frame::{Frame, Wiring, architecture};
use crate::imagenet::preprocessing;
use crate::pretrained::Published;
use kiln_core::symbol::{On, Symbol};
use kiln_core::{Layer, Result};
use kiln_layers::{Activation, AveragePooling2d, BatchNormalization, Concatenate, Conv2d, MaxPooling2d};

/// Eleven inception modules of 3×3, 1×7 and 7×1 windows, everything batch-normalized.
///
/// 23,851,784 weights. Images of at least 75×75; default 299×299×3. Szegedy and others, 2015; Keras:
/// `keras/src/applications/inception_v3.py`.
///
/// ```
/// use kiln_applications::InceptionV3;
/// let plan = InceptionV3::new().include_top(false).pooling("avg").blueprint()?;
/// assert_eq!(plan.output_shape().map(|s| s.to_string()).as_deref(), Some("(None, 2048)"));
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct InceptionV3 {
    frame: Frame,
}

/// A convolution with its normalization and activation, which Keras leaves to be numbered.
fn unit(x: &Symbol, filters: usize, size: (usize, usize), stride: usize, padding: &str) -> Result<Symbol> {
    let x = Conv2d::new(filters, size).strides(stride).padding(padding).use_bias(false).on(x)?;
    Activation::new("relu").on(&BatchNormalization::new().scale(false).on(&x)?)
}

/// Several in a row, the sizes kept.
fn chain(x: &Symbol, units: &[(usize, (usize, usize))]) -> Result<Symbol> {
    units.iter().try_fold(x.clone(), |x, (filters, size)| unit(&x, *filters, *size, 1, "same"))
}

fn pooled(x: &Symbol, filters: usize) -> Result<Symbol> {
    chain(&AveragePooling2d::new(3).strides(1).padding("same").on(x)?, &[(filters, (1, 1))])
}

fn join(name: &str, parts: &[Symbol]) -> Result<Symbol> {
    Concatenate::new().name(name).on(parts)
}

/// Windows of 5×5, and of 3×3 twice.
fn module_a(x: &Symbol, pool: usize, name: &str) -> Result<Symbol> {
    let parts = [
        chain(x, &[(64, (1, 1))])?,
        chain(x, &[(48, (1, 1)), (64, (5, 5))])?,
        chain(x, &[(64, (1, 1)), (96, (3, 3)), (96, (3, 3))])?,
        pooled(x, pool)?,
    ];
    join(name, &parts)
}

/// Windows of 7×7 as 1×7 and 7×1, once and twice.
fn module_b(x: &Symbol, filters: usize, name: &str) -> Result<Symbol> {
    let (n, row, column) = (filters, (1, 7), (7, 1));
    let parts = [
        chain(x, &[(192, (1, 1))])?,
        chain(x, &[(n, (1, 1)), (n, row), (192, column)])?,
        chain(x, &[(n, (1, 1)), (n, column), (n, row), (n, column), (192, row)])?,
        pooled(x, 192)?,
    ];
    join(name, &parts)
}

/// 3×3 as 1×3 and 3×1 side by side.
fn module_c(x: &Symbol, index: usize) -> Result<Symbol> {
    let split = |x: &Symbol| -> Result<[Symbol; 2]> { Ok([chain(x, &[(384, (1, 3))])?, chain(x, &[(384, (3, 1))])?]) };
    let one = chain(x, &[(320, (1, 1))])?;
    let three = join(&format!("mixed9_{index}"), &split(&chain(x, &[(384, (1, 1))])?)?)?;
    let double = split(&chain(x, &[(448, (1, 1)), (384, (3, 3))])?)?;
    let double = Concatenate::new().on(&double[..])?;
    join(&format!("mixed{}", 9 + index), &[one, three, double, pooled(x, 192)?])
}

fn halve(x: &Symbol) -> Result<Symbol> {
    MaxPooling2d::new(3).strides(2).on(x)
}

impl InceptionV3 {
    /// For ImageNet.
    pub fn new() -> Self {
        Self::default()
    }

    fn wire(&self) -> Result<Wiring> {
        const WHO: &str = "InceptionV3";
        let input = self.frame.input(WHO, 299, 75)?;
        let x = unit(&input, 32, (3, 3), 2, "valid")?;
        let x = unit(&x, 32, (3, 3), 1, "valid")?;
        let x = halve(&unit(&x, 64, (3, 3), 1, "same")?)?;
        let x = unit(&x, 80, (1, 1), 1, "valid")?;
        let mut x = halve(&unit(&x, 192, (3, 3), 1, "valid")?)?;
        for (pool, name) in [(32, "mixed0"), (64, "mixed1"), (64, "mixed2")] {
            x = module_a(&x, pool, name)?;
        }
        let double = chain(&x, &[(64, (1, 1)), (96, (3, 3))])?;
        x = join("mixed3", &[unit(&x, 384, (3, 3), 2, "valid")?, unit(&double, 96, (3, 3), 2, "valid")?, halve(&x)?])?;
        for (filters, name) in [(128, "mixed4"), (160, "mixed5"), (160, "mixed6"), (192, "mixed7")] {
            x = module_b(&x, filters, name)?;
        }
        let three = chain(&x, &[(192, (1, 1))])?;
        let seven = chain(&x, &[(192, (1, 1)), (192, (1, 7)), (192, (7, 1))])?;
        x = join("mixed8", &[unit(&three, 320, (3, 3), 2, "valid")?, unit(&seven, 192, (3, 3), 2, "valid")?, halve(&x)?])?;
        for index in 0..2 {
            x = module_c(&x, index)?;
        }
        let pooling = if self.frame.include_top { Some(["avg_pool", "max_pool"]) } else { None };
        let out = self.frame.mean_top(WHO, x, pooling)?;
        self.frame.wiring(WHO, "inception_v3", &input, vec![out])
    }
}

impl InceptionV3 {
    /// Keras' file.
    fn published(&self, _: &Wiring) -> Result<Published> {
        let md5 = ["9a0d58056eeedaa3f26cb7ebd46da564", "bcbd6486424b2319ff4ef7d526e38f63"];
        Ok(Published::kernels("inception_v3", "inception_v3", md5, self.frame.include_top))
    }
}

architecture!(InceptionV3);
preprocessing!("tf", InceptionV3);
