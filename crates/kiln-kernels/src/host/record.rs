//! The gradient of operations: what Burn's autodiff records and calls.

use super::backend::HostBackend;
use super::op::{AnyOp, Kept, Past, View};
use burn::backend::autodiff::Autodiff;
use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use std::fmt;
use std::sync::Arc;

/// The output, what was kept, and the inputs in order.
type Called<B> = (FloatTensor<B>, Kept, Vec<FloatTensor<B>>);

fn call<B: HostBackend>(inputs: Vec<FloatTensor<B>>, op: &dyn AnyOp, recorded: bool) -> Called<B> {
    let inputs: Vec<FloatTensor<B>> = inputs.into_iter().map(B::in_order).collect();
    let views: Vec<View<'_>> = inputs.iter().map(B::view).collect();
    let (output, kept) = op.forward_any(&views, recorded);
    drop(views);
    (B::tensor(output), kept, inputs)
}

/// A call that is not recorded.
pub(crate) fn plain<B: HostBackend>(inputs: Vec<FloatTensor<B>>, op: &dyn AnyOp) -> FloatTensor<B> {
    call::<B>(inputs, op, false).0
}

/// A call that is recorded if an input is.
pub(crate) fn recorded<B: HostBackend, C: CheckpointStrategy, const N: usize>(
    inputs: [FloatTensor<Autodiff<B, C>>; N],
    op: Arc<dyn AnyOp>,
) -> FloatTensor<Autodiff<B, C>> {
    let nodes = inputs.each_ref().map(|input| input.node());
    let inputs = inputs.into_iter().map(|input| input.into_primitive()).collect();
    match Backward::<B, N>::prepare::<C>(Reverse, nodes).compute_bound().stateful() {
        OpsKind::Tracked(prepared) => {
            let (output, kept, inputs) = call::<B>(inputs, &*op, true);
            prepared.finish(State { inputs, output: output.clone(), kept, op }, output)
        }
        OpsKind::UnTracked(prepared) => prepared.finish(plain::<B>(inputs, &*op)),
    }
}

#[derive(Debug)]
struct Reverse;

struct State<B: HostBackend> {
    inputs: Vec<FloatTensor<B>>,
    output: FloatTensor<B>,
    kept: Kept,
    op: Arc<dyn AnyOp>,
}

impl<B: HostBackend> Clone for State<B> {
    fn clone(&self) -> Self {
        Self { inputs: self.inputs.clone(), output: self.output.clone(), kept: self.kept.clone(), op: self.op.clone() }
    }
}

impl<B: HostBackend> fmt::Debug for State<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State").field("op", &self.op).finish_non_exhaustive()
    }
}

impl<B: HostBackend, const N: usize> Backward<B, N> for Reverse {
    type State = State<B>;

    fn backward(self, ops: Ops<State<B>, N>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let gradient = B::in_order(gradients.consume::<B>(&ops.node));
        let wanted = ops.parents.each_ref().map(Option::is_some);
        let State { inputs, output, kept, op } = ops.state;
        let views: Vec<View<'_>> = inputs.iter().map(B::view).collect();
        let past = Past { inputs: &views, output: B::view(&output), gradient: B::view(&gradient), saved: &*kept, wanted: &wanted };
        let found = op.backward_any(&past);
        drop(views);
        // The inputs are outputs of operations whose turn is yet to come.
        B::recycle(gradient);
        B::recycle(output);
        for (parent, gradient) in ops.parents.into_iter().zip(found) {
            if let (Some(parent), Some(gradient)) = (parent, gradient) {
                gradients.register::<B>(parent.id, B::tensor(gradient));
            }
        }
    }
}
