//! Which functions had no code in a rehearsal, and of which version.

use std::collections::BTreeSet;

use rehearsal_deployment::plan::{Function, Plan};
use rehearsal_deployment::{Changing, Revision};
use rehearsal_template::stack::logical_id_of;
use serde::{Deserialize, Serialize};

use crate::fold::Report;
use crate::reservation::{Reservation, ReservationKind};

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
            (
                StubbedVersion::Old,
                Revision::Before,
                function.before.is_some(),
            ),
            (
                StubbedVersion::New,
                Revision::After,
                function.after.is_some(),
            ),
        ];
        let stubs = versions
            .into_iter()
            .filter(|(_, revision, is_there)| *is_there && plan.stubs.of(id, *revision).is_some());
        let named = stubs.map(|(version, ..)| StubVersion {
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

impl Report {
    /// Whether the code of a function's version did not run. Of a report that says of no version which, it is both.
    pub(crate) fn was_stub(&self, function: &str, version: StubbedVersion) -> bool {
        let mut of_function = self
            .stub_versions
            .iter()
            .filter(|stub| stub.function == function)
            .peekable();
        match of_function.peek() {
            Some(_) => of_function.any(|stub| stub.version == version),
            None => self.stubs.iter().any(|stub| stub == function),
        }
    }

    /// The functions for which stubs stood, by the version that had no code.
    pub(crate) fn stood_in(&self) -> Vec<Reservation> {
        let of = |kind, (old, new): (bool, bool)| {
            let is_so = |function: &&String| {
                let was = |version| self.was_stub(function, version);
                (was(StubbedVersion::Old), was(StubbedVersion::New)) == (old, new)
            };
            let functions = self.stubs.iter().filter(is_so);
            Reservation::of(kind, functions.cloned().collect())
        };
        [
            of(ReservationKind::Stubs, (true, true)),
            of(ReservationKind::StubsOfOld, (true, false)),
            of(ReservationKind::StubsOfNew, (false, true)),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}
