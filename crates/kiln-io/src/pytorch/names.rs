//! Which module of PyTorch's is which layer.

use super::group::Group;
use super::slot::Slot;
use super::torchvision;
use crate::limits::Limits;
use kiln_core::{Error, Result};

/// Which weights of a PyTorch file go into which layers, for [`load`](crate::pytorch::load).
///
/// Without a word said, modules and layers are brought together by their names if all of them are alike, by torchvision's names for
/// Kiln's ResNets, and else in order: the modules as the file has them, the layers as the model lists them. Kinds and shapes must fit, or
/// the error names both. What the order can't find is said in pairs.
///
/// ```
/// use kiln_io::pytorch::Names;
/// let names = Names::new()
///     .pair("encoder.layers.0.self_attn", "attention") // a module, a layer
///     .pair("encoder.layers.0", "block") // and all inside: `encoder.layers.0.linear1` is `block.linear1`
///     .ignore("head") // of the file
///     .keep("predictions"); // of the model
/// ```
#[derive(Clone, Debug, Default)]
pub struct Names {
    pairs: Vec<(String, String)>,
    ignored: Vec<String>,
    kept: Vec<String>,
    pub(super) entry: Option<String>,
    pub(super) channels_last: bool,
    pub(super) limits: Limits,
}

/// Whether `name` is `prefix` or stands inside it; what follows then.
fn inside<'n>(name: &'n str, prefix: &str) -> Option<&'n str> {
    let rest = name.strip_prefix(prefix)?;
    (rest.is_empty() || rest.starts_with('.') || prefix.is_empty()).then_some(rest)
}

impl Names {
    /// By names or in order.
    pub fn new() -> Self {
        Self::default()
    }

    /// The PyTorch module `torch`, and what is inside it, is the layer `kiln`, and what is inside that. Of several pairs the one with
    /// the longest name counts, and an empty name is that of the whole. A layer of a recurrent module with several is `lstm.l0`, `lstm.l1` …; the parts of a separable
    /// convolution of Kiln's are `separable_conv2d.depthwise` and `.pointwise`.
    pub fn pair(mut self, torch: &str, kiln: &str) -> Self {
        self.pairs.push((torch.to_owned(), kiln.to_owned()));
        self
    }

    /// Leaves the PyTorch module `torch`, and what is inside it, out.
    pub fn ignore(mut self, torch: &str) -> Self {
        self.ignored.push(torch.to_owned());
        self
    }

    /// Lets the layer `kiln`, and what is inside it, keep its weights.
    pub fn keep(mut self, kiln: &str) -> Self {
        self.kept.push(kiln.to_owned());
        self
    }

    /// The weights are what the file's dictionary has under `name`. Default: `state_dict`, `model_state_dict` or `model`, where there is
    /// one, else the dictionary itself.
    pub fn entry(mut self, name: &str) -> Self {
        self.entry = Some(name.to_owned());
        self
    }

    /// Whether the PyTorch model, too, flattens pictures with their channels last, so that the kernel behind is not reordered. Default
    /// false.
    pub fn channels_last(mut self, channels_last: bool) -> Self {
        self.channels_last = channels_last;
        self
    }

    /// How much a file may ask for.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The layer's path that the pairs give a module.
    fn paired(&self, module: &str) -> Option<String> {
        let fitting = self.pairs.iter().filter_map(|(torch, kiln)| Some((torch.len(), kiln, inside(module, torch)?)));
        let (length, kiln, rest) = fitting.max_by_key(|(length, ..)| *length)?;
        let rest = rest.strip_prefix('.').filter(|_| length > 0).unwrap_or(rest);
        Some(if kiln.is_empty() || rest.is_empty() { format!("{kiln}{rest}") } else { format!("{kiln}.{rest}") })
    }

    /// Brings modules and layers together.
    pub(super) fn matched<'a>(&self, groups: Vec<Group<'a>>, slots: Vec<Slot>) -> Result<Vec<(Slot, Group<'a>)>> {
        let mut groups: Vec<Group<'a>> =
            groups.into_iter().filter(|g| !self.ignored.iter().any(|torch| inside(&g.name, torch).is_some())).collect();
        let mut slots: Vec<Slot> = slots.into_iter().filter(|s| !self.kept.iter().any(|kiln| inside(&s.path, kiln).is_some())).collect();
        let mut matched = Vec::new();
        let mut rest = Vec::new();
        for group in groups {
            let Some(path) = self.paired(&group.name) else {
                rest.push(group);
                continue;
            };
            match slots.iter().position(|slot| slot.path == path) {
                Some(place) => matched.push((slots.remove(place), group)),
                None => return Err(Error::unknown(&format!("layer for the module `{}`,", group.name), &path, paths(&slots))),
            }
        }
        groups = rest;
        for rule in [(|name: &str| name.to_owned()) as fn(&str) -> String, torchvision::path] {
            let places = || groups.iter().map(|g| slots.iter().position(|slot| slot.path == rule(&g.name)));
            if groups.len() == slots.len() && places().all(|place| place.is_some()) {
                let places: Vec<usize> = places().flatten().collect();
                matched.extend(places.into_iter().map(|place| slots[place].clone()).zip(groups));
                return Ok(matched);
            }
        }
        if groups.len() != slots.len() {
            let modules = listed(groups.iter().map(|g| g.name.as_str()));
            let what = format!(
                "{} modules with weights are left in the file ({modules}), {} layers in the model ({})",
                groups.len(),
                slots.len(),
                listed(paths(&slots))
            );
            return Err(Error::data("", what).hint("say what belongs together with `Names::pair`, what to leave with `ignore` and `keep`"));
        }
        matched.extend(slots.into_iter().zip(groups));
        Ok(matched)
    }
}

fn paths(slots: &[Slot]) -> impl Iterator<Item = &str> {
    slots.iter().map(|slot| slot.path.as_str())
}

fn listed<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    match names.len() {
        0 => "none".to_owned(),
        n if n > 12 => format!("{}, … {}", names[..8].join(", "), names[n - 1]),
        _ => names.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_pair_counts() {
        let names = Names::new().pair("encoder", "e").pair("encoder.0", "first").pair("fc", "dense");
        assert_eq!(names.paired("encoder.0.linear").as_deref(), Some("first.linear"));
        assert_eq!(names.paired("encoder.01").as_deref(), Some("e.01"));
        assert_eq!((names.paired("fc").as_deref(), names.paired("fc2")), (Some("dense"), None));
        assert_eq!(Names::new().pair("", "model").paired("fc").as_deref(), Some("model.fc"));
        assert_eq!(Names::new().pair("", "dense").paired("").as_deref(), Some("dense"));
        assert_eq!(Names::new().pair("net", "").paired("net.fc").as_deref(), Some("fc"));
    }
}
