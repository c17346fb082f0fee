//! Walks over the gradients of a module, before its weights are updated.

use super::About;
use super::mapper::Paths;
use super::memory::{Memories, Memory, Parts};
use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use kiln_core::Tensor;
use kiln_core::kernels::squares;

/// Multiplies every gradient.
pub(crate) struct Scale<'a> {
    pub(crate) gradients: &'a mut GradientsParams,
    pub(crate) by: f64,
}

impl ModuleVisitor for Scale<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<burn::Tensor<D>>) {
        if let Some(gradient) = self.gradients.remove::<D>(param.id) {
            self.gradients.register::<D>(param.id, gradient * self.by);
        }
    }
}

/// Counts the elements that are NaN or infinite.
pub(crate) struct Finite<'a> {
    gradients: &'a GradientsParams,
    broken: Option<Tensor>,
}

impl Finite<'_> {
    /// Whether all elements of all gradients are finite.
    pub(crate) fn all<M: Module>(gradients: &GradientsParams, module: &M) -> bool {
        let mut finite = Finite { gradients, broken: None };
        module.visit(&mut finite);
        finite.broken.is_none_or(|count| count.item() == 0.0)
    }
}

impl ModuleVisitor for Finite<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<burn::Tensor<D>>) {
        if let Some(gradient) = self.gradients.get::<D>(param.id) {
            let count = Tensor::from(gradient.inner().is_finite().bool_not()).to_float().sum();
            self.broken = Some(match self.broken.take() {
                Some(before) => before + count,
                None => count,
            });
        }
    }
}

/// The common length of all gradients.
pub(crate) struct GlobalNorm<'a> {
    gradients: &'a GradientsParams,
    squares: f64,
    /// Those of gradients on other devices, which need not be waited for one by one.
    elsewhere: Option<Tensor>,
}

impl GlobalNorm<'_> {
    pub(crate) fn of<M: Module>(gradients: &GradientsParams, module: &M) -> f64 {
        let mut norm = GlobalNorm { gradients, squares: 0.0, elsewhere: None };
        module.visit(&mut norm);
        (norm.squares + norm.elsewhere.map_or(0.0, |squares| squares.item())).sqrt()
    }
}

impl ModuleVisitor for GlobalNorm<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<burn::Tensor<D>>) {
        let Some(gradient) = self.gradients.get::<D>(param.id).map(|g| Tensor::from(g.inner())) else { return };
        if let Some(squares) = squares(&gradient) {
            self.squares += squares;
            return;
        }
        let squares = gradient.square().sum();
        self.elsewhere = Some(match self.elsewhere.take() {
            Some(sum) => sum + squares,
            None => squares,
        });
    }
}

struct Norms<'a> {
    gradients: &'a GradientsParams,
    paths: Paths,
    norms: Vec<(String, f64)>,
}

impl ModuleVisitor for Norms<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<burn::Tensor<D>>) {
        if let Some(gradient) = self.gradients.get::<D>(param.id) {
            let norm = Tensor::from(gradient.inner()).square().sum().item().sqrt();
            self.norms.push((self.paths.of(param.id).to_owned(), norm));
        }
    }
}

/// The length of the gradient of each weight of `module` that has one, by its path.
pub fn gradient_norms<M: Module>(gradients: &GradientsParams, module: &M) -> Vec<(String, f64)> {
    let mut norms = Norms { gradients, paths: Paths::list(module), norms: Vec::new() };
    module.visit(&mut norms);
    norms.norms
}

/// Gathers gradients: adds them up, and in the step of the update gives their mean instead of them.
pub(crate) struct Accumulate<'a> {
    pub(crate) gradients: &'a mut GradientsParams,
    pub(crate) memories: &'a mut Memories,
    pub(crate) parts: Parts<'a>,
    pub(crate) paths: &'a Paths,
    /// How many gradients make the mean, in the step of the update.
    pub(crate) update: Option<u64>,
    /// Whether memories were just loaded, perhaps onto another device.
    pub(crate) loaded: bool,
}

impl ModuleVisitor for Accumulate<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<burn::Tensor<D>>) {
        let gradient = self.gradients.remove::<D>(param.id).map(|g| Tensor::from(g.inner()));
        if gradient.is_none() && !self.memories.contains_key(&param.id) {
            return;
        }
        let (parts, weight) = (self.parts, Tensor::from(param.val().inner()));
        let about = About { path: self.paths.of(param.id), shape: &weight.shape() };
        let memory = self.memories.entry(param.id).or_insert_with(|| Memory::new(parts, &about, &weight));
        if self.loaded {
            memory.move_to(&weight.device());
        }
        let Some(sum) = memory.accumulator.take() else { return };
        let Some(steps) = self.update else {
            memory.accumulator = Some(match gradient {
                Some(gradient) => gradient + sum,
                None => sum,
            });
            return;
        };
        memory.accumulator = Some(sum.zeros_like());
        // A weight without a gradient in the step of the update isn't updated, as in Keras.
        if let Some(gradient) = gradient
            && let Ok(mean) = ((gradient + sum) / steps as f64).float::<D>()
        {
            self.gradients.register::<D>(param.id, mean);
        }
    }
}
