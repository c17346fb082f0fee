//! Fetching a file whose sum is known.

use indicatif::{ProgressBar, ProgressStyle};
use kiln_core::{Error, Result};
use md5::{Digest, Md5};
use sha2::Sha256;
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;
use std::time::Duration;

/// Fetches `url` to `path`, with a progress bar on a terminal. The file gets its name only when it is whole and its MD5 or SHA-256
/// sum is right, so that a broken connection leaves nothing that looks like data.
pub(super) fn fetch(url: &str, path: &Path, wanted: &str) -> Result<()> {
    // Two programs may fetch at once.
    let part = path.with_extension(format!("part-{}", std::process::id()));
    let fetched = path
        .parent()
        .map_or(Ok(()), fs::create_dir_all)
        .map_err(|e| e.to_string())
        .and_then(|()| copy(url, &part, wanted.len() == SHA_256));
    let result = match fetched {
        Ok(sum) if sum == wanted => {
            fs::rename(&part, path).map_err(|error| Error::file(path, format!("{} can't be written: {error}", path.display())))
        }
        Ok(sum) => {
            let what = format!("{url} has the {} sum {sum} instead of {wanted}", if wanted.len() == SHA_256 { "SHA-256" } else { "MD5" });
            Err(Error::file(path, what).hint("the file was changed or damaged on its way; try again"))
        }
        Err(why) => Err(Error::file(path, format!("{url} can't be fetched: {why}"))),
    };
    if result.is_err() {
        // What is left is of no use; if it can't be removed, its name says that it is a part.
        let _ = fs::remove_file(&part);
    }
    result
}

/// Digits of a SHA-256 sum.
const SHA_256: usize = 64;

/// Writes what `url` gives to `part`, and tells its sum.
fn copy(url: &str, part: &Path, sha_256: bool) -> std::result::Result<String, String> {
    let config = ureq::Agent::config_builder()
        .timeout_connect(Some(Duration::from_secs(20)))
        .timeout_recv_response(Some(Duration::from_secs(30)))
        .build();
    let response = config.new_agent().get(url).call().map_err(|error| error.to_string())?;
    let mut body = response.into_body();
    let bar = match body.content_length() {
        Some(length) => ProgressBar::new(length),
        None => ProgressBar::no_length(),
    };
    if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {bytes}/{total_bytes} {eta}") {
        bar.set_style(style);
    }
    bar.set_message(url.rsplit('/').next().unwrap_or_default().to_owned());
    let mut from = bar.wrap_read(body.as_reader());
    let sum = if sha_256 { drain::<Sha256>(&mut from, part) } else { drain::<Md5>(&mut from, part) }.map_err(|error| error.to_string());
    bar.finish_and_clear();
    sum
}

fn drain<D: Digest>(from: &mut impl Read, part: &Path) -> io::Result<String> {
    let mut out = BufWriter::new(File::create(part)?);
    let mut sum = D::new();
    let mut block = vec![0; 1 << 16];
    loop {
        match from.read(&mut block)? {
            0 => break,
            n => {
                sum.update(&block[..n]);
                out.write_all(&block[..n])?;
            }
        }
    }
    out.flush()?;
    Ok(sum.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;
    use std::thread;

    /// A server that gives one answer, and its address.
    fn serve(answer: &'static str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 2048];
            let _ = stream.read(&mut request).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
        });
        format!("http://{address}/hello.txt")
    }

    #[test]
    fn only_a_whole_file_gets_its_name() {
        let folder = std::env::temp_dir().join(format!("kiln-download-{}", std::process::id()));
        let path = folder.join("deep/hello.txt");
        let hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
        let md5 = "5d41402abc4b2a76b9719d911017c592";

        let url = serve(hello);
        let error = fetch(&url, &path, "00").unwrap_err().report().what.clone();
        assert_eq!(error, format!("{url} has the MD5 sum {md5} instead of 00"));

        let url = serve("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello");
        let error = fetch(&url, &path, md5).unwrap_err().report().what.clone();
        assert!(error.starts_with(&format!("{url} can't be fetched: ")), "{error}");

        let url = serve("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
        let error = fetch(&url, &path, md5).unwrap_err().report().what.clone();
        assert!(error.ends_with("404"), "{error}");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 0);

        let sha_256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
        fetch(&serve(hello), &folder.join("sha"), sha_256).unwrap();
        let error = fetch(&serve(hello), &path, &"0".repeat(64)).unwrap_err().to_string();
        assert!(error.contains(&format!("has the SHA-256 sum {sha_256} instead of 000")), "{error}");
        fetch(&serve(hello), &path, md5).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "hello");
        fs::remove_dir_all(folder).unwrap();
    }
}
