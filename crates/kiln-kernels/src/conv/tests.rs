use super::*;
use crate::testing::{agree, flat};
use burn::Tensor;
use burn::tensor::activation::{relu, sigmoid};
use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;

struct Case {
    x: [usize; 4],
    filters: usize,
    window: Window<2>,
    bias: bool,
    curve: Curve,
}

fn check(case: &Case) {
    let Case { x: [b, h, w, c], filters, window, bias, curve } = *case;
    let [kh, kw] = window.size;
    let kernel = [kh, kw, c / window.groups, filters];
    let mut sizes = vec![b * h * w * c, kernel.iter().product()];
    sizes.extend(bias.then_some(filters));
    agree(
        &sizes,
        |t| {
            let bias = t.get(2).map(|b| b.clone().into_dispatch());
            flat(convolve(
                t[0].clone().reshape([b, h, w, c]).into_dispatch(),
                t[1].clone().reshape(kernel).into_dispatch(),
                bias,
                window,
                curve,
            ))
        },
        |t| {
            let x = t[0].clone().reshape([b, h, w, c]).permute([0, 3, 1, 2]);
            let kernel = t[1].clone().reshape(kernel).permute([3, 2, 0, 1]);
            let options = ConvOptions::new_with_padding(window.strides, window.pads, window.dilation, window.groups);
            let y = conv2d(x, kernel, t.get(2).cloned(), options).permute([0, 2, 3, 1]);
            let n = y.shape().num_elements();
            let y = match curve {
                Curve::Linear => y,
                Curve::Relu => relu(y),
                Curve::Tanh => y.tanh(),
                Curve::Sigmoid => sigmoid(y),
            };
            y.reshape([n])
        },
    );
}

#[test]
fn agrees_with_burn() {
    let one = Window::of([3, 3]);
    let case = |x, filters, window| Case { x, filters, window, bias: true, curve: Curve::Relu };
    let cases = [
        case([2, 6, 7, 1], 4, one),
        case([3, 5, 5, 3], 2, one),
        case([1, 7, 6, 5], 3, Window { strides: [2, 1], ..one }),
        case([2, 7, 8, 2], 3, Window { strides: [3, 2], pads: [(1, 2), (0, 3)], ..one }),
        case([2, 9, 8, 4], 6, Window { dilation: [2, 3], pads: [(2, 2), (1, 0)], ..one }),
        case([2, 5, 6, 4], 6, Window { groups: 2, pads: [(1, 1); 2], ..one }),
        case([2, 5, 6, 4], 8, Window { groups: 4, ..Window::of([2, 3]) }),
        case([2, 4, 3, 5], 7, Window::of([1, 1])),
        case([2, 5, 4, 5], 7, Window { strides: [2, 2], ..Window::of([1, 1]) }),
        case([2, 3, 4, 2], 1, Window { pads: [(2, 2), (3, 3)], ..Window::of([4, 5]) }),
        case([17, 9, 10, 9], 5, Window { pads: [(1, 1); 2], ..one }),
        Case { bias: false, curve: Curve::Linear, ..case([3, 5, 5, 2], 4, one) },
        Case { curve: Curve::Linear, ..case([3, 4, 5, 6], 4, Window::of([1, 1])) },
    ];
    cases.iter().for_each(check);
}

#[test]
fn registers_of_all_widths_agree_with_burn() {
    let one = Window::of([3, 3]);
    let case = |x, filters, window, curve| Case { x, filters, window, bias: true, curve };
    let cases = [
        // Four registers of AVX-512, and what is left of 8 numbers, of 16, of 3.
        case([2, 6, 7, 8], 64, one, Curve::Relu),
        case([2, 7, 5, 24], 128 + 32 + 16 + 11, one, Curve::Linear),
        case([1, 8, 9, 11], 43, Window { pads: [(1, 1); 2], ..one }, Curve::Relu),
        // Zeros on some sides, and steps and gaps.
        case([2, 6, 5, 16], 16, Window { pads: [(2, 0), (0, 1)], ..one }, Curve::Tanh),
        case([2, 7, 8, 9], 10, Window { strides: [2, 2], pads: [(0, 1), (0, 1)], ..one }, Curve::Relu),
        case([2, 9, 8, 8], 8, Window { dilation: [2, 3], pads: [(2, 1), (3, 0)], ..one }, Curve::Sigmoid),
        case([3, 5, 6, 8], 9, Window { pads: [(0, 3), (1, 2)], ..Window::of([2, 4]) }, Curve::Linear),
        // More zeros than the window reaches: the gradient by the input is found another way.
        case([2, 4, 4, 8], 8, Window { pads: [(3, 3), (3, 3)], ..Window::of([2, 2]) }, Curve::Relu),
    ];
    cases.iter().for_each(check);
}

#[test]
fn not_a_number_is_seen() {
    let device = burn::tensor::Device::flex();
    let x = Tensor::<4>::from_floats([[[[1.0], [f32::NAN], [3.0], [4.0], [5.0]]]], &device);
    let kernel = Tensor::<4>::ones([1, 2, 1, 8], &device);
    let y = convolve(x.into_dispatch(), kernel.into_dispatch(), None, Window::of([1, 2]), Curve::Relu);
    let values = Tensor::<4>::from_dispatch(y).into_data().try_to_vec::<f32>().unwrap();
    assert!(values[..16].iter().all(|v| v.is_nan()) && values[16..24] == [7.0; 8] && values[24..] == [9.0; 8]);
}

#[test]
fn many_tiles_and_shares_agree_with_burn() {
    let window = Window { pads: [(1, 1); 2], ..Window::of([3, 3]) };
    check(&Case { x: [35, 20, 21, 16], filters: 12, window, bias: true, curve: Curve::Relu });
}

#[test]
fn one_axis_is_a_plane_of_one_row() {
    let (b, n, c, filters) = (3, 11, 2, 4);
    let line = Window { strides: [2], pads: [(2, 1)], ..Window::of([3]) };
    agree(
        &[b * n * c, 3 * c * filters, filters],
        |t| {
            let (x, kernel) = (t[0].clone().reshape([b, n, c]), t[1].clone().reshape([3, c, filters]));
            flat(convolve(x.into_dispatch(), kernel.into_dispatch(), Some(t[2].clone().into_dispatch()), line, Curve::Linear))
        },
        |t| {
            let (x, kernel) = (t[0].clone().reshape([b, 1, n, c]), t[1].clone().reshape([1, 3, c, filters]));
            flat(convolve(x.into_dispatch(), kernel.into_dispatch(), Some(t[2].clone().into_dispatch()), line.plane(), Curve::Linear))
        },
    );
    assert_eq!(line.plane(), Window { size: [1, 3], strides: [1, 2], dilation: [1, 1], pads: [(0, 0), (2, 1)], groups: 1 });
}

#[test]
fn a_frozen_input_needs_no_gradient() {
    let device = burn::tensor::Device::flex().autodiff();
    let x = Tensor::<4>::ones([1, 3, 3, 1], &device);
    let kernel = Tensor::<4>::ones([2, 2, 1, 1], &device).require_grad();
    let y = convolve(x.clone().into_dispatch(), kernel.clone().into_dispatch(), None, Window::of([2, 2]), Curve::Linear);
    let gradients = Tensor::<4>::from_dispatch(y).sum().backward();
    assert!(x.grad(&gradients).is_none());
    assert_eq!(kernel.grad(&gradients).unwrap().into_data().try_to_vec::<f32>().unwrap(), [4.0; 4]);
}
