//! The processes of this machine, by what stands on their command line or in their environment.

use std::process::Command;
use std::time::{Duration, Instant};

/// How often is looked again.
const AGAIN: Duration = Duration::from_millis(5);

/// A command that calls cargo is not told of the package whose test calls it: build scripts look at that, ring's does, and would build again
/// what is there.
pub fn of_no_package(command: &mut Command) {
    let own = |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
    for (name, _) in std::env::vars().filter(|(name, _)| own(name)) {
        command.env_remove(name);
    }
}

/// The ids of the processes whose command line has this text in it. A process that has ended has no command line.
pub fn with(text: &str) -> Vec<u32> {
    of_this_machine("cmdline", |line| {
        String::from_utf8_lossy(line).contains(text)
    })
}

/// The ids of the processes of which this file of `/proc` is so.
fn of_this_machine(file: &str, is: impl Fn(&[u8]) -> bool) -> Vec<u32> {
    let processes = std::fs::read_dir("/proc").expect("Linux tells of its processes in /proc");
    processes
        .flatten()
        .filter_map(|entry| {
            let id = entry.file_name().to_str()?.parse().ok()?;
            // It may have ended meanwhile, or be another user's.
            let bytes = std::fs::read(entry.path().join(file)).ok()?;
            is(&bytes).then_some(id)
        })
        .collect()
}

/// The ids of the processes that have this among their environment variables, as `NAME=value`.
pub fn with_environment(variable: &str) -> Vec<u32> {
    of_this_machine("environ", |variables| {
        variables
            .split(|byte| *byte == 0)
            .any(|found| found == variable.as_bytes())
    })
}

/// The ids of the processes that a process has started and that are its own still.
pub fn children(process: u32) -> Vec<u32> {
    let threads = std::fs::read_dir(format!("/proc/{process}/task"));
    let lists = threads.into_iter().flatten().flatten().map(|thread| {
        // It may end meanwhile.
        std::fs::read_to_string(thread.path().join("children")).unwrap_or_default()
    });
    lists
        .flat_map(|list| {
            let ids = list
                .split_ascii_whitespace()
                .map(|id| id.parse().expect("an id"));
            ids.collect::<Vec<u32>>()
        })
        .collect()
}

/// Sends a process a signal, by its short name: `INT`, `KILL`.
pub fn signal(process: u32, signal: &str) {
    send(&process.to_string(), signal);
}

/// Sends a signal to all processes of a group, as a terminal does with Ctrl-C. The group is its first process's.
pub fn signal_group(group: u32, signal: &str) {
    send(&format!("-{group}"), signal);
}

fn send(to: &str, signal: &str) {
    // The standard library sends SIGKILL alone, and to children alone.
    let sent = Command::new("sh")
        .args(["-c", &format!("kill -s {signal} -- {to}")])
        .status();
    assert!(
        sent.is_ok_and(|status| status.success()),
        "process {to} gets SIG{signal}"
    );
}

/// Looks again and again until there is an answer; fails when there is none in time.
pub fn within<T>(limit: Duration, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = look() {
            return answer;
        }
        assert!(start.elapsed() < limit, "waited {limit:?} for this: {what}");
        std::thread::sleep(AGAIN);
    }
}
