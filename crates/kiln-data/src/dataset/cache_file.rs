//! `cache_file`: elements made once and kept in a file.

use super::Dataset;
use super::cardinality::Cardinality;
use super::element::Element;
use super::record;
use super::spec::{self, ElementSpec};
use super::stage::{Before, Pass, Run, Stage};
use flate2::Crc;
use kiln_core::{Error, Result};
use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// How a file begins: the format, its version, and a number that another order of bytes would turn round.
const HEAD: [u8; 16] = {
    let mut head = *b"KILNDATA\x01\0\0\0\0\0\0\0";
    let order = 0x0102_0304u32.to_ne_bytes();
    let mut i = 0;
    while i < 4 {
        head[12 + i] = order[i];
        i += 1;
    }
    head
};

/// What stands in place of a record's length after the last one.
const END: u64 = u64::MAX;

/// The end mark, the number of records, and the sum of that.
const TAIL: u64 = 20;

struct CacheFile<E: Element> {
    input: Dataset<E>,
    path: PathBuf,
}

impl<E: Element> Stage<E> for CacheFile<E> {
    fn run(&self, _: Pass) -> Run<E> {
        let run = match self.path.exists() {
            true => Reader::open(&self.path).map(|reader| Box::new(reader.map(|element| element.and_then(take))) as Run<E>),
            // Always the first epoch, so that what is kept doesn't depend on which epoch was asked for first.
            false => self.write(self.input.run(Pass::epoch(0))),
        };
        run.unwrap_or_else(|error| Box::new(std::iter::once(Err(error))))
    }

    fn cardinality(&self) -> Cardinality {
        match Reader::open(&self.path) {
            Ok(reader) => usize::try_from(reader.count).map_or(Cardinality::Unknown, Cardinality::Known),
            Err(_) => self.input.cardinality(),
        }
    }

    fn before(&self) -> Vec<&dyn Before> {
        vec![&self.input]
    }

    fn check(&self) -> Result<()> {
        if self.path.exists() { Reader::open(&self.path).map(drop) } else { Ok(()) }
    }

    fn draws(&self) -> bool {
        false
    }

    fn spec(&self) -> Result<ElementSpec> {
        if self.path.exists() { spec::first(self.run(Pass::epoch(0))) } else { self.input.stage.spec() }
    }
}

/// An element of what was read.
fn take<E: Element>((path, number, form, tensors): Record) -> Result<E> {
    E::from_spec(&form, tensors).map_err(|error| {
        Error::file(&path, format!("holds elements of another form: element {number} is {form}: {error}"))
            .hint("remove the file when the pipeline before it changes")
    })
}

impl<E: Element> CacheFile<E> {
    /// The elements of `input`, which are written on their way.
    fn write(&self, mut input: Run<E>) -> Result<Run<E>> {
        let mut writer = Some(Writer::create(&self.path)?);
        Ok(Box::new(std::iter::from_fn(move || {
            let item = input.next();
            let done = match (&item, writer.as_mut()) {
                (_, None) => Ok(()),
                (Some(Ok(element)), Some(writer)) => writer.write(element),
                // What is incomplete is removed when the writer goes.
                (Some(Err(_)), _) => {
                    writer = None;
                    Ok(())
                }
                (None, _) => writer.take().map_or(Ok(()), Writer::finish),
            };
            match done {
                Ok(()) => item,
                Err(error) => {
                    writer = None;
                    Some(Err(error))
                }
            }
        })))
    }
}

/// Writes a file of another name first, which takes the name when it is whole.
struct Writer {
    path: PathBuf,
    part: PathBuf,
    out: BufWriter<File>,
    count: u64,
    bytes: Vec<u8>,
}

impl Writer {
    fn create(path: &Path) -> Result<Self> {
        // Two iterations at once, or two programs, must not write into one file.
        static PARTS: AtomicU64 = AtomicU64::new(0);
        let name = format!("{}.part-{}-{}", path.display(), std::process::id(), PARTS.fetch_add(1, Ordering::Relaxed));
        let part = PathBuf::from(name);
        let failed = |error: std::io::Error| Error::file(path, format!("can't be written: {error}"));
        let file = File::create(&part).map_err(failed)?;
        let mut writer = Self { path: path.to_owned(), part, out: BufWriter::with_capacity(1 << 20, file), count: 0, bytes: Vec::new() };
        writer.out.write_all(&HEAD).map_err(failed)?;
        Ok(writer)
    }

    fn write(&mut self, element: &impl Element) -> Result<()> {
        self.bytes.clear();
        record::write(&element.spec(), &mut element.tensors().into_iter().cloned(), &mut self.bytes)?;
        self.count += 1;
        let head = [(self.bytes.len() as u64).to_le_bytes().as_slice(), &sum(&self.bytes)].concat();
        self.out.write_all(&head).and_then(|()| self.out.write_all(&self.bytes)).map_err(|error| self.failed(&error))
    }

    fn finish(mut self) -> Result<()> {
        let end = [END.to_le_bytes(), self.count.to_le_bytes()].concat();
        let sum = sum(&end);
        let written = self.out.write_all(&end).and_then(|()| self.out.write_all(&sum)).and_then(|()| self.out.flush());
        let done = written.and_then(|()| self.out.get_ref().sync_all()).and_then(|()| fs::rename(&self.part, &self.path));
        done.map_err(|error| self.failed(&error))
    }

    fn failed(&self, error: &std::io::Error) -> Error {
        Error::file(&self.path, format!("can't be written: {error}"))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // After `finish` it isn't there any more.
        let _ = fs::remove_file(&self.part);
    }
}

fn sum(bytes: &[u8]) -> [u8; 4] {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum().to_le_bytes()
}

/// File, number, form and tensors of an element.
type Record = (PathBuf, u64, ElementSpec, Vec<kiln_core::Tensor>);

/// Reads a file record by record.
struct Reader {
    path: PathBuf,
    input: BufReader<File>,
    /// Bytes that are left before the tail.
    left: u64,
    number: u64,
    count: u64,
}

impl Reader {
    /// Opens a file and looks at its ends: one that isn't whole is refused before anything is read.
    fn open(path: &Path) -> Result<Self> {
        let failed = |error: std::io::Error| Error::file(path, format!("can't be read: {error}"));
        let foreign =
            || Error::file(path, "is not a cache that Kiln wrote on such a machine").hint("choose another path, or remove the file");
        let mut file = File::open(path).map_err(failed)?;
        let length = file.metadata().map_err(failed)?.len();
        let mut head = [0; HEAD.len()];
        if length < HEAD.len() as u64 || file.read_exact(&mut head).is_err() || head != HEAD {
            return Err(foreign());
        }
        let damaged = || damage(path, "it is cut off");
        let left = length.checked_sub(HEAD.len() as u64 + TAIL).ok_or_else(damaged)?;
        let mut tail = [0; TAIL as usize];
        file.seek(SeekFrom::Start(length - TAIL)).and_then(|_| file.read_exact(&mut tail)).map_err(failed)?;
        let (mark, rest) = tail.split_at(8);
        let (count, own) = rest.split_at(8);
        if mark != END.to_le_bytes() || sum(&tail[..16]) != own {
            return Err(damaged());
        }
        file.seek(SeekFrom::Start(HEAD.len() as u64)).map_err(failed)?;
        let count = count.try_into().map_or(0, u64::from_le_bytes);
        Ok(Self { path: path.to_owned(), input: BufReader::with_capacity(1 << 20, file), left, number: 0, count })
    }

    fn record(&mut self) -> Result<Record> {
        let mut head = [0; 12];
        self.take(&mut head)?;
        let (length, own) = head.split_at(8);
        let length = length.try_into().map_or(0, u64::from_le_bytes);
        if length > self.left {
            return Err(self.damaged("its length is wrong"));
        }
        let mut bytes = vec![0; usize::try_from(length).map_err(|_| self.damaged("it is too long"))?];
        self.take(&mut bytes)?;
        if sum(&bytes) != own {
            return Err(self.damaged("its checksum is another"));
        }
        let (mut rest, mut tensors) = (bytes.as_slice(), Vec::new());
        match record::read(&mut rest, &mut tensors, 0) {
            Some(form) if rest.is_empty() => {
                self.number += 1;
                Ok((self.path.clone(), self.number - 1, form, tensors))
            }
            _ => Err(self.damaged("it is not readable")),
        }
    }

    fn take(&mut self, bytes: &mut [u8]) -> Result<()> {
        match self.left.checked_sub(bytes.len() as u64) {
            Some(left) if self.input.read_exact(bytes).is_ok() => {
                self.left = left;
                Ok(())
            }
            _ => Err(self.damaged("it is cut off")),
        }
    }

    fn damaged(&self, what: &str) -> Error {
        damage(&self.path, &format!("element {} of {}: {what}", self.number, self.count))
    }
}

fn damage(path: &Path, what: &str) -> Error {
    Error::file(path, format!("is a damaged cache: {what}")).hint("remove the file, and the next pass makes it anew")
}

impl Iterator for Reader {
    type Item = Result<Record>;

    fn next(&mut self) -> Option<Result<Record>> {
        match (self.number < self.count, self.left) {
            (false, 0) => None,
            (false, _) => Some(Err(self.damaged("more follows"))),
            (true, _) => Some(self.record()),
        }
    }
}

impl<E: Element> Dataset<E> {
    /// [`Dataset::cache`] in a file: tf.data's `cache(filename)`. The first whole iteration writes the elements on their way, later
    /// ones, and other programs, read them again one by one without running the stages before; so what is cached may be larger
    /// than the memory. The file appears only when it is whole.
    ///
    /// What comes before is that of epoch 0 for ever, so `shuffle` and random changes belong after it. When the pipeline before it
    /// changes, remove the file.
    ///
    /// A file that is damaged or was written by something else is an error of [`Dataset::check`] or of the iteration.
    ///
    /// ```
    /// use kiln_data::Dataset;
    /// let path = std::env::temp_dir().join(format!("kiln-cache-doc-{}", std::process::id()));
    /// let slow = |x: kiln_core::Tensor| Ok(x * 2);
    /// assert_eq!(Dataset::range(0..5).map(slow).cache_file(&path).iter().count(), 5);
    /// // What is in the file is not made again.
    /// let fails = |_: kiln_core::Tensor| -> kiln_core::Result<kiln_core::Tensor> { Err(kiln_core::Error::custom("not called")) };
    /// let again = Dataset::range(0..5).map(fails).cache_file(&path);
    /// assert_eq!(again.iter().last().unwrap()?.item(), 8.0);
    /// # std::fs::remove_file(&path).unwrap();
    /// # Ok::<(), kiln_core::Error>(())
    /// ```
    pub fn cache_file(&self, path: impl AsRef<Path>) -> Self {
        Self::new(CacheFile { input: self.clone(), path: path.as_ref().to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Named;
    use kiln_core::Tensor;

    fn place(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("kiln-cache-{name}-{}", std::process::id()));
        let _ = fs::remove_file(&path);
        path
    }

    fn numbers(n: i64) -> Dataset<(Named, Tensor)> {
        Dataset::range(0..n).map(|x| Ok((Named::from([("a", x.clone() * 3), ("b", Tensor::ones([2]) * x.item())]), x)))
    }

    #[test]
    fn the_first_pass_writes_and_later_ones_read() {
        let path = place("passes");
        let data = numbers(6).filter(|_| Ok(true)).cache_file(&path);
        assert_eq!(data.cardinality(), Cardinality::Unknown);
        assert_eq!(data.take(3).iter().count(), 3);
        assert!(!path.exists(), "only a whole pass is kept");
        assert_eq!((data.iter().count(), data.cardinality()), (6, Cardinality::Known(6)));
        let broken = numbers(6).map(|_| -> Result<(Named, Tensor)> { Err("not called".into()) }).cache_file(&path);
        for epoch in [0, 3] {
            let elements: Vec<_> = broken.iter_epoch(epoch).map(Result::unwrap).collect();
            let b: Vec<f32> = elements[5].0.get("b").unwrap().to_vec();
            assert_eq!((elements[5].0.get("a").unwrap().item(), b, elements[5].1.rank()), (15.0, vec![5.0, 5.0], 0));
        }
        assert_eq!(broken.element_spec().unwrap(), numbers(1).element_spec().unwrap());
        let parts = fs::read_dir(path.parent().unwrap()).unwrap().filter(|entry| {
            let name = entry.as_ref().unwrap().file_name().into_string().unwrap();
            name.starts_with(&format!("{}.part", path.file_name().unwrap().display()))
        });
        assert_eq!(parts.count(), 0);
        fs::remove_file(path).unwrap();
    }

    #[test]
    fn damage_at_any_byte_is_found() {
        let path = place("damage");
        assert_eq!(numbers(3).cache_file(&path).iter().count(), 3);
        let whole = fs::read(&path).unwrap();
        let error = |bytes: &[u8]| {
            fs::write(&path, bytes).unwrap();
            numbers(3).cache_file(&path).iter().find_map(Result::err).map(|error| error.to_string())
        };
        assert_eq!(error(&whole), None);
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x40;
            let error = error(&bytes).unwrap_or_else(|| panic!("byte {at} may be anything"));
            assert!(error.starts_with(&path.display().to_string()), "{error}");
            assert!(self::numbers(3).cache_file(&path).iter().count() <= 4);
        }
        for end in 0..whole.len() {
            assert!(error(&whole[..end]).is_some(), "{end}");
        }
        let error = |bytes: &[u8]| error(bytes).unwrap();
        assert!(
            error(b"a,b\n1,2\n").ends_with("is not a cache that Kiln wrote on such a machine; choose another path, or remove the file")
        );
        assert!(error(&whole[..whole.len() - 1]).contains("is a damaged cache: it is cut off; remove the file"));
        let mut bytes = whole.clone();
        bytes[40] ^= 1;
        assert!(error(&bytes).contains("is a damaged cache: element 0 of 3: its checksum is another"), "{}", error(&bytes));
        fs::write(&path, &whole).unwrap();
        let other = Dataset::range(0..3).cache_file(&path).iter().next().unwrap().unwrap_err().to_string();
        assert!(other.contains("holds elements of another form: element 0 is ({\"a\": TensorSpec("), "{other}");
        fs::remove_file(path).unwrap();
    }

    #[test]
    fn errors_leave_no_file_behind() {
        let path = place("errors");
        let failing = Dataset::range(0..5).map(|x| if x.item() == 3.0 { Err(Error::custom("no threes")) } else { Ok(x) });
        assert_eq!(failing.cache_file(&path).iter().last().unwrap().unwrap_err().to_string(), "no threes");
        assert!(!path.exists());
        let error = Dataset::range(0..5).cache_file("no/such/folder/x").iter().next().unwrap().unwrap_err().to_string();
        assert!(error.starts_with("no/such/folder/x: can't be written: "), "{error}");
    }
}
