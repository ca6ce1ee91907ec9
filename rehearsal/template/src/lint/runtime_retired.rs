//! `runtime-retired`: a runtime with which Lambda updates no function any more, or soon, or that it never had.
//!
//! Source: Lambda developer guide, "Lambda runtimes", the columns "Block function update" of its tables; the names are those of the API's `Runtime`
//! (botocore's model) and of that page, as of October 2026. What is newer than that is not known here, and AWS has put off
//! such days several times: so the verdict names the runtime as not permitted, and the rest is rehearsed.

use std::collections::BTreeSet;

use time::Date;
use time::format_description::well_known::Iso8601;

use super::shifting::Shifting;
use super::{Lint, Subject};
use crate::{Diagnostic, Severity, suggest};

/// The lint.
pub(super) const LINT: Lint = Lint {
    code: "runtime-retired",
    finds: "a runtime with which Lambda updates no function any more",
    severity: Severity::Warning,
    check,
};

/// The runtimes whose functions were not updated any more in October 2026.
const RETIRED: [&str; 14] = [
    "dotnetcore1.0",
    "dotnetcore2.0",
    "dotnetcore2.1",
    "dotnetcore3.1",
    "nodejs",
    "nodejs10.x",
    "nodejs12.x",
    "nodejs4.3",
    "nodejs4.3-edge",
    "nodejs6.10",
    "nodejs8.10",
    "python2.7",
    "python3.6",
    "ruby2.5",
];

/// All others, each with the day from which on Lambda updates no function of it, where one is named.
const RUNTIMES: [(&str, Option<&str>); 38] = [
    ("dotnet10", Some("2029-01-15")),
    ("dotnet6", Some("2027-08-31")),
    ("dotnet8", Some("2027-08-31")),
    ("dotnet9", None),
    ("go1.x", Some("2027-08-31")),
    ("java11", Some("2027-08-31")),
    ("java11.al2023", None),
    ("java17", Some("2027-08-31")),
    ("java17.al2023", None),
    ("java21", Some("2029-08-31")),
    ("java25", Some("2029-08-31")),
    ("java8", Some("2027-08-31")),
    ("java8.al2", Some("2027-08-31")),
    ("java8.al2023", None),
    ("nodejs14.x", Some("2027-08-31")),
    ("nodejs16.x", Some("2027-08-31")),
    ("nodejs18.x", Some("2027-08-31")),
    ("nodejs20.x", Some("2027-08-31")),
    ("nodejs22.x", Some("2027-07-01")),
    ("nodejs24.x", Some("2028-07-01")),
    ("nodejs26.x", None),
    ("provided", Some("2027-08-31")),
    ("provided.al2", Some("2027-08-31")),
    ("provided.al2023", Some("2029-08-31")),
    ("python3.10", Some("2027-08-31")),
    ("python3.11", Some("2027-08-31")),
    ("python3.12", Some("2029-01-10")),
    ("python3.13", Some("2029-08-31")),
    ("python3.14", Some("2029-08-31")),
    ("python3.15", None),
    ("python3.7", Some("2027-08-31")),
    ("python3.8", Some("2027-08-31")),
    ("python3.9", Some("2027-08-31")),
    ("ruby2.7", Some("2027-08-31")),
    ("ruby3.2", Some("2027-08-31")),
    ("ruby3.3", Some("2027-08-31")),
    ("ruby3.4", Some("2028-05-31")),
    ("ruby4.0", Some("2029-05-31")),
];

/// How long before that day it is warned of: AWS tells whom it concerns "at least 180 days" before a runtime's end (Lambda developer guide, "Runtime
/// deprecation policy").
const WARNED_BEFORE: i64 = 180;

fn check(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    let shifted = subject.shifting.iter();
    let shifted: BTreeSet<&String> = shifted
        .filter_map(|shifting: &Shifting<'_>| shifting.alias.function.known_value())
        .collect();
    let functions = shifted.into_iter();
    for function in functions.filter_map(|id| subject.stack.function(id)) {
        let Some(field) = &function.runtime else {
            continue;
        };
        let Some(runtime) = field.known_value() else {
            continue;
        };
        let Some(judged) = judge(runtime, &subject.stack.inputs.today) else {
            continue;
        };
        let message = match judged {
            Judged::Retired => format!("Lambda updates no function of `{runtime}` any more"),
            Judged::Over(day) => {
                format!("Lambda was to update no function of `{runtime}` from {day} on")
            }
            Judged::Soon(day) => format!("Lambda updates no function of `{runtime}` from {day} on"),
            Judged::Unknown => {
                format!("`{runtime}` is no runtime that Lambda is known to have")
            }
        };
        let help = match judged {
            Judged::Unknown => {
                let names = RUNTIMES.iter().map(|(name, _)| *name);
                suggest::did_you_mean(runtime, names).unwrap_or_else(|| {
                    "take one of Lambda's; `provided.al2023` runs any program".to_owned()
                })
            }
            _ => SUPPORTED.to_owned(),
        };
        let finding = LINT.report(message, field.place).help(help);
        let mut finding = finding.resource(&function.logical_id);
        if !matches!(judged, Judged::Soon(_)) {
            finding = finding.not_permitted();
        }
        LINT.add(finding, found);
    }
}

/// What to do about a runtime that ends.
const SUPPORTED: &str = "take a runtime that Lambda supports";

/// What there is to say of a runtime.
#[derive(Debug, PartialEq, Eq)]
enum Judged {
    /// Its functions are not updated any more.
    Retired,
    /// The day was to come that is over.
    Over(&'static str),
    /// The day is near.
    Soon(&'static str),
    /// There is none of this name.
    Unknown,
}

fn judge(runtime: &str, today: &str) -> Option<Judged> {
    if RETIRED.contains(&runtime) {
        return Some(Judged::Retired);
    }
    let Some((_, end)) = RUNTIMES.iter().find(|(name, _)| *name == runtime) else {
        return is_of_a_family(runtime).then_some(Judged::Unknown);
    };
    let end = (*end)?;
    match (date(end)? - date(today)?).whole_days() {
        ..=0 => Some(Judged::Over(end)),
        1..=WARNED_BEFORE => Some(Judged::Soon(end)),
        _ => None,
    }
}

fn date(day: &str) -> Option<Date> {
    Date::parse(day, &Iso8601::DATE).ok()
}

/// Whether a runtime is named like one of Lambda's. What is not may be anything.
fn is_of_a_family(runtime: &str) -> bool {
    let families = ["dotnet", "java", "node", "provided", "python", "ruby"];
    families.iter().any(|family| runtime.starts_with(family))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_runtime_is_warned_of_half_a_year_before_its_functions_are_not_updated_any_more() {
        #[rustfmt::skip] // A table.
        let cases = [
            ("nodejs12.x", "", Some(Judged::Retired)),
            ("nodejs20.x", "", None),
            ("nodejs20.x", "2027-03-03", None),
            ("nodejs20.x", "2027-03-04", Some(Judged::Soon("2027-08-31"))),
            ("nodejs20.x", "2027-08-30", Some(Judged::Soon("2027-08-31"))),
            ("nodejs20.x", "2027-08-31", Some(Judged::Over("2027-08-31"))),
            ("nodejs20.x", "2030-01-01", Some(Judged::Over("2027-08-31"))),
            ("dotnet9", "2030-01-01", None),
            ("python3.99", "", Some(Judged::Unknown)),
            ("bun", "", None),
        ];
        for (runtime, today, judged) in cases {
            assert_eq!(judge(runtime, today), judged, "{runtime} {today}");
        }
    }

    #[test]
    fn every_day_is_one() {
        let ends = RUNTIMES.iter().filter_map(|(_, end)| *end);
        for end in ends {
            assert!(date(end).is_some(), "{end}");
        }
    }
}
