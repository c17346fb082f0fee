//! Cells on top of each other.

use crate::parts::{Parts, module_of};
use crate::recurrent::any_cell::{AnyCell, AnyCellModule};
use crate::recurrent::cell::{Cell, CellCall, Run, Stepped};
use crate::{cell_call, cell_layer};
use kiln_core::blueprint::Names;
use kiln_core::build::Build;
use kiln_core::layer::{Call, Layer, Options};
use kiln_core::{AnyLayer, Context, Error, Result, Shape, Tensor, layer_options};
use serde::{Deserialize, Serialize};

/// Cells of which each reads the output of the one before; one cell for [`Rnn`](crate::Rnn). Its states are those of all cells, one after
/// the other. Keras: `keras/src/layers/rnn/stacked_rnn_cells.py`.
///
/// ```
/// use kiln_layers::{GruCell, LstmCell, Rnn, StackedRnnCells};
/// let layer = Rnn::new(StackedRnnCells::new([LstmCell::new(16).into(), GruCell::new(8).into()]));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StackedRnnCells {
    #[serde(flatten)]
    options: Options,
    cells: Vec<AnyCell>,
}

impl StackedRnnCells {
    /// The cells, the first one first.
    pub fn new(cells: impl IntoIterator<Item = AnyCell>) -> Self {
        Self { options: Options::default(), cells: cells.into_iter().collect() }
    }

    /// The names the cells' weights stand under: `lstm_cell`, `lstm_cell_1`.
    fn names(&self) -> Result<Vec<String>> {
        let given = self.cells.iter().filter_map(|cell| cell.layer().options().name.as_deref());
        let mut names = Names::reserve(given).map_err(|e| e.by("Model", Self::CLASS))?;
        Ok(self.cells.iter().map(|cell| names.of(cell.layer())).collect())
    }

    /// The shape of each cell's input, and that of the last one's output.
    fn shapes(&self, step: &Shape) -> Result<Vec<Shape>> {
        if self.cells.is_empty() {
            return Err(Error::option(Self::CLASS, "cells", "at least one cell", "none"));
        }
        let mut shapes = vec![step.clone()];
        for cell in &self.cells {
            let next = shapes.last().map_or_else(|| cell.output_shape(step), |shape| cell.output_shape(shape))?;
            shapes.push(next);
        }
        Ok(shapes)
    }
}

impl Layer for StackedRnnCells {
    const CLASS: &'static str = "StackedRNNCells";
    type Module = StackedRnnCellsModule;
    layer_options!();
    cell_layer!();

    fn output_shape(&self, step: &Shape) -> Result<Shape> {
        Ok(self.shapes(step)?.pop().unwrap_or_default())
    }

    fn build(&self, step: &Shape, cx: &Build) -> Result<StackedRnnCellsModule> {
        let (shapes, names) = (self.shapes(step)?, self.names()?);
        let mut parts = Vec::new();
        let mut counts = Vec::new();
        for ((cell, shape), name) in self.cells.iter().zip(&shapes).zip(names) {
            counts.push(cell.state_shapes(shape)?.len());
            parts.push((name.clone(), cell.erased().build(shape, &cx.part(&name))?));
        }
        let widths = shapes.iter().map(|shape| shape.sample().unwrap_or_default()).collect();
        Ok(StackedRnnCellsModule { cells: Parts(parts), counts, widths })
    }

    fn parts(&self) -> Vec<(String, AnyLayer)> {
        let names = self.names().unwrap_or_default();
        names.into_iter().zip(self.cells.iter().map(|cell| cell.layer().clone())).collect()
    }
}

impl Cell for StackedRnnCells {
    fn state_shapes(&self, step: &Shape) -> Result<Vec<Shape>> {
        let shapes = self.shapes(step)?;
        let states = self.cells.iter().zip(&shapes).map(|(cell, shape)| cell.state_shapes(shape));
        Ok(states.collect::<Result<Vec<_>>>()?.concat())
    }
}

/// A built [`StackedRnnCells`].
#[derive(Clone, Debug)]
pub struct StackedRnnCellsModule {
    cells: Parts<AnyCellModule>,
    /// How many states each cell has.
    counts: Vec<usize>,
    /// The axes of a sample of each cell's input.
    widths: Vec<Vec<usize>>,
}

module_of!(StackedRnnCellsModule { cells });

impl Call for StackedRnnCellsModule {
    cell_call!();
}

impl CellCall for StackedRnnCellsModule {
    fn step(&self, x: Tensor, states: Vec<Tensor>, cx: &Context) -> Result<Stepped> {
        self.start(&x.shape(), cx)?.one(x, states)
    }

    fn start<'a>(&'a self, step: &[usize], cx: &'a Context) -> Result<Run<'a>> {
        let batch = step.first().copied().unwrap_or(0);
        let mut runs = Vec::new();
        for (place, (module, width)) in self.cells.modules().zip(&self.widths).enumerate() {
            // The first one sees the real input, which it will refuse if it is of another shape than it was built for.
            let shape = if place == 0 { step.to_vec() } else { [&[batch], width.as_slice()].concat() };
            runs.push(cx.part(place as u64, || module.cell()?.start(&shape, cx))?);
        }
        let runs = std::rc::Rc::new(runs);
        let first = runs.clone();
        let run = Run::new(move |x, states| {
            let (count, expected) = (states.len(), self.counts.iter().sum::<usize>());
            if count != expected {
                return Err(Error::shape(StackedRnnCells::CLASS, format!("{expected} states"), format!("{count} states")));
            }
            let mut states = states.into_iter();
            let (mut x, mut after) = (x, Vec::with_capacity(count));
            for (place, (run, count)) in runs.iter().zip(&self.counts).enumerate() {
                let own: Vec<Tensor> = states.by_ref().take(*count).collect();
                let (y, new) = cx.part(place as u64, || if place == 0 { run.step(x, own) } else { run.one(x, own) })?;
                after.extend(new);
                x = y;
            }
            Ok((x, after))
        });
        Ok(run.projecting(move |x| match first.first() {
            Some(run) => run.project(x),
            None => Ok(x),
        }))
    }
}
