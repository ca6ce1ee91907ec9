//! A function's process, and what Linux says of it.

use std::io::Read as _;
use std::process::Child;
use std::time::Duration;

use anyhow::Context as _;

/// The processor time that a process has taken, with all threads that live: /proc/PID/task/TID/schedstat, whose first number is in
/// nanoseconds. (/proc/PID/stat counts in hundredths of a second.)
///
/// # Errors
/// There is no such process, or the kernel keeps no such figures.
pub fn cpu(process: u32) -> anyhow::Result<Duration> {
    let tasks = format!("/proc/{process}/task");
    let mut nanoseconds = 0;
    for task in std::fs::read_dir(&tasks).with_context(|| tasks.clone())? {
        let path = task?.path().join("schedstat");
        // A thread may end meanwhile.
        let Ok(text) = std::fs::read_to_string(&path) else {
            continue;
        };
        let first = text.split(' ').next().unwrap_or_default();
        nanoseconds += first
            .parse::<u64>()
            .with_context(|| path.display().to_string())?;
    }
    Ok(Duration::from_nanos(nanoseconds))
}

/// A process that ends when nobody looks at it any longer.
pub struct Process(pub Child);

impl Process {
    /// Its number.
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// The most memory that it ever had resident.
    ///
    /// # Errors
    /// It is gone.
    pub fn peak_rss_kib(&self) -> anyhow::Result<u64> {
        let path = format!("/proc/{}/status", self.0.id());
        let status = std::fs::read_to_string(&path).with_context(|| path.clone())?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let line = line.with_context(|| format!("{path} has no VmHWM"))?;
        Ok(line.trim().trim_end_matches(" kB").parse()?)
    }

    /// Ends it, and gives what it wrote to standard error.
    pub fn last_words(&mut self) -> String {
        self.end();
        let mut text = String::new();
        if let Some(mut stderr) = self.0.stderr.take() {
            // What is no text is none of a function's own words.
            stderr.read_to_string(&mut text).ok();
        }
        format!("it wrote: {}", text.trim())
    }

    fn end(&mut self) {
        // It may have ended by itself.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_that_of_all_threads() {
        // A thread of its own, so that it is not the main one whose time grows.
        let busy = std::thread::spawn(|| {
            let (began, first) = (std::time::Instant::now(), cpu(std::process::id()).unwrap());
            while cpu(std::process::id()).unwrap() < first + Duration::from_millis(1) {
                assert!(began.elapsed() < Duration::from_secs(10));
            }
        });
        busy.join().unwrap();
        assert!(cpu(u32::MAX).is_err());
    }
}
