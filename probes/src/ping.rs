//! Requests, one a second.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use http::Method;
use lifecycle_hook::{Request, Transport};
use time::OffsetDateTime;
use tokio::time::MissedTickBehavior;

use crate::answer::Answer;
use crate::caller::Caller;
use crate::line::{HEADING, line};
use crate::tally::Tally;

/// How often a request is sent. An answer that takes longer puts the next request off.
pub const INTERVAL: Duration = Duration::from_secs(1);

/// Asks for a contact once every [`INTERVAL`], writes a line for each answer and counts it, until `count` requests are answered. To stop
/// earlier, drop the future: what was counted stays in `tally`.
///
/// # Errors
/// `out` cannot be written to. A failed request is a line and no error.
///
/// ```no_run
/// use contacts_probes::{Caller, Tally, ping};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let (mut caller, mut tally) = (Caller::connect().await?, Tally::default());
/// ping(&mut caller, Some(60), &mut tally, &mut std::io::stdout()).await?;
/// println!("{tally}");
/// # Ok(()) }
/// ```
pub async fn ping(
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
        writeln!(out, "{}", line(at.time(), &answer, tally))?;
        out.flush()?;
    }
    Ok(())
}
