//! How often something is saved.

use kiln_core::{Error, Result};

/// At the end of every epoch, `"epoch"`, or after every so many batches, `100`, which are counted on from epoch to epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SaveFreq {
    /// After every epoch.
    Epoch,
    /// After so many batches.
    Batches(usize),
    /// A word that isn't `epoch`; reported when the training begins.
    Unknown(String),
}

impl From<usize> for SaveFreq {
    fn from(batches: usize) -> Self {
        Self::Batches(batches)
    }
}

impl From<&str> for SaveFreq {
    fn from(word: &str) -> Self {
        if word == "epoch" { Self::Epoch } else { Self::Unknown(word.to_owned()) }
    }
}

impl SaveFreq {
    pub(crate) fn check(&self, who: &str) -> Result<()> {
        match self {
            Self::Unknown(word) => Err(Error::option(who, "save_freq", "`epoch` or a number of batches", format!("`{word}`"))),
            Self::Batches(0) => Err(Error::option(who, "save_freq", "at least 1", 0)),
            _ => Ok(()),
        }
    }

    /// Counts a batch in `seen`; whether it is time to save.
    pub(crate) fn after_batch(&self, seen: &mut usize) -> bool {
        let Self::Batches(every) = self else { return false };
        *seen += 1;
        let due = *seen >= *every;
        if due {
            *seen = 0;
        }
        due
    }
}
