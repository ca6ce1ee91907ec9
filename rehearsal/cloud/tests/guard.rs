//! A parent that is killed leaves no child behind.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use support::{alive, example, gone};

/// Starts the helper and reads which child it has, and whether children die with it by force.
fn parent() -> (std::process::Child, u32, bool) {
    let mut parent = Command::new(example("fixture_parent"))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(parent.stdout.as_mut().unwrap())
        .read_line(&mut line)
        .unwrap();
    let (child, forced) = line.trim().split_once(' ').unwrap();
    (parent, child.parse().unwrap(), forced == "true")
}

#[tokio::test]
async fn a_parent_killed_by_force_leaves_no_child_where_setpriv_is_present() {
    let (mut parent, child, forced) = parent();
    assert!(alive(child));
    parent.kill().unwrap();
    parent.wait().unwrap();
    if forced {
        gone(child).await;
    } else {
        // Without setpriv nothing is promised after a SIGKILL; this test must not leave the child either.
        let killed = Command::new("kill")
            .args(["-KILL", &child.to_string()])
            .status()
            .unwrap();
        assert!(killed.success());
    }
}

#[tokio::test]
async fn a_parent_whose_child_is_killed_sees_its_end() {
    let (mut parent, child, _) = parent();
    assert!(
        Command::new("kill")
            .args(["-KILL", &child.to_string()])
            .status()
            .unwrap()
            .success()
    );
    assert!(parent.wait().unwrap().success());
}
