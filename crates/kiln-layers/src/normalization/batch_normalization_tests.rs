use super::*;
use kiln_core::blueprint::Blueprint;
use kiln_core::random::Stream;
use kiln_core::{AnyLayer, Device, Graph, weights};

fn graph(layer: BatchNormalization) -> Graph {
    let layers: Vec<AnyLayer> = vec![layer.into()];
    let device = Device::current().unwrap();
    Blueprint::chain(&layers, Shape::batch_of([2])).unwrap().build(&device, Stream::new(1)).unwrap()
}

fn batch() -> Tensor {
    Tensor::constant([[1.0, 10.0], [3.0, 30.0]]).to_device(&Device::current().unwrap()).autodiff()
}

#[test]
fn weights_come_in_keras_order() {
    let names = |layer| weights::list(&graph(layer)).into_iter().map(|w| (w.path, w.trainable)).collect::<Vec<_>>();
    let named = |name: &str, trainable| (format!("batch_normalization.{name}"), trainable);
    assert_eq!(
        names(BatchNormalization::new()),
        [named("gamma", true), named("beta", true), named("moving_mean", false), named("moving_variance", false)]
    );
    assert_eq!(names(BatchNormalization::new().scale(false))[0], named("beta", true));
    assert_eq!(names(BatchNormalization::new().center(false).scale(false)).len(), 2);
}

#[test]
fn moving_statistics_follow_the_batch() {
    let graph = graph(BatchNormalization::new().momentum(0.5).moving_mean_initializer("ones"));
    let cx = Context::training(Stream::new(1));
    graph.call_one(batch(), &cx).unwrap();
    let graph = graph.fold(cx.take_updates());
    let values: Vec<Vec<f32>> = weights::values(&graph).into_iter().skip(2).map(|(_, v)| v.to_vec()).collect();
    // The batch's means are 2 and 20, its biased variances 1 and 100.
    assert_eq!(values, [[1.5, 10.5], [1.0, 50.5]]);
}

#[test]
fn a_layer_called_twice_moves_twice() {
    let cx = Context::training(Stream::new(1));
    let new = BatchNormalization::new().momentum(0.5);
    let module = new.build(&Shape::batch_of([2]), &Build::new(&Device::current().unwrap(), Stream::new(1))).unwrap();
    module.call(batch(), &cx).unwrap();
    module.call(batch(), &cx).unwrap();
    // From 0 half way to 2, then half way again.
    assert_eq!(cx.pending(module.moving_mean.id()).unwrap().to_vec::<f32>(), [1.5, 15.0]);
}

#[test]
fn a_frozen_layer_infers_while_the_rest_trains() {
    let graph = graph(BatchNormalization::new().epsilon(0.0).trainable(false));
    let cx = Context::training(Stream::new(1));
    let y = graph.call_one(batch(), &cx).unwrap();
    assert_eq!(y.to_vec::<f32>(), [1.0, 10.0, 3.0, 30.0]);
    assert!(cx.take_updates().is_empty());
    assert!(weights::list(&graph).iter().all(|w| !w.trainable));
}

#[test]
fn a_batch_of_one_and_a_mask_of_zeros_stay_finite() {
    let module = |layer: BatchNormalization| {
        layer.build(&Shape::batch_of([3, 2]), &Build::new(&Device::current().unwrap(), Stream::new(1))).unwrap()
    };
    let x = Tensor::ones([1, 3, 2]).to_device(&Device::current().unwrap()).autodiff();
    let mask = Tensor::constant([[false, false, false]]).to_device(&Device::current().unwrap());
    for mask in [None, Some(mask)] {
        let values = one(Value { tensor: x.clone(), mask });
        let y = module(BatchNormalization::new()).call_many(values, &Context::training(Stream::new(1))).unwrap();
        assert!(y[0].tensor.to_vec::<f32>().iter().all(|v| v.is_finite()));
    }
}

#[test]
fn mistakes_are_errors() {
    let of = |layer: BatchNormalization, shape: Shape| layer.output_shape(&shape).unwrap_err().to_string();
    let sample = || Shape::batch_of([4]);
    let new = BatchNormalization::new;
    assert_eq!(of(new().axis(0), sample()), "BatchNormalization: `axis` must be another axis than the batch's, received 0");
    assert_eq!(of(new().axis(2), sample()), "BatchNormalization: `axis` must be in -2..2 for an input of shape (None, 4), received 2");
    assert_eq!(of(new().epsilon(f64::NAN), sample()), "BatchNormalization: `epsilon` must be a number from 0, received NaN");
    assert_eq!(of(new(), Shape::batch_of([])), "BatchNormalization: expected an input of at least 2 axes, received (None,)");
    let clipping = RenormClipping { rmin: Some(2.0), rmax: Some(1.0), dmax: None };
    assert_eq!(
        of(new().renorm(true).renorm_clipping(clipping), sample()),
        "BatchNormalization: `renorm_clipping.rmax` must be at least `rmin` 2, received 1"
    );
    let error = graph(new()).call_one(Tensor::zeros([2, 3, 2]), &Context::inference()).unwrap_err();
    assert_eq!(error.to_string(), "Model: expected input of shape (None, 2), received (2, 3, 2)");
    let module = new().build(&sample(), &Build::new(&Device::current().unwrap(), Stream::new(1))).unwrap();
    let error = module.call(Tensor::zeros([2, 3]), &Context::inference()).unwrap_err();
    assert_eq!(error.to_string(), "BatchNormalization: expected input of shape (None, 4), received (2, 3)");
}
