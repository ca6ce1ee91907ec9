//! What the checks make is gone when they are over, and an API that cannot be found is looked for once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use contacts_checks::{Api, CONFIGURATION, Suite, TEST_TTL_SECONDS};
use contacts_testing::{Direct, Table, assert_ended, run};
use http::{Method, StatusCode};
use lifecycle_hook::{CheckStatus, Hook, Request, Response, Status, Transport, TransportError};
use serde_json::Value;

use crate::support::{
    AMPLE, VERSION, Way, all_checks, all_checks_over, faulty_api, run_with_fault,
};

#[tokio::test]
async fn a_panic_in_a_check_leaves_nothing_behind() {
    let verdict = run_with_fault(|request, _| {
        assert!(request.method != Method::PATCH, "the transport broke");
        Ok(())
    })
    .await;
    assert_ended(
        &verdict,
        "merge",
        CheckStatus::Panicked,
        &["the transport broke"],
    );
    assert_ended(&verdict, "delete", CheckStatus::Passed, &[]);
}

/// A road on which one kind of request never arrives.
struct Hanging(Direct);

impl Transport for Hanging {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        if request.method == Method::PATCH {
            std::future::pending::<()>().await;
        }
        self.0.send(request).await
    }
}

#[tokio::test]
async fn a_check_that_times_out_leaves_nothing_behind() {
    let table = Table::start().await;
    let hook = all_checks_over(
        Hanging(Direct::new(&table, VERSION)),
        Some(VERSION),
        Duration::ZERO,
    );
    let verdict = run(hook, Duration::from_secs(8)).await;
    assert_ended(
        &verdict,
        "merge",
        CheckStatus::TimedOut,
        &["not done after"],
    );
    assert_eq!(table.items(), [] as [Value; 0]);
}

#[tokio::test]
async fn a_contact_whose_creation_was_answered_by_nothing_expires_within_the_hour() {
    let table = Table::start().await;
    let fault = |_: Way, request: &Request, _: &mut Response| {
        if request.method == Method::POST {
            return Err(TransportError::TimedOut {
                target: "Lambda".to_owned(),
                after: Duration::from_secs(12),
            });
        }
        Ok(())
    };
    let verdict = run(all_checks(faulty_api(&table, fault)), AMPLE).await;
    assert_ended(
        &verdict,
        "delete",
        CheckStatus::Failed,
        &["create a contact: Lambda did not answer within 12000 ms"],
    );
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let left = table.items();
    // The live version makes one too, before the one under test is asked.
    assert_eq!(left.len(), 6, "one of each check that makes one");
    for item in left {
        let expires: u64 = item["expiresAt"]["N"].as_str().unwrap().parse().unwrap();
        assert!(
            expires > now && expires <= now + u64::from(TEST_TTL_SECONDS) + 1,
            "{item}"
        );
    }
}

#[tokio::test]
async fn what_could_not_be_deleted_is_named() {
    let table = Table::start().await;
    let fault = |_: Way, request: &Request, response: &mut Response| {
        if request.method == Method::DELETE {
            response.status = StatusCode::SERVICE_UNAVAILABLE;
        }
        Ok(())
    };
    let verdict = run(all_checks(faulty_api(&table, fault)), AMPLE).await;
    assert_ended(&verdict, "create-and-read", CheckStatus::Passed, &[]);
    let left = verdict
        .cleanup
        .iter()
        .find(|left| left.check == "create-and-read")
        .unwrap();
    assert!(left.name.starts_with("delete contact "), "{left:?}");
    assert!(
        left.detail.contains("expected status 204, got status 503"),
        "{left:?}"
    );
}

#[tokio::test]
async fn without_an_api_one_check_fails_and_the_others_point_to_it() {
    let suite = Suite::<Direct>::new(|| std::future::ready(Err("API_AUTHORIZATION is not set")));
    let hook = suite.version_identity(suite.contract(Hook::before_allow_traffic()));
    let verdict = run(hook, AMPLE).await;
    assert_eq!(verdict.status, Status::Failed);
    assert_ended(
        &verdict,
        CONFIGURATION,
        CheckStatus::Failed,
        &["API_AUTHORIZATION is not set"],
    );
    for check in verdict
        .checks
        .iter()
        .filter(|check| check.name != CONFIGURATION)
    {
        assert_ended(
            &verdict,
            &check.name,
            CheckStatus::Skipped,
            &["see configuration"],
        );
    }
}

#[tokio::test]
async fn the_api_is_looked_for_once_an_event_and_anew_for_the_next() {
    let table = Table::start().await;
    let api = Api::new(
        Direct::new(&table, VERSION),
        Some(VERSION.to_owned()),
        Duration::ZERO,
    );
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let suite = Suite::new(move || {
        let (api, asked) = (api.clone(), Arc::clone(&counted));
        async move {
            // As a look-up over the network would.
            tokio::task::yield_now().await;
            match asked.fetch_add(1, Ordering::Relaxed) {
                0 => Err("no such parameter"),
                _ => Ok(api),
            }
        }
    });
    let hook = suite.contract(Hook::before_allow_traffic());
    assert_eq!(run(hook.clone(), AMPLE).await.status, Status::Failed);
    assert_eq!(asked.load(Ordering::Relaxed), 1);
    assert_eq!(run(hook, AMPLE).await.status, Status::Succeeded);
    assert_eq!(asked.load(Ordering::Relaxed), 2);
}
