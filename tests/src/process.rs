//! The processes of this machine, by what stands on their command line.

use std::process::Command;
use std::time::{Duration, Instant};

/// How often is looked again.
const AGAIN: Duration = Duration::from_millis(5);

/// The ids of the processes whose command line has this text in it. A process that has ended has no command line.
pub fn with(text: &str) -> Vec<u32> {
    let processes = std::fs::read_dir("/proc").expect("Linux tells of its processes in /proc");
    processes
        .flatten()
        .filter_map(|entry| {
            let id = entry.file_name().to_str()?.parse().ok()?;
            // It may have ended meanwhile.
            let line = std::fs::read(entry.path().join("cmdline")).ok()?;
            String::from_utf8_lossy(&line).contains(text).then_some(id)
        })
        .collect()
}

/// Sends a process a signal, by its short name: `INT`, `KILL`.
pub fn signal(process: u32, signal: &str) {
    // The standard library sends SIGKILL alone, and to children alone.
    let sent = Command::new("sh")
        .args(["-c", &format!("kill -{signal} {process}")])
        .status();
    assert!(
        sent.is_ok_and(|status| status.success()),
        "process {process} gets SIG{signal}"
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
