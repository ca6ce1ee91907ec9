//! How often gates stop a faulty version: the JSON of `rehearse odds`, which others build on (`docs/odds.schema.json`), and the pages
//! and texts are made of.

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
    /// How late it answers, where that is its fault, in milliseconds.
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
    /// What to take away, in a sentence.
    pub sentence: String,
    /// Faulty versions.
    pub cells: Vec<Cell>,
    /// Healthy versions.
    pub false_alarms: Vec<FalseAlarm>,
    /// What recommendations have to reach.
    pub wanted: Wanted,
    /// What would reach it.
    pub recommendations: Vec<Recommendation>,
    /// For what nothing could be recommended, a sentence each.
    pub not_reached: Vec<String>,
    /// The odds of the other deployments that were asked for, in the order in which the update starts them. Theirs have no others.
    pub others: Vec<Odds>,
    /// The deployments that were asked for and have no odds.
    pub without_odds: Vec<WithoutOdds>,
}

/// A deployment of which there are no odds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WithoutOdds {
    /// Its function's logical id.
    pub function: String,
    /// Why, a sentence.
    pub why: String,
}

/// A gate without a part in the odds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// Its logical id, or its name.
    pub alarm: String,
    /// Why, a sentence.
    pub why: String,
    /// The template's line, from 1.
    pub line: u32,
}

/// A faulty version under a preference and a traffic.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cell {
    /// The preference, by SAM's name.
    pub preference: String,
    /// How many live requests arrive in a minute.
    pub requests_per_minute: u32,
    /// The share of its requests that the new version fails.
    pub error_rate: f64,
    /// How.
    pub fault: &'static str,
    /// How many rollouts there were.
    pub seeds: u64,
    /// In how many rollouts a gate stopped it.
    pub caught: u64,
    /// The share that is caught, with a confidence of 95 %.
    pub caught_interval: Interval,
    /// In how many each gate did, alone or with others.
    pub caught_by: BTreeMap<String, u64>,
    /// How many callers were hurt.
    pub hurt: Hurt,
    /// From the first shift until all traffic was back, in those that went back.
    pub minutes_to_rollback: Option<MinutesToRollback>,
}

/// How many callers the new version failed, or let wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Hurt {
    /// In half of the rollouts so many or fewer.
    pub median: u64,
    /// In 95 of 100.
    pub p95: u64,
    /// In the worst.
    pub max: u64,
}

/// Minutes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct MinutesToRollback {
    /// In half of the rollouts so many or fewer.
    pub median: f64,
    /// In the longest.
    pub max: f64,
}

/// A healthy version, and how often background errors stop it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FalseAlarm {
    /// The preference, by SAM's name.
    pub preference: String,
    /// How many live requests arrive in a minute.
    pub requests_per_minute: u32,
    /// The share of all requests that fails although nothing is wrong.
    pub background_error_rate: f64,
    /// How many rollouts there were.
    pub seeds: u64,
    /// In how many a gate stopped it.
    pub stopped: u64,
    /// The share that is stopped, with a confidence of 95 %.
    pub stopped_interval: Interval,
    /// In how many each gate did, alone or with others.
    pub stopped_by: BTreeMap<String, u64>,
}

/// A Wilson score interval of a share, with a confidence of 95 %.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// The lower bound.
    pub low: f64,
    /// The upper bound.
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
    /// What is changed.
    pub kind: Kind,
    /// The preference's name, or what to change of which alarm.
    pub change: String,
    /// The chance that is reached.
    pub catch: f64,
    /// How many callers are hurt then, in the median.
    pub hurt_median: u64,
    /// All of it in a sentence.
    pub text: String,
    /// At which traffic.
    pub requests_per_minute: u32,
    /// The share of healthy versions that background errors stop then.
    pub false_alarms: f64,
}

/// What is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The preference.
    Preference,
    /// An alarm.
    Alarm,
}

impl Odds {
    /// These odds, and those of the other deployments.
    pub fn each(&self) -> impl Iterator<Item = &Self> {
        std::iter::once(self).chain(&self.others)
    }

    /// The JSON's text.
    ///
    /// # Panics
    /// Never: texts, finite numbers and lists of them are always JSON.
    pub fn json(&self) -> String {
        let json = serde_json::to_string_pretty(self);
        json.expect("texts, finite numbers and lists of them are always JSON") + "\n"
    }
}

/// A count of a hundred, no whole number where it would be 0 or 100 and is not: `<1`, `93`, `>99`.
pub fn of_hundred(count: u64, of: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "counts are small")]
    let hundredths = (count as f64 / of.max(1) as f64 * 100.0).round();
    match hundredths {
        ..1.0 if count > 0 => "<1".to_owned(),
        100.0.. if count < of => ">99".to_owned(),
        _ => format!("{hundredths}"),
    }
}
