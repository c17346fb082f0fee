//! What the goldens can't show: dropout, cells by hand, masks that travel, mistakes.

use super::dropped::Dropped;
use super::goldens::{gap, tensor};
use super::settings::Settings;
use crate::*;
use kiln_core::build::Build;
use kiln_core::layer::{Call, Layer};
use kiln_core::random::Stream;
use kiln_core::value::{Value, Values, one};
use kiln_core::{AnyLayer, AnyModule, Context, Device, Shape, Tensor, weights};

fn build(layer: impl Into<AnyLayer>, inputs: &[Shape]) -> AnyModule {
    layer.into().build(inputs, &Build::new(&Device::current().unwrap(), Stream::new(1))).unwrap()
}

fn normal(shape: &[usize], seed: u64) -> Tensor {
    let values: Vec<f32> = Stream::new(seed).normal(shape.iter().product()).map(|v| v as f32).collect();
    Tensor::from_vec(values, shape).unwrap().to_device(&Device::current().unwrap()).autodiff()
}

fn call(module: &AnyModule, inputs: &[Tensor], cx: &Context) -> Vec<Tensor> {
    let values: Values = inputs.iter().cloned().map(Value::from).collect();
    module.call(values, cx).unwrap().into_iter().map(|v| v.tensor).collect()
}

fn training() -> Context {
    Context::training(Stream::new(9))
}

fn weight(module: &AnyModule, path: &str) -> Tensor {
    let id = weights::list(module).into_iter().find(|w| w.path == path).unwrap().id;
    weights::values(module).into_iter().find(|(i, _)| *i == id).unwrap().1
}

/// A layer and its cell by itself, from the same first weights.
fn steps_make_the_layer(layer: impl Into<AnyLayer>, cell: impl Into<AnyLayer>, states: usize) {
    let (batch, time, features, units) = (3, 7, 4, 5);
    let layer = build(layer, &[Shape::batch_of([time, features])]);
    let state = Shape::batch_of([units]);
    let shapes: Vec<Shape> = std::iter::once(Shape::batch_of([features])).chain(vec![state; states]).collect();
    let cell = build(cell, &shapes);
    let values: Vec<Tensor> = weights::values(&layer).into_iter().map(|(_, v)| v).collect();
    let ids = weights::list(&cell);
    let cell = weights::replace(cell, ids.iter().map(|w| w.id).zip(values).collect());
    for cx in [Context::inference, training] {
        let x = normal(&[batch, time, features], 2);
        let whole = call(&layer, std::slice::from_ref(&x), &cx());
        let mut states: Vec<Tensor> = (0..states).map(|_| normal(&[batch, units], 1) * 0.0).collect();
        let mut outputs = Vec::new();
        for t in 0..time as isize {
            let step = x.slice([(..).into(), (t..t + 1).into()]).unwrap().squeeze(1).unwrap();
            let inputs: Vec<Tensor> = std::iter::once(step).chain(states).collect();
            let mut results = call(&cell, &inputs, &cx());
            outputs.push(results.remove(0));
            states = results;
        }
        assert!(gap(&whole[0], &Tensor::stack(&outputs, 1).unwrap().inner()) < 1e-6);
        whole[1..].iter().zip(&states).for_each(|(a, b)| assert!(gap(a, &b.clone().inner()) < 1e-6));
    }
}

#[test]
fn a_cell_step_by_step_is_the_layer() {
    let simple = SimpleRnnCell::new(5).dropout(0.3).recurrent_dropout(0.3);
    steps_make_the_layer(SimpleRnn::new(5).return_sequences(true).return_state(true).dropout(0.3).recurrent_dropout(0.3), simple, 1);
    steps_make_the_layer(Lstm::new(5).return_sequences(true).return_state(true), LstmCell::new(5), 2);
    let (lstm, cell) = (Lstm::new(5).dropout(0.4).recurrent_dropout(0.2), LstmCell::new(5).dropout(0.4).recurrent_dropout(0.2));
    steps_make_the_layer(lstm.return_sequences(true).return_state(true), cell, 2);
    for reset_after in [true, false] {
        let cell = GruCell::new(5).reset_after(reset_after).dropout(0.2).recurrent_dropout(0.2);
        let layer = Gru::new(5).reset_after(reset_after).dropout(0.2).recurrent_dropout(0.2);
        steps_make_the_layer(layer.return_sequences(true).return_state(true), cell, 1);
    }
    let stack = || StackedRnnCells::new([LstmCell::new(5).dropout(0.2).into(), GruCell::new(5).recurrent_dropout(0.3).into()]);
    steps_make_the_layer(Rnn::new(stack()).return_sequences(true).return_state(true), stack(), 3);
}

#[test]
fn what_is_dropped_is_the_same_at_all_steps() {
    let identity = |layer: SimpleRnn| layer.kernel_initializer("identity").activation("linear");
    let ones = normal(&[50, 3, 8], 1) * 0.0 + 1.0;
    let shapes = [Shape::batch_of([3, 8])];
    let input = build(identity(SimpleRnn::new(8)).recurrent_initializer("zeros").dropout(0.25).return_sequences(true), &shapes);
    let y = call(&input, std::slice::from_ref(&ones), &training())[0].to_vec::<f32>();
    assert!(y.chunks(24).all(|sample| sample[..8] == sample[8..16] && sample[..8] == sample[16..]));
    let dropped = y.iter().filter(|v| **v == 0.0).count() as f64 / y.len() as f64;
    assert!((dropped - 0.25).abs() < 0.06, "{dropped}");
    assert!(y.iter().all(|v| *v == 0.0 || (v - 4.0 / 3.0).abs() < 1e-6));
    assert_eq!(call(&input, std::slice::from_ref(&ones), &Context::inference())[0].to_vec::<f32>(), vec![1.0; 1200]);
    // With a mask m on the state: 1, 1 + m, 1 + m + m².
    let state = build(identity(SimpleRnn::new(8)).recurrent_initializer("identity").recurrent_dropout(0.5).return_sequences(true), &shapes);
    let y = call(&state, std::slice::from_ref(&ones), &training())[0].to_vec::<f32>();
    let m = |sample: &[f32], unit: usize| (sample[8 + unit] - 1.0, sample[16 + unit]);
    let fits = |(m, last): (f32, f32)| (m == 0.0 || m == 2.0) && last == 1.0 + m + m * m;
    assert!(y.chunks(24).all(|sample| (0..8).all(|unit| fits(m(sample, unit)))));
}

#[test]
fn a_seed_of_its_own_changes_what_is_dropped() {
    let shapes = [Shape::batch_of([3, 8])];
    let x = [normal(&[4, 3, 8], 1)];
    let with = |layer: Lstm, step| call(&build(layer.dropout(0.5), &shapes), &x, &Context::training(Stream::new(step)))[0].to_vec::<f32>();
    assert_eq!(with(Lstm::new(4).seed(3), 1), with(Lstm::new(4).seed(3), 1));
    assert_ne!(with(Lstm::new(4).seed(3), 1), with(Lstm::new(4).seed(3), 2));
    assert_ne!(with(Lstm::new(4).seed(3), 1), with(Lstm::new(4), 1));
    // Both ways of a bidirectional layer draw for themselves.
    let both = build(
        Bidirectional::new(SimpleRnn::new(8).dropout(0.5).kernel_initializer("identity").activation("linear")),
        &[Shape::batch_of([1, 8])],
    );
    let y = call(&both, &[normal(&[20, 1, 8], 1) * 0.0 + 1.0], &training())[0].clone();
    let half = |range: std::ops::Range<isize>| y.slice([(..).into(), range.into()]).unwrap().to_vec::<f32>();
    assert_ne!(half(0..8), half(8..16));
}

/// One step of each gated cell by hand, with a mask for each gate.
#[test]
fn each_gate_has_masks_of_its_own_when_the_state_is_dropped() {
    let settings = Settings { dropout: 0.3, recurrent_dropout: 0.4, ..Settings::default() };
    let cx = training();
    let (x, h, c) = (normal(&[2, 3], 1), normal(&[2, 4], 2), normal(&[2, 4], 3));
    let device = x.device();
    let shapes = [Shape::batch_of([3]), Shape::batch_of([4]), Shape::batch_of([4])];
    let masks = |gates| Dropped::new(&settings).draw(&[2, 3], &[2, 4], gates, &cx, &device).unwrap();

    let lstm = build(LstmCell::new(4).dropout(0.3).recurrent_dropout(0.4), &shapes);
    let (m, kernel, recurrent) = (masks(4), weight(&lstm, "kernel"), weight(&lstm, "recurrent_kernel"));
    assert_eq!((m.input.len(), m.recurrent.len()), (4, 4));
    assert_ne!(m.input[0].to_vec::<f32>(), m.input[1].to_vec::<f32>());
    let cut = |w: &Tensor, gate: isize| w.slice([(..).into(), (gate * 4..gate * 4 + 4).into()]).unwrap();
    let product = |m: &super::dropped::Masks, gate: usize, h: &Tensor| {
        let inner = (&x * &m.input[gate]).matmul(&cut(&kernel, gate as isize)).unwrap();
        inner + (h * &m.recurrent[gate]).matmul(&cut(&recurrent, gate as isize)).unwrap()
    };
    let after = (product(&m, 1, &h) + 1.0).sigmoid() * &c + product(&m, 0, &h).sigmoid() * product(&m, 2, &h).tanh();
    let out = product(&m, 3, &h).sigmoid() * after.clone().tanh();
    let y = call(&lstm, &[x.clone(), h.clone(), c.clone()], &cx);
    assert!(gap(&y[0], &out.inner()) < 1e-5 && gap(&y[2], &after.inner()) < 1e-5);

    for reset_after in [true, false] {
        let gru = build(GruCell::new(4).dropout(0.3).recurrent_dropout(0.4).reset_after(reset_after), &shapes[..2]);
        let (m, kernel, recurrent) = (masks(3), weight(&gru, "kernel"), weight(&gru, "recurrent_kernel"));
        let input = |gate: usize| (&x * &m.input[gate]).matmul(&cut(&kernel, gate as isize)).unwrap();
        let state = |gate: usize, h: Tensor| (h * &m.recurrent[gate]).matmul(&cut(&recurrent, gate as isize)).unwrap();
        let z = (input(0) + state(0, h.clone())).sigmoid();
        let r = (input(1) + state(1, h.clone())).sigmoid();
        let inner = if reset_after { r * state(2, h.clone()) } else { state(2, &h * r) };
        let out = &z * &h + (1.0 - z) * (input(2) + inner).tanh();
        let y = call(&gru, &[x.clone(), h.clone()], &cx);
        assert!(gap(&y[0], &out.inner()) < 1e-5, "{reset_after}");
    }
    // Without it, the gates share one mask of the input.
    let shared = Settings { recurrent_dropout: 0.0, ..settings.clone() };
    assert_eq!(Dropped::new(&shared).draw(&[2, 3], &[2, 4], 4, &cx, &device).unwrap().input.len(), 1);
}

#[test]
fn weights_begin_as_in_keras() {
    let shapes = [Shape::batch_of([3, 4])];
    let bias = |layer: Lstm| weight(&build(layer, &shapes), "lstm_cell.bias").to_vec::<f32>();
    assert_eq!(bias(Lstm::new(1)), [0.0, 1.0, 0.0, 0.0]);
    assert_eq!(bias(Lstm::new(1).unit_forget_bias(false)), [0.0; 4]);
    assert_eq!(bias(Lstm::new(1).bias_initializer(kiln_core::initializer::Initializer::Constant { value: 0.5 })), [0.5, 1.0, 0.5, 0.5]);
    let module = build(Gru::new(2), &shapes);
    assert_eq!(weight(&module, "gru_cell.bias").shape(), [2, 6]);
    let recurrent = weight(&module, "gru_cell.recurrent_kernel");
    let rows = recurrent.matmul(&recurrent.transpose([1, 0]).unwrap()).unwrap().inner();
    assert!(gap(&rows, &Tensor::eye(2)) < 1e-5);
    assert!(weight(&module, "gru_cell.kernel").abs().max().item() <= (6.0f64 / 10.0).sqrt());
}

#[test]
fn regularizers_and_constraints_reach_the_weights_inside() {
    let lstm = || Lstm::new(2).kernel_regularizer("l2").recurrent_constraint("non_neg");
    let cell = || LstmCell::new(2).bias_regularizer("l1").kernel_constraint("max_norm");
    let layers: [(AnyLayer, &str, &str); 5] = [
        (lstm().into(), "lstm_cell.kernel", "lstm_cell.recurrent_kernel"),
        (Bidirectional::new(lstm()).into(), "backward_lstm.lstm_cell.kernel", "backward_lstm.lstm_cell.recurrent_kernel"),
        (Bidirectional::new(lstm().name("mine")).into(), "forward_mine.lstm_cell.kernel", "forward_mine.lstm_cell.recurrent_kernel"),
        (Rnn::new(cell()).into(), "lstm_cell.bias", "lstm_cell.kernel"),
        (
            Rnn::new(StackedRnnCells::new([cell().into(), cell().into()])).into(),
            "stacked_rnn_cells.lstm_cell_1.bias",
            "stacked_rnn_cells.lstm_cell_1.kernel",
        ),
    ];
    for (layer, regularized, constrained) in layers {
        let paths: Vec<String> = weights::list(&build(layer.clone(), &[Shape::batch_of([3, 4])])).into_iter().map(|w| w.path).collect();
        let (r, c): (Vec<_>, Vec<_>) =
            (layer.regularizers().into_iter().map(|(p, _)| p).collect(), layer.constraints().into_iter().map(|(p, _)| p).collect());
        assert!(r.contains(&regularized.to_owned()) && c.contains(&constrained.to_owned()), "{r:?} {c:?}");
        assert!(r.iter().chain(&c).all(|path| paths.contains(path)), "{paths:?}");
    }
    let inner = AnyLayer::from(TimeDistributed::new(Dense::new(2).kernel_regularizer("l2")));
    assert_eq!(inner.regularizers()[0].0, "dense.kernel");
    let cx = Context::inference();
    let both = build(Bidirectional::new(SimpleRnn::new(2).activity_regularizer("l2")), &[Shape::batch_of([3, 4])]);
    call(&both, &[normal(&[2, 3, 4], 1)], &cx);
    assert_eq!(cx.take_losses().len(), 2);
}

#[test]
fn a_frozen_cell_is_not_trained() {
    let shapes = [Shape::batch_of([3, 4])];
    let trained = |layer: AnyLayer| weights::list(&build(layer, &shapes)).iter().filter(|w| w.trainable).count();
    assert_eq!(trained(Rnn::new(LstmCell::new(2).trainable(false)).into()), 0);
    assert_eq!(trained(Rnn::new(StackedRnnCells::new([LstmCell::new(2).trainable(false).into(), GruCell::new(2).into()])).into()), 3);
    assert_eq!(trained(TimeDistributed::new(Dense::new(2).trainable(false)).into()), 0);
    let both = Bidirectional::new(Gru::new(2)).backward_layer(Gru::new(2).go_backwards(true).trainable(false));
    assert_eq!(trained(both.into()), 3);
}

fn masked(module: &AnyModule, x: &Tensor, mask: &Tensor) -> kiln_core::Result<Vec<Option<Tensor>>> {
    let input = Value { tensor: x.clone(), mask: Some(mask.clone()) };
    Ok(module.call(one(input), &Context::inference())?.into_iter().map(|v| v.mask).collect())
}

#[test]
fn masks_travel_with_sequences() {
    let (shapes, x) = ([Shape::batch_of([3, 4])], normal(&[2, 3, 4], 1));
    let mask = tensor(&serde_json::json!([[1, 0, 1], [1, 1, 0]])).greater(0.5).unwrap();
    let passes = |layer: AnyLayer| masked(&build(layer, &shapes), &x, &mask).unwrap().iter().map(Option::is_some).collect::<Vec<_>>();
    assert_eq!(passes(Lstm::new(2).return_sequences(true).return_state(true).into()), [true, false, false]);
    assert_eq!(passes(Lstm::new(2).into()), [false]);
    assert_eq!(passes(Bidirectional::new(Gru::new(2).return_sequences(true)).merge_mode("none").into()), [true, true]);
    assert_eq!(passes(Bidirectional::new(Gru::new(2)).into()), [false]);
    assert_eq!(passes(TimeDistributed::new(Dense::new(2)).into()), [true]);
    let wrong = tensor(&serde_json::json!([[1, 0], [1, 1]])).greater(0.5).unwrap();
    let error = masked(&build(Lstm::new(2), &shapes), &x, &wrong).unwrap_err().to_string();
    assert_eq!(error, "LSTM: expected a mask of shape (2, 3), received (2, 2)");
    let error = masked(&build(TimeDistributed::new(Dense::new(2)), &shapes), &x, &wrong).unwrap_err().to_string();
    assert_eq!(error, "TimeDistributed: expected a mask that begins with (2, 3), received (2, 2)");
}

#[test]
fn inner_steps_are_masked_one_sequence_at_a_time() {
    // Sentences of words: the mask of the words goes to the layer inside, a sentence without words is masked outside.
    let words = tensor(&serde_json::json!([[[1, 2, 0], [0, 0, 0]]]));
    let embedding = build(Embedding::new(3, 2).mask_zero(true), &[Shape::batch_of([2, 3])]);
    let embedded = embedding.call(one(words.autodiff()), &Context::inference()).unwrap();
    let sentences = build(TimeDistributed::new(Lstm::new(4)), &[Shape::batch_of([2, 3, 2])]);
    let out = sentences.call(embedded, &Context::inference()).unwrap().remove(0);
    assert_eq!(out.mask.unwrap().to_float().to_vec::<f32>(), [1.0, 0.0]);
    let values = out.tensor.to_vec::<f32>();
    assert!(values[..4].iter().all(|v| *v != 0.0) && values[4..].iter().all(|v| *v == 0.0), "{values:?}");
}

#[test]
fn mistakes_are_errors() {
    let shape = Shape::batch_of([5, 3]);
    let of = |layer: AnyLayer, inputs: &[Shape]| layer.output_shapes(inputs).unwrap_err().to_string();
    let one = std::slice::from_ref(&shape);
    assert_eq!(of(Lstm::new(0).into(), one), "LSTM: `units` must be at least 1, received 0");
    assert_eq!(of(Gru::new(2).dropout(1.5).into(), one), "GRU: `dropout` must be from 0 to 1, received 1.5");
    assert_eq!(of(Gru::new(2).recurrent_activation("sigmod").into(), one), "unknown activation `sigmod`, did you mean `sigmoid`?");
    let flat = [Shape::batch_of([3])];
    assert_eq!(of(SimpleRnn::new(2).into(), &flat), "SimpleRNN: expected an input of 3 axes: (batch, time, features), received (None, 3)");
    assert_eq!(
        of(Rnn::new(LstmCell::new(2)).into(), &flat),
        "RNN: expected an input of at least 3 axes: (batch, time, features), received (None, 3)"
    );
    assert_eq!(
        of(TimeDistributed::new(Dense::new(2)).into(), &flat),
        "TimeDistributed: expected an input of at least 3 axes: (batch, time, ...), received (None, 3)"
    );
    assert_eq!(of(TimeDistributed::new(Dense::new(0)).into(), one), "dense (Dense): `units` must be at least 1, received 0");
    let inputs = [shape.clone(), Shape::batch_of([2])];
    assert_eq!(of(Lstm::new(2).into(), &inputs), "LSTM: expected initial states of shapes [(None, 2), (None, 2)], received [(None, 2)]");
    assert_eq!(
        of(LstmCell::new(2).into(), &[Shape::batch_of([3])]),
        "LSTMCell: expected states of shapes [(None, 2), (None, 2)] after the input, received []"
    );
    assert_eq!(
        of(Bidirectional::new(Lstm::new(2)).into(), &inputs),
        "Bidirectional: expected initial states for both ways, received 1 states"
    );
    let same = Bidirectional::new(Lstm::new(2)).backward_layer(Lstm::new(2));
    assert_eq!(
        of(same.into(), one),
        "Bidirectional: `backward_layer` must be a layer that goes the other way, received `go_backwards` false"
    );
    let uneven = Bidirectional::new(Lstm::new(2)).backward_layer(Lstm::new(2).go_backwards(true).return_sequences(true));
    assert_eq!(of(uneven.into(), one), "Bidirectional: `return_sequences` must be false in both layers, received true");
    let sum = Bidirectional::new(Lstm::new(2)).backward_layer(Lstm::new(3).go_backwards(true)).merge_mode("sum");
    assert_eq!(of(sum.into(), one), "Bidirectional: expected a backward output like the forward one, (None, 2), received (None, 3)");
    assert_eq!(of(Bidirectional::new(Lstm::new(2)).merge_mode("som").into(), one), "unknown merge mode `som`, did you mean `sum`?");
    assert_eq!(of(Rnn::new(StackedRnnCells::new([])).into(), one), "RNN: `cells` must be at least one cell, received none");
    let error =
        AnyLayer::from(Lstm::new(2).stateful(true)).build(one, &Build::new(&Device::current().unwrap(), Stream::new(1))).unwrap_err();
    assert_eq!(
        error.to_string(),
        "LSTM: `stateful` must be false for batches of any size, received true; begin the model with `Input::new(..).batch_size(n)`"
    );
    let stateful = build(Lstm::new(2).stateful(true), &[Shape::known([4, 5, 3])]);
    let called = |module: &AnyModule, x: Tensor| module.call(kiln_core::value::one(x), &Context::inference()).unwrap_err().to_string();
    assert_eq!(called(&stateful, normal(&[3, 5, 3], 1)), "LSTM: expected batches of 4 samples, whose states are kept, received 3 samples");
    let plain = build(Gru::new(2), one);
    assert_eq!(called(&plain, normal(&[3, 5, 4], 1)), "GRU: expected last axis 3, received (3, 4)");
    assert_eq!(called(&plain, normal(&[3, 5], 1)), "GRU: expected an input of 3 axes and at least one step, received (3, 5)");
    let error = layer_from_config("RNN", serde_json::json!({"cell": {"class_name": "LSTMCel", "config": {}}})).unwrap_err().to_string();
    assert!(error.contains("unknown cell `LSTMCel`, did you mean `LSTMCell`?"), "{error}");
}

#[test]
fn convolutional_cells_drop_for_each_gate() {
    let cell = || ConvLstm1d::new(2, 2).kernel_initializer("ones").use_bias(false).return_state(true);
    let (shapes, x) = ([Shape::batch_of([3, 6, 2])], normal(&[2, 3, 6, 2], 1));
    let state = |layer: ConvLstm1d, cx: &Context| call(&build(layer, &shapes), std::slice::from_ref(&x), cx)[2].to_vec::<f32>();
    let plain = state(cell(), &training());
    for layer in [cell().dropout(0.5), cell().recurrent_dropout(0.5)] {
        assert_ne!(state(layer.clone(), &training()), plain);
        assert_eq!(state(layer.clone(), &training()), state(layer.clone(), &training()));
        assert_eq!(state(layer, &Context::inference()), plain);
    }
    let settings = Settings { dropout: 0.5, ..Settings::default() };
    let masks = Dropped::new(&settings).each_gate().draw(&[2, 6, 2], &[2, 5, 2], 4, &training(), &x.device()).unwrap();
    assert_eq!((masks.input.len(), masks.recurrent.len()), (4, 0));
    // All masks are zeros at a rate of 1, so that nothing of the input arrives.
    let y = state(cell().dropout(1.0), &training());
    assert!(y.iter().all(|v| *v == 0.0), "{y:?}");
}

#[test]
fn mistakes_of_convolutional_layers_are_errors() {
    let of = |layer: ConvLstm2d, sample: &[usize]| layer.output_shape(&Shape::batch_of(sample)).unwrap_err().to_string();
    let fine = [3, 4, 5, 1];
    assert_eq!(of(ConvLstm2d::new(0, 2), &fine), "ConvLSTM2D: `filters` must be at least 1, received 0");
    assert_eq!(of(ConvLstm2d::new(1, 0), &fine), "ConvLSTM2D: `kernel_size` must be 2 numbers of at least 1, received [0, 0]");
    assert_eq!(of(ConvLstm2d::new(1, 2).strides([1, 0]), &fine), "ConvLSTM2D: `strides` must be 2 numbers of at least 1, received [1, 0]");
    let both = ConvLstm2d::new(1, 2).strides(2).dilation_rate(2);
    assert_eq!(of(both, &fine), "ConvLSTM2D: `dilation_rate` must be 1 where `strides` are above 1, received [2, 2]");
    assert_eq!(of(ConvLstm2d::new(1, 2).padding("sane"), &fine), "unknown padding `sane`, did you mean `same`?");
    assert_eq!(
        of(ConvLstm2d::new(1, 2).data_format("channel_last"), &fine),
        "unknown data format `channel_last`, did you mean `channels_last`?"
    );
    assert_eq!(of(ConvLstm2d::new(1, 6), &fine), "ConvLSTM2D: `kernel_size` must be at most the input's 4 on axis 0 of space, received 6");
    assert_eq!(
        of(ConvLstm2d::new(1, 2), &[3, 4, 1]),
        "ConvLSTM2D: expected an input of 5 axes: (batch, time, features), received (None, 3, 4, 1)"
    );
    let open = Shape::new([None, None, None, Some(4), Some(1)]);
    let error = ConvLstm2d::new(1, 2).output_shape(&open).unwrap_err().to_string();
    assert_eq!(error, "ConvLSTM2D: expected known axes of space and channels, received (None, None, 4, 1)");
    let module = build(ConvLstm1d::new(1, 2), &[Shape::batch_of([2, 4, 1])]);
    let error = module.call(one(normal(&[1, 2, 5, 1], 1)), &Context::inference()).unwrap_err().to_string();
    assert_eq!(error, "ConvLSTM1D: expected steps of shape (4, 1), received (1, 5, 1)");
}

#[test]
fn a_layer_of_one_input_can_be_called_alone() {
    let module = Lstm::new(2).build(&Shape::batch_of([3, 4]), &Build::new(&Device::current().unwrap(), Stream::new(1))).unwrap();
    assert_eq!(module.call(normal(&[2, 3, 4], 1), &Context::inference()).unwrap().shape(), [2, 2]);
}
