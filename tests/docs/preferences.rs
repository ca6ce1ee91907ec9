//! The nine predefined configurations, one beside the other: that each shifts as its name says, and what a faulty version costs
//! under it.

use serde_json::Value;
use workspace_tests::{Report, Scenario, places};

use crate::found;
use crate::odds::tables::of_hundred;
use crate::pages;
use crate::quotes::side_by_side;

/// The page, and its block's info string.
const PAGE: &str = "docs/preferences.md";
const INFO: &str = "text nine-preferences";

/// A configuration's name, and its shift: the share after each step, with the minutes between two steps.
const NINE: [(&str, Shift); 9] = [
    ("AllAtOnce", Shift::AllAtOnce),
    ("Canary10Percent5Minutes", Shift::Canary(5)),
    ("Canary10Percent10Minutes", Shift::Canary(10)),
    ("Canary10Percent15Minutes", Shift::Canary(15)),
    ("Canary10Percent30Minutes", Shift::Canary(30)),
    ("Linear10PercentEvery1Minute", Shift::Linear(1)),
    ("Linear10PercentEvery2Minutes", Shift::Linear(2)),
    ("Linear10PercentEvery3Minutes", Shift::Linear(3)),
    ("Linear10PercentEvery10Minutes", Shift::Linear(10)),
];

/// Minutes.
#[derive(Clone, Copy)]
enum Shift {
    AllAtOnce,
    Canary(u32),
    Linear(u32),
}

impl Shift {
    /// How long it takes.
    fn minutes(self) -> u32 {
        match self {
            Self::AllAtOnce => 0,
            Self::Canary(interval) => interval,
            Self::Linear(interval) => 9 * interval,
        }
    }

    /// The new version's share at the start of a minute, counted from the first step, in per cent.
    fn percent(self, minute: u32) -> u32 {
        match self {
            _ if minute >= self.minutes() => 100,
            Self::AllAtOnce | Self::Canary(_) => 10,
            Self::Linear(interval) => 10 * (minute / interval + 1),
        }
    }
}

/// A rehearsal of the project under another preference, changed further, and not held to its expectation.
fn under(preference: &str, rehearsal: &str, change: impl Fn(&str) -> String) -> Report {
    let text = pages::text(&places::rehearsal(rehearsal));
    let (text, _) = text.split_once("[expect]").expect("it expects something");
    let template = places::template();
    let text = text
        .replace("../../template.yaml", &template.display().to_string())
        .replace("Canary10Percent5Minutes", preference);
    Scenario::new(&change(&text)).run().report()
}

/// A case of the odds.
fn cell(preference: &str, rate: f64) -> &'static Value {
    let mut cells = found::PREFERENCES.json["cells"]
        .as_array()
        .into_iter()
        .flatten();
    let found = cells.find(|cell| cell["preference"] == preference && cell["error_rate"] == rate);
    found.unwrap_or_else(|| panic!("no odds of {preference} at {rate}"))
}

#[test]
fn each_of_the_nine_preferences_shifts_as_its_name_says() {
    let healthy = side_by_side(NINE.to_vec(), |(preference, shift)| {
        let few = |text: &str| text.replace("requests_per_minute = 60", "requests_per_minute = 2");
        (preference, shift, under(preference, "healthy", few))
    });
    for (preference, shift, report) in healthy {
        assert_eq!(report.ending(), "Succeeded", "{preference}");
        let minutes = report.minutes();
        let shifting = minutes.iter().filter(|minute| minute.minute >= 0);
        let mut seen = 0;
        for minute in shifting {
            let number = u32::try_from(minute.minute).expect("it is not negative");
            let share = f64::from(shift.percent(number)) / 100.0;
            assert!(
                (minute.weight("2") - share).abs() < 1e-9,
                "{preference}: {minute:?}, not {share}"
            );
            seen = number;
        }
        assert!(seen > shift.minutes(), "{preference}: only {seen} minutes");
    }
}

#[test]
fn what_a_faulty_version_costs_under_each_preference_is_what_the_page_shows() {
    let mut table = format!(
        "{:<30} {:>8}   {:<36} {}\n",
        "", "100 % at", "one request in five fails", "one request in fifty fails"
    );
    for (preference, shift) in NINE {
        let [often, seldom] = [0.2, 0.02].map(|rate| cost(cell(preference, rate)));
        let minutes = format!("{} min", shift.minutes());
        table += format!("{preference:<30} {minutes:>8}   {often:<36} {seldom}\n").as_str();
    }
    let page = places::root().join(PAGE);
    let text = pages::text(&page);
    let [block] = pages::blocks(&text, INFO)[..] else {
        panic!("{PAGE} shows the nine preferences once")
    };
    pages::hold(&page, INFO, block, &table, str::to_owned);
}

/// How often such a version is stopped, when, and whom it has hurt: `>99 of 100, in 3.9 min, 6 hurt`.
fn cost(cell: &Value) -> String {
    let count = |value: &Value| value.as_u64().expect("it is a count");
    let stopped = of_hundred(count(&cell["caught"]), count(&cell["seeds"]));
    let when = match cell["minutes_to_rollback"]["median"].as_f64() {
        Some(minutes) => format!("after {minutes:.0} min, "),
        None => String::new(),
    };
    format!(
        "{stopped} of 100, {when}{} hurt",
        count(&cell["hurt"]["median"])
    )
}

#[test]
fn alarms_have_no_time_to_stop_what_shifts_all_at_once_and_a_frequent_fault_is_found_by_the_others()
{
    for (preference, _) in NINE {
        let often = cell(preference, 0.2);
        let caught = often["caught"].as_u64().expect("it is a count");
        match preference {
            "AllAtOnce" => assert_eq!(caught, 0),
            _ => assert!(
                caught * 100 > 90 * often["seeds"].as_u64().expect("it is a count"),
                "{often}"
            ),
        }
    }
}
