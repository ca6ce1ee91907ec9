//! What an operator reads when a version fails, word by word.

use std::time::Duration;

use contacts_testing::result;
use http::{Method, StatusCode};
use lifecycle_hook::{Request, Response, TransportError};
use serde_json::json;

use crate::load::timed;
use crate::support::{SAMPLED, Way, asks_limit, edit, reads_one, run_with_faults};

/// The detail of a check that a fault fails.
async fn detail_of<F>(check: &str, fault: F) -> String
where
    F: Fn(Way, &Request, &mut Response) -> Result<(), TransportError> + Send + Sync + 'static,
{
    let verdict = run_with_faults(fault).await;
    let result = result(&verdict, check);
    assert!(result.status.is_failure(), "{result:?}");
    result.detail.clone().unwrap()
}

fn answers_as(
    version: &'static str,
) -> impl Fn(Way, &Request, &mut Response) -> Result<(), TransportError> {
    move |way, _, response| {
        if way == Way::New {
            response.executed_version = Some(version.to_owned());
        }
        Ok(())
    }
}

#[tokio::test]
async fn the_wrong_version() {
    let detail = detail_of("version-identity", answers_as("7")).await;
    insta::assert_snapshot!(detail, @"ask which version answers: expected an answer of version 8, got one of version 7 (request id request-1)");
    let detail = detail_of("sampled-requests", answers_as("7")).await;
    let counted = format!("{SAMPLED} of {SAMPLED} sampled requests failed");
    assert!(detail.starts_with(&counted), "{detail}");
}

/// The detail of a check of latency, when the first answer and the later ones take so many milliseconds.
async fn late(check: &str, first: u64, later: u64) -> String {
    let verdict = timed(1000, first, later).await;
    result(&verdict, check).detail.clone().unwrap()
}

#[tokio::test]
async fn a_late_answer() {
    insta::assert_snapshot!(late("latency", 1, 1200).await, @"measure a warm read: expected a median of at most 1000 ms (LATENCY_BUDGET_MS), got 1200 ms over 5 reads (request id request-1)");
    insta::assert_snapshot!(late("cold-start", 3400, 1).await, @"start cold and answer a first request: expected at most 3000 ms (3 × LATENCY_BUDGET_MS) from a cold start, got 3400 ms (request id request-1)");
    let lost = |_: Way, request: &Request, _: &mut Response| {
        if asks_limit(request, "2") {
            return Err(TransportError::TimedOut {
                target: "Lambda".to_owned(),
                after: Duration::from_secs(12),
            });
        }
        Ok(())
    };
    insta::assert_snapshot!(detail_of("list", lost).await, @"list contacts: Lambda did not answer within 12000 ms");
}

#[tokio::test]
async fn broken_old_data() {
    let misread = |broken: Way| {
        move |way: Way, request: &Request, response: &mut Response| {
            if way == broken && reads_one(request) && response.status == StatusCode::OK {
                edit(response, |body| {
                    let contact = body["data"].as_object_mut().unwrap();
                    // What either version has merged into the other's contact shows whose turn it is.
                    if contact.contains_key(if broken == Way::New { "old" } else { "new" }) {
                        contact.insert("account".to_owned(), json!("9007199254740993"));
                    }
                });
            }
            Ok(())
        }
    };
    insta::assert_snapshot!(detail_of("old-data", misread(Way::New)).await, @r#"version 8 reads what version 7 wrote: expected "account" to be 9007199254740993, got "9007199254740993" (request id request-1)"#);
    insta::assert_snapshot!(detail_of("old-data", misread(Way::Live)).await, @r#"version 7 reads what version 8 merged: expected "account" to be 9007199254740993, got "9007199254740993" (request id request-1)"#);
}

#[tokio::test]
async fn requests_without_a_signature_that_are_let_through() {
    let accepted = |way: Way, _: &Request, response: &mut Response| {
        if way == Way::Unsigned {
            response.status = StatusCode::OK;
            response.body = br#"{"data": [{"name": "Grace"}]}"#.to_vec();
        }
        Ok(())
    };
    insta::assert_snapshot!(detail_of("unsigned-requests", accepted).await, @"ask for /contacts without a signature: expected status 403, for the API asks for signatures (API_AUTHORIZATION is AWS_IAM), got status 200 (request id request-1)");
}

#[tokio::test]
async fn a_method_that_is_taken_and_a_route_that_is_unknown_to_the_gateway() {
    let no_allow = |way: Way, request: &Request, response: &mut Response| {
        if way == Way::New && request.method == Method::PUT {
            response.headers.remove("allow");
        }
        Ok(())
    };
    insta::assert_snapshot!(detail_of("routes", no_allow).await, @"refuse PUT on all contacts: expected an Allow header with GET, POST, without PUT, got none (request id request-1)");
    let no_route = |way: Way, request: &Request, response: &mut Response| {
        if way == Way::New && request.path == "/no-such-route" {
            response.status = StatusCode::FORBIDDEN;
            response.body = br#"{"message": "Missing Authentication Token"}"#.to_vec();
        }
        Ok(())
    };
    insta::assert_snapshot!(detail_of("routes", no_route).await, @"ask for an unknown route: expected status 404, got status 403 (Missing Authentication Token) (request id request-1)");
}
