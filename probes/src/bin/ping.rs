//! Requests the contacts API once a second, and prints which version answered and a running share by version.
//!
//! | variable | meaning |
//! |---|---|
//! | `API_URL`, `API_URL_PARAMETER`, `API_AUTHORIZATION` | the API, as the PostTraffic hook finds it |
//! | `COUNT` | stop after this many requests; go on until Ctrl-C when not set |
//!
//! A failed request is a line and not the end. The last lines, after Ctrl-C too, are the totals. Exit code 0: every request was
//! answered with a success. 1: one was not. 2: the API cannot be asked as it was named.

use std::io::{self, Write};
use std::process::ExitCode;

use aws_clients::redact;
use contacts_checks::Variables;
use contacts_probes::{Caller, Tally, ping};
use tokio::signal::unix::{SignalKind, signal};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    contacts_probes::redact_panics();
    match run().await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(wrong) => {
            eprintln!("ping: {}", redact(&wrong.to_string()));
            ExitCode::from(2)
        }
    }
}

/// Whether all requests were answered with a success.
async fn run() -> Result<bool, Box<dyn std::error::Error>> {
    let mut variables = Variables::new(|name| std::env::var(name).ok());
    let count = variables.number("COUNT", 1..=u32::MAX);
    variables.finish(Some(()))?;
    let mut caller = Caller::connect().await?;
    let mut out = io::stdout().lock();
    let mut tally = Tally::default();
    // Also what `timeout` and supervisors send.
    let mut terminate = signal(SignalKind::terminate())?;
    let written = tokio::select! {
        written = ping(&mut caller, count, &mut tally, &mut out) => written,
        stopped = tokio::signal::ctrl_c() => stopped,
        _ = terminate.recv() => Ok(()),
    };
    // Whoever reads may have gone: `make ping | head`.
    if let Err(error) = written.and_then(|()| writeln!(out, "\n{tally}"))
        && error.kind() != io::ErrorKind::BrokenPipe
    {
        return Err(error.into());
    }
    Ok(tally.is_good())
}
