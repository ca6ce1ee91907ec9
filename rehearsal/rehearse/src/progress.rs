//! What is seen of rehearsals while they run: on a terminal two lines each that move, and what happened in each once it is over. It goes to
//! standard error, so that standard output is the report's alone. Text of others, functions' last lines above all, is shown
//! [`printable`].

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use console::{StyledObject, Term};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use rehearsal_aws::VirtualTime;
use rehearsal_aws::cloudwatch::metric_alarm::AlarmState;
use rehearsal_deployment::plan::NotRehearsed;
use rehearsal_deployment::{Event, Happening, Plan};
use rehearsal_report::{Report, rows, time, timeline};
use rehearsal_template::{grouped, printable};

use crate::drive::{Took, Wrote};
use crate::output::{self, Output};
use crate::slow_functions::SlowFunctions;

/// How often a line is drawn at most.
const REDRAW: Duration = Duration::from_millis(60);
/// How wide a share is drawn, in characters.
const BAR: usize = 10;
/// How many lines of functions are kept to be shown when a rehearsal is over; of more the last are.
const MAX_LINES: usize = 100_000;

/// What functions wrote in one rehearsal, and which took long, to be shown when it is over.
#[derive(Clone, Debug, Default)]
pub struct Lines(Arc<Mutex<Written>>);

#[derive(Debug, Default)]
struct Written {
    lines: VecDeque<String>,
    dropped: usize,
    slow: SlowFunctions,
}

impl Lines {
    /// An invocation that is over wrote lines.
    fn add(&self, wrote: &Wrote) {
        let at = format!("{:>5}", time::clock(wrote.at.as_seconds()));
        let whose = match wrote.version.as_str() {
            "$LATEST" => wrote.function.clone(),
            version => format!("{} v{version}", wrote.function),
        };
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for line in &wrote.lines {
            // One event of a log may have several lines, with carriage returns between them.
            for part in line.split('\r') {
                let text = printable::line(&format!("{whose} │ {part}")).into_owned();
                written
                    .lines
                    .push_back(format!("  {}   {text}\n", style(&at).dim()));
                if written.lines.len() > MAX_LINES {
                    written.lines.pop_front();
                    written.dropped += 1;
                }
            }
        }
    }

    /// The invocations of a function have come to so much.
    fn takes_long(&self, function: &str, took: Took) {
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        written.slow.add(function, took);
    }

    fn begin_update(&self) {
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        written.slow.begin_update();
    }

    /// The functions that took long on this machine, a line each.
    pub fn slow_functions(&self) -> Vec<String> {
        let written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        written.slow.lines()
    }

    /// All of them, a line each with its moment since the rehearsal began; empty where there are none.
    fn text(&self) -> String {
        let written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = String::new();
        if written.dropped > 0 {
            text = format!(
                "  {} earlier lines are not shown; --logs-dir keeps them\n",
                written.dropped
            );
        }
        text.extend(written.lines.iter().map(String::as_str));
        text
    }
}

/// Colour as standard error takes it.
fn style<D>(text: D) -> StyledObject<D> {
    console::style(text).for_stderr()
}

/// Shows the rehearsals of a call.
pub struct Progress {
    /// Where they move; `None` where standard error is no terminal.
    bars: Option<MultiProgress>,
    is_quiet: bool,
    /// What the last rehearsal left out.
    left_out: Vec<NotRehearsed>,
}

impl Progress {
    /// For standard error as it is: a terminal or not.
    pub fn new(is_quiet: bool) -> Self {
        let moves = !is_quiet && Term::stderr().is_term();
        Self {
            bars: moves.then(MultiProgress::new),
            is_quiet,
            left_out: Vec::new(),
        }
    }

    /// What is seen of one rehearsal while it runs.
    pub fn live(&self, lines: Lines) -> Live {
        Live {
            lines,
            bars: self.bars.clone(),
            bar: None,
            drawn: Instant::now(),
            state: State::default(),
        }
    }

    /// Shows what functions wrote, where that is asked for.
    pub fn show_lines(&self, lines: &Lines, output: &mut Output) {
        let text = lines.text();
        match &self.bars {
            _ if text.is_empty() => {}
            bars => print_above(bars.as_ref(), &text, output),
        }
    }

    /// Shows what happened in a rehearsal; `notes` say what it takes from where. What has no part in it is said unless it is what the one
    /// before left out too.
    pub fn show(&mut self, report: &Report, notes: &[String], output: &mut Output) {
        if self.is_quiet {
            return;
        }
        let is_known = self.left_out == report.not_rehearsed;
        let left_out = if is_known {
            &[]
        } else {
            &report.not_rehearsed[..]
        };
        let text = timeline::text(report, notes, left_out, output::width_of(&Term::stderr()));
        print_above(self.bars.as_ref(), &text, output);
        self.left_out.clone_from(&report.not_rehearsed);
    }

    /// All rehearsals are over: what is printed next stands by itself.
    pub fn close(self) {
        if let Some(bars) = self.bars {
            // A terminal that is gone has nothing to clear.
            let _ = bars.clear();
        }
    }
}

/// Where the lines are that move, the text comes; they are drawn again after it, when one of them changes. Not by
/// [`MultiProgress::suspend`], which panics where the terminal is gone.
fn print_above(bars: Option<&MultiProgress>, text: &str, output: &mut Output) {
    if let Some(bars) = bars {
        let _ = bars.clear();
    }
    output.print(text);
}

/// One rehearsal while it runs.
pub struct Live {
    lines: Lines,
    bars: Option<MultiProgress>,
    bar: Option<ProgressBar>,
    drawn: Instant,
    state: State,
}

impl Live {
    /// It begins, or another update of it does.
    pub fn begin(&mut self, name: &str, plan: &Plan) {
        self.lines.begin_update();
        let Some(bars) = &self.bars else { return };
        if let Some(before) = self.bar.take() {
            before.finish_and_clear();
            bars.remove(&before);
        }
        let bar = bars.add(two_lines());
        self.state = State::of(name, plan);
        draw(&bar, &self.state.lines());
        self.bar = Some(bar);
    }

    /// An invocation that is over wrote lines, which are to be shown.
    pub fn wrote(&self, wrote: &Wrote) {
        self.lines.add(wrote);
    }

    /// The invocations of a function have come to so much.
    pub fn takes_long(&mut self, function: &str, took: Took) {
        self.lines.takes_long(function, took);
        self.state.slow.add(function, took);
    }

    /// Something happened.
    pub fn observe(&mut self, event: &Event) {
        let Some(bar) = &self.bar else { return };
        let is_request = self.state.observe(event);
        if !is_request || self.drawn.elapsed() >= REDRAW {
            draw(bar, &self.state.lines());
            bar.tick();
            self.drawn = Instant::now();
        }
    }
}

/// Two lines that move.
fn two_lines() -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    // The template is fixed; were it wrong, the default would do.
    bar.set_style(
        ProgressStyle::with_template("{spinner} {prefix}\n  {wide_msg}")
            .unwrap_or_else(|_| ProgressStyle::default_spinner()),
    );
    bar
}

/// Draws both lines, neither wider than the terminal: one that went on in the next line could not be drawn over.
fn draw(bar: &ProgressBar, [first, second]: &[String; 2]) {
    // Before it stand the spinner and a space.
    let room = output::width_of(&Term::stderr()).saturating_sub(3);
    bar.set_prefix(console::truncate_str(first, room, "…").into_owned());
    bar.set_message(console::truncate_str(second, room, "…").into_owned());
}

/// What is seen of odds while they are counted.
pub struct Counting {
    bar: Option<ProgressBar>,
    shown: Mutex<Counted>,
}

#[derive(Debug)]
struct Counted {
    of: String,
    cases: u64,
    drawn: Instant,
}

impl Counting {
    /// For standard error as it is: a terminal or not.
    pub fn new() -> Self {
        Self {
            bar: Term::stderr().is_term().then(two_lines),
            shown: Mutex::new(Counted {
                of: String::new(),
                cases: 0,
                drawn: Instant::now(),
            }),
        }
    }

    /// One of so many deployments begins, by its number from 1.
    pub fn begin(&self, function: &str, number: usize, of: usize) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let function = style(printable::line(function)).bold();
        shown.of = match of {
            1 => function.to_string(),
            _ => format!("{function}  deployment {number} of {of}"),
        };
        self.draw(&mut shown);
    }

    /// All rollouts of a case are counted.
    pub fn counted(&self) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        shown.cases += 1;
        if shown.drawn.elapsed() >= REDRAW {
            self.draw(&mut shown);
        }
    }

    fn draw(&self, shown: &mut Counted) {
        let Some(bar) = &self.bar else { return };
        shown.drawn = Instant::now();
        let cases = format!("{} cases rolled out", grouped(shown.cases));
        draw(bar, &[shown.of.clone(), cases]);
        bar.tick();
    }
}

impl Drop for Counting {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        if let (Some(bars), Some(bar)) = (&self.bars, &self.bar) {
            bar.finish_and_clear();
            bars.remove(bar);
        }
    }
}

/// What moves: the minute, the shares, the hook that runs, the gates.
#[derive(Clone, Debug, Default)]
struct State {
    name: String,
    /// Of each deployment the new version and its share.
    shares: Vec<(String, f64)>,
    first_shift: Option<VirtualTime>,
    at: VirtualTime,
    requests: u64,
    errors: u64,
    /// Hooks that were invoked and have not reported.
    hooks: Vec<String>,
    alarms: BTreeMap<String, AlarmState>,
    slow: SlowFunctions,
}

impl State {
    fn of(name: &str, plan: &Plan) -> Self {
        let deployments = plan.deployments.iter();
        let gates = deployments.clone().flat_map(|deployment| &deployment.gates);
        Self {
            name: printable::line(name).into_owned(),
            shares: deployments
                .map(|deployment| (deployment.new_version.clone(), 0.0))
                .collect(),
            alarms: gates
                .map(|gate| (gate.alarm.clone(), AlarmState::InsufficientData))
                .collect(),
            ..Self::default()
        }
    }

    /// Takes what happened; whether it was no more than a live request.
    fn observe(&mut self, event: &Event) -> bool {
        self.at = event.at;
        match &event.happening {
            Happening::RequestServed { error, .. } => {
                self.requests += 1;
                self.errors += u64::from(*error);
                return true;
            }
            Happening::TrafficShifted { deployment, shares } => {
                if let Some((version, share)) = self.shares.get_mut(*deployment) {
                    *share = shares.get(version).copied().unwrap_or(0.0);
                    if *share > 0.0 {
                        self.first_shift.get_or_insert(event.at);
                    }
                }
            }
            Happening::HookInvoked { function, .. } => {
                self.hooks.retain(|hook| hook != function);
                self.hooks.push(function.clone());
            }
            Happening::StatusReported { .. } | Happening::DeploymentEnded { .. } => {
                self.hooks.clear();
            }
            Happening::AlarmChanged { alarm, state } => {
                if let Some(known) = self.alarms.get_mut(alarm) {
                    *known = *state;
                }
            }
            _ => {}
        }
        false
    }

    /// `errors-under-traffic  minute 2  █░░░░░░░░░ 10 %  176 requests, 2 errors`, and below it `gates: VersionErrors ALARM, 2 OK`.
    fn lines(&self) -> [String; 2] {
        let minute = match self.first_shift {
            Some(origin) => format!("minute {}", self.at.minute_since(origin)),
            None => "before the shift".to_owned(),
        };
        let mut first = vec![style(self.name.clone()).bold().to_string(), minute];
        for (_, share) in &self.shares {
            let (full, empty) = rows::bar(*share, BAR);
            let (full, empty) = (style(full).cyan(), style(empty).dim());
            first.push(format!("{full}{empty} {:.0} %", share * 100.0));
        }
        let errors = match self.errors {
            0 => String::new(),
            1 => style(", 1 error".to_owned()).red().to_string(),
            errors => style(format!(", {errors} errors")).red().to_string(),
        };
        first.push(format!("{} requests{errors}", self.requests));
        let mut second: Vec<String> = self.gates().into_iter().collect();
        for hook in &self.hooks {
            second.push(format!("{} runs", printable::line(hook)));
        }
        second.extend(self.slow.in_short());
        [first.join("  "), second.join("  ")]
    }

    /// How many gates are OK, and which are not.
    fn gates(&self) -> Option<String> {
        let in_state = |wanted: AlarmState| {
            let alarms = self.alarms.iter();
            alarms.filter(move |(_, state)| **state == wanted)
        };
        // What stops a deployment first: the end of a line may not fit.
        let mut words = Vec::new();
        for (alarm, _) in in_state(AlarmState::Alarm) {
            let alarm = printable::line(alarm).into_owned();
            words.push(style(format!("{alarm} ALARM")).red().to_string());
        }
        match in_state(AlarmState::Ok).count() {
            0 => {}
            count => words.push(format!("{count} OK")),
        }
        match in_state(AlarmState::InsufficientData).count() {
            0 => {}
            count => words.push(format!("{count} without data")),
        }
        (!words.is_empty()).then(|| format!("gates: {}", words.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> State {
        let alarms = ["VersionErrors", "AliasErrors"].map(str::to_owned);
        State {
            name: "errors-under-traffic".to_owned(),
            shares: vec![("2".to_owned(), 0.0)],
            alarms: alarms.map(|alarm| (alarm, AlarmState::Ok)).into(),
            ..State::default()
        }
    }

    fn happens(state: &mut State, at: i64, happening: Happening) {
        let at = VirtualTime(at);
        state.observe(&Event { at, happening });
    }

    #[test]
    fn share_gates_and_hooks_move() {
        let mut state = state();
        let [first, second] = state.lines();
        assert_eq!(
            first,
            "errors-under-traffic  before the shift  ░░░░░░░░░░ 0 %  0 requests"
        );
        assert_eq!(second, "gates: 2 OK");
        let shares = BTreeMap::from([("1".to_owned(), 0.9), ("2".to_owned(), 0.1)]);
        let shift = Happening::TrafficShifted {
            deployment: 0,
            shares,
        };
        happens(&mut state, 65_000, shift);
        let invoked = Happening::HookInvoked {
            deployment: 0,
            event: rehearsal_aws::codedeploy::lifecycle::LifecycleEventName::AfterAllowTraffic,
            function: "Hook".to_owned(),
            attempt: 1,
        };
        happens(&mut state, 66_000, invoked);
        let fires = Happening::AlarmChanged {
            alarm: "VersionErrors".to_owned(),
            state: AlarmState::Alarm,
        };
        happens(&mut state, 240_000, fires);
        let [first, second] = state.lines();
        assert_eq!(
            first,
            "errors-under-traffic  minute 2  █░░░░░░░░░ 10 %  0 requests"
        );
        assert_eq!(second, "gates: VersionErrors ALARM, 1 OK  Hook runs");
    }
}
