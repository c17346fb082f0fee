//! ResNet: the sizes of the family, then the paper's network for small images on Fashion-MNIST.
//!
//! `cargo run --release --example resnet`; `--data DIR`, `--sample`, `--seed N`, `--quick` for tests.

use kiln::applications::{ResNet18, ResNet20, ResNet34, ResNet50};
use kiln::prelude::*;
use kiln_examples::{draw_predictions, fashion_images, flag, number, output};

fn main() -> kiln::Result<()> {
    set_random_seed(number("seed", 15)?);
    // Two convolutions a block in 18 and 34 layers, bottlenecks of three in 50: hardly more weights.
    for (plan, depth) in [ResNet18::new().blueprint()?, ResNet34::new().blueprint()?, ResNet50::new().blueprint()?].iter().zip([18, 34, 50])
    {
        let trained: usize = plan.weights()?.iter().filter(|w| w.trainable).map(|w| w.len()).sum();
        println!("ResNet{depth}: {trained:>10} trained weights in {} layers", plan.layers.len());
    }

    let quick = flag("quick");
    let (train, test, epochs, width) = if quick { (1000, 300, 3, 0.25) } else { (60_000, 10_000, 20, 1.0) };
    let ((x_train, y_train), (x_test, y_test)) = fashion_images(train, test)?;

    // Small changes of each image, in training only, so that the network doesn't learn the images by heart.
    let images = Input::new([28, 28, 1]);
    let varied = if quick {
        RandomFlip::new("horizontal").on(&images)?
    } else {
        let flipped = RandomFlip::new("horizontal").on(&images)?;
        RandomTranslation::new(0.1, 0.1).on(&flipped)?
    };
    let mut model = ResNet20::new().width(width).classes(10).input_tensor(&varied).build()?;
    println!("{}", model.summary()?);

    let (batch, rate) = (if quick { 20 } else { 128 }, if quick { 4e-3 } else { 3e-3 });
    let steps = x_train.shape()[0].div_ceil(batch) * epochs;
    let optimizer = AdamW::new().learning_rate(CosineDecay::new(rate, steps as u64)).weight_decay(1e-3);
    model.compile(optimizer, "sparse_categorical_crossentropy", ["accuracy"])?;
    let options = Fit::new().epochs(epochs).batch_size(batch).validation_data((&x_test, &y_test));
    let history = model.fit((&x_train, &y_train), options)?;

    let curves = output("resnet", "history.png")?;
    history.plot(&curves)?;
    let grid = output("resnet", "predictions.png")?;
    draw_predictions(&grid, &x_test, &model.predict(&x_test.rows(0..30)?)?)?;
    println!("pictures: {}, {}", curves.display(), grid.display());

    let accuracy = history["val_accuracy"].last().copied().unwrap_or_default();
    let floor = if quick { 0.5 } else { 0.92 };
    println!("test accuracy: {accuracy:.4}");
    assert!(accuracy >= floor, "the test accuracy {accuracy} is below {floor}");
    Ok(())
}
