//! Comparing operations with Burn's.

use burn::Tensor;
use burn::backend::DispatchTensor;
use burn::tensor::{Device, TensorData};

/// Numbers between -1 and 1 that look random.
pub(crate) fn numbers(n: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    };
    (0..n).map(|_| next()).collect()
}

/// Random sizes and options of a case.
pub(crate) struct Draw {
    case: u64,
    place: u64,
}

impl Draw {
    fn next(&mut self) -> u64 {
        self.place += 1;
        crate::counter::bits(crate::counter::mix(self.case), self.place)
    }

    /// A number of the range.
    pub(crate) fn size(&mut self, range: std::ops::RangeInclusive<usize>) -> usize {
        range.start() + self.next() as usize % (range.end() - range.start() + 1)
    }

    pub(crate) fn sizes<const N: usize>(&mut self, range: std::ops::RangeInclusive<usize>) -> [usize; N] {
        std::array::from_fn(|_| self.size(range.clone()))
    }

    pub(crate) fn one_of<T: Copy>(&mut self, values: &[T]) -> T {
        values[self.size(0..=values.len() - 1)]
    }

    pub(crate) fn curve(&mut self) -> crate::Curve {
        use crate::Curve::{Linear, Relu, Sigmoid, Tanh};
        self.one_of(&[Linear, Relu, Tanh, Sigmoid])
    }
}

impl Drop for Draw {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("in case {}", self.case);
        }
    }
}

/// Checks random cases, `KILN_CASES` times as many as `count`.
pub(crate) fn cases(count: u64, check: impl Fn(&mut Draw)) {
    let times: u64 = std::env::var("KILN_CASES").ok().and_then(|times| times.parse().ok()).unwrap_or(1);
    for case in 0..count * times {
        check(&mut Draw { case, place: 0 });
    }
}

/// Runs on a pool of so many threads.
pub(crate) fn on_threads<T: Send>(threads: usize, run: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(run)
}

fn tensor(values: Vec<f32>, device: &Device) -> Tensor<1> {
    let n = values.len();
    Tensor::from_data(TensorData::new(values, [n]), device)
}

/// The elements in order.
pub(crate) fn flat(tensor: DispatchTensor) -> Tensor<1> {
    use burn::backend::TensorMetadata;
    let (n, rank) = (tensor.shape().num_elements(), tensor.shape().num_dims());
    macro_rules! of {
        ($($rank:literal)*) => {
            match rank {
                $($rank => Tensor::<$rank>::from_dispatch(tensor).reshape([n]),)*
                _ => panic!("rank {rank}"),
            }
        };
    }
    of!(1 2 3 4 5)
}

/// The output and the gradients by all inputs of a loss that weighs the output's elements.
fn pass(device: &Device, sizes: &[usize], op: &impl Fn(&[Tensor<1>]) -> Tensor<1>) -> Vec<Vec<f32>> {
    let leaf = |(i, n): (usize, &usize)| tensor(numbers(*n, i as u64 + 3), device).require_grad();
    let inputs: Vec<Tensor<1>> = sizes.iter().enumerate().map(leaf).collect();
    let y = op(&inputs);
    let n = y.dims()[0];
    let weights = tensor(numbers(n, 99), device);
    let gradients = (y.clone() * weights).sum().backward();
    let values = |t: Tensor<1>| t.into_data().try_to_vec::<f32>().unwrap();
    let mut all = vec![values(y.inner())];
    all.extend(inputs.iter().map(|x| values(x.grad(&gradients).unwrap())));
    all
}

fn devices() -> Vec<Device> {
    vec![
        Device::flex(),
        #[cfg(feature = "ndarray")]
        Device::ndarray(),
    ]
}

/// Checks that the loss rises along each gradient as the gradient says, by small steps forth and back.
fn rises(plain: &Device, sizes: &[usize], gradients: &[Vec<f32>], op: &impl Fn(&[Tensor<1>]) -> Tensor<1>) {
    const STEP: f32 = 1e-3;
    let starts: Vec<Vec<f32>> = sizes.iter().enumerate().map(|(i, n)| numbers(*n, i as u64 + 3)).collect();
    for (input, gradient) in gradients.iter().enumerate() {
        let most = gradient.iter().fold(0f32, |most, g| most.max(g.abs()));
        if most == 0.0 {
            continue;
        }
        let loss = |step: f32| {
            let mut all = starts.clone();
            all[input].iter_mut().zip(gradient).for_each(|(x, g)| *x += step * g / most);
            let tensors: Vec<_> = all.into_iter().map(|v| tensor(v, plain)).collect();
            let y = op(&tensors).into_data().try_to_vec::<f32>().unwrap();
            let weights = numbers(y.len(), 99);
            y.iter().zip(weights).map(|(y, w)| f64::from(*y) * f64::from(w)).sum::<f64>()
        };
        let (before, here, after) = (loss(-STEP), loss(0.0), loss(STEP));
        // Where a maximum changes within a step, one of the two sides still tells.
        let [left, right] = [here - before, after - here].map(|rise| rise / f64::from(STEP));
        let expected: f64 = gradient.iter().map(|g| f64::from(*g).powi(2)).sum::<f64>() / f64::from(most);
        let tolerance = 0.05 * expected + 1e-2;
        assert!(
            (left.min(right) - tolerance..=left.max(right) + tolerance).contains(&expected),
            "{sizes:?} input {input}: rises by {left} and {right}, expected {expected}"
        );
    }
}

/// Checks that two operations on inputs of these sizes give the same, and the same gradients, which finite differences confirm; and that
/// `ours` gives the same bits on one thread and on two, and the same without recording.
pub(crate) fn agree(sizes: &[usize], ours: impl Fn(&[Tensor<1>]) -> Tensor<1> + Sync, theirs: impl Fn(&[Tensor<1>]) -> Tensor<1>) {
    for plain in devices() {
        let device = plain.clone().autodiff();
        let expected = pass(&device, sizes, &theirs);
        let got = on_threads(1, || pass(&device, sizes, &ours));
        assert_eq!(got, on_threads(2, || pass(&device, sizes, &ours)), "threads");
        for (i, (got, expected)) in got.iter().zip(&expected).enumerate() {
            assert_eq!(got.len(), expected.len());
            let scale = expected.iter().fold(1f32, |scale, v| scale.max(v.abs()));
            let worst = got.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0f32, f32::max);
            assert!(worst <= 3e-6 * scale, "{sizes:?} part {i}: off by {worst}, {got:?} {expected:?}");
        }
        rises(&plain, sizes, &got[1..], &ours);
        let leaf = |(i, n): (usize, &usize)| tensor(numbers(*n, i as u64 + 3), &plain);
        let inputs: Vec<Tensor<1>> = sizes.iter().enumerate().map(leaf).collect();
        assert_eq!(ours(&inputs).into_data().try_to_vec::<f32>().unwrap(), got[0], "unrecorded");
    }
}
