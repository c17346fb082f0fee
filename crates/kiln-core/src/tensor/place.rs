//! Where an operation on several tensors computes: Burn panics when they lie on different devices.

use super::Tensor;
use crate::device::Device;
use burn::backend::{DispatchDevice, DispatchTensorKind, TensorMetadata};

/// The device under the recording, read without a clone of the tensor: every operation of two tensors pays for this.
fn place(kind: &DispatchTensorKind) -> DispatchDevice {
    match kind {
        DispatchTensorKind::Autodiff(recorded) => place(recorded),
        plain => plain.device(),
    }
}

/// Brings tensors to one device: the first that isn't the host, where what a user writes down by hand lies.
pub(super) fn together<T: AsMut<[Tensor]>>(mut tensors: T) -> T {
    let all = tensors.as_mut();
    let place = |tensor: &Tensor| place(&tensor.inner.as_parts().1.kind);
    if all.windows(2).all(|pair| place(&pair[0]) == place(&pair[1])) {
        return tensors;
    }
    let host = Device::host();
    let device = all.iter().map(Tensor::device).find(|device| *device != host).unwrap_or(host);
    for tensor in all {
        *tensor = tensor.clone().to_device(&device);
    }
    tensors
}

#[cfg(all(test, feature = "ndarray"))]
mod tests {
    use super::*;
    use crate::error::Result;

    #[test]
    fn what_lies_on_the_host_comes_to_the_device() -> Result<()> {
        let device = Device::ndarray()?;
        let there = Tensor::constant([[1.0, -2.0]]).to_device(&device);
        let here = Tensor::constant([[3.0], [4.0]]);
        for sum in [&there + &here, &here + &there] {
            assert_eq!((sum.device(), sum.to_vec::<f32>()), (device.clone(), vec![4.0, 1.0, 5.0, 2.0]));
        }
        assert_eq!(here.matmul(&there)?.to_vec::<f32>(), [3.0, -6.0, 4.0, -8.0]);
        assert_eq!(there.greater(&here)?.device(), device);
        assert_eq!(there.greater(0.0)?.select_where(&here, Tensor::constant(0.0))?.to_vec::<f32>(), [3.0, 0.0, 4.0, 0.0]);
        assert_eq!(Tensor::constant([[true, false]]).select_where(&there, 7)?.to_vec::<f32>(), [1.0, 7.0]);
        assert_eq!(Tensor::concat([&here.reshape([1, 2])?, &there], 0)?.to_vec::<f32>(), [3.0, 4.0, 1.0, -2.0]);
        Ok(())
    }

    #[test]
    fn the_gradient_finds_its_way_back() -> Result<()> {
        let variable = crate::Variable::new(Tensor::constant([1.0, 2.0]));
        let there = Tensor::constant([10.0, 20.0]).to_device(&Device::ndarray()?);
        let tape = crate::GradientTape::new();
        let x = tape.watch(&variable)?;
        let gradients = tape.gradient(&(&x * there).sum(), [&x])?;
        assert_eq!(gradients[0].as_ref().map(|g| g.to_vec::<f32>()), Some(vec![10.0, 20.0]));
        Ok(())
    }
}
