//! Autoencoders: images squeezed through a narrow code and back, by dense layers and by convolutions; and noise taken off.
//!
//! `cargo run --release --example autoencoder`; `--data DIR`, `--sample`, `--seed N`, `--quick` for tests.

use kiln::prelude::*;
use kiln_examples::{fashion_images, flag, number, output};

fn dense() -> Sequential {
    sequential![
        Flatten::new(),
        Dense::new(128).activation("relu"),
        Dense::new(32).activation("relu").name("code"),
        Dense::new(128).activation("relu"),
        Dense::new(784).activation("sigmoid"),
        Reshape::new([28, 28, 1]),
    ]
}

fn convolutional(filters: usize) -> Sequential {
    sequential![
        Conv2d::new(filters, 3).strides(2).padding("same").activation("relu"),
        Conv2d::new(filters / 2, 3).strides(2).padding("same").activation("relu").name("code"),
        Conv2dTranspose::new(filters / 2, 3).strides(2).padding("same").activation("relu"),
        Conv2dTranspose::new(filters, 3).strides(2).padding("same").activation("relu"),
        Conv2d::new(1, 3).padding("same").activation("sigmoid"),
    ]
}

/// The mean squared difference of a pixel.
fn error(a: &Tensor, b: &Tensor) -> f64 {
    (a - b).square().mean().item()
}

fn main() -> kiln::Result<()> {
    set_random_seed(number("seed", 21)?);
    let quick = flag("quick");
    let (train, test, epochs, filters) = if quick { (1200, 200, 4, 8) } else { (12_000, 2000, 4, 16) };
    let ((x_train, _), (x_test, _)) = fashion_images(train, test)?;
    let options = || Fit::new().epochs(epochs).batch_size(if quick { 16 } else { 64 }).verbose(2);

    // The target is the input itself.
    let mut narrow = dense();
    narrow.compile(Adam::new().learning_rate(0.002), "binary_crossentropy", ())?;
    narrow.fit((&x_train, &x_train), options())?;
    let mut wide = convolutional(filters);
    wide.compile(Adam::new().learning_rate(0.003), "binary_crossentropy", ())?;
    wide.fit((&x_train, &x_train), options())?;
    println!("{}\n{}", narrow.summary()?, wide.summary()?);

    // A denoiser sees a spoiled image, and is shown the clean one as the target.
    let spoil = |x: &Tensor| (x + Tensor::random_normal(x.shape(), 0.0, 0.4)).clip(0.0, 1.0);
    let (noisy_train, noisy_test) = (spoil(&x_train), spoil(&x_test));
    let mut denoiser = convolutional(filters);
    denoiser.compile(Adam::new().learning_rate(0.003), "binary_crossentropy", ())?;
    denoiser.fit((&noisy_train, &x_train), options())?;

    let (by_dense, by_convolutions) = (narrow.predict(&x_test)?, wide.predict(&x_test)?);
    let cleaned = denoiser.predict(&noisy_test)?;
    let ten = |images: &Tensor| images.rows(0..10);
    let pictures = Tensor::concat([&ten(&x_test)?, &ten(&by_dense)?, &ten(&by_convolutions)?], 0)?;
    let path = output("autoencoder", "reconstructions.png")?;
    ImageGrid::new(&pictures).scale(2).title("images; through 32 numbers; through convolutions").save(&path)?;
    println!("pictures: {}", path.display());
    let pictures = Tensor::concat([&ten(&x_test)?, &ten(&noisy_test)?, &ten(&cleaned)?], 0)?;
    let path = output("autoencoder", "denoised.png")?;
    ImageGrid::new(&pictures).scale(2).title("images; with noise; the noise taken off").save(&path)?;
    println!("pictures: {}", path.display());

    // What the mean image of the training data would miss, for comparison.
    let mean = error(&x_train.mean_axis(0)?.expand_dims(0)?, &x_test);
    let errors = [error(&by_dense, &x_test), error(&by_convolutions, &x_test), error(&noisy_test, &x_test), error(&cleaned, &x_test)];
    println!("squared error of a pixel: the mean image {mean:.4}, dense {:.4}, convolutions {:.4}", errors[0], errors[1]);
    println!("squared error of a pixel: noisy {:.4}, denoised {:.4}", errors[2], errors[3]);

    let floors = if quick { (0.04, 0.03, 0.6) } else { (0.025, 0.012, 0.3) };
    assert!(errors[0] < floors.0, "the dense autoencoder misses {} a pixel, more than {}", errors[0], floors.0);
    assert!(errors[1] < floors.1, "the convolutional autoencoder misses {} a pixel, more than {}", errors[1], floors.1);
    assert!(errors[3] < floors.2 * errors[2], "of the noise's {}, {} is left", errors[2], errors[3]);
    Ok(())
}
