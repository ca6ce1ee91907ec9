//! The JSON of a plan: a contract, described in `docs/plan.md` and `docs/plan.schema.json`.
//!
//! Names are logical ids where the template has one. What only AWS knows is null, or `unknown`, with the reason beside it.

use rehearsal_deployment::change::{
    Change, DeploymentChange, Finding, Gate, Rollback, RouteChange, Severity, UpdatePlan,
    VersionChange,
};
use rehearsal_deployment::plan::Decision;
use rehearsal_template::{Diagnostic, Place, Refusal};
use serde::Serialize;

/// The code of input that is no template, such as a git revision that is not there.
const UNUSABLE: &str = "plan::unusable";

/// What an update would do.
#[derive(Debug, Default, Serialize)]
pub struct Contract {
    /// Every resource of the new stack, then those that leave.
    changes: Vec<ChangeJson>,
    versions: Vec<VersionJson>,
    /// Every alias of the new stack.
    deployments: Vec<DeploymentJson>,
    /// Logical ids side by side, step after step.
    order: Vec<Vec<String>>,
    routes: Vec<RouteJson>,
    rollback: RollbackJson,
    diagnostics: Vec<FindingJson>,
}

#[derive(Debug, Serialize)]
struct ChangeJson {
    logical_id: String,
    r#type: String,
    /// `create`, `update`, `replace`, `delete`, `none` or `unknown`.
    action: &'static str,
    /// Those that change or may.
    properties: Vec<String>,
    replacement: Option<bool>,
    why: Option<String>,
    /// In the new template; of what leaves, in the live one.
    line: Option<u32>,
}

#[derive(Debug, Serialize)]
struct VersionJson {
    function: String,
    logical_id: String,
    /// `published`, `not_published`, `refused` or `unknown`.
    action: &'static str,
    why: String,
    line: Option<u32>,
}

#[derive(Debug, Serialize)]
struct DeploymentJson {
    function: Option<String>,
    alias: Option<String>,
    alias_logical_id: String,
    /// Null where that is not known.
    starts: Option<bool>,
    why: String,
    /// Whether callers meet another version all at once, without a deployment.
    at_once: bool,
    config: Option<String>,
    /// From the first step of the shift to the last.
    minutes: Option<u32>,
    hooks: Vec<HookJson>,
    gates: Vec<GateJson>,
    gates_unknown: Option<String>,
    line: Option<u32>,
}

#[derive(Debug, Serialize)]
struct HookJson {
    lifecycle_event: String,
    function: Option<String>,
}

#[derive(Debug, Serialize)]
struct GateJson {
    alarm: Option<String>,
    /// As a rehearsal without a word about it would.
    decision: Decision,
    why: String,
    line: Option<u32>,
    threshold: Option<f64>,
}

#[derive(Debug, Serialize)]
struct RouteJson {
    api: String,
    method: String,
    path: String,
    /// `added`, `changed` or `removed`.
    action: &'static str,
    function: Option<String>,
    line: Option<u32>,
}

#[derive(Debug, Default, Serialize)]
struct RollbackJson {
    brings_back: Vec<String>,
    deletes: Vec<String>,
    keeps: Vec<KeptJson>,
    untouched: Vec<String>,
    retry: Vec<RetryJson>,
}

#[derive(Debug, Serialize)]
struct KeptJson {
    logical_id: String,
    why: String,
}

#[derive(Debug, Serialize)]
struct RetryJson {
    function: String,
    refused: Option<bool>,
    why: String,
}

#[derive(Debug, Serialize)]
struct FindingJson {
    code: &'static str,
    /// `error`, `warning` or `note`.
    severity: &'static str,
    message: String,
    help: Option<String>,
    logical_id: Option<String>,
    line: Option<u32>,
    column: Option<u32>,
}

impl Contract {
    /// A plan.
    pub fn of(plan: &UpdatePlan) -> Self {
        Self {
            changes: plan.changes.iter().map(change).collect(),
            versions: plan.versions.iter().map(version).collect(),
            deployments: plan.deployments.iter().map(deployment).collect(),
            order: plan.order.clone(),
            routes: plan.routes.iter().map(route).collect(),
            rollback: rollback(&plan.rollback),
            diagnostics: plan.findings.iter().map(finding).collect(),
        }
    }

    /// A template that is refused: why.
    pub fn refused(refusal: &Refusal) -> Self {
        Self {
            diagnostics: refusal.diagnostics.iter().map(diagnostic).collect(),
            ..Self::default()
        }
    }

    /// What is no template: why.
    pub fn unusable(problem: &miette::Report) -> Self {
        let causes: Vec<_> = problem.chain().map(ToString::to_string).collect();
        let problem = FindingJson {
            code: UNUSABLE,
            severity: "error",
            message: causes.join(": "),
            help: problem.help().map(|help| help.to_string()),
            logical_id: None,
            line: None,
            column: None,
        };
        Self {
            diagnostics: vec![problem],
            ..Self::default()
        }
    }

    /// The text.
    pub fn json(&self) -> String {
        let json = serde_json::to_string_pretty(self)
            .expect("texts, numbers and lists of them are always JSON");
        json + "\n"
    }
}

/// Lines and columns count from 1; what has no place has none.
fn line(place: Place) -> Option<u32> {
    (place.line > 0).then_some(place.line)
}

fn change(change: &Change) -> ChangeJson {
    ChangeJson {
        logical_id: change.logical_id.clone(),
        r#type: change.r#type.clone(),
        action: change.action.name(),
        properties: change
            .properties
            .iter()
            .map(|property| property.name.clone())
            .collect(),
        replacement: change.replacement,
        why: change.why.clone(),
        line: line(change.place),
    }
}

fn version(version: &VersionChange) -> VersionJson {
    VersionJson {
        function: version.function.clone(),
        logical_id: version.logical_id.clone(),
        action: version.action.name(),
        why: version.why.clone(),
        line: line(version.place),
    }
}

fn deployment(deployment: &DeploymentChange) -> DeploymentJson {
    let hooks = deployment.hooks.iter().map(|hook| HookJson {
        lifecycle_event: hook.event.to_string(),
        function: hook.function.clone(),
    });
    DeploymentJson {
        function: deployment.function.clone(),
        alias: deployment.alias.clone(),
        alias_logical_id: deployment.alias_logical_id.clone(),
        starts: deployment.starts,
        why: deployment.why.clone(),
        at_once: deployment.at_once,
        config: deployment.config.clone(),
        minutes: deployment.minutes(),
        hooks: hooks.collect(),
        gates: deployment.gates.iter().map(gate).collect(),
        gates_unknown: deployment.gates_unknown.clone(),
        line: line(deployment.place),
    }
}

fn gate(gate: &Gate) -> GateJson {
    GateJson {
        alarm: gate.alarm.clone(),
        decision: gate.decision,
        why: gate.why.clone(),
        line: line(gate.place),
        threshold: gate.threshold,
    }
}

fn route(route: &RouteChange) -> RouteJson {
    RouteJson {
        api: route.api.clone(),
        method: route.method.clone(),
        path: route.path.clone(),
        action: route.action.name(),
        function: route.function.clone(),
        line: line(route.place),
    }
}

fn rollback(rollback: &Rollback) -> RollbackJson {
    RollbackJson {
        brings_back: rollback.brings_back.clone(),
        deletes: rollback.deletes.clone(),
        keeps: rollback
            .keeps
            .iter()
            .map(|kept| KeptJson {
                logical_id: kept.logical_id.clone(),
                why: kept.why.clone(),
            })
            .collect(),
        untouched: rollback.untouched.clone(),
        retry: rollback
            .retry
            .iter()
            .map(|retry| RetryJson {
                function: retry.function.clone(),
                refused: retry.refused,
                why: retry.why.clone(),
            })
            .collect(),
    }
}

fn finding(finding: &Finding) -> FindingJson {
    FindingJson {
        code: finding.code,
        severity: severity(finding.severity),
        message: finding.message.clone(),
        help: finding.help.clone(),
        logical_id: finding.logical_id.clone(),
        line: line(finding.place),
        column: line(finding.place).map(|_| finding.place.column),
    }
}

fn diagnostic(diagnostic: &Diagnostic) -> FindingJson {
    FindingJson {
        code: diagnostic.code,
        severity: match diagnostic.severity {
            rehearsal_template::Severity::Note => "note",
            rehearsal_template::Severity::Warning => "warning",
            rehearsal_template::Severity::Error => "error",
        },
        message: diagnostic.message.clone(),
        help: diagnostic.help.clone(),
        logical_id: diagnostic.logical_id.clone(),
        line: line(diagnostic.place),
        column: line(diagnostic.place).map(|_| diagnostic.place.column),
    }
}

/// The word for how much a finding weighs.
pub fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}
