//! Models made of other models: shared layers, nesting, parts of a model, freezing.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use kiln::prelude::*;

fn data() -> (Tensor, Tensor) {
    set_random_seed(4);
    (Tensor::random_normal([40, 6], 0.0, 1.0), Tensor::random_normal([40, 6], 0.0, 1.0))
}

fn bits(t: &Tensor) -> Vec<u32> {
    t.to_vec::<f32>().into_iter().map(f32::to_bits).collect()
}

#[test]
fn an_encoder_learns_inside_its_autoencoder() -> kiln::Result<()> {
    let (x, _) = data();
    let input = Input::new([6]);
    let code = Dense::new(2).name("code").on(&input)?;
    let mut encoder = Model::new(&input, &code)?;
    encoder.set_name("encoder");
    let latent = Input::new([2]);
    let mut decoder = Model::new(&latent, &Dense::new(6).on(&latent)?)?;
    decoder.set_name("decoder");
    let image = Input::new([6]);
    let mut autoencoder = Model::new(&image, &decoder.on(&encoder.on(&image)?)?)?;

    let paths: Vec<String> = autoencoder.summary()?.rows.into_iter().map(|r| r.layer).collect();
    assert_eq!(paths, ["encoder (Functional)", "decoder (Functional)"]);
    assert_eq!(autoencoder.count_params()?, 14 + 18);

    let before = encoder.predict(&x)?;
    autoencoder.compile("adam", "mse", ())?;
    autoencoder.fit((&x, &x), Fit::new().epochs(2).verbose(0))?;
    // A copy and the weights read before the encoder is used again are the trained ones too.
    let (mut copy, weights) = (encoder.clone(), encoder.get_weights()?);
    assert_eq!(bits(&weights[0]), bits(&autoencoder.get_weights()?[0]));
    let after = encoder.predict(&x)?;
    assert_eq!(bits(&copy.predict(&x)?), bits(&after));
    assert_ne!(bits(&before), bits(&after), "the encoder is the one inside the autoencoder");
    let both = decoder.predict(&after)?;
    assert_eq!(bits(&both), bits(&autoencoder.predict(&x)?));

    // And the other way round.
    encoder.compile("sgd", "mse", ())?;
    encoder.fit((&x, &Tensor::zeros([40, 2])), Fit::new().verbose(0))?;
    let code = encoder.predict(&x)?;
    assert_eq!(bits(&decoder.predict(&code)?), bits(&autoencoder.predict(&x)?));
    Ok(())
}

#[test]
fn a_part_of_a_model_has_its_weights() -> kiln::Result<()> {
    let (x, y) = data();
    let input = Input::new([6]);
    let hidden = Dense::new(5).activation("relu").on(&input)?;
    let out = Dense::new(6).on(&hidden)?;
    let mut model = Model::new(&input, &out)?;
    model.compile("sgd", "mse", ())?;
    model.fit((&x, &y), Fit::new().verbose(0))?;
    // By the user's own symbols, before and after training, and by the model's.
    let mut features = Model::new(&input, &hidden)?;
    let mut same = Model::new(&model.inputs()?, &model.layer_output(0)?)?;
    let mut rest = Model::new(&hidden, &out)?;
    let h = features.predict(&x)?;
    assert_eq!(bits(&h), bits(&same.predict(&x)?));
    assert_eq!(bits(&rest.predict(&h)?), bits(&model.predict(&x)?));
    let twice = Model::new(&input, [&hidden, &out])?.predict_all(&x)?;
    assert_eq!(bits(&twice[0]), bits(&h));
    Ok(())
}

#[test]
fn frozen_layers_stay_as_they_are() -> kiln::Result<()> {
    let (x, y) = data();
    let mut base = sequential![Dense::new(8).input_dim(6).activation("relu"), Dense::new(4)];
    base.build([6])?;
    base.set_name("base");
    base.get_layer("dense")?.set_trainable(false);
    let mut model = sequential![&base, Dense::new(6).name("head")];
    model.build([6])?;
    assert_eq!(model.summary()?.non_trainable, 56);
    model.compile("adam", "mse", ())?;
    let before = model.get_weights()?;
    model.fit((&x, &y), Fit::new().verbose(0))?;
    let after = model.get_weights()?;
    let changed: Vec<bool> = before.iter().zip(&after).map(|(a, b)| bits(a) != bits(b)).collect();
    assert_eq!(changed, [false, false, true, true, true, true]);

    // The whole of the base, then nothing, frozen: what compile and fit read.
    model.get_layer("base")?.set_trainable(false);
    model.fit((&x, &y), Fit::new().verbose(0))?;
    let frozen = model.get_weights()?;
    assert_eq!((0..4).map(|i| bits(&frozen[i]) == bits(&after[i])).collect::<Vec<_>>(), [true; 4]);
    assert_ne!(bits(&frozen[4]), bits(&after[4]));
    model.set_trainable(true)?;
    model.fit((&x, &y), Fit::new().verbose(0))?;
    let moved = model.get_weights()?;
    assert!((0..6).all(|i| bits(&moved[i]) != bits(&frozen[i])));
    assert_eq!(model.summary()?.non_trainable, 0);
    Ok(())
}

#[test]
fn clones_are_models_of_their_own() -> kiln::Result<()> {
    let (x, y) = data();
    let mut model = sequential![Dense::new(6).input_dim(6)];
    model.build([6])?;
    model.compile("sgd", "mse", ())?;
    let mut copy = model.clone();
    let mut fresh = model.clone_model()?;
    let start = model.predict(&x)?;
    assert_eq!(bits(&copy.predict(&x)?), bits(&start));
    copy.fit((&x, &y), Fit::new().verbose(0))?;
    assert_eq!(bits(&model.predict(&x)?), bits(&start));
    assert_ne!(bits(&copy.predict(&x)?), bits(&start));
    set_random_seed(99);
    let other = model.clone_model()?;
    assert_ne!(bits(&other.get_weights()?[0]), bits(&model.get_weights()?[0]));
    assert_eq!(fresh.count_params()?, 42);
    assert!(fresh.fit((&x, &y), Fit::new()).is_err(), "a clone_model is not compiled");
    Ok(())
}

#[test]
fn models_train_in_turns() -> kiln::Result<()> {
    // Keras' way to write a GAN: a discriminator, frozen inside the combined model.
    let (x, _) = data();
    let mut discriminator = sequential![Dense::new(4).input_dim(6).activation("relu"), Dense::new(1).activation("sigmoid")];
    discriminator.build([6])?;
    discriminator.set_name("discriminator");
    discriminator.compile("adam", "binary_crossentropy", ())?;
    let generator = sequential![Dense::new(6).input_dim(3)];
    let mut combined = sequential![&generator, &discriminator];
    combined.build([3])?;
    let noise = Tensor::random_normal([40, 3], 0.0, 1.0);
    combined.get_layer("discriminator")?.set_trainable(false);
    combined.compile("adam", "binary_crossentropy", ())?;
    let first = combined.get_weights()?;
    combined.train_on_batch((&noise, &Tensor::ones([40, 1])))?;
    let second = combined.get_weights()?;
    assert_ne!(bits(&first[0]), bits(&second[0]));
    assert_eq!(bits(&first[2]), bits(&second[2]));
    discriminator.set_trainable(true)?;
    discriminator.train_on_batch((&x, &Tensor::ones([40, 1])))?;
    assert_ne!(bits(&discriminator.get_weights()?[0]), bits(&second[2]));
    combined.predict(&noise)?;
    assert_eq!(bits(&combined.get_weights()?[2]), bits(&discriminator.get_weights()?[0]));
    Ok(())
}

#[test]
fn mistakes_are_errors() -> kiln::Result<()> {
    let model = sequential![Dense::new(3)];
    let error = model.get_layer("dense").unwrap_err().to_string();
    assert_eq!(error, "Model: the layers are not known yet; give the first layer an `input_shape`, call `build`, or fit it first");
    let input = Input::new([4]);
    let (a, b) = (Dense::new(2).name("a").on(&input)?, Dense::new(3).name("b").on(&input)?);
    let mut model = Model::new(&input, [&a, &b])?;
    assert_eq!(model.get_layer("c").unwrap_err().to_string(), "unknown layer `c`, did you mean `a`?");
    assert_eq!(model.get_layer(2).unwrap_err().to_string(), "get_layer: `place` must be below 2, received 2");
    let error = model.compile("sgd", "mse", ()).unwrap_err().to_string();
    assert_eq!(error, "compile: `loss` must be given for each of the outputs `a`, `b`, received one for all; write `[(\"a\", ..), ..]`");
    let error = model.predict(Tensor::ones([1, 4])).unwrap_err().to_string();
    assert_eq!(error, "predict: expected a model of one output, received one of 2 outputs; use `predict_all`");
    model.compile("sgd", ["mse", "mae"], ())?;
    let error = model.fit((&Tensor::ones([2, 4]), &Tensor::ones([2, 2])), Fit::new().verbose(0)).unwrap_err().to_string();
    assert_eq!(error, "fit: the model has 2 outputs, but the data has one target; pass `(&x, [&y1, &y2])`");
    let mut nested = sequential![&model, Dense::new(1)];
    let error = nested.build([4]).unwrap_err().to_string();
    assert_eq!(
        error,
        "functional: expected a layer of one output in a chain, received one of 2 outputs; wire it by hand: `layer.on_many(&x)`"
    );
    Ok(())
}

#[test]
fn a_frozen_layer_inside_another_keeps_its_statistics() -> kiln::Result<()> {
    let x = Tensor::random_normal([32, 4, 6], 3.0, 1.0);
    let trained = |trainable: bool| -> kiln::Result<bool> {
        let mut model = sequential![TimeDistributed::new(BatchNormalization::new().trainable(trainable)), Flatten::new(), Dense::new(1)];
        model.compile("sgd", "mse", ())?;
        model.build([4, 6])?;
        let before = model.get_weights()?;
        model.fit((&x, &Tensor::ones([32, 1])), Fit::new().verbose(0))?;
        let after = model.get_weights()?;
        assert_ne!(bits(&before[4]), bits(&after[4]));
        Ok((0..4).all(|i| bits(&before[i]) != bits(&after[i])))
    };
    assert!(trained(true)? && !trained(false)?);
    Ok(())
}

#[test]
fn data_have_names_and_outputs_weights_of_their_own() -> kiln::Result<()> {
    let (x, y) = data();
    let model = || -> kiln::Result<Model> {
        set_random_seed(4);
        let (a, b) = (Input::new([6]).name("a"), Input::new([6]).name("b"));
        let both = Concatenate::new().on_many([&a, &b])?;
        let (p, q) = (Dense::new(6).name("p").on(&both)?, Dense::new(6).name("q").on(&both)?);
        let mut model = Model::new([&a, &b], [&p, &q])?;
        model.compile("sgd", [("p", "mse"), ("q", "mae")], ())?;
        Ok(model)
    };
    let (other, weight) = (&x * 0.5, Tensor::zeros([x.shape()[0]]));
    let options = || Fit::new().verbose(0).shuffle(false);
    let mut by_place = model()?;
    let history = by_place.fit(([&x, &other], [&y, &x]), options())?;
    let mut by_name = model()?;
    let named = by_name.fit(([("b", &other), ("a", &x)], [("q", &x), ("p", &y)]), options())?;
    assert_eq!(history["loss"], named["loss"]);
    let outputs = (by_place.predict_all([&x, &other])?, by_name.predict_all([("b", &other), ("a", &x)])?);
    assert_eq!(bits(&outputs.0[1]), bits(&outputs.1[1]));
    let called = by_name.call_all([("b", &other), ("a", &x)], &kiln::Context::inference())?;
    assert_eq!(bits(&called[1]), bits(&outputs.0[1]));
    let scores = by_name.evaluate(([("b", &other), ("a", &x)], [("q", &x), ("p", &y)]))?;
    assert_eq!(scores.loss, by_place.evaluate(([&x, &other], [&y, &x]))?.loss);

    // Nothing of `q` counts: its weights stay.
    let mut weighed = model()?;
    let before = weighed.get_weights()?;
    weighed.fit(([&x, &other], [&y, &x]), options().sample_weight([("q", &weight)]))?;
    let after = weighed.get_weights()?;
    assert_eq!([0, 1, 2, 3].map(|i| bits(&before[i]) == bits(&after[i])), [false, false, true, true]);
    let error = weighed.fit(([&x, &other], [&y, &x], [&weight, &weight, &weight]), options()).unwrap_err().to_string();
    assert_eq!(error, "fit: the model has 2 outputs, but there are weights for 3; give one tensor for all outputs, or one for each");
    let error = weighed.fit(([("a", &x), ("c", &other)], [&y, &x]), options()).unwrap_err().to_string();
    assert_eq!(error, "unknown input `c`, did you mean `a`?");
    Ok(())
}

/// A GAN as a training step of its own.
struct Gan {
    generator: Sequential,
    discriminator: Sequential,
    optimizers: [Optimizer; 2],
}

impl Trainee for Gan {
    type Batch = Tensor;

    fn train_step(&mut self, real: Tensor, step: &Step) -> kiln::Result<Logs> {
        let n = real.shape()[0];
        let cx = step.context();
        let noise = Tensor::random_normal([n, 2], 0.0, 1.0);
        let loss = |p: &Tensor, y: f32| {
            kiln::losses::compute(&kiln::losses::BinaryCrossentropy::new(), &Tensor::full([n, 1], y), p, None, None, None)
        };

        let fake = self.generator.call(&noise, &cx)?;
        let real_loss = loss(&self.discriminator.call(&real, &cx)?, 1.0)?;
        let d_loss = real_loss + loss(&self.discriminator.call(fake.clone().inner(), &cx)?, 0.0)?;
        let d = d_loss.clone().inner().item();
        self.optimizers[0].minimize(d_loss, &mut *self.discriminator)?;

        let g_loss = loss(&self.discriminator.call(&fake, &cx)?, 1.0)?;
        let g = g_loss.clone().inner().item();
        self.optimizers[1].minimize(g_loss, &mut *self.generator)?;
        Ok(logs! { "loss" => d + g, "d_loss" => d, "g_loss" => g })
    }
}

#[test]
fn a_training_step_of_ones_own_trains_two_models() -> kiln::Result<()> {
    use kiln::optimizers::IntoOptimizer;
    set_random_seed(8);
    let images = Tensor::random_normal([256, 3], 2.0, 0.3);
    let adam = |rate: f64| Adam::new().learning_rate(rate).beta_1(0.0).into_optimizer();
    let mut gan = Gan {
        generator: sequential![Dense::new(8).activation("relu").input_dim(2), Dense::new(3)],
        discriminator: sequential![Dense::new(16).activation("relu").input_dim(3), Dense::new(1).activation("sigmoid")],
        optimizers: [adam(0.002)?, adam(0.002)?],
    };
    let history = kiln::fit(&mut gan, &images, Fit::new().epochs(200).verbose(0))?;
    assert_eq!(history.names(), ["loss", "d_loss", "g_loss"]);
    let fakes = gan.generator.predict(Tensor::random_normal([200, 2], 0.0, 1.0))?;
    let mean = fakes.mean().item();
    assert!((mean - 2.0).abs() < 0.5, "samples around 2 are wanted, the mean is {mean}");
    Ok(())
}

#[test]
fn a_tape_sees_through_a_model_in_inference() -> kiln::Result<()> {
    let mut model = sequential![Dropout::new(0.9), Dense::new(1).use_bias(false)];
    let x = Tensor::ones([1, 3]);
    let plain = model.predict(&x)?;
    let tape = GradientTape::new();
    let watched = tape.watch(&x)?;
    let y = model.call(&watched, &kiln::Context::inference())?;
    assert_eq!(bits(&y.clone().inner()), bits(&plain));
    let gradient = tape.gradient(&y, [&watched])?.remove(0).map(|g| g.to_vec::<f32>());
    assert_eq!(gradient, Some(model.get_weights()?[0].to_vec()));
    assert!(!model.call(&x, &kiln::Context::inference())?.is_autodiff());
    Ok(())
}

#[test]
fn averages_of_weights_end_a_training() -> kiln::Result<()> {
    let (x, y) = data();
    let train = |average: bool| -> kiln::Result<Vec<u32>> {
        set_random_seed(1);
        let mut model = sequential![Dense::new(6)];
        let sgd = Sgd::new().learning_rate(0.5);
        model.compile(if average { sgd.use_ema(true).ema_momentum(0.9) } else { sgd }, "mse", ())?;
        model.fit((&x, &y), Fit::new().epochs(2).verbose(0))?;
        Ok(bits(&model.get_weights()?[0]))
    };
    assert_ne!(train(true)?, train(false)?);
    let scaled = |factor: Option<f64>| -> kiln::Result<Vec<f32>> {
        set_random_seed(1);
        let mut model = sequential![Dense::new(6)];
        let sgd = Sgd::new();
        model.compile(factor.map_or(sgd.clone(), |f| sgd.loss_scale_factor(f)), "mse", ())?;
        model.fit((&x, &y), Fit::new().verbose(0))?;
        Ok(model.get_weights()?[0].to_vec())
    };
    assert_eq!(scaled(Some(1024.0))?, scaled(None)?, "a power of two scales without rounding");
    Ok(())
}
