//! Weights and the state of the optimizer in Keras' HDF5 files.

use crate::hdf5::{Fault, File, Group, Node, Read, Tree, file};
use crate::places::{Place, Var, places, trained};
use burn::module::ParamId;
use kiln_core::shape::tuple;
use kiln_core::{Graph, Result, Tensor};
use kiln_models::Model;
use kiln_train::Optimizer;
use kiln_train::optimizers::{Trained, Variable};
use std::collections::HashMap;

/// What a file gives to a model, complete and checked: nothing can fail when it is put in place.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) weights: Vec<(ParamId, Tensor)>,
    pub(crate) optimizer: Option<OptimizerState>,
}

#[derive(Debug)]
pub(crate) struct OptimizerState {
    /// A copy of the optimizer with the state.
    optimizer: Optimizer,
}

impl State {
    /// Puts everything in its place.
    pub(crate) fn install(self, model: &mut Model) {
        model.assign(self.weights);
        if let (Some(state), Some(optimizer)) = (self.optimizer, model.optimizer_mut()) {
            *optimizer = state.optimizer;
        }
    }
}

/// The bytes of a `.weights.h5` file.
pub(crate) fn write(model: &Model, with_optimizer: bool) -> Result<Vec<u8>> {
    let graph = model.module();
    let values: HashMap<ParamId, Tensor> = kiln_core::weights::values(graph).into_iter().collect();
    let mut root = Tree::default();
    for place in places(model, graph)?.into_iter().filter(|p| !p.again) {
        let group = root.group(&format!("{}/vars", place.group));
        group.name = Some(place.name);
        for (i, var) in place.vars.iter().enumerate() {
            let Some(value) = values.get(&var.id) else { continue };
            let numbers = value.clone().inner().to_vec::<f32>();
            let node = match (var.whole, numbers.first()) {
                (true, Some(number)) => Node::Integer(*number as i64),
                _ => Node::Floats(if var.scalar { Vec::new() } else { var.shape.clone() }, numbers),
            };
            group.nodes.insert(i.to_string(), node);
        }
    }
    if let (true, Some(compiled)) = (with_optimizer, model.compilation()) {
        let optimizer = compiled.optimizer;
        let variables = optimizer.variables(graph, &trained(model, graph)?)?;
        let group = root.group("optimizer/vars");
        group.name = Some(optimizer.name().to_owned());
        let scale = optimizer.loss_scale();
        let number = |n: f64| Node::Floats(Vec::new(), vec![n as f32]);
        let inner = variables.iter().any(|v| matches!(v, Variable::Scale));
        let mut nodes = Vec::new();
        for variable in variables {
            let node = match variable {
                Variable::Iterations => Node::Integer(optimizer.iterations() as i64),
                Variable::LearningRate => number(optimizer.learning_rate()),
                Variable::Slot { value, .. } => Node::Floats(value.shape(), value.inner().to_vec()),
                Variable::ScaleSteps => Node::Integer(scale.map_or(0, |s| s.1 as i64)),
                Variable::Scale => number(scale.map_or(1.0, |s| s.0)),
                Variable::Integer(n) => Node::Integer(n),
                Variable::Number(n) => number(n),
            };
            nodes.push(node);
        }
        if scale.is_some() && nodes.len() > 4 && inner {
            // Keras writes the optimizer inside once more, behind the four variables of the one around it.
            let group = root.group("optimizer/inner_optimizer/vars");
            group.name = compiled
                .optimizer
                .config()
                .and_then(|c| Some(c.values.get("inner_optimizer")?.pointer("/config/name")?.as_str()?.to_owned()));
            group.nodes.extend(nodes[4..].iter().cloned().enumerate().map(|(i, node)| (i.to_string(), node)));
        }
        root.group("optimizer/vars").nodes.extend(nodes.into_iter().enumerate().map(|(i, node)| (i.to_string(), node)));
    }
    Ok(file(&root))
}

/// Reads a `.weights.h5` file for `model`, which is not changed.
pub(crate) fn read(file: &File, model: &Model, with_optimizer: bool) -> Result<State, Fault> {
    let graph = model.module();
    let mut weights = Vec::new();
    let of_kiln = |e: kiln_core::Error| Fault(e.to_string());
    for place in places(model, graph).map_err(of_kiln)?.iter().filter(|p| !p.vars.is_empty()) {
        weights.extend(group(&file.root(), place)?);
    }
    let optimizer = match model.compilation().filter(|_| with_optimizer) {
        Some(compiled) => optimizer(file, compiled.optimizer, graph, &trained(model, graph).map_err(of_kiln)?)?,
        None => None,
    };
    Ok(State { weights, optimizer })
}

fn group(root: &Group<'_>, place: &Place) -> Read<Vec<(ParamId, Tensor)>> {
    let path = format!("{}/vars", place.group);
    // Attributes of Python that begin with `_`, and what Keras called `layers` before 3.1.
    let private = path.rsplitn(3, '/').collect::<Vec<_>>();
    let private = match private[..] {
        [vars, name, outer] => format!("{outer}/_{name}/{vars}"),
        _ => path.clone(),
    };
    let mut found = None;
    for path in [&path, &private, &path.replace("layers/", "_layer_checkpoint_dependencies/")] {
        found = match found {
            None => root.find(path)?,
            found => found,
        };
    }
    let names = || place.vars.iter().map(|v| format!("`{}`", v.path)).collect::<Vec<_>>().join(", ");
    let Some(found) = found else {
        return Err(Fault(format!("there is no `{path}` for the weights {}", names())));
    };
    let count = found.links()?.len();
    if count != place.vars.len() {
        return Err(Fault(format!("`{path}` has {count} weights, the layer has {}: {}", place.vars.len(), names())));
    }
    place.vars.iter().enumerate().map(|(i, var)| Ok((var.id, tensor(&found, &i.to_string(), var)?))).collect()
}

/// The values of the data set `name` for a weight.
pub(crate) fn tensor(group: &Group<'_>, name: &str, var: &Var) -> Read<Tensor> {
    let data = group.find(name)?.map(|g| g.dataset()).transpose()?.flatten();
    let Some(data) = data else { return Err(Fault(format!("there is no data set `{name}` for the weight `{}`", var.path))) };
    values(&data, &var.shape, &var.path)
}

fn values(data: &crate::hdf5::Dataset<'_>, shape: &[usize], path: &str) -> Read<Tensor> {
    let one = data.shape.is_empty() && shape == [1];
    if !one && data.shape != shape {
        let (expected, received) = (tuple(shape), tuple(&data.shape));
        return Err(Fault(format!("`{path}`: expected a weight of shape {expected}, received {received}")));
    }
    let values = data.floats(shape.iter().product())?;
    Tensor::from_vec(values, shape).map_err(|e| Fault(format!("`{path}`: {e}")))
}

fn optimizer(file: &File, optimizer: &Optimizer, graph: &Graph, order: &[ParamId]) -> Read<Option<OptimizerState>> {
    let Some(group) = file.root().find("optimizer/vars")? else { return Ok(None) };
    let names: Vec<String> = (0..group.links()?.len()).map(|i| i.to_string()).collect();
    of_datasets(&group, &names, optimizer, graph, order)
}

/// The state of an optimizer from the data sets `names` of `group`, in Keras' order; none when there are as few as before the first
/// step of a training.
pub(crate) fn of_datasets(
    group: &Group<'_>,
    names: &[String],
    optimizer: &Optimizer,
    graph: &Graph,
    order: &[ParamId],
) -> Read<Option<OptimizerState>> {
    let Ok(variables) = optimizer.variables(graph, order) else { return Ok(None) };
    let slots = variables.iter().filter(|v| matches!(v, Variable::Slot { .. })).count();
    let unbuilt = names.len() + slots <= variables.len();
    if names.len() != variables.len() && !(unbuilt && slots > 0) {
        let what =
            format!("the optimizer `{}` has {} variables for this model, the file has {}", optimizer.name(), variables.len(), names.len());
        return Err(Fault(format!("{what}; load with `compile(false)` to start with a new one")));
    }
    let mut state = optimizer.clone();
    let (mut iterations, mut rate, mut loaded, mut scale) = (0, None, Vec::new(), (None, None));
    for (variable, name) in variables.into_iter().zip(names) {
        let data = group.find(name)?.map(|g| g.dataset()).transpose()?.flatten();
        let Some(data) = data else { return Err(Fault(format!("there is no data set `{name}` for the optimizer"))) };
        let whole = || -> Read<u64> { Ok(data.integers(1)?.first().map_or(0, |n| u64::try_from(*n).unwrap_or(0))) };
        let number = || -> Read<Option<f32>> { Ok(data.floats(1)?.first().copied()) };
        match variable {
            Variable::Iterations => iterations = whole()?,
            Variable::LearningRate => rate = number()?,
            Variable::ScaleSteps => scale.1 = Some(whole()?),
            Variable::Scale => scale.0 = number()?,
            Variable::Slot { weight, name, value } => {
                loaded.push((weight, name, values(&data, &value.shape(), &format!("optimizer.{name}"))?))
            }
            Variable::Integer(_) | Variable::Number(_) => {}
        }
    }
    let kiln = |e: kiln_core::Error| Fault(e.to_string());
    state.load(iterations, loaded).map_err(kiln)?;
    // The file has the rate in `f32`; the description may have it exactly.
    if let Some(rate) = rate.filter(|rate| *rate != state.learning_rate() as f32) {
        state.set_learning_rate(f64::from(rate)).map_err(kiln)?;
    }
    if let (Some(factor), Some(steps)) = scale {
        state.set_loss_scale(f64::from(factor), steps).map_err(kiln)?;
    }
    Ok(Some(OptimizerState { optimizer: state }))
}
