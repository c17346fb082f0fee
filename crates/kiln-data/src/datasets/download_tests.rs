//! Downloads from a server in this process that does as it is told.

use super::*;
use std::io::Write;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

/// A server that gives these answers, one a connection; its address, and the requests as they come.
fn serve(answers: Vec<String>) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (send, requests) = channel();
    thread::spawn(move || {
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            let mut block = [0; 2048];
            while !request.ends_with(b"\r\n\r\n") {
                let n = stream.read(&mut block).unwrap();
                request.extend(&block[..n]);
            }
            let _ = send.send(String::from_utf8(request).unwrap().to_lowercase());
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    (format!("http://{address}/hello.txt"), requests)
}

fn answer(status: &str, headers: &[&str], body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nConnection: close\r\n{}\r\n{body}", headers.iter().map(|h| format!("{h}\r\n")).collect::<String>())
}

fn hello() -> String {
    answer("200 OK", &["Content-Length: 5"], "hello")
}

/// The first bytes of `hello`, then silence.
fn broken(bytes: usize, header: &str) -> String {
    answer("200 OK", &["Content-Length: 5", header], &"hello"[..bytes])
}

/// The rest of `hello`.
fn rest(from: usize) -> String {
    let range = format!("Content-Range: bytes {from}-4/5");
    answer("206 Partial Content", &[&range, &format!("Content-Length: {}", 5 - from), "ETag: \"a\""], &"hello"[from..])
}

const NONE: &str = "HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
const MD5: &str = "5d41402abc4b2a76b9719d911017c592";

struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("kiln-download-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        Self(folder)
    }

    fn path(&self) -> PathBuf {
        self.0.join("deep/hello.txt")
    }

    /// The names of the files that are there.
    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(self.0.join("deep")).unwrap().map(|f| f.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Fetches from a server with these answers: what went wrong, and the requests it saw.
    fn fetch(&self, answers: Vec<String>, sum: Option<&str>, port: Option<&str>) -> (String, std::result::Result<(), String>, Vec<String>) {
        let (url, requests) = serve(answers);
        // The part remembers its address: give every server the same one.
        if let Some(port) = port {
            let origin = self.0.join("deep/hello.txt.part.origin");
            let known = fs::read_to_string(&origin).unwrap();
            fs::write(origin, known.replace(port, &url)).unwrap();
        }
        let result = fetch(&url, &self.path(), sum).map_err(|e| e.to_string());
        (url, result, requests.try_iter().collect())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn only_a_whole_file_gets_its_name() {
    let place = Place::new("whole");
    let (url, error, _) = place.fetch(vec![hello()], Some("00"), None);
    assert!(error.unwrap_err().contains(&format!("{url} has the MD5 sum {MD5} instead of 00")));
    let (url, error, _) = place.fetch(vec![NONE.to_owned()], Some(MD5), None);
    assert!(error.unwrap_err().contains(&format!("{url} can't be fetched: http status 404")));
    assert!(place.names().is_empty());
    let sha = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    let (_, error, _) = place.fetch(vec![hello()], Some(&"0".repeat(64)), None);
    assert!(error.unwrap_err().contains(&format!("has the SHA-256 sum {sha} instead of 000")));
    for sum in [None, Some(sha), Some(MD5), Some(&MD5.to_uppercase())] {
        place.fetch(vec![hello()], sum, None).1.unwrap();
        assert_eq!((place.names().concat(), fs::read_to_string(place.path()).unwrap()), ("hello.txt".into(), "hello".into()));
    }
}

#[test]
fn a_transfer_that_breaks_off_goes_on() {
    let place = Place::new("on");
    let (_, done, requests) = place.fetch(vec![broken(2, "ETag: \"a\""), rest(2)], Some(MD5), None);
    done.unwrap();
    assert_eq!((place.names().concat(), fs::read_to_string(place.path()).unwrap()), ("hello.txt".into(), "hello".into()));
    assert!(!requests[0].contains("range:"), "{}", requests[0]);
    assert!(requests[1].contains("\r\nrange: bytes=2-\r\n") && requests[1].contains("\r\nif-range: \"a\"\r\n"), "{}", requests[1]);
}

#[test]
fn another_call_goes_on_where_the_last_ended() {
    let place = Place::new("later");
    let (old, error, _) = place.fetch(vec![broken(2, "ETag: \"a\""), NONE.to_owned()], None, None);
    let error = error.unwrap_err();
    assert!(error.contains("http status 404; 2 bytes are kept; try again to fetch the rest"), "{error}");
    assert_eq!(place.names(), ["hello.txt.part", "hello.txt.part.origin"]);
    let (_, done, requests) = place.fetch(vec![rest(2)], None, Some(&old));
    done.unwrap();
    assert!(requests[0].contains("range: bytes=2-"));
    assert_eq!((place.names().concat(), fs::read_to_string(place.path()).unwrap()), ("hello.txt".into(), "hello".into()));
}

#[test]
fn a_server_without_ranges_gives_all_again() {
    let place = Place::new("all");
    let (_, done, requests) = place.fetch(vec![broken(3, "X: y"), hello()], Some(MD5), None);
    done.unwrap();
    assert!(requests[1].contains("range: bytes=3-") && !requests[1].contains("if-range"));
    assert_eq!(fs::read_to_string(place.path()).unwrap(), "hello");
}

#[test]
fn without_sum_and_tag_nothing_is_put_together() {
    let place = Place::new("plain");
    let (_, error, requests) = place.fetch(vec![broken(3, "ETag: W/\"a\"")], None, None);
    assert!(error.unwrap_err().contains("can't be fetched: ") && requests.len() == 1);
    assert!(place.names().is_empty());
}

#[test]
fn pieces_of_two_files_are_found_out() {
    let place = Place::new("two");
    // The first version began otherwise; neither server has tags.
    let old = answer("200 OK", &["Content-Length: 5"], "ca");
    let (_, done, requests) = place.fetch(vec![old, rest(2), hello()], Some(MD5), None);
    done.unwrap();
    assert!(requests.len() == 3 && !requests[2].contains("range: "));
    assert_eq!(fs::read_to_string(place.path()).unwrap(), "hello");
}

#[test]
fn a_part_that_is_the_whole_is_taken() {
    let place = Place::new("complete");
    let (old, _, _) = place.fetch(vec![broken(2, "ETag: \"a\""), NONE.to_owned()], Some(MD5), None);
    fs::write(place.0.join("deep/hello.txt.part"), "hello").unwrap();
    let beyond = answer("416 Range Not Satisfiable", &["Content-Range: bytes */5", "Content-Length: 0"], "");
    place.fetch(vec![beyond], Some(MD5), Some(&old)).1.unwrap();
    assert_eq!(fs::read_to_string(place.path()).unwrap(), "hello");
    // One that is longer is of another file.
    let (old, _, _) = place.fetch(vec![broken(2, "ETag: \"a\""), NONE.to_owned()], Some(MD5), None);
    fs::write(place.0.join("deep/hello.txt.part"), "hello, you").unwrap();
    let beyond = answer("416 Range Not Satisfiable", &["Content-Range: bytes */5", "Content-Length: 0"], "");
    place.fetch(vec![beyond, hello()], Some(MD5), Some(&old)).1.unwrap();
    assert_eq!(fs::read_to_string(place.path()).unwrap(), "hello");
}
