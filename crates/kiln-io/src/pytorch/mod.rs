//! PyTorch's weight files, `.pt` and `.pth`: what `torch.save(model.state_dict(), path)` writes, since 1.6 and before.
//!
//! [`SaveModel::load_pt`](crate::SaveModel::load_pt) reads one; [`load`] takes [`Names`] where modules and layers don't come in one
//! order. Axes are turned to Kiln's order:
//!
//! | PyTorch | Kiln | how |
//! |---|---|---|
//! | `Linear` | `Dense` | (out, in) turned; behind a `Flatten` of a picture the rows go from (channels, height, width) to (height, width, channels) |
//! | `Conv1d` … `Conv3d`, transposed, with groups | `Conv1d` … | the first two axes behind the others, turned |
//! | `Conv2d` with as many groups as channels | `DepthwiseConv2d` | filters cut into (channels, multiplier) |
//! | two of them | `SeparableConv2d` | `.depthwise`, `.pointwise` |
//! | `BatchNorm`, `LayerNorm`, `GroupNorm`, `RMSNorm` | the same | `weight` is `gamma`, `bias` `beta`; `num_batches_tracked` is left out |
//! | `Embedding`, `PReLU` | the same | as they are |
//! | `RNN`, `LSTM`, their cells | `SimpleRnn`, `Lstm` | turned, the two biases added; a module of several layers is several layers |
//! | `GRU` | `Gru` | the gates r, z, n become z, r, h; the biases are the two rows of `reset_after` |
//! | `bidirectional=True` | `Bidirectional` | `_reverse` is the way back |
//! | `MultiheadAttention` | `MultiHeadAttention` | `in_proj` cut into query, key and value, each into heads |
//!
//! Nothing in a file is ever run: the reader of pickles knows the handful of names that weights need, and refuses every other. A whole
//! module (`torch.save(model, path)`) is Python code and refused. No more is read than the model's weights ask for.

mod calls;
mod file;
mod fill;
mod flat;
mod group;
mod names;
mod pickle;
mod slot;
mod torchvision;
mod value;
mod view;

#[cfg(test)]
mod tests;

#[cfg(test)]
pub(crate) use file::description;
pub(crate) use file::{is_old, is_torch};
pub use names::Names;

use crate::archive;
use crate::hdf5::{Fault, Read};
use crate::limits::Limits;
use crate::save::within;
use crate::weights::State;
use file::Storages;
use fill::Source;
use kiln_core::{Error, Result, Tensor};
use kiln_models::Model;
use std::path::Path;

/// Reads the weights of a PyTorch file into `model`, layer by layer as `names` says.
///
/// ```no_run
/// use kiln_io::pytorch::{self, Names};
/// use kiln_layers::{Dense, Input};
/// use kiln_models::sequential;
/// let mut model = sequential![Input::new([4]), Dense::new(8).activation("relu"), Dense::new(3)];
/// pytorch::load(&mut model, "mlp.pt", &Names::new().entry("ema"))?;
/// # Ok::<(), kiln_core::Error>(())
/// ```
///
/// # Errors
/// A file that can't be read, holds more than weights, or doesn't fit the model, which is unchanged then.
pub fn load(model: &mut Model, path: impl AsRef<Path>, names: &Names) -> Result<()> {
    let path = path.as_ref();
    let built = if model.is_built() { None } else { Some(model.built()?.into_owned()) };
    let bytes = archive::bytes(path, &names.limits)?;
    let state = state(path, &bytes, built.as_ref().unwrap_or(model), names)?;
    if let Some(built) = built {
        *model = built;
    }
    state.install(model);
    Ok(())
}

/// The names and shapes of all weights in a PyTorch file, in its order: what [`Names`] are written by. `entry` chooses a dictionary as
/// [`Names::entry`] does.
///
/// ```no_run
/// for (name, shape) in kiln_io::pytorch::names("resnet18.pth", None)? {
///     println!("{name} {shape:?}");
/// }
/// # Ok::<(), kiln_core::Error>(())
/// ```
///
/// # Errors
/// A file that can't be read.
pub fn names(path: impl AsRef<Path>, entry: Option<&str>) -> Result<Vec<(String, Vec<usize>)>> {
    let (path, limits) = (path.as_ref(), Limits::default());
    let bytes = archive::bytes(path, &limits)?;
    let listed = || -> Read<Vec<(String, Vec<usize>)>> {
        let pickle = file::description(&bytes, &limits)?;
        let torch = file::open(&bytes, &pickle, entry)?;
        Ok(torch.tensors.into_iter().map(|(name, view)| (name, view.shape)).collect())
    };
    listed().map_err(|fault| Error::file(path, fault))
}

/// The weights for `model` in the bytes of the file at `path`, which is not read.
pub(crate) fn state(path: &Path, bytes: &[u8], model: &Model, names: &Names) -> Result<State> {
    let damaged = |fault: Fault| Error::file(path, fault);
    let pickle = file::description(bytes, &names.limits).map_err(damaged)?;
    let mut torch = file::open(bytes, &pickle, names.entry.as_deref()).map_err(damaged)?;
    let mut slots = slot::slots(model).map_err(|e| within(path, e))?;
    if names.channels_last {
        slots.iter_mut().for_each(|slot| slot.flat = None);
    }
    let matched = names.matched(group::groups(std::mem::take(&mut torch.tensors)), slots).map_err(|e| within(path, e))?;
    let mut filled = Vec::new();
    for (slot, group) in &matched {
        let weights = fill::fill(slot, group).map_err(|what| {
            let (of, module) = (slot.describe(), &group.name);
            Error::file(path, format!("the module `{module}` ({}) is none for the layer `{}` ({of}): {what}", group.describe(), slot.path))
                .hint("say what belongs together with `pytorch::Names`")
        })?;
        filled.extend(weights);
    }
    let mut weights = Vec::new();
    for (id, shape, source) in filled {
        let numbers = numbers(&mut torch.storages, &source).map_err(damaged)?;
        weights.push((id, Tensor::from_vec(numbers, &shape).map_err(|e| within(path, e))?));
    }
    Ok(State { weights, optimizer: None })
}

/// Everything that a pickle leads to, for damaged ones.
#[cfg(any(test, fuzzing))]
pub(crate) fn read_pickle(bytes: &[u8]) {
    if let Ok((pickle, _)) = pickle::read(bytes) {
        let tensors = file::tensors(&pickle, None).unwrap_or_default();
        let count = |view: &view::View<'_>| view.shape.iter().try_fold(1usize, |n, axis| n.checked_mul(*axis));
        for (_, view) in tensors.iter().filter(|(_, view)| count(view).is_some_and(|n| n < 1 << 16)) {
            let _ = view.numbers(bytes);
        }
        let _ = group::groups(tensors);
    }
}

fn numbers(storages: &mut Storages<'_>, source: &Source<'_>) -> Read<Vec<f32>> {
    match source {
        Source::One(view) => storages.numbers(view),
        Source::Sum(a, b) => {
            let (a, b) = (storages.numbers(a)?, storages.numbers(b)?);
            Ok(a.into_iter().zip(b).map(|(a, b)| a + b).collect())
        }
        Source::Rows(views) => {
            let all: Read<Vec<Vec<f32>>> = views.iter().map(|view| storages.numbers(view)).collect();
            Ok(all?.concat())
        }
        Source::Columns(views) => {
            let all: Read<Vec<Vec<f32>>> = views.iter().map(|view| storages.numbers(view)).collect();
            let all = all?;
            let rows = views.first().and_then(|view| view.shape.first()).copied().unwrap_or(0);
            let row =
                |i: usize| all.iter().flat_map(move |part| part.iter().skip(i * part.len() / rows.max(1)).take(part.len() / rows.max(1)));
            Ok((0..rows).flat_map(row).copied().collect())
        }
    }
}
