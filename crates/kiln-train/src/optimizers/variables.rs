//! An optimizer's state as Keras saves it: a list of variables.

use super::memory::Memory;
use super::optimizer::{Engine, Optimizer};
use super::{About, nadam};
use burn::module::{Module, ParamId};
use kiln_core::{Error, Result, Tensor};
use std::collections::HashMap;

/// One variable of an optimizer.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant)] // few, made for a file
pub enum Variable {
    /// The steps taken.
    Iterations,
    /// The learning rate, unless a schedule gives it.
    LearningRate,
    /// A slot of a weight.
    Slot {
        /// The weight.
        weight: ParamId,
        /// The slot's name.
        name: &'static str,
        /// Its value: zeros or what the rule starts with before the first step.
        value: Tensor,
    },
    /// The steps since the loss scale changed.
    ScaleSteps,
    /// The loss scale.
    Scale,
    /// A whole number that Keras keeps and Kiln doesn't need.
    Integer(i64),
    /// A number that Keras keeps and Kiln computes.
    Number(f64),
}

impl Optimizer {
    /// The variables in Keras' order, for the weights `order` of `module`, which are those that are trained, in Keras' order.
    ///
    /// # Errors
    /// Several optimizers, or one of Burn.
    pub fn variables<M: Module>(&self, module: &M, order: &[ParamId]) -> Result<Vec<Variable>> {
        let Engine::Rule { rule, memories } = &self.engine else {
            let what = "the state of several optimizers, or of one of Burn, has no place in Keras' files";
            return Err(Error::order(self.name(), what).hint("save without the optimizer"));
        };
        let mut variables = Vec::new();
        let scaled = matches!(self.loss_scale, Some(super::loss_scale::LossScale::Dynamic { .. }));
        if scaled {
            // The outer optimizer's own count and rate, which it doesn't read.
            variables.extend([Variable::Integer(self.iterations as i64), Variable::Number(0.0), Variable::ScaleSteps, Variable::Scale]);
        }
        variables.push(Variable::Iterations);
        if !self.has_schedule() {
            variables.push(Variable::LearningRate);
        }
        let parts = self.kept().beside(&**rule);
        let names = parts.names();
        let paths: HashMap<ParamId, String> = kiln_core::weights::list(module).into_iter().map(|w| (w.id, w.path)).collect();
        let values: HashMap<ParamId, Tensor> = kiln_core::weights::values(&module.valid()).into_iter().collect();
        // All parts of each weight; those of a weight that never had a gradient are new.
        let mut all: Vec<(ParamId, Vec<Tensor>)> = Vec::new();
        for id in order {
            let Some(value) = values.get(id) else { continue };
            let shape = value.shape();
            let about = About { path: paths.get(id).map_or("", String::as_str), shape: &shape };
            let fresh;
            let memory = match memories.get(id) {
                Some(memory) => memory,
                None => {
                    fresh = Memory::new(parts, &about, value);
                    &fresh
                }
            };
            all.push((*id, memory.parts().cloned().collect()));
        }
        for group in groups(rule.name(), &names) {
            for (id, tensors) in &all {
                for &part in &group {
                    let (Some(value), Some(&name)) = (tensors.get(part), names.get(part)) else { continue };
                    match value.rank() {
                        // A scalar stands for a slot the weight doesn't have; Keras' Adafactor keeps a number for it.
                        0 if rule.name() == "adafactor" => variables.push(Variable::Integer(0)),
                        0 => {}
                        _ => variables.push(Variable::Slot { weight: *id, name, value: value.clone() }),
                    }
                }
            }
        }
        if rule.name() == "nadam" {
            let beta_1 = self.described.as_ref().and_then(|d| d.values.get("beta_1")?.as_f64()).unwrap_or(0.9);
            variables.push(Variable::Number(nadam::product(beta_1, self.iterations)));
        }
        Ok(variables)
    }
}

/// Which parts stand together for each weight in turn: Keras adds some lists of slots at once, some one by one.
fn groups(rule: &str, names: &[&str]) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut together = false;
    for (part, name) in names.iter().enumerate() {
        let alone = ["average", "gradient_accumulator", "velocity_hat"].contains(name) || rule == "rmsprop";
        match groups.last_mut() {
            Some(group) if together && !alone => group.push(part),
            _ => groups.push(vec![part]),
        }
        together = !alone;
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_stand_as_in_keras() {
        assert_eq!(groups("adam", &["average", "momentum", "velocity", "velocity_hat"]), [vec![0], vec![1, 2], vec![3]]);
        assert_eq!(groups("rmsprop", &["velocity", "momentum"]), [[0], [1]]);
        assert_eq!(groups("adafactor", &["r", "c", "velocity"]), [[0, 1, 2]]);
    }
}
