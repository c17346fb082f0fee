//! What CIFAR-10 and CIFAR-100 share: pickled batches in a packed archive.

use super::Splits;
use super::remote::Remote;
use super::source::Places;
use crate::npy::pickle;
use kiln_core::{Error, Result, Tensor};
use std::path::Path;

/// A batch's images of shape (n, 32, 32, 3) and labels of shape (n, 1), both `uint8`.
pub(super) fn batch(path: &Path, bytes: &[u8], key: &str) -> Result<(Tensor, Tensor)> {
    let failed = |what: String| Error::file(path, what);
    let content = pickle::read(bytes).map_err(failed)?;
    let bad = || Error::file(path, format!("is no batch of CIFAR with `data` and `{key}`"));
    let (shape, _, data) = content.get("data").and_then(pickle::Pickle::array).ok_or_else(bad)?;
    let labels = content.get(key).and_then(pickle::Pickle::list).ok_or_else(bad)?;
    let labels = labels.iter().map(|label| label.int().and_then(|label| u8::try_from(label).ok())).collect::<Option<Vec<u8>>>();
    let (Some(labels), pickle::Pickle::Bytes(pixels)) = (labels, data) else { return Err(bad()) };
    let count = labels.len();
    if shape != [count, 3 * 32 * 32] || pixels.len() != count * 3 * 32 * 32 {
        return Err(Error::file(path, format!("expected {count} images of 3072 numbers, received an array {shape:?}")));
    }
    let images = Tensor::from_vec(pixels.to_vec(), [count, 3, 32, 32])?.transpose([0, 2, 3, 1])?;
    Ok((images, Tensor::from_vec(labels, [count, 1])?))
}

/// Loads from the unpacked folder or the archive that one of the usual places has, else fetches the archive.
pub(super) fn load(source: &Remote, inner: &str, train: &[&str], test: &str, key: &str) -> Result<Splits> {
    let places = Places::of_this_machine();
    let folder = source.file.trim_end_matches(".tar.gz");
    for root in [&places.data, &places.cache].into_iter().flatten() {
        // Keras unpacks into a folder of the archive's name, of late with `_extracted`.
        let candidates = [root.join(inner), root.join(folder).join(inner), root.join(format!("{folder}_extracted")).join(inner)];
        if let Some(found) = candidates.iter().find(|path| path.join(test).is_file()) {
            return load_from(found, inner, train, test, key);
        }
    }
    load_from(&source.locate(&places)?, inner, train, test, key)
}

/// Loads from a folder of batches, or from the archive of it.
pub(super) fn load_from(path: &Path, inner: &str, train: &[&str], test: &str, key: &str) -> Result<Splits> {
    let archive = if path.is_dir() { None } else { Some(crate::file::read(path)?) };
    let part = |name: &str| match &archive {
        None => batch(&path.join(name), &crate::file::read(&path.join(name))?, key),
        Some(archive) => {
            let wanted = format!("{inner}/{name}");
            let bytes = member(archive, &wanted).ok_or_else(|| Error::file(path, format!("has no file `{wanted}`")))?;
            batch(&path.join(wanted), bytes, key)
        }
    };
    let parts = train.iter().map(|name| part(name)).collect::<Result<Vec<_>>>()?;
    let x = Tensor::concat(parts.iter().map(|(x, _)| x), 0)?;
    let y = Tensor::concat(parts.iter().map(|(_, y)| y), 0)?;
    Ok(((x, y), part(test)?))
}

/// A file of a tar archive.
fn member<'a>(mut archive: &'a [u8], wanted: &str) -> Option<&'a [u8]> {
    const BLOCK: usize = 512;
    loop {
        let (header, rest) = archive.split_at_checked(BLOCK)?;
        let text = |field: &[u8]| String::from_utf8_lossy(field.split(|byte| *byte == 0).next().unwrap_or_default()).trim().to_owned();
        let size = usize::from_str_radix(&text(&header[124..136]), 8).ok()?;
        let content = rest.get(..size)?;
        if text(&header[..100]).trim_start_matches("./") == wanted {
            return Some(content);
        }
        archive = rest.get(size.div_ceil(BLOCK) * BLOCK..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CIFAR_10: &[u8] = include_bytes!("../../testdata/datasets/cifar10_batch");
    const CIFAR_100: &[u8] = include_bytes!("../../testdata/datasets/cifar100_batch");

    #[test]
    fn images_become_channels_last() {
        let (x, y) = batch(Path::new("data_batch_1"), CIFAR_10, "labels").unwrap();
        assert_eq!((x.shape(), y.shape(), y.to_vec::<u8>()), (vec![2, 32, 32, 3], vec![2, 1], vec![3, 4]));
        let image = x.row(1).unwrap().to_vec::<u8>();
        // The second image begins with 63, 7 in red, and 78, 213 in green.
        assert_eq!((image[0], image[3], image[1], image[4]), (63, 7, 78, 213));
        let label = |key| batch(Path::new("train"), CIFAR_100, key).unwrap().1.to_vec::<u8>();
        assert_eq!((label("fine_labels"), label("coarse_labels")), (vec![0, 0], vec![2, 0]));
        let error = batch(Path::new("train"), CIFAR_100, "labels").unwrap_err().to_string();
        assert_eq!(error, "train: is no batch of CIFAR with `data` and `labels`");
        assert!(batch(Path::new("train"), &CIFAR_100[..5000], "fine_labels").unwrap_err().to_string().contains("is cut off"));
    }

    #[test]
    fn a_folder_and_its_archive_are_the_same() {
        let root = std::env::temp_dir().join(format!("kiln-cifar-{}", std::process::id()));
        std::fs::create_dir_all(&root).unwrap();
        let mut tar = Vec::new();
        for name in ["a", "b", "test"] {
            std::fs::write(root.join(name), CIFAR_10).unwrap();
            let mut header = vec![0u8; 512];
            let path = format!("inner/{name}");
            header[..path.len()].copy_from_slice(path.as_bytes());
            header[124..135].copy_from_slice(format!("{:011o}", CIFAR_10.len()).as_bytes());
            tar.extend(header);
            tar.extend(CIFAR_10);
            tar.resize(tar.len().div_ceil(512) * 512, 0);
        }
        let file = root.join("inner.tar");
        std::fs::write(&file, &tar).unwrap();
        let shapes = |path: &Path| load_from(path, "inner", &["a", "b"], "test", "labels").map(|((x, _), (z, _))| (x.shape(), z.shape()));
        let expected = (vec![4, 32, 32, 3], vec![2, 32, 32, 3]);
        assert_eq!((shapes(&root).unwrap(), shapes(&file).unwrap()), (expected.clone(), expected));
        std::fs::write(&file, &tar[..600]).unwrap();
        assert!(shapes(&file).unwrap_err().to_string().contains("has no file `inner/a`"));
        std::fs::remove_dir_all(root).unwrap();
    }
}
