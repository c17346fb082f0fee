//! The few functions that PyTorch's weight files name, and what each would make.

use super::value::{Node, Value};
use super::view::{Dtype, Storage, View};
use crate::hdf5::{Read, fault};

type Nodes<'a> = Vec<Node<'a>>;

/// What a call of `function` would have made.
pub(super) fn call<'a>(nodes: &mut Nodes<'a>, function: Value<'a>, arguments: Value<'a>) -> Read<Value<'a>> {
    let Value::Name(module, name) = function else { return fault("a call of what is no function") };
    let Some(arguments) = items(nodes, arguments) else { return fault(format!("`{module}.{name}` without arguments")) };
    let made = match (module, name) {
        ("torch._utils", "_rebuild_tensor_v2") => Node::Tensor(view(nodes, arguments)?),
        ("torch._utils", "_rebuild_parameter" | "_rebuild_parameter_with_state") => {
            let inner = arguments.first().copied();
            return inner.map_or_else(|| fault("a parameter without a tensor"), Ok);
        }
        ("collections", "OrderedDict" | "defaultdict") => Node::Dict(pairs(nodes, arguments.last().copied())),
        ("torch", "Size") => Node::Tuple(arguments.first().and_then(|inner| items(nodes, *inner)).unwrap_or_default().to_vec()),
        ("torch", "device") => return Ok(Value::None),
        _ => return fault(refused(module, name)),
    };
    nodes.push(made);
    Ok(Value::At(nodes.len() - 1))
}

pub(super) fn refused(module: &str, name: &str) -> String {
    let what = format!("`{module}.{name}` is Python code, which is never run");
    match module {
        // Scripted modules have a zoo of classes of their own.
        _ if module.starts_with("__torch__") => {
            format!("{what}; in Python, `torch.save(torch.jit.load(path).state_dict(), \"weights.pt\")`")
        }
        _ => format!("{what}; in Python, save `model.state_dict()` instead of the whole model"),
    }
}

/// The storage that `id`, (`"storage"`, its class, its key, a device, its length), stands for; before 1.6 with a part of another.
pub(super) fn stored<'a>(nodes: &Nodes<'a>, id: Value<'a>) -> Read<Storage<'a>> {
    let Some([Value::Text("storage"), Value::Name(module, class), Value::Text(key), _, Value::Int(length), rest @ ..]) = items(nodes, id)
    else {
        return fault("a reference to something that is no storage of PyTorch's");
    };
    let dtype = match Dtype::of_storage(class).filter(|_| ["torch", "torch.cuda"].contains(module)) {
        Some(dtype) => dtype,
        None => return fault(format!("numbers of `{module}.{class}`, which Kiln doesn't read")),
    };
    let offset = match rest {
        [] | [Value::None] => 0,
        [part] => match items(nodes, *part) {
            Some([_, Value::Int(offset), _]) => size(*offset)?,
            _ => return fault("a part of a storage without a place"),
        },
        _ => return fault("a storage with too many words about it"),
    };
    Ok(Storage { key, dtype, length: size(*length)?, offset })
}

/// (storage, offset, sizes, strides, ..)
fn view<'a>(nodes: &Nodes<'a>, arguments: &[Value<'a>]) -> Read<View<'a>> {
    let [Value::At(place), Value::Int(offset), sizes, strides, ..] = arguments else { return fault("a tensor without sizes") };
    let Some(Node::Storage(storage)) = nodes.get(*place) else { return fault("a tensor without a storage") };
    let whole = |value: Value<'a>| -> Read<Vec<usize>> {
        let Some(items) = items(nodes, value) else { return fault("a tensor without sizes") };
        items.iter().map(|item| if let Value::Int(n) = item { size(*n) } else { fault("a size that is no number") }).collect()
    };
    View::new(*storage, size(*offset)?, whole(*sizes)?, whole(*strides)?)
}

fn size(n: i64) -> Read<usize> {
    usize::try_from(n).or_else(|_| fault(format!("a size of {n}")))
}

fn items<'n, 'a>(nodes: &'n Nodes<'a>, value: Value<'a>) -> Option<&'n [Value<'a>]> {
    match value {
        Value::At(place) => match nodes.get(place)? {
            Node::List(items) | Node::Tuple(items) => Some(items),
            _ => None,
        },
        _ => None,
    }
}

/// A list of pairs as Python's dictionaries are called with.
fn pairs<'a>(nodes: &Nodes<'a>, list: Option<Value<'a>>) -> Vec<(Value<'a>, Value<'a>)> {
    let pair = |item: &Value<'a>| match items(nodes, *item) {
        Some([key, value]) => Some((*key, *value)),
        _ => None,
    };
    list.and_then(|list| items(nodes, list)).unwrap_or_default().iter().filter_map(pair).collect()
}
