//! Shapes and weights of a layer that repeats a cell.

use crate::parts::Parts;
use crate::recurrent::any_cell::ErasedCell;
use crate::recurrent::rnn_module::RnnModule;
use crate::recurrent::sequence::Sequence;
use kiln_core::build::Build;
use kiln_core::{Error, Result, Shape};

/// Shapes and building of a layer with a method `plan`.
macro_rules! planned {
    () => {
        fn output_shape(&self, input: &kiln_core::Shape) -> kiln_core::Result<kiln_core::Shape> {
            Ok(self.plan().output_shapes(std::slice::from_ref(input))?.swap_remove(0))
        }
        fn output_shapes(&self, inputs: &[kiln_core::Shape]) -> kiln_core::Result<Vec<kiln_core::Shape>> {
            self.plan().output_shapes(inputs)
        }
        fn build(&self, input: &kiln_core::Shape, cx: &kiln_core::build::Build) -> kiln_core::Result<Self::Module> {
            self.plan().build(std::slice::from_ref(input), cx)
        }
        fn build_many(&self, inputs: &[kiln_core::Shape], cx: &kiln_core::build::Build) -> kiln_core::Result<Self::Module> {
            self.plan().build(inputs, cx)
        }
    };
}
pub(crate) use planned;

/// A cell and how it is repeated.
pub(crate) struct Plan<'a> {
    pub(crate) who: &'static str,
    pub(crate) cell: &'a dyn ErasedCell,
    /// The name the cell's weights stand under.
    pub(crate) name: String,
    /// The axes of the input, where only one number will do.
    pub(crate) axes: Option<usize>,
    pub(crate) sequence: Sequence,
}

impl Plan<'_> {
    /// The shape of one step, its output, its states.
    fn steps(&self, inputs: &[Shape]) -> Result<(Shape, Shape, Vec<Shape>)> {
        let Some((sequence, given)) = inputs.split_first() else {
            return Err(Error::shape(self.who, "a sequence", "no input"));
        };
        if sequence.rank() < 3 || self.axes.is_some_and(|axes| axes != sequence.rank()) {
            let axes = self.axes.map_or("at least 3".to_owned(), |n| n.to_string());
            return Err(Error::shape(self.who, format!("an input of {axes} axes: (batch, time, features)"), sequence));
        }
        if sequence.axes()[1] == Some(0) {
            return Err(Error::shape(self.who, "at least one step", sequence));
        }
        let mut axes = sequence.axes().to_vec();
        axes.remove(1);
        let step = Shape::new(axes);
        let by = |e: Error| e.by(self.cell.class(), self.who);
        let output = self.cell.step_shape(&step).map_err(by)?;
        let states = self.cell.state_shapes(&step).map_err(by)?;
        let agree = |(a, b): (&Option<usize>, &Option<usize>)| a.is_none() || b.is_none() || a == b;
        let fits = |(want, have): (&Shape, &Shape)| want.rank() == have.rank() && want.axes().iter().zip(have.axes()).all(agree);
        if !given.is_empty() && (given.len() != states.len() || !states.iter().zip(given).all(fits)) {
            return Err(Error::shape(self.who, format!("initial states of shapes {states:?}"), format!("{given:?}")));
        }
        Ok((step, output, states))
    }

    pub(crate) fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        let (_, mut output, states) = self.steps(inputs)?;
        if self.sequence.return_sequences {
            let mut axes = output.axes().to_vec();
            axes.insert(1.min(axes.len()), inputs[0].axes()[1]);
            output = Shape::new(axes);
        }
        let states = if self.sequence.return_state { states } else { Vec::new() };
        Ok(std::iter::once(output).chain(states).collect())
    }

    pub(crate) fn build(&self, inputs: &[Shape], cx: &Build) -> Result<RnnModule> {
        let (step, _, states) = self.steps(inputs)?;
        let known = |shape: &Shape| shape.sample().ok_or_else(|| Error::shape(self.who, "states of known axes", shape));
        let shapes = states.iter().map(known).collect::<Result<Vec<_>>>()?;
        let mut carried = Vec::new();
        if self.sequence.stateful {
            let Some(batch) = step.axes()[0] else {
                return Err(Error::option(self.who, "stateful", "false for batches of any size", true)
                    .hint("begin the model with `Input::new(..).batch_size(n)`"));
            };
            let whole = |sample: &Vec<usize>| cx.state(&[&[batch], sample.as_slice()].concat());
            carried = shapes.iter().map(whole).collect::<Result<_>>()?;
        }
        let cell = self.cell.build(&step, &cx.part(&self.name)).map_err(|e| e.by(self.cell.class(), self.who))?;
        let (who, class, sequence) = (self.who, self.cell.class(), self.sequence);
        Ok(RnnModule { cell: Parts(vec![(self.name.clone(), cell)]), carried, who, class, rank: step.rank() + 1, shapes, sequence })
    }
}
