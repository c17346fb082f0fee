//! The part of Python's pickle format that holds lists, dictionaries, numbers, texts and NumPy arrays. Nothing is ever run: a name
//! of a class or function stays a name.

use std::collections::HashMap;
use std::rc::Rc;

/// What a pickle holds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Pickle {
    None,
    Int(i64),
    Float(f64),
    /// A text or bytes, which old files don't tell apart.
    Bytes(Rc<[u8]>),
    List(Vec<Pickle>),
    Dict(Vec<(Pickle, Pickle)>),
    /// `module name`.
    Name(String),
    /// What a function or class would have been called with, and what would have been put into the result.
    Call(Rc<(Pickle, Pickle)>, Option<Rc<Pickle>>),
    Mark,
}

const CUT: &str = "is cut off";
const TOO_DEEP: &str = "has lists that lie too deep in one another";

/// How deep lists may lie in one another; data sets need no more than four.
const DEEPEST: usize = 64;

/// A value on the stack, and how deep lists lie in it.
#[derive(Clone)]
struct Held {
    item: Pickle,
    depth: usize,
}

struct Reader<'a> {
    bytes: &'a [u8],
    stack: Vec<Held>,
    memo: HashMap<u64, Held>,
}

/// Reads one pickle.
pub(crate) fn read(bytes: &[u8]) -> Result<Pickle, String> {
    Reader { bytes, stack: Vec::new(), memo: HashMap::new() }.run()
}

impl Reader<'_> {
    fn run(&mut self) -> Result<Pickle, String> {
        loop {
            let code = self.take(1)?[0];
            match code {
                b'.' => return self.pop().map(|held| held.item),
                // Versions and frames.
                0x80 => drop(self.take(1)?),
                0x95 => drop(self.take(8)?),
                b'(' => self.push(Pickle::Mark),
                b'N' => self.push(Pickle::None),
                0x88 => self.push(Pickle::Int(1)),
                0x89 => self.push(Pickle::Int(0)),
                b'K' => self.integer(1)?,
                b'M' => self.integer(2)?,
                b'J' => self.signed(4)?,
                b'I' | b'L' => {
                    let line = self.line()?;
                    let number = line.trim_end_matches('L').parse().map_err(|_| format!("has `{line}` for a number"))?;
                    self.push(Pickle::Int(number));
                }
                0x8A => {
                    let width = self.number(1)? as usize;
                    self.signed(width)?;
                }
                b'G' => {
                    let number = self.take(8)?.iter().fold(0u64, |n, byte| n << 8 | u64::from(*byte));
                    self.push(Pickle::Float(f64::from_bits(number)));
                }
                b'U' | b'C' | 0x8C => self.text(1)?,
                b'T' | b'B' | b'X' => self.text(4)?,
                0x8E | 0x8D => self.text(8)?,
                b']' | b')' => self.push(Pickle::List(Vec::new())),
                b'}' => self.push(Pickle::Dict(Vec::new())),
                b'l' | b't' => {
                    let (items, depth) = self.items()?;
                    self.hold(Pickle::List(items), depth + 1)?;
                }
                0x85..=0x87 => {
                    let at = self.stack.len().checked_sub(usize::from(code - 0x84)).ok_or(CUT)?;
                    let (items, depth) = self.above(at);
                    self.hold(Pickle::List(items), depth + 1)?;
                }
                b'a' => {
                    let item = self.pop()?;
                    self.append(vec![item.item], item.depth)?;
                }
                b'e' => {
                    let (items, depth) = self.items()?;
                    self.append(items, depth)?;
                }
                b's' => {
                    let value = self.pop()?;
                    let key = self.pop()?;
                    self.insert(vec![key.item, value.item], value.depth.max(key.depth))?;
                }
                b'u' => {
                    let (items, depth) = self.items()?;
                    self.insert(items, depth)?;
                }
                b'c' => {
                    let name = format!("{} {}", self.line()?, self.line()?);
                    self.push(Pickle::Name(name));
                }
                0x93 => {
                    let (name, module) = (self.pop()?.item, self.pop()?.item);
                    let name = format!("{} {}", module.text().unwrap_or_default(), name.text().unwrap_or_default());
                    self.push(Pickle::Name(name));
                }
                b'R' => {
                    let (arguments, function) = (self.pop()?, self.pop()?);
                    let depth = function.depth.max(arguments.depth) + 1;
                    self.hold(Pickle::Call(Rc::new((function.item, arguments.item)), None), depth)?;
                }
                b'b' => {
                    let (state, object) = (self.pop()?, self.pop()?);
                    let depth = object.depth.max(state.depth + 1);
                    match object.item {
                        Pickle::Call(call, _) => self.hold(Pickle::Call(call, Some(Rc::new(state.item))), depth)?,
                        _ => return Err("sets the state of something that has none".to_owned()),
                    }
                }
                b'q' => self.remember(1)?,
                b'r' => self.remember(4)?,
                0x94 => {
                    let place = self.memo.len() as u64;
                    self.keep(place)?;
                }
                b'h' => self.recall(1)?,
                b'j' => self.recall(4)?,
                other => return Err(format!("has the pickle code {other:#04x}, which no data set needs")),
            }
        }
    }

    fn take(&mut self, count: usize) -> Result<&[u8], String> {
        let (taken, rest) = self.bytes.split_at_checked(count).ok_or(CUT)?;
        self.bytes = rest;
        Ok(taken)
    }

    fn line(&mut self) -> Result<String, String> {
        let end = self.bytes.iter().position(|byte| *byte == b'\n').ok_or(CUT)?;
        let line = String::from_utf8_lossy(self.take(end)?).into_owned();
        self.take(1)?;
        Ok(line)
    }

    fn pop(&mut self) -> Result<Held, String> {
        self.stack.pop().ok_or_else(|| CUT.to_owned())
    }

    fn push(&mut self, item: Pickle) {
        self.stack.push(Held { item, depth: 0 });
    }

    /// Puts a value with others in it on the stack. What lies deep would also be freed deep.
    fn hold(&mut self, item: Pickle, depth: usize) -> Result<(), String> {
        if depth > DEEPEST {
            return Err(TOO_DEEP.to_owned());
        }
        self.stack.push(Held { item, depth });
        Ok(())
    }

    /// What lies from `at` on, and how deep.
    fn above(&mut self, at: usize) -> (Vec<Pickle>, usize) {
        let held = self.stack.split_off(at);
        let depth = held.iter().map(|held| held.depth).max().unwrap_or(0);
        (held.into_iter().map(|held| held.item).collect(), depth)
    }

    fn number(&mut self, width: usize) -> Result<u64, String> {
        Ok(self.take(width)?.iter().rev().fold(0, |n, byte| n << 8 | u64::from(*byte)))
    }

    fn integer(&mut self, width: usize) -> Result<(), String> {
        let number = self.number(width)?;
        self.push(Pickle::Int(number as i64));
        Ok(())
    }

    fn signed(&mut self, width: usize) -> Result<(), String> {
        if width > 8 {
            return Err("has a number beyond 64 bits".to_owned());
        }
        let number = self.number(width)?;
        let shift = 64 - 8 * width as u32;
        self.push(Pickle::Int(if width == 0 { 0 } else { (number << shift) as i64 >> shift }));
        Ok(())
    }

    fn text(&mut self, width: usize) -> Result<(), String> {
        let length = usize::try_from(self.number(width)?).map_err(|_| CUT)?;
        let text: Rc<[u8]> = self.take(length)?.into();
        self.push(Pickle::Bytes(text));
        Ok(())
    }

    /// What lies above the last mark, and how deep.
    fn items(&mut self) -> Result<(Vec<Pickle>, usize), String> {
        let mark = self.stack.iter().rposition(|held| held.item == Pickle::Mark).ok_or(CUT)?;
        let items = self.above(mark + 1);
        self.stack.pop();
        Ok(items)
    }

    /// The value on top, which is to hold others of `depth`.
    fn top(&mut self, depth: usize) -> Result<Option<&mut Pickle>, String> {
        if depth >= DEEPEST {
            return Err(TOO_DEEP.to_owned());
        }
        Ok(self.stack.last_mut().map(|held| {
            held.depth = held.depth.max(depth + 1);
            &mut held.item
        }))
    }

    fn append(&mut self, items: Vec<Pickle>, depth: usize) -> Result<(), String> {
        match self.top(depth)? {
            Some(Pickle::List(list)) => list.extend(items),
            _ => return Err("appends to what is no list".to_owned()),
        }
        Ok(())
    }

    fn insert(&mut self, items: Vec<Pickle>, depth: usize) -> Result<(), String> {
        let Some(Pickle::Dict(dict)) = self.top(depth)? else {
            return Err("sets the items of what is no dictionary".to_owned());
        };
        let mut items = items.into_iter();
        while let (Some(key), Some(value)) = (items.next(), items.next()) {
            dict.push((key, value));
        }
        Ok(())
    }

    fn remember(&mut self, width: usize) -> Result<(), String> {
        let place = self.number(width)?;
        self.keep(place)
    }

    fn keep(&mut self, place: u64) -> Result<(), String> {
        // Lists are remembered before they are filled, and never asked for again in a data set: no need to keep them. Short ones of plain
        // values are kept; no copy is longer than the words that ask for it.
        let held = self.stack.last().ok_or(CUT)?;
        let plain = |item: &Pickle| !matches!(item, Pickle::List(_) | Pickle::Dict(_) | Pickle::Mark);
        let kept = match &held.item {
            Pickle::List(list) => !list.is_empty() && list.len() <= 8 && list.iter().all(plain),
            item => plain(item),
        };
        self.memo.insert(place, if kept { held.clone() } else { Held { item: Pickle::Mark, depth: 0 } });
        Ok(())
    }

    fn recall(&mut self, width: usize) -> Result<(), String> {
        let place = self.number(width)?;
        match self.memo.get(&place) {
            Some(Held { item: Pickle::Mark, .. }) | None => Err("asks again for a list or dictionary, which is not supported".to_owned()),
            Some(item) => {
                self.stack.push(item.clone());
                Ok(())
            }
        }
    }
}

impl Pickle {
    pub(crate) fn text(&self) -> Option<String> {
        match self {
            Self::Bytes(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
            _ => None,
        }
    }

    pub(crate) fn list(&self) -> Option<&[Pickle]> {
        match self {
            Self::List(list) => Some(list),
            _ => None,
        }
    }

    pub(crate) fn int(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            _ => None,
        }
    }

    /// The value of a dictionary's key.
    pub(crate) fn get(&self, key: &str) -> Option<&Pickle> {
        match self {
            Self::Dict(items) => items.iter().find(|(k, _)| matches!(k, Self::Bytes(bytes) if **bytes == *key.as_bytes())).map(|(_, v)| v),
            _ => None,
        }
    }

    /// The shape, dtype and content of a NumPy array: bytes, or a list of objects.
    pub(crate) fn array(&self) -> Option<(Vec<usize>, String, &Pickle)> {
        let Self::Call(call, Some(state)) = self else { return None };
        let Self::Name(name) = &call.0 else { return None };
        if !name.ends_with(" _reconstruct") {
            return None;
        }
        let [_, shape, dtype, _, content] = state.list()? else { return None };
        let shape = shape.list()?.iter().map(|n| n.int().and_then(|n| usize::try_from(n).ok())).collect::<Option<Vec<_>>>()?;
        let Self::Call(dtype, _) = dtype else { return None };
        Some((shape, dtype.1.list()?.first()?.text()?, content))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_numbers() {
        // pickle.dumps([[1, 300, -70000], [], {"a": 2.5}, 2**40], 2)
        let bytes = b"\x80\x02]q\x00(]q\x01(K\x01M,\x01J\x90\xee\xfe\xffe]q\x02}q\x03X\x01\x00\x00\x00aq\x04G@\x04\x00\x00\x00\x00\x00\x00s\x8a\x06\x00\x00\x00\x00\x00\x01e.";
        let pickle = read(bytes).unwrap();
        let list = pickle.list().unwrap();
        assert_eq!(list[0], Pickle::List(vec![Pickle::Int(1), Pickle::Int(300), Pickle::Int(-70000)]));
        assert_eq!((list[2].get("a"), list[3].int()), (Some(&Pickle::Float(2.5)), Some(1 << 40)));
        assert!((0..bytes.len()).all(|n| read(&bytes[..n]).is_err()));
    }

    #[test]
    fn neither_depth_nor_repetition_is_expensive() {
        let deep = [vec![b']'; 1_000_000], vec![b'a'; 999_999], vec![b'.']].concat();
        assert_eq!(read(&deep).unwrap_err(), TOO_DEEP);
        let wrapped = [vec![b'N'], vec![0x85; 1_000_000], vec![b'.']].concat();
        assert_eq!(read(&wrapped).unwrap_err(), TOO_DEEP);
        // A dictionary within a short list would be copied with every asking.
        assert!(read(b"}K\x01K\x02s\x85q\x01h\x01h\x01\x87.").unwrap_err().contains("asks again"));
    }

    #[test]
    fn nothing_is_run() {
        // A pickle that would run `os.system("ls")` in Python.
        let pickle = read(b"cos\nsystem\n(S'ls'\ntR.");
        assert!(pickle.unwrap_err().contains("0x53"));
        let call = read(b"cos\nsystem\n(U\x02lstR.").unwrap();
        assert!(matches!(&call, Pickle::Call(call, None) if call.0 == Pickle::Name("os system".to_owned())));
        assert!(call.array().is_none());
    }
}
