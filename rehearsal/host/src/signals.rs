//! The signals that ask a command to end, and one that must not.

use std::future::poll_fn;
use std::io;
use std::task::Poll;

use rustix::process::Signal as Number;
use tokio::runtime::Builder;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// A signal that asks a command to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndingSignal {
    /// SIGHUP: its terminal is gone.
    Hangup,
    /// SIGINT: Ctrl-C.
    Interrupt,
    /// SIGQUIT: Ctrl-\.
    Quit,
    /// SIGTERM: `kill`, a service manager, a cancelled job.
    Terminate,
}

impl EndingSignal {
    pub(crate) const ALL: [Self; 4] = [Self::Hangup, Self::Interrupt, Self::Quit, Self::Terminate];

    /// Its number, the same on every Unix.
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Hangup => 1,
            Self::Interrupt => 2,
            Self::Quit => 3,
            Self::Terminate => 15,
        }
    }

    /// The exit code of a command that it ended, as shells have it: 128 and its number.
    ///
    /// ```
    /// use rehearsal_host::signals::EndingSignal;
    ///
    /// assert_eq!(EndingSignal::Interrupt.exit_code(), 130);
    /// assert_eq!(EndingSignal::Terminate.exit_code(), 143);
    /// ```
    pub fn exit_code(self) -> u8 {
        128 + self.number()
    }
}

/// Listens for signals that ask this process to end; from now on they do not end it by themselves.
#[derive(Debug)]
pub struct EndingSignals(Vec<(EndingSignal, Signal)>);

impl EndingSignals {
    /// Begins to listen. A SIGHUP that is ignored stays so: `nohup` was asked for. Needs a tokio runtime.
    ///
    /// # Errors
    /// When the operating system gives no descriptor.
    pub fn listen() -> io::Result<Self> {
        let keeps_on = |asked: &EndingSignal| {
            *asked == EndingSignal::Hangup
                && is_ignored(
                    &std::fs::read_to_string("/proc/self/status").unwrap_or_default(),
                    1,
                )
        };
        let heard = EndingSignal::ALL
            .into_iter()
            .filter(|asked| !keeps_on(asked));
        let listen = |asked: EndingSignal| {
            let kind = SignalKind::from_raw(asked.number().into());
            Ok((asked, signal(kind)?))
        };
        heard.map(listen).collect::<io::Result<_>>().map(Self)
    }

    /// Waits for the next one.
    pub async fn next(&mut self) -> EndingSignal {
        poll_fn(|context| {
            let heard =
                self.0
                    .iter_mut()
                    .find_map(|(asked, signal)| match signal.poll_recv(context) {
                        Poll::Ready(Some(())) => Some(*asked),
                        Poll::Ready(None) | Poll::Pending => None,
                    });
            heard.map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }
}

/// From now on a write beyond the limit on a file's size (`ulimit -f`) fails with EFBIG, as a write to a full disk fails, and does
/// not end this process (setrlimit(2), `RLIMIT_FSIZE`). What it starts has the signal as it was.
///
/// # Errors
/// When the operating system gives no descriptor.
pub fn outlive_full_files() -> io::Result<()> {
    // The signal is only noted, by a handler that stays. It needs a runtime to be asked for, and none after that.
    let runtime = Builder::new_current_thread().enable_io().build()?;
    let _entered = runtime.enter();
    let _ = signal(SignalKind::from_raw(Number::XFSZ.as_raw()))?;
    Ok(())
}

/// Whether a process with this `/proc/<id>/status` ignores a signal: the bits of `SigIgn` count from signal 1 (proc(5)).
fn is_ignored(status: &str, number: u32) -> bool {
    let mask = status
        .lines()
        .find_map(|line| u64::from_str_radix(line.strip_prefix("SigIgn:")?.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (number - 1) & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ignored_stands_in_the_processs_status() {
        let status = "Name:\tx\nSigBlk:\tffffffffffffffff\nSigIgn:\t0000000000001001\n";
        assert_eq!(
            [1, 2, 13].map(|number| is_ignored(status, number)),
            [true, false, true]
        );
        assert!(!is_ignored("", 1));
    }
}
