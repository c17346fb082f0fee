use super::*;
use crate::testing::{agree, cases, flat};
use burn::Tensor;
use burn::tensor::activation::{relu, sigmoid};

struct Case {
    cell: Cell,
    walk: Walk,
    /// batch, time, features, units
    sizes: [usize; 4],
    biased: bool,
    /// Every how manyeth step is left out.
    omit: Option<usize>,
}

impl Case {
    fn mask(&self) -> Option<Vec<bool>> {
        let [batch, time, ..] = self.sizes;
        // The first samples begin with steps that are left out.
        self.omit.map(|n| (0..batch * time).map(|i| !(i * 7 + i / time).is_multiple_of(n) && i > 1).collect())
    }
}

/// The same of Burn's operations, step by step.
fn composed(case: &Case, t: &[Tensor<1>]) -> Tensor<1> {
    let Case { cell, walk, sizes: [b, time, f, u], biased, .. } = *case;
    let width = cell.gates() * u;
    let x = t[0].clone().reshape([b, time, f]);
    let (kernel, recurrent) = (t[1].clone().reshape([f, width]), t[2].clone().reshape([u, width]));
    let rows = |i: usize| t[3].clone().reshape([if cell == Cell::Gru { 2 } else { 1 }, width]).narrow(0, i, 1);
    let mut h = t[3 + usize::from(biased)].clone().reshape([b, u]);
    let mut c = t.get(4 + usize::from(biased)).map(|c| c.clone().reshape([b, u]));
    let mut all: Vec<Tensor<3>> = Vec::new();
    let mut output = Tensor::<2>::zeros([b, u], &h.device());
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
        let (before, earlier) = (h.clone(), c.clone());
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
        let counts: Vec<f32> = match case.mask() {
            Some(mask) => (0..b).map(|sample| f32::from(u8::from(mask[sample * time + moment]))).collect(),
            None => vec![1.0; b],
        };
        let counts = Tensor::<2>::from_data(burn::tensor::TensorData::new(counts, [b, 1]), &h.device());
        let choose = |new: Tensor<2>, old: Tensor<2>| new * counts.clone() + old * (counts.clone() * -1.0 + 1.0);
        let last = if walk.zero_output_for_mask { output.zeros_like() } else { output };
        output = choose(h.clone(), last);
        h = choose(h, before);
        c = c.map(|c| choose(c, earlier.unwrap()));
        if walk.sequences || s + 1 == time {
            all.push(output.clone().reshape([b, 1, u]));
        }
    }
    if walk.states {
        all.extend([Some(h), c].into_iter().flatten().map(|state| state.reshape([b, 1, u])));
    }
    let y = Tensor::cat(all, 1);
    let n = y.shape().num_elements();
    y.reshape([n])
}

fn check(case: &Case) {
    let Case { cell, walk, sizes: [b, time, f, u], biased, .. } = *case;
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
            flat(recur(cell, walk, t[0].clone().reshape([b, time, f]).into_dispatch(), weights, states, case.mask().map(Into::into)))
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
                    Walk { backwards: true, sequences: true, states: true, ..Walk::default() },
                    Walk { states: true, ..Walk::default() },
                ] {
                    check(&Case { cell, walk, sizes, biased, omit: None });
                }
            }
        }
    }
}

#[test]
fn random_cases_agree_with_burn() {
    cases(60, |draw| {
        let cell = draw.one_of(&[Cell::Lstm, Cell::Gru, Cell::Simple(Curve::Tanh), Cell::Simple(Curve::Relu)]);
        let [backwards, sequences, states, zero_output_for_mask, biased] = draw.sizes(0..=1).map(|n: usize| n == 1);
        let sizes = [draw.size(1..=40), draw.size(1..=6), draw.size(1..=9), draw.size(1..=20)];
        let omit = draw.one_of(&[None, Some(2), Some(3)]);
        check(&Case { cell, walk: Walk { backwards, sequences, states, zero_output_for_mask }, sizes, biased, omit });
    });
}

#[test]
fn a_batch_shared_out_agrees_with_burn() {
    for cell in [Cell::Lstm, Cell::Gru] {
        check(&Case { cell, walk: Walk { sequences: true, ..Walk::default() }, sizes: [70, 7, 5, 16], biased: true, omit: None });
    }
}

#[test]
fn steps_are_left_out() {
    for cell in [Cell::Lstm, Cell::Gru, Cell::Simple(Curve::Tanh)] {
        for omit in [1, 2, 3] {
            for walk in [
                Walk { sequences: true, ..Walk::default() },
                Walk { sequences: true, backwards: true, states: true, ..Walk::default() },
                Walk { sequences: true, zero_output_for_mask: true, ..Walk::default() },
                Walk { states: true, ..Walk::default() },
            ] {
                check(&Case { cell, walk, sizes: [5, 6, 2, 3], biased: true, omit: Some(omit) });
            }
        }
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
    let y = recur(Cell::Simple(Curve::Linear), Walk::default(), leaf(x).reshape([1, 2, 1]).into_dispatch(), weights, states, None);
    let gradient = h.grad(&Tensor::<3>::from_dispatch(y).sum().backward()).unwrap();
    assert_eq!(gradient.to_data().try_to_vec::<f32>().unwrap(), [4.0, 4.0]);
}
