//! The processes below a process, as `/proc` has them (proc(5)).

use std::collections::BTreeMap;
use std::io;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitOptions, getpid, kill_process, wait};

/// How long descendants are ended, again and again, before they are left: one that waits for a dead disk cannot be ended.
const ENDED_WITHIN: Duration = Duration::from_secs(5);

/// How long is waited before looking again.
const AGAIN: Duration = Duration::from_millis(1);

/// A process at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Process {
    id: i32,
    parent: i32,
    /// `R`, `S`, `T`, `Z`, …
    state: u8,
}

impl Process {
    /// Reads `/proc/<id>/stat`: `1234 (name) S 1 …`. The name may have anything in it, parentheses too.
    fn parse(stat: &str) -> Option<Self> {
        let (id, rest) = stat.split_once(" (")?;
        let (_name, rest) = rest.rsplit_once(") ")?;
        let mut fields = rest.split(' ');
        Some(Self {
            id: id.parse().ok()?,
            state: *fields.next()?.as_bytes().first()?,
            parent: fields.next()?.parse().ok()?,
        })
    }

    fn read(id: i32) -> Option<Self> {
        // Its name may be no UTF-8.
        let stat = std::fs::read(format!("/proc/{id}/stat")).ok()?;
        Self::parse(&String::from_utf8_lossy(&stat))
    }

    /// Whether it has ended, and only its parent has not asked yet.
    fn has_ended(self) -> bool {
        matches!(self.state, b'Z' | b'X')
    }
}

/// All processes of this machine that this one may see.
fn processes() -> io::Result<Vec<Process>> {
    let ids = std::fs::read_dir("/proc")?
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    Ok(ids.filter_map(Process::read).collect())
}

/// Those of the processes that are below this one and have not ended.
fn below(root: i32, processes: &[Process]) -> Vec<i32> {
    let mut children: BTreeMap<i32, Vec<Process>> = BTreeMap::new();
    for process in processes {
        children.entry(process.parent).or_default().push(*process);
    }
    let (mut found, mut parents) = (Vec::new(), vec![root]);
    while let Some(parent) = parents.pop() {
        // Each is taken once, so that a table that was read while it changed cannot lead round in a circle.
        for process in children.remove(&parent).unwrap_or_default() {
            parents.push(process.id);
            if !process.has_ended() {
                found.push(process.id);
            }
        }
    }
    found
}

/// Ends all descendants of this process, and waits until none is left: one may start another while it is looked for. Gives those
/// that could not be ended.
///
/// Nothing else in this process may wait for children.
pub(super) async fn end_descendants() -> io::Result<Vec<i32>> {
    let began = Instant::now();
    let this = getpid().as_raw_nonzero().get();
    loop {
        // It is a sub-reaper: without a child there is nothing below it, and no need to look at all processes of the machine.
        if !reap_all() {
            return Ok(Vec::new());
        }
        let left = below(this, &processes()?);
        if left.is_empty() || began.elapsed() > ENDED_WITHIN {
            return Ok(left);
        }
        for process in left.into_iter().filter_map(Pid::from_raw) {
            // It may have ended meanwhile, or be another user's; whether it is left is seen the next time.
            let _ = kill_process(process, Signal::KILL);
        }
        tokio::time::sleep(AGAIN).await;
    }
}

/// Takes note of every child that has ended. Gives whether there is one that has not.
fn reap_all() -> bool {
    loop {
        match wait(WaitOptions::NOHANG) {
            Ok(Some(_)) | Err(Errno::INTR) => {}
            Err(Errno::CHILD) => return false,
            Ok(None) | Err(_) => return true,
        }
    }
}

/// A process and all below it, as far as the kernel lists children. Cheaper than looking at all processes.
fn with_descendants(process: u32) -> Vec<u32> {
    let (mut found, mut parents) = (Vec::new(), vec![process]);
    while let Some(parent) = parents.pop() {
        found.push(parent);
        // Each thread has a list of those that it started.
        let threads = std::fs::read_dir(format!("/proc/{parent}/task"));
        for thread in threads.into_iter().flatten().flatten() {
            let children = std::fs::read_to_string(thread.path().join("children"));
            let children = children.unwrap_or_default();
            let ids = children.split_ascii_whitespace();
            parents.extend(ids.filter_map(|id| id.parse::<u32>().ok()));
        }
    }
    found
}

/// Whether a process is stopped, or one below it, by a signal or a debugger.
pub(crate) fn is_stopped(process: u32) -> bool {
    let stopped = |process: Process| matches!(process.state, b'T' | b't');
    let ids = with_descendants(process);
    ids.into_iter()
        .filter_map(|id| Process::read(id.try_into().ok()?))
        .any(stopped)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(id: i32, parent: i32, state: u8) -> Process {
        Process { id, parent, state }
    }

    #[test]
    fn a_name_may_look_like_the_fields_after_it() {
        let stat = "12 (a) Z 1 (b)) S 7 12 12 0";
        assert_eq!(Process::parse(stat), Some(process(12, 7, b'S')));
        assert_eq!(Process::parse("12 (a"), None);
    }

    #[test]
    fn what_is_below_a_process_is_found_at_any_depth_and_what_has_ended_is_passed_through() {
        let table = [
            process(1, 0, b'S'),
            process(10, 1, b'S'),
            process(11, 10, b'Z'),
            process(12, 11, b'R'),
            process(13, 12, b'T'),
            process(20, 1, b'S'),
        ];
        let mut found = below(10, &table);
        found.sort_unstable();
        assert_eq!(found, [12, 13]);
    }

    #[test]
    fn a_table_that_changed_while_it_was_read_leads_nowhere() {
        let circle = [process(10, 12, b'S'), process(12, 10, b'S')];
        let mut found = below(10, &circle);
        found.sort_unstable();
        assert_eq!(found, [10, 12]);
    }
}
