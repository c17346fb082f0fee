//! What a command has to say: as text and as JSON.

use kiln::{Error, Result};
use serde_json::Value;
use std::io::{ErrorKind, Write};

pub(crate) struct Answer {
    /// The text, each line ended.
    pub(crate) text: String,
    /// The same for programs.
    pub(crate) json: Value,
}

impl Answer {
    /// Prints one of the two.
    pub(crate) fn give(&self, json: bool) -> Result<()> {
        let mut out = std::io::stdout().lock();
        let written = if json { writeln!(out, "{}", self.json) } else { out.write_all(self.text.as_bytes()) };
        match written.and_then(|()| out.flush()) {
            // A reader that has enough, `head`, is no failure.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            other => other.map_err(|e| Error::custom(format!("the answer can't be written: {e}"))),
        }
    }
}
