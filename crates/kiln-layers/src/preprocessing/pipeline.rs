//! Layers one after the other, as one layer.

use crate::list::nested_layers;
use crate::parts::{Parts, module_of};
use kiln_core::blueprint::Names;
use kiln_core::build::Build;
use kiln_core::layer::{Call, Layer, Options};
use kiln_core::regularizer::Regularizer;
use kiln_core::value::{Values, one, only};
use kiln_core::{AnyLayer, AnyModule, Context, Error, Result, Shape, Tensor, layer_options};
use serde::{Deserialize, Serialize, Serializer};

/// Applies a list of layers in their order; the first one gets all inputs. For the preparation of data, as a single layer of a model.
///
/// A layer that stands in the list twice has one set of weights. Weights: `dense.kernel`.
/// Keras: `keras/src/layers/preprocessing/pipeline.py`.
///
/// ```
/// use kiln_core::{Layer, Shape};
/// use kiln_layers::{CenterCrop, Pipeline, RandomFlip, Rescaling};
/// let layer = Pipeline::new([CenterCrop::new(24, 24).into(), RandomFlip::new("horizontal").into(), Rescaling::new(1.0 / 255.0).into()]);
/// assert_eq!(layer.output_shape(&Shape::batch_of([32, 32, 3]))?.to_string(), "(None, 24, 24, 3)");
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pipeline {
    #[serde(flatten, serialize_with = "short")]
    options: Options,
    #[serde(with = "nested_layers")]
    layers: Vec<AnyLayer>,
}

/// Keras' class takes no `trainable`, so it is written only where it says something.
fn short<S: Serializer>(options: &Options, serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Short<'a> {
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        trainable: Option<bool>,
    }
    Short { name: options.name.as_deref(), trainable: (!options.trainable).then_some(false) }.serialize(serializer)
}

impl Pipeline {
    /// The layers, the first one first.
    pub fn new(layers: impl IntoIterator<Item = AnyLayer>) -> Self {
        Self { options: Options::default(), layers: layers.into_iter().collect() }
    }

    /// For each layer, the place where it stands first.
    fn places(&self) -> Vec<usize> {
        let first = |(i, layer): (usize, &AnyLayer)| self.layers[..i].iter().position(|l| l.is(layer)).unwrap_or(i);
        self.layers.iter().enumerate().map(first).collect()
    }

    /// The names that the layers' weights stand under: `dense`, `dense_1`.
    fn names(&self) -> Result<Vec<String>> {
        let mut names = Names::for_layers(&self.layers).map_err(|e| e.by("Model", Self::CLASS))?;
        let mut all: Vec<String> = Vec::new();
        for (layer, place) in self.layers.iter().zip(self.places()) {
            all.push(all.get(place).cloned().unwrap_or_else(|| names.of(layer)));
        }
        Ok(all)
    }

    /// The shapes of each layer's inputs, and those of the last one's outputs.
    fn shapes(&self, inputs: &[Shape]) -> Result<Vec<Vec<Shape>>> {
        if self.layers.is_empty() {
            return Err(Error::option(Self::CLASS, "layers", "at least one layer", "none"));
        }
        let mut shapes = vec![inputs.to_vec()];
        for (layer, name) in self.layers.iter().zip(self.names()?) {
            let next = layer.output_shapes(shapes.last().map_or(inputs, Vec::as_slice)).map_err(|e| e.at(&name))?;
            shapes.push(next);
        }
        Ok(shapes)
    }
}

impl Layer for Pipeline {
    const CLASS: &'static str = "Pipeline";
    type Module = PipelineModule;
    layer_options!();

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        match self.output_shapes(std::slice::from_ref(input))?.as_slice() {
            [output] => Ok(output.clone()),
            several => Err(Error::shape(Self::CLASS, "one output", format!("{} outputs", several.len()))),
        }
    }

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        Ok(self.shapes(inputs)?.pop().unwrap_or_default())
    }

    fn build(&self, input: &Shape, cx: &Build) -> Result<PipelineModule> {
        self.build_many(std::slice::from_ref(input), cx)
    }

    fn build_many(&self, inputs: &[Shape], cx: &Build) -> Result<PipelineModule> {
        let (shapes, names, places) = (self.shapes(inputs)?, self.names()?, self.places());
        let (mut parts, mut steps) = (Vec::new(), Vec::new());
        for (i, ((layer, shape), name)) in self.layers.iter().zip(&shapes).zip(names).enumerate() {
            let part = parts.iter().position(|(place, _)| *place == places[i]).unwrap_or(parts.len());
            if part == parts.len() {
                let module = layer.build(shape, &cx.part(&name)).map_err(|e| e.at(&name))?;
                parts.push((i, (name, module)));
            }
            steps.push((part, layer.activity_regularizer()));
        }
        Ok(PipelineModule { layers: Parts(parts.into_iter().map(|(_, part)| part).collect()), steps })
    }

    fn parts(&self) -> Vec<(String, AnyLayer)> {
        let named = self.names().unwrap_or_default().into_iter().zip(self.layers.iter().cloned()).enumerate();
        named.zip(self.places()).filter(|((i, _), place)| i == place).map(|((_, part), _)| part).collect()
    }
}

/// A built [`Pipeline`].
#[derive(Clone, Debug)]
pub struct PipelineModule {
    layers: Parts<AnyModule>,
    /// For each step the module, and the regularizer of its outputs.
    steps: Vec<(usize, Option<Regularizer>)>,
}

module_of!(PipelineModule { layers });

impl Call for PipelineModule {
    fn call(&self, x: Tensor, cx: &Context) -> Result<Tensor> {
        Ok(only(Pipeline::CLASS, self.call_many(one(x), cx)?)?.tensor)
    }

    fn call_many(&self, inputs: Values, cx: &Context) -> Result<Values> {
        let mut values = inputs;
        for (i, (part, regularizer)) in self.steps.iter().enumerate() {
            let (name, module) = self.layers.0.get(*part).ok_or_else(|| Error::order(Pipeline::CLASS, "a layer is not there"))?;
            values = cx.part(i as u64, || module.call(values, cx)).map_err(|e| e.at(name))?;
            for value in values.iter().filter(|value| !value.tensor.is_empty()) {
                if let Some(regularizer) = regularizer {
                    let samples = value.tensor.shape().first().copied().unwrap_or(1);
                    cx.add_loss(regularizer.penalty(&value.tensor)? / samples as f64);
                }
            }
        }
        Ok(values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ActivityRegularization, Dense, Dropout, Masking, RandomFlip, Rescaling};
    use kiln_core::random::Stream;
    use kiln_core::{Device, weights};

    fn built(layer: &Pipeline, sample: &[usize]) -> PipelineModule {
        layer.build(&Shape::batch_of(sample), &Build::new(&Device::current().unwrap(), Stream::new(1))).unwrap()
    }

    fn ramp(shape: &[usize]) -> Tensor {
        let values: Vec<f32> = (0..shape.iter().product::<usize>()).map(|i| (i as f32 * 0.7).sin()).collect();
        Tensor::from_vec(values, shape).unwrap().to_device(&Device::current().unwrap()).autodiff()
    }

    #[test]
    fn agrees_with_keras() {
        crate::spatial::golden::agree(include_str!("../../testdata/pipeline.json"));
    }

    #[test]
    fn a_layer_that_stands_twice_has_one_set_of_weights() {
        let shared: AnyLayer = Dense::new(3).kernel_regularizer("l2").into();
        let layer = Pipeline::new([shared.clone(), Dense::new(3).into(), shared]);
        let module = built(&layer, &[3]);
        let paths: Vec<String> = weights::list(&module).into_iter().map(|w| w.path).collect();
        assert_eq!(paths, ["dense.kernel", "dense.bias", "dense_1.kernel", "dense_1.bias"]);
        assert_eq!(AnyLayer::from(layer).regularizers().len(), 1);
        assert_eq!(module.call(ramp(&[2, 3]), &Context::inference()).unwrap().shape(), [2, 3]);
    }

    #[test]
    fn training_masks_and_losses_reach_the_layers() {
        let layer = Pipeline::new([Dropout::new(0.5).into(), Dropout::new(0.5).into()]);
        let module = built(&layer, &[64]);
        assert_eq!(module.call(ramp(&[2, 64]), &Context::inference()).unwrap().to_vec::<f32>(), ramp(&[2, 64]).to_vec::<f32>());
        let y = module.call(Tensor::ones([2, 64]).autodiff(), &Context::training(Stream::new(1))).unwrap().to_vec::<f32>();
        // Each layer has random numbers of its own: a quarter is left, of 4.
        let left = y.iter().filter(|v| **v > 0.0).count();
        assert!((16..48).contains(&left) && y.iter().all(|v| *v == 0.0 || *v == 4.0), "{left}");

        let layer = Pipeline::new([Masking::new().into(), Rescaling::new(2.0).into(), ActivityRegularization::new().l2(1.0).into()]);
        let (module, cx) = (built(&layer, &[2, 2]), Context::inference());
        let x = Tensor::constant([[[0.0, 0.0], [1.0, 2.0]]]).to_device(&Device::current().unwrap()).autodiff();
        let y = module.call_many(one(x), &cx).unwrap().remove(0);
        assert_eq!(y.mask.unwrap().to_float().to_vec::<f32>(), [0.0, 1.0]);
        assert_eq!(cx.take_losses()[0].item(), 20.0);
    }

    #[test]
    fn mistakes_are_errors() {
        let of = |layer: Pipeline, sample: &[usize]| layer.output_shape(&Shape::batch_of(sample)).unwrap_err().to_string();
        assert_eq!(of(Pipeline::new([]), &[3]), "Pipeline: `layers` must be at least one layer, received none");
        let error = of(Pipeline::new([Rescaling::new(2.0).into(), RandomFlip::new("vertical").into()]), &[3]);
        assert!(error.contains("random_flip") && error.contains("4 axes"), "{error}");
    }
}
