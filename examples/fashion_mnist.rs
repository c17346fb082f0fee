//! The course's first program: a multilayer perceptron on Fashion-MNIST.
//!
//! `cargo run --release --example fashion_mnist` trains, evaluates, predicts and writes pictures.
//! `--data DIR` reads your files, `--sample` the bundled ones, `--seed N` changes the seed, `--quick` is for tests.

use kiln::datasets::fashion_mnist::CLASS_NAMES;
use kiln::prelude::*;
use kiln_examples::{fashion_mnist, flag, number, output};

fn main() -> kiln::Result<()> {
    set_random_seed(number("seed", 100)?);
    let ((x_train, y_train), (x_test, y_test)) = fashion_mnist()?;
    let (x_train, x_test) = (x_train / 255.0, x_test / 255.0);

    let mut model = sequential![
        Dense::new(64).activation("relu"),
        Dense::new(128).activation("relu"),
        Dense::new(256).activation("relu"),
        Dense::new(10).activation("softmax"),
    ];
    model.compile("adam", "sparse_categorical_crossentropy", ["accuracy"])?;
    let epochs = if flag("quick") { 4 } else { 10 };
    let history = model.fit((&x_train, &y_train), Fit::new().epochs(epochs))?;
    println!("{}", model.summary()?);

    let scores = model.evaluate((&x_test, &y_test))?;
    println!("test loss: {:.4}, test accuracy: {:.4}", scores.loss, scores["accuracy"]);

    let predictions = model.predict(&x_test)?;
    let label = predictions.row(7)?.argmax(-1)?;
    println!("image 7 is a {}", CLASS_NAMES[label.item() as usize]);

    let image = output("fashion_mnist", "test.png")?;
    Image::new(&x_test.row(7)?.reshape([28, 28])?).scale(8).save(&image)?;
    let first = predictions.rows(0..30)?.argmax(-1)?.to_vec::<i32>();
    let names: Vec<&str> = first.into_iter().map(|class| CLASS_NAMES[class as usize]).collect();
    let grid = output("fashion_mnist", "predictions.png")?;
    ImageGrid::new(&x_test.rows(0..30)?.reshape([30, 28, 28])?).columns(10).scale(3).labels(&names).save(&grid)?;
    let curves = output("fashion_mnist", "history.svg")?;
    history.plot(&curves)?;
    history.plot(curves.with_extension("png"))?;
    println!("pictures: {}, {}, {}", image.display(), grid.display(), curves.display());

    // The claim: what the network has learned is far better than guessing.
    let (floor, whole) = (if flag("quick") { 0.70 } else { 0.80 }, x_train.shape()[0] >= 60_000 && !flag("quick"));
    let floor = if whole { 0.875 } else { floor };
    assert!(scores["accuracy"] >= floor, "the test accuracy {} is below {floor}", scores["accuracy"]);
    Ok(())
}
