//! A network made better step by step: batch normalization, dropout, augmentation, a learning rate that falls, early stopping.
//!
//! `cargo run --release --example optimize_cnn`; `--data DIR` reads Fashion-MNIST from your files, `--sample` the bundled ones,
//! `--seed N` changes the seed, `--quick` is for tests.

use kiln::prelude::*;
use kiln_examples::{fashion_images, flag, number, output, points};

/// Each step keeps what the steps before it brought.
const STEPS: [&str; 6] = ["baseline", "+ batch normalization", "+ dropout", "+ augmentation", "+ falling rate", "+ early stopping"];

fn network(step: usize, filters: usize) -> Sequential {
    let mut model = Sequential::new();
    model.add(Input::new([28, 28, 1]));
    if step >= 3 {
        // Other images of the same clothes, in training only.
        model.add(RandomFlip::new("horizontal"));
    }
    for filters in [filters, 2 * filters] {
        model.add(Conv2d::new(filters, 3).padding("same"));
        if step >= 1 {
            // A momentum for short trainings: the statistics of the last ten batches or so.
            model.add(BatchNormalization::new().momentum(0.9));
        }
        model.add(Relu::new());
        model.add(MaxPooling2d::new(2));
    }
    model.add(Flatten::new());
    model.add(Dense::new(64).activation("relu"));
    if step >= 2 {
        model.add(Dropout::new(0.25));
    }
    model.add(Dense::new(10).activation("softmax"));
    model
}

fn main() -> kiln::Result<()> {
    let quick = flag("quick");
    let (train, test, epochs, filters) = if quick { (1000, 400, 3, 6) } else { (3000, 10_000, 20, 12) };
    let ((x, y), (x_test, y_test)) = fashion_images(train, test)?;

    let mut losses = LineChart::new("validation loss").x_label("epoch").size(560, 400);
    let mut accuracies = LineChart::new("validation accuracy").x_label("epoch").size(560, 400);
    let mut table = Vec::new();
    for (step, name) in STEPS.into_iter().enumerate() {
        set_random_seed(number("seed", 1)?);
        let mut model = network(step, filters);
        let steps = ((train * 9 / 10).div_ceil(32) * epochs) as u64;
        // As it stands, SGD walks at a rate of 0.01; a rate that falls can begin with larger strides.
        let sgd = if step >= 4 { Sgd::new().learning_rate(CosineDecay::new(0.1, steps)) } else { Sgd::new() };
        model.compile(sgd, "sparse_categorical_crossentropy", ["accuracy"])?;
        let mut options = Fit::new().epochs(epochs).batch_size(32).validation_split(0.1).verbose(0);
        if step >= 5 {
            // No longer than it helps, and the best weights at the end.
            options = options.callback(EarlyStopping::new("val_accuracy").patience(6).restore_best_weights(true));
        }
        let history = model.fit((&x, &y), options)?;
        let scores = model.evaluate((&x_test, &y_test))?;
        let trained = *history["accuracy"].last().unwrap_or(&f64::NAN);
        println!("{name:<22} {:>2} epochs, accuracy: training {trained:.4}, test {:.4}", history.epochs().len(), scores["accuracy"]);
        losses = losses.series(name, &points(1, &history["val_loss"]));
        accuracies = accuracies.series(name, &points(1, &history["val_accuracy"]));
        table.push(scores);
    }
    let path = output("optimize_cnn", "curves.png")?;
    Panels::new().chart(losses).chart(accuracies).save(&path)?;

    println!("\n| step | test loss | test accuracy |\n|---|---|---|");
    for (name, scores) in STEPS.iter().zip(&table) {
        println!("| {name} | {:.4} | {:.4} |", scores.loss, scores["accuracy"]);
    }
    println!("\npicture: {}", path.display());

    // The claim: all steps together beat the baseline. Not each step helps in so few epochs: dropout and augmentation want longer ones.
    let (first, last) = (table[0]["accuracy"], table[5]["accuracy"]);
    assert!(last >= first + 0.04, "the last step's accuracy {last} is not well above the baseline's {first}");
    assert!(last >= if quick { 0.55 } else { 0.82 }, "the last step's accuracy is {last}");
    Ok(())
}
