//! One network in three notations: written by Keras, read by Kiln and PyTorch, with the same numbers from the same weights.
//!
//! `keras_and_pytorch/model_keras.py` trained the network and wrote the files this program reads; `model_pytorch.py` reads them
//! too, and writes PyTorch's own, which is read as well. The notations stand side by side in `docs/keras_and_pytorch.md`.
//! `cargo run --release --example keras_and_pytorch`; `--seed N` changes the seed of the training in Kiln, `--quick` is for tests.

use kiln::prelude::*;
use kiln_examples::{draw_predictions, flag, number, output};
use std::path::Path;

/// `network()` of `model_keras.py`.
fn network() -> Sequential {
    sequential![
        Input::new([28, 28, 1]),
        Conv2d::new(8, 3).activation("relu"),
        MaxPooling2d::new(2),
        Conv2d::new(16, 3).activation("relu"),
        MaxPooling2d::new(2),
        Flatten::new(),
        Dense::new(10).activation("softmax"),
    ]
}

fn main() -> kiln::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("keras_and_pytorch");
    let ((x, y), (x_test, y_test)) = datasets::fashion_mnist::load_sample()?;
    let scaled = |images: Tensor| (images.to_float() / 255.0).expand_dims(-1);
    let (x, x_test) = (scaled(x)?, scaled(x_test)?);

    // Keras' whole model: layers, weights, optimizer, loss and metrics.
    let mut whole = load_model(folder.join("fashion_cnn.keras"))?;
    println!("{}", whole.summary()?);
    // Or Kiln's notation and the weights alone, from Keras' own kind of file or from safetensors.
    let mut model = network();
    model.load_weights(folder.join("fashion_cnn.safetensors"))?;
    let mut same = network();
    same.load_weights(folder.join("fashion_cnn.weights.h5"))?;
    // Or the file that PyTorch wrote: axes are turned, and the rows of the last kernel put into Kiln's order.
    let mut torch = network();
    torch.load_pt(folder.join("fashion_cnn.pt"))?;

    let expected = load_csv(folder.join("expected.csv"))?;
    let first = x_test.rows(0..expected.shape()[0])?;
    let difference = |p: Tensor| (p - &expected).abs().max().item();
    let differences: [f64; 4] = [
        difference(whole.predict(&first)?),
        difference(model.predict(&first)?),
        difference(same.predict(&first)?),
        difference(torch.predict(&first)?),
    ];
    let [of_whole, of_weights, of_keras, of_torch] = differences;
    println!("largest differences from Keras' probabilities: the whole model's {of_whole:.1e}, safetensors' {of_weights:.1e},");
    println!("those of Keras' weights {of_keras:.1e}, of PyTorch's {of_torch:.1e}");
    let scores = whole.evaluate((&x_test, &y_test))?;
    println!("test loss {:.6}, accuracy {:.4}; Keras wrote {KERAS_LOSS:.6}, {KERAS_ACCURACY:.4}", scores.loss, scores["accuracy"]);

    // The way back: `keras.saving.load_model` reads this file, `load_weights` the second, `safetensors.numpy.load_file` the third.
    let back = output("keras_and_pytorch", "from_kiln.keras")?;
    whole.save(&back)?;
    model.save_weights(back.with_extension("weights.h5"))?;
    model.save_weights(back.with_extension("safetensors"))?;

    // The same training here: `whole` is compiled as it was in Keras, `network` is new.
    set_random_seed(number("seed", 1)?);
    let mut fresh = network();
    fresh.compile("adam", "sparse_categorical_crossentropy", ["accuracy"])?;
    let epochs = if flag("quick") { 3 } else { 12 };
    let history = fresh.fit((&x, &y), Fit::new().epochs(epochs).batch_size(32).validation_data((&x_test, &y_test)))?;
    let grid = output("keras_and_pytorch", "predictions.png")?;
    draw_predictions(&grid, &x_test, &whole.predict(&x_test.rows(0..30)?)?)?;
    println!("written: {}, {}", back.display(), grid.display());

    // The claims: the same numbers from the same weights, and a training of the same quality.
    assert!(differences.iter().all(|d| *d < 1e-5), "the probabilities differ from Keras' by {differences:?}");
    assert!((scores.loss - KERAS_LOSS).abs() < 1e-5 && (scores["accuracy"] - KERAS_ACCURACY).abs() < 1e-6, "Keras scored otherwise");
    let (accuracy, floor) = (history["val_accuracy"].last().copied().unwrap_or_default(), if flag("quick") { 0.70 } else { 0.81 });
    println!("trained by Kiln for {epochs} epochs: test accuracy {accuracy:.4}");
    assert!(accuracy >= floor, "the test accuracy {accuracy} is below {floor}");
    Ok(())
}

/// What Keras printed for the test images.
const KERAS_LOSS: f64 = 0.428262;
const KERAS_ACCURACY: f64 = 0.84;
