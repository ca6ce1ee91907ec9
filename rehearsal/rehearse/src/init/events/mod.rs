//! The events of what invokes functions beside APIs, as far as a template tells: in AWS's own form, with content that is made up, or the very
//! input that a schedule or a rule's target has.
//!
//! - [`sources`]: what invokes a function; [`target`]: how that names it. [`forms`]: each service's form. [`cognito`]: that of user pools' triggers.
//! - [`rule`]: rules and schedules of EventBridge. [`pattern`]: what a pattern takes. [`input`]: what a target makes of an event.

mod cognito;
mod forms;
mod input;
mod pattern;
mod rule;
mod sources;
mod target;

use std::collections::BTreeMap;

use serde_json::{Value, json};

pub use sources::of;

/// When the events happen that are made up: always at the same time, so that one seed is one run.
const TIME: &str = "2026-01-01T00:00:00Z";
/// The same in seconds since 1970.
const TIME_SECONDS: u32 = 1_767_225_600;
/// The same in milliseconds.
const TIME_MS: u64 = TIME_SECONDS as u64 * 1_000;
/// What stands for an id.
const UUID: &str = "59d2c1a4-7b1e-4b0a-8f66-0c5f8b3a1d27";

/// An event of what invokes a function.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// What it is, in a few words: `a message of the queue Jobs`.
    pub what: String,
    /// What it is of, by name: `Jobs`.
    pub of: String,
    /// The event.
    pub payload: Value,
    /// What of it is made up.
    pub made_up: MadeUp,
}

/// What of an event nobody has said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MadeUp {
    /// Nothing: it is AWS's own, or the template says it.
    Nothing,
    /// What it tells; its form is AWS's.
    Content,
    /// Whether a pattern takes it that it has to match.
    Match,
    /// All of it, though the template says what is sent: only AWS knows it, or it cannot be evaluated here.
    Input,
    /// All of it.
    Whole,
}

impl MadeUp {
    /// The same in words, for events that a verdict names after them; `None` where there is nothing to say.
    fn words(self) -> Option<&'static str> {
        match self {
            Self::Nothing => None,
            Self::Content => Some("content of events"),
            Self::Match => Some("events that their pattern may not take"),
            Self::Input => Some("events sent as {}, for their input is not known"),
            Self::Whole => Some("events sent as {}, for none is known"),
        }
    }

    /// The same of one event, as a comment says it.
    pub fn note(self) -> &'static str {
        match self {
            Self::Nothing => "",
            Self::Content => "; its content is made up",
            Self::Match => "; its pattern may not take it",
            Self::Input => "; its input is not known here, so put it in",
            Self::Whole => "; put in what it is like",
        }
    }
}

/// What is made up of events, as a verdict has it: `content of events (Jobs, Files)`.
pub fn in_words<'e>(events: impl Iterator<Item = (MadeUp, &'e str)>) -> Vec<String> {
    let mut groups: BTreeMap<MadeUp, Vec<&str>> = BTreeMap::new();
    for (made_up, of) in events {
        let names = groups.entry(made_up).or_default();
        if !names.contains(&of) {
            names.push(of);
        }
    }
    let groups = groups.into_iter();
    let groups = groups.filter_map(|(made_up, names)| Some((made_up.words()?, names)));
    groups
        .map(|(words, names)| format!("{words} ({})", names.join(", ")))
        .collect()
}

impl Event {
    /// One in AWS's form.
    fn of_form(what: &str, of: &str, event: Value) -> Self {
        let what = format!("{what} {of}");
        if !is_sayable(&event) {
            return Self::unknown(what, of, MadeUp::Whole);
        }
        Self {
            what,
            of: of.to_owned(),
            payload: event,
            made_up: MadeUp::Content,
        }
    }

    /// One of which nothing is known.
    pub fn unknown(what: String, of: &str, made_up: MadeUp) -> Self {
        Self {
            what,
            of: of.to_owned(),
            payload: json!({}),
            made_up,
        }
    }

    /// The event as TOML writes it. One that TOML cannot say is none.
    pub fn toml(&self) -> String {
        let value = toml::Value::try_from(&self.payload);
        value.map_or_else(|_| "{}".to_owned(), |value| value.to_string())
    }
}

/// Whether TOML can say an event: it has no null and no number beyond 64 bits.
fn is_sayable(event: &Value) -> bool {
    toml::Value::try_from(event).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_up_is_named_once_for_each_way() {
        let events = [
            (MadeUp::Whole, "Alone"),
            (MadeUp::Content, "Jobs"),
            (MadeUp::Nothing, "Nightly"),
            (MadeUp::Content, "Files"),
            (MadeUp::Content, "Jobs"),
        ];
        assert_eq!(
            in_words(events.into_iter()),
            [
                "content of events (Jobs, Files)",
                "events sent as {}, for none is known (Alone)"
            ]
        );
    }

    #[test]
    fn what_toml_cannot_say_is_not_taken_for_an_event() {
        let said = json!({"a": [1, "b", {"c": 1.5}]});
        let event = Event::of_form("a message of", "X", said.clone());
        let read: toml::Table = toml::from_str(&format!("event = {}", event.toml())).unwrap();
        assert_eq!(
            (json!(read["event"]), event.made_up),
            (said, MadeUp::Content)
        );
        let event = Event::of_form("a message of", "X", json!({"a": null}));
        assert_eq!(
            (event.toml().as_str(), event.made_up),
            ("{}", MadeUp::Whole)
        );
    }
}
