//! The tensors of one module of PyTorch's.

use super::view::View;
use std::collections::{HashMap, HashSet};

/// A module's tensors by their names in it: `weight`, `running_mean`, `in_proj_weight`.
#[derive(Clone, Debug)]
pub(super) struct Group<'a> {
    /// The module's name, `features.0`; behind that of a recurrent one the number of its layer, `lstm.l0`, if it has several.
    pub(super) name: String,
    pub(super) fields: Vec<(String, View<'a>)>,
}

/// What counts batches and changes no output.
const PASSED_OVER: &str = "num_batches_tracked";

/// The tensors of a file by module, in the file's order.
pub(super) fn groups<'a>(tensors: Vec<(String, View<'a>)>) -> Vec<Group<'a>> {
    // What `nn.DataParallel` and `torch.compile` put before every name.
    let before = ["module.", "_orig_mod."].into_iter().find(|before| tensors.iter().all(|(name, _)| name.starts_with(before)));
    let split = |name: &str| match name.rsplit_once('.') {
        Some((module, field)) => (module.to_owned(), field.to_owned()),
        None => (String::new(), name.to_owned()),
    };
    let tensors: Vec<(String, String, View<'a>)> = tensors
        .into_iter()
        .map(|(name, view)| (split(name.strip_prefix(before.unwrap_or_default()).unwrap_or(&name)), view))
        .map(|((module, field), view)| (module, field, view))
        .filter(|(_, field, _)| field != PASSED_OVER)
        .collect();
    let attention: HashSet<String> =
        tensors.iter().filter(|(_, field, _)| field == "in_proj_weight" || field == "q_proj_weight").map(|(m, ..)| m.clone()).collect();
    let deep: HashSet<String> = tensors.iter().filter(|(_, field, _)| field == "weight_hh_l1").map(|(m, ..)| m.clone()).collect();
    let (mut groups, mut places): (Vec<Group<'a>>, HashMap<String, usize>) = Default::default();
    for (module, field, view) in tensors {
        // The output of attention is a module inside it.
        let outer = module.strip_suffix("out_proj").map(|m| m.strip_suffix('.').unwrap_or(m)).filter(|m| attention.contains(*m));
        let (name, field) = match (outer, layer(&field)) {
            (Some(outer), _) => (outer.to_owned(), format!("out_proj.{field}")),
            (None, Some((short, number))) => (if deep.contains(&module) { join(&module, &format!("l{number}")) } else { module }, short),
            (None, None) => (module, field),
        };
        let place = *places.entry(name.clone()).or_insert_with(|| {
            groups.push(Group { name, fields: Vec::new() });
            groups.len() - 1
        });
        groups[place].fields.push((field, view));
    }
    groups
}

fn join(module: &str, name: &str) -> String {
    if module.is_empty() { name.to_owned() } else { format!("{module}.{name}") }
}

/// `weight_ih_l0_reverse` as `weight_ih_reverse` and the layer's number.
fn layer(field: &str) -> Option<(String, usize)> {
    let (short, rest) = field.split_once("_l")?;
    let (number, reverse) = match rest.strip_suffix("_reverse") {
        Some(number) => (number, "_reverse"),
        None => (rest, ""),
    };
    let known = ["weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr"].contains(&short);
    Some((format!("{short}{reverse}"), number.parse().ok()?)).filter(|_| known)
}

impl<'a> Group<'a> {
    pub(super) fn get(&self, field: &str) -> Option<&View<'a>> {
        self.fields.iter().find(|(name, _)| name == field).map(|(_, view)| view)
    }

    /// `weight (8, 1, 3, 3), bias (8,)`, for errors.
    pub(super) fn describe(&self) -> String {
        let fields = self.fields.iter().map(|(name, view)| format!("{name} {}", kiln_core::shape::tuple(&view.shape)));
        fields.collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::super::view::{Dtype, Storage};
    use super::*;

    fn of(names: &[&str]) -> Vec<(String, Vec<String>)> {
        let storage = Storage { key: "0", dtype: Dtype::F32, length: 1, offset: 0 };
        let view = View::new(storage, 0, vec![1], vec![1]).unwrap();
        let groups = groups(names.iter().map(|n| ((*n).to_owned(), view.clone())).collect());
        groups.into_iter().map(|g| (g.name, g.fields.into_iter().map(|(n, _)| n).collect())).collect()
    }

    #[test]
    fn tensors_are_gathered_by_module() {
        let plain = of(&["module.bn.weight", "module.bn.running_mean", "module.bn.num_batches_tracked"]);
        assert_eq!(plain, [("bn".to_owned(), vec!["weight".to_owned(), "running_mean".to_owned()])]);
        let attention = of(&["a.in_proj_weight", "a.out_proj.weight", "b.out_proj.weight"]);
        assert_eq!(attention[0], ("a".to_owned(), vec!["in_proj_weight".to_owned(), "out_proj.weight".to_owned()]));
        assert_eq!(attention[1].0, "b.out_proj");
        let deep = of(&["r.weight_ih_l0", "r.weight_hh_l0_reverse", "r.weight_hh_l1", "s.weight_ih_l0"]);
        assert_eq!(deep[0], ("r.l0".to_owned(), vec!["weight_ih".to_owned(), "weight_hh_reverse".to_owned()]));
        assert_eq!((deep[1].0.as_str(), deep[2].0.as_str()), ("r.l1", "s"));
    }
}
