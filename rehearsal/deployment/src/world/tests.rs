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
use serde_json::json;

use super::*;
use crate::alarm::{Alarm, AlarmState, Comparison, Judgement, MissingData};
use crate::asynchronous::{AsyncRetries, Payload};
use crate::code_deploy::{AutoRollbackEvent, DeploymentStatus, ErrorCode};
use crate::event::InvocationOutcome;
use crate::fault::FaultKind;
use crate::lifecycle::LifecycleEventName;
use crate::metric::{Metric, Statistic};
use crate::plan::{self, Target, WatchedAlarm};
use crate::rehearsal::{Timing, Traffic};
use crate::report::Report;
use crate::request::{HttpRequest, Request, RequestKind};
use crate::service_metrics::{ApiKind, ApiStage};
use crate::time::MINUTE_MS;
use crate::traffic_shift::TrafficShift;
use puppet::*;
