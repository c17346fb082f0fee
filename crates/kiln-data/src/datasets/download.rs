//! Fetching a file, going on where an earlier try broke off.

use super::part::Part;
use crate::sum;
use indicatif::{ProgressBar, ProgressStyle};
use kiln_core::{Error, Result};
use std::fs;
use std::io::Read;
use std::path::Path;
use std::time::Duration;
use ureq::http::header::{CONTENT_RANGE, ETAG, IF_RANGE, LAST_MODIFIED, RANGE};
use ureq::{Body, http::Response};

/// How often a transfer that breaks off is taken up again before the user is told.
const TRIES: usize = 3;

/// Fetches `url` to `path`, with a progress bar on a terminal. The file gets its name only when it is whole and its MD5 or SHA-256 sum
/// is `wanted`, so that a broken connection leaves nothing that looks like data. What came before it broke is kept beside `path` as a
/// `.part` file, and the next call asks for the rest only; of a file that was changed since, or that a server gives only as a whole,
/// it fetches all.
pub(crate) fn fetch(url: &str, path: &Path, wanted: Option<&str>) -> Result<()> {
    let unwritable = |error: std::io::Error| Error::file(path, format!("can't be written: {error}"));
    path.parent().map_or(Ok(()), fs::create_dir_all).map_err(unwritable)?;
    let mut part = Part::open(path, url, wanted.is_some()).map_err(unwritable)?;
    // Another program may have fetched the file while this one waited for the part.
    if part.waited() && path.is_file() && is_right(path, wanted)? {
        return part.discard().map_err(unwritable);
    }
    let fetched = whole(url, &mut part, wanted);
    match fetched {
        Ok(()) => part.become_file(path).map_err(unwritable),
        Err(fault) => {
            if !fault.resumable || !part.resumable() || part.length() == 0 {
                // What is left is of no use; if it can't be removed, its name says that it is a part.
                let _ = part.discard();
                return Err(Error::file(path, fault.what).hint(fault.hint));
            }
            Err(Error::file(path, fault.what).hint(format!("{} bytes are kept; try again to fetch the rest", part.length())))
        }
    }
}

fn is_right(path: &Path, wanted: Option<&str>) -> Result<bool> {
    wanted.map_or(Ok(true), |wanted| sum::is(path, wanted))
}

/// Why a file did not come.
#[derive(Debug)]
struct Fault {
    what: String,
    hint: &'static str,
    /// Whether what came so far is of use.
    resumable: bool,
}

impl Fault {
    fn new(url: &str, why: impl std::fmt::Display) -> Self {
        Self { what: format!("{url} can't be fetched: {why}"), hint: "check the connection and the address", resumable: true }
    }
}

/// Fills the part until it is the file.
fn whole(url: &str, part: &mut Part, wanted: Option<&str>) -> std::result::Result<(), Fault> {
    let mut tries = 0;
    loop {
        let before = part.length();
        match transfer(url, part) {
            Ok(()) => {}
            Err(fault) => {
                tries += 1;
                if fault.resumable && part.resumable() && part.length() > before && tries < TRIES {
                    continue;
                }
                return Err(fault);
            }
        }
        let Some(wanted) = wanted else { return Ok(()) };
        let sum = part.sum(wanted).map_err(|e| Fault::new(url, e))?;
        if sum == wanted.to_ascii_lowercase() {
            return Ok(());
        }
        if before == 0 {
            let what = format!("{url} has the {} sum {sum} instead of {wanted}", sum::kind(wanted));
            return Err(Fault { what, hint: "the file was changed or damaged on its way; try again", resumable: false });
        }
        // The parts may be of two files: once more, from the start.
        part.restart().map_err(|e| Fault::new(url, e))?;
    }
}

/// Asks for what is missing, and writes it.
fn transfer(url: &str, part: &mut Part) -> std::result::Result<(), Fault> {
    let failed = |why: &dyn std::fmt::Display| Fault::new(url, why);
    if !part.resumable() {
        part.restart().map_err(|e| failed(&e))?;
    }
    let mut response = ask(url, part).map_err(|e| failed(&e))?;
    let mut status = response.status().as_u16();
    if status == 416 && part.length() > 0 {
        if total(&response) == Some(part.length()) {
            return Ok(());
        }
        part.restart().map_err(|e| failed(&e))?;
        response = ask(url, part).map_err(|e| failed(&e))?;
        status = response.status().as_u16();
    }
    match status {
        206 if first(&response) == Some(part.length()) => {}
        206 => {
            part.restart().map_err(|e| failed(&e))?;
            return Err(failed(&"the server gave another part than it was asked for"));
        }
        200 => part.restart().map_err(|e| failed(&e))?,
        status => return Err(failed(&format!("http status {status}"))),
    }
    part.is_from(validator(&response)).map_err(|e| failed(&e))?;
    let length = response.body().content_length();
    let bar = bar(url, length.map(|n| n + part.length()), part.length());
    let copied = copy(&mut bar.wrap_read(response.into_body().into_reader()), part);
    bar.finish_and_clear();
    let copied = copied.map_err(|e| failed(&e))?;
    match length {
        Some(length) if copied < length => Err(failed(&format!("the connection ended after {copied} of {length} bytes"))),
        _ => Ok(()),
    }
}

fn ask(url: &str, part: &Part) -> std::result::Result<Response<Body>, ureq::Error> {
    let config = ureq::Agent::config_builder()
        .timeout_connect(Some(Duration::from_secs(20)))
        .timeout_recv_response(Some(Duration::from_secs(30)))
        .http_status_as_error(false)
        .build();
    let mut request = config.new_agent().get(url);
    if part.length() > 0 {
        request = request.header(RANGE, format!("bytes={}-", part.length()));
        if let Some(validator) = part.validator() {
            // A file that was changed comes whole.
            request = request.header(IF_RANGE, validator);
        }
    }
    request.call()
}

/// What tells this version of the file from others: a strong tag, else the time of its last change.
fn validator(response: &Response<Body>) -> Option<&str> {
    let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
    header(ETAG).filter(|tag| !tag.starts_with("W/")).or_else(|| header(LAST_MODIFIED))
}

fn content_range(response: &Response<Body>) -> Option<&str> {
    response.headers().get(CONTENT_RANGE)?.to_str().ok()?.trim().strip_prefix("bytes ")
}

/// The place of the first byte that the response has: `bytes 100-199/200`.
fn first(response: &Response<Body>) -> Option<u64> {
    content_range(response)?.split('-').next()?.trim().parse().ok()
}

/// The length of the whole file.
fn total(response: &Response<Body>) -> Option<u64> {
    content_range(response)?.rsplit('/').next()?.trim().parse().ok()
}

fn bar(url: &str, length: Option<u64>, done: u64) -> ProgressBar {
    let bar = length.map_or_else(ProgressBar::no_length, ProgressBar::new);
    if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {bytes}/{total_bytes} {eta}") {
        bar.set_style(style);
    }
    bar.set_message(url.rsplit('/').next().unwrap_or_default().to_owned());
    bar.set_position(done);
    bar
}

/// Appends all that `from` gives, and tells how much that was.
fn copy(from: &mut impl Read, part: &mut Part) -> std::io::Result<u64> {
    let mut block = vec![0; 1 << 16];
    let mut copied = 0;
    loop {
        match from.read(&mut block)? {
            0 => return Ok(copied),
            n => {
                part.write_all(&block[..n])?;
                copied += n as u64;
            }
        }
    }
}

#[cfg(test)]
#[path = "download_tests.rs"]
mod tests;
