//! Images as sequences: an LSTM reads handwritten digits row by row, from top to bottom.
//!
//! `cargo run --release --example mnist_rnn` takes MNIST from the cache or downloads it; `--data DIR` reads the four IDX files in `DIR`,
//! `--seed N` changes the seed, `--quick` is for tests and reads the bundled clothes of Fashion-MNIST instead.

use kiln::datasets::{fashion_mnist, mnist};
use kiln::prelude::*;
use kiln_examples::{flag, number, option, output};

fn main() -> kiln::Result<()> {
    set_random_seed(number("seed", 1)?);
    let quick = flag("quick");
    let ((x, y), (x_test, y_test)) = match option("data") {
        _ if quick => fashion_mnist::load_sample()?,
        Some(folder) => mnist::load_data_from(folder)?,
        None => mnist::load_data()?,
    };
    // A row of 28 pixels is a step, an image a sequence of 28 steps.
    let (x, x_test) = (x.to_float() / 255.0, x_test.to_float() / 255.0);
    let (train, units, epochs) = if quick { (5000, 32, 4) } else { (60_000, 96, 3) };
    let (x, y) = (x.rows(0..train)?, y.rows(0..train)?);

    let mut model = sequential![Lstm::new(units), Dense::new(10).activation("softmax")];
    let steps = (train.div_ceil(64) * epochs) as u64;
    model.compile(Adam::new().learning_rate(CosineDecay::new(3e-3, steps)), "sparse_categorical_crossentropy", ["accuracy"])?;
    let options = Fit::new().epochs(epochs).batch_size(64).validation_data((&x_test, &y_test));
    let history = model.fit((&x, &y), options)?;
    println!("{}", model.summary()?);

    // The same weights in a model that answers after each row: when does it know?
    let mut reader = sequential![Lstm::new(units).return_sequences(true), Dense::new(10).activation("softmax")];
    reader.build([28, 28])?;
    reader.set_weights(model.get_weights()?)?;
    let answers = reader.predict(&x_test.rows(0..2)?)?;
    let digits: Vec<String> = (0..10).map(|d| if quick { fashion_mnist::CLASS_NAMES[d].to_owned() } else { d.to_string() }).collect();
    for image in 0..2 {
        let path = output("mnist_rnn", &format!("rows_{image}.png"))?;
        let class = y_test.row(image)?.item() as usize;
        HeatMap::new(format!("what the network believes, row by row: it is {}", digits[class]), &answers.row(image)?.transpose([1, 0])?)
            .row_labels(&digits)
            .x_label("rows read")
            .cell(16)
            .save(&path)?;
        println!("picture: {}", path.display());
    }
    let curves = output("mnist_rnn", "history.png")?;
    history.plot(&curves)?;
    let grid = output("mnist_rnn", "predictions.png")?;
    let guesses = model.predict(&x_test.rows(0..30)?)?.argmax(-1)?.to_vec::<i32>();
    let names: Vec<&str> = guesses.into_iter().map(|d| digits[d as usize].as_str()).collect();
    ImageGrid::new(&x_test.rows(0..30)?).columns(10).scale(2).labels(&names).save(&grid)?;
    println!("pictures: {}, {}", curves.display(), grid.display());

    // The claim: rows read one after the other are enough to tell digits apart.
    let (accuracy, floor) = (history["val_accuracy"].last().copied().unwrap_or_default(), if quick { 0.60 } else { 0.97 });
    println!("test accuracy: {accuracy:.4}");
    assert!(accuracy >= floor, "the test accuracy {accuracy} is below {floor}");
    Ok(())
}
