//! How the weights of a module of PyTorch's become those of a layer.

use super::group::Group;
use super::slot::{Kind, Slot, Want};
use super::view::View;
use burn::module::ParamId;
use kiln_core::shape::tuple;

/// Where the numbers of a weight come from.
#[derive(Clone, Debug)]
pub(super) enum Source<'a> {
    One(View<'a>),
    /// The sum of both.
    Sum(View<'a>, View<'a>),
    /// Matrices side by side.
    Columns(Vec<View<'a>>),
    /// One after the other.
    Rows(Vec<View<'a>>),
}

/// A weight of the model and its new numbers.
pub(super) type Filled<'a> = (ParamId, Vec<usize>, Source<'a>);

/// The fields of a group, of which each is used once.
struct Fields<'g, 'a> {
    group: &'g Group<'a>,
    used: Vec<String>,
}

type Fill<T> = Result<T, String>;

impl<'a> Fields<'_, 'a> {
    fn take(&mut self, field: &str) -> Fill<View<'a>> {
        self.used.push(field.to_owned());
        self.group.get(field).cloned().ok_or_else(|| format!("there is no `{field}`"))
    }

    /// A field whose axes must be `shape`.
    fn of(&mut self, field: &str, shape: &[usize]) -> Fill<View<'a>> {
        let view = self.take(field)?;
        match view.shape == shape {
            true => Ok(view),
            false => Err(format!("`{field}` is of shape {}, where {} was expected", tuple(&view.shape), tuple(shape))),
        }
    }

    fn rest(&self) -> Fill<()> {
        match self.group.fields.iter().find(|(name, _)| !self.used.contains(name)) {
            Some((name, _)) => Err(format!("the layer has no place for `{name}`")),
            None => Ok(()),
        }
    }
}

/// All weights of `slot` from `group`, or what doesn't fit. No number is read yet.
pub(super) fn fill<'a>(slot: &Slot, group: &Group<'a>) -> Fill<Vec<Filled<'a>>> {
    let mut fields = Fields { group, used: Vec::new() };
    let mut all = Vec::new();
    for want in &slot.wants {
        all.push((want.id, want.shape.clone(), source(slot, want, &mut fields)?));
    }
    fields.rest()?;
    Ok(all)
}

fn source<'a>(slot: &Slot, want: &Want, fields: &mut Fields<'_, 'a>) -> Fill<Source<'a>> {
    let (name, shape) = (want.name.as_str(), want.shape.as_slice());
    let turned: Vec<usize> = shape.iter().rev().copied().collect();
    match (slot.kind, name) {
        (Kind::Dense, "kernel") => {
            let view = fields.of("weight", &turned)?;
            Ok(Source::One(match &slot.flat {
                // (units, channels · spatial): the channels go behind.
                Some(axes) if splits(axes, view.shape.get(1)) => view.split(1, axes).permute(&behind(axes.len(), 1)),
                _ => view.permute(&[1, 0]),
            }))
        }
        (Kind::Conv, "kernel") => {
            let (rank, mut stored) = (shape.len(), turned);
            if rank < 3 {
                return Err("the kernel is no convolution's".to_owned());
            }
            stored[2..].reverse();
            let order: Vec<usize> = (2..rank).chain([1, 0]).collect();
            Ok(Source::One(fields.of("weight", &stored)?.permute(&order)))
        }
        // (channels · multiplier, 1, spatial) to (spatial, channels, multiplier)
        (Kind::Depthwise, "kernel") => match shape {
            [spatial @ .., channels, multiplier] => {
                let filters = channels.saturating_mul(*multiplier);
                let stored: Vec<usize> = [filters, 1].into_iter().chain(spatial.iter().copied()).collect();
                let view = fields.of("weight", &stored)?.split(0, &[*channels, *multiplier]);
                let order: Vec<usize> = (3..3 + spatial.len()).chain([0, 1]).collect();
                Ok(Source::One(view.permute(&order)))
            }
            _ => Err("the kernel is no depthwise convolution's".to_owned()),
        },
        (Kind::Dense | Kind::Conv | Kind::Depthwise, "bias") => Ok(Source::One(fields.of("bias", shape)?)),
        (Kind::Norm, name) => {
            let field = match name {
                "gamma" | "scale" => "weight",
                "beta" => "bias",
                "moving_mean" => "running_mean",
                "moving_variance" => "running_var",
                other => return Err(format!("PyTorch has nothing for `{other}`")),
            };
            let view = fields.of(field, shape)?;
            Ok(Source::One(match &slot.flat {
                Some(axes) if splits(axes, view.shape.first()) => view.split(0, axes).permute(&behind(axes.len(), 0)),
                _ => view,
            }))
        }
        (Kind::Embedding, "embeddings") => Ok(Source::One(fields.of("weight", shape)?)),
        (Kind::PRelu, "alpha") => {
            let view = fields.take("weight")?;
            match (view.shape.as_slice(), shape.last()) {
                ([n], Some(last)) if n == last && shape.iter().product::<usize>() == *n => Ok(Source::One(view.split(0, shape))),
                _ => Err(format!("`weight` is of shape {}, `alpha` of {}; see `shared_axes`", tuple(&view.shape), tuple(shape))),
            }
        }
        (Kind::Recurrent, name) => recurrent(name, shape, "", false, fields),
        (Kind::Gru, name) => recurrent(name, shape, "", true, fields),
        (Kind::Bidirectional { gru }, name) => match name.split_once('.') {
            Some(("forward", name)) => recurrent(name, shape, "", gru, fields),
            Some((_, name)) => recurrent(name, shape, "_reverse", gru, fields),
            None => Err(format!("PyTorch has nothing for `{name}`")),
        },
        (Kind::Attention, name) => attention(name, shape, fields),
        (_, name) => Err(format!("Kiln knows no counterpart of PyTorch's for `{name}` of the class `{}`", slot.class)),
    }
}

/// Whether an axis of `size` can be made of `axes`.
fn splits(axes: &[usize], size: Option<&usize>) -> bool {
    axes.iter().try_fold(1usize, |n, axis| n.checked_mul(*axis)).as_ref() == size
}

/// The order that puts the channels, at `first`, behind the `count - 1` spatial axes after them, and what was before the channels last.
fn behind(count: usize, first: usize) -> Vec<usize> {
    (first + 1..first + count).chain([first]).chain(0..first).collect()
}

/// The order of Keras' gates among PyTorch's: z, r, h of r, z, n.
const GRU: [usize; 3] = [1, 0, 2];

/// LSTM and simple cells have their gates in one order in both; PyTorch's second bias is added to the first.
fn recurrent<'a>(name: &str, shape: &[usize], suffix: &str, gru: bool, fields: &mut Fields<'_, 'a>) -> Fill<Source<'a>> {
    let turned: Vec<usize> = shape.iter().rev().copied().collect();
    let field = |name: &str| format!("{name}{suffix}");
    let gates = |view: View<'a>| GRU.map(|gate| view.part(gate, 3));
    match (name, gru) {
        ("kernel" | "recurrent_kernel", _) => {
            let view = fields.of(&field(if name == "kernel" { "weight_ih" } else { "weight_hh" }), &turned)?;
            Ok(match gru {
                true => Source::Columns(gates(view).into_iter().map(|gate| gate.permute(&[1, 0])).collect()),
                false => Source::One(view.permute(&[1, 0])),
            })
        }
        ("bias", false) => Ok(Source::Sum(fields.of(&field("bias_ih"), shape)?, fields.of(&field("bias_hh"), shape)?)),
        ("bias", true) => match shape {
            [2, width] => {
                let both = [fields.of(&field("bias_ih"), &[*width])?, fields.of(&field("bias_hh"), &[*width])?];
                Ok(Source::Rows(both.into_iter().flat_map(gates).collect()))
            }
            _ => Err("PyTorch's GRU resets after the product: the layer needs `reset_after(true)`".to_owned()),
        },
        (other, _) => Err(format!("PyTorch has nothing for `{other}`")),
    }
}

/// Query, key and value stand in one matrix in PyTorch, if they are of one width.
fn attention<'a>(name: &str, shape: &[usize], fields: &mut Fields<'_, 'a>) -> Fill<Source<'a>> {
    let joined = fields.group.get("in_proj_weight").is_some();
    let place = |part: &str| ["query", "key", "value"].iter().position(|p| *p == part);
    match (name.split_once('.'), shape) {
        // (features, heads, size) of (heads · size, features)
        (Some((part, "kernel")), [features, heads, size]) if place(part).is_some() => {
            let (place, rows) = (place(part).unwrap_or(0), heads.saturating_mul(*size));
            let view = match joined {
                true => fields.of("in_proj_weight", &[rows.saturating_mul(3), *features])?.part(place, 3),
                false => fields.of(["q_proj_weight", "k_proj_weight", "v_proj_weight"][place], &[rows, *features])?,
            };
            Ok(Source::One(view.split(0, &[*heads, *size]).permute(&[2, 0, 1])))
        }
        (Some((part, "bias")), [heads, size]) if place(part).is_some() => {
            let (place, rows) = (place(part).unwrap_or(0), heads.saturating_mul(*size));
            Ok(Source::One(fields.of("in_proj_bias", &[rows.saturating_mul(3)])?.part(place, 3)))
        }
        // (heads, size, features) of (features, heads · size)
        (Some(("attention_output", "kernel")), [heads, size, features]) => {
            let view = fields.of("out_proj.weight", &[*features, heads.saturating_mul(*size)])?;
            Ok(Source::One(view.split(1, &[*heads, *size]).permute(&[1, 2, 0])))
        }
        (Some(("attention_output", "bias")), [_]) => Ok(Source::One(fields.of("out_proj.bias", shape)?)),
        _ => Err(format!("PyTorch has nothing for `{name}` of shape {}", tuple(shape))),
    }
}
