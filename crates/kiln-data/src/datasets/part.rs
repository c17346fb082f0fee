//! The part of a file that has come so far.

use crate::sum;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// A file with `.part` behind its name, locked against other programs that fetch the same one. Beside it, with `.part.origin`, stand
/// the address it is from and what told that version of the file from others.
#[derive(Debug)]
pub(super) struct Part {
    file: File,
    path: PathBuf,
    origin: PathBuf,
    url: String,
    length: u64,
    validator: Option<String>,
    summed: bool,
    waited: bool,
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(end);
    path.with_file_name(name)
}

impl Part {
    /// The part of `path`, with what an earlier try left of `url`; `summed` if a sum will say whether the whole is right. Waits for
    /// another program that has it open.
    pub(super) fn open(path: &Path, url: &str, summed: bool) -> io::Result<Self> {
        let (place, origin) = (beside(path, ".part"), beside(path, ".part.origin"));
        let mut waited = false;
        let file = loop {
            let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&place)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    file.lock()?;
                    waited = true;
                }
                // A file system without locks: two programs at once are then the user's affair.
                Err(TryLockError::Error(_)) => {}
            }
            // The other program may have given the part its name, or taken it away.
            if !waited || place.exists() {
                break file;
            }
        };
        let mut part = Self { file, path: place, origin, url: url.to_owned(), length: 0, validator: None, summed, waited };
        part.length = part.file.seek(SeekFrom::End(0))?;
        let known = fs::read_to_string(&part.origin).unwrap_or_default();
        match known.split_once('\n') {
            Some((from, validator)) if from == url => part.validator = Some(validator.to_owned()).filter(|v| !v.is_empty()),
            _ => part.restart()?,
        }
        Ok(part)
    }

    pub(super) fn length(&self) -> u64 {
        self.length
    }

    pub(super) fn validator(&self) -> Option<&str> {
        self.validator.as_deref()
    }

    /// Whether another program had the part until now.
    pub(super) fn waited(&self) -> bool {
        self.waited
    }

    /// Whether something can be put behind it: it will be told if the pieces are not of one file.
    pub(super) fn resumable(&self) -> bool {
        self.length == 0 || self.summed || self.validator.is_some()
    }

    /// Remembers which version of the file this is.
    pub(super) fn is_from(&mut self, validator: Option<&str>) -> io::Result<()> {
        self.validator = validator.map(str::to_owned);
        fs::write(&self.origin, format!("{}\n{}", self.url, validator.unwrap_or_default()))
    }

    /// Empties it.
    pub(super) fn restart(&mut self) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.seek(SeekFrom::Start(0))?;
        (self.length, self.validator) = (0, None);
        Ok(())
    }

    pub(super) fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// The sum of what is there, of the kind of `wanted`.
    pub(super) fn sum(&mut self, wanted: &str) -> io::Result<String> {
        self.file.seek(SeekFrom::Start(0))?;
        // Reading ends where writing goes on.
        sum::of(&mut self.file, wanted)
    }

    /// Gives it the name of the file.
    pub(super) fn become_file(self, path: &Path) -> io::Result<()> {
        self.file.sync_all()?;
        fs::rename(&self.path, path)?;
        self.forget()
    }

    /// Takes it away.
    pub(super) fn discard(self) -> io::Result<()> {
        fs::remove_file(&self.path)?;
        self.forget()
    }

    fn forget(&self) -> io::Result<()> {
        match fs::remove_file(&self.origin) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_program_at_a_time() {
        let folder = std::env::temp_dir().join(format!("kiln-part-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("a.h5");
        let mut first = Part::open(&path, "u", true).unwrap();
        first.write_all(b"ab").unwrap();
        let at = path.clone();
        let second = std::thread::spawn(move || Part::open(&at, "u", true).unwrap());
        std::thread::sleep(std::time::Duration::from_millis(50));
        assert!(!second.is_finished());
        first.become_file(&path).unwrap();
        let second = second.join().unwrap();
        // The part that it waited for is the file now; this is a new one.
        assert!(second.waited() && second.length() == 0 && fs::read(&path).unwrap() == b"ab");
        second.discard().unwrap();
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_part_of_another_address_is_emptied() {
        let folder = std::env::temp_dir().join(format!("kiln-origin-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("a.h5");
        let mut part = Part::open(&path, "u", false).unwrap();
        part.is_from(Some("\"1\"")).unwrap();
        part.write_all(b"ab").unwrap();
        drop(part);
        let part = Part::open(&path, "u", false).unwrap();
        assert!((part.length(), part.validator()) == (2, Some("\"1\"")) && part.resumable() && !part.waited());
        drop(part);
        assert_eq!(Part::open(&path, "v", false).unwrap().length(), 0);
        fs::remove_dir_all(folder).unwrap();
    }
}
