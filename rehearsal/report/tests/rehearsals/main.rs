//! Whole rehearsals without a process, from a plan to its report: a puppet answers every command.
//!
//! - `shifts`: deployments that succeed. `ends`: those that alarms or hooks end. `several`: several in one update.
//! - `given_up`: hooks whose events Lambda gives up. `hook_calls`: what a hook calls while it runs.
//! - `loops`: functions that would run for ever.
//! - `on_behalf_of`: what live requests lead to.
//! - `requests`: live requests, through an API and directly.
//! - `reservations`: what makes a success less. `readers`: reports as other tools and people take them.
//! - `inputs`: whatever comes in, in whatever order. `why`: what the report tells of why things happened.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod ends;
mod given_up;
mod hook_calls;
mod inputs;
mod loops;
mod on_behalf_of;
mod page;
mod puppet;
mod readers;
mod requests;
mod reservations;
mod several;
mod shifts;
mod why;

use std::collections::BTreeMap;

use proptest::prelude::*;
use puppet::*;
use rehearsal_aws::account::Account;
use rehearsal_aws::apigateway::route::{Api, Authorization, InvokeMode, PayloadFormat, Route};
use rehearsal_aws::apigateway::stage::{ApiKind, ApiStage};
use rehearsal_aws::call::{AwsAnswer, AwsCall, Passed};
use rehearsal_aws::cloudwatch::metric::{Metric, Statistic};
use rehearsal_aws::cloudwatch::metric_alarm::{
    Alarm, AlarmState, Comparison, Judgement, MissingData, Watched,
};
use rehearsal_aws::codedeploy::deployment::{AutoRollbackEvent, DeploymentStatus, ErrorCode};
use rehearsal_aws::codedeploy::lifecycle::LifecycleEventName;
use rehearsal_aws::codedeploy::traffic_routing::TrafficRouting;
use rehearsal_aws::codedeploy::traffic_shift::TrafficShift;
use rehearsal_aws::lambda::alias::Alias;
use rehearsal_aws::lambda::asynchronous::{AsyncRetries, Payload};
use rehearsal_aws::lambda::invoke::{InvocationType, LambdaError};
use rehearsal_aws::principal::{OnBehalfOf, Principal};
use rehearsal_aws::random::Draws;
use rehearsal_aws::time::{MINUTE_MS, VirtualTime};
use rehearsal_deployment::Changing;
use rehearsal_deployment::Happening;
use rehearsal_deployment::event::{Evidence, InvocationOutcome};
use rehearsal_deployment::fault::FaultKind;
use rehearsal_deployment::plan::apis::{ChangingApi, FrontApi};
use rehearsal_deployment::plan::{self, Decision, Gate, Judged, Plan, WatchedAlarm};
use rehearsal_deployment::rehearsal::{Limits, Timing, Traffic};
use rehearsal_deployment::request::{Front, HttpRequest, Request, RequestKind};
use rehearsal_deployment::world::*;
use rehearsal_report::{Report, Reservation, ReservationKind};
use rehearsal_template::Place;
use rehearsal_template::stack::{NotRehearsed, NotRehearsedKind};
use serde_json::json;
