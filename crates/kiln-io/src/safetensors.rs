//! Weights by path in the safetensors format: `dense_1.kernel`.

use burn::module::ParamId;
use kiln_core::shape::tuple;
use kiln_core::{Error, Result, Tensor};
use kiln_models::Model;
use kiln_train::optimizers::Trained;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use std::collections::HashMap;

pub(crate) fn write(model: &Model) -> Result<Vec<u8>> {
    let graph = model.module();
    let values: HashMap<ParamId, Tensor> = kiln_core::weights::values(graph).into_iter().collect();
    let mut all: Vec<(String, Vec<usize>, Vec<u8>)> = Vec::new();
    for weight in graph.weights() {
        let Some(value) = values.get(&weight.id) else { continue };
        let bytes = value.clone().inner().to_vec::<f32>().into_iter().flat_map(f32::to_le_bytes).collect();
        all.push((weight.path, weight.shape, bytes));
    }
    let failed = |e: safetensors::SafeTensorError| Error::data("save_weights", format!("safetensors: {e}"));
    let views = all.iter().map(|(name, shape, bytes)| TensorView::new(Dtype::F32, shape.clone(), bytes).map(|v| (name.as_str(), v)));
    let views: Vec<(&str, TensorView<'_>)> = views.collect::<std::result::Result<_, _>>().map_err(failed)?;
    safetensors::serialize(views, None).map_err(failed)
}

pub(crate) fn read(bytes: &[u8], model: &Model) -> Result<Vec<(ParamId, Tensor)>> {
    let file = SafeTensors::deserialize(bytes).map_err(|e| Error::data("", format!("not readable as safetensors: {e}")))?;
    let weights = model.module().weights();
    let names = file.names();
    if let Some(name) = names.iter().find(|name| !weights.iter().any(|w| &w.path == *name)) {
        return Err(Error::unknown("weight of the model", name, weights.iter().map(|w| w.path.as_str())));
    }
    let mut values = Vec::new();
    for weight in weights {
        let Ok(view) = file.tensor(&weight.path) else {
            return Err(Error::data("", format!("there is no weight `{}`", weight.path)));
        };
        if view.shape() != weight.shape {
            let expected = format!("a weight of shape {}", tuple(&weight.shape));
            return Err(Error::shape(&weight.path, expected, tuple(view.shape())));
        }
        let data = view.data();
        let floats: Vec<f32> = match view.dtype() {
            Dtype::F32 => data.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect(),
            Dtype::F64 => data.as_chunks().0.iter().map(|b| f64::from_le_bytes(*b) as f32).collect(),
            Dtype::BF16 => data.as_chunks().0.iter().map(|b| f32::from_bits(u32::from(u16::from_le_bytes(*b)) << 16)).collect(),
            Dtype::F16 => data.as_chunks().0.iter().map(|b| crate::hdf5::half(u16::from_le_bytes(*b)) as f32).collect(),
            other => return Err(Error::option(&weight.path, "dtype", "F32, F64, F16 or BF16", format!("{other:?}"))),
        };
        values.push((weight.id, Tensor::from_vec(floats, &weight.shape)?));
    }
    Ok(values)
}
