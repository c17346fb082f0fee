use super::*;
use crate::testing::{agree, flat};
use burn::Tensor;
use burn::tensor::activation::{relu, sigmoid};

struct Case {
    cell: Cell,
    walk: Walk,
    /// batch, time, features, units
    sizes: [usize; 4],
    biased: bool,
}

/// The same of Burn's operations, step by step.
fn composed(case: &Case, t: &[Tensor<1>]) -> Tensor<1> {
    let Case { cell, walk, sizes: [b, time, f, u], biased } = *case;
    let width = cell.gates() * u;
    let x = t[0].clone().reshape([b, time, f]);
    let (kernel, recurrent) = (t[1].clone().reshape([f, width]), t[2].clone().reshape([u, width]));
    let rows = |i: usize| t[3].clone().reshape([if cell == Cell::Gru { 2 } else { 1 }, width]).narrow(0, i, 1);
    let mut h = t[3 + usize::from(biased)].clone().reshape([b, u]);
    let mut c = t.get(4 + usize::from(biased)).map(|c| c.clone().reshape([b, u]));
    let mut all: Vec<Tensor<3>> = Vec::new();
    for s in 0..time {
        let moment = if walk.backwards { time - 1 - s } else { s };
        let mut z = x.clone().narrow(1, moment, 1).reshape([b, f]).matmul(kernel.clone());
        let mut inner = h.clone().matmul(recurrent.clone());
        if biased {
            z = z + rows(0);
            if cell == Cell::Gru {
                inner = inner + rows(1);
            }
        }
        let gate = |z: &Tensor<2>, i: usize| z.clone().narrow(1, i * u, u);
        match cell {
            Cell::Lstm => {
                let z = z + inner;
                let memory = sigmoid(gate(&z, 1)) * c.take().unwrap() + sigmoid(gate(&z, 0)) * gate(&z, 2).tanh();
                h = sigmoid(gate(&z, 3)) * memory.clone().tanh();
                c = Some(memory);
            }
            Cell::Gru => {
                let (update, reset) = (sigmoid(gate(&z, 0) + gate(&inner, 0)), sigmoid(gate(&z, 1) + gate(&inner, 1)));
                let candidate = (gate(&z, 2) + reset * gate(&inner, 2)).tanh();
                h = update * (h - candidate.clone()) + candidate;
            }
            Cell::Simple(curve) => {
                h = match curve {
                    Curve::Relu => relu(z + inner),
                    _ => (z + inner).tanh(),
                }
            }
        }
        if walk.sequences || s + 1 == time {
            all.push(h.clone().reshape([b, 1, u]));
        }
    }
    if walk.memory && cell == Cell::Lstm {
        all.push(c.unwrap().reshape([b, 1, u]));
    }
    let y = Tensor::cat(all, 1);
    let n = y.shape().num_elements();
    y.reshape([n])
}

fn check(case: &Case) {
    let Case { cell, walk, sizes: [b, time, f, u], biased } = *case;
    let width = cell.gates() * u;
    let bias = if cell == Cell::Gru { vec![2, width] } else { vec![width] };
    let mut sizes = vec![b * time * f, f * width, u * width];
    sizes.extend(biased.then(|| bias.iter().product::<usize>()));
    sizes.extend(std::iter::repeat_n(b * u, cell.states()));
    agree(
        &sizes,
        |t| {
            let weights = Weights {
                kernel: t[1].clone().reshape([f, width]).into_dispatch(),
                recurrent: t[2].clone().reshape([u, width]).into_dispatch(),
                bias: biased.then(|| match bias.len() {
                    2 => t[3].clone().reshape([2, width]).into_dispatch(),
                    _ => t[3].clone().into_dispatch(),
                }),
            };
            let states = t[3 + usize::from(biased)..].iter().map(|s| s.clone().reshape([b, u]).into_dispatch()).collect();
            flat(recur(cell, walk, t[0].clone().reshape([b, time, f]).into_dispatch(), weights, states))
        },
        |t| composed(case, t),
    );
}

#[test]
fn cells_agree_with_burn() {
    for cell in [Cell::Lstm, Cell::Gru, Cell::Simple(Curve::Tanh), Cell::Simple(Curve::Relu)] {
        for biased in [true, false] {
            for sizes in [[1, 1, 1, 1], [3, 4, 2, 5], [35, 6, 9, 8]] {
                for walk in [
                    Walk::default(),
                    Walk { sequences: true, ..Walk::default() },
                    Walk { backwards: true, sequences: true, memory: true },
                    Walk { memory: true, ..Walk::default() },
                ] {
                    check(&Case { cell, walk, sizes, biased });
                }
            }
        }
    }
}

#[test]
fn a_batch_shared_out_agrees_with_burn() {
    for cell in [Cell::Lstm, Cell::Gru] {
        check(&Case { cell, walk: Walk { sequences: true, ..Walk::default() }, sizes: [70, 7, 5, 16], biased: true });
    }
}

#[test]
fn a_state_of_zeros_gets_its_gradient() {
    let device = burn::tensor::Device::flex().autodiff();
    let [x, kernel, recurrent] = [[1, 2, 1].as_slice(), &[1, 2], &[2, 2]].map(|shape| shape.iter().product::<usize>());
    let leaf = |n: usize| Tensor::<1>::ones([n], &device);
    let h = Tensor::<2>::zeros([1, 2], &device).require_grad();
    let weights = Weights {
        kernel: leaf(kernel).reshape([1, 2]).into_dispatch(),
        recurrent: leaf(recurrent).reshape([2, 2]).into_dispatch(),
        bias: None,
    };
    let states = vec![h.clone().into_dispatch()];
    let y = recur(Cell::Simple(Curve::Linear), Walk::default(), leaf(x).reshape([1, 2, 1]).into_dispatch(), weights, states);
    let gradient = h.grad(&Tensor::<3>::from_dispatch(y).sum().backward()).unwrap();
    assert_eq!(gradient.to_data().try_to_vec::<f32>().unwrap(), [4.0, 4.0]);
}
