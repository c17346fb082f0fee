//! A row of the battery: a layer, what it is given, and which questions it is spared.

use kiln::core::AnyModule;
use kiln::core::build::Build;
use kiln::core::random::Stream;
use kiln::core::value::Values;
use kiln::core::{AnyLayer, Context};
use kiln::prelude::*;
use std::fmt;

/// The samples of an input.
pub(crate) const BATCH: usize = 4;

type RoundTrip = Box<dyn Fn(&serde_json::Value) -> serde_json::Result<AnyLayer>>;

pub(crate) struct Row {
    pub(crate) layer: AnyLayer,
    /// The shape of one sample of each input.
    pub(crate) samples: Vec<Vec<usize>>,
    /// Reads a description back; none for a layer that holds a closure.
    pub(crate) round_trip: Option<RoundTrip>,
    /// Whether each sample is treated alone in inference.
    pub(crate) by_sample: bool,
    /// Whether finite differences make sense.
    pub(crate) differentiable: bool,
    /// Whether some inputs or weights are not read, and have no gradient.
    pub(crate) partly: bool,
    /// Whether an input of rank 8 is refused.
    pub(crate) rank_matters: bool,
    /// Whether a call in inference changes the layer's state.
    pub(crate) stateful: bool,
    /// Inputs are integers below this number.
    pub(crate) integers: Option<usize>,
}

impl Row {
    /// A layer with one input.
    pub(crate) fn new<L: Layer + PartialEq>(layer: L, sample: impl AsRef<[usize]>) -> Self {
        Self::many(layer, &[sample.as_ref()])
    }

    /// A layer with several inputs.
    pub(crate) fn many<L: Layer + PartialEq>(layer: L, samples: &[&[usize]]) -> Self {
        let original = layer.clone();
        let round = move |config: &serde_json::Value| {
            let back: L = serde_json::from_value(config.clone())?;
            assert!(back == original, "{config} gives another layer");
            Ok(back.into())
        };
        Self { round_trip: Some(Box::new(round)), ..Self::closure(layer, samples) }
    }

    /// A layer that holds a closure.
    pub(crate) fn closure<L: Layer>(layer: L, samples: &[&[usize]]) -> Self {
        Self {
            layer: layer.into(),
            samples: samples.iter().map(|s| s.to_vec()).collect(),
            round_trip: None,
            by_sample: true,
            differentiable: true,
            partly: false,
            rank_matters: false,
            stateful: false,
            integers: None,
        }
    }

    /// The layer takes one rank, or some: an input of rank 8 is refused.
    #[allow(dead_code)]
    pub(crate) fn of_rank(self) -> Self {
        Self { rank_matters: true, ..self }
    }

    /// Inputs are integers below `limit`.
    #[allow(dead_code)]
    pub(crate) fn integers(self, limit: usize) -> Self {
        Self { integers: Some(limit), ..self }
    }

    /// The samples of a batch depend on each other.
    #[allow(dead_code)]
    pub(crate) fn whole_batch(self) -> Self {
        Self { by_sample: false, ..self }
    }

    /// Some inputs or weights are not read.
    #[allow(dead_code)]
    pub(crate) fn reads_partly(self) -> Self {
        Self { partly: true, ..self }
    }

    /// The output has steps or kinks everywhere.
    #[allow(dead_code)]
    pub(crate) fn no_gradient(self) -> Self {
        Self { differentiable: false, ..self }
    }

    /// The layer keeps a state from call to call.
    #[allow(dead_code)]
    pub(crate) fn with_state(self) -> Self {
        Self { stateful: true, by_sample: false, ..self }
    }

    pub(crate) fn shapes(&self) -> Vec<Shape> {
        // A state that is kept asks for a fixed batch.
        let batch = self.stateful.then_some(BATCH);
        let axes = |sample: &Vec<usize>| std::iter::once(batch).chain(sample.iter().copied().map(Some)).collect::<Vec<_>>();
        self.samples.iter().map(|sample| Shape::new(axes(sample))).collect()
    }

    pub(crate) fn module(&self) -> AnyModule {
        let device = Device::current().unwrap();
        self.layer.build(&self.shapes(), &Build::new(&device, Stream::new(1))).unwrap_or_else(|e| panic!("{self}: {e}"))
    }

    /// The same inputs each time.
    pub(crate) fn inputs(&self) -> Vec<Tensor> {
        let draw = |(i, sample): (usize, &Vec<usize>)| {
            let shape: Vec<usize> = std::iter::once(BATCH).chain(sample.iter().copied()).collect();
            let stream = Stream::new(17).child(i as u64);
            let count = shape.iter().product();
            match self.integers {
                Some(limit) => {
                    let draws = stream.uniform(count).map(|u| (u * limit as f64) as i32);
                    Tensor::from_vec(draws.collect::<Vec<i32>>(), &shape).unwrap()
                }
                None => Tensor::from_vec(stream.normal(count).map(|v| v as f32).collect::<Vec<f32>>(), &shape).unwrap(),
            }
        };
        let device = Device::current().unwrap();
        self.samples.iter().enumerate().map(draw).map(|x| x.to_device(&device)).collect()
    }

    pub(crate) fn call(&self, module: &AnyModule, inputs: &[Tensor], cx: &Context) -> Vec<Tensor> {
        let place = |x: &Tensor| if x.is_autodiff() { x.clone() } else { x.clone().autodiff() }.into();
        let values: Values = inputs.iter().map(place).collect();
        let outputs = module.call(values, cx).unwrap_or_else(|e| panic!("{self}: {e}"));
        outputs.into_iter().map(|v| v.tensor).collect()
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {:?}", self.layer.class(), self.samples)
    }
}
