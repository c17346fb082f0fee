//! AlexNet: the network itself, then a narrow one that learns Fashion-MNIST, and the filters of its first layer as pictures.
//!
//! `cargo run --release --example alexnet`; `--data DIR`, `--sample`, `--seed N`, `--quick` for tests.

use kiln::applications::AlexNet;
use kiln::prelude::*;
use kiln_examples::{draw_predictions, fashion_images, flag, number, output, stretched};

fn main() -> kiln::Result<()> {
    set_random_seed(number("seed", 12)?);
    // The network of 2012, planned but not built: its weights would take 244 MB.
    let plan = AlexNet::new().blueprint()?;
    let weights: usize = plan.weights()?.iter().map(|w| w.len()).sum();
    println!("AlexNet has {weights} weights in {} layers", plan.layers.len());
    assert_eq!(weights, 60_965_224);

    let quick = flag("quick");
    let (train, test, epochs, width) = if quick { (1600, 400, 3, 0.25) } else { (60_000, 10_000, 10, 0.5) };
    let ((x_train, y_train), (x_test, y_test)) = fashion_images(train, test)?;

    // The first window is 11×11: the images are enlarged inside the model. The narrow network has the same layers.
    let images = Input::new([28, 28, 1]);
    let large = Resizing::new(67, 67).on(&images)?;
    let mut model = AlexNet::new().width(width).dropout(0.25).classes(10).input_tensor(&large).build()?;
    println!("{}", model.summary()?);
    model.compile(Adam::new().learning_rate(5e-4), "sparse_categorical_crossentropy", ["accuracy"])?;
    let options = Fit::new().epochs(epochs).batch_size(if quick { 16 } else { 64 }).validation_data((&x_test, &y_test));
    let history = model.fit((&x_train, &y_train), options)?;
    let curves = output("alexnet", "history.png")?;
    history.plot(&curves)?;

    // What the first layer looks for: edges and spots of several directions.
    let kernel = model.get_weights()?.swap_remove(0);
    let filters = kernel.transpose([3, 0, 1, 2])?.reshape([-1, 11, 11])?;
    let picture = output("alexnet", "filters.png")?;
    ImageGrid::new(&stretched(&filters)?).columns(12).scale(5).title("filters of conv1").save(&picture)?;
    let grid = output("alexnet", "predictions.png")?;
    draw_predictions(&grid, &x_test, &model.predict(&x_test.rows(0..30)?)?)?;
    println!("pictures: {}, {}, {}", curves.display(), picture.display(), grid.display());

    let accuracy = history["val_accuracy"].last().copied().unwrap_or_default();
    let floor = if quick { 0.45 } else { 0.85 };
    println!("test accuracy: {accuracy:.4}");
    assert!(accuracy >= floor, "the test accuracy {accuracy} is below {floor}");
    Ok(())
}
