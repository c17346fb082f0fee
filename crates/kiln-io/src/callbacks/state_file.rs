//! A state in a file: tensors as safetensors, values as JSON in its metadata, and a checksum of both.

use crate::archive;
use crate::limits::Limits;
use burn::tensor::{DType, TensorData};
use crc32c::{crc32c, crc32c_append};
use kiln_core::{Device, Error, Result, Tensor};
use kiln_train::State;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde_json::Value;
use std::collections::HashMap;
use std::path::Path;

/// The format's name and version.
const FORMAT: &str = "kiln.state.1";

pub(crate) fn write(state: &State) -> Result<Vec<u8>> {
    let failed = |e: safetensors::SafeTensorError| Error::data("state", format!("safetensors: {e}"));
    let mut all: Vec<(&str, Vec<usize>, Dtype, Vec<u8>)> = Vec::new();
    for (name, tensor) in state.tensors() {
        let (dtype, bytes) = bytes(name, tensor)?;
        all.push((name, tensor.shape(), dtype, bytes));
    }
    let values = Value::Object(state.values()).to_string();
    let sum = all.iter().fold(crc32c(values.as_bytes()), |sum, (.., bytes)| crc32c_append(sum, bytes));
    let views = all.iter().map(|(name, shape, dtype, bytes)| TensorView::new(*dtype, shape.clone(), bytes).map(|v| (*name, v)));
    let views: Vec<(&str, TensorView<'_>)> = views.collect::<std::result::Result<_, _>>().map_err(failed)?;
    let metadata = [("format", FORMAT.to_owned()), ("values", values), ("crc32c", sum.to_string())];
    safetensors::serialize(views, Some(metadata.map(|(key, value)| (key.to_owned(), value)).into())).map_err(failed)
}

fn bytes(name: &str, tensor: &Tensor) -> Result<(Dtype, Vec<u8>)> {
    Ok(match tensor.dtype() {
        DType::F32 => (Dtype::F32, tensor.to_vec::<f32>().into_iter().flat_map(f32::to_le_bytes).collect()),
        DType::F64 => (Dtype::F64, tensor.to_vec::<f64>().into_iter().flat_map(f64::to_le_bytes).collect()),
        DType::I32 => (Dtype::I32, tensor.to_vec::<i32>().into_iter().flat_map(i32::to_le_bytes).collect()),
        DType::I64 => (Dtype::I64, tensor.to_vec::<i64>().into_iter().flat_map(i64::to_le_bytes).collect()),
        other => return Err(Error::option(name, "dtype", "float32, float64, int32 or int64", kiln_core::tensor::dtype_name(other))),
    })
}

/// Reads the file at `path`; `None` if it isn't there.
pub(crate) fn read(path: &Path) -> Result<Option<State>> {
    if !path.exists() {
        return Ok(None);
    }
    let bytes = archive::bytes(path, &Limits::default())?;
    let damaged = |what: String| Error::file(path, what);
    let file = SafeTensors::deserialize(&bytes).map_err(|e| damaged(format!("not readable as safetensors: {e}")))?;
    let (_, header) = SafeTensors::read_metadata(&bytes).map_err(|e| damaged(e.to_string()))?;
    let metadata: HashMap<String, String> = header.metadata().clone().unwrap_or_default();
    let text = |key: &str| metadata.get(key).ok_or_else(|| damaged("not the state of a training".to_owned()));
    if text("format")? != FORMAT {
        return Err(damaged(format!("of the format `{}`, not `{FORMAT}`", text("format")?)));
    }
    let mut tensors: Vec<(String, TensorView<'_>)> = file.tensors();
    tensors.sort_by(|(a, _), (b, _)| a.cmp(b));
    let values = text("values")?;
    let sum = tensors.iter().fold(crc32c(values.as_bytes()), |sum, (_, view)| crc32c_append(sum, view.data()));
    if text("crc32c")? != &sum.to_string() {
        return Err(damaged("damaged: its checksum is another".to_owned()));
    }
    let Ok(Value::Object(values)) = serde_json::from_str(values) else {
        return Err(damaged("damaged: its values are not readable".to_owned()));
    };
    let tensors = tensors.into_iter().map(|(name, view)| Ok((name, tensor(path, &view)?)));
    Ok(Some(State::from_parts(values, tensors.collect::<Result<Vec<_>>>()?)))
}

fn tensor(path: &Path, view: &TensorView<'_>) -> Result<Tensor> {
    let (bytes, shape) = (view.data(), view.shape().to_vec());
    let data = match view.dtype() {
        Dtype::F32 => TensorData::new(bytes.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect(), shape),
        Dtype::F64 => TensorData::new(bytes.as_chunks().0.iter().map(|b| f64::from_le_bytes(*b)).collect(), shape),
        Dtype::I32 => TensorData::new(bytes.as_chunks().0.iter().map(|b| i32::from_le_bytes(*b)).collect(), shape),
        Dtype::I64 => TensorData::new(bytes.as_chunks().0.iter().map(|b| i64::from_le_bytes(*b)).collect(), shape),
        other => return Err(Error::file(path, format!("damaged: a tensor of {other:?}"))),
    };
    Tensor::from_data(data, &Device::host())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comes_back_bit_for_bit_and_damage_is_seen() {
        let mut state = State::new();
        let numbers = vec![0.1f32, f32::NAN, -0.0, f32::MIN_POSITIVE / 2.0];
        state.set_tensor("a/b", &Tensor::from_vec(numbers.clone(), [2, 2]).unwrap());
        state.set_tensor("i", &Tensor::constant([1, 2]));
        state.set("n", &(0.1 + 0.2));
        let path = std::env::temp_dir().join(format!("kiln_state_{}.safetensors", std::process::id()));
        assert!(read(&path).unwrap().is_none());
        let bytes = write(&state).unwrap();
        std::fs::write(&path, &bytes).unwrap();
        let again = read(&path).unwrap().unwrap();
        let bits = |v: Vec<f32>| v.into_iter().map(f32::to_bits).collect::<Vec<_>>();
        assert_eq!(bits(again.tensor("a/b").unwrap().to_vec()), bits(numbers));
        assert_eq!((again.tensor("i").unwrap().to_vec::<i32>(), again.get::<f64>("n").unwrap()), (vec![1, 2], 0.1 + 0.2));
        for at in 0..bytes.len() {
            let mut broken = bytes.clone();
            broken[at] ^= 0x04;
            std::fs::write(&path, &broken).unwrap();
            // Nothing panics, and no other state is read for this one.
            if let Ok(Some(other)) = read(&path) {
                let same = other.tensor("a/b").map(|t| bits(t.to_vec())).ok() == again.tensor("a/b").map(|t| bits(t.to_vec())).ok();
                assert!(same || other.tensor("a/b").is_err(), "byte {at}");
            }
        }
        std::fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
        assert!(read(&path).is_err());
        std::fs::remove_file(path).unwrap();
    }
}
