//! The part of Python's pickle format that PyTorch's weight files use. Nothing is ever run: a class stays a name, and what its few known
//! names would make is made here. Format: <https://docs.python.org/3/library/pickletools.html>.

use super::calls::{call, refused, stored};
use super::value::{Node, Pickle, Value};
use crate::hdf5::{Read, fault};
use std::collections::HashMap;

/// How many containers, remembered values and values in waiting there may be; a file of weights has a few for each.
const MOST: usize = 1 << 21;

pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    stack: Vec<Value<'a>>,
    /// The heights of the stack at which marks lie.
    marks: Vec<usize>,
    memo: HashMap<u32, Value<'a>>,
    pub(super) nodes: Vec<Node<'a>>,
}

/// Reads one pickle, and says where it ends.
pub(super) fn read(bytes: &[u8]) -> Read<(Pickle<'_>, usize)> {
    let mut reader = Reader { bytes, at: 0, stack: Vec::new(), marks: Vec::new(), memo: HashMap::new(), nodes: Vec::new() };
    while !reader.step()? {
        if reader.stack.len().max(reader.marks.len()).max(reader.nodes.len()).max(reader.memo.len()) > MOST {
            return fault(format!("a pickle of more than {MOST} objects"));
        }
    }
    let root = reader.pop()?;
    Ok((Pickle { nodes: reader.nodes, root }, reader.at))
}

impl<'a> Reader<'a> {
    /// One instruction; true at the end.
    fn step(&mut self) -> Read<bool> {
        let code = self.take(1)?[0];
        match code {
            b'.' => return Ok(true),
            0x80 => drop(self.take(1)?), // the version
            0x95 => drop(self.take(8)?), // the length of a frame
            b'(' => self.marks.push(self.stack.len()),
            b'0' => drop(self.pop()?),
            b'N' => self.stack.push(Value::None),
            0x88 => self.stack.push(Value::Bool(true)),
            0x89 => self.stack.push(Value::Bool(false)),
            b'K' => self.unsigned(1)?,
            b'M' => self.unsigned(2)?,
            b'J' => self.signed(4)?,
            0x8A => {
                let width = self.number(1)? as usize;
                self.signed(width)?;
            }
            b'G' => {
                let bits = self.take(8)?.iter().fold(0u64, |n, byte| n << 8 | u64::from(*byte));
                self.stack.push(Value::Float(f64::from_bits(bits)));
            }
            b'U' | b'C' | 0x8C => self.text(1)?,
            b'T' | b'B' | b'X' => self.text(4)?,
            0x8D | 0x8E => self.text(8)?,
            b']' => self.push(Node::List(Vec::new())),
            b')' => self.push(Node::Tuple(Vec::new())),
            b'}' => self.push(Node::Dict(Vec::new())),
            b'l' => {
                let items = self.marked()?;
                self.push(Node::List(items));
            }
            b't' => {
                let items = self.marked()?;
                self.push(Node::Tuple(items));
            }
            0x85..=0x87 => {
                let items = self.last(usize::from(code - 0x84))?;
                self.push(Node::Tuple(items));
            }
            b'a' => {
                let item = self.pop()?;
                self.append(vec![item])?;
            }
            b'e' => {
                let items = self.marked()?;
                self.append(items)?;
            }
            b's' => {
                let items = self.last(2)?;
                self.insert(items)?;
            }
            b'u' => {
                let items = self.marked()?;
                self.insert(items)?;
            }
            b'c' => {
                let (module, name) = (self.line()?, self.line()?);
                self.stack.push(Value::Name(module, name));
            }
            0x93 => match self.last(2)?[..] {
                [Value::Text(module), Value::Text(name)] => self.stack.push(Value::Name(module, name)),
                _ => return fault("the name of a class that is no text"),
            },
            b'R' => {
                let (arguments, function) = (self.pop()?, self.pop()?);
                let made = call(&mut self.nodes, function, arguments)?;
                self.stack.push(made);
            }
            0x81 => match self.last(2)?[..] {
                // An object of a class, whatever the class.
                [Value::Name(module, name), _] => return fault(refused(module, name)),
                _ => return fault("an object of no class"),
            },
            b'Q' => {
                let id = self.pop()?;
                let storage = stored(&self.nodes, id)?;
                self.push(Node::Storage(storage));
            }
            b'b' => {
                // The attributes of an OrderedDict hold PyTorch's versions, which change no number.
                self.pop()?;
                match self.stack.last() {
                    Some(Value::At(place)) if matches!(self.nodes.get(*place), Some(Node::Dict(_))) => {}
                    _ => return fault("a state for something that is no dictionary"),
                }
            }
            b'q' => self.remember(1)?,
            b'r' => self.remember(4)?,
            0x94 => self.keep(self.memo.len() as u32)?,
            b'h' => self.recall(1)?,
            b'j' => self.recall(4)?,
            other => return fault(format!("the pickle code {other:#04x}, which no file of weights needs")),
        }
        Ok(false)
    }

    fn take(&mut self, count: usize) -> Read<&'a [u8]> {
        match self.at.checked_add(count).and_then(|end| self.bytes.get(self.at..end)) {
            Some(bytes) => {
                self.at += count;
                Ok(bytes)
            }
            None => fault(format!("the pickle is cut off at its byte {}", self.at)),
        }
    }

    fn utf8(&self, bytes: &'a [u8]) -> Read<&'a str> {
        std::str::from_utf8(bytes).or_else(|_| fault(format!("a text that is not UTF-8 before byte {} of the pickle", self.at)))
    }

    fn line(&mut self) -> Read<&'a str> {
        let end = self.bytes[self.at..].iter().take(1000).position(|byte| *byte == b'\n');
        let Some(end) = end else { return fault(format!("the pickle is cut off at its byte {}", self.at)) };
        let bytes = self.take(end)?;
        self.take(1)?;
        self.utf8(bytes)
    }

    fn number(&mut self, width: usize) -> Read<u64> {
        Ok(self.take(width)?.iter().rev().fold(0, |n, byte| n << 8 | u64::from(*byte)))
    }

    fn unsigned(&mut self, width: usize) -> Read<()> {
        let number = self.number(width)?;
        self.stack.push(Value::Int(number as i64));
        Ok(())
    }

    fn signed(&mut self, width: usize) -> Read<()> {
        if width > 8 {
            return fault("a number beyond 64 bits");
        }
        let number = self.number(width)?;
        let unused = 64 - 8 * width as u32;
        self.stack.push(Value::Int(if width == 0 { 0 } else { (number << unused) as i64 >> unused }));
        Ok(())
    }

    fn text(&mut self, width: usize) -> Read<()> {
        let Ok(length) = usize::try_from(self.number(width)?) else { return fault("a text longer than any file") };
        let bytes = self.take(length)?;
        let text = self.utf8(bytes)?;
        self.stack.push(Value::Text(text));
        Ok(())
    }

    fn push(&mut self, node: Node<'a>) {
        self.stack.push(Value::At(self.nodes.len()));
        self.nodes.push(node);
    }

    fn pop(&mut self) -> Read<Value<'a>> {
        self.last(1).map(|items| items.first().copied().unwrap_or(Value::None))
    }

    /// The topmost values, not beyond a mark.
    fn last(&mut self, count: usize) -> Read<Vec<Value<'a>>> {
        let floor = self.marks.last().copied().unwrap_or(0);
        match self.stack.len().checked_sub(count).filter(|at| *at >= floor) {
            Some(at) => Ok(self.stack.split_off(at)),
            None => fault(format!("the pickle asks for more than it gave before its byte {}", self.at)),
        }
    }

    /// What lies above the last mark.
    fn marked(&mut self) -> Read<Vec<Value<'a>>> {
        match self.marks.pop() {
            Some(mark) => Ok(self.stack.split_off(mark.min(self.stack.len()))),
            None => fault(format!("the pickle asks for more than it gave before its byte {}", self.at)),
        }
    }

    fn top(&mut self) -> Option<&mut Node<'a>> {
        match self.stack.last() {
            Some(Value::At(place)) => self.nodes.get_mut(*place),
            _ => None,
        }
    }

    fn append(&mut self, new: Vec<Value<'a>>) -> Read<()> {
        match self.top() {
            Some(Node::List(items)) => items.extend(new),
            _ => return fault("items for what is no list"),
        }
        Ok(())
    }

    fn insert(&mut self, new: Vec<Value<'a>>) -> Read<()> {
        match self.top() {
            Some(Node::Dict(items)) => items.extend(new.as_chunks::<2>().0.iter().map(|[key, value]| (*key, *value))),
            _ => return fault("items for what is no dictionary"),
        }
        Ok(())
    }

    fn remember(&mut self, width: usize) -> Read<()> {
        let place = self.number(width)? as u32;
        self.keep(place)
    }

    fn keep(&mut self, place: u32) -> Read<()> {
        match self.stack.last() {
            Some(value) => self.memo.insert(place, *value),
            None => return fault("nothing to remember"),
        };
        Ok(())
    }

    fn recall(&mut self, width: usize) -> Read<()> {
        let place = self.number(width)? as u32;
        match self.memo.get(&place) {
            Some(value) => self.stack.push(*value),
            None => return fault("a value that was never remembered"),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dictionaries_lists_and_numbers() {
        // pickle.dumps({"a": [1, 300, -70000, 2**40], "b": (2.5, None, True)}, 2)
        let bytes = b"\x80\x02}q\x00(X\x01\x00\x00\x00aq\x01]q\x02(K\x01M,\x01J\x90\xee\xfe\xff\x8a\x06\x00\x00\x00\x00\x00\x01eX\x01\x00\x00\x00bq\x03G@\x04\x00\x00\x00\x00\x00\x00N\x88\x87q\x04u.";
        let (pickle, end) = read(bytes).unwrap();
        assert_eq!(end, bytes.len());
        let items = pickle.dict(pickle.root).unwrap();
        assert_eq!((items[0].0, items[1].0), (Value::Text("a"), Value::Text("b")));
        assert_eq!(pickle.items(items[0].1).unwrap(), [Value::Int(1), Value::Int(300), Value::Int(-70000), Value::Int(1 << 40)]);
        assert_eq!(pickle.items(items[1].1).unwrap(), [Value::Float(2.5), Value::None, Value::Bool(true)]);
        assert!((0..bytes.len()).all(|n| read(&bytes[..n]).is_err()));
    }

    #[test]
    fn nothing_is_run() {
        let error = |bytes: &[u8]| read(bytes).unwrap_err().0;
        // `os.system("ls")` in Python.
        assert!(error(b"cos\nsystem\nU\x02ls\x85R.").starts_with("`os.system` is Python code, which is never run"));
        assert!(error(b"\x8c\x08builtins\x8c\x04eval\x93\x8c\x011\x85R.").starts_with("`builtins.eval` is Python code"));
        assert!(error(b"c__main__\nNet\n)\x81.").starts_with("`__main__.Net` is Python code"));
        assert_eq!(error(b"N\x92."), "the pickle code 0x92, which no file of weights needs");
        // A container in itself is a place, not a depth.
        let (pickle, _) = read(b"]q\x00h\x00a.").unwrap();
        assert_eq!(pickle.items(pickle.root).unwrap(), [pickle.root]);
    }
}
