//! Elements as bytes: how they are put together, and the values of their tensors.

use super::spec::ElementSpec;
use burn::tensor::{BoolStore, TensorData};
use kiln_core::tensor::dtype_name;
use kiln_core::{DType, Device, Error, Result, Tensor};
use std::sync::Arc;

/// The dtypes that are written, by their place.
const DTYPES: [DType; 13] = [
    DType::F64,
    DType::F32,
    DType::F16,
    DType::BF16,
    DType::I64,
    DType::I32,
    DType::I16,
    DType::I8,
    DType::U64,
    DType::U32,
    DType::U16,
    DType::U8,
    DType::Bool(BoolStore::Native),
];

/// Forms nested deeper than any program writes them are damage.
const DEEPEST: usize = 32;

/// Writes an element's form and its tensors, which are in the form's order.
pub(super) fn write(spec: &ElementSpec, tensors: &mut impl Iterator<Item = Tensor>, out: &mut Vec<u8>) -> Result<()> {
    let count = |n: usize, out: &mut Vec<u8>| out.extend((n as u64).to_le_bytes());
    match spec {
        ElementSpec::Tensor { .. } => {
            let Some(tensor) = tensors.next() else {
                return Err(Error::data("cache_file", "an element has fewer tensors than its form"));
            };
            out.push(b't');
            values(&tensor, out)
        }
        ElementSpec::Tuple(parts) | ElementSpec::List(parts) => {
            out.push(if matches!(spec, ElementSpec::Tuple(_)) { b'(' } else { b'[' });
            count(parts.len(), out);
            parts.iter().try_for_each(|part| write(part, tensors, out))
        }
        ElementSpec::Named(parts) => {
            out.push(b'{');
            count(parts.len(), out);
            for (name, part) in parts {
                count(name.len(), out);
                out.extend(name.as_bytes());
                write(part, tensors, out)?;
            }
            Ok(())
        }
    }
}

fn values(tensor: &Tensor, out: &mut Vec<u8>) -> Result<()> {
    let (shape, mut data) = (tensor.shape(), tensor.to_data());
    if matches!(data.dtype(), DType::Bool(_)) {
        data = data.convert::<bool>();
    }
    let Some(place) = DTYPES.iter().position(|dtype| *dtype == data.dtype()) else {
        let expected = "a dtype that can be written";
        return Err(Error::option("cache_file", "dtype", expected, dtype_name(tensor.dtype())).hint("`cast` it before"));
    };
    out.extend([place as u8, shape.len() as u8]);
    shape.iter().for_each(|n| out.extend((*n as u64).to_le_bytes()));
    out.extend(data.as_bytes());
    Ok(())
}

/// Reads what [`write`] wrote, from `bytes`, which then begin after it. `None` is damage.
pub(super) fn read(bytes: &mut &[u8], tensors: &mut Vec<Tensor>, depth: usize) -> Option<ElementSpec> {
    if depth > DEEPEST {
        return None;
    }
    let [tag] = *bytes.split_off(..1)? else { return None };
    match tag {
        b't' => {
            let tensor = tensor(bytes)?;
            let spec = ElementSpec::of(&tensor);
            tensors.push(tensor);
            Some(spec)
        }
        b'(' | b'[' => {
            let parts = (0..number(bytes)?).map(|_| read(bytes, tensors, depth + 1)).collect::<Option<Vec<_>>>()?;
            Some(if tag == b'(' { ElementSpec::Tuple(parts) } else { ElementSpec::List(parts) })
        }
        b'{' => {
            let named = |bytes: &mut &[u8], tensors: &mut Vec<Tensor>| -> Option<(Arc<str>, ElementSpec)> {
                let length = number(bytes)?;
                let name = str::from_utf8(bytes.split_off(..length)?).ok()?;
                Some((name.into(), read(bytes, tensors, depth + 1)?))
            };
            Some(ElementSpec::Named((0..number(bytes)?).map(|_| named(bytes, tensors)).collect::<Option<Vec<_>>>()?))
        }
        _ => None,
    }
}

fn number(bytes: &mut &[u8]) -> Option<usize> {
    usize::try_from(u64::from_le_bytes(bytes.split_off(..8)?.try_into().ok()?)).ok()
}

fn tensor(bytes: &mut &[u8]) -> Option<Tensor> {
    let [dtype, rank] = *bytes.split_off(..2)? else { return None };
    let dtype = *DTYPES.get(usize::from(dtype))?;
    let shape: Vec<usize> = (0..rank).map(|_| number(bytes)).collect::<Option<_>>()?;
    let size = shape.iter().try_fold(dtype.size(), |size, n| size.checked_mul(*n))?;
    let values = bytes.split_off(..size)?;
    if matches!(dtype, DType::Bool(_)) {
        if values.iter().any(|byte| *byte > 1) {
            return None;
        }
        return Tensor::from_vec(values.iter().map(|byte| *byte == 1).collect(), shape).ok();
    }
    Tensor::from_data(TensorData::from_bytes_vec(values.to_vec(), shape, dtype), &Device::host()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Element, Named};

    fn through<E: Element>(element: &E) -> E {
        let mut bytes = Vec::new();
        write(&element.spec(), &mut element.tensors().into_iter().cloned(), &mut bytes).unwrap();
        let (mut rest, mut tensors) = (bytes.as_slice(), Vec::new());
        let spec = read(&mut rest, &mut tensors, 0).unwrap();
        assert!(rest.is_empty() && spec == element.spec());
        // Cut off anywhere, it is damage and no panic.
        for end in 0..bytes.len() {
            assert!(read(&mut &bytes[..end], &mut Vec::new(), 0).is_none());
        }
        E::from_spec(&spec, tensors).unwrap()
    }

    #[test]
    fn every_form_and_dtype_comes_back() {
        let named = Named::from([("a", Tensor::constant([true, false])), ("b", Tensor::constant(2.5))]);
        let ((named, list), wide) =
            through(&((named, vec![Tensor::constant([[1u8, 2]]), Tensor::constant([-5i64])]), Tensor::zeros([0, 3])));
        assert_eq!((named.get("a").unwrap().to_vec::<bool>(), named.get("b").unwrap().item()), (vec![true, false], 2.5));
        assert_eq!((named.get("b").unwrap().rank(), list[0].shape(), list[1].to_vec::<i64>()), (0, vec![1, 2], vec![-5]));
        assert_eq!(wide.shape(), [0, 3]);
        let dtypes = [DType::F64, DType::F32, DType::I32, DType::I16, DType::U32, DType::U8];
        for dtype in dtypes {
            let tensor = through(&Tensor::constant([3, 4]).cast(dtype));
            assert_eq!((tensor.dtype(), tensor.to_vec::<i32>()), (dtype, vec![3, 4]));
        }
    }
}
