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

/// Runs on a pool of so many threads.
pub(crate) fn on_threads<T: Send>(threads: usize, run: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(run)
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
    let leaf = |(i, n): (usize, &usize)| Tensor::<1>::from_data(TensorData::new(numbers(*n, i as u64 + 3), [*n]), device).require_grad();
    let inputs: Vec<Tensor<1>> = sizes.iter().enumerate().map(leaf).collect();
    let y = op(&inputs);
    let n = y.dims()[0];
    let weights = Tensor::<1>::from_data(TensorData::new(numbers(n, 99), [n]), device);
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

/// Checks that two operations on inputs of these sizes give the same, and the same gradients; and that `ours` gives the same bits on
/// one thread and on two, and the same without recording.
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
        let leaf = |(i, n): (usize, &usize)| Tensor::<1>::from_data(TensorData::new(numbers(*n, i as u64 + 3), [*n]), &plain);
        let inputs: Vec<Tensor<1>> = sizes.iter().enumerate().map(leaf).collect();
        assert_eq!(ours(&inputs).into_data().try_to_vec::<f32>().unwrap(), got[0], "unrecorded");
    }
}
