//! moto's server: the services that a rehearsal does not serve itself.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::{Application, places};

/// The URL that the applications' files have for an emulator.
const IN_FILES: &str = "http://127.0.0.1:5000";

/// How long an answer of moto's may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server of its own, which ends when this is dropped, and when the test is killed.
#[derive(Debug)]
pub struct Moto {
    process: Child,
    port: u16,
}

impl Moto {
    /// Starts one, of `.venv`, which `scripts/venv.sh dynamodb` makes.
    pub fn start() -> Self {
        let python = places::venv("python");
        let has_moto = Command::new(&python)
            .args(["-c", "import moto"])
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
        assert!(
            has_moto,
            "moto is not in .venv: run `make tools-dynamodb` first, as `make test` does"
        );
        let mut process = Command::new(python)
            .arg(places::root().join("functions/contacts-api/tests/moto_server.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // A line for each request.
            .stderr(Stdio::null())
            .spawn()
            .expect("python starts");
        let mut port = String::new();
        let stdout = process.stdout.take().expect("it is piped");
        BufReader::new(stdout)
            .read_line(&mut port)
            .expect("it prints a line");
        let port = port.trim().parse().expect("moto's server prints its port");
        Self { process, port }
    }

    /// Writes where it listens into the rehearsal files of an application.
    pub fn serves(&self, application: &Application, files: &[&str]) {
        for file in files {
            let here = format!("http://127.0.0.1:{}", self.port);
            application.replace(file, IN_FILES, &here);
        }
    }

    /// Makes a bucket.
    pub fn make_bucket(&self, name: &str) {
        self.ask(&format!("PUT /{name}"), "s3", "", "");
    }

    /// Makes a queue.
    pub fn make_queue(&self, name: &str) {
        self.ask_sqs("CreateQueue", &json!({ "QueueName": name }));
    }

    /// The keys in a bucket.
    pub fn keys(&self, bucket: &str) -> Vec<String> {
        let listed = self.ask(&format!("GET /{bucket}?list-type=2"), "s3", "", "");
        let keys = listed.split("<Key>").skip(1);
        keys.filter_map(|rest| Some(rest.split_once("</Key>")?.0.to_owned()))
            .collect()
    }

    /// How many messages wait in a queue.
    pub fn waiting(&self, queue: &str) -> u64 {
        let url = format!("http://127.0.0.1:{}/123456789012/{queue}", self.port);
        let asked = json!({ "QueueUrl": url, "AttributeNames": ["ApproximateNumberOfMessages"] });
        let answer = self.ask_sqs("GetQueueAttributes", &asked);
        let waiting = &answer["Attributes"]["ApproximateNumberOfMessages"];
        let waiting = waiting.as_str().and_then(|waiting| waiting.parse().ok());
        waiting.unwrap_or_else(|| panic!("{answer}"))
    }

    fn ask_sqs(&self, operation: &str, input: &Value) -> Value {
        let header = format!("X-Amz-Target: AmazonSQS.{operation}\r\n");
        let answer = self.ask("POST /", "sqs", &header, &input.to_string());
        serde_json::from_str(&answer).expect("it answers in JSON")
    }

    /// The body of the answer to a request for one of its services, which moto tells apart by what it is signed for.
    fn ask(&self, method_and_path: &str, service: &str, header: &str, body: &str) -> String {
        let mut stream =
            TcpStream::connect(("127.0.0.1", self.port)).expect("moto's server listens");
        stream
            .set_read_timeout(Some(PATIENCE))
            .expect("it can be set");
        let scope = format!("any/20260101/us-east-1/{service}/aws4_request");
        let request = format!(
            "{method_and_path} HTTP/1.0\r\nHost: 127.0.0.1:{}\r\nContent-Length: {}\r\n{header}\
             Authorization: AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0\r\n\r\n{body}",
            self.port,
            body.len()
        );
        stream
            .write_all(request.as_bytes())
            .expect("it takes a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
        assert_eq!(
            head.split(' ').nth(1),
            Some("200"),
            "{method_and_path}: {answer}"
        );
        body.to_owned()
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
