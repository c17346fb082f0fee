//! A layer for each step.

use crate::list::nested_layer;
use crate::parts::{Parts, module_of};
use kiln_core::any_layer::snake_case;
use kiln_core::build::Build;
use kiln_core::layer::{Call, Layer, Options};
use kiln_core::shape::tuple;
use kiln_core::value::{Value, Values, one, only};
use kiln_core::{AnyLayer, AnyModule, Context, Error, Result, Shape, Tensor, layer_options};
use serde::{Deserialize, Serialize};

/// Calls a layer on each step of (batch, time, ...), with one set of weights.
///
/// The steps are put into the batch, so that the layer is called once, on (batch · time, ...). A mask (batch, time) passes; of a mask
/// (batch, time, inner …) the layer gets the inner steps, and a step counts if any of its inner ones do.
/// Weights: `dense.kernel`. Keras: `keras/src/layers/rnn/time_distributed.py`.
///
/// ```
/// use kiln_core::{Layer, Shape};
/// use kiln_layers::{Dense, TimeDistributed};
/// let layer = TimeDistributed::new(Dense::new(4));
/// assert_eq!(layer.output_shape(&Shape::batch_of([10, 3]))?.to_string(), "(None, 10, 4)");
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimeDistributed {
    #[serde(flatten)]
    options: Options,
    #[serde(with = "nested_layer")]
    layer: AnyLayer,
}

impl TimeDistributed {
    /// `layer` for each step.
    pub fn new(layer: impl Into<AnyLayer>) -> Self {
        Self { options: Options::default(), layer: layer.into() }
    }

    fn name_of_layer(&self) -> String {
        self.layer.options().name.clone().unwrap_or_else(|| snake_case(self.layer.class()))
    }

    /// The shape of one step, for any number of samples.
    fn step(input: &Shape) -> Result<Shape> {
        match input.axes() {
            [batch, _, rest @ ..] if !rest.is_empty() => {
                Ok(Shape::new(std::iter::once(*batch).chain(rest.iter().copied()).collect::<Vec<_>>()))
            }
            _ => Err(Error::shape(Self::CLASS, "an input of at least 3 axes: (batch, time, ...)", input)),
        }
    }

    /// The batch that the layer really sees.
    fn folded(input: &Shape) -> Result<Shape> {
        let mut axes = Self::step(input)?.axes().to_vec();
        axes[0] = input.axes()[0].zip(input.axes()[1]).map(|(batch, time)| batch * time);
        Ok(Shape::new(axes))
    }
}

impl Layer for TimeDistributed {
    const CLASS: &'static str = "TimeDistributed";
    type Module = TimeDistributedModule;
    layer_options!();

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        Ok(self.output_shapes(std::slice::from_ref(input))?.swap_remove(0))
    }

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        let [input] = inputs else {
            return Err(Error::shape(Self::CLASS, "one input", format!("{} inputs", inputs.len())));
        };
        let unfold = |shape: Shape| {
            let mut axes = shape.axes().to_vec();
            axes.splice(..1.min(axes.len()), input.axes()[..2].iter().copied());
            Shape::new(axes)
        };
        let outputs = self.layer.output_shapes(&[Self::folded(input)?]).map_err(|e| e.at(&self.name_of_layer()))?;
        Ok(outputs.into_iter().map(unfold).collect())
    }

    fn build(&self, input: &Shape, cx: &Build) -> Result<TimeDistributedModule> {
        self.output_shape(input)?;
        let name = self.name_of_layer();
        let module = self.layer.build(&[Self::folded(input)?], &cx.part(&name)).map_err(|e| e.at(&name))?;
        Ok(TimeDistributedModule { layer: Parts(vec![(name, module)]), rank: input.rank() })
    }

    fn parts(&self) -> Vec<(String, AnyLayer)> {
        vec![(self.name_of_layer(), self.layer.clone())]
    }
}

/// A built [`TimeDistributed`].
#[derive(Clone, Debug)]
pub struct TimeDistributedModule {
    layer: Parts<AnyModule>,
    rank: usize,
}

module_of!(TimeDistributedModule { layer });

/// Puts the steps of (batch, time, ...) into the batch.
fn fold(x: &Tensor) -> Result<Tensor> {
    let shape = x.shape();
    let axes: Vec<isize> = std::iter::once(shape[0] * shape[1]).chain(shape[2..].iter().copied()).map(|n| n as isize).collect();
    x.reshape(axes)
}

impl TimeDistributedModule {
    fn inner(&self, x: &Tensor, mask: Option<&Tensor>, cx: &Context) -> Result<Values> {
        let module = self.layer.modules().next().ok_or_else(|| Error::order(TimeDistributed::CLASS, "there is no layer"))?;
        let mask = mask.filter(|mask| mask.rank() > 2).map(fold).transpose()?;
        let input = Value { tensor: fold(x)?, mask };
        cx.part(0, || module.call(one(input), cx))
    }
}

impl Call for TimeDistributedModule {
    fn call(&self, x: Tensor, cx: &Context) -> Result<Tensor> {
        Ok(self.call_many(one(x), cx)?.swap_remove(0).tensor)
    }

    fn call_many(&self, inputs: Values, cx: &Context) -> Result<Values> {
        let Value { tensor: x, mask } = only(TimeDistributed::CLASS, inputs)?;
        let shape = x.shape();
        if shape.len() != self.rank {
            return Err(Error::shape(TimeDistributed::CLASS, format!("an input of {} axes", self.rank), tuple(&shape)));
        }
        if let Some(mask) = mask.as_ref().filter(|mask| mask.rank() < 2 || mask.shape()[..2] != shape[..2]) {
            let expected = format!("a mask that begins with {}", tuple(&shape[..2]));
            return Err(Error::shape(TimeDistributed::CLASS, expected, tuple(&mask.shape())));
        }
        let outputs = self.inner(&x, mask.as_ref(), cx)?;
        let mask = mask.map(|mask| any_step(&mask)).transpose()?;
        let unfold = |value: Value| {
            let axes: Vec<isize> = shape[..2].iter().copied().chain(value.tensor.shape().into_iter().skip(1)).map(|n| n as isize).collect();
            Ok(Value { tensor: value.tensor.reshape(axes)?, mask: mask.clone() })
        };
        outputs.into_iter().map(unfold).collect()
    }
}

/// A mask (batch, time): where any of the inner steps counts.
fn any_step(mask: &Tensor) -> Result<Tensor> {
    let shape = mask.shape();
    if shape.len() == 2 {
        return Ok(mask.clone());
    }
    let flat = mask.reshape([shape[0] as isize, shape[1] as isize, -1])?;
    flat.to_float().max_axis(2)?.greater(0.5)
}
