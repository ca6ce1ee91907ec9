//! One deployment through its lifecycle events, to its status and its rollback. Names and values are CodeDeploy's API's.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::codedeploy::hook_execution::HookExecution;
use crate::codedeploy::lifecycle::{LifecycleEventName, LifecycleEventStatus};
use crate::random::Draws;
use crate::time::VirtualTime;

/// How often CodeDeploy looks at a deployment's alarms, from its creation to its end.
///
/// Assumed: alarms were seen to stop a deployment 0.7 s after its creation, and up to 11 s after their own transition.
pub const ALARMS_POLLED_EVERY_MS: i64 = 10_000;

/// How long after a deployment failed its rollback begins. Assumed: seen as about a second.
pub const ROLLBACK_BEGINS_AFTER_MS: i64 = 1_000;

/// How long after a deployment of an update failed the others are stopped. Seen once: an alias was `UPDATE_FAILED` with
/// "Resource update cancelled" three seconds after another one had failed (SAM repository, issue 351).
pub const CANCELLED_AFTER_MS: i64 = 3_000;

/// How long a rollback takes. Assumed: seen as about two seconds.
pub const ROLLBACK_TAKES_MS: i64 = 2_000;

/// A deployment's status, of those that a Lambda deployment can have here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum DeploymentStatus {
    /// It runs.
    InProgress,
    /// Everything worked.
    Succeeded,
    /// A lifecycle event failed.
    Failed,
    /// An alarm or a person stopped it.
    Stopped,
}

impl fmt::Display for DeploymentStatus {
    /// The API's name, which is the variant's.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// Why a deployment did not succeed: `errorInformation.code`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ErrorCode {
    /// An alarm was in ALARM.
    AlarmActive,
    /// A hook reported `Failed`. Assumed: no document says which code a failed hook gives.
    HookExecutionFailure,
    /// A hook did not report in its hour. Assumed, likewise.
    Timeout,
    /// It was stopped from outside: by a person, or because CloudFormation cancelled the update. Assumed: the only code for a stop.
    ManualStop,
    /// The alias is not as the deployment expects it (seen: SAM repository, issue 291).
    InvalidLambdaConfiguration,
}

impl fmt::Display for ErrorCode {
    /// The API's name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AlarmActive => "ALARM_ACTIVE",
            Self::HookExecutionFailure => "HOOK_EXECUTION_FAILURE",
            Self::Timeout => "TIMEOUT",
            Self::ManualStop => "MANUAL_STOP",
            Self::InvalidLambdaConfiguration => "INVALID_LAMBDA_CONFIGURATION",
        })
    }
}

/// What starts an automatic rollback: `autoRollbackConfiguration.events`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AutoRollbackEvent {
    /// A deployment that failed.
    DeploymentFailure,
    /// One that an alarm stopped.
    DeploymentStopOnAlarm,
    /// One that a person stopped.
    DeploymentStopOnRequest,
}

impl AutoRollbackEvent {
    /// All of them, in the API's order.
    pub const ALL: [Self; 3] = [
        Self::DeploymentFailure,
        Self::DeploymentStopOnAlarm,
        Self::DeploymentStopOnRequest,
    ];

    /// The API's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::DeploymentFailure => "DEPLOYMENT_FAILURE",
            Self::DeploymentStopOnAlarm => "DEPLOYMENT_STOP_ON_ALARM",
            Self::DeploymentStopOnRequest => "DEPLOYMENT_STOP_ON_REQUEST",
        }
    }

    /// Reads the API's name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.name() == text)
    }

    /// The event that an end with this code is.
    pub fn of(code: ErrorCode) -> Self {
        match code {
            ErrorCode::AlarmActive => Self::DeploymentStopOnAlarm,
            ErrorCode::HookExecutionFailure
            | ErrorCode::Timeout
            | ErrorCode::InvalidLambdaConfiguration => Self::DeploymentFailure,
            ErrorCode::ManualStop => Self::DeploymentStopOnRequest,
        }
    }
}

/// A deployment.
#[derive(Clone, Debug, PartialEq)]
pub struct Deployment {
    /// `d-` and nine characters.
    pub id: String,
    /// Whether the update has not come to its alias: then there is no such deployment yet.
    pub waits: bool,
    /// Its status.
    pub status: DeploymentStatus,
    /// Its lifecycle events' statuses, in order.
    pub lifecycle: [LifecycleEventStatus; 3],
    /// Its hooks' executions, in the order in which they began.
    pub executions: Vec<HookExecution>,
    /// When it was created.
    pub created: VirtualTime,
    /// When traffic first shifted.
    pub first_shift: Option<VirtualTime>,
    /// The id of the deployment that goes back.
    pub rollback: Option<String>,
}

impl Deployment {
    /// One that the update comes to later.
    pub fn waiting() -> Self {
        Self {
            waits: true,
            ..Self::new(String::new(), VirtualTime::ZERO)
        }
    }

    /// A new deployment.
    pub fn new(id: String, created: VirtualTime) -> Self {
        Self {
            id,
            waits: false,
            status: DeploymentStatus::InProgress,
            lifecycle: [LifecycleEventStatus::Pending; 3],
            executions: Vec::new(),
            created,
            first_shift: None,
            rollback: None,
        }
    }

    /// Whether it was created and has no final status yet.
    pub fn is_in_progress(&self) -> bool {
        !self.waits && !self.is_over()
    }

    /// Whether it has its final status.
    pub fn is_over(&self) -> bool {
        self.status != DeploymentStatus::InProgress
    }

    /// The execution of this event's hook.
    pub fn execution(&mut self, event: LifecycleEventName) -> Option<&mut HookExecution> {
        self.executions
            .iter_mut()
            .find(|execution| execution.event == event)
    }

    /// Ends it without success: what ran has failed, what had not begun is skipped. A stop by alarm leaves `AllowTraffic` failed
    /// and `AfterAllowTraffic` skipped.
    pub fn end_with(&mut self, code: ErrorCode) {
        self.status = match code {
            ErrorCode::AlarmActive | ErrorCode::ManualStop => DeploymentStatus::Stopped,
            ErrorCode::HookExecutionFailure
            | ErrorCode::Timeout
            | ErrorCode::InvalidLambdaConfiguration => DeploymentStatus::Failed,
        };
        for status in &mut self.lifecycle {
            *status = match *status {
                LifecycleEventStatus::InProgress => LifecycleEventStatus::Failed,
                LifecycleEventStatus::Pending => LifecycleEventStatus::Skipped,
                settled => settled,
            };
        }
        for execution in &mut self.executions {
            execution.has_ended = true;
        }
    }
}

/// A deployment id: `d-` and nine capitals and digits.
pub fn deployment_id(draws: Draws, index: u64) -> String {
    format!(
        "d-{}",
        draws.text(
            "deployment-id",
            index,
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
            9
        )
    )
}

/// Whether a text is shaped like a deployment id.
pub fn is_deployment_id(text: &str) -> bool {
    text.strip_prefix("d-").is_some_and(|rest| {
        !rest.is_empty()
            && rest
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    })
}

/// A hook execution id: opaque, and as long as AWS's, which is base64 of some JSON.
pub fn execution_id(draws: Draws, index: u64) -> String {
    let text = draws.text(
        "execution-id",
        index,
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
        88,
    );
    format!("eyJlbmNyeXB0ZWREYXRhIjoi{text}=")
}

/// `errorInformation.message` of a deployment that alarms stopped.
pub fn alarm_message(names: &[String]) -> String {
    let names: Vec<_> = names.iter().map(|name| format!("<{name}>")).collect();
    format!(
        "One or more alarms have been activated according to the Amazon CloudWatch metrics you selected, and the affected \
         deployments have been stopped. Activated alarms: {}",
        names.join(" ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_during_the_shift_leaves_the_events_as_code_deploy_shows_them() {
        let mut deployment = Deployment::new("d-1".to_owned(), VirtualTime::ZERO);
        deployment.lifecycle = [
            LifecycleEventStatus::Succeeded,
            LifecycleEventStatus::InProgress,
            LifecycleEventStatus::Pending,
        ];
        deployment.end_with(ErrorCode::AlarmActive);
        assert_eq!(deployment.status, DeploymentStatus::Stopped);
        assert_eq!(
            deployment.lifecycle,
            [
                LifecycleEventStatus::Succeeded,
                LifecycleEventStatus::Failed,
                LifecycleEventStatus::Skipped
            ]
        );
    }

    #[test]
    fn a_failed_hook_fails_the_deployment() {
        let mut deployment = Deployment::new("d-1".to_owned(), VirtualTime::ZERO);
        deployment.lifecycle[0] = LifecycleEventStatus::InProgress;
        deployment.end_with(ErrorCode::HookExecutionFailure);
        assert_eq!(deployment.status, DeploymentStatus::Failed);
        assert_eq!(
            deployment.lifecycle[LifecycleEventName::AllowTraffic as usize],
            LifecycleEventStatus::Skipped
        );
    }

    #[test]
    fn a_deployment_is_in_progress_from_its_creation_to_its_end() {
        let waiting = Deployment::waiting();
        assert!(!waiting.is_in_progress() && !waiting.is_over());
        let mut deployment = Deployment::new("d-1".to_owned(), VirtualTime::ZERO);
        assert!(deployment.is_in_progress() && !deployment.is_over());
        deployment.end_with(ErrorCode::Timeout);
        assert!(!deployment.is_in_progress() && deployment.is_over());
    }

    #[test]
    fn the_execution_of_a_hook_is_found_by_its_event_and_ends_with_the_deployment() {
        let mut deployment = Deployment::new("d-1".to_owned(), VirtualTime::ZERO);
        for event in [
            LifecycleEventName::BeforeAllowTraffic,
            LifecycleEventName::AfterAllowTraffic,
        ] {
            deployment.executions.push(HookExecution {
                event,
                id: event.to_string(),
                began: VirtualTime::ZERO,
                reported: None,
                has_ended: false,
            });
        }
        deployment.end_with(ErrorCode::AlarmActive);
        let found = deployment.execution(LifecycleEventName::AfterAllowTraffic);
        let found = found.expect("it was begun");
        assert_eq!(found.id, "AfterAllowTraffic");
        assert!(found.has_ended);
        assert!(
            deployment
                .execution(LifecycleEventName::AllowTraffic)
                .is_none()
        );
    }

    #[test]
    fn rollback_events_are_read_by_the_apis_names() {
        for (name, code) in [
            ("DEPLOYMENT_FAILURE", ErrorCode::HookExecutionFailure),
            ("DEPLOYMENT_STOP_ON_ALARM", ErrorCode::AlarmActive),
            ("DEPLOYMENT_STOP_ON_REQUEST", ErrorCode::ManualStop),
        ] {
            let event = AutoRollbackEvent::of(code);
            assert_eq!(event.name(), name);
            assert_eq!(AutoRollbackEvent::parse(name), Some(event));
        }
        assert_eq!(AutoRollbackEvent::parse("DEPLOYMENT_SUCCESS"), None);
    }

    #[test]
    fn an_error_code_is_shown_as_it_is_serialised() {
        for code in [
            ErrorCode::AlarmActive,
            ErrorCode::HookExecutionFailure,
            ErrorCode::Timeout,
            ErrorCode::ManualStop,
            ErrorCode::InvalidLambdaConfiguration,
        ] {
            assert_eq!(serde_json::to_value(code).unwrap(), code.to_string());
        }
    }

    #[test]
    fn ids_are_shaped_as_aws_shapes_them() {
        let id = deployment_id(Draws::new(1), 0);
        assert!(is_deployment_id(&id) && id.len() == 11, "{id}");
        assert!(
            !is_deployment_id("x-ABC") && !is_deployment_id("d-") && !is_deployment_id("d-abc")
        );
        let id = execution_id(Draws::new(1), 0);
        assert!(id.starts_with("eyJ") && id.len() == 113, "{id}");
        assert_ne!(id, execution_id(Draws::new(1), 1));
    }

    #[test]
    fn the_alarm_message_names_alarms_in_angle_brackets() {
        assert!(
            alarm_message(&["a".to_owned(), "b".to_owned()]).ends_with("Activated alarms: <a> <b>")
        );
    }
}
