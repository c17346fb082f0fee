//! A file of events: records with checksums, each an event at a step.
//!
//! Formats: `tensorflow/core/lib/io/record_writer.h`, `tensorflow/core/util/event.proto`.

use super::message::Message;
use crc32c::crc32c;
use kiln_core::{Error, Result};
use std::fs::{File, OpenOptions, create_dir_all};
use std::io::{Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Made when first written to.
#[derive(Debug)]
pub(crate) struct EventFile {
    folder: PathBuf,
    name: String,
    length: u64,
    file: Option<File>,
}

/// The seconds since 1970.
fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |d| d.as_secs_f64())
}

/// The checksum of Castagnoli as record files have it, so that a checksum of data that hold checksums stays a good one.
fn masked(bytes: &[u8]) -> u32 {
    crc32c(bytes).rotate_right(15).wrapping_add(0xA282_EAD8)
}

/// The length with its checksum, the data with theirs.
fn record(data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u64).to_le_bytes();
    [&length[..], &masked(&length).to_le_bytes(), data, &masked(data).to_le_bytes()].concat()
}

impl EventFile {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder, name: String::new(), length: 0, file: None }
    }

    /// Writes an event with the summary's `values`.
    pub(crate) fn write(&mut self, step: u64, values: &[Vec<u8>]) -> Result<()> {
        if values.is_empty() {
            return Ok(());
        }
        let mut bytes = Vec::new();
        if self.name.is_empty() {
            static NUMBER: AtomicU64 = AtomicU64::new(0);
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let host = std::env::var("HOSTNAME").unwrap_or_else(|_| "localhost".to_owned());
            let host: String = host.chars().filter(|c| c.is_alphanumeric() || ".-_".contains(*c)).collect();
            self.name = format!("events.out.tfevents.{}.{host}.{}.{number}.v2", now() as u64, std::process::id());
            bytes = record(&Message::new().double(1, now()).bytes(3, b"brain.Event:2").0);
        }
        // An event for each value, as TensorFlow writes them.
        for value in values {
            let summary = Message::new().bytes(1, value);
            bytes.extend(record(&Message::new().double(1, now()).integer(2, step).message(5, summary).0));
        }
        self.append(&bytes)
    }

    fn append(&mut self, bytes: &[u8]) -> Result<()> {
        let path = self.folder.join(&self.name);
        let refused = |e: std::io::Error| Error::file(&path, e);
        let file = match &mut self.file {
            Some(file) => file,
            None => {
                create_dir_all(&self.folder).map_err(refused)?;
                let mut file = OpenOptions::new().write(true).create(true).truncate(false).open(&path).map_err(refused)?;
                // What an interrupted run wrote behind its last state comes again.
                file.set_len(self.length).and_then(|()| file.seek(SeekFrom::End(0))).map_err(refused)?;
                self.file.insert(file)
            }
        };
        file.write_all(bytes).map_err(refused)?;
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// The name and the length.
    pub(crate) fn place(&self) -> (String, u64) {
        (self.name.clone(), self.length)
    }

    /// Goes on in the file that [`EventFile::place`] named, if it is there.
    pub(crate) fn go_on(&mut self, (name, length): (String, u64)) -> Result<()> {
        let kept = self.folder.join(&name);
        let there = !name.is_empty() && !name.contains(['/', '\\']) && kept.metadata().is_ok_and(|m| m.len() >= length);
        if !there {
            return Ok(());
        }
        if !self.name.is_empty() {
            // The graph is in the file of the first run already.
            let begun = self.folder.join(&self.name);
            std::fs::remove_file(&begun).map_err(|e| Error::file(&begun, e))?;
        }
        (self.name, self.length, self.file) = (name, length, None);
        Ok(())
    }

    pub(crate) fn close(&mut self) {
        self.file = None;
    }
}
