//! Requests the contacts API once a second, and prints which version answered and a running share by version.
//!
//! | variable | meaning |
//! |---|---|
//! | `API_URL`, `API_URL_PARAMETER`, `API_AUTHORIZATION` | the API, as the hook finds it |
//! | `COUNT` | stop after this many requests; go on until Ctrl-C when not set |
//!
//! A failed request is a line and not the end. The last lines, after Ctrl-C too, are the totals. Exit code 0: every request was
//! answered with a success. 1: one was not. 2: the API cannot be asked as it was named.
//!
//! | module | what it does |
//! |---|---|
//! | `answer` | what came of one request, and its line: pure |
//! | `tally` | what came of all: pure |
//! | `caller` | the API, and credentials that are renewed |

mod answer;
mod caller;
mod tally;

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use contacts_checks::{Request, Transport, Variables};
use http::Method;
use time::OffsetDateTime;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::MissedTickBehavior;

use answer::{Answer, HEADING};
use caller::Caller;
use tally::Tally;

/// How often a request is sent. An answer that takes longer puts the next request off.
const INTERVAL: Duration = Duration::from_secs(1);

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(wrong) => {
            eprintln!("ping: {wrong}");
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

/// Requests and prints until `count` requests are answered.
async fn ping(
    caller: &mut Caller,
    count: Option<u32>,
    tally: &mut Tally,
    out: &mut impl Write,
) -> io::Result<()> {
    writeln!(out, "{HEADING}")?;
    let mut ticks = tokio::time::interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut asked = 0;
    while count.is_none_or(|count| asked < count) {
        ticks.tick().await;
        asked += 1;
        let request = Request::new(Method::GET, "/contacts").query("limit", "1");
        let api = caller.api().await;
        let (at, sent) = (OffsetDateTime::now_utc(), Instant::now());
        let result = api.send(request).await;
        let answer = Answer::of(result, sent.elapsed());
        tally.add(&answer);
        writeln!(out, "{}", answer.line(at.time(), tally))?;
        out.flush()?;
    }
    Ok(())
}
