//! The whole hook, the contacts API behind the front door.

use std::time::Duration;

use axum::response::IntoResponse;
use contacts_checks::CONFIGURATION;
use contacts_testing::{Server, Table, api_gateway, assert_ended, lookup, result, run, stage};
use http::StatusCode;
use lifecycle_hook::{CheckStatus, Status, Verdict};
use serde_json::{Value, json};

use crate::support::{PARAMETER, TARGET, environment, parameter_store};

const AMPLE: Duration = Duration::from_mins(1);

async fn verdict(store: &Server, variables: &[(&str, &str)]) -> Verdict {
    let defaults = [
        ("NEW_VERSION_ARN", TARGET),
        ("API_URL_PARAMETER", PARAMETER),
        ("API_AUTHORIZATION", "AWS_IAM"),
        ("SAMPLE_REQUESTS", "12"),
    ];
    let variables = [variables, &defaults].concat();
    let environment = environment(&store.url());
    run(
        contacts_https::hook(lookup(&variables), &environment),
        AMPLE,
    )
    .await
}

#[tokio::test]
async fn a_healthy_api_passes_signed_and_its_table_is_as_it_was() {
    let table = Table::start().await;
    let api = api_gateway(&table, true, |_| "8").await;
    let store = parameter_store(stage(&api)).await;
    let verdict = verdict(&store, &[("LATENCY_BUDGET_MS", "5000")]).await;
    assert_eq!(verdict.status, Status::Succeeded, "{verdict:#?}");
    assert!(
        verdict
            .checks
            .iter()
            .all(|check| check.status == CheckStatus::Passed),
        "{verdict:#?}"
    );
    let sampled = &result(&verdict, "sampled-requests").notes;
    assert_eq!(
        (&sampled["sampled"], &sampled["asked_again"]),
        (&json!(12), &json!(0))
    );
    assert_eq!(table.items(), [] as [Value; 0]);
}

#[tokio::test]
async fn a_given_url_needs_no_parameter_and_an_open_api_no_signature() {
    let table = Table::start().await;
    let api = api_gateway(&table, false, |_| "8").await;
    let nowhere =
        Server::start(|_| async { StatusCode::INTERNAL_SERVER_ERROR.into_response() }).await;
    let url = stage(&api);
    let verdict = verdict(
        &nowhere,
        &[("API_URL", url.as_str()), ("API_AUTHORIZATION", "NONE")],
    )
    .await;
    assert_eq!(verdict.status, Status::Succeeded, "{verdict:#?}");
}

#[tokio::test]
async fn unsigned_requests_to_a_secured_api_are_a_finding() {
    let table = Table::start().await;
    let api = api_gateway(&table, true, |_| "8").await;
    let store = parameter_store(stage(&api)).await;
    let verdict = verdict(&store, &[("API_AUTHORIZATION", "NONE")]).await;
    let words = [
        "expected status 201, got status 403 (Missing Authentication Token) (request id request-1)",
    ];
    assert_ended(&verdict, "create-and-read", CheckStatus::Failed, &words);
    let words = ["12 of 12 sampled requests failed"];
    assert_ended(&verdict, "sampled-requests", CheckStatus::Failed, &words);
}

#[tokio::test]
async fn an_alias_that_still_settles_is_asked_again() {
    let table = Table::start().await;
    let api = api_gateway(&table, true, |number| if number < 6 { "7" } else { "8" }).await;
    let store = parameter_store(stage(&api)).await;
    let verdict = verdict(&store, &[]).await;
    assert_eq!(verdict.status, Status::Succeeded, "{verdict:#?}");
    assert_eq!(table.items(), [] as [Value; 0]);
}

#[tokio::test]
async fn an_old_version_that_never_goes_away_fails_after_the_alias_had_time_to_settle() {
    let table = Table::start().await;
    let api = api_gateway(&table, true, |_| "7").await;
    let store = parameter_store(stage(&api)).await;
    // Half of the time that is left is shorter than ALIAS_SETTLE here.
    let variables = [
        ("NEW_VERSION_ARN", TARGET),
        ("API_URL_PARAMETER", PARAMETER),
        ("API_AUTHORIZATION", "AWS_IAM"),
        ("SAMPLE_REQUESTS", "4"),
    ];
    let environment = environment(&store.url());
    let hook = contacts_https::hook(lookup(&variables), &environment);
    let verdict = run(hook, Duration::from_secs(12)).await;
    let words = [
        "4 of 4 sampled requests failed",
        "version 8, got one of version 7",
    ];
    assert_ended(&verdict, "sampled-requests", CheckStatus::Failed, &words);
    assert_eq!(table.items(), [] as [Value; 0]);
}

#[tokio::test]
async fn an_unqualified_target_skips_the_sample_and_checks_the_rest() {
    let table = Table::start().await;
    let api = api_gateway(&table, true, |_| "$LATEST").await;
    let store = parameter_store(stage(&api)).await;
    let verdict = verdict(&store, &[("NEW_VERSION_ARN", "contacts-api")]).await;
    assert_eq!(verdict.status, Status::Succeeded, "{verdict:#?}");
    assert_ended(
        &verdict,
        "sampled-requests",
        CheckStatus::Skipped,
        &["names no version"],
    );
}

#[tokio::test]
async fn a_missing_or_malformed_setting_is_a_failed_check() {
    let store = parameter_store("REPLACE ME".to_owned()).await;
    #[rustfmt::skip] // A table.
    let cases = [
        (vec![("API_AUTHORIZATION", "maybe")], "API_AUTHORIZATION is \"maybe\", expected AWS_IAM or NONE"),
        (vec![("SAMPLE_REQUESTS", "-3")], "SAMPLE_REQUESTS is \"-3\""),
        (vec![("BAKE_SECONDS", "900")], "BAKE_SECONDS is \"900\", expected a whole number from 0 to 780"),
        (vec![("NEW_VERSION_ARN", "")], "NEW_VERSION_ARN is not set"),
        (vec![("API_URL_PARAMETER", "")], "API_URL_PARAMETER is not set"),
        (vec![("API_URL_PARAMETER", "/contacts/other")], "SSM parameter /contacts/other cannot be read: ParameterNotFound"),
        (vec![], "SSM parameter /contacts/production/api-url holds no URL"),
    ];
    for (variables, words) in cases {
        let verdict = verdict(&store, &variables).await;
        assert!(
            !format!("{verdict:?}").contains("REPLACE ME"),
            "{verdict:?}"
        );
        assert_eq!(verdict.status, Status::Failed);
        assert_ended(&verdict, CONFIGURATION, CheckStatus::Failed, &[words]);
        assert_ended(
            &verdict,
            "sampled-requests",
            CheckStatus::Skipped,
            &["see configuration"],
        );
    }
}
