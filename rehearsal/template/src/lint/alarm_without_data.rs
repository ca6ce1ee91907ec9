//! `alarm-without-data`: an alarm on a metric or a set of dimensions that the service never sends.
//!
//! CloudWatch takes an alarm on any name. One that no service sends has no data, so it never fires and the deployment has one
//! guard fewer than it seems. Names are judged in the three namespaces of [`metrics`]; of every other the
//! namespace itself, where its case is not that of a service's.

use std::collections::BTreeSet;

use super::metrics::{self, Verdict};
use super::series::{self, Series};
use super::{Lint, Subject, shifting};
use crate::stack::{Alarm, Stack};
use crate::{Diagnostic, Place, Severity};

/// The lint.
pub(super) const LINT: Lint = Lint {
    code: "alarm-without-data",
    finds: "an alarm on a metric or a set of dimensions that the service never sends",
    severity: Severity::Warning,
    check,
};

fn check(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    for (alarm, _) in shifting::watching(subject.stack, &subject.shifting) {
        for series in series::of(alarm) {
            found.extend(judged(subject.stack, alarm, &series));
        }
    }
}

fn judged(stack: &Stack, alarm: &Alarm, series: &Series) -> Option<Diagnostic> {
    let (namespace, metric) = (series.namespace.as_deref()?, series.metric_name.as_deref()?);
    let dimensions = series.dimensions.as_ref()?;
    let warning = |message: String, help: String, place: Place| {
        LINT.report(message, place)
            .resource(&alarm.logical_id)
            .help(help)
    };
    if let Some(meant) = metrics::namespace_meant(namespace) {
        return Some(warning(
            format!(
                "no service sends metrics in `{namespace}`, so the alarm never has data: names of namespaces are case-sensitive"
            ),
            format!("did you mean `{meant}`?"),
            series.place,
        ));
    }
    let names: BTreeSet<&str> = dimensions.keys().map(String::as_str).collect();
    match metrics::judge(namespace, metric, &names) {
        Verdict::NotJudged => None,
        Verdict::NoSuchMetric(near) => Some(warning(
            format!("{namespace} sends no metric `{metric}`, so the alarm never has data"),
            near.map_or_else(
                || "see the service's list of metrics".to_owned(),
                |near| format!("did you mean `{near}`?"),
            ),
            series.place,
        )),
        Verdict::OtherDimensions(sets) => Some(warning(
            format!(
                "{namespace} sends no `{metric}` with {}, so the alarm never has data",
                set(&names)
            ),
            format!("it is sent with {}", alternatives(sets)),
            series.dimensions_place,
        )),
        Verdict::Sent => {
            let (name, value, help) = wrong_value(stack, series)?;
            Some(warning(
                format!("no `{metric}` has the {name} `{value}`, so the alarm never has data"),
                help,
                series.dimensions_place,
            ))
        }
    }
}

/// A dimension whose value can be none of the service's, with what it should be.
fn wrong_value<'s>(stack: &Stack, series: &'s Series) -> Option<(&'static str, &'s str, String)> {
    let dimensions = series.dimensions.as_ref()?;
    let value = |name: &str| dimensions.get(name)?.as_deref();
    for name in ["FunctionName", "Resource", "ApiName", "TableName"] {
        if let Some(arn) = value(name).filter(|value| value.starts_with("arn:")) {
            let help = match name {
                "Resource" => "write `<function name>:<alias>`, such as `!Sub '${Function}:live'`",
                _ => "write the name, not the ARN: `!Ref` gives it",
            };
            return Some((name, arn, help.to_owned()));
        }
    }
    if let (Some(function), Some(resource)) = (value("FunctionName"), value("Resource"))
        && resource
            .strip_prefix(function)
            .is_none_or(|rest| !rest.is_empty() && !rest.starts_with(':'))
    {
        let help = format!("write `{function}:<alias>`: the function's name, a colon, the alias");
        return Some(("Resource", resource, help));
    }
    let id = value("ApiName").filter(|name| stack.apis.iter().any(|api| api.id == *name))?;
    Some((
        "ApiName",
        id,
        "it is the API's id: the dimension has its `Name`".to_owned(),
    ))
}

fn set(names: &BTreeSet<&str>) -> String {
    if names.is_empty() {
        return "no dimensions".to_owned();
    }
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    format!("the dimensions {}", quoted.join(", "))
}

fn alternatives(sets: &[&[&str]]) -> String {
    let sets: Vec<_> = sets
        .iter()
        .map(|names| match names {
            [] => "none".to_owned(),
            names => names.join(" + "),
        })
        .collect();
    sets.join(", or ")
}
