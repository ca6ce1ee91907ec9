//! How much memory a process has needed.

use std::time::Duration;

/// An invocation that took shorter has hardly touched much memory for the first time: a gigabyte takes a tenth of a second and more. So not each one costs
/// a look at `/proc`.
const LOOKED_AT_FROM: Duration = Duration::from_millis(2);

/// Whether to look after the invocation of this number, which took so long: a process that grows slowly is looked at as often as its number doubles.
pub(super) fn is_due(number: u64, wall: Duration) -> bool {
    number.is_power_of_two() || wall >= LOOKED_AT_FROM
}

/// The most memory that a process has needed at once, in bytes, at least: the most that was resident, without what is in files, which need
/// not stay in memory. What it started is not counted. `None` where it is gone, and on other systems than Linux.
pub(super) fn needed(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    of_status(&status)
}

/// (proc(5), `/proc/pid/status`: `VmHWM`, "peak resident set size"; `RssFile`, "size of resident file mappings".)
fn of_status(status: &str) -> Option<u64> {
    let kib = |name: &str| -> Option<u64> {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        let number = line.trim_start_matches(':').trim().strip_suffix("kB")?;
        number.trim().parse().ok()
    };
    let (most, in_files) = (kib("VmHWM")?, kib("RssFile")?);
    Some(most.saturating_sub(in_files) * 1_024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_files_is_not_needed() {
        let status = "Name:\tnode\nVmPeak:\t  900000 kB\nVmHWM:\t   61000 kB\nVmRSS:\t   50000 kB\nRssAnon:\t   9000 kB\nRssFile:\t   41000 kB\n";
        assert_eq!(of_status(status), Some(20_000 * 1_024));
        assert_eq!(of_status("Name:\tgone\nState:\tZ (zombie)\n"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_a_process_has_touched_it_has_needed_also_when_it_has_given_it_back() {
        const TOUCHED: usize = 64 << 20;
        let own = std::process::id();
        let before = needed(own).unwrap();
        drop(std::hint::black_box(vec![1_u8; TOUCHED]));
        let after = needed(own).unwrap();
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
