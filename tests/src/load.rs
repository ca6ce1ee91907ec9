//! How much of the machine a process had.

use std::fs;

/// The machine's processor time at a moment, in its ticks.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// All of it.
    total: u64,
    /// Of it, what no one used.
    idle: u64,
    /// Of it, what this process's children used that have ended, and theirs.
    children: u64,
}

impl Load {
    /// Now.
    pub fn now() -> Self {
        // proc(5): user, nice, system, idle, iowait, irq, softirq, steal; what guests use is in the first two.
        let stat = fs::read_to_string("/proc/stat").expect("Linux tells of its processors");
        let all = numbers(stat.lines().next().unwrap_or_default(), 1);
        // proc(5): cutime and cstime are the 16th and 17th field; the second is a name in parentheses, which may hold spaces.
        let own = fs::read_to_string("/proc/self/stat").expect("Linux tells of its processes");
        let own = numbers(own.rsplit(')').next().unwrap_or_default(), 13);
        Self {
            total: all.iter().take(8).sum(),
            idle: all[3] + all[4],
            children: own[0] + own[1],
        }
    }

    /// The share of the machine since then that other processes left: what the children used, and what no one used.
    pub fn left_by_others(self) -> f64 {
        let now = Self::now();
        let left = (now.idle - self.idle) + (now.children - self.children);
        #[expect(
            clippy::cast_precision_loss,
            reason = "ticks of some seconds are small numbers"
        )]
        let share = left as f64 / (now.total - self.total).max(1) as f64;
        share.min(1.0)
    }
}

/// The numbers of a line, after some words.
fn numbers(line: &str, after: usize) -> Vec<u64> {
    line.split_whitespace()
        .skip(after)
        .map_while(|word| word.parse().ok())
        .collect()
}
