//! The course's middle part on one small task: optimizers, initializers, and L1, L2 and dropout, as curves.
//!
//! `cargo run --release --example compare`, `--quick` for tests.

use kiln::optimizers::IntoOptimizer;
use kiln::prelude::*;
use kiln_examples::{fashion_mnist, flag, output};

struct Task {
    train: (Tensor, Tensor),
    test: (Tensor, Tensor),
    epochs: usize,
}

impl Task {
    fn run(&self, mut model: Sequential, optimizer: impl IntoOptimizer) -> kiln::Result<History> {
        model.compile(optimizer, "sparse_categorical_crossentropy", ["accuracy"])?;
        let options = Fit::new().epochs(self.epochs).batch_size(32).verbose(0).validation_data((&self.test.0, &self.test.1));
        model.fit((&self.train.0, &self.train.1), options)
    }
}

fn network(initializer: &str) -> Sequential {
    sequential![
        Dense::new(64).activation("relu").kernel_initializer(initializer),
        Dense::new(64).activation("relu").kernel_initializer(initializer),
        Dense::new(10).activation("softmax").kernel_initializer(initializer),
    ]
}

fn regularized(regularizer: Option<Regularizer>, rate: f64) -> Sequential {
    let layer = |units| {
        let dense = Dense::new(units).activation("relu");
        match &regularizer {
            Some(regularizer) => dense.kernel_regularizer(regularizer.clone()),
            None => dense,
        }
    };
    sequential![layer(256), Dropout::new(rate), layer(256), Dropout::new(rate), Dense::new(10).activation("softmax")]
}

fn draw(file: &str, title: &str, number: &str, runs: &[(&str, History)]) -> kiln::Result<()> {
    let mut chart = LineChart::new(title).x_label("epoch").y_label(number);
    for (name, history) in runs {
        let points: Vec<(f64, f64)> = history[number].iter().enumerate().map(|(i, v)| (i as f64 + 1.0, *v)).collect();
        chart = chart.series(*name, &points);
    }
    let path = output("compare", file)?;
    chart.save(&path)?;
    println!("{title}: {}", path.display());
    for (name, history) in runs {
        println!("  {name:<12} {number} {:.4}", history[number].last().copied().unwrap_or(f64::NAN));
    }
    Ok(())
}

fn last(runs: &[(&str, History)], name: &str, number: &str) -> f64 {
    runs.iter().find(|(n, _)| *n == name).and_then(|(_, h)| h[number].last().copied()).unwrap_or(f64::NAN)
}

fn main() -> kiln::Result<()> {
    set_random_seed(7);
    let ((x, y), (x_test, y_test)) = fashion_mnist()?;
    let n = if flag("quick") { 1500 } else { 6000 };
    let train = (x.rows(0..n)? / 255.0, y.rows(0..n)?);
    let test = (x_test.rows(0..1000)? / 255.0, y_test.rows(0..1000)?);
    let task = Task { train, test, epochs: if flag("quick") { 3 } else { 15 } };

    let optimizers = [
        ("SGD", task.run(network("glorot_uniform"), Sgd::new().learning_rate(0.01))?),
        ("momentum", task.run(network("glorot_uniform"), Sgd::new().learning_rate(0.01).momentum(0.9))?),
        ("RMSprop", task.run(network("glorot_uniform"), "rmsprop")?),
        ("Adam", task.run(network("glorot_uniform"), "adam")?),
    ];
    draw("optimizers.png", "optimizers", "loss", &optimizers)?;

    let initializers = [
        ("zeros", task.run(network("zeros"), "adam")?),
        ("normal", task.run(network("random_normal"), "adam")?),
        ("Glorot", task.run(network("glorot_uniform"), "adam")?),
        ("He", task.run(network("he_normal"), "adam")?),
    ];
    draw("initializers.png", "initializers", "loss", &initializers)?;

    let regularizers = [
        ("none", task.run(regularized(None, 0.0), "adam")?),
        ("L1", task.run(regularized(Some(Regularizer::l1(1e-5)), 0.0), "adam")?),
        ("L2", task.run(regularized(Some(Regularizer::l2(1e-4)), 0.0), "adam")?),
        ("dropout", task.run(regularized(None, 0.4), "adam")?),
    ];
    draw("regularizers.png", "regularizers", "val_loss", &regularizers)?;

    // The claims: momentum and Adam learn faster than plain SGD, zeros learn nothing, dropout keeps training and test closer.
    assert!(last(&optimizers, "Adam", "loss") < last(&optimizers, "SGD", "loss"), "Adam should be ahead of SGD");
    assert!(last(&optimizers, "momentum", "loss") < last(&optimizers, "SGD", "loss"), "momentum should be ahead of SGD");
    assert!(last(&initializers, "zeros", "loss") > 2.2, "zeros break no symmetry, so the loss should stay near ln 10");
    assert!(last(&initializers, "He", "loss") < 1.0, "He's initializer should learn");
    let gap = |name| last(&regularizers, name, "val_loss") - last(&regularizers, name, "loss");
    assert!(gap("dropout") < gap("none"), "dropout should narrow the gap between training and test");
    Ok(())
}
