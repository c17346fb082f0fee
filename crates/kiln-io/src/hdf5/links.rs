//! The links of a group: symbol tables of old files, link messages of new ones.

use super::bytes::{Cursor, Read, fault};
use super::file::File;
use super::header::{Header, kind};
use std::collections::BTreeMap;

pub(crate) fn read(file: &File, header: &Header<'_>) -> Read<BTreeMap<String, u64>> {
    let mut links = BTreeMap::new();
    if let Some(table) = header.message(kind::SYMBOL_TABLE) {
        let mut body = table.body;
        if let (Some(tree), Some(heap)) = (body.address()?, body.address()?) {
            let names = heap_data(file, heap)?;
            // An entry takes 40 bytes: more of them than fit into the file are a tree that leads to the same leaf again and again.
            let mut budget = file.bytes.len() / 40 + 1;
            tree_node(file, tree, None, &mut budget, &mut |entry| symbols(entry, names, &mut links))?;
        }
    }
    for message in header.all(kind::LINK) {
        if let Some((name, address)) = link(message.body)? {
            links.insert(name, address);
        }
    }
    if links.is_empty()
        && let Some(info) = header.message(kind::LINK_INFO)
        && dense(info.body)?
    {
        return fault(
            "a group with its links in a fractal heap, which Kiln doesn't read; write the file with h5py's `libver=\"earliest\"`",
        );
    }
    Ok(links)
}

/// Whether a link info message tells of links stored elsewhere.
fn dense(mut info: Cursor<'_>) -> Read<bool> {
    info.skip(1)?;
    let flags = info.u8()?;
    info.skip(if flags & 1 != 0 { 8 } else { 0 })?;
    Ok(info.address()?.is_some())
}

fn heap_data(file: &File, address: u64) -> Read<&[u8]> {
    let mut c = file.at(address)?;
    c.signature(b"HEAP")?;
    c.skip(4)?;
    let size = c.size()?;
    c.skip(c.length)?;
    let Some(data) = c.address()? else { return fault("a heap without data") };
    file.at(data)?.take(size)
}

/// Walks a B-tree of groups down to its leaves; `above` is the level of the parent.
fn tree_node<'a>(
    file: &'a File,
    address: u64,
    above: Option<u8>,
    budget: &mut usize,
    leaf: &mut dyn FnMut(Cursor<'a>) -> Read<usize>,
) -> Read<()> {
    let mut c = file.at(address)?;
    c.signature(b"TREE")?;
    let (kind, level, entries) = (c.u8()?, c.u8()?, c.u16()?);
    if kind != 0 || above.is_some_and(|a| level + 1 != a) || level > 16 {
        return fault(format!("a B-tree node of kind {kind} and level {level} where a group's was expected"));
    }
    c.skip(2 * c.offset)?;
    for _ in 0..entries {
        c.skip(c.length)?;
        let Some(child) = c.address()? else { return fault("a B-tree without a leaf") };
        *budget = budget.checked_sub(1).map_or_else(|| fault("a B-tree with more links than the file can hold"), Ok)?;
        if level > 0 {
            tree_node(file, child, Some(level), budget, leaf)?;
        } else {
            let used = leaf(file.at(child)?)?;
            *budget = budget.checked_sub(used).map_or_else(|| fault("a B-tree with more links than the file can hold"), Ok)?;
        }
    }
    Ok(())
}

/// The entries of a symbol table node; their number.
fn symbols(mut c: Cursor<'_>, names: &[u8], links: &mut BTreeMap<String, u64>) -> Read<usize> {
    c.signature(b"SNOD")?;
    c.skip(2)?;
    let count = c.u16()?;
    for _ in 0..count {
        let name = c.number(c.offset)?;
        let address = c.address()?;
        let cached = c.u32()?;
        c.skip(4 + 16)?;
        let name = usize::try_from(name).ok().and_then(|start| names.get(start..)).unwrap_or_default();
        let Some(end) = name.iter().position(|b| *b == 0) else { return fault("a link whose name is not in the heap") };
        // A cache of kind 2 is that of a symbolic link, which Keras doesn't write.
        if let (Some(address), false) = (address, cached == 2) {
            links.insert(String::from_utf8_lossy(&name[..end]).into_owned(), address);
        }
    }
    Ok(count)
}

/// A hard link; `None` for another kind.
fn link(mut c: Cursor<'_>) -> Read<Option<(String, u64)>> {
    c.skip(1)?;
    let flags = c.u8()?;
    let hard = if flags & 8 != 0 { c.u8()? == 0 } else { true };
    c.skip(if flags & 4 != 0 { 8 } else { 0 } + usize::from(flags & 0x10 != 0))?;
    let length = c.number(1 << (flags & 3))?;
    let name = c.take(usize::try_from(length).unwrap_or(usize::MAX))?;
    if !hard {
        return Ok(None);
    }
    let name = String::from_utf8_lossy(name).into_owned();
    Ok(c.address()?.map(|address| (name, address)))
}
