//! The same questions to all random layers of this room.

use super::goldens::ramp;
use super::*;
use kiln_core::build::Build;
use kiln_core::layer::{Call, Layer};
use kiln_core::random::Stream;
use kiln_core::{Context, Device, Shape, Tensor};

/// Calls a layer.
type Run = Box<dyn Fn(&Tensor, &Context) -> Tensor>;

/// A layer with another seed, and one with channels first.
struct Case {
    name: &'static str,
    plain: Run,
    seeded: Run,
    channels_first: Run,
}

fn runner<L: Layer<Module = ImageModule>>(layer: L) -> Run {
    Box::new(move |x, cx| {
        let cx_build = Build::new(&Device::current().unwrap(), Stream::new(0));
        let shape = Shape::batch_of(&x.shape()[1..]);
        let y = layer.build(&shape, &cx_build).unwrap().call(x.clone(), cx).unwrap();
        assert!(layer.output_shape(&shape).unwrap().fits(&y.shape()), "{}", L::CLASS);
        y
    })
}

macro_rules! cases {
    ($($layer:expr;)*) => {
        vec![$(Case {
            name: stringify!($layer),
            plain: runner($layer),
            seeded: runner($layer.seed(9)),
            channels_first: runner($layer.data_format("channels_first")),
        }),*]
    };
}

fn cases() -> Vec<Case> {
    cases! {
        RandomFlip::new("horizontal");
        RandomRotation::new(0.3);
        RandomZoom::new(0.4);
        RandomTranslation::new(0.4, 0.4).fill_mode("constant").fill_value(3.0);
        RandomShear::new(0.3, 0.3);
        RandomPerspective::new().factor((1.0, 1.0));
        RandomElasticTransform::new().factor((1.0, 1.0)).scale((1.0, 1.0));
        RandomBrightness::new(0.3);
        RandomContrast::new((0.5, 0.9));
        RandomErasing::new();
        RandomGrayscale::new(0.5);
        RandomHue::new(0.5);
        RandomSaturation::new((0.1, 0.9));
        RandomSharpness::new(1.0);
        RandomInvert::new(1.0);
        RandomPosterization::new((1.0, 8.0));
        RandomColorJitter::new().brightness_factor(0.2).hue_factor(0.2);
        RandomColorDegeneration::new(0.9);
        Solarization::new().addition_factor(0.5).threshold_factor(0.5);
        RandomGaussianBlur::new();
        RandAugment::new();
        AugMix::new();
    }
}

fn training(step: u64) -> Context {
    Context::training(Stream::new(1).child(step))
}

/// Twelve samples that are all the same picture.
fn same() -> Tensor {
    let one = ramp([1, 6, 7, 3]) * 1.5 + (ramp([1, 6, 7, 3]) * 2.3).sin() * 9.0;
    one.broadcast_to([12, 6, 7, 3]).unwrap().to_device(&Device::current().unwrap())
}

fn values(t: &Tensor) -> Vec<f32> {
    t.to_vec()
}

#[test]
fn inference_changes_nothing() {
    for case in cases() {
        assert_eq!(values(&(case.plain)(&same(), &Context::inference())), values(&same()), "{}", case.name);
    }
}

#[test]
fn numbers_follow_step_and_seed() {
    for case in cases() {
        let at = |step| values(&(case.plain)(&same(), &training(step)));
        assert_eq!(at(1), at(1), "{}", case.name);
        assert_ne!(at(1), at(2), "{}", case.name);
        let seeded = |step| values(&(case.seeded)(&same(), &training(step)));
        assert!(seeded(1) != at(1) && seeded(1) == seeded(1) && seeded(1) != seeded(2), "{}", case.name);
    }
}

#[test]
fn each_sample_has_its_own_numbers() {
    for case in cases() {
        let all = (case.plain)(&same(), &training(1));
        let rows: std::collections::BTreeSet<Vec<u32>> =
            values(&all).chunks(126).map(|row| row.iter().map(|v| v.to_bits()).collect()).collect();
        assert!(rows.len() > 1, "{}: all samples are changed alike", case.name);
        // And they don't depend on how many samples there are.
        let few = (case.plain)(&same().rows(0..5).unwrap(), &training(1));
        let gap = (few - all.rows(0..5).unwrap()).abs().max().item();
        assert!(gap < 1e-3, "{}: {gap}", case.name);
    }
}

#[test]
fn channels_may_come_first() {
    for case in cases() {
        let last = (case.plain)(&same(), &training(1));
        let first = (case.channels_first)(&same().transpose([0, 3, 1, 2]).unwrap(), &training(1));
        assert_eq!(values(&first.transpose([0, 2, 3, 1]).unwrap()), values(&last), "{}", case.name);
    }
}

/// Pairs of layers that differ in one option.
macro_rules! pairs {
    ($($layer:expr => $($option:ident($($value:expr),*))+;)*) => {
        vec![$($((stringify!($layer.$option($($value),*)), runner($layer), runner($layer.$option($($value),*))),)+)*]
    };
}

#[test]
fn every_option_matters() {
    let pairs = pairs! {
        RandomRotation::new(0.3) => interpolation("nearest") fill_mode("wrap") fill_mode("constant") fill_mode("nearest");
        RandomRotation::new(0.3).fill_mode("constant") => fill_value(7.0);
        RandomZoom::new(0.4) => width_factor(0.1) interpolation("nearest") fill_mode("constant");
        RandomZoom::new(0.4).fill_mode("constant") => fill_value(7.0);
        RandomTranslation::new(0.4, 0.4) => interpolation("nearest") fill_mode("wrap");
        RandomTranslation::new(0.4, 0.4).fill_mode("constant") => fill_value(7.0);
        RandomShear::new(0.4, 0.4) => interpolation("nearest") fill_mode("wrap");
        RandomShear::new(0.4, 0.4).fill_mode("constant") => fill_value(7.0);
        RandomPerspective::new().factor((1.0, 1.0)) => factor(0.0) scale(0.5) interpolation("nearest") fill_value(7.0);
        RandomElasticTransform::new().factor((1.0, 1.0)).scale((1.0, 1.0)) =>
            factor(0.0) scale(0.5) interpolation("nearest") value_range(0.0, 50.0) fill_mode("wrap");
        RandomElasticTransform::new().factor((1.0, 1.0)).scale((1.0, 1.0)).fill_mode("constant") => fill_value(7.0);
        RandomBrightness::new(0.3) => value_range(0.0, 50.0);
        RandomContrast::new(0.9) => value_range(0.0, 50.0);
        RandomErasing::new() => factor((1.0, 1.0)) scale((0.5, 0.6)) fill_value(1.0) value_range(0.0, 50.0);
        RandomHue::new(0.5) => value_range(0.0, 300.0);
        RandomSaturation::new((0.6, 0.9)) => value_range(0.0, 0.1);
        RandomSharpness::new(1.0) => value_range(0.0, 50.0);
        RandomInvert::new((1.0, 1.0)) => value_range(0.0, 50.0);
        RandomPosterization::new((2.0, 5.0)) => value_range(0.0, 50.0);
        RandomColorJitter::new().brightness_factor(0.2) =>
            brightness_factor(0.4) contrast_factor(0.5) saturation_factor(0.9) hue_factor(0.5) value_range(0.0, 50.0);
        RandomColorDegeneration::new(0.9) => value_range(0.0, 50.0);
        Solarization::new() => addition_factor(0.5) threshold_factor(0.5) value_range(0.0, 300.0);
        RandomGaussianBlur::new() => factor((1.0, 1.0)) kernel_size(5) sigma((0.9, 1.0)) value_range(0.0, 50.0);
        Equalization::new() => bins(8) value_range(0.0, 300.0);
        RandAugment::new() => num_ops(3) factor(0.1) interpolation("nearest") value_range(0.0, 300.0);
        AugMix::new() => num_chains(1) chain_depth(1) factor(0.1) alpha(0.2) all_ops(false) interpolation("nearest") value_range(0.0, 300.0);
    };
    for (name, one, other) in pairs {
        assert_ne!(values(&one(&same(), &training(1))), values(&other(&same(), &training(1))), "{name}");
    }
}

#[test]
fn empty_batches_and_wrong_channels() {
    let cx = Build::new(&Device::current().unwrap(), Stream::new(0));
    let open = Shape::new([None, None, None, None]);
    let module = Resizing::new(2, 3).build(&open, &cx).unwrap();
    assert_eq!(module.call(Tensor::zeros([0, 5, 5, 3]), &training(1)).unwrap().shape(), [0, 2, 3, 3]);
    let error = module.call(Tensor::zeros([2, 0, 5, 3]), &training(1)).unwrap_err().to_string();
    assert_eq!(error, "Resizing: expected images of at least one pixel and channel, received shape (2, 0, 5, 3) of float32");
    let error = module.call(Tensor::zeros([2, 5, 3]), &training(1)).unwrap_err().to_string();
    assert_eq!(error, "Resizing: expected an input of 4 axes, received shape (2, 5, 3) of float32");
    let hue = RandomHue::new(0.5).build(&open, &cx).unwrap();
    let error = hue.call(Tensor::zeros([2, 5, 5, 2]), &training(1)).unwrap_err().to_string();
    assert_eq!(error, "RandomHue: expected images of 3 channels, received 2");
}

#[test]
fn gradients_flow_to_the_images() {
    let no_gradient = ["RandomPosterization", "RandAugment", "AugMix"];
    for case in cases().into_iter().filter(|case| !no_gradient.iter().any(|name| case.name.starts_with(name))) {
        let x: burn::Tensor<4> = same().autodiff().float().unwrap();
        let x = x.require_grad();
        let loss: burn::Tensor<1> = (case.plain)(&x.clone().into(), &training(1)).square().sum().float().unwrap();
        let gradient = Tensor::from(x.grad(&loss.backward()).unwrap());
        assert!(gradient.abs().max().item() > 0.0, "{}", case.name);
    }
}
