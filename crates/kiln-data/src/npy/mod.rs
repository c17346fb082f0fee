//! NumPy's array files: `.npy`, and `.npz`, an archive of them.

mod header;
pub(crate) mod pickle;

use crate::file;
use burn::tensor::{Element, TensorData};
use header::Header;
use kiln_core::tensor::dtype_name;
use kiln_core::{DType, Device, Error, Result, Tensor};
use std::io::{Cursor, Write};
use std::path::Path;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// Reads a NumPy array file (`.npy`): a tensor of the file's shape and dtype. Numbers of either byte order and arrays in Fortran's
/// order are read; `float16`, complex numbers, text and Python objects are not.
///
/// # Errors
/// A missing file, one that isn't NumPy's or is cut off, or a dtype without a tensor's.
///
/// ```
/// use kiln_core::Tensor;
/// use kiln_data::{load_npy, save_npy};
/// let path = std::env::temp_dir().join(format!("kiln-{}.npy", std::process::id()));
/// save_npy(&path, &Tensor::constant([[1, 2], [3, 4]]))?;
/// assert_eq!(load_npy(&path)?.to_vec::<i32>(), [1, 2, 3, 4]);
/// # std::fs::remove_file(&path).unwrap();
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub fn load_npy(path: impl AsRef<Path>) -> Result<Tensor> {
    let path = path.as_ref();
    array(path, &file::read(path)?)
}

/// Writes a tensor as a NumPy array file (`.npy`), which `numpy.load` reads.
///
/// # Errors
/// A file that can't be written, or a dtype that NumPy doesn't have.
///
/// ```
/// use kiln_core::Tensor;
/// let path = std::env::temp_dir().join(format!("kiln-save-{}.npy", std::process::id()));
/// kiln_data::save_npy(&path, &Tensor::zeros([2, 3]))?;
/// assert!(std::fs::read(&path).unwrap().starts_with(b"\x93NUMPY"));
/// # std::fs::remove_file(&path).unwrap();
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub fn save_npy(path: impl AsRef<Path>, tensor: &Tensor) -> Result<()> {
    write(path.as_ref(), &bytes(tensor)?)
}

/// Reads all arrays of a `.npz` file, by name and in the file's order.
///
/// # Errors
/// As for [`load_npy`], with the array's name; or a file that isn't an archive.
///
/// ```
/// use kiln_core::Tensor;
/// use kiln_data::{load_npz, save_npz};
/// let path = std::env::temp_dir().join(format!("kiln-{}.npz", std::process::id()));
/// save_npz(&path, &[("x", &Tensor::zeros([2, 2])), ("y", &Tensor::constant([1, 2]))])?;
/// let arrays = load_npz(&path)?;
/// assert_eq!((arrays[1].0.as_str(), arrays[1].1.to_vec::<i32>()), ("y", vec![1, 2]));
/// # std::fs::remove_file(&path).unwrap();
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub fn load_npz(path: impl AsRef<Path>) -> Result<Vec<(String, Tensor)>> {
    let path = path.as_ref();
    let entries = entries(path)?;
    entries.into_iter().map(|(name, bytes)| Ok((name.clone(), array(&path.join(name), &bytes)?))).collect()
}

/// Writes tensors as a `.npz` file, packed, which `numpy.load` reads: NumPy's `savez_compressed`.
///
/// # Errors
/// A file that can't be written, or a dtype that NumPy doesn't have.
///
/// ```
/// use kiln_core::Tensor;
/// let path = std::env::temp_dir().join(format!("kiln-save-{}.npz", std::process::id()));
/// kiln_data::save_npz(&path, &[("a", &Tensor::zeros([2]))])?;
/// assert!(std::fs::read(&path).unwrap().starts_with(b"PK"));
/// # std::fs::remove_file(&path).unwrap();
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub fn save_npz(path: impl AsRef<Path>, arrays: &[(&str, &Tensor)]) -> Result<()> {
    let path = path.as_ref();
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    let failed = |error: String| Error::file(path, format!("can't be written: {error}"));
    for (name, tensor) in arrays {
        zip.start_file(format!("{name}.npy"), options).map_err(|e| failed(e.to_string()))?;
        zip.write_all(&bytes(tensor)?).map_err(|e| failed(e.to_string()))?;
    }
    write(path, &zip.finish().map_err(|e| failed(e.to_string()))?.into_inner())
}

/// The files of an `.npz` archive, by their names without `.npy`.
pub(crate) fn entries(path: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    unpacked(path, file::read(path)?)
}

/// The files in the bytes of an archive; `path` is for errors.
pub(crate) fn unpacked(path: &Path, bytes: Vec<u8>) -> Result<Vec<(String, Vec<u8>)>> {
    let failed = |error: String| Error::file(path, format!("is not an .npz archive: {error}"));
    let most = file::most(bytes.len());
    let mut left = most;
    let mut zip = ZipArchive::new(Cursor::new(bytes)).map_err(|e| failed(e.to_string()))?;
    let mut entries = Vec::new();
    for i in 0..zip.len() {
        let mut entry = zip.by_index(i).map_err(|e| failed(e.to_string()))?;
        let bytes = file::within(&mut entry, left).map_err(|e| failed(e.to_string()))?;
        let bytes = bytes.ok_or_else(|| file::too_large(path, most))?;
        left -= bytes.len() as u64;
        let name = entry.name().map_err(|e| failed(e.to_string()))?.trim_end_matches(".npy").to_owned();
        entries.push((name, bytes));
    }
    Ok(entries)
}

/// The header of an array file and what follows it.
pub(crate) fn open<'a>(name: &Path, bytes: &'a [u8]) -> Result<(Header, &'a [u8])> {
    header::read(bytes).map_err(|what| Error::file(name, what))
}

/// The tensor in the bytes of an array file; `name` is for errors.
pub(crate) fn array(name: &Path, bytes: &[u8]) -> Result<Tensor> {
    let (header, values) = open(name, bytes)?;
    tensor(&header, values).map_err(|what| Error::file(name, what))
}

/// A tensor of a header's form.
pub(crate) fn tensor(header: &Header, values: &[u8]) -> std::result::Result<Tensor, String> {
    let (order, kind) = header.descr.split_at_checked(1).ok_or("has no dtype")?;
    let big = match order {
        "<" | "|" | "=" => false,
        ">" => true,
        _ => return Err(format!("has the dtype `{}`, which no tensor has", header.descr)),
    };
    let width = kind.get(1..).and_then(|width| width.parse::<usize>().ok()).unwrap_or(0);
    let wanted = header.shape.iter().try_fold(width, |product, n| product.checked_mul(*n));
    if wanted != Some(values.len()) {
        return Err(format!(
            "is cut off or too long: expected {} bytes of values, received {}",
            wanted.unwrap_or(usize::MAX),
            values.len()
        ));
    }
    if !file::countable(&header.shape, width) {
        return Err("has a shape of more values than can be counted but for its 0".to_owned());
    }
    // Fortran's order is that of the transposed array.
    let mut shape = header.shape.clone();
    if header.fortran_order {
        shape.reverse();
    }
    let data = match kind {
        "f4" => numbers(values, shape, big, f32::from_le_bytes),
        "f8" => numbers(values, shape, big, f64::from_le_bytes),
        "i1" => numbers(values, shape, big, i8::from_le_bytes),
        "i2" => numbers(values, shape, big, i16::from_le_bytes),
        "i4" => numbers(values, shape, big, i32::from_le_bytes),
        "i8" => numbers(values, shape, big, i64::from_le_bytes),
        "u1" => TensorData::new(values.to_vec(), shape),
        "u2" => numbers(values, shape, big, u16::from_le_bytes),
        "u4" => numbers(values, shape, big, u32::from_le_bytes),
        "u8" => numbers(values, shape, big, u64::from_le_bytes),
        "b1" => TensorData::new(values.iter().map(|byte| *byte != 0).collect::<Vec<bool>>(), shape),
        _ => return Err(format!("has the dtype `{}`, which no tensor has", header.descr)),
    };
    let tensor = Tensor::from_data(data, &Device::flex()).map_err(|error| error.to_string())?;
    match header.fortran_order && header.shape.len() > 1 {
        true => tensor.transpose((0..header.shape.len()).rev().collect::<Vec<_>>()).map_err(|error| error.to_string()),
        false => Ok(tensor),
    }
}

fn numbers<T: Element, const N: usize>(bytes: &[u8], shape: Vec<usize>, big: bool, read: fn([u8; N]) -> T) -> TensorData {
    let number = |chunk: &[u8]| {
        let mut bytes = [0; N];
        bytes.copy_from_slice(chunk);
        if big {
            bytes.reverse();
        }
        read(bytes)
    };
    TensorData::new(bytes.chunks_exact(N).map(number).collect::<Vec<T>>(), shape)
}

fn bytes(tensor: &Tensor) -> Result<Vec<u8>> {
    let (descr, values) = match tensor.dtype() {
        DType::F32 | DType::Flex32 => ("<f4", tensor.to_vec::<f32>().into_iter().flat_map(f32::to_le_bytes).collect::<Vec<u8>>()),
        DType::F64 => ("<f8", tensor.to_vec::<f64>().into_iter().flat_map(f64::to_le_bytes).collect()),
        DType::I64 => ("<i8", tensor.to_vec::<i64>().into_iter().flat_map(i64::to_le_bytes).collect()),
        DType::I32 => ("<i4", tensor.to_vec::<i32>().into_iter().flat_map(i32::to_le_bytes).collect()),
        DType::I16 => ("<i2", tensor.to_vec::<i64>().into_iter().flat_map(|v| (v as i16).to_le_bytes()).collect()),
        DType::I8 => ("|i1", tensor.to_vec::<i64>().into_iter().map(|v| v as i8 as u8).collect()),
        DType::U32 => ("<u4", tensor.to_vec::<u32>().into_iter().flat_map(u32::to_le_bytes).collect()),
        DType::U16 => ("<u2", tensor.to_vec::<u32>().into_iter().flat_map(|v| (v as u16).to_le_bytes()).collect()),
        DType::U8 => ("|u1", tensor.to_vec::<u8>()),
        DType::Bool(_) => ("|b1", tensor.to_vec::<bool>().into_iter().map(u8::from).collect()),
        dtype => return Err(Error::data("save_npy", format!("the dtype {} can't be written", dtype_name(dtype))).hint("`cast` it first")),
    };
    let mut out = header::write(descr, &tensor.shape());
    out.extend(values);
    Ok(out)
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    std::fs::write(path, bytes).map_err(|error| Error::file(path, format!("can't be written: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dtype_comes_back() {
        let values = Tensor::constant([[0, 1, 2], [3, 4, 5]]);
        for dtype in [DType::F32, DType::F64, DType::I64, DType::I32, DType::I16, DType::I8, DType::U32, DType::U16, DType::U8] {
            let tensor = values.clone().cast(dtype);
            let again = array(Path::new("a.npy"), &bytes(&tensor).unwrap()).unwrap();
            assert_eq!((again.dtype(), again.shape(), again.to_vec::<i32>()), (dtype, vec![2, 3], vec![0, 1, 2, 3, 4, 5]));
        }
        let truth = Tensor::constant([true, false]);
        assert_eq!(array(Path::new("a"), &bytes(&truth).unwrap()).unwrap().to_vec::<bool>(), [true, false]);
        assert_eq!(array(Path::new("a"), &bytes(&Tensor::constant(2.5)).unwrap()).unwrap().item(), 2.5);
    }

    fn file(descr: &str, fortran: bool, values: &[u8]) -> Vec<u8> {
        let python = if fortran { "True" } else { "False" };
        let text = format!("{{'descr': '{descr}', 'fortran_order': {python}, 'shape': (2, 2), }}\n");
        [b"\x93NUMPY\x01\0".as_slice(), &(text.len() as u16).to_le_bytes(), text.as_bytes(), values].concat()
    }

    #[test]
    fn either_order_of_bytes_and_axes() {
        let read = |descr, fortran, values: &[u8]| array(Path::new("a"), &file(descr, fortran, values)).unwrap().to_vec::<i32>();
        assert_eq!(read(">i2", false, &[0, 1, 0, 2, 1, 0, 0, 4]), [1, 2, 256, 4]);
        assert_eq!(read("|u1", true, &[1, 2, 3, 4]), [1, 3, 2, 4]);
        let text = "{'descr': '|u1', 'fortran_order': True, 'shape': (), }\n";
        let scalar = [b"\x93NUMPY\x01\0".as_slice(), &(text.len() as u16).to_le_bytes(), text.as_bytes(), &[7]].concat();
        assert_eq!(array(Path::new("a"), &scalar).unwrap().item(), 7.0);
    }

    #[test]
    fn damage_is_named() {
        let error = |bytes: &[u8]| array(Path::new("a.npy"), bytes).unwrap_err().to_string();
        assert_eq!(error(b"PK\x03\x04"), "a.npy: is not a NumPy array file");
        assert_eq!(error(&file("|u1", false, &[1, 2])), "a.npy: is cut off or too long: expected 4 bytes of values, received 2");
        assert_eq!(error(&file("<f2", false, &[0; 8])), "a.npy: has the dtype `<f2`, which no tensor has");
        let empty = header::write("<f4", &[0, usize::MAX, 3]);
        assert!(error(&empty).contains("more values than can be counted"), "{}", error(&empty));
        assert_eq!(error(&file("|O", false, &[])), "a.npy: has the dtype `|O`, which no tensor has");
        let whole = file("|u1", false, &[1, 2, 3, 4]);
        assert!((0..whole.len()).all(|n| array(Path::new("a"), &whole[..n]).is_err()));
        let path = std::env::temp_dir().join(format!("kiln-not-{}.npz", std::process::id()));
        std::fs::write(&path, b"nothing").unwrap();
        assert!(load_npz(&path).unwrap_err().to_string().contains("is not an .npz archive"));
        std::fs::remove_file(&path).unwrap();
    }
}
