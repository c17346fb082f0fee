//! What holds for every optimizer: Keras' trajectories, weights that stay leaves, state that goes on after loading.

use super::*;
use crate::goldens::{close, golden, numbers, tensor};
use crate::schedules::CosineDecay;
use burn::module::{Module, Param};
use burn::optim::{GradientsParams, SgdConfig};
use kiln_core::Device;

#[derive(Module, Debug)]
struct One {
    w: Param<burn::Tensor<2>>,
}

impl One {
    fn new() -> Self {
        let w = tensor(golden(&["w0"])).float::<2>().unwrap().autodiff();
        Self { w: Param::from_tensor(w) }
    }

    fn values(&self) -> Vec<f32> {
        Tensor::from(self.w.val()).to_vec()
    }

    /// The gradients of step `i` of the goldens.
    fn gradients(&self, i: usize) -> GradientsParams {
        let mut gradients = GradientsParams::new();
        let g = tensor(&golden(&["grads"])[i]).float::<2>().unwrap();
        gradients.register(self.w.id, g);
        gradients
    }
}

fn rows() -> Vec<(&'static str, Optimizer)> {
    let sgd = || Sgd::new().learning_rate(0.1);
    let row = |name, optimizer: Result<Optimizer>| (name, optimizer.unwrap());
    vec![
        row("SGD", "sgd".into_optimizer()),
        row("SGD_m", sgd().momentum(0.9).into_optimizer()),
        row("SGD_nesterov", sgd().momentum(0.9).nesterov(true).into_optimizer()),
        row("SGD_wd", sgd().weight_decay(0.01).into_optimizer()),
        row("SGD_clipnorm", sgd().clipnorm(1.0).into_optimizer()),
        row("SGD_clipvalue", sgd().clipvalue(0.5).into_optimizer()),
        row("SGD_global_clipnorm", sgd().global_clipnorm(1.0).into_optimizer()),
        row("SGD_cosine", Sgd::new().learning_rate(CosineDecay::new(0.1, 4)).into_optimizer()),
        row("RMSprop", "rmsprop".into_optimizer()),
        row("RMSprop_centered_m", RmsProp::new().learning_rate(0.01).momentum(0.9).centered(true).into_optimizer()),
        row("Adam", "adam".into_optimizer()),
        row("Adam_amsgrad", Adam::new().learning_rate(0.01).amsgrad(true).into_optimizer()),
        row("AdamW", AdamW::new().learning_rate(0.01).into_optimizer()),
        row("Adagrad", Adagrad::new().learning_rate(0.1).into_optimizer()),
        row("SGD_ema", sgd().use_ema(true).ema_momentum(0.9).ema_overwrite_frequency(3).into_optimizer()),
        row("SGD_accum2", sgd().gradient_accumulation_steps(2).into_optimizer()),
        row("Adadelta", Adadelta::new().learning_rate(1.0).into_optimizer()),
        row("Adamax", Adamax::new().learning_rate(0.01).into_optimizer()),
        row("Nadam", Nadam::new().learning_rate(0.01).into_optimizer()),
        row("Ftrl", Ftrl::new().learning_rate(0.1).l1_regularization_strength(0.01).l2_regularization_strength(0.01).into_optimizer()),
        row("Lamb", Lamb::new().learning_rate(0.01).into_optimizer()),
        row("Lion", Lion::new().learning_rate(0.01).into_optimizer()),
        row("Adafactor", Adafactor::new().learning_rate(0.01).into_optimizer()),
        row("Muon", Muon::new().learning_rate(0.01).into_optimizer()),
    ]
}

#[test]
fn trajectories_are_keras() {
    let mut worst: f64 = 0.0;
    // ScheduleFreeAdamW is compared with Keras on JAX, in `trajectories.rs`: on TensorFlow, where the goldens come from, Keras
    // takes the moved `z` for the one before the move, and `beta_1` has no effect.
    assert_eq!(rows().len() + 1, golden(&["optimizers"]).as_object().unwrap().len());
    for (name, mut optimizer) in rows() {
        let mut module = One::new();
        for step in 0..5 {
            let gradients = module.gradients(step);
            module = optimizer.apply(gradients, module).unwrap();
            let keras = numbers(&golden(&["optimizers", name, "trajectory"])[step]);
            for (ours, keras) in module.values().into_iter().zip(keras) {
                worst = worst.max(close(&format!("{name} step {step}"), f64::from(ours), keras));
            }
            assert!(module.w.is_require_grad() && module.w.is_autodiff(), "{name}");
        }
        assert_eq!(optimizer.iterations(), 5);
    }
    println!("optimizers: largest difference {worst:e}");
}

#[test]
fn slots_have_keras_names() {
    for (name, mut optimizer) in rows() {
        let module = One::new();
        let gradients = module.gradients(0);
        optimizer.apply(gradients, module).unwrap();
        let keras: Vec<String> = golden(&["optimizers", name, "slots"]).as_array().unwrap().iter().map(|s| s[0].to_string()).collect();
        let keras: Vec<&str> = keras.iter().filter_map(|s| s.split("/w_").nth(1)).map(|s| s.trim_matches('"')).collect();
        // Keras gives Adafactor's rows and columns no name.
        let ours = optimizer.slots().map(|(_, slot, _)| slot).filter(|slot| !matches!(*slot, "r" | "c"));
        assert_eq!(ours.collect::<Vec<_>>(), keras, "{name}");
    }
}

#[test]
fn loading_goes_on_with_the_same_bits() {
    for (name, mut optimizer) in rows() {
        let fresh = rows().into_iter().find(|(n, _)| *n == name).unwrap().1;
        let mut module = One::new();
        for step in 0..2 {
            let gradients = module.gradients(step);
            module = optimizer.apply(gradients, module).unwrap();
        }
        let mut resumed = fresh;
        resumed.load(optimizer.iterations(), optimizer.slots()).unwrap();
        let other = resumed.apply(module.gradients(2), module.clone()).unwrap();
        let module = optimizer.apply(module.gradients(2), module.clone()).unwrap();
        assert_eq!(module.values(), other.values(), "{name}");
    }
}

#[test]
fn foreign_state_is_refused() {
    let module = One::new();
    let mut adam = Adam::new().into_optimizer().unwrap();
    let error = adam.load(1, [(module.w.id, "momentums", Tensor::zeros([2, 3]))]).unwrap_err();
    assert_eq!(error.to_string(), "unknown slot of adam `momentums`, did you mean `momentum`?");
    let error = adam.load(1, [(module.w.id, "momentum", Tensor::zeros([2, 3]))]).unwrap_err();
    assert_eq!(error.to_string(), "adam: a weight lacks its `velocity`");
    assert_eq!(adam.iterations(), 0);
    let slots = ["momentum", "velocity"].map(|name| (module.w.id, name, Tensor::zeros([3, 2])));
    adam.load(7, slots).unwrap();
    let error = adam.apply(module.gradients(0), module).unwrap_err();
    assert_eq!(error.to_string(), "adam: expected a `momentum` of shape (2, 3), received (3, 2); it was saved for another model");
}

#[test]
fn the_learning_rate_can_be_set_unless_scheduled() {
    let mut adam = "adam".into_optimizer().unwrap();
    adam.set_learning_rate(0.5).unwrap();
    assert_eq!(adam.learning_rate(), 0.5);
    assert!(adam.set_learning_rate(f64::INFINITY).is_err());
    let mut scheduled = Sgd::new().learning_rate(|step: u64| 0.1 / (step + 1) as f64).into_optimizer().unwrap();
    assert_eq!(
        scheduled.set_learning_rate(0.5).unwrap_err().to_string(),
        "sgd: `learning_rate` must be left to the schedule that drives it, received 0.5; compile with a number to set it by hand"
    );
    let module = One::new();
    scheduled.apply(module.gradients(0), module).unwrap();
    assert_eq!(scheduled.learning_rate(), 0.05);
}

#[test]
fn minimize_says_when_nothing_is_connected() {
    let mut module = One::new();
    let mut sgd = "sgd".into_optimizer().unwrap();
    let none = "minimize: the loss depends on no trainable weight of the module";
    let error = sgd.minimize(Tensor::constant(1.0), &mut module).unwrap_err();
    assert!(error.to_string().starts_with(none));
    let other = One::new();
    let error = sgd.minimize(Tensor::from(other.w.val()).sum(), &mut module).unwrap_err();
    assert_eq!(error.to_string(), none);
    assert!(sgd.minimize(Tensor::from(module.w.val()), &mut module).is_err());
    let before = module.values();
    sgd.minimize(Tensor::from(module.w.val()).sum(), &mut module).unwrap();
    assert!(module.values().iter().zip(before).all(|(after, before)| (before - after - 0.01).abs() < 1e-6));
}

#[test]
fn frozen_and_untouched_weights_stay() {
    #[derive(Module, Debug)]
    struct Two {
        a: One,
        b: One,
    }
    let two = Two { a: One::new(), b: One::new().no_grad() };
    let mut adam = Adam::new().weight_decay(0.1).into_optimizer().unwrap();
    let loss = (Tensor::from(two.a.w.val()) + Tensor::from(two.b.w.val())).sum();
    let mut two = two;
    let before = two.b.values();
    adam.minimize(loss, &mut two).unwrap();
    assert_eq!(two.b.values(), before);
    assert_ne!(two.a.values(), before);
    assert!(!two.b.w.is_require_grad() && two.a.w.is_require_grad());
}

#[test]
fn optimizers_of_burn_work_too() {
    let mut optimizer = (SgdConfig::new().init(), 0.01).into_optimizer().unwrap();
    let module = One::new();
    let module = optimizer.apply(module.gradients(0), module).unwrap();
    let keras = numbers(&golden(&["optimizers", "SGD", "trajectory"])[0]);
    assert!(module.values().iter().zip(keras).all(|(a, b)| (f64::from(*a) - b).abs() < 1e-6));
    assert!(optimizer.burn_mut().is_some() && optimizer.iterations() == 1);
    assert!(optimizer.clip(Clip::Value(1.0)).into_optimizer().is_err());
    assert_eq!(Device::flex().to_string(), "flex (CPU)");
}

#[test]
fn a_rule_that_changes_the_shape_is_an_error() {
    #[derive(Debug)]
    struct Wrong;
    impl Update for Wrong {
        fn name(&self) -> &'static str {
            "wrong"
        }
        fn update(&self, weight: Tensor, _: Tensor, _: &mut [Tensor], _: At) -> Tensor {
            weight.sum()
        }
        fn boxed_clone(&self) -> Box<dyn Update> {
            Box::new(Self)
        }
    }
    let module = One::new();
    let error = Optimizer::new(Wrong, 0.1).apply(module.gradients(0), module).unwrap_err();
    assert_eq!(error.to_string(), "wrong: expected a rule that keeps the weight's shape, received another shape");
}
