//! The order in which Keras lists the layers of a functional model, which decides their names in files.

use kiln_core::blueprint::Blueprint;
use std::collections::HashMap;

/// Something that Keras lists among the layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Operation {
    /// The input of this number.
    Input(usize),
    /// The layer of this number in the blueprint.
    Layer(usize),
}

/// A node of the graph: an input, or one use of a layer.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Node {
    Input(usize),
    Step(usize),
}

/// Operations far from the outputs come first; of those equally far, the one that a walk from the outputs meets first.
///
/// Keras: `src/ops/function.py`, `map_graph`.
pub(crate) fn order(plan: &Blueprint) -> Vec<Operation> {
    let inputs = plan.inputs.len();
    let mut makers: HashMap<usize, Node> = (0..inputs).map(|i| (i, Node::Input(i))).collect();
    for (i, step) in plan.steps.iter().enumerate() {
        makers.extend(step.outputs.iter().map(|slot| (*slot, Node::Step(i))));
    }
    let operation = |node: Node| match node {
        Node::Input(i) => Operation::Input(i),
        Node::Step(i) => Operation::Layer(plan.steps[i].layer),
    };
    let parents = |node: Node| -> Vec<Node> {
        match node {
            Node::Input(_) => Vec::new(),
            Node::Step(i) => plan.steps[i].inputs.iter().filter_map(|slot| makers.get(slot).copied()).collect(),
        }
    };

    // A walk down from each output. A stack, since a model may be thousands of layers deep.
    let (mut met, mut finished, mut nodes) = (HashMap::new(), HashMap::new(), Vec::new());
    for output in plan.outputs.iter().filter_map(|slot| makers.get(slot)) {
        let mut stack = vec![(*output, false)];
        while let Some((node, done)) = stack.pop() {
            if done {
                nodes.push(node);
            } else if finished.insert(node, ()).is_none() {
                let count = met.len();
                met.entry(operation(node)).or_insert(count);
                stack.push((node, true));
                stack.extend(parents(node).into_iter().rev().map(|parent| (parent, false)));
            }
        }
    }

    let mut depths: HashMap<Node, usize> = HashMap::new();
    let mut operations: HashMap<Operation, usize> = HashMap::new();
    for node in nodes.iter().rev() {
        let depth = *depths.entry(*node).or_default();
        // A layer used twice stands where its farthest use does.
        let depth = depth.max(operations.get(&operation(*node)).copied().unwrap_or(0));
        operations.insert(operation(*node), depth);
        depths.insert(*node, depth);
        for parent in parents(*node) {
            let known = depths.entry(parent).or_default();
            *known = (*known).max(depth + 1);
        }
    }
    for unused in (0..inputs).map(Operation::Input) {
        operations.entry(unused).or_insert(0);
    }
    let place = |operation: &Operation| met.get(operation).map_or((0, input(operation)), |place| (1, *place));
    let mut order: Vec<Operation> = operations.keys().copied().collect();
    order.sort_by_key(|o| (std::cmp::Reverse(operations.get(o).copied().unwrap_or(0)), place(o)));
    order
}

fn input(operation: &Operation) -> usize {
    match operation {
        Operation::Input(i) | Operation::Layer(i) => *i,
    }
}
