//! PyTorch's files: an archive since 1.6, pickles in a row before.

use super::pickle;
use super::value::{Node, Pickle, Value};
use super::view::View;
use crate::archive;
use crate::hdf5::{Read, fault};
use crate::limits::Limits;
use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Cursor;
use zip::ZipArchive;

/// How files before 1.6 begin: a number of ten bytes in a pickle.
const MAGIC: &[u8] = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";

/// Whether these are the first bytes of a file before 1.6.
pub(crate) fn is_old(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

/// Whether an archive is one of PyTorch's.
pub(crate) fn is_torch(bytes: &[u8]) -> bool {
    ZipArchive::new(Cursor::new(bytes)).is_ok_and(|archive| folder(&archive).is_some())
}

/// The folder in which everything lies, with its slash.
fn folder(archive: &ZipArchive<Cursor<&[u8]>>) -> Option<String> {
    let names = archive.file_names().take(archive::MOST_MEMBERS);
    names
        .flatten()
        .find_map(|name| Some(name.strip_suffix("data.pkl")?.to_owned()))
        .filter(|folder| folder.is_empty() || folder.ends_with('/'))
}

/// Where the numbers are.
enum Numbers<'a> {
    Members { archive: ZipArchive<Cursor<&'a [u8]>>, folder: String, file: u64 },
    Here(HashMap<&'a str, &'a [u8]>),
}

/// The storages of a file.
pub(super) struct Storages<'a> {
    numbers: Numbers<'a>,
    /// The one read last: tensors that follow one another may share it.
    last: Option<(String, Vec<u8>)>,
}

/// The tensors of a file, by name and in order, and their storages.
pub(super) struct Torch<'a> {
    pub(super) tensors: Vec<(String, View<'a>)>,
    pub(super) storages: Storages<'a>,
}

/// The pickle that an archive has, which [`open`] reads.
pub(crate) fn description<'a>(bytes: &'a [u8], limits: &Limits) -> Read<Cow<'a, [u8]>> {
    if is_old(bytes) {
        return Ok(Cow::Borrowed(bytes));
    }
    if !archive::is_archive(bytes) {
        return fault("neither an archive nor a pickle of PyTorch's");
    }
    let mut archive = match ZipArchive::new(Cursor::new(bytes)) {
        Ok(archive) => archive,
        Err(error) => return fault(format!("not a readable archive: {error}")),
    };
    let Some(folder) = folder(&archive) else { return fault("there is no `data.pkl` in the archive; is it a file of PyTorch?") };
    if let Some(order) = archive::member(&mut archive, &format!("{folder}byteorder"), 16, bytes.len())?
        && order != b"little"
    {
        return fault("written by a machine of another order of bytes; save it again on a common one");
    }
    match archive::member(&mut archive, &format!("{folder}data.pkl"), limits.config, bytes.len())? {
        Some(pickle) => Ok(Cow::Owned(pickle)),
        None => fault("there is no `data.pkl` in the archive"),
    }
}

/// The tensors that `pickle`, which [`description`] gave, names; `entry` chooses one of several dictionaries.
pub(super) fn open<'a>(bytes: &'a [u8], pickle: &'a [u8], entry: Option<&str>) -> Read<Torch<'a>> {
    if is_old(bytes) {
        return old(bytes, entry);
    }
    let (pickle, _) = pickle::read(pickle)?;
    let tensors = tensors(&pickle, entry)?;
    let archive = ZipArchive::new(Cursor::new(bytes)).or_else(|error| fault(format!("not a readable archive: {error}")))?;
    let folder = folder(&archive).unwrap_or_default();
    let numbers = Numbers::Members { archive, folder, file: bytes.len() as u64 };
    Ok(Torch { tensors, storages: Storages { numbers, last: None } })
}

/// The magic number, the version, the machine, the dictionary, the keys of the storages; then for each its length and its numbers.
fn old<'a>(bytes: &'a [u8], entry: Option<&str>) -> Read<Torch<'a>> {
    let mut at = MAGIC.len();
    let mut next = |what: &str| -> Read<Pickle<'a>> {
        let rest = bytes.get(at..).unwrap_or_default();
        let (pickle, length) = pickle::read(rest).map_err(|f| crate::hdf5::Fault(format!("{what}: {f}")))?;
        at += length;
        Ok(pickle)
    };
    let version = next("the version")?;
    if version.root != Value::Int(1001) {
        return fault("an old file of a version that Kiln doesn't know");
    }
    let machine = next("the description of the machine")?;
    let little = machine.dict(machine.root).unwrap_or_default().contains(&(Value::Text("little_endian"), Value::Bool(true)));
    if !little {
        return fault("written by a machine of another order of bytes; save it again on a common one");
    }
    let weights = next("the weights")?;
    let keys = next("the keys of the storages")?;
    let tensors = tensors(&weights, entry)?;
    let mut widths = HashMap::new();
    for node in &weights.nodes {
        if let Node::Storage(storage) = node {
            widths.insert(storage.key, storage.dtype.width());
        }
    }
    let mut here = HashMap::new();
    for key in keys.items(keys.root).unwrap_or_default() {
        let Value::Text(key) = key else { return fault("a storage whose key is no text") };
        let Some(width) = widths.get(key) else { return fault(format!("a storage `{key}` that no weight has")) };
        let cut = || crate::hdf5::Fault(format!("the file is cut off in the storage `{key}`"));
        let rest = bytes.get(at..).unwrap_or_default();
        let (length, rest) = rest.split_first_chunk::<8>().ok_or_else(cut)?;
        let size = usize::try_from(u64::from_le_bytes(*length)).ok().and_then(|n| n.checked_mul(*width)).ok_or_else(cut)?;
        here.insert(*key, rest.get(..size).ok_or_else(cut)?);
        at += 8 + size;
    }
    Ok(Torch { tensors, storages: Storages { numbers: Numbers::Here(here), last: None } })
}

/// Names under which programs keep the weights beside other things.
const USUAL: [&str; 3] = ["state_dict", "model_state_dict", "model"];

pub(super) fn tensors<'a>(pickle: &Pickle<'a>, entry: Option<&str>) -> Read<Vec<(String, View<'a>)>> {
    let Some(top) = pickle.dict(pickle.root) else {
        return fault("the file holds no dictionary of weights; in Python, save `model.state_dict()`");
    };
    let inner = |name: &str| top.iter().find(|(key, value)| *key == Value::Text(name) && pickle.dict(*value).is_some());
    let keys = || {
        let keys = top.iter().filter_map(|(key, _)| if let Value::Text(key) = key { Some(format!("`{key}`")) } else { None });
        keys.take(20).collect::<Vec<_>>().join(", ")
    };
    let chosen = match entry {
        Some(name) => match inner(name) {
            Some((_, value)) => pickle.dict(*value).unwrap_or_default(),
            None => return fault(format!("there is no dictionary `{name}` in the file; it has {}", keys())),
        },
        None => USUAL.iter().find_map(|name| inner(name)).and_then(|(_, value)| pickle.dict(*value)).unwrap_or(top),
    };
    let mut tensors = Vec::new();
    for (key, value) in chosen {
        if let (Value::Text(name), Some(Node::Tensor(view))) = (key, pickle.node(*value)) {
            tensors.push(((*name).to_owned(), view.clone()));
        }
    }
    if tensors.is_empty() {
        return fault(format!("no weights at the top of the file, which has {}; choose one with `Names::entry`", keys()));
    }
    Ok(tensors)
}

impl Storages<'_> {
    /// The numbers of a view, in order.
    pub(super) fn numbers(&mut self, view: &View<'_>) -> Read<Vec<f32>> {
        let storage = &view.storage;
        let size = storage.offset.checked_add(storage.length).and_then(|n| n.checked_mul(storage.dtype.width()));
        let Some(size) = size else { return fault(format!("the storage `{}` is larger than any file", storage.key)) };
        match &mut self.numbers {
            Numbers::Here(here) => match here.get(storage.key) {
                Some(bytes) => view.numbers(bytes),
                None => fault(format!("there is no storage `{}`", storage.key)),
            },
            Numbers::Members { archive, folder, file } => {
                if self.last.as_ref().is_none_or(|(key, _)| key != storage.key) {
                    let name = format!("{folder}data/{}", storage.key);
                    let bytes = archive::member(archive, &name, size as u64, *file as usize)?;
                    let Some(bytes) = bytes else { return fault(format!("there is no `{name}` in the archive")) };
                    self.last = Some((storage.key.to_owned(), bytes));
                }
                view.numbers(self.last.as_ref().map_or(&[], |(_, bytes)| bytes))
            }
        }
    }
}
