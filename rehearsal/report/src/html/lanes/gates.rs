//! The gates: their data points, their thresholds, their states and why.

use maud::{Markup, html};
use rehearsal_aws::cloudwatch::metric_alarm::{AlarmState, Comparison};
use rehearsal_deployment::plan::Decision;

use crate::html::figure::{Lane, Table};
use crate::html::lanes::MOST_COLUMNS;
use crate::html::part::Part;
use crate::html::scale::{Time, Values, px};
use crate::html::words::{self, comparison, number, state};
use crate::{GateReport, Point};

const HEIGHT: u32 = 46;
/// How high one is that has no points.
const FLAT: u32 = 24;
/// How high one is of many that never fired.
const LOW: u32 = 28;
/// With more gates than this those that never fired are low, and what is to say of them stands under their name.
const MOST_TALL: usize = 6;
/// The most lanes.
const MOST_GATES: usize = 60;
/// With more gates than this each has fewer points and states.
const FULL_GATES: usize = 8;
/// Of more points than this each is drawn small.
const MOST_LARGE: usize = 60;
/// The most times in `ALARM` whose reason is written under the lane.
const MOST_REASONS: usize = 3;

/// A lane for each gate, those that were not judged first, then those that stopped something.
pub fn lanes(parts: &[Part<'_>], time: Time) -> Vec<Lane> {
    let mut gates: Vec<Seen> = Vec::new();
    for (number, part) in parts.iter().enumerate() {
        for deployment in &part.update.deployments {
            for gate in &deployment.gates {
                let stopped = deployment.stopped_by.contains(&gate.alarm);
                match gates.iter_mut().find(|seen| seen.gate.alarm == gate.alarm) {
                    Some(seen) => seen.again(gate, stopped, number),
                    None => gates.push(Seen {
                        gate: gate.clone(),
                        stopped,
                        part: number,
                        unjudged: Vec::new(),
                        updates: 1,
                    }),
                }
                let seen = gates.iter_mut().find(|seen| seen.gate.alarm == gate.alarm);
                if let Some(seen) = seen.filter(|_| !is_judged(gate)) {
                    seen.leave_out(part);
                }
            }
        }
    }
    gates.sort_by_key(|seen| (is_judged(&seen.gate), !seen.stopped, !has_fired(&seen.gate)));
    gates.truncate(MOST_GATES);
    let most = MOST_COLUMNS * FULL_GATES / gates.len().max(FULL_GATES);
    let many = gates.len() > MOST_TALL;
    let lanes = gates
        .iter()
        .map(|seen| lane(seen, many && is_quiet(seen), most, time));
    lanes.collect()
}

fn has_fired(gate: &GateReport) -> bool {
    let mut states = gate.evaluations.iter().map(|one| one.state);
    states.any(|state| state == AlarmState::Alarm)
}

/// Whether it was judged in every update, and never fired.
fn is_quiet(seen: &Seen) -> bool {
    seen.unjudged.is_empty() && !has_fired(&seen.gate) && seen.gate.threshold.is_some()
}

/// A gate, in all deployments and all updates that name it.
struct Seen {
    gate: GateReport,
    /// Whether it stopped one of them.
    stopped: bool,
    /// The last update that it was seen in.
    part: usize,
    /// In how many updates it was seen.
    updates: usize,
    /// The updates in which it was not judged: from when to when, and how each is called.
    unjudged: Vec<(f64, f64, Option<String>)>,
}

impl Seen {
    /// Another deployment names it, too: of the same update it saw the same.
    fn again(&mut self, gate: &GateReport, stopped: bool, part: usize) {
        self.stopped |= stopped;
        if self.part != part {
            self.part = part;
            self.updates += 1;
            self.gate.points.extend_from_slice(&gate.points);
            self.gate.evaluations.extend_from_slice(&gate.evaluations);
            // Left out of one update, it is left out.
            if is_judged(&self.gate) {
                self.gate.decision = gate.decision;
                self.gate.why.clone_from(&gate.why);
            }
        }
    }

    /// In this update it is not judged.
    fn leave_out(&mut self, part: &Part<'_>) {
        let span = (part.from, part.to, part.name.map(str::to_owned));
        if !self.unjudged.contains(&span) {
            self.unjudged.push(span);
        }
    }

    /// Whether no deployment was held to it.
    fn is_never_judged(&self) -> bool {
        self.unjudged.len() == self.updates
    }

    /// Where its values are from, or why it is not judged, and in which updates that is so.
    fn note(&self) -> String {
        let gate = &self.gate;
        let of = self
            .unjudged
            .iter()
            .filter_map(|(.., name)| name.as_deref());
        let of: Vec<_> = of.collect();
        let of = if of.is_empty() {
            String::new()
        } else {
            format!(" in {}", of.join(", "))
        };
        match gate.decision {
            Decision::Evaluated => gate.why.clone(),
            Decision::Given => format!("given: {}", gate.why),
            Decision::NotJudged => format!("not judged{of}: {}", gate.why),
            Decision::Refused => format!("refused{of}: {}", gate.why),
        }
    }
}

fn is_judged(gate: &GateReport) -> bool {
    matches!(gate.decision, Decision::Evaluated | Decision::Given)
}

fn lane(seen: &Seen, low: bool, most: usize, time: Time) -> Lane {
    let gate = &seen.gate;
    let judged = !seen.is_never_judged();
    let points = thinned(gate, most);
    let threshold = gate.threshold.filter(|_| judged);
    let height = match threshold {
        Some(_) if low => LOW,
        Some(_) => HEIGHT,
        None => FLAT,
    };
    let reached = points
        .iter()
        .filter_map(|point| point.value)
        .chain(threshold);
    let values = Values::with_room_for(reached, height.max(LOW) - 10);
    let y = |value: f64| values.at(value) + 6.0;
    let held = format!(
        "{} {}",
        comparison(gate.comparison),
        threshold.map(words::short).unwrap_or_default()
    );
    let radius = if points.len() > MOST_LARGE {
        "2"
    } else {
        "3.5"
    };
    let mut table = Table::new(["at", "newest data point", "state from then on", "why"]);
    table.rows = rows(gate, most, time);
    Lane {
        name: gate.alarm.clone(),
        notes: vec![if low { quiet(gate) } else { seen.note() }],
        bad: !is_judged(gate) || seen.stopped,
        height,
        drawing: html! {
            (left_out(seen, height, time))
            (states(gate, height, most, time))
            @if let Some(threshold) = threshold {
                line.threshold x1="0%" x2="100%" y1=(px(y(threshold))) y2=(px(y(threshold))) {}
                text.scale.bad x="100%" dx="6" y=(px(y(threshold) + 4.0)) { (held) }
            }
            @for point in &points {
                @match point.value {
                    Some(value) => {
                        @let breaches = threshold.is_some_and(|threshold| breaches(gate.comparison, value, threshold));
                        circle.point.bad[breaches] cx=(time.at(point.at_seconds)) cy=(px(y(value))) r=(radius) { title { (time.clock(point.at_seconds)) ": " (number(value)) } }
                    },
                    None => circle.point.missing cx=(time.at(point.at_seconds)) cy=(px(y(0.0))) r=(radius) { title { (time.clock(point.at_seconds)) ": no data point" } },
                }
            }
            @if !judged {
                text.label.bad x="0%" dx="8" y="16" { "not judged: it could not stop anything" }
            }
        },
        reading: reading(seen, time),
        under: if low {
            Vec::new()
        } else {
            under(gate, judged, time)
        },
        tables: vec![table],
    }
}

/// Where it was not judged.
fn left_out(seen: &Seen, height: u32, time: Time) -> Markup {
    html! {
        @if seen.is_never_judged() {
            rect.unjudged x="0%" width="100%" y="3" height=(height - 6) rx="2" {}
        } @else {
            @for (from, to, _) in &seen.unjudged {
                @let (x, width) = time.span(*from, *to);
                rect.unjudged x=(x) width=(width) y="0" height=(height) { title { "not judged" } }
                @if width.0 >= 10.0 { text.label.bad.narrow[width.0 < 20.0] x=(x) dx="6" y=(height - 6) { "not judged" } }
            }
        }
    }
}

/// When it was in `ALARM`.
fn states(gate: &GateReport, height: u32, most: usize, time: Time) -> Markup {
    let spans = in_alarm(gate, time);
    html! {
        @for (from, to, reason) in spans.iter().take(most) {
            @let (x, width) = time.span(*from, *to);
            rect.alarm x=(x) width=(width) y="0" height=(height) { title { (time.clock(*from)) " ALARM: " (reason) } }
        }
        @if let Some((from, ..)) = spans.first() {
            @let x = time.at(*from);
            text.label.halo.bad.end[x.0 > 80.0] x=(x) dx=(if x.0 > 80.0 { "-4" } else { "4" }) y=(height - 6) { "ALARM" }
        }
    }
}

/// From when to when it was in `ALARM`, and why it went there: evaluations one after another that say so are one time.
fn in_alarm(gate: &GateReport, time: Time) -> Vec<(f64, f64, &str)> {
    let mut spans: Vec<(f64, f64, &str)> = Vec::new();
    let mut goes_on = false;
    for evaluation in &gate.evaluations {
        let at = evaluation.at_seconds;
        if let Some(last) = spans.last_mut().filter(|_| goes_on) {
            last.1 = at;
        }
        let is = evaluation.state == AlarmState::Alarm;
        if is && !goes_on {
            spans.push((at, time.end(), evaluation.reason.as_str()));
        }
        goes_on = is;
    }
    if let Some(last) = spans.last_mut().filter(|_| goes_on) {
        last.1 = time.end();
    }
    spans
}

/// The states in words: why it fired, or how near it came.
fn under(gate: &GateReport, judged: bool, time: Time) -> Vec<(String, bool)> {
    if !judged {
        return Vec::new();
    }
    let mut before = None;
    let fired: Vec<_> = gate
        .evaluations
        .iter()
        .filter(|evaluation| {
            let begins = evaluation.state == AlarmState::Alarm && before != Some(AlarmState::Alarm);
            before = Some(evaluation.state);
            begins
        })
        .collect();
    if fired.is_empty() {
        return vec![(quiet(gate), false)];
    }
    let more = fired.len().saturating_sub(MOST_REASONS);
    let mut lines: Vec<_> = fired
        .into_iter()
        .take(MOST_REASONS)
        .map(|evaluation| {
            (
                format!(
                    "{} ALARM: {}",
                    time.clock(evaluation.at_seconds),
                    evaluation.reason
                ),
                true,
            )
        })
        .collect();
    if more > 0 {
        lines.push((format!("and {more} times more"), true));
    }
    lines
}

/// How a gate that did not fire is labelled.
fn quiet(gate: &GateReport) -> String {
    let Some(last) = gate.evaluations.last() else {
        return "not evaluated while the rehearsal ran".to_owned();
    };
    let Some(threshold) = gate.threshold else {
        return format!("{} at the end: {}", state(last.state), last.reason);
    };
    let values = gate.points.iter().filter_map(|point| point.value);
    let is_low = matches!(
        gate.comparison,
        Some(Comparison::LessThanThreshold | Comparison::LessThanOrEqualToThreshold)
    );
    let nearest = if is_low {
        values.reduce(f64::min)
    } else {
        values.reduce(f64::max)
    };
    match nearest {
        Some(nearest) => format!(
            "never in ALARM: {} at {}, against {} {}",
            number(nearest),
            if is_low { "least" } else { "most" },
            comparison(gate.comparison),
            number(threshold)
        ),
        None => "never in ALARM: it had no data point".to_owned(),
    }
}

fn reading(seen: &Seen, time: Time) -> String {
    let gate = &seen.gate;
    if seen.is_never_judged() {
        return format!("Not judged: {}.", gate.why);
    }
    let left_out = if seen.unjudged.is_empty() {
        String::new()
    } else {
        format!(" It was {}.", seen.note())
    };
    let held = gate.threshold.map(|threshold| {
        format!(
            "Threshold {} {}. ",
            comparison(gate.comparison),
            number(threshold)
        )
    });
    let missing = gate
        .points
        .iter()
        .filter(|point| point.value.is_none())
        .count();
    let points = format!(
        "{} data points, {missing} of them missing. ",
        gate.points.len()
    );
    let lines = under(gate, true, time)
        .into_iter()
        .map(|(line, _)| line)
        .collect::<Vec<_>>()
        .join(". ");
    format!("{}{points}{lines}.{left_out}", held.unwrap_or_default())
}

fn breaches(comparison: Option<Comparison>, value: f64, threshold: f64) -> bool {
    comparison.is_some_and(|comparison| comparison.breaches(value, threshold))
}

/// Its points, of many in a row the one that says most: one that breaches, else the largest.
fn thinned(gate: &GateReport, most: usize) -> Vec<Point> {
    let size = gate.points.len().div_ceil(most).max(1);
    let weight = |point: &&Point| {
        let value = point.value.unwrap_or(f64::NEG_INFINITY);
        let breaches = gate.threshold.is_some_and(|threshold| {
            point.value.is_some() && breaches(gate.comparison, value, threshold)
        });
        (breaches, value)
    };
    let heavier = |a: &&Point, b: &&Point| {
        let ((a_breaches, a), (b_breaches, b)) = (weight(a), weight(b));
        a_breaches.cmp(&b_breaches).then(a.total_cmp(&b))
    };
    gate.points
        .chunks(size)
        .filter_map(|points| points.iter().max_by(heavier))
        .copied()
        .collect()
}

/// Its data points, and the evaluations that say something new.
fn rows(gate: &GateReport, most: usize, time: Time) -> Vec<Vec<String>> {
    let mut rows: Vec<(f64, Vec<String>)> = thinned(gate, most)
        .into_iter()
        .map(|point| {
            let value = point.value.map_or_else(|| "missing".to_owned(), number);
            (
                point.at_seconds,
                vec![
                    time.clock(point.at_seconds),
                    value,
                    String::new(),
                    String::new(),
                ],
            )
        })
        .collect();
    // Of very many those that changed the state.
    let all = gate.evaluations.len() <= most;
    let mut before = None;
    let changes = gate
        .evaluations
        .iter()
        .filter(|one| all || before.replace(one.state) != Some(one.state));
    for evaluation in changes.take(most) {
        let words = [
            state(evaluation.state).to_owned(),
            evaluation.reason.clone(),
        ];
        let same = rows
            .iter_mut()
            .find(|(at, row)| at.total_cmp(&evaluation.at_seconds).is_eq() && row[2].is_empty());
        if let Some((_, row)) = same {
            row.splice(2.., words).for_each(drop);
        } else {
            let first = [time.clock(evaluation.at_seconds), String::new()];
            let row = first.into_iter().chain(words).collect();
            rows.push((evaluation.at_seconds, row));
        }
    }
    rows.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    rows.into_iter().map(|(_, row)| row).collect()
}
