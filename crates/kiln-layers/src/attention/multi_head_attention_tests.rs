use super::*;
use kiln_core::random::Stream;
use kiln_core::{Call, Context, Device, Tensor, weights};
use smallvec::smallvec;

fn of(layer: MultiHeadAttention, shapes: &[Shape]) -> String {
    layer.output_shapes(shapes).unwrap_err().to_string()
}

#[test]
fn mistakes_are_errors() {
    let new = || MultiHeadAttention::new(2, 3);
    let pair = || [Shape::batch_of([4, 5]), Shape::batch_of([6, 5])];
    assert_eq!(of(MultiHeadAttention::new(0, 3), &pair()), "MultiHeadAttention: `num_heads` must be at least 1, received 0");
    assert_eq!(of(MultiHeadAttention::new(2, 0), &pair()), "MultiHeadAttention: `key_dim` must be at least 1, received 0");
    assert_eq!(of(new().value_dim(0), &pair()), "MultiHeadAttention: `value_dim` must be at least 1, received 0");
    assert_eq!(of(new().dropout(-1.0), &pair()), "MultiHeadAttention: `dropout` must be from 0 to 1, received -1");
    assert_eq!(of(new().sliding_window(0), &pair()), "MultiHeadAttention: `sliding_window` must be at least 1, received 0");
    assert_eq!(of(new().output_shape(0), &pair()), "MultiHeadAttention: `output_shape` must be sizes of at least 1, received (0,)");
    assert_eq!(
        of(new().attention_axes(0), &pair()),
        "MultiHeadAttention: `attention_axes` must be different axes, none of them the batch's or the features', received [0]"
    );
    assert_eq!(of(new(), &pair()[..1]), "MultiHeadAttention: expected 2 or 3 inputs, query, value and key, received 1 inputs");
    let three = [Shape::batch_of([4, 5]), Shape::batch_of([6, 5]), Shape::batch_of([7, 5])];
    assert_eq!(of(new(), &three), "MultiHeadAttention: expected value and key with as many steps, received (None, 6, 5) and (None, 7, 5)");
    let flat = [Shape::batch_of([4]), Shape::batch_of([4])];
    assert!(of(new(), &flat).contains("of one rank"));
    let images = [Shape::batch_of([2, 4, 5]), Shape::batch_of([2, 4, 5])];
    assert_eq!(
        of(new().use_causal_mask(true), &images),
        "MultiHeadAttention: `use_causal_mask` must be unset for attention over several axes, received [1, 2]"
    );
    let cx = Build::new(&Device::current().unwrap(), Stream::new(1));
    let module = new().build_many(&pair(), &cx).unwrap();
    let error = module.call(Tensor::zeros([1, 4, 6]), &Context::inference()).unwrap_err();
    assert_eq!(error.to_string(), "MultiHeadAttention: expected input of shape (None, None, 5), received (1, 4, 6)");
}

#[test]
fn dropout_is_on_in_training_alone_and_repeats() {
    let device = Device::current().unwrap();
    let shapes = [Shape::batch_of([6, 4]), Shape::batch_of([6, 4])];
    let x = Tensor::from_vec((0..48).map(|i| (i as f32 * 0.3).sin()).collect(), [2, 6, 4]).unwrap().to_device(&device).autodiff();
    let call = |layer: MultiHeadAttention, cx: &Context| {
        let module = layer.build_many(&shapes, &Build::new(&device, Stream::new(1))).unwrap();
        module.call_many(smallvec![x.clone().into(), x.clone().into()], cx).unwrap()[0].tensor.to_vec::<f32>()
    };
    let training = || Context::training(Stream::new(2));
    let new = || MultiHeadAttention::new(2, 3).dropout(0.5);
    assert_eq!(call(new(), &training()), call(new(), &training()));
    assert_ne!(call(new(), &training()), call(new().dropout(0.0), &training()));
    assert_ne!(call(new(), &training()), call(new().seed(5), &training()));
    assert_eq!(call(new(), &Context::inference()), call(new().dropout(0.0), &Context::inference()));
}

#[test]
fn a_mask_may_come_as_an_input() {
    let device = Device::current().unwrap();
    let steps = [Shape::batch_of([4, 3]), Shape::batch_of([4, 3])];
    let masked = [steps[0].clone(), steps[1].clone(), Shape::batch_of([4, 4])];
    let x = Tensor::from_vec((0..24).map(|i| (i as f32 * 0.7).cos()).collect(), [2, 4, 3]).unwrap().to_device(&device).autodiff();
    let cx = Build::new(&device, Stream::new(1));
    let causal = MultiHeadAttention::new(2, 3).use_causal_mask(true).build_many(&steps, &cx).unwrap();
    let by_input = MultiHeadAttention::new(2, 3).attention_mask(true).build_many(&masked, &cx).unwrap();
    let lower: Vec<f32> = (0..32).map(|i| f32::from(u8::from(i % 16 / 4 >= i % 4))).collect();
    let mask = Tensor::from_vec(lower, [2, 4, 4]).unwrap().to_device(&device).autodiff();
    let one = causal.call_many(smallvec![x.clone().into(), x.clone().into()], &Context::inference()).unwrap();
    let two = by_input.call_many(smallvec![x.clone().into(), x.clone().into(), mask.into()], &Context::inference()).unwrap();
    assert_eq!(one[0].tensor.to_vec::<f32>(), two[0].tensor.to_vec::<f32>());
    let bad = Tensor::ones([2, 3, 4]).to_device(&device);
    let error = by_input.call_many(smallvec![x.clone().into(), x.into(), bad.into()], &Context::inference()).unwrap_err();
    assert!(error.to_string().contains("a mask that broadcasts to the scores (2, 2, 4, 4)"), "{error}");
}

#[test]
fn initializers_and_constraints_reach_all_projections() {
    let shapes = [Shape::batch_of([4, 5]), Shape::batch_of([4, 5])];
    let layer = MultiHeadAttention::new(2, 3)
        .use_gate(true)
        .kernel_initializer("ones")
        .bias_initializer(Initializer::Constant { value: 2.0 })
        .kernel_constraint("non_neg")
        .bias_constraint("max_norm");
    let module = layer.build_many(&shapes, &Build::new(&Device::current().unwrap(), Stream::new(1))).unwrap();
    let listed = weights::list(&module);
    assert_eq!(listed.len(), 10);
    for (weight, (_, value)) in listed.iter().zip(weights::values(&module)) {
        let expected = if weight.path.ends_with("kernel") { 1.0 } else { 2.0 };
        assert!(value.to_vec::<f32>().iter().all(|v| *v == expected), "{}", weight.path);
        assert!(layer.constraints().iter().any(|(w, _)| *w == weight.path), "{}", weight.path);
    }
    // Each projection is drawn alone.
    let drawn = MultiHeadAttention::new(2, 3).build_many(&shapes, &Build::new(&Device::current().unwrap(), Stream::new(1))).unwrap();
    let values: Vec<Vec<f32>> = weights::values(&drawn).into_iter().map(|(_, v)| v.to_vec()).collect();
    assert_ne!(values[0], values[2]);
}
