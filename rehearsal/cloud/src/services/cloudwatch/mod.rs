//! CloudWatch: the metrics that functions put (API model 2010-08-01).
//!
//! One operation in three protocols, as SDKs of different ages send it: the query protocol, JSON 1.0, CBOR ([`query`], [`cbor`]). What an
//! SDK would compress, it does not: the environment of functions says so.

mod cbor;
mod query;

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, HeaderName};
use http::request::Parts;
use http::{HeaderValue, StatusCode};
use rehearsal_aws::call::{AwsAnswer, AwsCall};
use rehearsal_aws::cloudwatch::put_metric_data::MetricData;
use rehearsal_aws::service::Service;
use rehearsal_host::listener::answer;
use serde_json::Value;

use super::interference::{Course, ErrorForm};
use super::refused::Refused;
use super::served::HttpAnswer;
use super::wire::Wire;
use super::{Call, json};
use crate::backend::{Backend, Interference};

/// The only operation that is served.
pub(super) const OPERATION: &str = "PutMetricData";

/// Serves a call. `None` closes the connection.
pub(super) async fn serve(backend: &dyn Backend, call: Call) -> Option<HttpAnswer> {
    let Call { head, body, caller } = call;
    let wire = Wire::of(Service::CloudWatch.name(), &head);
    let refuse = |operation: &str, code: &str, message: &str| {
        let mut answer = wire.error(400, code, message);
        let refused = Refused::new(code, message).of(operation);
        answer.extensions_mut().insert(refused);
        Some(answer)
    };
    let operation = wire.operation(&head, &body);
    if operation != OPERATION {
        let message = format!(
            "{operation} of {} is not served in a rehearsal; served is {OPERATION}",
            Service::CloudWatch
        );
        return refuse(&operation, "UnknownOperationException", &message);
    }
    let data = match input(wire, &head, &body) {
        Ok(input) => MetricData::read(&input),
        Err(message) => return refuse(OPERATION, "SerializationException", &message),
    };
    let data = match data {
        Ok(data) => data,
        Err(invalid) => return refuse(OPERATION, invalid.code, &invalid.message),
    };
    let asked = AwsCall::PutMetricData(data);
    let interference = backend
        .interference(caller.clone(), &asked, Vec::new())
        .await;
    match interference.act(&wire).await {
        Course::GoesOn => {}
        Course::Answered(answer) => return Some(*answer),
        Course::Closed => return None,
    }
    let answer = match backend.call(caller, asked, Bytes::new()).await {
        Some(AwsAnswer::MetricsTaken) => taken(wire),
        _ => wire.error(500, "InternalFailure", "the rehearsal has ended"),
    };
    (interference != Interference::DropAnswer).then_some(answer)
}

/// The input of a call, in the shape that all protocols share.
///
/// # Errors
/// Why it cannot be read.
fn input(wire: Wire, head: &Parts, body: &[u8]) -> Result<Value, String> {
    if head.headers.contains_key(CONTENT_ENCODING) {
        return Err("a compressed request is not read in a rehearsal, which asks SDKs for plain ones (AWS_DISABLE_REQUEST_COMPRESSION)".to_owned());
    }
    match wire {
        Wire::Query => query::read(body),
        Wire::Cbor => cbor::read(body).map_err(|unreadable| unreadable.to_string()),
        _ => serde_json::from_slice(body).map_err(|problem| problem.to_string()),
    }
}

/// A good answer, which says nothing.
fn taken(wire: Wire) -> HttpAnswer {
    let (kind, body) = match wire {
        Wire::Query => (
            "text/xml",
            "<PutMetricDataResponse xmlns=\"http://monitoring.amazonaws.com/doc/2010-08-01/\"><ResponseMetadata/></PutMetricDataResponse>",
        ),
        // An operation without an output has no body there (Smithy, "RPC v2 CBOR", 4.2).
        Wire::Cbor => ("application/cbor", ""),
        _ => (json::V1_0, "{}"),
    };
    let mut answer = json::with_request_id(answer(StatusCode::OK, kind, body));
    if wire == Wire::Cbor {
        let protocol = HeaderName::from_static("smithy-protocol");
        let version = HeaderValue::from_static("rpc-v2-cbor");
        answer.headers_mut().insert(protocol, version);
    }
    answer
}
