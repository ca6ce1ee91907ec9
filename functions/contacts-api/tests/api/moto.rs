//! moto's server, as a second DynamoDB: what holds for the embedded one alone may be a habit of that one.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A server of its own, which ends when this is dropped, and when the test is killed.
pub struct Moto {
    process: Child,
    pub endpoint: String,
}

impl Moto {
    pub fn start() -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        let python = folder.join("../../.venv/bin/python");
        let is_installed = Command::new(&python)
            .args(["-c", "import moto"])
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
        assert!(
            is_installed,
            "moto is not in .venv: run `make tools-dynamodb` first, as `make test` does"
        );
        let mut process = Command::new(python)
            .arg(folder.join("tests/moto_server.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // A line for each request.
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut port = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut port)
            .unwrap();
        assert!(!port.is_empty(), "moto's server did not start");
        let endpoint = format!("http://127.0.0.1:{}", port.trim());
        Self { process, endpoint }
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
