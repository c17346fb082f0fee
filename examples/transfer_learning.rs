//! Transfer learning: what a network has learned of some classes, where there are many labels, helps with others, where there are few.
//!
//! `cargo run --release --example transfer_learning`; `--data DIR`, `--mnist DIR`, `--sample`, `--seed N`, `--quick` for tests.

use kiln::prelude::*;
use kiln_examples::scenes::scenes;
use kiln_examples::{fashion_images, flag, number, of_classes, option, output};

/// Each image lies somewhere on a canvas of this side. That a place doesn't matter is a thing to learn, and to carry over.
const SIDE: usize = 44;

type Labelled = (Tensor, Tensor);

/// The part that is carried over: from an image to features.
fn body(quick: bool) -> Sequential {
    let width = if quick { 8 } else { 20 };
    let mut body = sequential![
        Conv2d::new(width, 3).activation("relu").input_shape([SIDE, SIDE, 1]),
        MaxPooling2d::new(2),
        Conv2d::new(2 * width, 3).activation("relu"),
        MaxPooling2d::new(2),
        Flatten::new(),
        Dense::new(8 * width).activation("relu"),
    ];
    body.set_name("body");
    body
}

/// A body under a head of its own.
fn classifier(body: &Sequential, classes: usize) -> Sequential {
    sequential![body, Dense::new(classes).activation("softmax").name("head")]
}

/// Trains and gives the accuracy on the test images, every fifth epoch.
fn train(model: &mut Sequential, rate: f64, data: &Labelled, test: &Labelled, epochs: usize) -> kiln::Result<Vec<f64>> {
    model.compile(Adam::new().learning_rate(rate), "sparse_categorical_crossentropy", ["accuracy"])?;
    let options = Fit::new().epochs(epochs).batch_size(10).verbose(0).validation_data((&test.0, &test.1)).validation_freq(5);
    Ok(model.fit((&data.0, &data.1), options)?["val_accuracy"].to_vec())
}

/// The images of each class from the `draw`-th five on, five of them.
fn few((x, y): &Labelled, draw: usize) -> kiln::Result<Labelled> {
    let (labels, mut seen) = (y.to_vec::<i32>(), [0; 10]);
    let wanted = |row: &usize| {
        let count = &mut seen[labels[*row] as usize];
        *count += 1;
        (5 * draw + 1..=5 * draw + 5).contains(count)
    };
    let rows: Vec<usize> = (0..labels.len()).filter(wanted).collect();
    Ok((x.gather(&rows)?, y.gather(&rows)?))
}

/// Learns `source` with all its labels, then `target` with five of each class: from scratch, with the body frozen, and with the body
/// let go after that. Gives the accuracies of the three, each the mean of several draws of labels.
fn carry_over(name: &str, source: &Labelled, target: &Labelled, test: &Labelled, quick: bool) -> kiln::Result<[f64; 3]> {
    let classes = 1 + target.1.max().item() as usize;
    let (epochs, draws) = if quick { (20, 2) } else { (40, 3) };
    println!("{name}: {} labelled images, then {}", source.0.shape()[0], 5 * classes);
    let mut learned = body(quick);
    learned.build([SIDE, SIDE, 1])?;
    let mut first = classifier(&learned, 1 + source.1.max().item() as usize);
    first.compile(Adam::new().learning_rate(if quick { 3e-3 } else { 1e-3 }), "sparse_categorical_crossentropy", ["accuracy"])?;
    let options = Fit::new().epochs(if quick { 3 } else { 2 }).batch_size(if quick { 16 } else { 64 }).verbose(2);
    first.fit((&source.0, &source.1), options)?;

    let (mut scores, mut curves) = ([0.0; 3], Vec::new());
    for draw in 0..draws {
        let few = few(target, draw)?;
        let scratch = train(&mut classifier(&body(quick), classes), 1e-3, &few, test, 2 * epochs)?;
        // A copy of what was learned, frozen under a new head: only the head learns.
        let mut carried = learned.clone();
        carried.set_trainable(false)?;
        let mut model = classifier(&carried, classes);
        let frozen = train(&mut model, 1e-2, &few, test, epochs)?;
        // All of it, with a rate so small that what the body knows is not torn down.
        carried.set_trainable(true)?;
        let tuned = train(&mut model, 2e-4, &few, test, epochs)?;
        for (score, values) in scores.iter_mut().zip([&scratch, &frozen, &tuned]) {
            *score += values.last().copied().unwrap_or_default() / draws as f64;
        }
        curves = vec![scratch, [frozen, tuned].concat()];
    }

    let points = |values: &[f64]| values.iter().enumerate().map(|(i, v)| (5.0 * (i as f64 + 1.0), *v)).collect::<Vec<_>>();
    let chart = LineChart::new(name).x_label("epoch").y_label("test accuracy").series("carried over", &points(&curves[1]));
    let path = output("transfer_learning", &format!("{}.png", name.replace(' ', "_")))?;
    chart.series_dashed("from scratch", &points(&curves[0])).save(&path)?;
    println!("  from scratch {:.3}, body frozen {:.3}, then let go {:.3}; {}", scores[0], scores[1], scores[2], path.display());
    Ok(scores)
}

fn main() -> kiln::Result<()> {
    set_random_seed(number("seed", 28)?);
    let quick = flag("quick");
    let (train, test) = if quick { fashion_images(5000, 400)? } else { fashion_images(60_000, 1500)? };
    let scattered = |(x, y): Labelled| Ok::<_, Error>((scenes(&x, SIDE, 0)?.0, y));
    let (fashion, test) = (scattered(train)?, scattered(test)?);

    // From five classes to the other five.
    let (known, unknown) = ([0, 3, 4, 5, 6], [1, 2, 7, 8, 9]);
    let (source, target) = (of_classes(&fashion, &known)?, of_classes(&fashion, &unknown)?);
    let [scratch, frozen, tuned] = carry_over("five classes to five others", &source, &target, &of_classes(&test, &unknown)?, quick)?;
    let margin = if quick { 0.03 } else { 0.08 };
    assert!(frozen > scratch + margin && tuned > scratch + margin, "{frozen} and {tuned} should be {margin} above {scratch}");

    // From digits to clothing.
    if !quick {
        let ((x, y), _) = match option("mnist") {
            Some(folder) => datasets::mnist::load_data_from(folder)?,
            None => datasets::mnist::load_data()?,
        };
        let digits = scattered((x.to_float() / 255.0, y))?;
        let [scratch, _, tuned] = carry_over("digits to clothing", &digits, &fashion, &test, quick)?;
        assert!(tuned > scratch + 0.04, "{tuned} should be 0.04 above {scratch}");
    }
    Ok(())
}
