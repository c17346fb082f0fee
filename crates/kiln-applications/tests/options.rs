//! Every option matters, and mistakes are errors.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use kiln_applications::*;
use kiln_core::blueprint::Blueprint;
use kiln_core::symbol::On;
use kiln_core::{Error, Layer, Result, Tensor};
use kiln_layers::{Input, ZeroPadding2d};

fn error<T>(result: Result<T>) -> String {
    result.err().expect("an error").to_string()
}

fn config(plan: &Blueprint, layer: &str, key: &str) -> serde_json::Value {
    let found = plan.layers.iter().find(|l| l.name == layer).unwrap_or_else(|| panic!("no layer {layer}"));
    found.layer.config().unwrap()[key].clone()
}

fn has(plan: &Blueprint, layer: &str) -> bool {
    plan.layers.iter().any(|l| l.name == layer)
}

#[test]
fn options_of_all() -> Result<()> {
    let small = || MobileNetV2::new().alpha(0.35).input_shape([32, 32, 1]).classes(4);
    let mut model = small().classifier_activation("sigmoid").name("mine").build()?;
    assert_eq!(model.name(), "mine");
    assert_eq!(small().build()?.name(), "mobilenetv2_0.35_32");
    let y = model.predict(Tensor::ones([3, 32, 32, 1]))?;
    assert_eq!(y.shape(), [3, 4]);
    assert_eq!(config(&small().classifier_activation("sigmoid").blueprint()?, "predictions", "activation"), "sigmoid");
    let shape = |plan: Blueprint| plan.output_shape().unwrap().to_string();
    assert_eq!(shape(small().include_top(false).blueprint()?), "(None, 1, 1, 1280)");
    assert_eq!(shape(small().include_top(false).pooling("max").blueprint()?), "(None, 1280)");
    assert!(has(&small().include_top(false).pooling("avg").blueprint()?, "global_average_pooling2d"));
    assert!(has(&small().include_top(false).pooling("max").blueprint()?, "global_max_pooling2d"));
    assert_eq!(shape(MobileNetV2::new().include_top(false).input_shape([None, Some(64), Some(3)]).blueprint()?), "(None, None, 2, 1280)");
    Ok(())
}

#[test]
fn an_architecture_stands_on_other_layers() -> Result<()> {
    let input = Input::new([28, 28, 1]);
    let padded = ZeroPadding2d::new(2).name("frame").on(&input)?;
    let mut model = Vgg11::new().width(0.0625).input_tensor(&padded).classes(3).build()?;
    assert_eq!(model.predict(Tensor::ones([2, 28, 28, 1]))?.shape(), [2, 3]);
    model.get_layer("frame")?;
    let mut same = Vgg11::new().width(0.0625).input_tensor(&Input::new([32, 32, 1])).classes(3).build()?;
    assert_eq!(same.predict(Tensor::ones([2, 32, 32, 1]))?.shape(), [2, 3]);
    let clash = Vgg11::new().input_tensor(&padded).input_shape([64, 64, 1]).blueprint();
    assert_eq!(error(clash), "Vgg11: `input_shape` must be that of `input_tensor`, (None, 32, 32, 1), received (None, 64, 64, 1)");
    let two = kiln_layers::Add::new().on((&Input::new([32, 32, 1]), &Input::new([32, 32, 1])))?;
    assert_eq!(
        error(Vgg11::new().input_tensor(&two).blueprint()),
        "Vgg11: `input_tensor` must be one that depends on one `Input`, received on 2"
    );
    Ok(())
}

#[test]
fn own_options() -> Result<()> {
    let plan = AlexNet::new().dropout(0.25).width(0.5).blueprint()?;
    assert_eq!((config(&plan, "drop7", "rate"), config(&plan, "conv3", "filters")), (0.25.into(), 192.into()));
    assert_eq!(config(&AlexNet::new().blueprint()?, "drop6", "rate"), 0.5);
    assert!(has(&Vgg11::new().batch_normalization(true).blueprint()?, "block1_conv1_bn"));
    assert_eq!(config(&Vgg11::new().width(0.5).blueprint()?, "fc1", "units"), 2048);
    let heads = GoogLeNet::new().auxiliary_heads(true).dropout(0.1).width(0.5).blueprint()?;
    assert_eq!((config(&heads, "dropout", "rate"), config(&heads, "loss2_drop_fc", "rate")), (0.1.into(), 0.7.into()));
    assert_eq!((heads.outputs.len(), config(&heads, "loss1_fc", "units")), (3, 512.into()));
    let features = GoogLeNet::new().auxiliary_heads(true).include_top(false).blueprint()?;
    assert_eq!(features.outputs.len(), 1);
    for plan in
        [ResNet18::new().width(0.25).blueprint()?, ResNet50::new().width(0.25).blueprint()?, ResNet50V2::new().width(0.25).blueprint()?]
    {
        assert_eq!(config(&plan, "conv5_block1_1_conv", "filters"), 128);
    }
    assert_eq!(config(&ResNet20::new().width(2.0).blueprint()?, "conv4_block1_1_conv", "filters"), 128);
    assert_eq!(config(&MobileNet::new().dropout(0.3).blueprint()?, "dropout", "rate"), 0.3);
    let plan = EfficientNetB0::new().drop_connect(0.32).dropout(0.0).blueprint()?;
    // Of sixteen blocks, the third (counted from 0) is the first that is passed over.
    assert_eq!(config(&plan, "block2b_drop", "rate"), 0.04);
    assert!(!has(&plan, "top_dropout"));
    assert!(!has(&EfficientNetB0::new().drop_connect(0.0).blueprint()?, "block2b_drop"));
    Ok(())
}

#[test]
fn images_are_prepared_as_each_expects() -> Result<()> {
    let x = Tensor::full([1, 1, 1, 3], 255.0);
    let first = |x: Result<Tensor>| x.map(|x| x.to_vec::<f32>()[0]);
    assert_eq!(first(Vgg16::preprocess_input(&x))?, 255.0 - 103.939);
    assert_eq!(first(ResNet50::preprocess_input(&x))?, 255.0 - 103.939);
    for y in [ResNet50V2::preprocess_input(&x), MobileNet::preprocess_input(&x), MobileNetV2::preprocess_input(&x)] {
        assert_eq!(first(y)?, 1.0);
    }
    for y in [InceptionV3::preprocess_input(&x), Xception::preprocess_input(&x)] {
        assert_eq!(first(y)?, 1.0);
    }
    assert!((first(DenseNet121::preprocess_input(&x))? - (1.0 - 0.485) / 0.229).abs() < 1e-5);
    assert_eq!(first(EfficientNetB0::preprocess_input(&x))?, 255.0);
    Ok(())
}

#[test]
fn mistakes_are_named() {
    assert_eq!(error(Vgg16::new().classes(0).build()), "Vgg16: `classes` must be at least 1, received 0");
    assert_eq!(error(MobileNet::new().classes(0).build()), "MobileNet: `classes` must be at least 1, received 0");
    let small = ResNet50::new().input_shape([31, 64, 3]).build();
    assert_eq!(error(small), "ResNet50: `input_shape` must be at least 32 rows and columns, received (None, 31, 64, 3)");
    let flat = ResNet50::new().input_shape([64, 64]).build();
    assert_eq!(error(flat), "ResNet50: `input_shape` must be rows, columns and channels, received (None, 64, 64)");
    let none = ResNet50::new().input_shape([64, 64, 0]).build();
    assert_eq!(error(none), "ResNet50: `input_shape` must be a known number of channels, at least 1, received (None, 64, 64, 0)");
    let open = Xception::new().input_shape([None, Some(96), Some(3)]).build();
    assert!(error(open).starts_with("Xception: `input_shape` must be known rows and columns where `include_top` is true"));
    let pooling = DenseNet121::new().include_top(false).pooling("mean").build();
    assert_eq!(error(pooling), "DenseNet121: `pooling` must be `avg` or `max`, received `mean`");
    for plan in [Vgg11::new().width(0.0).blueprint(), Vgg11::new().width(f64::NAN).blueprint()] {
        assert!(error(plan).starts_with("Vgg11: `width` must be a number above 0"));
    }
    assert_eq!(error(AlexNet::new().width(-1.0).blueprint()), "AlexNet: `width` must be a number above 0, received -1");
    assert_eq!(error(MobileNet::new().alpha(0.01).blueprint()), "MobileNet: `alpha` must be at least 0.03125, received 0.01");
    assert_eq!(error(MobileNetV2::new().alpha(f64::NAN).blueprint()), "MobileNetV2: `alpha` must be at least 0.0625, received NaN");
    assert_eq!(error(MobileNet::new().depth_multiplier(0).blueprint()), "MobileNet: `depth_multiplier` must be at least 1, received 0");
    // A layer's own complaint comes with its name.
    let rate: Error = AlexNet::new().dropout(2.0).blueprint().unwrap_err();
    assert!(rate.to_string().starts_with("drop6 (Dropout): `rate`"), "{rate}");
    let activation = error(Vgg11::new().classifier_activation("softmux").blueprint());
    assert!(activation.contains("softmux") && activation.contains("softmax"), "{activation}");
}
