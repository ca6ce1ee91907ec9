//! What came of one update: of a rehearsal that is one, or of a release.

use rehearsal_aws::codedeploy::deployment::DeploymentStatus;
use serde::{Deserialize, Serialize};

use crate::alarm::AlarmReport;
use crate::deployment::DeploymentReport;
use crate::expectation::ExpectationReport;
use crate::failures::{FailureReport, RefusedCallReport};
use crate::infrastructure::StepReport;
use crate::reservation::Reservation;

/// What came of one update. Of a release as a whole, [`Report`](crate::Report) says which of it is the last update's and which is of all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UpdateReport {
    /// Its name; that of the rehearsal, where it is one update.
    pub name: String,
    /// The worst of its deployments' statuses; `Failed` where it failed by itself.
    pub outcome: DeploymentStatus,
    /// The same in a line, with its reservations: `Succeeded; 1 of 2 alarms was not judged (TrafficAnomaly)`,
    /// `Succeeded; a stub stood for Ledger`, `Succeeded; every request to Orders failed (665 of 665); no one served s3`.
    pub verdict: String,
    /// What makes the outcome less than it says, in the order of the verdict.
    pub reservations: Vec<Reservation>,
    /// What was expected of it, in a few words.
    pub expected: String,
    /// Whether it is what was expected.
    pub as_expected: bool,
    /// What differs from the expectation, a sentence each.
    pub differences: Vec<String>,
    /// All that was expected of it, met or not.
    pub expectations: Vec<ExpectationReport>,
    /// The resource on which it failed, before a deployment or after.
    pub update_failed: Option<UpdateFailedReport>,
    /// One a deployment that it created.
    pub deployments: Vec<DeploymentReport>,
    /// The logical ids of the functions whose deployments it did not come to, for something failed before.
    pub not_begun: Vec<String>,
    /// What went wrong for callers of live requests while it lasted, by kind.
    pub failures: Vec<FailureReport>,
    /// Calls of functions that services refused meanwhile, those of faults and of the database apart.
    pub refused_calls: Vec<RefusedCallReport>,
    /// Errors that callers saw meanwhile of live requests which met no alias that is shifted.
    pub errors_past_alias: u64,
    /// Its way through the stack's resources.
    pub infrastructure: Vec<StepReport>,
    /// The alarms that were evaluated.
    pub alarms: Vec<AlarmReport>,
    /// How many calls each of its faults acted on, in the order in which they stand where the update takes them from.
    pub faults_acted: Vec<u64>,
    /// The gates that wait for metrics of which none had been sent when it was over: logical ids, or names where the template has none.
    /// What they were judged by is that nothing was there.
    #[serde(default)]
    pub gates_without_data: Vec<String>,
    /// The alarms that the file has in ALARM at some time, and that were not while a deployment ran that they could stop, as it names them.
    #[serde(default)]
    pub alarms_not_met: Vec<String>,
    /// How long it was, in virtual seconds.
    pub virtual_seconds: f64,
    /// How long it took, in seconds.
    #[serde(default)]
    pub wall_seconds: f64,
}

/// What came of one update of a release, and when that was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReleaseUpdate {
    /// What came of it.
    #[serde(flatten)]
    pub report: UpdateReport,
    /// When it began, with the traffic before it, in virtual seconds since the rehearsal began.
    pub begins_at_seconds: f64,
}

/// Why an update failed by itself and not by a deployment's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateFailedReport {
    /// The resource.
    pub logical_id: String,
    /// What CloudFormation says of it.
    pub reason: String,
}
