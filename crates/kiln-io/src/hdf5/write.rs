//! Writing files in HDF5's earliest format, as h5py does: superblock 0, symbol tables, contiguous data.

use std::collections::BTreeMap;

/// A name in a group, where it leads, and the tree and heap of a group there.
type Link<'a> = (&'a str, u64, Option<(u64, u64)>);

/// What a group holds.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    /// A group.
    Group(Tree),
    /// Numbers of a shape, as little-endian bytes.
    Floats(Vec<usize>, Vec<f32>),
    /// A whole number.
    Integer(i64),
}

/// A group to be written: what is in it, and its attribute `name`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tree {
    pub(crate) name: Option<String>,
    pub(crate) nodes: BTreeMap<String, Node>,
}

impl Tree {
    /// The group at the path `a/b`, made when it isn't there.
    pub(crate) fn group(&mut self, path: &str) -> &mut Self {
        let mut tree = self;
        for name in path.split('/').filter(|p| !p.is_empty()) {
            let node = tree.nodes.entry(name.to_owned()).or_insert_with(|| Node::Group(Self::default()));
            if !matches!(node, Node::Group(_)) {
                *node = Node::Group(Self::default());
            }
            let Node::Group(inner) = node else { unreachable!("it was made a group just now") };
            tree = inner;
        }
        tree
    }
}

/// The bytes of a file.
pub(crate) fn file(root: &Tree) -> Vec<u8> {
    let mut w = Writer { out: vec![0; 96], strings: Vec::new() };
    let (header, tables) = w.group(root);
    w.write_strings();
    w.superblock(header, tables);
    w.out
}

/// Links in a leaf, and children of a node: twice HDF5's K of 4 and 16.
const LEAF: usize = 8;
const NODE: usize = 32;
const UNDEFINED: u64 = u64::MAX;

const FLOAT: [u8; 20] = [0x11, 0x20, 0x1f, 0, 4, 0, 0, 0, 0, 0, 0x20, 0, 0x17, 8, 0, 0x17, 0x7f, 0, 0, 0];
const INTEGER: [u8; 16] = [0x10, 8, 0, 0, 8, 0, 0, 0, 0, 0, 0x40, 0, 0, 0, 0, 0];
/// A string of any length in UTF-8.
const TEXT: [u8; 16] = [0x19, 1, 1, 0, 16, 0, 0, 0, 0x10, 0, 0, 0, 1, 0, 0, 0];

struct Writer {
    out: Vec<u8>,
    /// Strings, and where their heap's address has to go.
    strings: Vec<(Vec<u8>, usize)>,
}

impl Writer {
    fn align(&mut self) -> u64 {
        self.out.resize(self.out.len().next_multiple_of(8), 0);
        self.out.len() as u64
    }

    fn put(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    fn u64(&mut self, n: u64) {
        self.put(&n.to_le_bytes());
    }

    fn superblock(&mut self, header: u64, (tree, heap): (u64, u64)) {
        let end = self.out.len() as u64;
        let mut block = b"\x89HDF\r\n\x1a\n".to_vec();
        block.extend([0, 0, 0, 0, 0, 8, 8, 0]);
        block.extend((LEAF as u16 / 2).to_le_bytes());
        block.extend((NODE as u16 / 2).to_le_bytes());
        block.extend([0; 4]);
        for n in [0, UNDEFINED, end, UNDEFINED, 0, header] {
            block.extend(n.to_le_bytes());
        }
        block.extend([1, 0, 0, 0, 0, 0, 0, 0]);
        block.extend(tree.to_le_bytes());
        block.extend(heap.to_le_bytes());
        self.out[..96].copy_from_slice(&block);
    }

    /// Writes what is in the group, then its tables and its header.
    fn group(&mut self, tree: &Tree) -> (u64, (u64, u64)) {
        // Names and addresses; a group also knows its tables.
        let mut links: Vec<Link<'_>> = Vec::new();
        for (name, node) in &tree.nodes {
            let (address, tables) = match node {
                Node::Group(inner) => {
                    let (address, tables) = self.group(inner);
                    (address, Some(tables))
                }
                Node::Floats(shape, values) => {
                    let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
                    (self.dataset(shape, &FLOAT, &bytes), None)
                }
                Node::Integer(value) => (self.dataset(&[], &INTEGER, &value.to_le_bytes()), None),
            };
            links.push((name, address, tables));
        }
        let tables = self.tables(&links);
        let mut messages = message(0x11, &[tables.0.to_le_bytes(), tables.1.to_le_bytes()].concat());
        let mut string = None;
        if let Some(name) = &tree.name {
            let mut body = vec![1, 0, 5, 0, 16, 0, 8, 0];
            body.extend(b"name\0\0\0\0");
            body.extend(TEXT);
            body.extend([1, 0, 0, 0, 0, 0, 0, 0]);
            body.extend((name.len() as u32).to_le_bytes());
            string = Some((name.clone().into_bytes(), messages.len() + 8 + body.len()));
            body.extend([0; 12]); // the place in the heap, when it is known
            messages.extend(message(0x0c, &body));
        }
        let count = 1 + usize::from(string.is_some());
        let header = self.header(count, &messages);
        if let Some((text, place)) = string {
            self.strings.push((text, header as usize + 16 + place));
        }
        (header, tables)
    }

    fn header(&mut self, count: usize, messages: &[u8]) -> u64 {
        let address = self.align();
        self.put(&[1, 0]);
        self.put(&(count as u16).to_le_bytes());
        self.put(&1u32.to_le_bytes());
        self.put(&(messages.len() as u32).to_le_bytes());
        self.put(&[0; 4]);
        self.put(messages);
        address
    }

    fn dataset(&mut self, shape: &[usize], datatype: &[u8], bytes: &[u8]) -> u64 {
        let data = if bytes.is_empty() { UNDEFINED } else { self.align() };
        self.put(bytes);
        let mut space = vec![1, shape.len() as u8, 0, 0, 0, 0, 0, 0];
        shape.iter().for_each(|axis| space.extend((*axis as u64).to_le_bytes()));
        let mut layout = vec![3, 1];
        layout.extend(data.to_le_bytes());
        layout.extend((bytes.len() as u64).to_le_bytes());
        let fill = [2, 2, 2, 1, 0, 0, 0, 0];
        let messages = [message(1, &space), message(3, datatype), message(5, &fill), message(8, &layout)].concat();
        self.header(4, &messages)
    }

    /// The heap of the names, the leaves and the tree above them; the addresses of tree and heap.
    fn tables(&mut self, links: &[Link<'_>]) -> (u64, u64) {
        let (mut names, mut places) = (vec![0u8; 8], Vec::new());
        for (name, ..) in links {
            places.push(names.len() as u64);
            names.extend(name.as_bytes());
            names.push(0);
            names.resize(names.len().next_multiple_of(8), 0);
        }
        let data = self.align();
        self.put(&names);
        let heap = self.align();
        self.put(b"HEAP\0\0\0\0");
        self.u64(names.len() as u64);
        self.u64(1); // there is no free block
        self.u64(data);

        // Each child with the place of its last name, which is the key behind it.
        let mut children: Vec<(u64, u64)> = Vec::new();
        for (leaf, places) in links.chunks(LEAF).zip(places.chunks(LEAF)) {
            children.push((self.leaf(leaf, places), places.last().copied().unwrap_or_default()));
        }
        let mut level = 0;
        loop {
            let nodes: Vec<&[(u64, u64)]> = if children.is_empty() { vec![&[]] } else { children.chunks(NODE).collect() };
            let size = 24 + 8 * (2 * NODE as u64 + 1);
            let first = self.align();
            let mut above = Vec::new();
            let mut key = 0;
            for (i, node) in nodes.iter().enumerate() {
                let beside = |known: bool, at: u64| if known { at } else { UNDEFINED };
                let here = first + size * i as u64;
                self.put(b"TREE");
                self.put(&[0, level]);
                self.put(&(node.len() as u16).to_le_bytes());
                self.u64(beside(i > 0, here.wrapping_sub(size)));
                self.u64(beside(i + 1 < nodes.len(), here + size));
                self.u64(key);
                for (child, last) in *node {
                    self.u64(*child);
                    self.u64(*last);
                    key = *last;
                }
                self.out.resize((here + size) as usize, 0);
                above.push((here, key));
            }
            if above.len() == 1 {
                return (first, heap);
            }
            (children, level) = (above, level + 1);
        }
    }

    fn leaf(&mut self, links: &[Link<'_>], places: &[u64]) -> u64 {
        let address = self.align();
        self.put(b"SNOD\x01\0");
        self.put(&(links.len() as u16).to_le_bytes());
        for ((_, header, tables), place) in links.iter().zip(places) {
            self.u64(*place);
            self.u64(*header);
            self.u64(u64::from(tables.is_some()));
            let (tree, heap) = tables.unwrap_or_default();
            self.u64(tree);
            self.u64(heap);
        }
        self.out.resize(address as usize + 8 + 40 * LEAF, 0);
        address
    }

    /// The heaps of all strings, of at least 4096 bytes as the format asks, and their addresses where they are needed.
    fn write_strings(&mut self) {
        let strings = std::mem::take(&mut self.strings);
        let mut left = strings.as_slice();
        while !left.is_empty() {
            let (mut size, mut count) = (16, 0);
            for (text, _) in left {
                let more = 16 + text.len().next_multiple_of(8);
                if count > 0 && size + more > 4096 || count == usize::from(u16::MAX) {
                    break;
                }
                (size, count) = (size + more, count + 1);
            }
            let (now, later) = left.split_at(count);
            left = later;
            // A remainder too small for the header of free space is not described.
            let total = size.max(4096);
            let address = self.align();
            self.put(b"GCOL\x01\0\0\0");
            self.u64(total as u64);
            for (i, (text, place)) in now.iter().enumerate() {
                let index = (i + 1) as u32;
                self.put(&(index as u16).to_le_bytes());
                self.put(&[1, 0, 0, 0, 0, 0]);
                self.u64(text.len() as u64);
                self.put(text);
                self.align();
                self.out[*place..*place + 8].copy_from_slice(&address.to_le_bytes());
                self.out[*place + 8..*place + 12].copy_from_slice(&index.to_le_bytes());
            }
            if total - size >= 16 {
                self.put(&[0; 8]);
                self.u64((total - size) as u64);
            }
            self.out.resize(address as usize + total, 0);
        }
    }
}

fn message(kind: u16, body: &[u8]) -> Vec<u8> {
    let size = body.len().next_multiple_of(8);
    let mut out = kind.to_le_bytes().to_vec();
    out.extend((size as u16).to_le_bytes());
    out.extend([0; 4]);
    out.extend(body);
    out.resize(8 + size, 0);
    out
}
