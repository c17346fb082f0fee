//! What a measurement says beside its numbers, and where it writes them: `peers/report.py` in Rust.

use kiln::{Error, Result};
use std::fs;
use std::path::Path;

/// The processor and its cores.
pub fn machine() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text.lines().find(|line| line.starts_with("model name")).and_then(|line| line.split(':').nth(1));
    format!("{}, {} cores", model.map_or(std::env::consts::ARCH, str::trim), cores())
}

/// How many threads the machine has room for.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Puts `text` between the marks of `name` in the page.
///
/// # Errors
/// A page that can't be read or written, or has no such marks.
pub fn write(path: &Path, name: &str, text: &str) -> Result<()> {
    let trouble = |error: std::io::Error| Error::file(path, error);
    let page = fs::read_to_string(path).map_err(trouble)?;
    let (begin, end) = (format!("<!-- {name}: begin -->"), format!("<!-- {name}: end -->"));
    let parts = page.split_once(&begin).and_then(|(before, rest)| Some((before, rest.split_once(&end)?.1)));
    let (before, after) = parts.ok_or_else(|| Error::file(path, format!("there are no marks `{begin}` and `{end}`")))?;
    fs::write(path, format!("{before}{begin}\n{text}\n{end}{after}")).map_err(trouble)
}
