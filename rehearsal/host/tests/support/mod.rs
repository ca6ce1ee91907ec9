//! What the tests over real processes share.
#![allow(dead_code, reason = "each test binary uses its own part")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use rehearsal_host::{Callers, Invocation, InvocationReport, Sandbox, SandboxSpec};
use serde_json::Value;

/// An example of this crate, which `cargo test` has built beside the tests.
pub fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let folder = test
        .parent()
        .and_then(Path::parent)
        .unwrap()
        .join("examples");
    folder.join(name)
}

pub const ARN: &str = "arn:aws:lambda:eu-central-1:123456789012:function:fixture:7";

/// A sandbox of the fixture function, and what keeps it alive.
pub struct Fixture {
    pub callers: Callers,
}

impl Fixture {
    pub fn new() -> Self {
        Self {
            callers: Callers::default(),
        }
    }

    pub fn spec(&self) -> SandboxSpec {
        let mut spec = SandboxSpec::new(
            example("fixture_function"),
            self.callers.issue("fixture", "7"),
        );
        spec.region = String::from("eu-central-1");
        spec
    }

    pub async fn start(&self) -> Sandbox {
        Sandbox::start(self.spec()).await.unwrap()
    }

    /// A sandbox whose function does something odd at its start.
    pub async fn start_with(&self, at_start: &str) -> Sandbox {
        let mut spec = self.spec();
        spec.environment
            .insert("AT_START".to_owned(), at_start.to_owned());
        Sandbox::start(spec).await.unwrap()
    }
}

pub fn event(payload: &Value) -> Invocation {
    Invocation::new(ARN, payload.to_string(), Duration::from_secs(20))
}

/// The payload that `Invoke` would return, as JSON.
pub fn payload(report: &InvocationReport) -> Value {
    serde_json::from_slice(&report.payload()).unwrap()
}

pub fn alive(process: u32) -> bool {
    // A zombie is dead: its parent has not asked yet.
    std::fs::read_to_string(format!("/proc/{process}/stat")).is_ok_and(|stat| {
        !stat
            .rsplit(')')
            .next()
            .unwrap_or_default()
            .trim_start()
            .starts_with('Z')
    })
}

/// Waits until a process is gone; fails after 10 s.
pub async fn gone(process: u32) {
    let waiting = async {
        while alive(process) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), waiting)
        .await
        .unwrap_or_else(|_| panic!("process {process} still runs"));
}
