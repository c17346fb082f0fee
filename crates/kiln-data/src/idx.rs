//! The IDX format of MNIST: arrays of one dtype, big-endian, after a short header.

use crate::file;
use burn::tensor::{Element, TensorData};
use kiln_core::shape::tuple;
use kiln_core::{Device, Error, Result, Tensor};
use std::path::Path;

/// Reads an IDX file, the format of MNIST and Fashion-MNIST, packed with gzip or not. The tensor has the file's shape and dtype:
/// `uint8`, `int8`, `int16`, `int32`, `float32` or `float64`.
///
/// # Errors
/// A missing file, one that isn't IDX, or one that holds more or fewer values than its header says.
///
/// ```
/// let path = std::env::temp_dir().join(format!("kiln-{}.idx", std::process::id()));
/// std::fs::write(&path, [0, 0, 8, 1, 0, 0, 0, 3, 5, 6, 7]).unwrap();
/// let labels = kiln_data::load_idx(&path)?;
/// assert_eq!((labels.dtype(), labels.to_vec::<u8>()), (kiln_core::DType::U8, vec![5, 6, 7]));
/// # std::fs::remove_file(&path).unwrap();
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub fn load_idx(path: impl AsRef<Path>) -> Result<Tensor> {
    let path = path.as_ref();
    parse(path, &file::read(path)?)
}

/// The tensor in the bytes of an IDX file; `name` is for errors.
pub(crate) fn parse(name: &Path, bytes: &[u8]) -> Result<Tensor> {
    let &[0, 0, kind, rank, ..] = bytes else {
        return Err(not_idx(name, bytes));
    };
    let (rank, size) = (usize::from(rank), width(kind).ok_or_else(|| not_idx(name, bytes))?);
    let (header, values) = bytes.split_at_checked(4 + 4 * rank).ok_or_else(|| cut_off(name, 4 + 4 * rank, bytes.len()))?;
    let shape: Vec<usize> = header[4..].chunks_exact(4).map(|n| u32::from_be_bytes(array(n)) as usize).collect();
    let wanted = shape.iter().try_fold(size, |product, &n| product.checked_mul(n));
    match wanted {
        Some(0) if !file::countable(&shape, size) => {
            return Err(Error::file(name, format!("has the shape {}, of more values than can be counted but for its 0", tuple(&shape))));
        }
        Some(wanted) if wanted == values.len() => {}
        Some(wanted) if wanted < values.len() => {
            let what = format!("holds {} bytes more than its header's shape {} asks for", values.len() - wanted, tuple(&shape));
            return Err(Error::file(name, what));
        }
        _ => return Err(cut_off(name, wanted.map_or(usize::MAX, |w| w.saturating_add(header.len())), bytes.len())),
    }
    let data = match kind {
        0x08 => TensorData::new(values.to_vec(), shape),
        0x09 => numbers(values, shape, i8::from_be_bytes),
        0x0B => numbers(values, shape, i16::from_be_bytes),
        0x0C => numbers(values, shape, i32::from_be_bytes),
        0x0D => numbers(values, shape, f32::from_be_bytes),
        _ => numbers(values, shape, f64::from_be_bytes),
    };
    Tensor::from_data(data, &Device::flex())
}

/// Bytes of one value of a type code.
fn width(kind: u8) -> Option<usize> {
    match kind {
        0x08 | 0x09 => Some(1),
        0x0B => Some(2),
        0x0C | 0x0D => Some(4),
        0x0E => Some(8),
        _ => None,
    }
}

fn numbers<T: Element, const N: usize>(bytes: &[u8], shape: Vec<usize>, read: fn([u8; N]) -> T) -> TensorData {
    TensorData::new(bytes.chunks_exact(N).map(|b| read(array(b))).collect::<Vec<T>>(), shape)
}

/// A slice of exactly `N` bytes as an array.
fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut out = [0; N];
    out.copy_from_slice(bytes);
    out
}

fn not_idx(name: &Path, bytes: &[u8]) -> Error {
    let start: Vec<String> = bytes.iter().take(4).map(|b| format!("{b:02x}")).collect();
    let start = if start.is_empty() { "nothing".to_owned() } else { format!("`{}`", start.join(" ")) };
    Error::file(name, format!("is not an IDX file: expected it to begin with `00 00`, a type code and the rank, received {start}"))
}

fn cut_off(name: &Path, wanted: usize, received: usize) -> Error {
    Error::file(name, format!("is cut off: expected {wanted} bytes, received {received}")).hint("fetch the file again")
}

#[cfg(test)]
mod tests {
    use super::*;
    use kiln_core::DType;

    fn read(bytes: &[u8]) -> Result<Tensor> {
        parse(Path::new("t.idx"), bytes)
    }

    #[test]
    fn every_type_is_read() {
        let head = |kind| vec![0, 0, kind, 2, 0, 0, 0, 1, 0, 0, 0, 2];
        let file = |kind, values: &[u8]| [head(kind), values.to_vec()].concat();
        let check = |bytes: Vec<u8>, dtype, values: [f64; 2]| {
            let tensor = read(&bytes).unwrap();
            assert_eq!((tensor.dtype(), tensor.shape(), tensor.to_vec::<f64>()), (dtype, vec![1, 2], values.to_vec()));
        };
        check(file(0x08, &[255, 1]), DType::U8, [255.0, 1.0]);
        check(file(0x09, &[255, 1]), DType::I8, [-1.0, 1.0]);
        check(file(0x0B, &[1, 0, 255, 255]), DType::I16, [256.0, -1.0]);
        check(file(0x0C, &[0, 1, 0, 0, 255, 255, 255, 254]), DType::I32, [65536.0, -2.0]);
        check(file(0x0D, &[1.5f32.to_be_bytes(), (-2.0f32).to_be_bytes()].concat()), DType::F32, [1.5, -2.0]);
        check(file(0x0E, &[1.25f64.to_be_bytes(), (-2.0f64).to_be_bytes()].concat()), DType::F64, [1.25, -2.0]);
    }

    #[test]
    fn damage_is_named() {
        let error = |bytes: &[u8]| read(bytes).unwrap_err().to_string();
        let whole = [0, 0, 8, 1, 0, 0, 0, 3, 5, 6, 7];
        assert_eq!(error(&whole[..10]), "t.idx: is cut off: expected 11 bytes, received 10; fetch the file again");
        assert_eq!(error(&whole[..6]), "t.idx: is cut off: expected 8 bytes, received 6; fetch the file again");
        assert_eq!(error(&[&whole[..], &[1]].concat()), "t.idx: holds 1 bytes more than its header's shape (3,) asks for");
        let not = "t.idx: is not an IDX file: expected it to begin with `00 00`, a type code and the rank, received";
        assert_eq!(error(b"PK\x03\x04"), format!("{not} `50 4b 03 04`"));
        assert_eq!(error(&[0, 0, 7, 1, 0, 0, 0, 0]), format!("{not} `00 00 07 01`"));
        assert_eq!(error(&[]), format!("{not} nothing"));
        assert!(read(&[[0, 0, 8, 4].as_slice(), &[255; 16]].concat()).is_err());
        assert!(read(&[[0, 0, 8, 4].as_slice(), &[0; 4], &[255; 12]].concat()).unwrap_err().to_string().contains("(0, 4294967295,"));
        assert_eq!(read(&[0, 0, 8, 2, 0, 0, 0, 0, 0, 0, 0, 3]).unwrap().shape(), [0, 3]);
    }
}
