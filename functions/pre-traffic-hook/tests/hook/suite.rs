//! The whole hook, the contacts API behind the endpoint.

use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::body::to_bytes;
use axum::extract::Request;
use axum::response::IntoResponse;
use contacts_api::{Api, Gateway};
use contacts_checks::CONFIGURATION;
use contacts_testing::{Server, Table, assert_ended, lookup, result, run};
use lambda_runtime::{Context, LambdaEvent};
use lifecycle_hook::{CheckStatus, Status, Verdict};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::support::{FUNCTION, SERVED, TARGET, THROTTLED, environment};

pub const AMPLE: Duration = Duration::from_mins(1);

/// A version of the contacts API's function, which says it is `executed`.
async fn invoked(api: Api, executed: &'static str, request: Request) -> axum::response::Response {
    let event = to_bytes(request.into_body(), usize::MAX).await.unwrap();
    let event = LambdaEvent::new(serde_json::from_slice(&event).unwrap(), Context::default());
    let answer = Gateway::new(api).oneshot(event).await.unwrap();
    let headers = [
        ("x-amz-executed-version", executed),
        ("x-amzn-requestid", "request-1"),
    ];
    (headers, serde_json::to_string(&answer).unwrap()).into_response()
}

/// A Lambda endpoint behind which the contacts API runs as one version, and says it is `executed`.
async fn contacts_function(table: &Table, version: &str, executed: &'static str) -> Server {
    let api = table.api(version);
    Server::start(move |request: Request| invoked(api.clone(), executed, request)).await
}

/// A Lambda endpoint with version 8, and version 7 behind the alias.
async fn two_versions(table: &Table) -> Server {
    let (new, old) = (table.api("8"), table.api("7"));
    Server::start(move |request: Request| {
        if request.uri().path().ends_with("live/invocations") {
            invoked(old.clone(), "7", request)
        } else {
            invoked(new.clone(), "8", request)
        }
    })
    .await
}

/// The verdict of the hook with these variables.
async fn verdict(lambda: &Server, variables: &[(&str, &str)]) -> Verdict {
    let hook = pre_traffic_hook::hook(lookup(variables), &environment(&lambda.url()));
    run(hook, AMPLE).await
}

#[tokio::test]
async fn a_healthy_version_passes_every_check_and_its_table_is_as_it_was() {
    let table = Table::start().await;
    let lambda = two_versions(&table).await;
    let live = format!("{FUNCTION}:live");
    let variables = [
        ("NEW_VERSION_ARN", TARGET),
        ("LIVE_ALIAS_ARN", live.as_str()),
        ("LATENCY_BUDGET_MS", "10000"),
        ("CONCURRENT_INVOCATIONS", "5"),
    ];
    let verdict = verdict(&lambda, &variables).await;
    assert_eq!(verdict.status, Status::Succeeded, "{verdict:#?}");
    for check in &verdict.checks {
        assert_eq!(check.status, CheckStatus::Passed, "{check:?}");
    }
    let noted = |name: &str, key: &str| result(&verdict, name).notes[key].clone();
    assert_eq!(noted(CONFIGURATION, "version"), json!("8"));
    assert_eq!(noted("old-data", "live_version"), json!("7"));
    assert_eq!(noted("table", "table"), json!("contacts"));
    assert_eq!(noted("concurrent-invocations", "invocations"), json!(5));
    assert!(noted("cold-start", "first_ms").as_u64() > Some(0));
    assert_eq!(table.items(), [] as [Value; 0]);
}

#[tokio::test]
async fn a_version_that_is_another_than_the_one_asked_for_fails() {
    let table = Table::start().await;
    let lambda = contacts_function(&table, "7", "7").await;
    let verdict = verdict(&lambda, &[("NEW_VERSION_ARN", TARGET)]).await;
    assert_eq!(verdict.status, Status::Failed);
    let words = ["expected an answer of version 8, got one of version 7 (request id request-1)"];
    assert_ended(&verdict, "version-identity", CheckStatus::Failed, &words);
    assert_eq!(table.items(), [] as [Value; 0]);
}

#[tokio::test]
async fn a_function_that_does_not_know_its_own_version_fails_identity() {
    let table = Table::start().await;
    let lambda = contacts_function(&table, "7", "8").await;
    let verdict = verdict(&lambda, &[("NEW_VERSION_ARN", TARGET)]).await;
    assert_ended(
        &verdict,
        "version-identity",
        CheckStatus::Failed,
        &["version 8", "version 7"],
    );
}

#[tokio::test]
async fn an_unqualified_target_skips_identity_and_checks_the_rest() {
    let table = Table::start().await;
    let lambda = contacts_function(&table, "$LATEST", "$LATEST").await;
    let verdict = verdict(&lambda, &[("NEW_VERSION_ARN", "contacts-api")]).await;
    assert_eq!(verdict.status, Status::Succeeded, "{verdict:#?}");
    assert_ended(
        &verdict,
        "version-identity",
        CheckStatus::Skipped,
        &["names no version"],
    );
    for name in ["cold-start", "latency"] {
        assert_ended(&verdict, name, CheckStatus::Skipped, &["LATENCY_BUDGET_MS"]);
    }
    assert_ended(
        &verdict,
        "old-data",
        CheckStatus::Skipped,
        &["LIVE_ALIAS_ARN"],
    );
}

#[tokio::test]
async fn a_missing_or_malformed_variable_is_a_failed_check() {
    let (lambda, asked) = Server::answering(vec![SERVED]).await;
    for (variables, words) in [
        (vec![], "NEW_VERSION_ARN is not set"),
        (
            vec![("NEW_VERSION_ARN", "${Contacts.Version}")],
            "names no Lambda function",
        ),
        (
            vec![("NEW_VERSION_ARN", TARGET), ("LATENCY_BUDGET_MS", "fast")],
            "LATENCY_BUDGET_MS is \"fast\"",
        ),
        (
            vec![
                ("NEW_VERSION_ARN", TARGET),
                ("CONCURRENT_INVOCATIONS", "100"),
            ],
            "CONCURRENT_INVOCATIONS is \"100\", expected a whole number from 1 to 20",
        ),
    ] {
        let verdict = verdict(&lambda, &variables).await;
        assert_eq!(verdict.status, Status::Failed);
        assert_ended(&verdict, CONFIGURATION, CheckStatus::Failed, &[words]);
        assert_ended(
            &verdict,
            "merge",
            CheckStatus::Skipped,
            &["see configuration"],
        );
    }
    assert_eq!(asked.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn throttled_invocations_are_tried_again_and_no_failure_of_the_version() {
    let table = Table::start().await;
    let api = table.api("8");
    // The first attempt of each is turned away, as where the account has no concurrency left for it.
    let lambda = Server::start(move |request: Request| {
        let api = api.clone();
        let attempt = request.headers()["amz-sdk-request"].to_str().unwrap();
        let is_first = attempt.starts_with("attempt=1;");
        async move {
            if is_first {
                THROTTLED.into_response()
            } else {
                invoked(api, "8", request).await
            }
        }
    })
    .await;
    let verdict = verdict(&lambda, &[("NEW_VERSION_ARN", TARGET)]).await;
    assert_eq!(verdict.status, Status::Succeeded, "{verdict:#?}");
    let throttled: u64 = verdict
        .checks
        .iter()
        .filter_map(|check| check.notes.get("throttled")?.as_u64())
        .sum();
    assert!(throttled > 20, "{verdict:#?}");
    assert_eq!(table.items(), [] as [Value; 0]);
}

#[tokio::test]
async fn a_version_without_its_table_is_told_so_by_name() {
    let table = Table::start().await;
    let api = table.api_of("no-such-table", "8");
    let lambda = Server::start(move |request: Request| invoked(api.clone(), "8", request)).await;
    let verdict = verdict(&lambda, &[("NEW_VERSION_ARN", TARGET)]).await;
    assert_eq!(verdict.status, Status::Failed);
    let words = [
        "scan the table: expected an answer of the table no-such-table, got status 503",
        "TABLE_NAME",
    ];
    assert_ended(&verdict, "table", CheckStatus::Failed, &words);
    assert_ended(&verdict, "routes", CheckStatus::Passed, &[]);
}
