//! The timeline while a rehearsal runs: on a terminal it moves, elsewhere it is a plain line a virtual minute. It goes to
//! standard error, so that standard output is the report's alone. Text of others, functions' last lines above all, is shown
//! [`printable`].

use std::collections::{BTreeMap, HashSet};

use console::{StyledObject, Term};
use indicatif::{ProgressBar, ProgressStyle};
use rehearsal_aws::VirtualTime;
use rehearsal_aws::cloudwatch::metric_alarm::AlarmState;
use rehearsal_aws::codedeploy::deployment::DeploymentStatus;
use rehearsal_aws::lambda::asynchronous::Condition;
use rehearsal_deployment::event::{InvocationOutcome, RefusedCall};
use rehearsal_deployment::plan::NotRehearsed;
use rehearsal_deployment::world::RECURSION_STOPPED_AFTER;
use rehearsal_deployment::{Event, Happening, Plan};
use rehearsal_report::Report;
use rehearsal_report::entry::{back_words, index_words};
use rehearsal_report::summary::shares;
use rehearsal_report::timeline::Timeline;
use rehearsal_template::printable;

use crate::drive::Wrote;
use crate::output::Output;

/// Colour as standard error takes it.
fn style<D>(text: D) -> StyledObject<D> {
    console::style(text).for_stderr()
}

/// Shows one rehearsal after another.
pub struct Progress<'o> {
    output: &'o mut Output,
    bar: Option<ProgressBar>,
    minute: i64,
    /// What the last rehearsal left out.
    left_out: Vec<NotRehearsed>,
    timeline: Timeline,
    /// Refused calls that were told, by function, service, operation and code.
    refused: HashSet<[String; 4]>,
}

/// The most kinds of refused call that are told.
const MAX_REFUSED: usize = 100;

impl<'o> Progress<'o> {
    /// For standard error as it is: a terminal or not.
    pub fn new(output: &'o mut Output) -> Self {
        let bar = Term::stderr().is_term().then(|| {
            let bar = ProgressBar::new_spinner();
            // The template is fixed; were it wrong, the default would do.
            bar.set_style(
                ProgressStyle::with_template("  {spinner} {msg}")
                    .unwrap_or_else(|_| ProgressStyle::default_spinner()),
            );
            bar
        });
        Self {
            output,
            bar,
            minute: 0,
            left_out: Vec::new(),
            timeline: Timeline::default(),
            refused: HashSet::new(),
        }
    }

    /// A rehearsal begins; `notes` say what it takes from where.
    pub fn begin(&mut self, name: &str, plan: &Plan, notes: &[String]) {
        self.minute = 0;
        self.timeline = Timeline::new(plan);
        self.refused.clear();
        let what: Vec<_> = plan
            .deployments
            .iter()
            .map(|deployment| {
                let config = deployment
                    .config
                    .trim_start_matches("CodeDeployDefault.Lambda");
                let text = format!(
                    "{}:{} {} → {}, {config}",
                    deployment.function,
                    deployment.alias,
                    deployment.old_version,
                    deployment.new_version
                );
                printable::line(&text).into_owned()
            })
            .collect();
        let name = style(printable::line(name)).bold();
        self.line(&format!("{name}  {}", what.join("; ")));
        for note in notes {
            let text = format!("        {note}");
            self.line(&style(printable::line(&text)).dim().to_string());
        }
        self.leave_out(&plan.not_rehearsed);
    }

    /// Says what has no part in the rehearsal, unless the one before has said the same.
    fn leave_out(&mut self, not_rehearsed: &[NotRehearsed]) {
        if self.left_out == not_rehearsed {
            return;
        }
        let mut by_reason: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
        for left_out in not_rehearsed {
            let names = by_reason.entry((&left_out.r#type, &left_out.why));
            let name = format!("{} (line {})", left_out.logical_id, left_out.place.line);
            names.or_default().push(name);
        }
        for ((kind, why), names) in by_reason {
            let text = format!(
                "        not rehearsed: {kind}: {} – {why}",
                names.join(", ")
            );
            self.line(&style(printable::line(&text)).dim().to_string());
        }
        self.left_out = not_rehearsed.to_vec();
    }

    /// Something that a person should know.
    pub fn warn(&mut self, warning: &str) {
        let warning = printable::line(warning);
        self.line(&format!("        {} {warning}", style("warning:").yellow()));
    }

    /// Something happened.
    pub fn observe(&mut self, event: &Event) {
        self.turn_to(event.at.minute_since(VirtualTime::ZERO));
        if let Happening::RequestServed {
            deployment,
            version,
            error,
            ..
        } = &event.happening
        {
            self.timeline.count(*deployment, version, *error);
            self.draw();
            return;
        }
        if let Happening::TrafficShifted { deployment, shares } = &event.happening {
            self.timeline.shift(*deployment, shares);
        }
        if let Happening::CallRefused(call) = &event.happening
            && !self.is_first(call)
        {
            return;
        }
        if let Some(text) = describe(&event.happening) {
            let at = format!("{:>2}:{:02}", event.at.0 / 60_000, event.at.0 / 1_000 % 60);
            let whose = event
                .happening
                .deployment()
                .and_then(|deployment| self.timeline.function(deployment))
                .map_or_else(String::new, |function| {
                    format!("{}: ", printable::line(function))
                });
            self.line(&format!("  {}   {whose}{text}", style(at).dim()));
        }
    }

    /// Whether no call was refused like this one: the report counts them.
    fn is_first(&mut self, call: &RefusedCall) -> bool {
        let RefusedCall {
            function,
            service,
            operation,
            code,
            ..
        } = call;
        let key = [function, service, operation, code].map(Clone::clone);
        self.refused.len() < MAX_REFUSED && self.refused.insert(key)
    }

    /// An invocation that is over wrote lines.
    pub fn wrote(&mut self, wrote: &Wrote) {
        let at = format!("{:>2}:{:02}", wrote.at.0 / 60_000, wrote.at.0 / 1_000 % 60);
        let whose = match wrote.version.as_str() {
            "$LATEST" => wrote.function.clone(),
            version => format!("{} v{version}", wrote.function),
        };
        for line in &wrote.lines {
            // One event of a log may have several lines, with carriage returns between them.
            for part in line.split('\r') {
                let text = printable::line(&format!("{whose} │ {part}")).into_owned();
                self.line(&format!("  {}   {text}", style(&at).dim()));
            }
        }
    }

    /// A rehearsal is over.
    pub fn end(&mut self, report: &Report) {
        self.turn_to(i64::MAX);
        let verdict = if report.as_expected {
            style("as expected").green()
        } else {
            style("not as expected").red()
        };
        self.line(&format!(
            "        {verdict}, in {:.1} s for {:.0} virtual s",
            report.wall_seconds, report.virtual_seconds
        ));
        for function in &report.not_begun {
            self.warn(&format!(
                "the deployment of {function} was not begun, for another one failed before"
            ));
        }
        for difference in &report.differences {
            let difference = printable::line(difference);
            self.line(&format!("        {} {difference}", style("✗").red()));
        }
        self.line("");
    }

    /// All rehearsals are over: what is printed next stands by itself.
    pub fn close(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }

    /// A minute is over: what it held becomes a line.
    fn turn_to(&mut self, minute: i64) {
        if minute <= self.minute {
            return;
        }
        for line in self.timeline.lines() {
            let at = style(format!("{:>2}:00", self.minute)).dim();
            self.line(&format!("  {at}   {line}"));
        }
        self.minute = minute;
        self.timeline.clear();
    }

    fn draw(&self) {
        if let Some(bar) = &self.bar {
            let lines = self.timeline.lines().join("\n           ");
            let text = format!("{:>2}:00  {lines}", self.minute);
            bar.set_message(printable::coloured(&text).into_owned());
            bar.tick();
        }
    }

    fn line(&mut self, text: &str) {
        let text = format!("{text}\n");
        let output = &mut *self.output;
        match &self.bar {
            // Where the bar is, the line comes, and the bar again after it.
            Some(bar) => bar.suspend(|| output.print(&text)),
            None => output.print(&text),
        }
    }
}

/// A happening in words; `None` for what a timeline has no place for.
fn describe(happening: &Happening) -> Option<String> {
    let shown = printable::line;
    Some(match happening {
        Happening::DeploymentCreated { id, .. } => format!("deployment {id} created"),
        Happening::HookInvoked {
            event,
            function,
            attempt,
            ..
        } => format!("{event}: {} invoked{}", shown(function), again(*attempt)),
        Happening::HookEnded {
            event,
            outcome,
            detail,
            ..
        }
        | Happening::DestinationEnded {
            event,
            outcome,
            detail,
            ..
        } if *outcome != InvocationOutcome::Answered => {
            let detail = shown(detail.as_deref().unwrap_or("no more is known"));
            format!("{event}: {} {detail}", style(outcome.to_string()).red())
        }
        Happening::EventGivenUp {
            event,
            function,
            attempts,
            condition,
            destination,
            ..
        } => {
            let given_up = given_up(function, *attempts, *condition, destination.as_deref());
            format!("{event}: {given_up}")
        }
        Happening::DestinationInvoked {
            event,
            function,
            attempt,
            ..
        } => format!(
            "{event}: {} invoked with the record{}",
            shown(function),
            again(*attempt)
        ),
        Happening::RecursionStopped { function } => format!(
            "{}: {} was invoked {RECURSION_STOPPED_AFTER} times in one chain, and Lambda stops it there",
            style("recursive loop").red(),
            shown(function)
        ),
        Happening::CallRefused(call) => refused(call),
        Happening::StatusReported {
            event,
            succeeded,
            by,
            ..
        } => format!("{event}: {} reported {}", shown(by), reported(*succeeded)),
        Happening::TrafficShifted { shares: new, .. } => {
            format!("{} {}", style("traffic:").cyan(), shares(new))
        }
        Happening::AlarmChanged { alarm, state } => {
            format!("alarm {}: {}", shown(alarm), alarm_state(*state))
        }
        Happening::DeploymentEnded {
            status, message, ..
        } => {
            let status = in_colour(*status);
            match message {
                Some(message) => format!("deployment {status}: {}", shown(message)),
                None => format!("deployment {status}"),
            }
        }
        Happening::RollbackCreated { id, .. } => format!("rollback {id} created"),
        Happening::RollbackEnded { status, .. } => format!("rollback {status}"),
        Happening::StoppedByHand { .. } => style("stopped by hand").red().to_string(),
        Happening::IndexChanged {
            table,
            index,
            state,
        } => index_words(&shown(table), &shown(index), *state),
        Happening::UpdateFailed { logical_id, reason } => failed(logical_id, reason),
        Happening::UpdateCompleted => "stack: update complete".to_owned(),
        Happening::UpdateRolledBack { resources, kept } => {
            format!("stack: {}", shown(&back_words(resources.len(), kept)))
        }
        Happening::UpdateReached { .. }
        | Happening::AlarmEvaluated { .. }
        | Happening::LifecycleEvent { .. }
        | Happening::HookEnded { .. }
        | Happening::DestinationEnded { .. }
        | Happening::RequestServed { .. }
        | Happening::FaultsActed { .. }
        | Happening::NothingSent { .. }
        | Happening::Finished => return None,
    })
}

/// What a hook reported.
fn reported(succeeded: bool) -> StyledObject<&'static str> {
    if succeeded {
        style("Succeeded").green()
    } else {
        style("Failed").red()
    }
}

/// A resource that has failed, in words.
fn failed(logical_id: &str, reason: &str) -> String {
    let (id, reason) = (printable::line(logical_id), printable::line(reason));
    format!("stack: {id} {}: {reason}", style("failed").red())
}

/// A call that a service refused, in words.
fn refused(call: &RefusedCall) -> String {
    let shown = printable::line;
    format!(
        "{}: {} {} refused: {}: {}",
        shown(&call.function),
        shown(&call.service),
        shown(&call.operation),
        style(shown(&call.code)).red(),
        shown(&call.message)
    )
}

/// An alarm's state.
fn alarm_state(state: AlarmState) -> StyledObject<&'static str> {
    match state {
        AlarmState::Ok => style("OK").green(),
        AlarmState::Alarm => style("ALARM").red(),
        AlarmState::InsufficientData => style("INSUFFICIENT_DATA").yellow(),
    }
}

/// How a deployment ended.
fn in_colour(status: DeploymentStatus) -> StyledObject<&'static str> {
    match status {
        DeploymentStatus::Succeeded => style("Succeeded").green(),
        DeploymentStatus::InProgress => style("InProgress").yellow(),
        DeploymentStatus::Stopped => style("Stopped").red(),
        DeploymentStatus::Failed => style("Failed").red(),
    }
}

/// Nothing for a first attempt.
fn again(attempt: u32) -> String {
    match attempt {
        1 => String::new(),
        attempt => format!(" again, attempt {attempt}"),
    }
}

/// An event that Lambda gave up, in words.
fn given_up(
    function: &str,
    attempts: u32,
    condition: Condition,
    destination: Option<&str>,
) -> String {
    let ran = match attempts {
        0 => "before it ran".to_owned(),
        1 => "after 1 attempt".to_owned(),
        attempts => format!("after {attempts} attempts"),
    };
    let record = match destination {
        Some(destination) => format!("the record goes to {}", printable::line(destination)),
        None => "no one is told".to_owned(),
    };
    let gives_up = style("Lambda gives up").red();
    let function = printable::line(function);
    format!("{gives_up} on {function} {ran} ({condition}); {record}")
}
