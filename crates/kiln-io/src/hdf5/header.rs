//! Object headers: the messages that describe a group or a data set.

use super::bytes::{Cursor, Read, fault};
use super::file::File;

/// The kinds of messages that are read.
pub(crate) mod kind {
    pub(crate) const DATASPACE: usize = 0x01;
    pub(crate) const LINK_INFO: usize = 0x02;
    pub(crate) const DATATYPE: usize = 0x03;
    pub(crate) const LINK: usize = 0x06;
    pub(crate) const LAYOUT: usize = 0x08;
    pub(crate) const FILTERS: usize = 0x0b;
    pub(crate) const ATTRIBUTE: usize = 0x0c;
    pub(crate) const CONTINUATION: usize = 0x10;
    pub(crate) const SYMBOL_TABLE: usize = 0x11;
}

/// A message and its body.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Message<'a> {
    pub(crate) kind: usize,
    /// Whether the body is only the address of one that several objects share.
    pub(crate) shared: bool,
    pub(crate) body: Cursor<'a>,
}

#[derive(Debug)]
pub(crate) struct Header<'a> {
    messages: Vec<Message<'a>>,
}

/// More pieces than the header of a real object has; a file that chains them in a ring ends here.
const MOST_BLOCKS: usize = 256;

impl<'a> Header<'a> {
    pub(crate) fn read(file: &'a File, address: u64) -> Read<Self> {
        let c = file.at(address)?;
        let mut peek = c;
        match peek.u8()? {
            1 => Self::first_version(file, c),
            b'O' => Self::second_version(file, c),
            other => fault(format!("an object header of version {other} at byte {}", c.place())),
        }
    }

    fn first_version(file: &'a File, mut c: Cursor<'a>) -> Read<Self> {
        c.skip(2)?;
        let count = c.u16()?;
        c.skip(4)?;
        let size = c.u32()?;
        c.skip(4)?;
        let mut blocks = vec![c.over(c.take(size)?)];
        let (mut messages, mut read) = (Vec::new(), 0);
        while let Some(mut block) = blocks.get(read).copied() {
            read += 1;
            while block.left() >= 8 && messages.len() < count {
                let (kind, size, flags) = (block.u16()?, block.u16()?, block.u8()?);
                block.skip(3)?;
                let body = block.over(block.take(size)?);
                messages.push(Message { kind, shared: flags & 2 != 0, body });
                if kind == kind::CONTINUATION {
                    push(&mut blocks, continued(file, body)?)?;
                }
            }
        }
        Ok(Self { messages })
    }

    fn second_version(file: &'a File, mut c: Cursor<'a>) -> Read<Self> {
        c.signature(b"OHDR")?;
        let version = c.u8()?;
        if version != 2 {
            return fault(format!("an object header of version {version}"));
        }
        let flags = c.u8()?;
        c.skip(if flags & 0x20 != 0 { 16 } else { 0 } + if flags & 0x10 != 0 { 4 } else { 0 })?;
        let size = c.number(1 << (flags & 3))?;
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let mut blocks = vec![c.over(c.take(size)?)];
        let (mut messages, mut read) = (Vec::new(), 0);
        let ordered = flags & 4 != 0;
        while let Some(mut block) = blocks.get(read).copied() {
            read += 1;
            while block.left() >= if ordered { 6 } else { 4 } {
                let (kind, size, flags) = (usize::from(block.u8()?), block.u16()?, block.u8()?);
                block.skip(if ordered { 2 } else { 0 })?;
                let body = block.over(block.take(size)?);
                messages.push(Message { kind, shared: flags & 2 != 0, body });
                if kind == kind::CONTINUATION {
                    let mut next = continued(file, body)?;
                    next.signature(b"OCHK")?;
                    let inner = next.left().saturating_sub(4); // without the checksum
                    push(&mut blocks, next.over(next.take(inner)?))?;
                }
            }
        }
        Ok(Self { messages })
    }

    /// The first message of a kind.
    pub(crate) fn message(&self, kind: usize) -> Option<Message<'a>> {
        self.all(kind).next()
    }

    /// All messages of a kind.
    pub(crate) fn all(&self, kind: usize) -> impl Iterator<Item = Message<'a>> + '_ {
        self.messages.iter().filter(move |m| m.kind == kind).copied()
    }
}

fn continued<'a>(file: &'a File, mut body: Cursor<'a>) -> Read<Cursor<'a>> {
    let Some(address) = body.address()? else { return fault("a header goes on nowhere") };
    let size = body.size()?;
    let mut c = file.at(address)?;
    Ok(c.over(c.take(size)?))
}

fn push<'a>(blocks: &mut Vec<Cursor<'a>>, block: Cursor<'a>) -> Read<()> {
    if blocks.len() >= MOST_BLOCKS {
        return fault("an object header in too many pieces");
    }
    blocks.push(block);
    Ok(())
}
