//! The zip archive around a model.

use crate::hdf5::{Fault, Read as Reading, fault};
use crate::limits::Limits;
use kiln_core::{Error, Result};
use std::fs;
use std::io::{Cursor, Read, Write};
use std::path::Path;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// The bytes of a file, if it isn't larger than the limits say.
pub(crate) fn bytes(path: &Path, limits: &Limits) -> Result<Vec<u8>> {
    let refused = |e: std::io::Error| Error::file(path, e);
    let mut file = fs::File::open(path).map_err(refused)?;
    let size = file.metadata().map_err(refused)?.len();
    if size > limits.file {
        return Err(Error::file(path, format!("{size} bytes, more than the limit of {}", limits.file)).hint("raise it with `Load::limits`"));
    }
    let mut bytes = Vec::new();
    // A file may grow while it is read, and a pipe has no size.
    (&mut file).take(limits.file).read_to_end(&mut bytes).map_err(refused)?;
    Ok(bytes)
}

/// Writes a file whole or not at all: under another name first, then under its own.
pub(crate) fn put(path: &Path, bytes: &[u8]) -> Result<()> {
    let refused = |e: std::io::Error| Error::file(path, e);
    let mut name = path.file_name().ok_or_else(|| Error::file(path, "not the name of a file"))?.to_owned();
    name.push(format!(".{}.part", std::process::id()));
    let part = path.with_file_name(name);
    let written = fs::File::create(&part).and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()));
    let done = written.and_then(|()| fs::rename(&part, path));
    if done.is_err() {
        // What is left of the attempt is of no use; that it can't be removed changes nothing about the error.
        let _ = fs::remove_file(&part);
    }
    done.map_err(refused)?;
    // So that the name, too, outlives a loss of power. Not every system lets a folder be opened.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if let Ok(folder) = fs::File::open(folder) {
        let _ = folder.sync_all();
    }
    Ok(())
}

/// The members of a `.keras` file that Kiln reads.
pub(crate) struct Archive {
    pub(crate) config: Vec<u8>,
    pub(crate) weights: Option<Vec<u8>>,
}

/// Whether these are the first bytes of an archive.
pub(crate) fn is_archive(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06")
}

/// More members than Keras' lookup layers could have, or PyTorch's largest models.
pub(crate) const MOST_MEMBERS: usize = 100_000;

pub(crate) fn open(path: &Path, bytes: &[u8], limits: &Limits) -> Result<Archive> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|e| Error::file(path, format!("not a readable archive: {e}")))?;
    if archive.len() > MOST_MEMBERS {
        return Err(Error::file(path, format!("{} members in the archive", archive.len())));
    }
    let mut member = |name: &str, most: u64| member(&mut archive, name, most, bytes.len()).map_err(|f| Error::file(path, f));
    let config = member("config.json", limits.config)?;
    let Some(config) = config else {
        return Err(Error::file(path, "there is no `config.json` in the archive; is it a model of Keras?"));
    };
    Ok(Archive { config, weights: member("model.weights.h5", limits.file)? })
}

/// The member `name` of an archive of `size` bytes, if it is there and no larger than `most`.
pub(crate) fn member(archive: &mut ZipArchive<Cursor<&[u8]>>, name: &str, most: u64, size: usize) -> Reading<Option<Vec<u8>>> {
    let Some(index) = archive.index_for_name(name) else { return Ok(None) };
    let refused = |what: String| Fault(format!("`{name}`: {what}"));
    let member = archive.by_index(index).map_err(|e| refused(e.to_string()))?;
    // Weights are hardly compressible: a member that claims to shrink a thousand times is made to fill the memory.
    let most = most.min((size as u64).saturating_mul(200).saturating_add(1 << 20));
    if member.size() > most {
        return fault(refused(format!("{} bytes, more than the limit of {most}", member.size())).0);
    }
    let mut out = Vec::new();
    member.take(most + 1).read_to_end(&mut out).map_err(|e| refused(e.to_string()))?;
    if out.len() as u64 > most {
        return fault(refused(format!("more than the limit of {most} bytes")).0);
    }
    Ok(Some(out))
}

/// The bytes of an archive, its members stored as Keras does.
pub(crate) fn pack(members: &[(&str, &[u8])]) -> Result<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let failed = |e: zip::result::ZipError| Error::data("save", format!("the archive can't be written: {e}"));
    for (name, bytes) in members {
        let large = bytes.len() as u64 >= u64::from(u32::MAX);
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored).large_file(large);
        zip.start_file(*name, options).map_err(failed)?;
        zip.write_all(bytes).map_err(|e| Error::data("save", e.to_string()))?;
    }
    Ok(zip.finish().map_err(failed)?.into_inner())
}
