//! Text, letter by letter: a recurrent network reads Shakespeare, then writes lines of its own.
//!
//! `cargo run --release --example char_rnn`; `--data FILE` reads a text of yours instead of the bundled excerpt, `--seed N` changes the
//! seed, `--quick` is for tests.

use kiln::prelude::*;
use kiln_examples::{data_file, flag, number, output, points};
use std::collections::BTreeSet;

/// Letters in a sequence to learn from.
const LENGTH: usize = 64;

/// The network: letters as numbers, `(batch, time)`, to the logits of the letter that follows each.
fn network(input: Input, letters: usize, units: usize, stateful: bool) -> Sequential {
    // A small network, which learns little by heart, needs no dropout.
    let dropout = if units > 100 { 0.1 } else { 0.0 };
    sequential![
        input,
        Embedding::new(letters, 32),
        Gru::new(units).return_sequences(true).stateful(stateful),
        Dropout::new(dropout),
        Dense::new(letters),
    ]
}

/// Sequences of `LENGTH` letters, and the same moved on by one: what is to be foretold.
fn sequences(codes: &[i32]) -> kiln::Result<(Tensor, Tensor)> {
    let count = (codes.len() - 1) / LENGTH;
    let cut = |from: usize| Tensor::from_vec(codes[from..from + count * LENGTH].to_vec(), [count, LENGTH]);
    Ok((cut(0)?, cut(1)?))
}

/// Writes `count` letters after `start`. Low temperatures write what is likely, high ones what is possible.
fn write(model: &mut Model, alphabet: &[char], start: &str, count: usize, temperature: f64) -> kiln::Result<String> {
    model.reset_states();
    let mut text: Vec<char> = start.chars().collect();
    for i in 0..text.len() + count - 1 {
        let code = alphabet.iter().position(|c| *c == text[i]).unwrap_or_default() as i32;
        let logits = model.predict_on_batch(Tensor::constant([[code]]))?.squeeze(1)?;
        if i + 1 == text.len() {
            let next = (logits / temperature).random_categorical(1)?.item();
            text.push(alphabet[next as usize]);
        }
    }
    Ok(text.into_iter().collect())
}

fn main() -> kiln::Result<()> {
    set_random_seed(number("seed", 1)?);
    let quick = flag("quick");
    let path = data_file("text/shakespeare.txt");
    let text = std::fs::read_to_string(&path).map_err(|e| Error::file(&path, e))?;
    let alphabet: Vec<char> = text.chars().collect::<BTreeSet<char>>().into_iter().collect();
    let codes: Vec<i32> = text.chars().filter_map(|c| alphabet.binary_search(&c).ok()).map(|i| i as i32).collect();
    println!("{} letters, {} of them different", codes.len(), alphabet.len());

    // The last tenth is held out. In tests, a small network reads a part of the rest.
    let (rest, held_out) = codes.split_at(codes.len() * 9 / 10);
    let (units, epochs, batch) = if quick { (64, 3, 16) } else { (256, 4, 16) };
    let (x, y) = sequences(rest)?;
    let (x_test, y_test) = sequences(held_out)?;

    let mut model = network(Input::new([LENGTH]), alphabet.len(), units, false);
    let steps = (x.shape()[0].div_ceil(batch) * epochs) as u64;
    let rate = CosineDecay::new(if quick { 1e-2 } else { 5e-3 }, steps);
    model.compile(Adam::new().learning_rate(rate).clipnorm(1.0), SparseCategoricalCrossentropy::new().from_logits(true), ["accuracy"])?;
    println!("{}", model.summary()?);
    let history = model.fit((&x, &y), Fit::new().epochs(epochs).batch_size(batch).validation_data((&x_test, &y_test)))?;

    // One step at a time with the same weights; the state stays from call to call.
    let mut writer = network(Input::new([1]).batch_size(1), alphabet.len(), units, true);
    writer.build([1])?;
    writer.set_weights(model.get_weights()?)?;
    for temperature in [0.5, 0.8, 1.1] {
        println!(
            "--- temperature {temperature}\n{}",
            write(&mut writer, &alphabet, "ROMEO:\n", if quick { 120 } else { 400 }, temperature)?
        );
    }

    // Perplexity: among how many equally likely letters the network hesitates. Knowing how often letters come is the start.
    let perplexity = |losses: &[f64]| -> Vec<f64> { losses.iter().map(|loss| loss.exp()).collect() };
    let (learned, held) = (perplexity(&history["loss"]), perplexity(&history["val_loss"]));
    let share = |i: usize| rest.iter().filter(|c| **c == i as i32).count() as f64 / rest.len() as f64;
    let frequencies = (0..alphabet.len()).map(share).filter(|p| *p > 0.0).map(|p| -p * p.ln()).sum::<f64>().exp();
    let chart = output("char_rnn", "perplexity.png")?;
    LineChart::new("perplexity of the next letter")
        .x_label("epoch")
        .series("training", &points(1, &learned))
        .series_dashed("held-out text", &points(1, &held))
        .series_dashed("by how often letters come", &[(1.0, frequencies), (epochs as f64, frequencies)])
        .save(&chart)?;
    println!("picture: {}", chart.display());

    // The claim.
    let last = held.last().copied().unwrap_or(f64::NAN);
    let ceiling = if quick { 0.6 * frequencies } else { 5.0 };
    println!("perplexity on held-out text: {last:.2}; by how often letters come: {frequencies:.2}");
    assert!(last <= ceiling, "the perplexity {last} is above {ceiling}");
    Ok(())
}
