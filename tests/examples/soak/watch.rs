//! Runs a round's command, sends its signals, and waits for its end.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::round::Round;
use crate::signals::{Strike, Target};

/// How often is looked.
const AGAIN: Duration = Duration::from_millis(2);

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    Code(i32),
    Signal(i32),
    /// It did not, within its limit.
    Never,
}

impl From<ExitStatus> for End {
    fn from(status: ExitStatus) -> Self {
        match (status.code(), status.signal()) {
            (Some(code), _) => Self::Code(code),
            (None, Some(signal)) => Self::Signal(signal),
            (None, None) => Self::Never,
        }
    }
}

/// What came of a command.
#[derive(Debug)]
pub struct Ended {
    pub end: End,
    pub took: Duration,
    /// The signals that found a process.
    pub sent: Vec<Strike>,
}

impl Ended {
    /// Whether a process was killed without having been asked, or while it was about to end: a second signal is not waited for.
    pub fn was_killed(&self) -> bool {
        let asked = self
            .sent
            .iter()
            .filter(|strike| !matches!(strike.signal, Signal::STOP | Signal::CONT));
        asked.clone().count() > 1 || asked.clone().any(|strike| strike.signal == Signal::KILL)
    }
}

/// Runs the command of a round.
pub fn run(round: &Round, folder: &Path) -> io::Result<Ended> {
    let mut strikes = round.strikes.iter().peekable();
    let mut patience = round.patience;
    let mut sent = Vec::new();
    let mut stopped = None;
    let began = Instant::now();
    let mut child = round.command(folder)?.spawn()?;
    let command = child.id();
    let mut strike = |strike: Strike| {
        // What goes on is what was stopped, whether it can still be found or not.
        let process = match strike.signal {
            Signal::CONT => stopped.take(),
            _ => strike.find(command),
        };
        if let Some(process) = process
            && strike.send(process)
        {
            sent.push(strike);
            if strike.signal == Signal::STOP {
                stopped = Some(process);
            }
        }
    };
    let end = loop {
        if let Some(status) = child.try_wait()? {
            break status.into();
        }
        let took = began.elapsed();
        while let Some(next) = strikes.next_if(|next| next.after <= took) {
            strike(*next);
        }
        if patience.is_some_and(|patience| patience <= took) {
            patience = None;
            strike(of_command(Signal::TERM, took));
        }
        if took > round.limit {
            break End::Never;
        }
        std::thread::sleep(AGAIN);
    };
    let took = began.elapsed();
    for next in strikes.filter(|next| next.signal == Signal::CONT) {
        strike(*next);
    }
    if end == End::Never {
        strike(of_command(Signal::KILL, took));
        child.wait()?;
    }
    Ok(Ended { end, took, sent })
}

fn of_command(signal: Signal, after: Duration) -> Strike {
    let target = Target::Command;
    Strike {
        signal,
        target,
        after,
    }
}
