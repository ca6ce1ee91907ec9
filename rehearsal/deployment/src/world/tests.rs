//! Whole rehearsals without a process: a puppet answers every command.
//!
//! - `shifts`: deployments that succeed. `ends`: those that alarms or hooks end. `several`: several in one update.
//! - `given_up`: hooks whose events Lambda gives up. `hook_calls`: what a hook calls while it runs.
//! - `loops`: functions that would run for ever.
//! - `requests`: live requests, through an API and directly.
//! - `inputs`: whatever comes in, in whatever order.

mod ends;
mod given_up;
mod hook_calls;
mod inputs;
mod loops;
mod puppet;
mod requests;
mod several;
mod shifts;

use std::collections::BTreeMap;

use proptest::prelude::*;
use puppet::*;
use rehearsal_aws::apigateway::stage::{ApiKind, ApiStage};
use rehearsal_aws::cloudwatch::metric::{Metric, Statistic};
use rehearsal_aws::cloudwatch::metric_alarm::{
    Alarm, AlarmState, Comparison, Judgement, MissingData,
};
use rehearsal_aws::codedeploy::deployment::{AutoRollbackEvent, DeploymentStatus, ErrorCode};
use rehearsal_aws::codedeploy::lifecycle::LifecycleEventName;
use rehearsal_aws::codedeploy::traffic_routing::TrafficRouting;
use rehearsal_aws::codedeploy::traffic_shift::TrafficShift;
use rehearsal_aws::lambda::asynchronous::{AsyncRetries, Payload};
use rehearsal_aws::time::MINUTE_MS;
use serde_json::json;

use super::*;
use crate::event::InvocationOutcome;
use crate::fault::FaultKind;
use crate::plan::{self, Target, WatchedAlarm};
use crate::rehearsal::{Timing, Traffic};
use crate::report::Report;
use crate::request::{HttpRequest, Request, RequestKind};
