//! Callbacks around real models: the order of the stations, and what needs a model to be seen.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use kiln::prelude::*;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

fn data() -> (Tensor, Tensor) {
    let x = Tensor::linspace(-1.0, 1.0, 16).reshape([8, 2]).unwrap();
    (x, Tensor::linspace(0.0, 1.0, 8).reshape([8, 1]).unwrap())
}

fn line(optimizer: impl kiln::optimizers::IntoOptimizer) -> Sequential {
    set_random_seed(3);
    let mut model = sequential![Dense::new(1).input_dim(2)];
    model.compile(optimizer, "mse", ["mae"]).unwrap();
    model
}

fn folder(name: &str) -> PathBuf {
    let dir = std::env::temp_dir().join(format!("kiln_callbacks_{}_{name}", std::process::id()));
    let _ = std::fs::remove_dir_all(&dir);
    dir
}

type Seen = Arc<Mutex<Vec<String>>>;

/// Notes every station.
fn notes() -> (Seen, LambdaCallback) {
    let seen = Seen::default();
    let note = |seen: &Seen| {
        let seen = seen.clone();
        move |what: String| {
            seen.lock().unwrap().push(what);
            Ok(Flow::Continue)
        }
    };
    let n: Vec<_> = (0..14).map(|_| note(&seen)).collect();
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, o] = n.try_into().ok().unwrap();
    let callback = LambdaCallback::new()
        .on_train_begin(move |_| a("train begin".into()))
        .on_train_end(move |logs, _| b(format!("train end {}", logs.names().len())).map(|_| ()))
        .on_epoch_begin(move |epoch, _| c(format!("epoch {epoch} begin")))
        .on_epoch_end(move |epoch, logs, _| d(format!("epoch {epoch} end {:?}", logs.names())))
        .on_train_batch_begin(move |batch, _| e(format!("batch {batch} begin")))
        .on_train_batch_end(move |batch, logs, _| f(format!("batch {batch} end {}", logs.names().len())))
        .on_test_begin(move |_| g("test begin".into()))
        .on_test_end(move |logs, _| h(format!("test end {}", logs.names().len())).map(|_| ()))
        .on_test_batch_begin(move |batch, _| i(format!("test batch {batch} begin")))
        .on_test_batch_end(move |batch, logs, _| j(format!("test batch {batch} end {}", logs.names().len())))
        .on_predict_begin(move |_| k("predict begin".into()))
        .on_predict_end(move |_| l("predict end".into()).map(|_| ()))
        .on_predict_batch_begin(move |batch, _| m(format!("predict batch {batch} begin")))
        .on_predict_batch_end(move |batch, outputs, _| o(format!("predict batch {batch} end {:?}", outputs[0].shape())));
    (seen, callback)
}

#[test]
fn the_stations_come_in_keras_order() {
    let (x, y) = data();
    let mut model = line("sgd");
    let (seen, callback) = notes();
    model.fit((&x, &y), Fit::new().batch_size(4).verbose(0).validation_data((&x, &y)).callback(callback)).unwrap();
    let expected = [
        "train begin",
        "epoch 0 begin",
        "batch 0 begin",
        "batch 0 end 2",
        "batch 1 begin",
        "batch 1 end 2",
        "test begin",
        "test batch 0 begin",
        "test batch 0 end 2",
        "test batch 1 begin",
        "test batch 1 end 2",
        "test end 2",
        "epoch 0 end [\"loss\", \"mae\", \"val_loss\", \"val_mae\"]",
        "train end 4",
    ];
    assert_eq!(*seen.lock().unwrap(), expected);
    let (seen, callback) = notes();
    model.evaluate_with((&x, &y), Fit::new().verbose(0).callback(callback)).unwrap();
    assert_eq!(*seen.lock().unwrap(), ["test begin", "test batch 0 begin", "test batch 0 end 2", "test end 2"]);
    let (seen, callback) = notes();
    model.predict_with(&x, Fit::new().batch_size(5).verbose(0).callback(callback)).unwrap();
    let expected = [
        "predict begin",
        "predict batch 0 begin",
        "predict batch 0 end [5, 1]",
        "predict batch 1 begin",
        "predict batch 1 end [3, 1]",
        "predict end",
    ];
    assert_eq!(*seen.lock().unwrap(), expected);
}

#[test]
fn an_evaluation_and_a_prediction_can_be_stopped() {
    let (x, y) = data();
    let mut model = line("sgd");
    let stop = || LambdaCallback::new().on_predict_batch_end(|_, _, _| Ok(Flow::Stop("enough".into())));
    assert_eq!(model.predict_with(&x, Fit::new().batch_size(2).verbose(0).callback(stop())).unwrap().shape(), [2, 1]);
    let first = model.evaluate((&x.rows(0..2).unwrap(), &y.rows(0..2).unwrap())).unwrap();
    let stop = LambdaCallback::new().on_test_batch_end(|_, _, _| Ok(Flow::Stop("enough".into())));
    assert_eq!(model.evaluate_with((&x, &y), Fit::new().batch_size(2).verbose(0).callback(stop)).unwrap(), first);
}

#[test]
fn validation_uses_the_averages() {
    let (x, y) = data();
    let run = |callback: fn(Fit) -> Fit| {
        let mut model = line(Sgd::new().learning_rate(0.1).use_ema(true).ema_momentum(0.9));
        let history = model.fit((&x, &y), callback(Fit::new().epochs(3).verbose(0).validation_data((&x, &y)))).unwrap();
        (history["val_loss"].to_vec(), model.evaluate((&x, &y)).unwrap().loss)
    };
    let (plain, end) = run(|f| f);
    for swapped in [run(|f| f.callback(SwapEmaWeights::new())), run(|f| f.callback(SwapEmaWeights::new().swap_on_epoch(true)))] {
        assert_ne!(swapped.0, plain);
        // The averages are the weights at the end, with and without.
        assert_eq!((swapped.0[2], swapped.1), (end, end));
    }
    let error = line("sgd").fit((&x, &y), Fit::new().verbose(0).validation_data((&x, &y)).callback(SwapEmaWeights::new())).unwrap_err();
    assert_eq!(error.to_string(), "sgd: `use_ema` must be true for averages of the weights, received false");
}

#[test]
fn checkpoints_after_a_swap_hold_the_averages() {
    let (x, y) = data();
    let dir = folder("swap");
    let mut model = line(Sgd::new().learning_rate(0.1).use_ema(true));
    let checkpoint = || ModelCheckpoint::new(dir.join("{epoch}.keras"));
    model
        .fit((&x, &y), Fit::new().epochs(2).verbose(0).callback(SwapEmaWeights::new().swap_on_epoch(true)).callback(checkpoint()))
        .unwrap();
    let saved = load_model(dir.join("2.keras")).unwrap().get_weights().unwrap();
    assert_eq!(saved[0].to_vec::<f32>(), model.get_weights().unwrap()[0].to_vec::<f32>());
    std::fs::remove_dir_all(dir).unwrap();
}

#[test]
fn updates_of_plain_descent_are_the_rate_times_the_gradients() {
    let (x, y) = data();
    for (optimizer, factor) in [(Sgd::new().learning_rate(0.25), 0.25), (Sgd::new().learning_rate(0.25).loss_scale_factor(8.0), 0.25)] {
        let mut model = line(optimizer);
        let history = model.fit((&x, &y), Fit::new().epochs(2).batch_size(4).verbose(0).callback(LayerNorms::new())).unwrap();
        for (gradient, update) in history["gradient_norm/dense"].iter().zip(&history["update_norm/dense"]) {
            assert!((gradient * factor - update).abs() < 1e-6 * update.abs() && *gradient > 0.0, "{gradient} {update}");
        }
    }
}

#[test]
fn the_time_ends_a_training() {
    let (x, y) = data();
    let options = Fit::new().epochs(1000).batch_size(1).verbose(0).callback(MaxTime::new(Duration::ZERO));
    let history = line("sgd").fit((&x, &y), options).unwrap();
    assert_eq!((history.epochs(), history.stopped()), (&[0][..], Some("the time of 0ns is over")));
}

#[test]
fn schedulers_and_plateaus_reach_the_optimizer() {
    let (x, y) = data();
    let mut model = line(Sgd::new().learning_rate(0.5));
    let scheduler = LearningRateScheduler::new(|epoch, rate| if epoch == 0 { rate } else { rate / 2.0 });
    let history = model.fit((&x, &y), Fit::new().epochs(3).verbose(0).callback(scheduler)).unwrap();
    assert_eq!(history["learning_rate"], [0.5, 0.25, 0.125]);
    let plateau = ReduceLrOnPlateau::new("mae").patience(1).min_delta(1e9).factor(0.5);
    let history = model.fit((&x, &y), Fit::new().epochs(3).verbose(0).callback(plateau)).unwrap();
    assert_eq!((&history["learning_rate"], model.learning_rate()), (&[0.125, 0.125, 0.0625][..], Some(0.03125)));
    let mut scheduled = line(Sgd::new().learning_rate(CosineDecay::new(0.1, 10)));
    let plateau = ReduceLrOnPlateau::new("loss").patience(0).min_delta(1e9);
    let error = scheduled.fit((&x, &y), Fit::new().epochs(3).verbose(0).callback(plateau)).unwrap_err();
    assert!(error.to_string().contains("schedule"), "{error}");
}

#[test]
fn the_metrics_say_which_way_is_better() {
    let (x, y) = data();
    let run = |monitor: &str| {
        let mut model = sequential![Dense::new(1)];
        model.compile(Sgd::new().learning_rate(0.0), "mse", (R2Score::new(), kiln::metrics::MeanAbsoluteError::new().name("gap"))).unwrap();
        let options = Fit::new().epochs(3).shuffle(false).verbose(0).callback(EarlyStopping::new(monitor));
        model.fit((&x, &y), options).map(|h| h.epochs().len())
    };
    assert_eq!((run("r2_score").unwrap(), run("gap").unwrap(), run("loss").unwrap()), (2, 2, 2));
    assert!(run("other").unwrap_err().to_string().contains("`monitor`"));
}

#[test]
fn a_backup_goes_on_with_more_epochs_and_refuses_another_cut() {
    let (x, y) = data();
    let dir = folder("more");
    let backup = |frequency: kiln::callbacks::SaveFreq| BackupAndRestore::new(&dir).delete_checkpoint(false).save_freq(frequency);
    let fit = |epochs: usize, batch: usize, frequency: kiln::callbacks::SaveFreq| {
        let mut model = line("adam");
        let history = model.fit((&x, &y), Fit::new().epochs(epochs).batch_size(batch).verbose(0).callback(backup(frequency)))?;
        Ok::<_, Error>((history, model.get_weights()?[0].to_vec::<f32>()))
    };
    let first = fit(2, 4, "epoch".into()).unwrap();
    let second = fit(4, 4, "epoch".into()).unwrap();
    assert_eq!((second.0.epochs(), &second.0["loss"][..2]), (&[0, 1, 2, 3][..], &first.0["loss"]));
    // It is over: nothing is trained, and all is there.
    assert_eq!(fit(4, 4, "epoch".into()).unwrap(), second);
    std::fs::remove_dir_all(&dir).unwrap();
    let mut whole = line("adam");
    whole.fit((&x, &y), Fit::new().epochs(4).batch_size(4).verbose(0)).unwrap();
    assert_eq!(second.1, whole.get_weights().unwrap()[0].to_vec::<f32>());
    // Within an epoch.
    let stop = LambdaCallback::new().on_train_batch_end(
        |batch, _, _| {
            if batch == 2 { Err(Error::custom("power failure")) } else { Ok(Flow::Continue) }
        },
    );
    let options = Fit::new().epochs(2).batch_size(2).verbose(0).callback(backup(1.into()));
    assert!(line("adam").fit((&x, &y), options.callback(stop)).is_err());
    let error = fit(2, 4, 1.into()).unwrap_err().to_string();
    assert!(error.contains("batched or shuffled in another way"), "{error}");
    let error = fit(2, 2, 1.into()).unwrap_err().to_string();
    assert!(error.contains("had the callbacks [\"BackupAndRestore\", \"LambdaCallback\"], this one has [\"BackupAndRestore\"]"), "{error}");
    std::fs::remove_dir_all(&dir).unwrap();
}

#[test]
fn a_damaged_backup_is_replaced_by_the_one_before() {
    let (x, y) = data();
    let dir = folder("damaged");
    let run = |double: bool| {
        let backup = BackupAndRestore::new(&dir).delete_checkpoint(false).double_checkpoint(double);
        let mut model = line("adam");
        let history = model.fit((&x, &y), Fit::new().epochs(3).verbose(0).callback(backup))?;
        Ok::<_, Error>((history, model.get_weights()?[0].to_vec::<f32>()))
    };
    let whole = run(true).unwrap();
    let latest = dir.join("latest.safetensors");
    let bytes = std::fs::read(&latest).unwrap();
    std::fs::write(&latest, &bytes[..bytes.len() / 2]).unwrap();
    assert_eq!(run(true).unwrap(), whole);
    std::fs::rename(&latest, dir.join("previous.safetensors")).unwrap();
    std::fs::write(dir.join("latest.safetensors.1.part"), "half").unwrap();
    assert_eq!(run(true).unwrap(), whole);
    assert!(!dir.join("latest.safetensors.1.part").exists());
    std::fs::remove_file(dir.join("previous.safetensors")).ok();
    std::fs::write(&latest, "nonsense").unwrap();
    let error = run(false).unwrap_err().to_string();
    assert!(error.contains("latest.safetensors") && error.contains("remove the folder"), "{error}");
    std::fs::remove_dir_all(&dir).unwrap();
    assert!(line("adam").fit((&x, &y), Fit::new().verbose(0).callback(BackupAndRestore::new(""))).is_err());
}

/// A trainee of two models and an optimizer of its own.
struct Pair {
    teacher: Sequential,
    student: Sequential,
    optimizer: Optimizer,
}

impl Pair {
    fn new() -> kiln::Result<Self> {
        use kiln::optimizers::IntoOptimizer;
        set_random_seed(5);
        let model = || sequential![Dense::new(3).activation("tanh").input_dim(2), Dropout::new(0.2), Dense::new(1)];
        Ok(Self { teacher: model(), student: model(), optimizer: Adam::new().learning_rate(0.05).into_optimizer()? })
    }
}

impl Trainee for Pair {
    type Batch = Tensor;

    fn train_step(&mut self, x: Tensor, step: &Step) -> kiln::Result<Logs> {
        let aim = self.teacher.predict(&x)?;
        let loss = (self.student.call(&x, &step.context())? - aim).square().mean();
        let value = loss.clone().inner().item();
        self.optimizer.minimize(loss, &mut *self.student)?;
        Ok(logs! { "loss" => value })
    }
    fn model(&mut self) -> Option<&mut dyn std::any::Any> {
        Some(&mut self.student)
    }
    fn state(&self) -> kiln::Result<kiln::State> {
        let mut state = kiln::State::new();
        state.put("student", self.student.state()?);
        state.put("optimizer", self.optimizer.state(&*self.student)?);
        Ok(state)
    }
    fn restore(&mut self, state: &kiln::State) -> kiln::Result<()> {
        self.student.restore(&state.part("student"))?;
        self.optimizer.restore(&state.part("optimizer"), &*self.student)
    }
}

#[test]
fn a_trainee_of_ones_own_is_backed_up_and_saved() {
    let (x, _) = data();
    let dir = folder("pair");
    let run = |fails: bool| {
        let failure = LambdaCallback::new().on_train_batch_begin(move |batch, _| match (batch, fails) {
            (3, true) => Err(Error::custom("power failure")),
            _ => Ok(Flow::Continue),
        });
        let mut pair = Pair::new()?;
        let options = Fit::new().epochs(3).batch_size(2).verbose(0).callback(failure);
        let options = options.callback(ModelCheckpoint::new(dir.join("student.keras")).monitor("loss"));
        let history = kiln::fit(&mut pair, &x, options.callback(BackupAndRestore::new(dir.join("backup")).save_freq(1)))?;
        Ok::<_, Error>((history, pair.student.predict(&x)?.to_vec::<f32>()))
    };
    let whole = run(false).unwrap();
    assert!(run(true).is_err());
    assert_eq!(run(false).unwrap(), whole);
    let mut saved = load_model(dir.join("student.keras")).unwrap();
    assert_eq!(saved.predict(&x).unwrap().to_vec::<f32>(), whole.1);
    std::fs::remove_dir_all(dir).unwrap();
}

#[test]
fn several_outputs_go_on_within_an_epoch() {
    let dir = folder("outputs");
    let run = |fails: bool| {
        set_random_seed(4);
        let x = Tensor::random_normal([24, 3], 0.0, 1.0);
        let (label, size) =
            (Tensor::constant((0..24).map(|i| i % 2).collect::<Vec<i32>>()).reshape([24, 1])?, x.sum_axis(-1)?.reshape([24, 1])?);
        let input = Input::new([3]);
        let hidden = Dropout::new(0.3).on(&BatchNormalization::new().on(&Dense::new(4).activation("relu").on(&input)?)?)?;
        let a = Dense::new(1).activation("sigmoid").name("a").on(&hidden)?;
        let b = Dense::new(1).kernel_regularizer("l2").name("b").on(&hidden)?;
        let mut model = Model::new(&input, [&a, &b])?;
        model.compile_with(
            Compile::new(Adam::new().learning_rate(0.05), [("a", "binary_crossentropy"), ("b", "mse")])
                .metrics([("a", ["accuracy", "auc"])])
                .weighted_metrics([("b", ["mae"])])
                .loss_weights([("b", 0.5)]),
        )?;
        let failure = LambdaCallback::new().on_train_batch_begin(move |batch, _| match (batch, fails) {
            (3, true) => Err(Error::custom("power failure")),
            _ => Ok(Flow::Continue),
        });
        let weight = Tensor::linspace(0.5, 1.5, 24);
        let options = Fit::new().epochs(2).batch_size(5).verbose(0).sample_weight(&weight).callback(failure);
        let history = model.fit((&x, [&label, &size]), options.callback(BackupAndRestore::new(&dir).save_freq(2)))?;
        Ok::<_, Error>((history, model.get_weights()?.iter().flat_map(|w| w.to_vec::<f32>()).collect::<Vec<_>>()))
    };
    let whole = run(false).unwrap();
    assert_eq!(whole.0.names(), ["loss", "a_loss", "b_loss", "a_accuracy", "a_auc", "b_mae"]);
    assert!(run(true).is_err());
    assert_eq!(run(false).unwrap(), whole);
}
