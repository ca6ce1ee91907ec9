//! Whether this process may open more files. When it may not, connections wait unaccepted, and functions look as if they hung: so
//! a rehearsal ends before that.

use std::os::fd::AsRawFd;
use std::sync::LazyLock;

use rustix::process::{Resource, getrlimit};
use tokio::sync::watch;

/// How many are kept free: for a connection's other side, which the embedded database accepts, and for a process's pipes.
const KEPT_FREE: u64 = 16;

/// Whether they have run short. They are the whole process's.
static RAN_SHORT: LazyLock<watch::Sender<bool>> = LazyLock::new(watch::Sender::default);

/// How many files this process may have open at once; `None` where there is no limit.
pub fn allowed() -> Option<u64> {
    getrlimit(Resource::Nofile).current
}

/// Looks whether enough are free, after one was used.
pub fn look() {
    let lowest_free = rustix::io::dup(std::io::stderr())
        .ok()
        .and_then(|free| u64::try_from(free.as_raw_fd()).ok());
    if !are_enough(lowest_free, allowed()) {
        RAN_SHORT.send_replace(true);
    }
}

/// Waits until they run short.
pub async fn ran_short() {
    let mut short = RAN_SHORT.subscribe();
    // The sender is never dropped.
    let _ = short.wait_for(|short| *short).await;
}

/// Whether enough are free above the lowest that is; they are given out from below.
fn are_enough(lowest_free: Option<u64>, allowed: Option<u64>) -> bool {
    match (lowest_free, allowed) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(lowest), Some(allowed)) => lowest + KEPT_FREE <= allowed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptors_are_enough_as_long_as_some_are_kept_free() {
        assert!(are_enough(Some(10), Some(64)));
        assert!(are_enough(Some(48), Some(64)));
        assert!(!are_enough(Some(49), Some(64)));
        assert!(!are_enough(None, Some(64)), "not even one");
        assert!(are_enough(Some(1_000_000), None));
    }
}
