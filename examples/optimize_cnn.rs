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
        model.add(RandomTranslation::new(0.07, 0.07));
    }
    for filters in [filters, 2 * filters] {
        model.add(Conv2d::new(filters, 3).padding("same"));
        if step >= 1 {
            // A momentum for short trainings: the statistics of the last ten batches or so.
            model.add(BatchNormalization::new().momentum(0.9));
        }
        model.add(Relu::new());
        model.add(MaxPooling2d::new(2));
        if step >= 2 {
            model.add(Dropout::new(0.15));
        }
    }
    model.add(Flatten::new());
    model.add(Dense::new(64).activation("relu"));
    if step >= 2 {
        model.add(Dropout::new(0.3));
    }
    model.add(Dense::new(10).activation("softmax"));
    model
}

fn main() -> kiln::Result<()> {
    let quick = flag("quick");
    let (train, test, epochs, filters) = if quick { (1000, 400, 3, 6) } else { (6000, 10_000, 12, 12) };
    let ((x, y), (x_test, y_test)) = fashion_images(train, test)?;

    let mut losses = LineChart::new("validation loss").x_label("epoch").size(560, 400);
    let mut accuracies = LineChart::new("validation accuracy").x_label("epoch").size(560, 400);
    let mut table = Vec::new();
    for (step, name) in STEPS.into_iter().enumerate() {
        set_random_seed(number("seed", 1)?);
        let mut model = network(step, filters);
        let steps_per_epoch = (train * 9 / 10).div_ceil(32) as u64;
        let adam = if step >= 4 { Adam::new().learning_rate(ExponentialDecay::new(2e-3, steps_per_epoch, 0.85)) } else { Adam::new() };
        model.compile(adam, "sparse_categorical_crossentropy", ["accuracy"])?;
        let mut options = Fit::new().epochs(epochs).batch_size(32).validation_split(0.1).verbose(0);
        if step >= 5 {
            // As long as it helps, and the best weights at the end.
            options = options.epochs(epochs * 3 / 2).callback(EarlyStopping::new("val_loss").patience(5).restore_best_weights(true));
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

    // The claim: all steps together beat the baseline. The few epochs of a test show no more than that each network learns.
    let (first, last) = (table[0]["accuracy"], table[5]["accuracy"]);
    let floor = if quick { 0.4 } else { first + 0.005 };
    assert!(last >= floor, "the last step's accuracy {last} is below {floor}; the baseline's is {first}");
    assert!(table.iter().all(|scores| scores["accuracy"] >= 0.4), "each of the networks should learn");
    Ok(())
}
