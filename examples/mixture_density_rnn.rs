//! Handwriting: a network that answers with a mixture of Gaussians, not with one number, learns where the pen may go next.
//!
//! After Graves, "Generating sequences with recurrent neural networks" (2013), on a script that the program itself makes up.
//! `cargo run --release --example mixture_density_rnn`; `--seed N` changes the seed, `--quick` is for tests.

use kiln::prelude::*;
use kiln_examples::{flag, number, output, points};

/// Steps of the pen in a letter, and letters in a line.
const LETTER: usize = 10;
const LETTERS: usize = 6;

/// Lines of script as moves of the pen, (lines, time, 2). Each letter is a loop up, a high loop up, a loop down or a wave, at random.
fn script(lines: usize) -> kiln::Result<Tensor> {
    let steps = LETTER * LETTERS;
    let shapes = [(1.0, 0.45), (2.2, 0.5), (-1.5, 0.5), (0.8, 0.0)]; // how high, how far back at the top
    let choices = Tensor::random_uniform([lines * LETTERS], 0.0, 4.0).to_vec::<f64>();
    let place = |choice: f64, t: usize| {
        let (high, back) = shapes[choice as usize % 4];
        let t = t as f64 / LETTER as f64;
        let turn = std::f64::consts::PI * t;
        (1.2 * t + back * (2.0 * turn).sin(), high * turn.sin())
    };
    let mut moves = Vec::with_capacity(lines * steps * 2);
    for choice in choices {
        for t in 0..LETTER {
            let (from, to) = (place(choice, t), place(choice, t + 1));
            moves.extend([(to.0 - from.0) as f32, (to.1 - from.1) as f32]);
        }
    }
    Ok(Tensor::from_vec(moves, [lines, steps, 2])? + Tensor::random_normal([lines, steps, 2], 0.0, 0.04))
}

/// The parts of the answer: the logits of the components, then the means and the logarithms of the spreads of both coordinates.
fn parts(answer: &Tensor, components: usize) -> kiln::Result<(Tensor, Tensor, Tensor)> {
    let k = components as isize;
    let pairs = |from: isize| answer.slice((.., .., from..from + 2 * k))?.reshape([answer.shape()[0] as isize, -1, k, 2]);
    Ok((answer.slice((.., .., ..k))?, pairs(k)?, pairs(3 * k)?.clip(-5.0, 3.0)))
}

/// The negative log-likelihood of the pen's moves under the mixture.
fn surprise(components: usize) -> impl kiln::losses::IntoLoss {
    loss_fn("surprise", move |moves, answer| {
        let (logits, means, log_spreads) = parts(answer, components)?;
        let off = moves.expand_dims(2)?.try_sub(means)? * (-&log_spreads).exp();
        let densities = (off.square() * -0.5 - log_spreads - 0.5 * std::f64::consts::TAU.ln()).sum_axis(-1)?;
        Ok(-(logits.log_softmax(-1)? + densities).logsumexp(-1)?)
    })
}

fn network(input: Input, units: usize, components: usize, stateful: bool) -> Sequential {
    sequential![input, Lstm::new(units).return_sequences(true).stateful(stateful), Dense::new(5 * components)]
}

/// Lets the network write lines: each move is drawn from its mixture, and is its next input.
fn write(model: &mut Model, lines: usize, components: usize) -> kiln::Result<Tensor> {
    let mut moves = vec![Tensor::zeros([lines, 1, 2])];
    for _ in 0..LETTER * LETTERS {
        let answer = model.predict_on_batch(&moves[moves.len() - 1])?;
        let (logits, means, log_spreads) = parts(&answer, components)?;
        let chosen = logits.squeeze(1)?.random_categorical(1)?.one_hot(components).expand_dims(-1)?;
        let of_chosen = |t: Tensor| (t * &chosen).sum_axis(2);
        let noise = Tensor::random_normal([lines, 1, 2], 0.0, 1.0);
        moves.push(of_chosen(means)? + of_chosen(log_spreads.exp())? * noise);
    }
    Tensor::concat(&moves[1..], 1)
}

/// The lines that moves draw, one below the other.
fn draw(title: &str, moves: &Tensor) -> kiln::Result<LineChart> {
    let mut chart = LineChart::new(title).size(560, 420);
    for line in 0..moves.shape()[0] {
        let (mut x, mut y) = (0.0, -4.5 * line as f64);
        let path: Vec<(f64, f64)> = std::iter::once([0.0, 0.0])
            .chain(moves.row(line)?.to_vec::<f64>().chunks(2).map(|m| [m[0], m[1]]))
            .map(|[dx, dy]| {
                (x, y) = (x + dx, y + dy);
                (x, y)
            })
            .collect();
        chart = chart.series("", &path);
    }
    Ok(chart)
}

fn main() -> kiln::Result<()> {
    let quick = flag("quick");
    let (lines, units, epochs) = if quick { (500, 32, 20) } else { (3000, 96, 30) };
    set_random_seed(number("seed", 1)?);
    let (train, test) = (script(lines)?, script(200)?);
    // The network sees the moves so far and is asked for the next: the input is the target, one step later.
    let late = |moves: &Tensor| Tensor::concat([&Tensor::zeros([moves.shape()[0], 1, 2]), &moves.slice((.., ..-1))?], 1);

    let mut panels = Panels::new().columns(1).chart(draw("the script to learn", &test.rows(0..4)?)?);
    let mut curves = LineChart::new("negative log-likelihood of a move").x_label("epoch");
    let mut surprises = Vec::new();
    for (name, components) in [("one Gaussian", 1), ("a mixture of 8", 8)] {
        let mut model = network(Input::new([LETTER * LETTERS, 2]), units, components, false);
        let rate = CosineDecay::new(0.008, (lines.div_ceil(16) * epochs) as u64);
        model.compile(Adam::new().learning_rate(rate).clipnorm(1.0), surprise(components), ())?;
        let options = Fit::new().epochs(epochs).batch_size(16).verbose(0).validation_data((&late(&test)?, &test));
        let history = model.fit((&late(&train)?, &train), options)?;
        let last = history["val_loss"].last().copied().unwrap_or(f64::NAN);
        println!("{name}: {last:.3} nats a move");

        let mut writer = network(Input::new([1, 2]).batch_size(4), units, components, true);
        writer.build([1, 2])?;
        writer.set_weights(model.get_weights()?)?;
        panels = panels.chart(draw(&format!("written by {name}"), &write(&mut writer, 4, components)?)?);
        curves = curves.series(name, &points(1, &history["val_loss"]));
        surprises.push(last);
    }
    let path = output("mixture_density_rnn", "script.png")?;
    panels.save(&path)?;
    let chart = output("mixture_density_rnn", "likelihood.png")?;
    curves.save(&chart)?;
    println!("pictures: {}, {}", path.display(), chart.display());

    // The claim: where a letter begins there are several ways to go on, and the mixture knows them; one Gaussian can only blur them.
    let gain = surprises[0] - surprises[1];
    let floor = if quick { 0.03 } else { 0.15 };
    assert!(gain > floor, "the mixture should be more likely than one Gaussian by {floor} nats a move, not by {gain}");
    Ok(())
}
