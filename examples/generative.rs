//! What the programs that make images share: a judge trained on real ones, and the networks of a GAN.

use crate::fashion_images;
use kiln::prelude::*;

/// A classifier that learned from real images, and is asked about made ones.
#[derive(Debug)]
pub struct Judge(Sequential);

/// What a [`Judge`] thinks of a set of images.
#[derive(Clone, Copy, Debug)]
pub struct Opinion {
    /// How sure it is of the class of an image, on average: near 1 for images that look like something.
    pub confidence: f64,
    /// How evenly the classes come up, as an entropy in nats: ln 10 = 2.30 for all ten alike, 0 for one class alone.
    pub variety: f64,
}

impl Judge {
    /// Learns from images and their labels: convolutions, or dense layers alone when it has to be `quick`.
    ///
    /// # Errors
    /// Data that don't fit.
    pub fn new(images: &Tensor, labels: &Tensor, quick: bool) -> kiln::Result<Self> {
        let mut model = if quick {
            sequential![Flatten::new(), Dense::new(128).activation("relu"), Dropout::new(0.2), Dense::new(10).activation("softmax")]
        } else {
            sequential![
                Conv2d::new(24, 3).activation("relu"),
                MaxPooling2d::new(2),
                Conv2d::new(48, 3).activation("relu"),
                MaxPooling2d::new(2),
                Flatten::new(),
                Dropout::new(0.4),
                Dense::new(10).activation("softmax"),
            ]
        };
        model.set_name("judge");
        model.compile("adam", "sparse_categorical_crossentropy", ["accuracy"])?;
        let options = Fit::new().epochs(if quick { 6 } else { 3 }).batch_size(if quick { 32 } else { 64 }).verbose(0);
        let history = model.fit((images, labels), options)?;
        println!("the judge knows {:.1} % of the images it learned from", 100.0 * history["accuracy"].last().unwrap_or(&0.0));
        Ok(Self(model))
    }

    /// The probabilities of the ten classes for each image.
    ///
    /// # Errors
    /// Images of another size.
    pub fn probabilities(&mut self, images: &Tensor) -> kiln::Result<Tensor> {
        self.0.predict(images)
    }

    /// The class of each image.
    ///
    /// # Errors
    /// Images of another size.
    pub fn classes(&mut self, images: &Tensor) -> kiln::Result<Vec<i32>> {
        Ok(self.probabilities(images)?.argmax(-1)?.to_vec())
    }

    /// Whether the images look like something, and like many things.
    ///
    /// # Errors
    /// Images of another size.
    pub fn opinion(&mut self, images: &Tensor) -> kiln::Result<Opinion> {
        let probabilities = self.probabilities(images)?;
        let shares = probabilities.mean_axis(0)?.maximum(1e-9)?;
        let variety = -(&shares * shares.clone().log()).sum().item();
        Ok(Opinion { confidence: probabilities.max_axis(-1)?.mean().item(), variety })
    }

    /// The share of images that show the class they were asked to.
    ///
    /// # Errors
    /// Images of another size.
    pub fn agrees(&mut self, images: &Tensor, labels: &[i32]) -> kiln::Result<f64> {
        let classes = self.classes(images)?;
        Ok(classes.iter().zip(labels).filter(|(a, b)| a == b).count() as f64 / labels.len().max(1) as f64)
    }
}

/// The images and labels that GANs learn from: Fashion-MNIST, and for `quick` tests a few images of half the side.
///
/// # Errors
/// As [`fashion_images`].
pub fn gan_images(quick: bool) -> kiln::Result<(Tensor, Tensor)> {
    let ((x, y), _) = fashion_images(if quick { 2000 } else { 60_000 }, 1)?;
    let x = if quick { sequential![AveragePooling2d::new(2)].predict(&x)? } else { x };
    Ok((x, y))
}

/// The network from numbers to an image as [`gan_images`] gives them, with values from 0 to 1.
pub fn painter(quick: bool) -> Sequential {
    let mut painter = if quick {
        sequential![Dense::new(128).activation("relu"), Dense::new(14 * 14).activation("sigmoid"), Reshape::new([14, 14, 1])]
    } else {
        sequential![
            Dense::new(7 * 7 * 32).use_bias(false),
            BatchNormalization::new(),
            Relu::new(),
            Reshape::new([7, 7, 32]),
            Conv2dTranspose::new(16, 4).strides(2).padding("same").use_bias(false),
            BatchNormalization::new(),
            Relu::new(),
            Conv2dTranspose::new(1, 4).strides(2).padding("same").activation("sigmoid"),
        ]
    };
    painter.set_name("painter");
    painter
}

/// The network from an image, of any number of channels, to what can be seen in it.
pub fn viewer(quick: bool) -> Sequential {
    let mut viewer = if quick {
        sequential![Flatten::new(), Dense::new(128), LeakyRelu::new().negative_slope(0.2), Dropout::new(0.3)]
    } else {
        sequential![
            Conv2d::new(16, 4).strides(2).padding("same"),
            LeakyRelu::new().negative_slope(0.2),
            Conv2d::new(32, 4).strides(2).padding("same"),
            LeakyRelu::new().negative_slope(0.2),
            Dropout::new(0.3),
            Flatten::new(),
        ]
    };
    viewer.set_name("viewer");
    viewer
}

/// How far a discriminator's scores (before the sigmoid) are from calling every image real (1) or made (0).
///
/// # Errors
/// None for scores of one column.
pub fn verdict(scores: &Tensor, truth: f64) -> kiln::Result<Tensor> {
    BinaryCrossentropy::new().from_logits(true).value(&(scores.zeros_like() + truth), scores)
}

/// The optimizer that GANs are usually trained with: Adam with a short memory.
///
/// # Errors
/// None for a positive rate.
pub fn gan_optimizer(rate: f64) -> kiln::Result<Optimizer> {
    kiln::optimizers::IntoOptimizer::into_optimizer(Adam::new().learning_rate(rate).beta_1(0.5))
}

/// Whole numbers as a tensor.
pub fn labels(values: impl IntoIterator<Item = usize>) -> Tensor {
    Tensor::constant(values.into_iter().map(|v| v as i32).collect::<Vec<_>>())
}
