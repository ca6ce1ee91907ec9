//! Signals to the processes of a round.

use std::fmt;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use workspace_tests::process::children;

use crate::dice::Dice;

/// The signals that ask a command to end.
const ASKING: [Signal; 4] = [Signal::HUP, Signal::INT, Signal::QUIT, Signal::TERM];

/// Whom of a command's processes a signal is for; `docs/rehearsals.md` has them under "Processes".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The one that was started.
    Command,
    /// Its process group.
    Group,
    /// The one that ends what functions leave behind.
    Guard,
    /// The one that does the work.
    Worker,
}

impl Target {
    /// Whether the process that was started gets it.
    pub fn has_command(self) -> bool {
        matches!(self, Self::Command | Self::Group)
    }
}

/// A signal at a moment after the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Strike {
    pub signal: Signal,
    pub target: Target,
    pub after: Duration,
}

impl fmt::Display for Strike {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.signal {
            Signal::HUP => "HUP",
            Signal::INT => "INT",
            Signal::QUIT => "QUIT",
            Signal::TERM => "TERM",
            Signal::KILL => "KILL",
            Signal::STOP => "STOP",
            _ => "CONT",
        };
        let target = match self.target {
            Target::Command => "command",
            Target::Group => "group",
            Target::Guard => "guard",
            Target::Worker => "worker",
        };
        write!(f, "SIG{name} to the {target}")
    }
}

/// The signals of a round, in the order of their times: in three rounds of ten none, else one or two. What is stopped goes on
/// later. A SIGKILL is the last: that nothing is left when two processes are killed is not promised.
pub fn random(dice: &mut Dice, within: Duration, targets: &[&Target]) -> Vec<Strike> {
    let mut strikes: Vec<Strike> = Vec::new();
    let count = [0, 0, 0, 1, 1, 1, 1, 1, 2, 2][dice.index(10)];
    let mut after = Duration::ZERO;
    for _ in 0..count {
        if strikes
            .last()
            .is_some_and(|last| last.signal == Signal::KILL)
        {
            break;
        }
        let most = u64::try_from(within.as_millis()).unwrap_or(u64::MAX);
        // Half of them while it starts or just after the signal before.
        let most = if dice.one_in(2) { most / 10 } else { most };
        after += Duration::from_millis(dice.number(0..=most));
        let target = *dice.one(targets);
        let signal = match dice.number(0..=6) {
            0..=3 => *dice.one(&ASKING.each_ref()),
            4..=5 => Signal::KILL,
            _ => Signal::STOP,
        };
        strikes.push(Strike {
            signal,
            target,
            after,
        });
        if signal == Signal::STOP {
            after += Duration::from_millis(dice.number(10..=3_000));
            strikes.push(Strike {
                signal: Signal::CONT,
                target,
                after,
            });
        }
    }
    strikes
}

impl Strike {
    /// The process that is to get it, of a command's; none where it is not there yet, or no longer.
    pub fn find(self, command: u32) -> Option<Pid> {
        let guard = || children(command).first().copied();
        let process = match self.target {
            Target::Command | Target::Group => Some(command),
            Target::Guard => guard(),
            Target::Worker => guard().and_then(|guard| children(guard).first().copied()),
        };
        Pid::from_raw(i32::try_from(process?).ok()?)
    }

    /// Sends it to this process, or to its group. Says whether there was one to get it.
    pub fn send(self, process: Pid) -> bool {
        let sent = if self.target == Target::Group {
            kill_process_group(process, self.signal)
        } else {
            kill_process(process, self.signal)
        };
        sent.is_ok()
    }
}
