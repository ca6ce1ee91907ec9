//! The JSON of `rehearse odds`, which others build on: `docs/odds.schema.json`.

use std::collections::BTreeMap;

use serde::Serialize;

/// All that is found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Odds {
    /// The rehearsal's name; the template's file stem where there is no rehearsal file.
    pub name: String,
    /// The function that is rolled out, by its logical id.
    pub function: String,
    /// Its alias.
    pub alias: String,
    /// The preference that the template has.
    pub preference: String,
    /// How the new version fails, and how late it answers where that is its fault.
    pub fault: &'static str,
    pub delay_ms: Option<u32>,
    /// How many rollouts there are of each case.
    pub seeds: u64,
    /// The gates that are judged, by logical id.
    pub gates: Vec<String>,
    /// The gates that are not.
    pub left_out: Vec<LeftOut>,
    /// What is taken for granted, a sentence each.
    pub notes: Vec<String>,
    /// Minutes of traffic before each deployment.
    pub minutes_before: u32,
    /// For how many minutes after its deployment a version that gets through goes on to hurt callers.
    pub minutes_after: u32,
    /// The share of the live requests that the function serves.
    pub share_of_traffic: f64,
    /// The sentence that matters.
    pub sentence: String,
    pub cells: Vec<Cell>,
    pub false_alarms: Vec<FalseAlarm>,
    /// What recommendations have to reach.
    pub wanted: Wanted,
    pub recommendations: Vec<Recommendation>,
    /// For what nothing could be recommended, a sentence each.
    pub not_reached: Vec<String>,
}

/// A gate without a part in the odds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    pub alarm: String,
    pub why: String,
    pub line: u32,
}

/// A faulty version under a preference and a traffic.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cell {
    pub preference: String,
    pub requests_per_minute: u32,
    pub error_rate: f64,
    pub fault: &'static str,
    pub seeds: u64,
    /// In how many rollouts a gate stopped it.
    pub caught: u64,
    /// The share that is caught, with a confidence of 95 %.
    pub caught_interval: Interval,
    /// In how many each gate did, alone or with others.
    pub caught_by: BTreeMap<String, u64>,
    pub hurt: Hurt,
    /// From the first shift until all traffic was back, in those that went back.
    pub minutes_to_rollback: Option<MinutesToRollback>,
}

/// How many callers the new version failed, or let wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Hurt {
    pub median: u64,
    pub p95: u64,
    pub max: u64,
}

/// Minutes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct MinutesToRollback {
    pub median: f64,
    pub max: f64,
}

/// A healthy version, and how often background errors stop it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FalseAlarm {
    pub preference: String,
    pub requests_per_minute: u32,
    pub background_error_rate: f64,
    pub seeds: u64,
    pub stopped: u64,
    pub stopped_interval: Interval,
    pub stopped_by: BTreeMap<String, u64>,
}

/// A Wilson score interval of a share, with a confidence of 95 %.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
}

/// A wanted chance.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Wanted {
    /// The chance that a version is stopped…
    pub catch: f64,
    /// … that fails this share of its requests.
    pub at: f64,
}

/// A change that reaches the wanted chance.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Recommendation {
    pub kind: Kind,
    /// The preference's name, or what to change of which alarm.
    pub change: String,
    /// The chance that is reached.
    pub catch: f64,
    pub hurt_median: u64,
    pub text: String,
    pub requests_per_minute: u32,
    /// The share of healthy versions that background errors stop then.
    pub false_alarms: f64,
}

/// What is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Preference,
    Alarm,
}

impl Odds {
    /// The text.
    pub fn json(&self) -> String {
        let json = serde_json::to_string_pretty(self)
            .expect("texts, finite numbers and lists of them are always JSON");
        json + "\n"
    }
}
