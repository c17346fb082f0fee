//! The architectures of computer vision, built of Kiln's layers: Keras' `keras.applications`.
//!
//! Each is a description with Keras' options; `build` makes a [`Model`](kiln_models::Model), `blueprint` the plan alone, with all
//! names, shapes and sizes and no weights. Layers have Keras' names, so that Keras' weights find their places.
//!
//! ```
//! use kiln_applications::{MobileNetV2, Vgg16};
//! let model = MobileNetV2::new().alpha(0.35).input_shape([32, 32, 3]).classes(10).build()?;
//! assert_eq!(model.output_names(), ["predictions"]);
//! let plan = Vgg16::new().blueprint()?;
//! assert_eq!(plan.weights()?.iter().map(|w| w.len()).sum::<usize>(), 138_357_544);
//! # Ok::<(), kiln_core::Error>(())
//! ```
//!
//! - plain stacks: [`AlexNet`], [`Vgg`] (11, 13, 16, 19)
//! - inception modules: [`GoogLeNet`], [`InceptionV3`], [`Xception`]
//! - residual: [`ResNet`] (18, 34, 50, 101, 152), [`ResNetV2`] (50, 101, 152), [`CifarResNet`] (20, 32, 44, 56, 110) for small images
//! - slim: [`MobileNet`], [`MobileNetV2`], [`EfficientNet`] (B0 to B7)
//! - densely connected: [`DenseNet`] (121, 169, 201)
//! - [`imagenet`] prepares images as the networks were trained on them, and names the classes that they see
//!
//! `weights("imagenet")` takes the weights that Keras publishes, a path those of a file; the feature `download`, on by default, fetches
//! what is not there.

mod alexnet;
mod cifar_resnet;
mod class_index;
mod densenet;
mod efficientnet;
mod frame;
mod googlenet;
pub mod imagenet;
mod inception_v3;
mod mobilenet;
mod mobilenet_v2;
mod pretrained;
mod resnet;
mod resnet_v2;
mod vgg;
mod width;
mod xception;

pub use alexnet::AlexNet;
pub use cifar_resnet::{CifarResNet, ResNet20, ResNet32, ResNet44, ResNet56, ResNet110};
pub use densenet::{DenseNet, DenseNet121, DenseNet169, DenseNet201};
pub use efficientnet::{
    EfficientNet, EfficientNetB0, EfficientNetB1, EfficientNetB2, EfficientNetB3, EfficientNetB4, EfficientNetB5, EfficientNetB6,
    EfficientNetB7,
};
pub use googlenet::GoogLeNet;
pub use inception_v3::InceptionV3;
pub use mobilenet::MobileNet;
pub use mobilenet_v2::MobileNetV2;
pub use resnet::{ResNet, ResNet18, ResNet34, ResNet50, ResNet101, ResNet152};
pub use resnet_v2::{ResNet50V2, ResNet101V2, ResNet152V2, ResNetV2};
pub use vgg::{Vgg, Vgg11, Vgg13, Vgg16, Vgg19};
pub use xception::Xception;
