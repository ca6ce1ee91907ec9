//! Who sees what happens while an update runs: its report, the terminal, and the logs that are kept. It breaks off a run of which nothing can
//! be learnt.

use std::ops::ControlFlow;

use rehearsal_aws::VirtualTime;
use rehearsal_deployment::deployed::Ended;
use rehearsal_deployment::event::Event;
use rehearsal_deployment::{Happening, Plan};
use rehearsal_report::fold::Fold;
use rehearsal_report::{FailureReport, Report};

use crate::drive::{Failed, Seen, Wrote};
use crate::file::RehearsalFile;
use crate::logs::KeptLogs;
use crate::progress::Live;

/// Who sees all updates of a rehearsal.
pub struct Onlookers<'l> {
    /// The terminal.
    pub live: &'l mut Live,
    /// What functions write, where it is kept.
    pub kept: Option<KeptLogs>,
    /// Whether it is shown.
    pub prints_lines: bool,
}

impl Onlookers<'_> {
    /// Whether anyone takes what functions write.
    pub fn take_lines(&self) -> bool {
        self.prints_lines || self.kept.is_some()
    }

    fn wrote(&mut self, wrote: &Wrote) {
        if self.prints_lines {
            self.live.wrote(wrote);
        }
        if let Some(kept) = &mut self.kept {
            kept.add(wrote);
        }
    }
}

/// Who sees one update.
pub struct Observer<'o, 'l> {
    plan: &'o Plan,
    /// Whether what runs before the update may fail.
    may_fail: bool,
    fold: Fold,
    /// Which of the stops by hand stopped something.
    acted: Vec<bool>,
    ended: Ended,
    /// The failure before the update that was seen before its event came.
    broken_early: Option<FailureReport>,
    onlookers: &'o mut Onlookers<'l>,
}

/// What was seen of an update that is over.
pub struct Observed {
    /// What came of it.
    pub report: Report,
    /// Which of the stops by hand stopped something.
    pub acted: Vec<bool>,
    /// How far it came.
    pub ended: Ended,
}

impl<'o, 'l> Observer<'o, 'l> {
    /// The observer of an update that begins at this moment of the rehearsal.
    pub fn new(
        file: &RehearsalFile,
        plan: &'o Plan,
        began: VirtualTime,
        onlookers: &'o mut Onlookers<'l>,
    ) -> Self {
        let may_fail = file.rehearsal.expect.old_version_fails;
        Self {
            plan,
            may_fail,
            fold: Fold::new(&file.name, plan)
                .beginning_at(began)
                .allowing_failures_before(may_fail)
                .with_made_up(&file.made_up())
                .without_asking_for(file.not_asked())
                .without_comparing(&file.code_reservations.not_compared)
                .with_built_alike(&file.code_reservations.built_alike),
            acted: vec![false; plan.step.actions.len()],
            ended: Ended::default(),
            broken_early: None,
            onlookers,
        }
    }

    /// Takes what comes next, and says whether to go on.
    pub fn see(&mut self, seen: Seen<'_>) -> ControlFlow<()> {
        match seen {
            Seen::Event(event) => self.event(event),
            Seen::Wrote(wrote) => self.onlookers.wrote(wrote),
            Seen::Failed(failed) => self.broken_early = self.broken_by(failed),
            Seen::TakesLong(function, took) => self.onlookers.live.takes_long(function, took),
        }
        match self.broken() {
            Some(_) => ControlFlow::Break(()),
            None => ControlFlow::Continue(()),
        }
    }

    fn event(&mut self, event: &Event) {
        self.fold.observe(event);
        self.onlookers.live.observe(event);
        match &event.happening {
            Happening::StoppedByHand { action, .. } => self.acted[*action] = true,
            Happening::UpdateReached { resources } => {
                self.ended.reached.extend(resources.iter().cloned());
            }
            Happening::UpdateCompleted => self.ended.is_complete = true,
            _ => {}
        }
    }

    /// What a failure before the update ends the run with, at once: a function that hangs would hang for each request of that time, one
    /// after another. With faults in the plan only the event, which comes later, says whether one acted.
    fn broken_by(&self, failed: &Failed) -> Option<FailureReport> {
        let asked = &self.plan.traffic.requests[failed.kind];
        let is_early = !self.may_fail && self.plan.faults.is_empty() && !self.fold.has_begun();
        (is_early && asked.is_error(failed.status, failed.outcome)).then(|| {
            let of = (failed.function.as_str(), failed.version.as_str());
            self.fold
                .failure(of, failed.kind, failed.outcome, &failed.evidence)
        })
    }

    /// The failure before the update that no fault caused and nobody expects: of such a run nothing can be learnt.
    pub fn broken(&self) -> Option<&FailureReport> {
        let seen = || self.fold.broken_before().filter(|_| !self.may_fail);
        self.broken_early.as_ref().or_else(seen)
    }

    /// What came of it.
    pub fn finish(self) -> Observed {
        Observed {
            report: self.fold.finish(),
            acted: self.acted,
            ended: self.ended,
        }
    }
}
