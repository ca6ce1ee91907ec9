//! What a round may have left behind: processes, listening sockets, files.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, getuid, kill_process};

/// How soon after a command's end nothing is left. The guard waits for a second before it ends what does not end by itself, and the
/// machine is busy.
const LEFT_WITHIN: Duration = Duration::from_secs(3);
/// How often is looked.
const AGAIN: Duration = Duration::from_millis(20);

/// How long it took until nothing was left that runs; and what was left at the end of the patience.
pub fn running(folder: &Path, listened: &BTreeSet<u64>) -> io::Result<(Duration, Vec<String>)> {
    let began = Instant::now();
    loop {
        let mut left: Vec<_> = processes(folder)?
            .into_iter()
            .map(|(id, what)| format!("process {id} is left: {what}"))
            .collect();
        let sockets = without_owner(listened)?;
        left.extend(
            sockets
                .iter()
                .map(|inode| format!("socket {inode} listens still")),
        );
        let took = began.elapsed();
        if left.is_empty() || took > LEFT_WITHIN {
            return Ok((took, left));
        }
        std::thread::sleep(AGAIN);
    }
}

/// The processes whose program is in a round's folder, or that have the folder in their environment: each with its command line.
pub fn processes(folder: &Path) -> io::Result<Vec<(u32, String)>> {
    let mark = format!("{}/", folder.display());
    let is_marked = |environment: &[u8]| {
        environment
            .windows(mark.len())
            .any(|window| window == mark.as_bytes())
    };
    let mut found = Vec::new();
    for id in ids()? {
        let of = |name: &str| format!("/proc/{id}/{name}");
        // Each of these may end meanwhile, or be another user's. What has ended and is only to be waited for has neither.
        let is_here = std::fs::read_link(of("exe")).is_ok_and(|exe| exe.starts_with(folder));
        if is_here || std::fs::read(of("environ")).is_ok_and(|all| is_marked(&all)) {
            let line = std::fs::read(of("cmdline")).unwrap_or_default();
            let line = String::from_utf8_lossy(&line).replace('\0', " ");
            found.push((id, line));
        }
    }
    Ok(found)
}

/// Ends the processes that a round has left.
pub fn end(folder: &Path) -> io::Result<()> {
    for (id, _) in processes(folder)? {
        if let Some(process) = i32::try_from(id).ok().and_then(Pid::from_raw) {
            // It may have ended.
            let _ = kill_process(process, Signal::KILL);
        }
    }
    Ok(())
}

fn ids() -> io::Result<Vec<u32>> {
    let entries = std::fs::read_dir("/proc")?.flatten();
    Ok(entries
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect())
}

/// The TCP sockets of this user that listen, by their inodes.
pub fn listening() -> io::Result<BTreeSet<u64>> {
    const LISTENS: &str = "0A";
    let user = getuid().as_raw().to_string();
    let mut found = BTreeSet::new();
    // A machine may have no IPv6.
    let of_ipv6 = std::fs::read_to_string("/proc/net/tcp6").unwrap_or_default();
    for text in [std::fs::read_to_string("/proc/net/tcp")?, of_ipv6] {
        for line in text.lines().skip(1) {
            // proc(5): number, local and remote address, state, queues, timer, retransmissions, user, time-out, inode.
            let fields: Vec<_> = line.split_ascii_whitespace().collect();
            if let [_, _, _, LISTENS, _, _, _, owner, _, inode, ..] = fields[..]
                && owner == user
                && let Ok(inode) = inode.parse()
            {
                found.insert(inode);
            }
        }
    }
    Ok(found)
}

/// Listening sockets that were not there before and that no process has. One that another round's process has is that one's.
fn without_owner(before: &BTreeSet<u64>) -> io::Result<Vec<u64>> {
    let mut new: BTreeSet<u64> = listening()?.difference(before).copied().collect();
    if new.is_empty() {
        return Ok(Vec::new());
    }
    for id in ids()? {
        let descriptors = std::fs::read_dir(format!("/proc/{id}/fd"));
        for descriptor in descriptors.into_iter().flatten().flatten() {
            let target = std::fs::read_link(descriptor.path()).unwrap_or_default();
            let target = target.to_string_lossy();
            let inode = target
                .strip_prefix("socket:[")
                .and_then(|rest| rest.strip_suffix(']'))
                .and_then(|inode| inode.parse().ok());
            if let Some(inode) = inode {
                new.remove(&inode);
            }
        }
    }
    Ok(new.into_iter().collect())
}

/// The files in the folder for temporary ones, and beside the report.
pub fn files(folder: &Path) -> io::Result<Vec<String>> {
    let mut left = Vec::new();
    for name in ["tmp", "kept"] {
        for entry in std::fs::read_dir(folder.join(name))? {
            let file = entry?.file_name();
            if name == "tmp" || file != "report.json" {
                left.push(format!("{name}/{}", file.display()));
            }
        }
    }
    Ok(left)
}
