//! VGG: the sizes of the family, then a narrow VGG11 that learns Fashion-MNIST, and what its blocks see.
//!
//! `cargo run --release --example vgg`; `--data DIR`, `--sample`, `--seed N`, `--quick` for tests.

use kiln::applications::{Vgg11, Vgg13, Vgg16, Vgg19};
use kiln::prelude::*;
use kiln_examples::{draw_predictions, fashion_images, flag, number, output, stretched};

fn main() -> kiln::Result<()> {
    set_random_seed(number("seed", 14)?);
    // The paper's table: planned, not built.
    let plans = [Vgg11::new().blueprint()?, Vgg13::new().blueprint()?, Vgg16::new().blueprint()?, Vgg19::new().blueprint()?];
    let mut sizes = Vec::new();
    for (plan, depth) in plans.iter().zip([11, 13, 16, 19]) {
        sizes.push(plan.weights()?.iter().map(|w| w.len()).sum::<usize>());
        println!("VGG{depth}: {:>11} weights", sizes[sizes.len() - 1]);
    }
    assert_eq!(sizes, [132_863_336, 133_047_848, 138_357_544, 143_667_240]);

    let quick = flag("quick");
    let (train, test, epochs, width) = if quick { (1200, 300, 2, 0.125) } else { (60_000, 10_000, 8, 0.25) };
    let ((x_train, y_train), (x_test, y_test)) = fashion_images(train, test)?;

    // Five pools halve the images five times: 28 rows become 32 first.
    let images = Input::new([28, 28, 1]);
    let framed = ZeroPadding2d::new(2).on(&images)?;
    let mut model = Vgg11::new().width(width).batch_normalization(true).classes(10).input_tensor(&framed).build()?;
    println!("{}", model.summary()?);
    model.compile(Adam::new().learning_rate(1e-3), "sparse_categorical_crossentropy", ["accuracy"])?;
    let options = Fit::new().epochs(epochs).batch_size(if quick { 20 } else { 64 }).validation_data((&x_test, &y_test));
    let history = model.fit((&x_train, &y_train), options)?;
    let curves = output("vgg", "history.png")?;
    history.plot(&curves)?;

    // Eight channels of each block for one image: from edges to a few coarse cells. A model of the same layers, with more outputs.
    let mut maps = Vec::new();
    for (block, layer) in ["block1_conv1_relu", "block2_conv1_relu", "block3_conv2_relu", "block4_conv2_relu"].into_iter().enumerate() {
        let seen = model.layer_output(layer)?;
        maps.push(UpSampling2d::new(1 << block).on(&seen)?);
    }
    let mut eyes = Model::new(&model.inputs()?, &maps)?;
    let mut pictures = Vec::new();
    for map in eyes.predict_all(&x_test.rows(0..1)?)? {
        pictures.push(map.transpose([0, 3, 1, 2])?.reshape([-1, 32, 32])?.rows(0..8)?);
    }
    let picture = output("vgg", "features.png")?;
    let title = "one image, as the first four blocks see it";
    ImageGrid::new(&stretched(&Tensor::concat(&pictures, 0)?)?).columns(8).scale(3).title(title).save(&picture)?;
    let grid = output("vgg", "predictions.png")?;
    draw_predictions(&grid, &x_test, &model.predict(&x_test.rows(0..30)?)?)?;
    println!("pictures: {}, {}, {}", curves.display(), picture.display(), grid.display());

    let accuracy = history["val_accuracy"].last().copied().unwrap_or_default();
    let floor = if quick { 0.5 } else { 0.9 };
    println!("test accuracy: {accuracy:.4}");
    assert!(accuracy >= floor, "the test accuracy {accuracy} is below {floor}");
    Ok(())
}
