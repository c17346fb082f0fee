//! Writing tables.

use kiln_core::{DType, Error, Result, Tensor};
use std::fmt::Display;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

/// Writes a tensor of rank 1 (one column) or 2 (rows, columns) as a CSV file without a header. Whole numbers are written without
/// a point, others with as many digits as it takes to read the same number again.
///
/// # Errors
/// A tensor of another rank, or a file that can't be written.
///
/// ```
/// use kiln_core::Tensor;
/// let path = std::env::temp_dir().join(format!("kiln-save-{}.csv", std::process::id()));
/// kiln_data::save_csv(&path, &Tensor::constant([[1.0, 2.5], [3.0, 4.0]]))?;
/// assert_eq!(std::fs::read_to_string(&path).unwrap(), "1,2.5\n3,4\n");
/// # std::fs::remove_file(&path).unwrap();
/// # Ok::<(), kiln_core::Error>(())
/// ```
pub fn save_csv(path: impl AsRef<Path>, table: &Tensor) -> Result<()> {
    let path = path.as_ref();
    let columns = match table.shape().as_slice() {
        [_] => 1,
        [_, columns] => *columns,
        _ => return Err(Error::shape("save_csv", "a tensor of rank 1 or 2", table.describe()).hint("`reshape` it to (rows, columns)")),
    };
    let written = File::create(path).and_then(|file| {
        let mut out = BufWriter::new(file);
        match table.dtype() {
            DType::F64 => write(&mut out, &table.to_vec::<f64>(), columns)?,
            dtype if dtype.is_float() => write(&mut out, &table.to_vec::<f32>(), columns)?,
            _ => write(&mut out, &table.to_vec::<i64>(), columns)?,
        }
        out.flush()
    });
    written.map_err(|error| Error::file(path, format!("can't be written: {error}")))
}

fn write<T: Display>(out: &mut impl Write, values: &[T], columns: usize) -> std::io::Result<()> {
    for row in values.chunks(columns.max(1)) {
        for (i, value) in row.iter().enumerate() {
            let delimiter = if i == 0 { "" } else { "," };
            write!(out, "{delimiter}{value}")?;
        }
        out.write_all(b"\n")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load_csv;

    #[test]
    fn what_is_written_is_read_again() {
        let path = std::env::temp_dir().join(format!("kiln-save-test-{}.csv", std::process::id()));
        let values: Vec<f32> = (0..40).map(|i| (i as f32 - 20.0).powi(5) / 7.0).collect();
        save_csv(&path, &Tensor::from_vec(values.clone(), [10, 4]).unwrap()).unwrap();
        assert_eq!(load_csv(&path).unwrap().to_vec::<f32>(), values);
        save_csv(&path, &Tensor::constant([3u8, 250])).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "3\n250\n");
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn other_ranks_are_refused() {
        let error = save_csv("x.csv", &Tensor::zeros([1, 2, 3])).unwrap_err();
        let expected = "save_csv: expected a tensor of rank 1 or 2, received shape (1, 2, 3) of float32; `reshape` it to (rows, columns)";
        assert_eq!(error.to_string(), expected);
        assert!(save_csv("no/such/folder/x.csv", &Tensor::zeros([1])).is_err());
    }
}
