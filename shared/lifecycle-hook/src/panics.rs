//! Panics: their message, their place, and who reports them.
//!
//! A panic's message may quote what a service sent back, credentials and all, and the standard panic hook prints it as it is. In a
//! function the log is told instead, as of everything else: redacted, as a line of JSON.

use std::any::Any;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, PanicHookInfo};
use std::sync::{Once, OnceLock};
use std::time::SystemTime;

use aws_clients::log_timestamp;
use futures::FutureExt;
use serde_json::json;

use crate::log::Log;

/// The log of a process that is a function; see [`tell`].
static LOG: OnceLock<Log> = OnceLock::new();

thread_local! {
    /// The last panic of this thread, until somebody asks for it.
    static LAST: RefCell<Option<Panicked>> = const { RefCell::new(None) };
}

/// A panic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Panicked {
    message: String,
    /// `file:line:column`; none of one that was caught and raised again, for the panic hook does not see it twice.
    location: Option<String>,
}

impl fmt::Display for Panicked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "panicked: {}", self.message)?;
        match &self.location {
            Some(location) => write!(f, ", at {location}"),
            None => Ok(()),
        }
    }
}

/// Runs a future; its panic is an error that says where it happened.
pub(crate) async fn caught<F: Future>(future: F) -> Result<F::Output, Panicked> {
    watch();
    AssertUnwindSafe(future)
        .catch_unwind()
        .await
        .map_err(|payload| Panicked::of(&*payload))
}

/// From now on, this process's panics are lines of `log`, and nothing else prints them. A program that does not unwind is warned of.
pub(crate) fn tell(log: &Log) {
    // A process is one function. Should it be two, the first one's log is as good.
    let _ = LOG.set(log.clone());
    watch();
    if cfg!(panic = "abort") {
        log.value(&json!({
            "timestamp": log_timestamp(SystemTime::now()),
            "level": "WARN",
            "message": "built with panic = \"abort\": a panic ends the process, and is no failed check. Say panic = \"unwind\" in the release profile",
        }));
    }
}

/// Notes where panics happen; who was told of them before still is, unless there is a log.
fn watch() {
    static WATCHED: Once = Once::new();
    WATCHED.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let panicked = Panicked::by(info);
            match LOG.get() {
                Some(log) => panicked.log(log),
                None => before(info),
            }
            LAST.with(|last| *last.borrow_mut() = Some(panicked));
        }));
    });
}

impl Panicked {
    fn by(info: &PanicHookInfo<'_>) -> Self {
        Self {
            message: message(info.payload()),
            location: info.location().map(ToString::to_string),
        }
    }

    /// The panic that has just been caught on this thread.
    pub(crate) fn of(payload: &(dyn Any + Send)) -> Self {
        let message = message(payload);
        let last = LAST.with(|last| last.borrow_mut().take());
        match last {
            Some(last) if last.message == message => last,
            _ => Self {
                message,
                location: None,
            },
        }
    }

    fn log(&self, log: &Log) {
        let thread = std::thread::current();
        let mut line = json!({
            "timestamp": log_timestamp(SystemTime::now()),
            "level": "ERROR",
            "message": self.to_string(),
            "location": self.location,
            "thread": thread.name(),
        });
        // Where RUST_BACKTRACE asks for it.
        let backtrace = Backtrace::capture();
        if backtrace.status() == BacktraceStatus::Captured {
            line["backtrace"] = backtrace.to_string().into();
        }
        log.value_from_panic(&line);
    }
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| payload.downcast_ref::<&str>().copied())
        .unwrap_or("with a value that is not text")
        .to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[tokio::test]
    async fn a_panic_says_where_it_happened() {
        let line = line!() + 1;
        let panicked = caught(async { panic!("no item {}", 7) }).await.unwrap_err();
        let text = panicked.to_string();
        assert!(text.starts_with("panicked: no item 7, at "), "{text}");
        assert!(text.contains(&format!("{}:{line}:", file!())), "{text}");
    }

    #[tokio::test]
    async fn the_line_of_a_panic_has_its_place_and_what_lambda_reads_of_a_line() {
        let (log, lines) = Log::kept();
        let at = line!() + 1;
        let panicked = caught(async { panic!("no item {}", 7) }).await.unwrap_err();
        panicked.log(&log);
        let line: Value = serde_json::from_slice(&lines.lock().unwrap()).unwrap();
        let location = line["location"].as_str().unwrap();
        assert!(
            location.starts_with(&format!("{}:{at}:", file!())),
            "{line}"
        );
        assert_eq!(
            line["message"],
            format!("panicked: no item 7, at {location}")
        );
        assert_eq!(line["level"], "ERROR");
        assert!(line["timestamp"].is_string(), "{line}");
    }

    #[tokio::test]
    async fn a_panic_that_was_caught_and_raised_again_is_not_said_to_be_elsewhere() {
        let panicked = caught(async {
            // One that the future has dealt with.
            let _ = std::panic::catch_unwind(|| panic!("dealt with"));
            std::panic::resume_unwind(Box::new("from afar"));
        })
        .await
        .unwrap_err();
        assert_eq!(panicked.to_string(), "panicked: from afar");
    }

    #[tokio::test]
    async fn a_panic_with_no_text_is_told_as_one() {
        let panicked = caught(async { std::panic::panic_any(7) })
            .await
            .unwrap_err();
        assert!(
            panicked
                .to_string()
                .starts_with("panicked: with a value that is not text, at "),
            "{panicked}"
        );
    }
}
