//! Two programs that ask the contacts API by hand, as its callers reach it.
//!
//! | program | what it does | run by |
//! |---|---|---|
//! | `ping` | requests the API once a second, and prints which version answered and each version's share | `make ping` |
//! | `smoke` | runs the checks of the PostTraffic hook once, and prints what came of each | `make smoke` |
//!
//! Both find the API as the hook does, by the variables `API_URL` or `API_URL_PARAMETER`, and `API_AUTHORIZATION`: see
//! [`contacts_https`]. `scripts/call.sh` sets them to a stack's. CodeDeploy is never told.
//!
//! `smoke` is the hook with another way to run it. `ping` stands on:
//!
//! | module | what it does |
//! |---|---|
//! | `version` | [`FunctionVersion`]: a version as people write it: pure |
//! | `answer` | [`Answer`]: what came of one request: pure |
//! | `tally` | [`Tally`]: what came of all: pure |
//! | `line` | [`line()`], [`HEADING`]: an answer's line, with the shares so far: pure |
//! | `caller` | [`Caller`]: the API, with credentials that are renewed before they expire |
//! | `ping` | [`ping()`]: requests, one a second |

mod answer;
mod caller;
mod line;
mod ping;
mod tally;
mod version;

/// Prints this process's panics without credentials and signatures: a panic's message may quote what a service sent back.
pub fn redact_panics() {
    std::panic::set_hook(Box::new(|panic| {
        eprintln!("{}", aws_clients::redact(&panic.to_string()));
    }));
}

pub use answer::Answer;
pub use caller::Caller;
pub use line::{HEADING, line};
pub use ping::{INTERVAL, ping};
pub use tally::Tally;
pub use version::FunctionVersion;
