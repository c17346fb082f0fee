use super::*;
use crate::testing::{Draw, agree, cases, flat};
use burn::Tensor;
use burn::tensor::activation::{relu, sigmoid};
use burn::tensor::module::{conv_transpose2d, conv2d, conv3d};
use burn::tensor::ops::{ConvOptions, ConvTransposeOptions};

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

/// A window that fits in `space`; zeros on both sides alike if they must be.
fn window<const N: usize>(draw: &mut Draw, space: [usize; N], alike: bool) -> Window<N> {
    let dilation = draw.sizes(1..=2);
    let pads = std::array::from_fn(|_| {
        let [before, after] = draw.sizes(0..=2);
        (before, if alike { before } else { after })
    });
    let size = std::array::from_fn(|i| {
        let most = (space[i] + pads[i].0 + pads[i].1 - 1) / dilation[i] + 1;
        draw.size(1..=most.min(3))
    });
    Window { size, strides: draw.sizes(1..=3), dilation, pads, groups: 1 }
}

#[test]
fn random_cases_agree_with_burn() {
    cases(60, |draw| {
        let [b, h, w] = [draw.size(1..=4), draw.size(1..=9), draw.size(1..=9)];
        let groups = draw.one_of(&[1, 1, 1, 2, 3]);
        let (depth, filters) = (draw.size(1..=9), draw.size(1..=40).next_multiple_of(groups));
        let window = Window { groups, ..window(draw, [h, w], false) };
        check(&Case { x: [b, h, w, depth * groups], filters, window, bias: draw.size(0..=1) == 0, curve: draw.curve() });
    });
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
            let plane = Window { strides: [1, 2], pads: [(0, 0), (2, 1)], ..Window::of([1, 3]) };
            flat(convolve(x.into_dispatch(), kernel.into_dispatch(), Some(t[2].clone().into_dispatch()), plane, Curve::Linear))
        },
    );
    let volume = Window { size: [1, 1, 3], strides: [1, 1, 2], dilation: [1; 3], pads: [(0, 0), (0, 0), (2, 1)], groups: 1 };
    assert_eq!(line.volume(), volume);
}

#[test]
fn pooled_convolutions_are_pools_of_convolutions() {
    let one = Window::of([3, 3]);
    let two = Window { strides: [2, 2], ..Window::of([2, 2]) };
    let cases = [
        ([3, 8, 10, 1], 32, one, two, Curve::Relu),
        ([2, 9, 7, 8], 16, Window { pads: [(1, 1); 2], ..one }, Window { strides: [2, 1], pads: [(0, 1); 2], ..one }, Curve::Tanh),
        ([17, 7, 8, 4], 6, Window { groups: 2, ..one }, two, Curve::Linear),
        ([2, 9, 8, 3], 5, Window { strides: [2, 1], ..one }, Window { pads: [(0, 0), (1, 0)], ..two }, Curve::Sigmoid),
        ([2, 40, 36, 16], 24, Window { pads: [(1, 1); 2], ..one }, two, Curve::Relu),
    ];
    for (i, (x, filters, window, pooling, curve)) in cases.into_iter().enumerate() {
        check_pooled(x, filters, window, pooling, i % 2 == 0, curve);
    }
    crate::testing::cases(25, |draw| {
        let [h, w] = draw.sizes(1..=9);
        let of = window(draw, [h, w], false);
        let size: [usize; 2] = [of.places(0, h), of.places(1, w)].map(|n| draw.size(1..=n.min(3)));
        // A window of a pool has a cell that counts.
        let pads = size.map(|n| (draw.size(0..=n - 1), draw.size(0..=n - 1)));
        let pooling = Window { strides: draw.sizes(1..=3), pads, ..Window::of(size) };
        let x = [draw.size(1..=4), h, w, draw.size(1..=9)];
        check_pooled(x, draw.size(1..=20), of, pooling, draw.size(0..=1) == 0, draw.curve());
    });
}

fn check_pooled(x: [usize; 4], filters: usize, window: Window<2>, pooling: Window<2>, biased: bool, curve: Curve) {
    let kernel = [window.size[0], window.size[1], x[3] / window.groups, filters];
    let mut sizes = vec![x.iter().product(), kernel.iter().product()];
    sizes.extend(biased.then_some(filters));
    let parts = |t: &[Tensor<1>]| {
        let bias = t.get(2).map(|b| b.clone().into_dispatch());
        (t[0].clone().reshape(x).into_dispatch(), t[1].clone().reshape(kernel).into_dispatch(), bias)
    };
    agree(
        &sizes,
        |t| {
            let (x, kernel, bias) = parts(t);
            flat(convolve_pooled(x, kernel, bias, window, curve, pooling))
        },
        |t| {
            let (x, kernel, bias) = parts(t);
            flat(crate::pool::pool(convolve(x, kernel, bias, window, curve), pooling, true))
        },
    );
}

#[test]
fn volumes_agree_with_burn() {
    let one = Window::of([2, 3, 3]);
    let cases = [
        (one, [2, 4, 5, 6, 3], 4),
        (Window { pads: [(1, 1), (1, 1), (2, 2)], ..one }, [3, 3, 5, 4, 8], 16),
        (Window { strides: [2, 1, 2], pads: [(1, 1), (0, 0), (1, 1)], ..one }, [2, 5, 6, 7, 2], 9),
        (Window { dilation: [2, 1, 2], pads: [(2, 2), (1, 1), (0, 0)], ..one }, [2, 4, 6, 7, 4], 8),
        (Window { groups: 2, pads: [(0, 0), (1, 1), (1, 1)], ..one }, [2, 4, 5, 3, 4], 6),
        (Window { pads: [(1, 1); 3], ..Window::of([3, 3, 3]) }, [20, 5, 6, 5, 8], 8),
    ];
    cases.into_iter().for_each(|(window, x, filters)| check_volume(window, x, filters));
    crate::testing::cases(10, |draw| {
        let [p, h, w] = draw.sizes(1..=6);
        let (window, [b, c]) = (window(draw, [p, h, w], true), draw.sizes(1..=5));
        check_volume(window, [b, p, h, w, c], draw.size(1..=20));
    });
}

fn check_volume(window: Window<3>, [b, p, h, w, c]: [usize; 5], filters: usize) {
    let [kp, kh, kw] = window.size;
    let kernel = [kp, kh, kw, c / window.groups, filters];
    agree(
        &[b * p * h * w * c, kernel.iter().product(), filters],
        |t| {
            let (x, kernel) = (t[0].clone().reshape([b, p, h, w, c]), t[1].clone().reshape(kernel));
            flat(convolve(x.into_dispatch(), kernel.into_dispatch(), Some(t[2].clone().into_dispatch()), window, Curve::Relu))
        },
        |t| {
            let x = t[0].clone().reshape([b, p, h, w, c]).permute([0, 4, 1, 2, 3]);
            let kernel = t[1].clone().reshape(kernel).permute([4, 3, 0, 1, 2]);
            let options = ConvOptions::new(window.strides, window.pads.map(|p| p.0), window.dilation, window.groups);
            let y = conv3d(x, kernel, Some(t[2].clone()), options).permute([0, 2, 3, 4, 1]);
            let n = y.shape().num_elements();
            relu(y).reshape([n])
        },
    );
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

#[test]
fn transposed_agrees_with_burn() {
    let one = Window::of([3, 3]);
    let cases = [
        // The window, the output's size, the input's shape, the outputs.
        (one, [6, 7], [2, 4, 5, 3], 2),
        (Window { strides: [2, 2], ..Window::of([4, 4]) }, [8, 10], [2, 3, 4, 16], 8),
        (Window { strides: [2, 2], pads: [(1, 1); 2], ..Window::of([4, 4]) }, [6, 8], [3, 3, 4, 5], 9),
        (Window { strides: [2, 3], pads: [(0, 1), (0, 0)], ..one }, [8, 15], [20, 4, 5, 16], 32),
        // Cells that no window reaches.
        (Window { strides: [3, 2], ..Window::of([2, 2]) }, [9, 9], [2, 3, 4, 4], 3),
        (Window { dilation: [2, 1], pads: [(1, 2), (1, 1)], ..one }, [6, 5], [2, 5, 5, 9], 17),
        (Window::of([1, 1]), [4, 5], [2, 4, 5, 3], 8),
    ];
    for (window, space, x, outputs) in cases {
        check_transposed(window, space, x, outputs, false, Curve::Linear);
        check_transposed(window, space, x, outputs, true, Curve::Tanh);
    }
    crate::testing::cases(25, |draw| {
        let space = draw.sizes(1..=9);
        let window = window(draw, space, false);
        let [h, w] = [0, 1].map(|axis| window.places(axis, space[axis]));
        // Where all windows lie in the padding there is nothing to compare.
        let reach = |axis: usize, n: usize| (n - 1) * window.strides[axis] + (window.size[axis] - 1) * window.dilation[axis] + 1;
        if reach(0, h) > window.pads[0].0 && reach(1, w) > window.pads[1].0 {
            let x = [draw.size(1..=4), h, w, draw.size(1..=20)];
            check_transposed(window, space, x, draw.size(1..=20), draw.size(0..=1) == 0, draw.one_of(&[Curve::Linear, Curve::Tanh]));
        }
    });
}

fn check_transposed(window: Window<2>, space: [usize; 2], [b, h, w, inputs]: [usize; 4], outputs: usize, biased: bool, curve: Curve) {
    let kernel = [window.size[0], window.size[1], outputs, inputs];
    let mut sizes = vec![b * h * w * inputs, kernel.iter().product()];
    sizes.extend(biased.then_some(outputs));
    agree(
        &sizes,
        |t| {
            let (x, kernel) = (t[0].clone().reshape([b, h, w, inputs]), t[1].clone().reshape(kernel));
            let bias = t.get(2).map(|b| b.clone().into_dispatch());
            flat(convolve_transposed(x.into_dispatch(), kernel.into_dispatch(), bias, window, space, curve))
        },
        |t| {
            let x = t[0].clone().reshape([b, h, w, inputs]).permute([0, 3, 1, 2]);
            let kernel = t[1].clone().reshape(kernel).permute([3, 2, 0, 1]);
            let options = ConvTransposeOptions::new(window.strides, [0, 0], [0, 0], window.dilation, 1);
            let full = conv_transpose2d(x, kernel, None, options);
            let [.., tall, wide] = full.dims();
            // What is cut off, or added to.
            let [top, left] = [window.pads[0].0, window.pads[1].0];
            let (rows, columns) = (space[0].min(tall - top), space[1].min(wide - left));
            let cut = full.slice([0..b, 0..outputs, top..top + rows, left..left + columns]);
            let y = cut.pad((0, space[1] - columns, 0, space[0] - rows), 0.0).permute([0, 2, 3, 1]);
            let y = match t.get(2) {
                Some(bias) => y + bias.clone().reshape([1, 1, 1, outputs]),
                None => y,
            };
            let y = if curve == Curve::Tanh { y.tanh() } else { y };
            let n = y.shape().num_elements();
            y.reshape([n])
        },
    );
}

#[test]
fn depthwise_agrees_with_burn() {
    let one = Window::of([3, 3]);
    let cases = [
        (one, [2, 6, 7, 3]),
        (Window { pads: [(1, 1); 2], ..one }, [3, 5, 6, 40]),
        (Window { strides: [2, 1], pads: [(0, 1), (2, 0)], ..one }, [2, 7, 5, 16]),
        (Window { dilation: [2, 3], pads: [(2, 2), (1, 1)], ..Window::of([2, 3]) }, [40, 6, 7, 9]),
    ];
    for (window, x) in cases {
        check_depthwise(window, x, false, Curve::Linear);
        check_depthwise(window, x, true, Curve::Relu);
    }
    crate::testing::cases(25, |draw| {
        let [h, w] = draw.sizes(1..=9);
        let x = [draw.size(1..=4), h, w, draw.size(1..=40)];
        check_depthwise(window(draw, [h, w], false), x, draw.size(0..=1) == 0, draw.one_of(&[Curve::Linear, Curve::Relu]));
    });
}

fn check_depthwise(window: Window<2>, [b, h, w, c]: [usize; 4], biased: bool, curve: Curve) {
    let kernel = [window.size[0], window.size[1], c, 1];
    let mut sizes = vec![b * h * w * c, kernel.iter().product()];
    sizes.extend(biased.then_some(c));
    agree(
        &sizes,
        |t| {
            let (x, kernel) = (t[0].clone().reshape([b, h, w, c]), t[1].clone().reshape(kernel));
            let bias = t.get(2).map(|b| b.clone().into_dispatch());
            flat(convolve_depthwise(x.into_dispatch(), kernel.into_dispatch(), bias, window, curve))
        },
        |t| {
            let x = t[0].clone().reshape([b, h, w, c]).permute([0, 3, 1, 2]);
            let kernel = t[1].clone().reshape(kernel).permute([2, 3, 0, 1]);
            let options = ConvOptions::new_with_padding(window.strides, window.pads, window.dilation, c);
            let y = conv2d(x, kernel, t.get(2).cloned(), options).permute([0, 2, 3, 1]);
            let y = if curve == Curve::Relu { relu(y) } else { y };
            let n = y.shape().num_elements();
            y.reshape([n])
        },
    );
}
