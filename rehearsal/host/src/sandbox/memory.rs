//! How much memory a process needs.

use std::time::Duration;

/// A shorter invocation can hardly have touched much new memory: a gigabyte takes a tenth of a second and more. So not each one costs
/// a look at `/proc`.
const LOOKED_AT_FROM: Duration = Duration::from_millis(2);

/// Whether to look after the invocation of this number, which took so long: a process that grows slowly is looked at as often as its number doubles.
pub(super) fn is_due(number: u64, wall: Duration) -> bool {
    number.is_power_of_two() || wall >= LOOKED_AT_FROM
}

/// The memory that a process needs now, in bytes, at least: what is resident and in no file, for what is in files need not stay in memory. What it
/// shares is left out too: a file of a `tmpfs` counts as that. So is what it started. `None` where it is gone, and on other systems than Linux.
///
/// Its peak (`VmHWM`) would be more than it needed: how much of that was in files nobody knows afterwards.
pub(super) fn needed(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    of_status(&status)
}

/// (proc(5), `/proc/pid/status`: `RssAnon`, "size of resident anonymous memory"; `RssShmem`, "includes System V shared memory, mappings from tmpfs".)
fn of_status(status: &str) -> Option<u64> {
    let mut lines = status.lines();
    let line = lines.find_map(|line| line.strip_prefix("RssAnon:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1_024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_files_is_not_needed() {
        let status = "Name:\tnode\nVmPeak:\t  900000 kB\nVmHWM:\t   61000 kB\nVmRSS:\t   50000 kB\nRssAnon:\t   9000 kB\nRssFile:\t   40000 kB\nRssShmem:\t   1000 kB\n";
        assert_eq!(of_status(status), Some(9_000 * 1_024));
        assert_eq!(of_status("Name:\tgone\nState:\tZ (zombie)\n"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_a_process_has_touched_and_keeps_it_needs() {
        const TOUCHED: usize = 64 << 20;
        let own = std::process::id();
        let before = needed(own).unwrap();
        let kept = std::hint::black_box(vec![1_u8; TOUCHED]);
        let after = needed(own).unwrap();
        drop(std::hint::black_box(kept));
        assert!(after >= before + TOUCHED as u64 / 2, "{before} {after}");
    }

    #[test]
    fn long_invocations_are_looked_at_and_short_ones_ever_more_seldom() {
        let at_once = Duration::from_micros(300);
        let looked_at: Vec<u64> = (1..20).filter(|number| is_due(*number, at_once)).collect();
        assert_eq!(looked_at, [1, 2, 4, 8, 16]);
        assert!(is_due(3, Duration::from_millis(5)));
    }
}
