//! Which functions had no code in a rehearsal, and of which version.

use std::collections::BTreeSet;

use rehearsal_deployment::plan::{Function, Plan};
use rehearsal_deployment::{Changing, Revision};
use rehearsal_template::stack::logical_id_of;
use serde::{Deserialize, Serialize};

/// A version for whose code a stub stood.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StubVersion {
    /// The logical id of its function.
    pub function: String,
    /// Which version.
    pub version: StubbedVersion,
}

/// The version that runs before an update, or the one that the update brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StubbedVersion {
    /// The one that runs.
    Old,
    /// The one that the update brings.
    New,
}

/// The versions for which stubs stand in a plan. A function whose place another takes has the same logical id.
pub fn of(plan: &Plan) -> Vec<StubVersion> {
    let of_function = |(id, function): (&String, &Changing<Function>)| {
        let versions = [
            (StubbedVersion::Old, Revision::Before),
            (StubbedVersion::New, Revision::After),
        ];
        let is_stub =
            |revision| function.of(revision).is_some() && plan.stubs.of(id, revision).is_some();
        let stubs = versions
            .into_iter()
            .filter(|(_, revision)| is_stub(*revision));
        let named = stubs.map(|(version, _)| StubVersion {
            function: logical_id_of(id).to_owned(),
            version,
        });
        named.collect::<Vec<_>>()
    };
    let all: BTreeSet<StubVersion> = plan.functions.iter().flat_map(of_function).collect();
    all.into_iter().collect()
}

/// The functions of these versions, each once.
pub fn functions(versions: &[StubVersion]) -> Vec<String> {
    let mut functions: Vec<String> = versions.iter().map(|stub| stub.function.clone()).collect();
    functions.dedup();
    functions
}
