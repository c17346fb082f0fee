//! Recurrent layers inside models: states from batch to batch, encoder and decoder, words.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use kiln::prelude::*;

fn waves(samples: usize, steps: usize) -> Tensor {
    let values = (0..samples * steps).map(|i| ((i * i) as f32 * 0.37).sin()).collect::<Vec<f32>>();
    Tensor::from_vec(values, [samples, steps, 1]).unwrap()
}

fn stateful() -> kiln::Result<Sequential> {
    let mut model = sequential![Input::new([3, 1]).batch_size(2), Gru::new(4).stateful(true), Dense::new(1)];
    model.compile(Sgd::new().learning_rate(0.0), "mse", ["mae"])?;
    Ok(model)
}

#[test]
fn states_go_from_batch_to_batch() -> kiln::Result<()> {
    set_random_seed(3);
    let mut model = stateful()?;
    // Two sequences of six steps, in two batches of three steps each.
    let (x, y) = (waves(4, 3), Tensor::zeros([4, 1]));
    let long = {
        let halves = [x.rows(0..2)?, x.rows(2..4)?];
        Tensor::concat(&halves, 1)?
    };
    let once = model.predict_with(&x, Fit::new().batch_size(2))?;
    let mut whole = sequential![Gru::new(4).input_shape([6, 1]), Dense::new(1)];
    whole.build([6, 1])?;
    whole.set_weights(model.get_weights()?)?;
    let expected = whole.predict(&long)?.to_vec::<f32>();
    let last = once.rows(2..4)?.to_vec::<f32>();
    assert!(last.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-6), "{last:?} {expected:?}");

    // It goes on from there, until it is reset.
    assert_ne!(model.predict_with(&x, Fit::new().batch_size(2))?.to_vec::<f32>(), once.to_vec::<f32>());
    model.reset_states();
    assert_eq!(model.predict_with(&x, Fit::new().batch_size(2))?.to_vec::<f32>(), once.to_vec::<f32>());

    // Training and evaluation carry it as well: with a learning rate of 0 both see the same losses.
    let options = || Fit::new().batch_size(2).shuffle(false).verbose(0);
    model.reset_states();
    let trained = model.fit((&x, &y), options())?["loss"][0];
    let again = model.fit((&x, &y), options())?["loss"][0];
    model.reset_states();
    let evaluated = model.evaluate_with((&x, &y), options())?.get("loss").unwrap();
    assert!((trained - evaluated).abs() < 1e-7 && (trained - again).abs() > 1e-7, "{trained} {again} {evaluated}");
    Ok(())
}

#[test]
fn states_are_no_weights() -> kiln::Result<()> {
    let model = stateful()?;
    let mut plain = sequential![Gru::new(4).input_shape([3, 1]), Dense::new(1)];
    plain.build([3, 1])?;
    let mut built = model.clone();
    built.predict(waves(2, 3))?;
    assert_eq!(built.count_params()?, plain.count_params()?);
    assert_eq!(built.get_weights()?.len(), plain.get_weights()?.len());
    let error = built.predict(waves(3, 3)).unwrap_err().to_string();
    assert_eq!(error, "Model: expected input of shape (2, 3, 1), received (3, 3, 1)");
    Ok(())
}

#[test]
fn an_encoder_hands_its_states_to_a_decoder() -> kiln::Result<()> {
    let (source, target) = (Input::open([None, Some(2)]), Input::new([5, 2]));
    let encoded = Lstm::new(6).return_state(true).on_many(&source)?;
    assert_eq!(encoded.len(), 3);
    let decoded = Lstm::new(6).return_sequences(true).name("decoder").on((&target, &encoded[1], &encoded[2]))?;
    let out = TimeDistributed::new(Dense::new(2)).on(&decoded)?;
    let mut model = Model::new([&source, &target], &out)?;
    model.compile("adam", "mse", ["mae"])?;
    let (x, t) = (Tensor::random_normal([8, 7, 2], 0.0, 1.0), Tensor::random_normal([8, 5, 2], 0.0, 1.0));
    let history = model.fit(([&x, &t], &t), Fit::new().epochs(5).verbose(0))?;
    assert!(history["loss"][4] < history["loss"][0]);
    // The source matters.
    let other = Tensor::random_normal([8, 7, 2], 0.0, 1.0);
    assert_ne!(model.predict([&x, &t])?.to_vec::<f32>(), model.predict([&other, &t])?.to_vec::<f32>());
    let error = Lstm::new(5).name("small").on((&target, &encoded[1], &encoded[2])).unwrap_err().to_string();
    assert_eq!(error, "small (LSTM): expected initial states of shapes [(None, 5), (None, 5)], received [(None, 6), (None, 6)]");
    Ok(())
}

#[test]
fn words_that_are_not_there_do_not_count() -> kiln::Result<()> {
    let mut model = sequential![
        Embedding::new(20, 4).mask_zero(true).input_shape([6]),
        Bidirectional::new(Gru::new(5).return_sequences(true)),
        Lstm::new(3),
        Dense::new(1),
    ];
    let short = Tensor::constant([[3, 1, 4, 0, 0, 0]]);
    let mut other = sequential![
        Embedding::new(20, 4).input_shape([3]),
        Bidirectional::new(Gru::new(5).return_sequences(true)),
        Lstm::new(3),
        Dense::new(1),
    ];
    let padded = model.predict(&short)?;
    other.build([3])?;
    other.set_weights(model.get_weights()?)?;
    let alone = other.predict(Tensor::constant([[3, 1, 4]]))?;
    assert!((padded.item() - alone.item()).abs() < 1e-6, "{padded} {alone}");
    let error = model.predict(Tensor::constant([[3, 1, 4, 0, 20, 0]])).unwrap_err().to_string();
    assert_eq!(error, "embedding (Embedding): indices must lie in 0..20, received 20 at sample 0; is `input_dim` 20 too small?");
    Ok(())
}

#[test]
fn words_are_no_pixels() -> kiln::Result<()> {
    let mut model = sequential![Embedding::new(200, 4).input_shape([2]), SimpleRnn::new(3), Dense::new(1)];
    model.compile("sgd", "mse", ["mae"])?;
    let warnings = model.check((&Tensor::constant([[199, 3], [5, 150]]), &Tensor::constant([[0.0], [1.0]])))?;
    assert!(warnings.is_empty(), "{warnings:?}");
    Ok(())
}
