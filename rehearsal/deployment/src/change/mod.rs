//! What an update from one stack to another would do, and why: a comparison, in which nothing runs.
//!
//! - [`code`]: what is known of the functions that is in no template: their code, and from what their versions were published.
//! - `schema`: which changes replace a resource, for the types on a deployment's path.
//! - `changes`: what becomes of a resource. `value`: whether two properties are the same.
//! - `resources`: each resource's change, in CloudFormation's order, by its `properties`. `leaving`: what leaves, and what stays of it.
//!   `versions`: which versions are published.
//! - `deployments`: the deployments that start. `late_gates`: gates that come after them. `order`: what goes side by side. `pace`: how long
//!   resources take, and what waits for those.
//! - `findings`: what an update meets that its author hardly wants, in `traps`, at its `callers`, and with a function that is `replaced`;
//!   what makes it fail, in `failures`, and a deployment, in `hopeless`.
//! - `routes`: which routes change. `rollback`: what goes back, what stays, and what the same code then meets.
//!
//! ```
//! use rehearsal_deployment::change::{Action, Code, CodeChange, UpdatePlan};
//! use rehearsal_template::{Inputs, read_str};
//!
//! let table = |billing: &str| format!("
//! Resources:
//!   Orders:
//!     Type: AWS::DynamoDB::Table
//!     Properties:
//!       KeySchema: [{{AttributeName: id, KeyType: HASH}}]
//!       AttributeDefinitions: [{{AttributeName: id, AttributeType: S}}]
//!       BillingMode: {billing}
//! ");
//! let inputs = Inputs::new("shop");
//! let live = read_str("old.yaml", &table("PAY_PER_REQUEST"), &inputs)?;
//! let new = read_str("new.yaml", &table("PROVISIONED"), &inputs)?;
//! let plan = UpdatePlan::between(Some(&live), &new, &Code::all(CodeChange::Same));
//! assert_eq!(plan.changes[0].action, Action::Update);
//! assert_eq!(plan.changes[0].properties[0].name, "BillingMode");
//! # Ok::<(), rehearsal_template::Refusal>(())
//! ```

mod callers;
mod changes;
mod code;
mod deployments;
mod failures;
mod findings;
mod hopeless;
mod late_gates;
mod leaving;
mod order;
mod pace;
mod properties;
mod replaced;
mod resources;
mod rollback;
mod routes;
mod schema;
mod traps;
mod value;
mod versions;

use std::collections::BTreeMap;

use rehearsal_template::Stack;

pub use changes::{Action, Change, PropertyChange};
pub use code::{Code, CodeChange};
pub use deployments::{DeploymentChange, Gate, HookOfDeployment};
pub(crate) use deployments::{KEPT, kept_alarms};
pub use findings::{Failure, Finding, Severity};
pub(crate) use late_gates::{TOO_LATE, is_too_late};
pub use pace::Pace;
pub use rollback::{Kept, Retry, Rollback};
pub use routes::{RouteAction, RouteChange};
pub use versions::{VersionAction, VersionChange, version_exists};

/// What an update would do.
#[derive(Clone, Debug, PartialEq)]
pub struct UpdatePlan {
    /// Every resource of the new stack, in its template's order; then those that leave, in the order of the live template.
    pub changes: Vec<Change>,
    /// Every version of the new stack.
    pub versions: Vec<VersionChange>,
    /// Every alias of the new stack: whether a deployment of it starts.
    pub deployments: Vec<DeploymentChange>,
    /// The logical ids of what changes, or may, in CloudFormation's order. Those of one step wait for the steps before it, and what
    /// leaves the stack comes last.
    pub order: Vec<Vec<String>>,
    /// The routes that are added, removed or led elsewhere.
    pub routes: Vec<RouteChange>,
    /// What goes back when the update fails.
    pub rollback: Rollback,
    /// What the update meets, the gravest first.
    pub findings: Vec<Finding>,
    /// How long its resources take.
    pub(crate) pace: Pace,
    /// What becomes of functions since their versions were published, where that is more than the update does.
    since_version: BTreeMap<String, Change>,
}

impl UpdatePlan {
    /// The update from the stack that is live, `None` where there is none yet, to the new one.
    ///
    /// Both are read with the same stack name and the same versions: a version's number says nothing here.
    pub fn between(live: Option<&Stack>, new: &Stack, code: &Code) -> Self {
        let compared = resources::compare(live, new, code);
        let mut deployments = deployments::of(live, new, &compared);
        let behind = order::behind_aliases(new, &deployments);
        let routes = routes::between(live, new, &compared);
        let mut findings = failures::of(live, new, &compared, code);
        let order = order::of(live, new, &compared.changes);
        let pace = Pace::of(new, &compared.changes);
        let failing = rollback::Failing::of(&findings, &order, &behind, &pace, &deployments);
        deployments::fail_before(&mut deployments, |id| failing.is_before(id));
        let rollback = rollback::of(new, &compared, &deployments, &behind, &failing);
        findings.extend(traps::of(&traps::Subject {
            live,
            new,
            compared: &compared,
            deployments: &deployments,
            behind: &behind,
            routes: &routes,
        }));
        findings::sort(&mut findings);
        Self {
            order,
            rollback,
            changes: compared.changes,
            versions: compared.versions,
            deployments,
            routes,
            findings,
            pace,
            since_version: compared.since_version,
        }
    }

    /// The same with more findings, sorted among its own.
    #[must_use]
    pub fn with_findings(mut self, more: impl IntoIterator<Item = Finding>) -> Self {
        self.findings.extend(more);
        findings::sort(&mut self.findings);
        self
    }

    /// The change of a resource.
    pub fn change(&self, logical_id: &str) -> Option<&Change> {
        self.changes
            .iter()
            .find(|change| change.logical_id == logical_id)
    }

    /// Whether the code of a function, or the configuration that is part of a version, changes; `None` where that is not known.
    pub fn changes_version_of(&self, function: &str) -> Option<bool> {
        versions::content_changes(self.change(function))
    }

    /// What the versions that a function's alias would name side by side must have in common, and have not: properties of the function.
    pub fn keeps_versions_apart(&self, function: &str) -> Vec<&str> {
        let since = self.since_version.get(function);
        let change = since.or_else(|| self.change(function)).into_iter();
        change.flat_map(versions::keeps_versions_apart).collect()
    }

    /// The resources that make the update fail, with CloudFormation's words.
    pub fn failures(&self) -> impl Iterator<Item = &Failure> {
        let findings = self.findings.iter();
        findings.filter_map(|finding| finding.failure.as_ref())
    }

    /// How many resources have this action.
    pub fn count(&self, action: Action) -> usize {
        let has = |change: &&Change| change.action == action;
        self.changes.iter().filter(has).count()
    }

    /// Whether nothing changes, as far as it is known, and nothing is unknown.
    pub fn is_empty(&self) -> bool {
        self.count(Action::None) == self.changes.len()
            && self
                .deployments
                .iter()
                .all(|deployment| deployment.starts == Some(false))
            && self
                .versions
                .iter()
                .all(|version| version.action == VersionAction::NotPublished)
            && self.routes.is_empty()
    }
}

#[cfg(test)]
mod tests;
