//! Every option of every optimizer over weights of several ranks and names, against Keras (`testdata/optimizers.py`).

use super::*;
use crate::goldens::{numbers, tensor};
use crate::schedules::CosineDecay;
use burn::module::{Module, Param, ParamId};
use burn::optim::GradientsParams;
use serde_json::Value;
use std::sync::LazyLock;

static KERAS: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(include_str!("../../testdata/optimizers.json")).unwrap());

#[derive(Module, Debug)]
struct Dense {
    kernel: Param<burn::Tensor<2>>,
    bias: Param<burn::Tensor<1>>,
}

#[derive(Module, Debug)]
struct Kernel {
    kernel: Param<burn::Tensor<2>>,
}

#[derive(Module, Debug)]
struct Embedding {
    embeddings: Param<burn::Tensor<2>>,
}

#[derive(Module, Debug)]
struct Conv {
    kernel: Param<burn::Tensor<3>>,
}

#[derive(Module, Debug)]
struct Net {
    dense: Dense,
    tall: Kernel,
    embedding: Embedding,
    conv: Conv,
}

fn start<const D: usize>(name: &str) -> Param<burn::Tensor<D>> {
    Param::from_tensor(tensor(&KERAS["start"][name]).float::<D>().unwrap().autodiff())
}

impl Net {
    fn new() -> Self {
        Self {
            dense: Dense { kernel: start("dense.kernel"), bias: start("dense.bias") },
            tall: Kernel { kernel: start("tall.kernel") },
            embedding: Embedding { embeddings: start("embedding.embeddings") },
            conv: Conv { kernel: start("conv.kernel") },
        }
    }

    fn id(&self, name: &str) -> ParamId {
        kiln_core::weights::list(self).into_iter().find(|w| w.path == name).unwrap().id
    }

    fn values(&self, name: &str) -> Vec<f32> {
        let id = self.id(name);
        kiln_core::weights::values(&self.valid()).into_iter().find(|(i, _)| *i == id).unwrap().1.to_vec()
    }

    /// The gradients of a step for the weights of a row, of a loss scaled by `scale`.
    fn gradients(&self, row: &Value, step: usize, scale: f64) -> GradientsParams {
        let mut gradients = GradientsParams::new();
        for name in row["weights"].as_array().unwrap() {
            let name = name.as_str().unwrap();
            let g = tensor(&KERAS["gradients"][step][name]) * scale;
            match g.rank() {
                1 => gradients.register(self.id(name), g.float::<1>().unwrap()),
                2 => gradients.register(self.id(name), g.float::<2>().unwrap()),
                _ => gradients.register(self.id(name), g.float::<3>().unwrap()),
            }
        }
        gradients
    }
}

fn row(name: &str) -> &'static Value {
    KERAS["rows"].get(name).unwrap_or_else(|| panic!("no row {name}"))
}

/// Fails unless the weights are those of Keras; gives the largest relative difference.
fn compare(what: &str, net: &Net, keras: &Value) -> f64 {
    let mut worst: f64 = 0.0;
    for (name, values) in keras.as_object().unwrap() {
        for (ours, keras) in net.values(name).into_iter().zip(numbers(values)) {
            // Relative to the size of weights, some of which pass near 0.
            let difference = (f64::from(ours) - keras).abs() / keras.abs().max(0.1);
            assert!(difference <= 1e-5, "{what} {name}: {ours} is not Keras' {keras} ({difference:e})");
            worst = worst.max(difference);
        }
    }
    worst
}

fn rows() -> Vec<(&'static str, Result<Optimizer>)> {
    let muon = || Muon::new().learning_rate(0.1);
    let sgd = || Sgd::new().learning_rate(0.1);
    let ftrl = || Ftrl::new().learning_rate(0.1);
    let adafactor = || Adafactor::new().learning_rate(0.3);
    let free = || ScheduleFreeAdamW::new().learning_rate(0.1);
    let adam = || Adam::new().learning_rate(0.1);
    let multi = MultiOptimizer::new(sgd()).with(r"dense\..*", adam()).with("tall.kernel", sgd().learning_rate(0.01).momentum(0.5));
    vec![
        ("Adadelta", Adadelta::new().learning_rate(0.5).into_optimizer()),
        ("Adadelta_rho", Adadelta::new().learning_rate(0.5).rho(0.5).epsilon(1e-3).into_optimizer()),
        ("Adamax", Adamax::new().learning_rate(0.1).beta_1(0.5).beta_2(0.9).epsilon(1e-2).into_optimizer()),
        ("Nadam", Nadam::new().learning_rate(0.1).beta_1(0.5).beta_2(0.9).epsilon(1e-2).into_optimizer()),
        ("Nadam_accumulated", Nadam::new().learning_rate(0.1).gradient_accumulation_steps(2).into_optimizer()),
        ("Ftrl_default", ftrl().into_optimizer()),
        ("Ftrl_power", ftrl().learning_rate_power(-0.7).initial_accumulator_value(0.3).beta(0.5).into_optimizer()),
        (
            "Ftrl_shrinkage",
            ftrl()
                .l1_regularization_strength(0.5)
                .l2_regularization_strength(0.2)
                .l2_shrinkage_regularization_strength(0.3)
                .into_optimizer(),
        ),
        ("Lion", Lion::new().learning_rate(0.1).beta_1(0.5).beta_2(0.7).weight_decay(0.1).into_optimizer()),
        ("Lamb", Lamb::new().learning_rate(0.1).beta_1(0.5).beta_2(0.9).epsilon(1e-2).into_optimizer()),
        ("Adafactor", adafactor().into_optimizer()),
        ("Adafactor_options", adafactor().beta_2_decay(-0.5).epsilon_1(0.1).epsilon_2(0.5).clip_threshold(0.4).into_optimizer()),
        ("Adafactor_fixed_step", adafactor().learning_rate(0.9).into_optimizer()),
        ("Adafactor_relative_step", adafactor().learning_rate(0.9).into_optimizer()),
        ("ScheduleFree_warm", free().warmup_steps(3).weight_decay(0.1).into_optimizer()),
        ("ScheduleFree_options", free().beta_1(0.5).beta_2(0.9).epsilon(1e-2).into_optimizer()),
        ("Muon", muon().into_optimizer()),
        (
            "Muon_plain",
            muon().nesterov(false).rms_rate(None).momentum(0.5).ns_steps(3).weight_decay(0.2).exclude_embeddings(false).into_optimizer(),
        ),
        (
            "Muon_adam",
            muon()
                .adam_beta_1(0.5)
                .adam_beta_2(0.9)
                .epsilon(1e-2)
                .adam_lr_ratio(0.5)
                .adam_weight_decay(Some(0.3))
                .exclude_layers(["tall"])
                .into_optimizer(),
        ),
        ("Muon_coefficients", muon().muon_a(1.5).muon_b(-0.6).muon_c(0.1).adam_weight_decay(None).into_optimizer()),
        ("Adam_ema", adam().use_ema(true).ema_momentum(0.7).into_optimizer()),
        (
            "SGD_ema_accumulated",
            sgd().momentum(0.9).use_ema(true).ema_momentum(0.7).ema_overwrite_frequency(2).gradient_accumulation_steps(2).into_optimizer(),
        ),
        ("SGD_accumulated_norm", sgd().global_clipnorm(0.5).weight_decay(0.1).gradient_accumulation_steps(2).into_optimizer()),
        ("SGD_accumulated_schedule", sgd().learning_rate(CosineDecay::new(0.1, 4)).gradient_accumulation_steps(2).into_optimizer()),
        ("AdamW_excluding", AdamW::new().learning_rate(0.1).weight_decay(0.5).exclude_from_weight_decay(["bia", "embed"]).into_optimizer()),
        ("SGD_scaled", sgd().loss_scale_factor(8.0).clipnorm(0.5).into_optimizer()),
        ("LossScale", LossScaleOptimizer::new(sgd().momentum(0.9)).initial_scale(16.0).dynamic_growth_steps(2).into_optimizer()),
        ("LossScale_broken", LossScaleOptimizer::new(adam()).initial_scale(16.0).dynamic_growth_steps(2).into_optimizer()),
        ("Multi", multi.into_optimizer()),
    ]
}

/// One step; the second of a row called broken has an infinite gradient.
fn step(name: &str, optimizer: &mut Optimizer, net: Net, step: usize) -> Net {
    let mut gradients = net.gradients(row(name), step, optimizer.scale_loss(Tensor::constant(1.0)).item());
    if name.ends_with("broken") && step == 1 {
        gradients
            .register(net.dense.kernel.id, burn::Tensor::<2>::full([2, 3], f32::INFINITY, &Tensor::constant(0.0).device().burn().clone()));
    }
    optimizer.apply(gradients, net).unwrap()
}

#[test]
fn every_option_gives_what_keras_gives() {
    let rows = rows();
    assert_eq!(rows.len(), KERAS["rows"].as_object().unwrap().len());
    let mut worst: f64 = 0.0;
    for (name, optimizer) in rows {
        let (mut optimizer, mut net, keras) = (optimizer.unwrap(), Net::new(), row(name));
        for (i, weights) in keras["steps"].as_array().unwrap().iter().enumerate() {
            net = step(name, &mut optimizer, net, i);
            worst = worst.max(compare(&format!("{name} step {i}"), &net, weights));
        }
        if let Some(weights) = keras.get("finalized") {
            net = optimizer.finalize(net);
            worst = worst.max(compare(&format!("{name} finalized"), &net, weights));
            assert!(net.dense.kernel.is_require_grad() && net.dense.kernel.is_autodiff(), "{name}");
        }
        if let Some(scale) = keras.get("loss_scale") {
            let keras = numbers(scale);
            assert_eq!(optimizer.loss_scale(), Some((keras[0], keras[1] as u64)), "{name}");
        }
    }
    println!("optimizers over several weights: largest difference {worst:e}");
}

#[test]
fn slots_are_keras_variables() {
    for (name, optimizer) in rows() {
        let mut optimizer = optimizer.unwrap();
        let net = step(name, &mut optimizer, Net::new(), 0);
        let paths = kiln_core::weights::list(&net);
        let path = |id| paths.iter().find(|w| w.id == id).unwrap().path.replace('.', "_");
        let mut ours: Vec<String> = optimizer
            .slots()
            // Keras gives rows and columns no name, and vectors rows and columns that hold nothing.
            .filter(|(_, slot, _)| !matches!(*slot, "r" | "c"))
            .map(|(id, slot, _)| format!("{}_{slot}", path(id)))
            .collect();
        let last = |v: &Value| v.as_str().unwrap().rsplit('/').next().unwrap().to_owned();
        let is_slot = |v: &String| v.contains("dense_") || v.contains("tall_") || v.contains("embedding_") || v.contains("conv_");
        let mut keras: Vec<String> = row(name)["variables"].as_array().unwrap().iter().map(last).filter(is_slot).collect();
        // Keras saves names in its own order, which a test of one weight looks at.
        ours.sort();
        keras.sort();
        assert_eq!(ours, keras, "{name}");
    }
}

#[test]
fn loading_goes_on_with_the_same_bits() {
    for ((name, optimizer), (_, fresh)) in rows().into_iter().zip(rows()) {
        let (mut optimizer, mut resumed) = (optimizer.unwrap(), fresh.unwrap());
        let mut net = Net::new();
        for i in 0..3 {
            net = step(name, &mut optimizer, net, i);
        }
        resumed.load(optimizer.iterations(), optimizer.slots()).unwrap();
        if name.starts_with("LossScale") {
            let (scale, steps) = optimizer.loss_scale().unwrap();
            resumed.set_loss_scale(scale, steps).unwrap();
        }
        let names: Vec<&str> = row(name)["weights"].as_array().unwrap().iter().map(|n| n.as_str().unwrap()).collect();
        let (other, net) = (step(name, &mut resumed, net.clone(), 3), step(name, &mut optimizer, net, 3));
        for weight in &names {
            assert_eq!(net.values(weight), other.values(weight), "{name} {weight}");
        }
        assert_eq!(optimizer.iterations(), resumed.iterations(), "{name}");
    }
}

#[test]
fn a_weight_met_late_is_averaged_from_its_value() {
    let mut sgd = Sgd::new().learning_rate(0.1).use_ema(true).ema_momentum(0.5).into_optimizer().unwrap();
    let net = Net::new();
    let before = net.values("tall.kernel");
    let net = step("Adam_ema", &mut sgd, net, 0);
    let mut gradients = GradientsParams::new();
    gradients.register(net.tall.kernel.id, tensor(&KERAS["gradients"][1]["tall.kernel"]).float::<2>().unwrap());
    let net = sgd.apply(gradients, net).unwrap();
    let after = net.values("tall.kernel");
    let ended = sgd.finalize(net).values("tall.kernel");
    assert!(ended.iter().zip(before.iter().zip(after)).all(|(mean, (a, b))| (mean - (a + b) / 2.0).abs() < 1e-6));
}

#[test]
fn two_patterns_for_a_weight_are_an_error() {
    let mut multi = MultiOptimizer::new("sgd").with(r"dense\..*", "sgd").with(r".*\.kernel", "sgd").into_optimizer().unwrap();
    let net = Net::new();
    let error = multi.apply(net.gradients(row("Lion"), 0, 1.0), net).unwrap_err();
    let expected = r"multi_optimizer: the weight `dense.kernel` matches both `dense\..*` and `.*\.kernel`";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn minimize_scales_the_loss() {
    let mut plain = Sgd::new().learning_rate(0.1).into_optimizer().unwrap();
    let mut scaled = Sgd::new().learning_rate(0.1).loss_scale_factor(4.0).into_optimizer().unwrap();
    let after = |optimizer: &mut Optimizer| {
        let mut net = Net::new();
        let loss = Tensor::from(net.tall.kernel.val()).square().sum();
        optimizer.minimize(loss, &mut net).unwrap();
        net.values("tall.kernel")
    };
    assert_eq!(after(&mut plain), after(&mut scaled));
}

#[test]
fn state_of_other_weights_is_refused() {
    let mut adafactor = Adafactor::new().into_optimizer().unwrap();
    let net = Net::new();
    let slots = [("velocity", Tensor::zeros([2, 3])), ("r", Tensor::zeros([2]))];
    adafactor.load(1, slots.map(|(name, slot)| (net.dense.kernel.id, name, slot))).unwrap();
    let error = adafactor.apply(net.gradients(row("Lion"), 0, 1.0), net).unwrap_err();
    assert_eq!(error.to_string(), "adafactor: expected a `c` of shape (3,), received none; it was saved for another model");
}
