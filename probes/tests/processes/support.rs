//! The programs, and what they say.

use std::process::{Output, Stdio};

use contacts_testing::CALLER;
use tokio::process::Command;

pub const PING: &str = env!("CARGO_BIN_EXE_ping");
pub const SMOKE: &str = env!("CARGO_BIN_EXE_smoke");

/// A program that the caller starts, with these variables and no others.
pub fn program(path: &str, variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(path);
    command
        .env_clear()
        .envs(CALLER)
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// The exit code and all the output of a program that ends by itself. It has told nothing that signs a request.
pub async fn ended(path: &str, variables: &[(&str, &str)]) -> (i32, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = program(path, variables).output().await.unwrap();
    let output = [stdout, stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    let output = output.concat();
    let secrets = CALLER.iter().filter(|(name, _)| *name != "AWS_REGION");
    for (name, secret) in secrets {
        assert!(!output.contains(secret), "{name} is told\n{output}");
    }
    (status.code().unwrap(), output)
}
