//! The plan of a model: which layer reads what, with every shape known before a weight is made.

use crate::any_layer::{AnyLayer, snake_case};
use crate::build::Build;
use crate::device::Device;
use crate::error::{Error, Result};
use crate::graph::Graph;
use crate::random::Stream;
use crate::shape::Shape;
use crate::symbol::{Source, Symbol};
use crate::weights::{self, Weight};
use std::collections::{HashMap, HashSet};

/// A layer with its name in the model.
#[derive(Clone, Debug)]
pub struct NamedLayer {
    /// The name, unique in the model.
    pub name: String,
    /// The description.
    pub layer: AnyLayer,
}

/// One use of a layer: the slots it reads and writes.
#[derive(Clone, Debug)]
pub struct Step {
    /// Index into [`Blueprint::layers`].
    pub layer: usize,
    /// The slots read.
    pub inputs: Vec<usize>,
    /// The slots written.
    pub outputs: Vec<usize>,
}

/// The plan: layers, their uses in an order in which each input is there before it is read, and the shape of every slot.
#[derive(Clone, Debug, Default)]
pub struct Blueprint {
    /// The layers, in the order of their first use.
    pub layers: Vec<NamedLayer>,
    /// The uses, in order.
    pub steps: Vec<Step>,
    /// The shape of each slot; the first slots are the inputs.
    pub shapes: Vec<Shape>,
    /// Names of the inputs.
    pub inputs: Vec<String>,
    /// The slots that are the model's outputs.
    pub outputs: Vec<usize>,
}

/// Gives layers names that are unique within a model: `dense`, `dense_1` …
#[derive(Debug, Default)]
pub struct Names {
    given: HashSet<String>,
    known: Vec<(AnyLayer, String)>,
    counts: HashMap<String, usize>,
}

impl Names {
    /// Reserves the names that users gave.
    ///
    /// # Errors
    /// A name given twice.
    pub fn reserve<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self> {
        let mut all = Self::default();
        for name in names {
            if !all.given.insert(name.to_owned()) {
                return Err(Error::option("Model", "name", "unique in a model", format!("`{name}` twice")));
            }
        }
        Ok(all)
    }

    /// For these layers: reserves their names, those that users gave and those that another model gave.
    ///
    /// # Errors
    /// A user's name given twice.
    pub fn for_layers(layers: &[AnyLayer]) -> Result<Self> {
        let first = |i: &usize| !layers[..*i].iter().any(|l| l.is(&layers[*i]));
        let once: Vec<&AnyLayer> = (0..layers.len()).filter(first).map(|i| &layers[i]).collect();
        let mut names = Self::reserve(once.iter().filter_map(|l| l.options().name.as_deref()))?;
        for layer in once {
            if let Some(name) = layer.name().filter(|_| layer.options().name.is_none())
                && names.given.insert(name.to_owned())
            {
                names.known.push((layer.clone(), name.to_owned()));
            }
        }
        Ok(names)
    }

    /// The layer's own name, else the next one of its class.
    pub fn of(&mut self, layer: &AnyLayer) -> String {
        let known = || self.known.iter().find(|(l, _)| l.is(layer)).map(|(_, name)| name.clone());
        match layer.options().name.clone().or_else(known) {
            Some(name) => name,
            None => {
                let name = self.next(&snake_case(layer.class()));
                layer.call_it(&name);
                name
            }
        }
    }

    fn next(&mut self, class: &str) -> String {
        loop {
            let count = self.counts.entry(class.to_owned()).or_default();
            let name = if *count == 0 { class.to_owned() } else { format!("{class}_{count}") };
            *count += 1;
            if !self.given.contains(&name) {
                return name;
            }
        }
    }
}

impl Blueprint {
    /// A chain of layers for inputs of `shape` (with its batch axis).
    ///
    /// # Errors
    /// A shape or an option that a layer can't take, named by the layer; a name given twice.
    pub fn chain(layers: &[AnyLayer], shape: Shape) -> Result<Self> {
        let mut names = Names::for_layers(layers)?;
        let mut plan = Self { shapes: vec![shape], inputs: vec!["input_layer".to_owned()], ..Self::default() };
        let mut last = 0;
        for layer in layers {
            last = match plan.push(layer, &mut names, &[last])?[..] {
                [output] => output,
                ref several => {
                    let who = plan.layers.last().map_or("", |l| l.name.as_str());
                    return Err(Error::shape(who, "a layer of one output in a chain", format!("one of {} outputs", several.len()))
                        .hint("wire it by hand: `layer.on_many(&x)`"));
                }
            };
        }
        plan.outputs = vec![last];
        Ok(plan)
    }

    /// Everything between the symbols `inputs` and `outputs`.
    ///
    /// # Errors
    /// An output that depends on an input not listed, a name given twice.
    pub fn trace(inputs: &[Symbol], outputs: &[Symbol]) -> Result<Self> {
        let order = Symbol::order(inputs, outputs);
        let layers: Vec<AnyLayer> = order.iter().filter_map(|s| s.layer().cloned()).collect();
        let mut names = Names::for_layers(&layers)?;
        let mut plan = Self::default();
        let mut slots: HashMap<u64, Vec<usize>> = HashMap::new();
        for (i, input) in inputs.iter().enumerate() {
            let name = match input.source() {
                Source::Input { name: Some(name), .. } => name.clone(),
                _ if inputs.len() == 1 => "input_layer".to_owned(),
                _ => format!("input_layer_{i}"),
            };
            plan.inputs.push(name);
            plan.shapes.push(input.shape().clone());
            slots.insert(input.node(), vec![i]);
        }
        for symbol in order {
            if slots.contains_key(&symbol.node()) {
                continue;
            }
            let Source::Layer { layer, inputs: read } = symbol.source() else {
                return Err(Error::order(
                    "Model",
                    format!("an output depends on an `Input` of shape {} that is not listed", symbol.shape()),
                )
                .hint("add it to the model's inputs"));
            };
            let read: Vec<usize> = read.iter().filter_map(|s| slots.get(&s.node())?.get(s.output()).copied()).collect();
            let written = plan.push(layer, &mut names, &read)?;
            slots.insert(symbol.node(), written);
        }
        plan.outputs = outputs.iter().filter_map(|s| slots.get(&s.node())?.get(s.output()).copied()).collect();
        Ok(plan)
    }

    fn push(&mut self, layer: &AnyLayer, names: &mut Names, inputs: &[usize]) -> Result<Vec<usize>> {
        let index = match self.layers.iter().position(|l| l.layer.is(layer)) {
            Some(index) => index,
            None => {
                self.layers.push(NamedLayer { name: names.of(layer), layer: layer.clone() });
                self.layers.len() - 1
            }
        };
        let shapes: Vec<Shape> = inputs.iter().map(|&slot| self.shapes[slot].clone()).collect();
        let shapes = layer.output_shapes(&shapes).map_err(|e| e.at(&self.layers[index].name))?;
        let outputs: Vec<usize> = (self.shapes.len()..self.shapes.len() + shapes.len()).collect();
        self.shapes.extend(shapes);
        self.steps.push(Step { layer: index, inputs: inputs.to_vec(), outputs: outputs.clone() });
        Ok(outputs)
    }

    /// The layers of a chain by their names in it.
    ///
    /// # Errors
    /// A name given twice.
    pub fn names(layers: &[AnyLayer]) -> Result<Vec<(String, AnyLayer)>> {
        let mut names = Names::for_layers(layers)?;
        let first = |i: &usize| !layers[..*i].iter().any(|l| l.is(&layers[*i]));
        Ok((0..layers.len()).filter(first).map(|i| (names.of(&layers[i]), layers[i].clone())).collect())
    }

    /// The same plan for inputs of other shapes.
    ///
    /// # Errors
    /// Another number of inputs, a shape that a layer can't take.
    pub fn for_shapes(&self, inputs: &[Shape]) -> Result<Self> {
        if inputs.len() != self.inputs.len() {
            return Err(Error::shape("Functional", format!("{} inputs", self.inputs.len()), format!("{} inputs", inputs.len())));
        }
        let mut plan = self.clone();
        for (declared, given) in plan.shapes.iter_mut().zip(inputs) {
            if declared.rank() != given.rank() {
                return Err(Error::shape("Functional", format!("an input of shape {declared}"), given));
            }
            *declared = given.clone();
        }
        for step in &self.steps {
            let NamedLayer { name, layer } = &self.layers[step.layer];
            let shapes: Vec<Shape> = step.inputs.iter().map(|&slot| plan.shapes[slot].clone()).collect();
            let shapes = layer.output_shapes(&shapes).map_err(|e| e.at(name))?;
            step.outputs.iter().zip(shapes).for_each(|(&slot, shape)| plan.shapes[slot] = shape);
        }
        Ok(plan)
    }

    /// The same plan with new layers, which have no weights yet.
    pub fn renewed(&self) -> Self {
        let layers = self.layers.iter().map(|l| NamedLayer { name: l.name.clone(), layer: l.layer.renewed() });
        Self { layers: layers.collect(), ..self.clone() }
    }

    /// The layers, in the order of the graph.
    pub fn layers(&self) -> impl Iterator<Item = &AnyLayer> {
        self.layers.iter().map(|l| &l.layer)
    }

    /// The names of the outputs: those of the layers they come from, numbered where two come from one.
    pub fn output_names(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for slot in &self.outputs {
            let layer = self.steps.iter().find(|s| s.outputs.contains(slot)).map(|s| self.layers[s.layer].name.as_str());
            let name = layer.or_else(|| self.inputs.get(*slot).map(String::as_str)).unwrap_or("output");
            let mut unique = name.to_owned();
            let mut n = 1;
            while names.contains(&unique) {
                unique = format!("{name}_{n}");
                n += 1;
            }
            names.push(unique);
        }
        names
    }

    /// The shape of the model's only (or first) output.
    pub fn output_shape(&self) -> Option<&Shape> {
        self.shapes.get(*self.outputs.first()?)
    }

    /// All weights by path and shape, as `build` would make them, without their values: no memory for those of a large model.
    ///
    /// # Errors
    /// An option that a layer can't take, named by the layer.
    pub fn weights(&self) -> Result<Vec<Weight>> {
        let mut all = Vec::new();
        for NamedLayer { name, layer } in &self.layers {
            let module = layer.build(&self.first_inputs(layer), &Build::sketch(&Device::host()).part(name)).map_err(|e| e.at(name))?;
            let own = weights::list(&layer.freeze(module));
            all.extend(own.into_iter().map(|w| Weight { path: format!("{name}.{}", w.path), ..w }));
        }
        Ok(all)
    }

    /// The shapes that a layer reads at its first use.
    fn first_inputs(&self, layer: &AnyLayer) -> Vec<Shape> {
        let first = self.steps.iter().find(|s| self.layers[s.layer].layer.is(layer));
        first.map_or(Vec::new(), |s| s.inputs.iter().map(|&slot| self.shapes[slot].clone()).collect())
    }

    /// Makes all weights on `device`; `stream` and the layers' names decide their initial values.
    ///
    /// # Errors
    /// An option that a layer can't take, named by the layer.
    pub fn build(&self, device: &Device, stream: Stream) -> Result<Graph> {
        self.build_at(&Build::new(device, stream))
    }

    /// As [`Blueprint::build`], at a place in a larger model. A layer that has weights already, from another model, keeps them.
    ///
    /// # Errors
    /// As [`Blueprint::build`].
    pub fn build_at(&self, cx: &Build) -> Result<Graph> {
        let mut modules = Vec::with_capacity(self.layers.len());
        for NamedLayer { name, layer } in &self.layers {
            let module = layer.build(&self.first_inputs(layer), &cx.part(name)).map_err(|e| e.at(name))?;
            modules.push(layer.recall(module).map_err(|e| e.at(name))?);
        }
        Graph::new(self, modules)
    }
}
