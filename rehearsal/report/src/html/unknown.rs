//! What was not judged, not run, not known: gates first.

use std::collections::BTreeMap;

use maud::{Markup, html};
use rehearsal_deployment::plan::Decision;
use rehearsal_template::counted;
use rehearsal_template::stack::NotRehearsed;

use crate::html::part::parts;
use crate::html::words::grouped;
use crate::{DeploymentReport, GateReport, Report, ReservationKind};

/// The most names in a line, and the most lines of a list.
const MOST: usize = 60;

/// The section.
pub fn section(report: &Report) -> Markup {
    let parts = parts(report);
    let deployments = || parts.iter().flat_map(|part| &part.update.deployments);
    let mut gates: Vec<&GateReport> = deployments()
        .flat_map(|deployment| &deployment.gates)
        .collect();
    gates.sort_by_key(|gate| &gate.alarm);
    gates.dedup_by_key(|gate| (&gate.alarm, gate.decision));
    let not_begun: Vec<_> = parts
        .iter()
        .flat_map(|part| &part.update.not_begun)
        .map(String::as_str)
        .collect();
    let past_alias = parts
        .iter()
        .map(|part| part.update.errors_past_alias)
        .fold(0, u64::saturating_add);
    let unjudged: Vec<_> = gates
        .iter()
        .filter(|gate| matches!(gate.decision, Decision::NotJudged | Decision::Refused))
        .collect();
    let given: Vec<_> = gates
        .iter()
        .filter(|gate| gate.decision == Decision::Given)
        .collect();
    let functions = |lacks: fn(&DeploymentReport) -> bool| -> Vec<&str> {
        let lacking = report.deployments.iter().filter(|one| lacks(one));
        lacking.map(|one| one.function.as_str()).collect()
    };
    let ungated = functions(|deployment| deployment.gates.is_empty());
    let hookless = functions(|deployment| deployment.hooks.is_empty());
    html! {
        section.unknown {
            h3 { "Not judged, not run, not known" }
            ul.reds {
                @for gate in &unjudged {
                    li { strong { "Gate " (gate.alarm) " was not judged" } ", line " (gate.line) ": " (gate.why) }
                }
                @if !ungated.is_empty() {
                    li { strong { "No gate" } " watched " (names(&ungated)) ": no alarm could have stopped it" }
                }
                @if !report.gates_without_data.is_empty() {
                    li { strong { "Nothing was sent" } " to " (names(&texts(&report.gates_without_data))) ": what they were judged by is that nothing was there" }
                }
                @if !report.alarms_not_met.is_empty() {
                    li { strong { "Given as in ALARM" } ", and not so while a deployment ran: " (names(&texts(&report.alarms_not_met))) }
                }
                @for denied in &report.not_permitted {
                    li {
                        strong { "Not permitted on AWS" } ": " (denied.logical_id) ", line " (denied.place.line) ": " (denied.message)
                        " (" (denied.code) "). The rehearsal went on all the same"
                    }
                }
                @for between in &report.called_between_invocations {
                    li {
                        strong { "Called between invocations" } ": " (between.function) ", line " (between.line) " called " (between.call)
                        " after it had answered. Lambda freezes it then, so that the call is late there, or lost"
                    }
                }
                @for stubs in report.stood_in() {
                    li { strong { "Not run" } ": " (stubs.in_short()) }
                }
                @if !report.made_up.is_empty() {
                    li { strong { "Made up" } ", for none was given: " (names(&texts(&report.made_up))) }
                }
                @if !report.unset_variables.is_empty() {
                    li { strong { "Not set" } ", for only AWS knows them: " (names(&texts(&report.unset_variables))) }
                }
                @for macro_or_loop in report.not_rehearsed.iter().filter_map(NotRehearsed::not_expanded) {
                    li { strong { "Not expanded" } ": " (macro_or_loop) ". What it makes or changes on AWS had no part" }
                }
                @if !not_begun.is_empty() {
                    li { strong { "Not begun" } ": the deployments of " (names(&not_begun)) }
                }
                @if !report.nested_deployments.is_empty() {
                    li { strong { "Deployments of stacks inside this one" } ": " (names(&texts(&report.nested_deployments))) }
                }
                @if !report.recursion_stopped.is_empty() {
                    li { strong { "Stopped in a recursive loop" } ": " (names(&texts(&report.recursion_stopped))) }
                }
                (others(report))
                @if past_alias > 0 {
                    li { strong { (grouped(past_alias)) " errors" } " of requests that met no alias which is shifted: no deployment is held to them" }
                }
                @for call in parts.iter().flat_map(|part| &part.update.refused_calls).take(MOST) {
                    li {
                        strong { (call.service) " " (call.operation) } " was refused "
                        (grouped(call.count)) " × "
                        @if !call.function.is_empty() { "to " (call.function) " " }
                        "with " (call.code) ": " (call.message)
                    }
                }
            }
            @if !hookless.is_empty() { p.muted { "No hook checks " (names(&hookless)) "." } }
            @if !given.is_empty() {
                p { "Given by the file, not computed: " (names(&given.iter().map(|gate| gate.alarm.as_str()).collect::<Vec<_>>())) "." }
            }
            (not_rehearsed(report))
        }
    }
}

/// What is named by the words of its reservation alone.
fn others(report: &Report) -> Markup {
    let others = report.reservations.iter();
    let others = others.filter(|one| has_no_line(one.kind));
    html! {
        @for reservation in others { li { strong { (reservation.with_update(&reservation.text)) } } }
    }
}

/// Whether what was not run or known is named nowhere in the section but by the words of its reservation.
fn has_no_line(kind: ReservationKind) -> bool {
    use ReservationKind as Kind;
    match kind {
        Kind::NotCompared
        | Kind::BuiltAlike
        | Kind::NotConfined
        | Kind::SlowHere
        | Kind::NotAsked
        | Kind::NotDeployed
        | Kind::NoRequestReached => true,
        // Those up to `NotServed` have a line, or stand among what had no part in it; the others happened, which the page shows by itself.
        Kind::GatesNotJudged
        | Kind::GatesWithoutData
        | Kind::AlarmsNotMet
        | Kind::NotPermitted
        | Kind::CalledBetweenInvocations
        | Kind::Stubs
        | Kind::StubsOfOld
        | Kind::StubsOfNew
        | Kind::MadeUp
        | Kind::NotSet
        | Kind::RulesNotJudged
        | Kind::NotExpanded
        | Kind::StageCanaries
        | Kind::UnknownWeights
        | Kind::WithoutLayers
        | Kind::WithoutExtensions
        | Kind::WithoutWrapper
        | Kind::WithoutFiles
        | Kind::CustomResources
        | Kind::NestedDeployments
        | Kind::OtherVersions
        | Kind::NotServed
        | Kind::NoDeployment
        | Kind::LeftOnTwoVersions
        | Kind::FailedBefore
        | Kind::EveryRequestFailed
        | Kind::NothingStopped => false,
    }
}

/// Resources without a part, those alike together.
fn not_rehearsed(report: &Report) -> Markup {
    let mut groups: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
    for one in &report.not_rehearsed {
        let name = match one.place.line {
            0 => one.logical_id.clone(),
            line => format!("{} (line {line})", one.logical_id),
        };
        groups
            .entry((&one.r#type, &one.why))
            .or_default()
            .push(name);
    }
    html! {
        @if !groups.is_empty() {
            details {
                summary { (counted(report.not_rehearsed.len(), "thing")) " of the template had no part in it" }
                div.scroll tabindex="0" role="group" aria-label="What had no part" {
                    table.wide {
                        thead { tr { th scope="col" { "what" } th scope="col" { "which" } th scope="col" { "why" } } }
                        tbody {
                            @for ((what, why), which) in groups.iter().take(MOST) {
                                tr { th scope="row" { (what) } td { (names(&texts(which))) } td { (why) } }
                            }
                        }
                    }
                    @if groups.len() > MOST { p.muted { "and " (groups.len() - MOST) " kinds more, in report.json" } }
                }
            }
        } @else {
            p.muted { "Everything in the template had a part in it." }
        }
    }
}

fn texts(all: &[String]) -> Vec<&str> {
    all.iter().map(String::as_str).collect()
}

fn names(all: &[&str]) -> String {
    let shown = &all[..all.len().min(MOST)];
    match all.len() - shown.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
