//! GoogLeNet: inception modules and auxiliary heads, trained on Fashion-MNIST with the three losses weighted, used with one output.
//!
//! `cargo run --release --example googlenet`; `--data DIR`, `--sample`, `--seed N`, `--quick` for tests.

use kiln::applications::GoogLeNet;
use kiln::prelude::*;
use kiln_examples::{draw_predictions, fashion_images, flag, number, output};

fn main() -> kiln::Result<()> {
    set_random_seed(number("seed", 15)?);
    // The network of 2014, with and without the heads that are only there in training.
    for (heads, expected) in [(false, 6_998_552), (true, 13_378_280)] {
        let plan = GoogLeNet::new().auxiliary_heads(heads).blueprint()?;
        let weights: usize = plan.weights()?.iter().map(|w| w.len()).sum();
        println!("GoogLeNet, auxiliary heads {heads}: {weights} weights, outputs {:?}", plan.output_names());
        assert_eq!(weights, expected);
    }

    let quick = flag("quick");
    let (train, test, epochs, width) = if quick { (1600, 400, 5, 0.125) } else { (60_000, 10_000, 8, 0.25) };
    let ((x_train, y_train), (x_test, y_test)) = fashion_images(train, test)?;
    let network = GoogLeNet::new().width(width).auxiliary_heads(true).dropout(0.2).input_shape([28, 28, 1]).classes(10);
    let mut model = network.build()?;
    println!("{}", model.summary()?);

    // Each head learns the same labels; the two on the way count less, as in the paper.
    let heads = ["predictions", "auxiliary1", "auxiliary2"];
    let losses = heads.map(|head| (head, "sparse_categorical_crossentropy"));
    // The rate falls along a cosine: at a steady one the last epochs jump about.
    let (batch, rate) = if quick { (16, 1.5e-3) } else { (64, 3e-3) };
    let steps = x_train.shape()[0].div_ceil(batch) * epochs;
    let adam = Adam::new().learning_rate(CosineDecay::new(rate, steps as u64));
    let choices = Compile::new(adam, losses).metrics(heads.map(|head| (head, ["accuracy"])));
    model.compile_with(choices.loss_weights([("auxiliary1", 0.3), ("auxiliary2", 0.3)]))?;
    let options = Fit::new().epochs(epochs).batch_size(batch).validation_data((&x_test, [&y_test, &y_test, &y_test]));
    let history = model.fit((&x_train, [&y_train, &y_train, &y_train]), options)?;

    let mut chart = LineChart::new("test accuracy of the three heads").x_label("epoch").y_label("accuracy");
    for head in heads {
        let accuracies = history[&format!("val_{head}_accuracy")].iter().enumerate();
        chart = chart.series(head, &accuracies.map(|(i, v)| (i as f64 + 1.0, *v)).collect::<Vec<_>>());
    }
    let curves = output("googlenet", "heads.png")?;
    chart.save(&curves)?;

    // After training the heads are left away: a model from the same images to the last output, with the same weights.
    let mut classifier = Model::new(&model.inputs()?, &model.layer_output("predictions")?)?;
    println!("{} of {} weights are needed to classify", classifier.count_params()?, model.count_params()?);
    classifier.compile("adam", "sparse_categorical_crossentropy", ["accuracy"])?;
    let accuracy = classifier.evaluate((&x_test, &y_test))?["accuracy"];
    let grid = output("googlenet", "predictions.png")?;
    draw_predictions(&grid, &x_test, &classifier.predict(&x_test.rows(0..30)?)?)?;
    println!("pictures: {}, {}", curves.display(), grid.display());

    let (last, floor) = (history["val_predictions_accuracy"].last().copied().unwrap_or_default(), if quick { 0.4 } else { 0.88 });
    println!("test accuracy: {accuracy:.4}");
    assert!((accuracy - last).abs() < 1e-6, "the classifier is the trained network");
    assert!(accuracy >= floor, "the test accuracy {accuracy} is below {floor}");
    Ok(())
}
