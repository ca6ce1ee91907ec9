//! How soon answers come, how many requests are on their way, and what becomes of those that are turned away.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use contacts_checks::{Api, COLD_START_FACTOR, MAX_IN_FLIGHT, Suite};
use contacts_testing::{Direct, Table, assert_ended, result, run};
use http::Method;
use lifecycle_hook::{
    CheckStatus, Hook, Request, Response, Status, Transport, TransportError, Verdict,
};
use serde_json::{Value, json};

use crate::support::{
    AMPLE, VERSION, Way, all_checks, all_checks_over, asks_limit, edit, faulty_api, run_with_fault,
};

/// A budget, in milliseconds.
const BUDGET: u64 = 100;

/// Both checks of latency within this many milliseconds, with a first answer that takes `first` ms and later ones that take `later` ms.
pub async fn timed(budget: u64, first: u64, later: u64) -> Verdict {
    let table = Table::start().await;
    let asked = AtomicUsize::new(0);
    let api = faulty_api(
        &table,
        move |_: Way, _: &Request, response: &mut Response| {
            let is_first = asked.fetch_add(1, Ordering::Relaxed) == 0;
            response.latency = Duration::from_millis(if is_first { first } else { later });
            Ok(())
        },
    );
    let suite = Suite::new(move || {
        let api = api.clone();
        async move {
            api.ask_first().await;
            Ok::<_, String>(api)
        }
    });
    let budget = Some(Duration::from_millis(budget));
    let hook = suite.cold_start(Hook::before_allow_traffic(), budget);
    run(suite.latency(hook, budget), AMPLE).await
}

#[tokio::test]
async fn answers_within_the_budget_pass_and_their_figures_are_noted() {
    let verdict = timed(BUDGET, BUDGET * u64::from(COLD_START_FACTOR), BUDGET).await;
    assert_eq!(verdict.status, Status::Succeeded, "{verdict:#?}");
    assert_eq!(result(&verdict, "cold-start").notes["first_ms"], json!(300));
    assert_eq!(result(&verdict, "latency").notes["median_ms"], json!(100));
}

#[tokio::test]
async fn a_slow_start_fails_cold_start_alone() {
    let verdict = timed(BUDGET, BUDGET * u64::from(COLD_START_FACTOR) + 1, BUDGET).await;
    assert_ended(&verdict, "latency", CheckStatus::Passed, &[]);
    assert_ended(&verdict, "cold-start", CheckStatus::Failed, &["got 301 ms"]);
}

#[tokio::test]
async fn a_slow_version_fails_latency_alone() {
    let verdict = timed(BUDGET, BUDGET, BUDGET + 1).await;
    assert_ended(&verdict, "cold-start", CheckStatus::Passed, &[]);
    assert_ended(&verdict, "latency", CheckStatus::Failed, &["got 101 ms"]);
}

#[tokio::test]
async fn without_a_budget_neither_start_nor_latency_is_judged() {
    let table = Table::start().await;
    let api = Api::new(
        Direct::new(&table, VERSION),
        Some(VERSION.to_owned()),
        Duration::ZERO,
    );
    let suite = Suite::new(move || std::future::ready(Ok::<_, String>(api.clone())));
    let hook = suite.cold_start(Hook::before_allow_traffic(), None);
    let verdict = run(suite.latency(hook, None), AMPLE).await;
    for name in ["cold-start", "latency"] {
        let words = ["LATENCY_BUDGET_MS is not set"];
        assert_ended(&verdict, name, CheckStatus::Skipped, &words);
    }
}

/// A road that counts how many requests are on it at once, and lets merges meet.
struct Counting {
    road: Direct,
    now: AtomicUsize,
    most: Arc<AtomicUsize>,
    sent: AtomicUsize,
    alone: Arc<AtomicUsize>,
}

impl Transport for Counting {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        let is_first = self.sent.fetch_add(1, Ordering::SeqCst) == 0;
        let answer = self.road.send(request).await;
        if is_first {
            let others = self.sent.load(Ordering::SeqCst) - 1;
            self.alone.store(others, Ordering::SeqCst);
        }
        self.now.fetch_sub(1, Ordering::SeqCst);
        answer
    }
}

#[tokio::test]
async fn only_a_few_requests_are_on_their_way_at_once_and_the_first_is_alone() {
    let table = Table::start().await;
    let (most, alone) = (Arc::default(), Arc::new(AtomicUsize::new(usize::MAX)));
    let road = Counting {
        road: Direct::new(&table, VERSION),
        now: AtomicUsize::new(0),
        most: Arc::clone(&most),
        sent: AtomicUsize::new(0),
        alone: Arc::clone(&alone),
    };
    let hook = all_checks_over(road, Some(VERSION), Duration::ZERO);
    let verdict = run(hook, AMPLE).await;
    assert_eq!(verdict.status, Status::Succeeded, "{verdict:#?}");
    assert_eq!(most.load(Ordering::SeqCst), MAX_IN_FLIGHT as usize);
    assert_eq!(alone.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn as_many_invocations_as_asked_for_are_made_at_once() {
    let table = Table::start().await;
    let most = Arc::default();
    let road = Counting {
        road: Direct::new(&table, VERSION),
        now: AtomicUsize::new(0),
        most: Arc::clone(&most),
        sent: AtomicUsize::new(0),
        alone: Arc::default(),
    };
    let api = Api::new(road, Some(VERSION.to_owned()), Duration::ZERO).with_concurrency(7);
    let suite = Suite::new(move || std::future::ready(Ok::<_, String>(api.clone())));
    let hook = suite.concurrent_invocations(Hook::before_allow_traffic(), 7);
    let verdict = run(hook, AMPLE).await;
    assert_eq!(verdict.status, Status::Succeeded, "{verdict:#?}");
    assert_eq!(most.load(Ordering::SeqCst), 7);
    let notes = &result(&verdict, "concurrent-invocations").notes;
    assert_eq!(notes["invocations"], json!(7));
    assert_eq!(table.items(), [] as [Value; 0]);
}

#[tokio::test]
async fn a_merge_that_undoes_anothers_fails_concurrent_invocations() {
    let verdict = run_with_fault(|request, response| {
        // Only that check writes the attribute, and it reads the contact once, when all is merged.
        if request.method == Method::GET {
            edit(response, |body| {
                if let Some(contact) = body["data"].as_object_mut() {
                    contact.remove("invocation2");
                }
            });
        }
        Ok(())
    })
    .await;
    let words = ["at once have merged: expected \"invocation2\" to be 2, got none"];
    let name = "concurrent-invocations";
    assert_ended(&verdict, name, CheckStatus::Failed, &words);
}

fn throttled() -> TransportError {
    TransportError::Throttled {
        attempts: 5,
        reason: "TooManyRequestsException: Rate Exceeded.".to_owned(),
        request_id: Some("request-2".to_owned()),
    }
}

#[tokio::test]
async fn invocations_that_stay_throttled_leave_their_check_inconclusive() {
    let verdict = run_with_fault(|request, _| {
        let merge = request.method == Method::PATCH;
        let body = request.body.as_deref().unwrap_or_default();
        if merge && body.contains("invocation3") {
            return Err(throttled());
        }
        Ok(())
    })
    .await;
    assert_eq!(verdict.status, Status::Succeeded, "{verdict:#?}");
    let name = "concurrent-invocations";
    let words = ["1 of 3 invocations were turned away", "inconclusive"];
    assert_ended(&verdict, name, CheckStatus::Skipped, &words);
    assert_eq!(result(&verdict, name).notes["throttled"], json!(5));
}

#[tokio::test]
async fn a_failure_beside_a_throttled_invocation_is_still_one() {
    let verdict = run_with_fault(|request, response| {
        let merge = request.method == Method::PATCH;
        let body = request.body.as_deref().unwrap_or_default();
        if merge && body.contains("invocation1") {
            return Err(throttled());
        }
        if merge && body.contains("invocation3") {
            response.status = http::StatusCode::CONFLICT;
        }
        Ok(())
    })
    .await;
    let words = ["merge as one of 3 invocations at once: expected status 200, got status 409"];
    let name = "concurrent-invocations";
    assert_ended(&verdict, name, CheckStatus::Failed, &words);
}

#[tokio::test]
async fn what_was_throttled_before_its_answer_came_is_noted_and_no_failure() {
    let verdict = run_with_fault(|request, response| {
        if asks_limit(request, "2") {
            response.retries.throttled = 2;
        }
        Ok(())
    })
    .await;
    assert_eq!(verdict.status, Status::Succeeded, "{verdict:#?}");
    // Two pages.
    assert_eq!(result(&verdict, "list").notes["throttled"], json!(4));
    let merge = &result(&verdict, "merge").notes;
    assert!(!merge.contains_key("throttled"), "{merge:?}");
}

#[tokio::test]
async fn a_version_that_could_not_be_tested_gets_no_traffic() {
    let table = Table::start().await;
    let api = faulty_api(
        &table,
        |way: Way, _: &Request, _: &mut Response| match way {
            Way::New => Err(throttled()),
            Way::Live | Way::Unsigned => Ok(()),
        },
    );
    let verdict = run(all_checks(api), AMPLE).await;
    assert_eq!(verdict.status, Status::Failed);
    let words = ["throttled at each of 5 attempts", "inconclusive"];
    assert_ended(&verdict, "merge", CheckStatus::Failed, &words);
    let name = "concurrent-invocations";
    assert_ended(&verdict, name, CheckStatus::Skipped, &["inconclusive"]);
}
