//! Which version answers, and while an alias settles.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use contacts_checks::CONFIGURATION;
use contacts_testing::{Direct, Table, assert_ended, result, run};
use lifecycle_hook::{CheckStatus, Request, Response, Status, Transport, TransportError};
use serde_json::{Value, json};

use crate::support::{
    AMPLE, OLD_VERSION, VERSION, all_checks_over, asks_limit, assert_only_fails, edit,
    run_with_fault,
};

#[tokio::test]
async fn another_version_fails_every_check_that_asks_it() {
    let verdict = run_with_fault(|_, response| {
        response.executed_version = Some("9".to_owned());
        Ok(())
    })
    .await;
    // The one asks nothing of the version, and the other asks without a signature.
    let others = [CONFIGURATION, "unsigned-requests"];
    for check in &verdict.checks {
        if !others.contains(&check.name.as_str()) {
            let words = ["version 8", "version 9", "(request id request-1)"];
            assert_ended(&verdict, &check.name, CheckStatus::Failed, &words);
        }
    }
}

#[tokio::test]
async fn the_envelope_can_give_another_version_away() {
    let verdict = run_with_fault(|request, response| {
        if asks_limit(request, "1") {
            edit(response, |body| {
                body["metadata"]["function_version"] = json!("7");
            });
        }
        Ok(())
    })
    .await;
    assert_only_fails(
        &verdict,
        &[
            "version-identity",
            "table",
            "sampled-requests",
            "cold-start",
            "latency",
        ],
    );
    let words =
        ["ask which version answers: expected an answer of version 8, got one of version 7"];
    assert_ended(&verdict, "version-identity", CheckStatus::Failed, &words);
    let words = ["6 of 6 sampled requests failed; the first: sampled request"];
    assert_ended(&verdict, "sampled-requests", CheckStatus::Failed, &words);
}

#[tokio::test]
async fn a_target_without_a_version_skips_identity_and_says_so() {
    let table = Table::start().await;
    let hook = all_checks_over(Direct::new(&table, "$LATEST"), None, Duration::ZERO);
    let verdict = run(hook, AMPLE).await;
    assert_eq!(verdict.status, Status::Succeeded, "{verdict:#?}");
    for name in ["version-identity", "sampled-requests"] {
        assert_ended(
            &verdict,
            name,
            CheckStatus::Skipped,
            &["NEW_VERSION_ARN names no version"],
        );
    }
    assert_ended(&verdict, "create-and-read", CheckStatus::Passed, &[]);
    assert_eq!(
        result(&verdict, CONFIGURATION).notes["version"],
        json!("any")
    );
}

/// An alias that still sends some requests to the old version: every third, as long as there are any left.
struct Settling {
    new: Direct,
    old: Direct,
    sent: AtomicUsize,
    old_answers: usize,
}

impl Transport for Settling {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let number = self.sent.fetch_add(1, Ordering::Relaxed);
        let old = number.is_multiple_of(3) && number / 3 < self.old_answers;
        if old {
            self.old.send(request).await
        } else {
            self.new.send(request).await
        }
    }
}

fn settling(table: &Table, old_answers: usize) -> Settling {
    Settling {
        new: Direct::new(table, VERSION),
        old: Direct::new(table, OLD_VERSION),
        sent: AtomicUsize::new(0),
        old_answers,
    }
}

/// What only a hook before traffic runs; it invokes the version itself, and nothing settles for it.
const BEFORE_TRAFFIC: [&str; 2] = ["cold-start", "concurrent-invocations"];

#[tokio::test]
async fn while_the_alias_settles_an_old_answer_is_asked_for_again() {
    let table = Table::start().await;
    let road = settling(&table, 5);
    let hook = all_checks_over(road, Some(VERSION), Duration::from_secs(30));
    let verdict = run(hook, AMPLE).await;
    for check in &verdict.checks {
        if !BEFORE_TRAFFIC.contains(&check.name.as_str()) {
            assert!(!check.status.is_failure(), "{check:?}");
        }
    }
    assert_eq!(
        table.items(),
        [] as [Value; 0],
        "contacts of repeated attempts must be gone too"
    );
}

#[tokio::test]
async fn once_the_alias_has_settled_an_old_answer_is_a_finding() {
    let table = Table::start().await;
    let settle = Duration::from_millis(300);
    let road = settling(&table, usize::MAX);
    let verdict = run(all_checks_over(road, Some(VERSION), settle), AMPLE).await;
    assert_eq!(verdict.status, Status::Failed);
    let failed = verdict
        .checks
        .iter()
        .filter(|check| check.status == CheckStatus::Failed);
    let details: Vec<_> = failed.filter_map(|check| check.detail.as_deref()).collect();
    assert!(!details.is_empty());
    for detail in details {
        assert!(
            detail.contains("version 8, got one of version 7"),
            "{detail}"
        );
    }
    assert_eq!(table.items(), [] as [Value; 0]);
}

#[tokio::test]
async fn settling_never_takes_more_than_half_of_the_time_left() {
    let table = Table::start().await;
    let road = Direct::new(&table, OLD_VERSION);
    let hook = all_checks_over(road, Some(VERSION), AMPLE);
    let verdict = run(hook, Duration::from_secs(12)).await;
    // Checks end after 5.4 s of such a time-out; a finding must come before.
    for check in &verdict.checks {
        if check.name != CONFIGURATION && check.status != CheckStatus::Skipped {
            assert_eq!(check.status, CheckStatus::Failed, "{check:?}");
            assert!(check.duration_ms < 5_200, "{check:?}");
        }
    }
}
