//! What a rehearsal leaves out that was composed for a template.

use std::collections::BTreeMap;
use std::path::PathBuf;

use rehearsal_deployment::Plan;
use rehearsal_deployment::plan::Decision;

/// What a rehearsal leaves out that nobody wrote: it was composed for a template, as `rehearse init` would write it.
#[derive(Clone, Debug)]
pub struct Composed {
    /// The template, as the command line names it.
    pub template: PathBuf,
    /// What is made up of the events that functions get: `content of events (Jobs, Files)`.
    pub events: Vec<String>,
    /// The gates that cannot be judged here, each with the reason.
    pub not_judged: BTreeMap<String, String>,
    /// The functions that cannot start here, each with the reason.
    pub stubs: BTreeMap<String, String>,
    /// The requests for what the update brings, which nobody sends, by what they stand for; each as a verdict has it.
    pub not_asked: BTreeMap<String, String>,
    /// The git revision that runs, where it is named and is not built.
    pub revision: Option<String>,
    /// Those of which the version that runs cannot start here.
    pub stubs_of_old: BTreeMap<String, String>,
}

impl Composed {
    /// What a reader has to know of a run of it: a line each.
    pub fn notes(&self) -> Vec<String> {
        let template = self.template.display();
        let mut notes = vec![format!(
            "rehearsal: as `rehearse init {template}` writes it, for you to change"
        )];
        let not_asked = self.not_asked.keys();
        notes.extend(
            not_asked.map(|what| format!("new with this update, so nobody asks for it: {what}")),
        );
        let stubs = self.stubs.iter();
        notes
            .extend(stubs.map(|(function, why)| format!("stub for {function}: {}", in_short(why))));
        let stubs = self.stubs_of_old.iter();
        notes.extend(stubs.map(|(function, why)| {
            let why = in_short(why);
            format!("stub for the version of {function} that runs: {why}")
        }));
        if let Some(revision) = self
            .revision
            .as_ref()
            .filter(|_| !self.stubs_of_old.is_empty())
        {
            notes.push(format!(
                "so the old version is a stub: --live-build COMMAND runs COMMAND in a checkout of {revision}, and what that builds is then the old version"
            ));
        }
        let gates = self.not_judged.iter();
        notes.extend(gates.map(|(gate, why)| format!("not judged, {gate}: {}", in_short(why))));
        notes
    }

    /// Says of each gate that is not judged why: no file says so that anyone wrote.
    pub fn give_reasons(&self, plan: &mut Plan) {
        let deployments = plan.deployments.iter_mut();
        for gate in deployments.flat_map(|deployment| &mut deployment.gates) {
            let why = self.not_judged.get(&gate.alarm);
            if let Some(why) = why.filter(|_| gate.decision == Decision::NotJudged) {
                in_short(why).clone_into(&mut gate.why);
            }
        }
    }
}

/// The first line of a reason.
pub fn in_short(why: &str) -> &str {
    why.lines().next().unwrap_or_default()
}
