//! A training that is killed again and again ends, bit for bit, as one that was not.
//!
//! Each test starts this program anew as a child, which trains in a folder and dies at a place of its own choice, or is killed. The next
//! child goes on, until one comes to the end.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use kiln::prelude::*;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const JOB: &str = "KILN_RESUME_JOB";

/// Dies at its n-th event: without a word to anybody, as from a signal.
struct Killer {
    left: usize,
}

impl Killer {
    fn event(&mut self) -> kiln::Result<Flow> {
        self.left -= 1;
        if self.left == 0 {
            std::process::abort();
        }
        Ok(Flow::Continue)
    }
}

impl Callback for Killer {
    fn on_epoch_begin(&mut self, _: usize, _: &mut dyn Controls) -> kiln::Result<Flow> {
        self.event()
    }
    fn on_epoch_end(&mut self, _: usize, _: &mut Logs, _: &mut dyn Controls) -> kiln::Result<Flow> {
        self.event()
    }
    fn on_train_batch_begin(&mut self, _: usize, _: &mut dyn Controls) -> kiln::Result<Flow> {
        self.event()
    }
    fn on_train_batch_end(&mut self, _: usize, _: &Logs, _: &mut dyn Controls) -> kiln::Result<Flow> {
        self.event()
    }
    fn on_test_batch_end(&mut self, _: usize, _: &Logs, _: &mut dyn Controls) -> kiln::Result<Flow> {
        self.event()
    }
}

/// Puts a number into the logs that hangs on all draws before.
fn noise(sleep: u64) -> LambdaCallback {
    LambdaCallback::new()
        .on_train_batch_end(move |_, _, _| {
            std::thread::sleep(Duration::from_millis(sleep));
            Ok(Flow::Continue)
        })
        .on_epoch_end(|_, logs, _| {
            logs.set("noise", Tensor::random_normal([1], 0.0, 1.0).item());
            Ok(Flow::Continue)
        })
}

fn data() -> (Tensor, Tensor) {
    let x = Tensor::random_normal([20, 3, 2], 0.0, 1.0);
    let y: Vec<i32> = (0..20).map(|i| i % 2).collect();
    (x, Tensor::constant(y).reshape([20, 1]).unwrap())
}

/// Everything that has a state, kept after each step.
fn steps(dir: &Path, options: Fit, sleep: u64) -> (Sequential, History) {
    let (x, y) = data();
    let mut model = sequential![
        Input::new([3, 2]).batch_size(4),
        Lstm::new(4).stateful(true),
        BatchNormalization::new(),
        Dropout::new(0.3),
        Dense::new(1).activation("sigmoid"),
    ];
    model.compile(Adam::new().learning_rate(0.05), "binary_crossentropy", ("accuracy", Auc::new(), F1Score::new().threshold(0.5))).unwrap();
    let options = options
        .epochs(6)
        .batch_size(4)
        .validation_data((&x.rows(0..8).unwrap(), &y.rows(0..8).unwrap()))
        .callback(noise(sleep))
        .callback(LayerNorms::new())
        .callback(EarlyStopping::new("val_loss").patience(2).restore_best_weights(true))
        .callback(ReduceLrOnPlateau::new("val_loss").patience(1).factor(0.5))
        .callback(ModelCheckpoint::new(dir.join("best.keras")).save_best_only(true))
        .callback(CsvLogger::new(dir.join("log.csv")))
        .callback(TensorBoard::new(dir.join("logs")).update_freq("batch").histogram_freq(2).write_images(true))
        .callback(BackupAndRestore::new(dir.join("backup")).save_freq(1));
    let history = model.fit((&x, &y), options).unwrap();
    (model, history)
}

/// A stream of data that goes on from epoch to epoch, a schedule, and averages of the weights; kept after every third step.
fn stream(dir: &Path, options: Fit) -> (Sequential, History) {
    let (x, y) = data();
    let mut model =
        sequential![Flatten::new(), GaussianNoise::new(0.1), Dense::new(6).activation("tanh"), Dense::new(1).activation("sigmoid")];
    let optimizer = Adam::new().learning_rate(CosineDecay::new(0.05, 30)).use_ema(true).ema_momentum(0.8).gradient_accumulation_steps(2);
    model.compile(optimizer, "binary_crossentropy", ["accuracy"]).unwrap();
    let dataset = Dataset::from_tensor_slices((&x, &y)).unwrap().shuffle(20).batch(3).prefetch(2);
    let options = options
        .epochs(5)
        .steps_per_epoch(5)
        .validation_data((&x, &y))
        .callback(noise(0))
        .callback(SwapEmaWeights::new().swap_on_epoch(true))
        .callback(BackupAndRestore::new(dir.join("backup")).save_freq(3));
    let history = model.fit(dataset, options).unwrap();
    (model, history)
}

/// Several optimizers, rates that are set by hand, weights of classes; kept after each epoch, twice.
fn epochs(dir: &Path, options: Fit) -> (Sequential, History) {
    let (x, y) = data();
    let mut model = sequential![Flatten::new(), Dropout::new(0.2), Dense::new(6).activation("relu"), Dense::new(1).activation("sigmoid")];
    let optimizer = MultiOptimizer::new(Adam::new().learning_rate(0.05)).with("dense_1.*", Sgd::new().learning_rate(0.1).momentum(0.9));
    model.compile(optimizer, "binary_crossentropy", ["accuracy"]).unwrap();
    let options = options
        .epochs(5)
        .batch_size(7)
        .class_weight([(1, 2.0)])
        .validation_split(0.2)
        .callback(noise(0))
        .callback(LearningRateScheduler::new(|_, rate| rate * 0.9))
        .callback(BackupAndRestore::new(dir.join("backup")).double_checkpoint(true));
    let history = model.fit((&x, &y), options).unwrap();
    (model, history)
}

/// The child's work; without its order in the environment it does nothing.
#[test]
fn child() {
    let Ok(job) = std::env::var(JOB) else { return };
    let [kind, dir, left] = job.split(';').collect::<Vec<_>>()[..] else { panic!("{job}") };
    let dir = Path::new(dir);
    set_random_seed(9);
    let options = Fit::new().verbose(0).callback(Killer { left: left.parse().unwrap() });
    let (model, history) = match kind {
        "steps" => steps(dir, options, 0),
        "slow" => steps(dir, options, 8),
        "stream" => stream(dir, options),
        _ => epochs(dir, options),
    };
    let bits: Vec<u32> = model.get_weights().unwrap().iter().flat_map(|w| w.to_vec::<f32>()).map(f32::to_bits).collect();
    let best =
        load_model(dir.join("best.keras")).map(|m| m.get_weights().unwrap().iter().flat_map(|w| w.to_vec::<f32>()).collect::<Vec<_>>());
    let log = std::fs::read_to_string(dir.join("log.csv")).unwrap_or_default();
    // A child that died before anything was kept leaves a file that nobody goes on with.
    let events = |folder: &str| -> Option<u64> {
        let files = std::fs::read_dir(dir.join("logs").join(folder)).into_iter().flatten();
        files.map(|f| f.unwrap().metadata().unwrap().len()).max()
    };
    let events = (events("train"), events("validation"));
    let rest = (Tensor::random_normal([2], 0.0, 1.0).to_vec::<f32>(), model.learning_rate());
    let result = format!("{bits:?}\n{history:?}\n{:?}\n{log}\n{events:?}\n{rest:?}", best.ok());
    std::fs::write(dir.join("result"), result).unwrap();
}

fn folder(name: &str) -> PathBuf {
    let dir = std::env::temp_dir().join(format!("kiln_resume_{}_{name}", std::process::id()));
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).unwrap();
    dir
}

fn start(kind: &str, dir: &Path, left: usize) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "child", "--test-threads=1"]).env(JOB, format!("{kind};{};{left}", dir.display()));
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn result(dir: &Path) -> String {
    std::fs::read_to_string(dir.join("result")).unwrap()
}

/// What a child that nobody kills comes to.
fn whole(kind: &str, name: &str) -> String {
    let dir = folder(&format!("{name}_whole"));
    assert!(start(kind, &dir, usize::MAX).wait().unwrap().success());
    let result = result(&dir);
    assert!(!dir.join("backup").exists());
    std::fs::remove_dir_all(dir).unwrap();
    result
}

/// Lets children die after `lives` events each, in turn, until one comes to the end; gives how many died.
fn chain(kind: &str, name: &str, lives: &[usize], at_least: usize) {
    let whole = whole(kind, name);
    let dir = folder(name);
    let mut died = 0;
    while !start(kind, &dir, lives[died % lives.len()]).wait().unwrap().success() {
        died += 1;
        assert!(died < 100, "no child of {kind} comes to the end");
    }
    assert_eq!(result(&dir), whole, "{kind} after {died} deaths");
    assert!(died >= at_least && !dir.join("backup").exists(), "{died} deaths");
    std::fs::remove_dir_all(dir).unwrap();
}

#[test]
fn deaths_after_every_step_change_nothing() {
    chain("steps", "short", &[3, 4, 3, 7], 35);
}

#[test]
fn deaths_at_odd_places_change_nothing() {
    chain("steps", "odd", &[7, 4, 11, 8, 5], 8);
}

#[test]
fn deaths_in_a_stream_change_nothing() {
    chain("stream", "stream", &[8, 11, 9, 10, 13], 6);
}

#[test]
fn deaths_between_epochs_change_nothing() {
    chain("epochs", "epochs", &[15, 21, 18, 12], 3);
}

#[test]
fn signals_at_any_time_change_nothing() {
    let whole = whole("steps", "signals");
    let dir = folder("signals");
    let (mut killed, mut wait) = (0u32, 25);
    loop {
        let mut child = start("slow", &dir, usize::MAX);
        // Other times in each round; longer ones at last, so that one comes to the end.
        std::thread::sleep(Duration::from_millis(wait + u64::from(killed * 7919 % 53)));
        if child.try_wait().unwrap().is_some_and(|status| status.success()) {
            break;
        }
        child.kill().unwrap();
        if child.wait().unwrap().success() {
            break;
        }
        killed += 1;
        wait += if killed < 12 { 2 } else { 25 };
        assert!(killed < 100);
    }
    assert!(killed >= 6, "{killed}");
    assert_eq!(result(&dir), whole, "after {killed} signals");
    std::fs::remove_dir_all(dir).unwrap();
}
