//! What happened, in order. Reports and displays are readers of these events; they ask nothing else.

use std::collections::BTreeMap;
use std::fmt;

use rehearsal_aws::cloudwatch::metric_alarm::AlarmState;
use rehearsal_aws::codedeploy::deployment::{DeploymentStatus, ErrorCode};
use rehearsal_aws::codedeploy::lifecycle::{LifecycleEventName, LifecycleEventStatus};
use rehearsal_aws::lambda::asynchronous::Condition;
use rehearsal_aws::time::VirtualTime;
use rehearsal_template::stack::NotPermitted;
use serde::{Deserialize, Serialize};

use crate::fault::FaultKind;

/// Something that happened at a virtual time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// When.
    pub at: VirtualTime,
    /// What.
    pub happening: Happening,
}

/// How an invocation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum InvocationOutcome {
    /// The function answered.
    Answered,
    /// The function reported an error.
    FunctionError,
    /// The function did not answer within its time-out.
    TimedOut,
    /// The process ended.
    Exited,
    /// The process never became ready.
    InitFailed,
    /// Too many requests; the function did not run.
    Throttled,
    /// There is no such route, function, alias or version now: nothing ran.
    NotServed,
}

impl fmt::Display for InvocationOutcome {
    /// The variant's name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// How what is added to Lambda's message of a time-out begins, where a function was taken to hang before its `Timeout` had passed.
pub const NOT_ANSWERED: &str = "; it had not answered";

/// What is known, for people, of why an invocation ended as it did. Nothing is decided by it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The type of the error that the function answered.
    pub error_type: Option<String>,
    /// The error's message.
    pub message: Option<String>,
    /// The last lines that it wrote while it ran.
    pub log: Vec<String>,
}

impl InvocationOutcome {
    /// Whether Lambda counts it among `Errors`.
    pub fn is_function_error(self) -> bool {
        !matches!(self, Self::Answered | Self::Throttled | Self::NotServed)
    }

    /// Whether the sandbox is gone afterwards.
    pub fn ends_sandbox(self) -> bool {
        matches!(self, Self::TimedOut | Self::Exited | Self::InitFailed)
    }
}

/// What a global secondary index is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum IndexState {
    /// It is being filled, and answers no query (`CREATING`).
    Filling,
    /// It answers (`ACTIVE`).
    Active,
    /// It is gone.
    Deleted,
}

/// The code of a call that no one serves: of a service, or of an operation of it.
pub const NOT_SERVED: &str = "UnknownOperationException";

/// A call that a service refused.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RefusedCall {
    /// The logical id of the function that called.
    pub function: String,
    /// The service, by its signing name: `codedeploy`.
    pub service: String,
    /// The operation: `PutLifecycleEventHookExecutionStatus`, or method and path where it is not known by name.
    pub operation: String,
    /// The error's code: `InvalidLifecycleEventHookExecutionStatusException`.
    pub code: String,
    /// The error's message.
    pub message: String,
}

/// A call that a function made after it had answered. Lambda freezes it between its invocations, so that the call is late there, or lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallBetweenInvocations {
    /// The function's logical id.
    pub function: String,
    /// The service and the operation: `sqs SendMessage`.
    pub call: String,
    /// The template's line where the function stands.
    pub line: u32,
}

/// What happened. `deployment` is a deployment's index in the plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Happening {
    /// The stack's update has come to these resources.
    UpdateReached {
        /// Their logical ids.
        resources: Vec<String>,
    },
    /// CodeDeploy has a new deployment.
    DeploymentCreated {
        /// Which.
        deployment: usize,
        /// Its id.
        id: String,
    },
    /// A lifecycle event has a new status.
    LifecycleEvent {
        /// Whose.
        deployment: usize,
        /// Which.
        event: LifecycleEventName,
        /// Its status.
        status: LifecycleEventStatus,
    },
    /// A hook was invoked, for the first time or again.
    HookInvoked {
        /// For which deployment.
        deployment: usize,
        /// For which event.
        event: LifecycleEventName,
        /// The hook's logical id.
        function: String,
        /// From 1.
        attempt: u32,
    },
    /// A hook's invocation ended, with or without a report.
    HookEnded {
        /// For which deployment.
        deployment: usize,
        /// For which event.
        event: LifecycleEventName,
        /// How.
        outcome: InvocationOutcome,
        /// What it answered.
        answer: Option<String>,
        /// What else is known, for people.
        detail: Option<String>,
        /// The last lines that it wrote.
        log: Vec<String>,
    },
    /// Lambda gave up an asynchronous event: a hook's, or the record of one.
    EventGivenUp {
        /// For which deployment.
        deployment: usize,
        /// For which event.
        event: LifecycleEventName,
        /// The logical id of the function that failed.
        function: String,
        /// How often it ran.
        attempts: u32,
        /// Why.
        condition: Condition,
        /// The logical id of the function that gets the record.
        destination: Option<String>,
    },
    /// An on-failure destination was invoked with a record, for the first time or again.
    DestinationInvoked {
        /// For which deployment.
        deployment: usize,
        /// For which event.
        event: LifecycleEventName,
        /// The destination's logical id.
        function: String,
        /// From 1.
        attempt: u32,
    },
    /// An on-failure destination's invocation ended, with or without a report.
    DestinationEnded {
        /// For which deployment.
        deployment: usize,
        /// For which event.
        event: LifecycleEventName,
        /// The destination's logical id.
        function: String,
        /// How.
        outcome: InvocationOutcome,
        /// What else is known, for people.
        detail: Option<String>,
    },
    /// Lambda stopped an invocation of this function, because it ran too often in one chain. Reported once for each function.
    RecursionStopped {
        /// Its logical id.
        function: String,
    },
    /// A service refused a function's call, and no fault did.
    CallRefused(RefusedCall),
    /// Someone called `PutLifecycleEventHookExecutionStatus`, and it took effect.
    StatusReported {
        /// For which deployment.
        deployment: usize,
        /// For which event.
        event: LifecycleEventName,
        /// Whether it was `Succeeded`.
        succeeded: bool,
        /// The logical id of the function that called.
        by: String,
    },
    /// An alias has new weights.
    TrafficShifted {
        /// Whose.
        deployment: usize,
        /// Shares by version.
        shares: BTreeMap<String, f64>,
    },
    /// A live request was answered.
    RequestServed {
        /// When it arrived. Its metrics are of then.
        arrived: VirtualTime,
        /// Its number.
        index: u64,
        /// The deployment whose alias served it, if one did.
        deployment: Option<usize>,
        /// The logical id of the function that served it; where none did, of the API or the function that was asked.
        function: String,
        /// The version that served it; empty where none did.
        version: String,
        /// The request, an index into the traffic's.
        kind: usize,
        /// How the invocation ended.
        outcome: InvocationOutcome,
        /// The HTTP status; `None` for a direct invocation.
        status: Option<u16>,
        /// Whether its caller takes it for an error.
        error: bool,
        /// The fault that acted on it, or on what it led to: a call to a service, a function that was invoked.
        fault: Option<FaultKind>,
        /// What is known of an error.
        evidence: Option<Box<Evidence>>,
    },
    /// An alarm was evaluated: what it found, and the state from then on.
    AlarmEvaluated {
        /// Its logical id, or its name where the template has none.
        alarm: String,
        /// The newest of its data points; `None` where it is missing, and for an alarm that has none.
        point: Option<f64>,
        /// Its state.
        state: AlarmState,
        /// Why, in words.
        reason: String,
    },
    /// An alarm changed its state.
    AlarmChanged {
        /// Its logical id, or its name where the template has none.
        alarm: String,
        /// The new state.
        state: AlarmState,
    },
    /// A deployment has its final status.
    DeploymentEnded {
        /// Which.
        deployment: usize,
        /// The status.
        status: DeploymentStatus,
        /// The code, unless it succeeded.
        error_code: Option<ErrorCode>,
        /// The message, unless it succeeded.
        message: Option<String>,
        /// The logical ids of the alarms that stopped it.
        alarms: Vec<String>,
    },
    /// CodeDeploy made a deployment that goes back.
    RollbackCreated {
        /// Of which deployment.
        deployment: usize,
        /// Its own id.
        id: String,
    },
    /// The deployment that goes back has ended.
    RollbackEnded {
        /// Of which deployment.
        deployment: usize,
        /// Its status.
        status: DeploymentStatus,
    },
    /// A resource of the stack's update cannot be had, so that it goes back.
    UpdateFailed {
        /// Its logical id.
        logical_id: String,
        /// Why, in the words of CloudFormation.
        reason: String,
    },
    /// A person stopped a deployment.
    StoppedByHand {
        /// Which.
        deployment: usize,
        /// The action, an index into the plan's.
        action: usize,
    },
    /// A global secondary index of a table has come, is full, or has gone.
    IndexChanged {
        /// The table's logical id.
        table: String,
        /// The index's name.
        index: String,
        /// What it is now.
        state: IndexState,
    },
    /// The stack's update is complete.
    UpdateCompleted,
    /// The stack went back: these resources are as before the update.
    UpdateRolledBack {
        /// Their logical ids, in the order in which they went back.
        resources: Vec<String>,
        /// The logical ids of those that the update had created and that stay.
        kept: Vec<String>,
    },
    /// How many calls each of the rehearsal's faults acted on, in their order. Once, at the end.
    FaultsActed {
        /// The counts.
        counts: Vec<u64>,
    },
    /// These alarms are given as in ALARM at some time, and were not while a deployment ran that they could stop. Once, at the end, where a
    /// deployment began and there are such alarms.
    AlarmsNotMet {
        /// Their names, as the rehearsal file has them.
        alarms: Vec<String>,
    },
    /// Nothing was ever sent that these gates wait for. Once, at the end, where there are such gates.
    NothingSent {
        /// Their logical ids, or names where the template has none.
        gates: Vec<String>,
    },
    /// What functions did after they had answered, where Lambda freezes them. Once, at the end, where there is such.
    CalledBetweenInvocations {
        /// The first call of each function.
        calls: Vec<CallBetweenInvocations>,
    },
    /// Processes of these functions ran that could write outside `/tmp`, where nothing can on Lambda. Once, at the end, where there are such.
    NotConfined {
        /// Their logical ids.
        functions: Vec<String>,
    },
    /// How long functions take is modelled, and these are slow on this machine. Once, at the end, where there are such.
    SlowHere {
        /// Their logical ids.
        functions: Vec<String>,
    },
    /// What functions were told that nobody has given: `caller of GET /orders`. Once, at the end, where there is such.
    MadeUp {
        /// What, each once.
        values: Vec<String>,
    },
    /// What ran here and AWS would not have let run. Once, at the end, where there is such.
    NotPermitted {
        /// What, and why.
        denied: Vec<NotPermitted>,
    },
    /// The rehearsal is over.
    Finished,
}

impl Happening {
    /// The deployment that it is part of, an index into the plan's; `None` for what is the whole stack's, and for live requests.
    pub fn deployment(&self) -> Option<usize> {
        match self {
            Self::DeploymentCreated { deployment, .. }
            | Self::LifecycleEvent { deployment, .. }
            | Self::HookInvoked { deployment, .. }
            | Self::HookEnded { deployment, .. }
            | Self::EventGivenUp { deployment, .. }
            | Self::DestinationInvoked { deployment, .. }
            | Self::DestinationEnded { deployment, .. }
            | Self::StatusReported { deployment, .. }
            | Self::TrafficShifted { deployment, .. }
            | Self::DeploymentEnded { deployment, .. }
            | Self::RollbackCreated { deployment, .. }
            | Self::StoppedByHand { deployment, .. }
            | Self::RollbackEnded { deployment, .. } => Some(*deployment),
            Self::UpdateReached { .. }
            | Self::RecursionStopped { .. }
            | Self::CallRefused(_)
            | Self::RequestServed { .. }
            | Self::AlarmEvaluated { .. }
            | Self::AlarmChanged { .. }
            | Self::IndexChanged { .. }
            | Self::UpdateFailed { .. }
            | Self::UpdateCompleted
            | Self::UpdateRolledBack { .. }
            | Self::FaultsActed { .. }
            | Self::AlarmsNotMet { .. }
            | Self::NothingSent { .. }
            | Self::CalledBetweenInvocations { .. }
            | Self::NotConfined { .. }
            | Self::SlowHere { .. }
            | Self::MadeUp { .. }
            | Self::NotPermitted { .. }
            | Self::Finished => None,
        }
    }

    /// The deployment and lifecycle event that it is about; `None` for what concerns no single lifecycle event.
    pub fn lifecycle_event(&self) -> Option<(usize, LifecycleEventName)> {
        match self {
            Self::LifecycleEvent {
                deployment, event, ..
            }
            | Self::HookInvoked {
                deployment, event, ..
            }
            | Self::HookEnded {
                deployment, event, ..
            }
            | Self::EventGivenUp {
                deployment, event, ..
            }
            | Self::DestinationInvoked {
                deployment, event, ..
            }
            | Self::DestinationEnded {
                deployment, event, ..
            }
            | Self::StatusReported {
                deployment, event, ..
            } => Some((*deployment, *event)),
            _ => None,
        }
    }
}
