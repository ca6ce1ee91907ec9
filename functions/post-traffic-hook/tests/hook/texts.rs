//! What an operator reads when the API fails, word by word.

use std::time::Duration;

use contacts_checks::CONFIGURATION;
use contacts_testing::{Canned, Server, Table, api_gateway, lookup, result, run, stage};

use crate::support::{TARGET, environment, parameter_store, self_signed};

/// The detail of `check` for the API at `url`, without the port that changes from run to run.
async fn detail_of(check: &str, url: &str, authorization: &str) -> String {
    let variables = [
        ("NEW_VERSION_ARN", TARGET),
        ("API_URL", url),
        ("API_AUTHORIZATION", authorization),
        ("SAMPLE_REQUESTS", "1"),
    ];
    let hook = contacts_https::hook(lookup(&variables), &environment(""));
    // Half of the time that is left is shorter than ALIAS_SETTLE here.
    let verdict = run(hook, Duration::from_secs(12)).await;
    let detail = result(&verdict, check).detail.clone().unwrap_or_default();
    let authority = url.split('/').nth(2).unwrap();
    detail.replace(authority, "127.0.0.1:443")
}

#[tokio::test]
async fn an_old_version_once_the_alias_has_settled() {
    let table = Table::start().await;
    let api = api_gateway(&table, true, |_| "7").await;
    let detail = detail_of("create-and-read", &stage(&api), "AWS_IAM").await;
    insta::assert_snapshot!(detail, @"create a contact: expected an answer of version 8, got one of version 7 (request id request-1)");
}

#[tokio::test]
async fn requests_without_a_signature_that_are_let_through() {
    let table = Table::start().await;
    let api = api_gateway(&table, false, |_| "8").await;
    let detail = detail_of("unsigned-requests", &stage(&api), "AWS_IAM").await;
    insta::assert_snapshot!(detail, @"ask for /contacts without a signature: expected status 403, for the API asks for signatures (API_AUTHORIZATION is AWS_IAM), got status 200 (request id request-1)");
}

#[tokio::test]
async fn an_api_that_takes_requests_without_a_signature() {
    let table = Table::start().await;
    let api = api_gateway(&table, false, |_| "8").await;
    let detail = detail_of("unsigned-requests", &stage(&api), "NONE").await;
    insta::assert_snapshot!(detail, @"API_AUTHORIZATION is NONE: the API takes requests without a signature");
}

#[tokio::test]
async fn failures_of_api_gateways_own() {
    let failure = Canned {
        status: 504,
        header: ("x-amzn-errortype", "IntegrationTimeoutException"),
        body: r#"{"message": "Endpoint request timed out"}"#,
    };
    let (server, _) = Server::answering(vec![failure]).await;
    let detail = detail_of("list", &stage(&server), "NONE").await;
    insta::assert_snapshot!(detail, @"list contacts: expected status 200, got status 504 without the function's envelope (Endpoint request timed out) (request id request-1)");
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for() {
    let detail = detail_of("create-and-read", &self_signed().await, "NONE").await;
    insta::assert_snapshot!(detail, @"create a contact: TLS with 127.0.0.1:443 failed: error sending request: client error (Connect): invalid peer certificate: UnknownIssuer");
}

#[tokio::test]
async fn a_parameter_that_the_update_has_yet_to_make() {
    let store = parameter_store(String::new()).await;
    let variables = [
        ("NEW_VERSION_ARN", TARGET),
        ("API_URL_PARAMETER", "/contacts/new/api-url"),
        ("API_AUTHORIZATION", "NONE"),
    ];
    let hook = contacts_https::hook(lookup(&variables), &environment(&store.url()));
    let verdict = run(hook, Duration::from_secs(12)).await;
    let detail = result(&verdict, CONFIGURATION).detail.clone();
    insta::assert_snapshot!(detail.unwrap_or_default(), @"the API's URL is not known: SSM parameter /contacts/new/api-url cannot be read: ParameterNotFound. In the update that first adds this hook to an existing stack, the hook runs before its parameter is made: deploy with RunPostTrafficHook=false first, and with true in the next update. Otherwise see what API_URL_PARAMETER names");
}
