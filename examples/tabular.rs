//! A table: is a tumour malignant? Measurements brought to one scale, classes weighed, a confusion matrix and a ROC curve.
//!
//! `cargo run --release --example tabular`; `--data FILE` reads your copy of `breast_cancer.csv` instead of the bundled one, `--seed N`
//! changes the seed, `--quick` is for tests.

use kiln::prelude::*;
use kiln_examples::{data_file, flag, number, output};

/// The share of the ill that are found against that of the healthy that are alarmed, at every threshold; and the area below.
fn roc(truth: &[f64], score: &[f64]) -> (Vec<(f64, f64)>, f64) {
    let mut cases: Vec<(f64, f64)> = score.iter().copied().zip(truth.iter().copied()).collect();
    cases.sort_by(|a, b| b.0.total_cmp(&a.0));
    let ill = truth.iter().sum::<f64>();
    let healthy = truth.len() as f64 - ill;
    let (mut curve, mut area) = (vec![(0.0, 0.0)], 0.0);
    let (mut alarmed, mut found) = (0.0, 0.0);
    for (_, y) in cases {
        found += y / ill;
        alarmed += (1.0 - y) / healthy;
        area += (1.0 - y) / healthy * found;
        curve.push((alarmed, found));
    }
    (curve, area)
}

fn main() -> kiln::Result<()> {
    set_random_seed(number("seed", 1)?);
    // The first line counts rows and columns and names the classes.
    let table = Csv::new(data_file("tabular/breast_cancer.csv")).skip_lines(1).load()?;

    // A fifth of the rows for the test, a fifth for validation. The file calls malignant 0; here it is 1, what we look for.
    let part = |choose: fn(usize) -> bool| -> kiln::Result<(Tensor, Tensor)> {
        let rows: Vec<usize> = (0..table.shape()[0]).filter(|row| choose(row % 5)).collect();
        let part = table.gather(&rows)?;
        Ok((part.slice((.., ..-1))?, 1.0 - part.slice((.., -1..))?))
    };
    let (x_test, y_test) = part(|fifth| fifth == 0)?;
    let (x_val, y_val) = part(|fifth| fifth == 1)?;
    let (x, y) = part(|fifth| fifth > 1)?;
    println!("{} rows to learn from, {} for validation, {} for the test", x.shape()[0], x_val.shape()[0], x_test.shape()[0]);

    // `adapt` reads mean and variance off the training rows alone: the test must stay unseen.
    let mut model = sequential![
        Normalization::new().adapt(&x)?,
        Dense::new(16).activation("relu").kernel_regularizer(Regularizer::l2(1e-3)),
        Dropout::new(0.3),
        Dense::new(1).activation("sigmoid"),
    ];
    model.compile(Adam::new().learning_rate(0.005), "binary_crossentropy", ("accuracy", Auc::new(), Recall::new()))?;

    // There are fewer malignant tumours; the weights make both classes count alike.
    let (all, malignant) = (y.shape()[0] as f64, y.sum().item());
    let weights = [(0, all / (2.0 * (all - malignant))), (1, all / (2.0 * malignant))];
    let options = Fit::new()
        .epochs(if flag("quick") { 30 } else { 100 })
        .batch_size(16)
        .validation_data((&x_val, &y_val))
        .class_weight(weights)
        .callback(EarlyStopping::new("val_loss").patience(15).restore_best_weights(true));
    let history = model.fit((&x, &y), options)?;
    println!("{}", model.summary()?);

    let scores = model.evaluate((&x_test, &y_test))?;
    let probability = model.predict(&x_test)?;
    let (curve, area) = roc(&y_test.to_vec(), &probability.to_vec());
    let guess = probability.greater(0.5)?.cast(kiln::DType::I32);
    let confusion = y_test.one_hot(2).squeeze(1)?.transpose([1, 0])?.matmul(&guess.one_hot(2).squeeze(1)?)?;
    println!("confusion, rows true, columns predicted:\n{confusion}");
    println!("test accuracy {:.4}, AUC {area:.4}, recall of malignant {:.4}", scores["accuracy"], scores["recall"]);

    let map = output("tabular", "confusion.png")?;
    HeatMap::new("569 tumours, those held out", &confusion)
        .labels(&["benign", "malignant"])
        .x_label("predicted")
        .y_label("true")
        .cell(80)
        .save(&map)?;
    let roc_chart = output("tabular", "roc.png")?;
    LineChart::new(format!("ROC curve, area {area:.3}"))
        .x_label("benign tumours taken for malignant")
        .y_label("malignant tumours found")
        .series("model", &curve)
        .series_dashed("guessing", &[(0.0, 0.0), (1.0, 1.0)])
        .size(480, 420)
        .save(&roc_chart)?;
    let curves = output("tabular", "history.png")?;
    history.plot(&curves)?;
    println!("pictures: {}, {}, {}", map.display(), roc_chart.display(), curves.display());

    // The claim: on tumours it has not seen, the network is right nearly always.
    assert!(area >= 0.98, "the area under the ROC curve, {area}, is below 0.98");
    assert!((scores["auc"] - area).abs() < 0.01, "the metric says {}, the curve {area}", scores["auc"]);
    assert!(scores["accuracy"] >= 0.94, "the test accuracy {} is below 0.94", scores["accuracy"]);
    Ok(())
}
