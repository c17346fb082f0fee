//! Recording for gradients.

use super::{Kind, Tensor, any_kind, with_rank};

impl Tensor {
    /// Puts the tensor on the recording side of its device, where operations are remembered for the gradient.
    pub fn autodiff(self) -> Self {
        any_kind!(self, D, |x| x.autodiff())
    }

    /// The plain values of a recorded tensor.
    pub fn inner(self) -> Self {
        any_kind!(self, D, |x| x.without_autodiff())
    }

    /// Whether operations on the tensor are recorded.
    pub fn is_autodiff(&self) -> bool {
        // Asking for the device would clone the tensor, which every operation of two tensors would pay for. The default is
        // Burn's "not recorded"; the type has no public name.
        self.inner.as_parts().1.autodiff != Default::default()
    }

    /// A recorded copy whose gradient can be asked for; `None` for integers and booleans.
    pub(crate) fn require_grad(&self) -> Option<Self> {
        let scalar = self.scalar;
        crate::leaves::made();
        (self.kind() == Kind::Float)
            .then(|| with_rank!(self.rank(), D => Self::from(self.clone().f::<D>().detach().autodiff().require_grad()).mark(scalar)))
    }

    /// Whether a gradient can flow back from here.
    pub(crate) fn is_tracked(&self) -> bool {
        self.kind() == Kind::Float && self.is_autodiff() && with_rank!(self.rank(), D => self.clone().f::<D>().is_tracked())
    }

    /// The gradients of this tensor with respect to `sources`; it must be tracked.
    pub(crate) fn gradients<'a>(&self, sources: impl IntoIterator<Item = &'a Self>) -> Vec<Option<Self>> {
        let gradients = with_rank!(self.rank(), D => self.clone().f::<D>().backward());
        let of = |source: &Self| -> Option<Self> {
            if source.kind() != Kind::Float || !source.is_autodiff() {
                return None;
            }
            let gradient: Option<Self> = with_rank!(source.rank(), D => source.clone().f::<D>().grad(&gradients).map(Self::from));
            gradient.map(|g| g.mark(source.scalar))
        };
        sources.into_iter().map(of).collect()
    }

    /// The same values, through which no gradient flows: TensorFlow's `stop_gradient`.
    pub fn detach(self) -> Self {
        match self.kind() {
            Kind::Float => {
                let scalar = self.scalar;
                with_rank!(self.rank(), D => Self::from(self.f::<D>().detach()).mark(scalar))
            }
            _ => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recording_side_is_seen_without_the_device() {
        for t in [Tensor::constant([1.0]), Tensor::constant([1]), Tensor::constant([true]), Tensor::constant(1.0)] {
            let sides = [t.clone(), t.clone().autodiff(), t.clone().autodiff().inner(), t.autodiff().detach()];
            for side in &sides {
                assert_eq!(side.is_autodiff(), side.device().burn().is_autodiff(), "{side:?}");
            }
            assert_eq!(sides.map(|s| s.is_autodiff()), [false, true, false, true]);
        }
    }
}
