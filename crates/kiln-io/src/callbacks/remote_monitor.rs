//! Posts the numbers of each epoch to a server.

use kiln_core::{Error, Result};
use kiln_train::{Callback, Controls, Flow, Logs};
use serde_json::{Map, Value};
use std::time::Duration;

/// Posts the epoch and its logs as JSON to a server after each epoch: as a field of a form, or as the whole body. A server that can't
/// be reached is said once an epoch, and the training goes on. What is no number, NaN and infinities, is `null`.
///
/// Keras: `keras/src/callbacks/remote_monitor.py`.
///
/// ```
/// use kiln_io::callbacks::RemoteMonitor;
/// let callback = RemoteMonitor::new("http://localhost:9000").send_as_json(true).header("Authorization", "Bearer abc");
/// ```
#[derive(Clone, Debug)]
pub struct RemoteMonitor {
    root: String,
    path: String,
    field: String,
    headers: Vec<(String, String)>,
    send_as_json: bool,
}

/// To `http://localhost:9000`.
impl Default for RemoteMonitor {
    fn default() -> Self {
        Self::new("http://localhost:9000")
    }
}

impl RemoteMonitor {
    /// The server.
    pub fn new(root: &str) -> Self {
        Self {
            root: root.to_owned(),
            path: "/publish/epoch/end/".to_owned(),
            field: "data".to_owned(),
            headers: Vec::new(),
            send_as_json: false,
        }
    }

    /// The path on the server. Default `/publish/epoch/end/`.
    pub fn path(mut self, path: &str) -> Self {
        path.clone_into(&mut self.path);
        self
    }

    /// The form's field that has the JSON. Default `data`.
    pub fn field(mut self, field: &str) -> Self {
        field.clone_into(&mut self.field);
        self
    }

    /// Sends a header with each post. Default none.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Whether the JSON is the body, as `application/json`, instead of a form's field. Default false.
    pub fn send_as_json(mut self, json: bool) -> Self {
        self.send_as_json = json;
        self
    }

    fn post(&self, json: &str) -> std::result::Result<(), ureq::Error> {
        let agent = ureq::Agent::new_with_config(ureq::Agent::config_builder().timeout_global(Some(Duration::from_secs(10))).build());
        let request = agent.post(format!("{}{}", self.root, self.path));
        let request = self.headers.iter().fold(request, |request, (name, value)| request.header(name, value));
        if self.send_as_json {
            request.content_type("application/json").send(json)?;
        } else {
            request.send_form([(self.field.as_str(), json)])?;
        }
        Ok(())
    }
}

impl Callback for RemoteMonitor {
    fn on_epoch_end(&mut self, epoch: usize, logs: &mut Logs, model: &mut dyn Controls) -> Result<Flow> {
        let mut values = Map::new();
        values.insert("epoch".to_owned(), epoch.into());
        values.extend(logs.iter().map(|(name, value)| (name.to_owned(), Value::from(value))));
        match self.post(&Value::Object(values).to_string()) {
            Ok(()) => {}
            Err(ureq::Error::BadUri(_) | ureq::Error::Http(_)) => {
                return Err(Error::option(
                    "RemoteMonitor",
                    "root",
                    "the address of a server, with headers it can take",
                    format!("`{}`", self.root),
                ));
            }
            Err(error) => model.say(&format!("warning: RemoteMonitor could not reach {}: {error}", self.root)),
        }
        Ok(Flow::Continue)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::callbacks::double::Double;
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::TcpListener;

    /// The head and the body of what was posted, and what was said, with a server that answers `status`.
    fn posted(status: &'static str, change: impl Fn(RemoteMonitor) -> RemoteMonitor) -> (String, String, Vec<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let root = format!("http://{}", listener.local_addr().unwrap());
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let (mut head, mut length) = (String::new(), 0);
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                if line.trim().is_empty() {
                    break;
                }
                if let Some(n) = line.to_lowercase().strip_prefix("content-length:") {
                    length = n.trim().parse().unwrap();
                }
                head += &line;
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            write!(stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
            (head, String::from_utf8(body).unwrap())
        });
        let mut model = Double::default();
        let mut logs = kiln_train::logs! { "loss" => 0.5, "val_loss" => f64::NAN };
        change(RemoteMonitor::new(&root)).on_epoch_end(2, &mut logs, &mut model).unwrap();
        let (head, body) = server.join().unwrap();
        (head.to_lowercase(), body, model.said)
    }

    #[test]
    fn posts_what_keras_posts() {
        let (head, body, said) = posted("200 OK", |c| c);
        assert!(head.starts_with("post /publish/epoch/end/ http/1.1") && head.contains("application/x-www-form-urlencoded"), "{head}");
        assert!(body.starts_with("data=%7B%22epoch%22%3A2") && said.is_empty(), "{body}");
        let (head, body, _) = posted("200 OK", |c| c.send_as_json(true).path("/here").header("X-Run", "7"));
        assert!(head.starts_with("post /here ") && head.contains("x-run: 7") && head.contains("application/json"), "{head}");
        let body: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(body, serde_json::json!({ "epoch": 2, "loss": 0.5, "val_loss": null }));
        assert!(posted("200 OK", |c| c.field("numbers")).1.starts_with("numbers="));
    }

    #[test]
    fn a_server_that_is_not_there_is_said() {
        assert!(posted("500 Broken", |c| c).2[0].starts_with("warning: RemoteMonitor could not reach http://127.0.0.1:"));
        let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut model = Double::default();
        let mut logs = kiln_train::logs! { "loss" => 0.5 };
        RemoteMonitor::new(&format!("http://{gone}")).on_epoch_end(0, &mut logs, &mut model).unwrap();
        assert_eq!(model.said.len(), 1);
        assert!(RemoteMonitor::new("not an address").on_epoch_end(0, &mut logs, &mut model).is_err());
    }
}
