//! A git repository made for one test.

use std::path::Path;
use std::process::Command;

/// Has git do something in a folder.
pub fn git(folder: &Path, arguments: &[&str]) {
    let done = Command::new("git")
        .args(["-c", "user.name=a", "-c", "user.email=a@example.com"])
        .args(["-c", "commit.gpgsign=false"])
        .args(arguments)
        .current_dir(folder)
        .status();
    assert!(done.expect("git is there").success(), "{arguments:?}");
}

/// Commits all that is in a folder, a repository from then on, and gives it this tag.
pub fn commit(folder: &Path, tag: &str) {
    for arguments in [
        &["init", "--quiet"][..],
        &["add", "--all"],
        &["commit", "--quiet", "--message", "released"],
        &["tag", tag],
    ] {
        git(folder, arguments);
    }
}
