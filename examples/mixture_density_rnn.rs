//! Where may the pen go next? A network answers with a mixture of Gaussians, not with one number: a mixture density network.
//!
//! After Bishop (1994), and Graves, "Generating sequences with recurrent neural networks" (2013), on drawings that the program makes up.
//! `cargo run --release --example mixture_density_rnn`; `--seed N` changes the seed, `--quick` is for tests.

use kiln::prelude::*;
use kiln_examples::{flag, number, output, points};

/// Moves of the pen in a drawing.
const MOVES: usize = 30;

/// Walks along the edges of a honeycomb, (walks, time, 2): at each corner the pen turns left or right by 60 degrees, as chance will, but
/// never three times the same way. Its hand trembles.
fn walks(count: usize) -> kiln::Result<Tensor> {
    let chances = Tensor::random_uniform([count * MOVES], 0.0, 1.0).to_vec::<f64>();
    let mut moves = Vec::with_capacity(count * MOVES * 2);
    for walk in chances.chunks(MOVES) {
        let (mut heading, mut turns) = (0.0f64, [0.0, 0.0]);
        for chance in walk {
            let turn = if turns[0] == turns[1] && turns[0] != 0.0 { -turns[0] } else { (chance - 0.5).signum() };
            turns = [turns[1], turn];
            heading += turn * std::f64::consts::FRAC_PI_3;
            moves.extend([heading.cos() as f32, heading.sin() as f32]);
        }
    }
    Ok(Tensor::from_vec(moves, [count, MOVES, 2])? + Tensor::random_normal([count, MOVES, 2], 0.0, 0.05))
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

/// Lets the network draw walks: each move is drawn from its mixture, and is its next input.
fn write(model: &mut Model, count: usize, components: usize) -> kiln::Result<Tensor> {
    let mut moves = vec![Tensor::zeros([count, 1, 2])];
    for _ in 0..MOVES {
        let answer = model.predict_on_batch(&moves[moves.len() - 1])?;
        let (logits, means, log_spreads) = parts(&answer, components)?;
        let chosen = logits.squeeze(1)?.random_categorical(1)?.one_hot(components).expand_dims(-1)?;
        let of_chosen = |t: Tensor| (t * &chosen).sum_axis(2);
        let noise = Tensor::random_normal([count, 1, 2], 0.0, 1.0);
        moves.push(of_chosen(means)? + of_chosen(log_spreads.exp())? * noise);
    }
    Tensor::concat(&moves[1..], 1)
}

/// What moves draw, one walk below the other, lengths alike in both directions.
fn draw(title: &str, moves: &Tensor) -> kiln::Result<LineChart> {
    let mut chart = LineChart::new(title);
    let (mut wide, mut low) = (0.0f64, 0.0f64);
    for walk in 0..moves.shape()[0] {
        let mut path = vec![(0.0, 0.0)];
        for step in moves.row(walk)?.to_vec::<f64>().chunks(2) {
            let (x, y) = path[path.len() - 1];
            path.push((x + step[0], y + step[1]));
        }
        let (left, top) = path.iter().fold((0.0f64, 0.0f64), |(left, top), (x, y)| (left.min(*x), top.max(*y)));
        let path: Vec<(f64, f64)> = path.into_iter().map(|(x, y)| (x - left, y - top + low)).collect();
        (wide, low) = path.iter().fold((wide, low), |(wide, low), (x, y)| (wide.max(*x), low.min(*y)));
        low -= 1.5;
        chart = chart.series("", &path);
    }
    Ok(chart.size(100 + (13.0 * wide) as u32, 80 + (13.0 * -low) as u32))
}

fn main() -> kiln::Result<()> {
    let quick = flag("quick");
    let (count, units, epochs) = if quick { (400, 32, 12) } else { (3000, 64, 30) };
    set_random_seed(number("seed", 1)?);
    let (train, test) = (walks(count)?, walks(200)?);
    // The network sees the moves so far and is asked for the next: the input is the target, one step later.
    let late = |moves: &Tensor| Tensor::concat([&Tensor::zeros([moves.shape()[0], 1, 2]), &moves.slice((.., ..-1))?], 1);

    let mut panels = Panels::new().chart(draw("the walks to learn", &test.rows(0..3)?)?);
    let mut curves = LineChart::new("negative log-likelihood of a move").x_label("epoch");
    let mut surprises = Vec::new();
    for (name, components) in [("one Gaussian", 1), ("a mixture of 8", 8)] {
        let mut model = network(Input::new([MOVES, 2]), units, components, false);
        let rate = CosineDecay::new(0.008, (count.div_ceil(16) * epochs) as u64);
        model.compile(Adam::new().learning_rate(rate).clipnorm(1.0), surprise(components), ())?;
        let options = Fit::new().epochs(epochs).batch_size(16).verbose(0).validation_data((&late(&test)?, &test));
        let history = model.fit((&late(&train)?, &train), options)?;
        let last = history["val_loss"].last().copied().unwrap_or(f64::NAN);
        println!("{name}: {last:.3} nats a move");

        let mut writer = network(Input::new([1, 2]).batch_size(3), units, components, true);
        writer.build([1, 2])?;
        writer.set_weights(model.get_weights()?)?;
        panels = panels.chart(draw(&format!("drawn by {name}"), &write(&mut writer, 3, components)?)?);
        curves = curves.series(name, &points(1, &history["val_loss"]));
        surprises.push(last);
    }
    let path = output("mixture_density_rnn", "walks.png")?;
    panels.save(&path)?;
    let chart = output("mixture_density_rnn", "likelihood.png")?;
    curves.save(&chart)?;
    println!("pictures: {}, {}", path.display(), chart.display());

    // The claim: at a corner there are two ways to go on, and the mixture knows both; one Gaussian can only blur them.
    let gain = surprises[0] - surprises[1];
    let floor = if quick { 0.5 } else { 1.0 };
    assert!(gain > floor, "the mixture should be more likely than one Gaussian by {floor} nats a move, not by {gain}");
    Ok(())
}
