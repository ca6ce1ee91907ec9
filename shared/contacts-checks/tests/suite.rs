//! The suite against the real API on an embedded DynamoDB: healthy, and broken one answer at a time.

#![allow(clippy::unwrap_used, reason = "a test's helper fails its test")]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use contacts_checks::{
    Api, CONFIGURATION, MAX_IN_FLIGHT, Request, Response, Suite, TEST_TTL_SECONDS, Transport,
    TransportError,
};
use http::{Method, StatusCode};
use lifecycle_hook::{CheckStatus, Hook, Status, Verdict};
use serde_json::{Value, json};

use support::{Direct, Table, assert_ended, result, run};

const VERSION: &str = "8";
const SAMPLED: u32 = 6;
const AMPLE: Duration = Duration::from_mins(1);

/// A road with a fault: it may change an answer, or keep it.
struct Faulty<F> {
    road: Direct,
    fault: F,
}

impl<F> Transport for Faulty<F>
where
    F: Fn(&Request, &mut Response) -> Result<(), TransportError> + Send + Sync + 'static,
{
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let mut response = self.road.send(request.clone()).await?;
        (self.fault)(&request, &mut response)?;
        Ok(response)
    }
}

/// Every check there is, over `transport`.
fn all_checks<T: Transport>(transport: T, version: Option<&str>, settle: Duration) -> Hook {
    let api = Api::new(transport, version.map(str::to_owned), settle);
    let suite = Suite::new(move || std::future::ready(Ok::<_, String>(api.clone())));
    let hook = suite.contract(Hook::before_allow_traffic());
    let hook = suite.version_identity(hook);
    let hook = suite.sampled_requests(hook, SAMPLED);
    suite.latency(hook, Some(Duration::from_secs(5)))
}

/// Runs every check with a fault, and asserts that they leave the table as it was.
async fn run_with_fault<F>(fault: F) -> Verdict
where
    F: Fn(&Request, &mut Response) -> Result<(), TransportError> + Send + Sync + 'static,
{
    let table = Table::start().await;
    seed(&table).await;
    let before = table.items();
    let road = Direct::new(&table, VERSION);
    let hook = all_checks(Faulty { road, fault }, Some(VERSION), Duration::ZERO);
    let verdict = run(hook, AMPLE).await;
    assert_eq!(table.items(), before, "what the checks made must be gone");
    assert_eq!(verdict.cleanup, []);
    verdict
}

/// Other people's contacts, enough for a second page.
async fn seed(table: &Table) {
    for name in ["Grace", "Edsger", "Barbara"] {
        let request = Request::new(Method::POST, "/contacts").json(&json!({"name": name}));
        let answer = Direct::new(table, "7").send(request).await.unwrap();
        assert_eq!(answer.status, StatusCode::CREATED);
    }
}

/// Changes an answer's JSON body.
fn edit(response: &mut Response, change: impl FnOnce(&mut Value)) {
    let mut body = serde_json::from_slice(&response.body).unwrap();
    change(&mut body);
    response.body = body.to_string().into_bytes();
}

/// A read of one contact.
fn reads_one(request: &Request) -> bool {
    request.method == Method::GET && request.path != "/contacts"
}

fn asks_limit(request: &Request, limit: &str) -> bool {
    request
        .query
        .contains(&("limit".to_owned(), limit.to_owned()))
}

#[track_caller]
fn assert_only_fails(verdict: &Verdict, failing: &[&str]) {
    assert_eq!(verdict.status, Status::Failed);
    for check in &verdict.checks {
        let expected = if failing.contains(&check.name.as_str()) {
            CheckStatus::Failed
        } else {
            CheckStatus::Passed
        };
        assert_eq!(check.status, expected, "{check:?}");
    }
}

#[tokio::test]
async fn a_healthy_version_passes_every_check() {
    let verdict = run_with_fault(|_, _| Ok(())).await;
    assert_eq!(verdict.status, Status::Succeeded, "{verdict:#?}");
    let names: Vec<_> = verdict
        .checks
        .iter()
        .map(|check| check.name.as_str())
        .collect();
    assert_eq!(
        names,
        [
            "configuration",
            "create-and-read",
            "list",
            "merge",
            "delete",
            "bad-input",
            "version-identity",
            "sampled-requests",
            "latency"
        ]
    );
    assert!(
        verdict
            .checks
            .iter()
            .all(|check| check.status == CheckStatus::Passed),
        "{verdict:#?}"
    );
    assert_eq!(
        result(&verdict, "sampled-requests").notes["sampled"],
        json!(SAMPLED)
    );
    assert_eq!(
        result(&verdict, "configuration").notes["version"],
        json!(VERSION)
    );
    assert_ne!(
        result(&verdict, "version-identity").notes["code_version"],
        json!("")
    );
}

#[tokio::test]
async fn an_attribute_that_reads_back_otherwise_fails_create_and_read() {
    let verdict = run_with_fault(|request, response| {
        if reads_one(request) && response.status == StatusCode::OK {
            // Only this check writes the attribute.
            edit(response, |body| {
                if let Some(account) = body["data"].get_mut("account") {
                    *account = json!(9_007_199_254_740_992_u64);
                }
            });
        }
        Ok(())
    })
    .await;
    assert_only_fails(&verdict, &["create-and-read"]);
    let words = [
        "read the contact back: expected",
        "9007199254740993",
        "got",
        "9007199254740992",
        "(request id request-1)",
    ];
    assert_ended(&verdict, "create-and-read", CheckStatus::Failed, &words);
}

#[tokio::test]
async fn a_location_that_leads_elsewhere_fails_create_and_read() {
    let verdict = run_with_fault(|_, response| {
        if response.status == StatusCode::CREATED {
            response
                .headers
                .insert("location", "/live/contacts".parse().unwrap());
        }
        Ok(())
    })
    .await;
    assert_only_fails(&verdict, &["create-and-read"]);
    let words = [
        "create a contact: expected a Location that ends in /contacts/",
        "got /live/contacts",
    ];
    assert_ended(&verdict, "create-and-read", CheckStatus::Failed, &words);
}

#[tokio::test]
async fn a_creation_answered_with_another_status_fails_what_creates_and_is_cleaned_up() {
    let verdict = run_with_fault(|_, response| {
        if response.status == StatusCode::CREATED {
            response.status = StatusCode::OK;
        }
        Ok(())
    })
    .await;
    assert_only_fails(&verdict, &["create-and-read", "merge", "delete"]);
    let words = ["create a contact: expected status 201, got status 200"];
    assert_ended(&verdict, "merge", CheckStatus::Failed, &words);
}

#[tokio::test]
async fn a_page_larger_than_its_limit_fails_list() {
    let verdict = run_with_fault(|request, response| {
        if asks_limit(request, "2") {
            edit(response, |body| {
                let first = body["data"][0].clone();
                body["data"].as_array_mut().unwrap().push(first);
            });
        }
        Ok(())
    })
    .await;
    assert_only_fails(&verdict, &["list"]);
    let words = ["list contacts: expected at most 2 contacts, got 3"];
    assert_ended(&verdict, "list", CheckStatus::Failed, &words);
}

#[tokio::test]
async fn a_cursor_that_leads_back_fails_list() {
    let first_page = Arc::new(std::sync::Mutex::new(Vec::new()));
    let verdict = run_with_fault(move |request, response| {
        if asks_limit(request, "2") {
            let mut page = first_page.lock().unwrap();
            if request.query.iter().any(|(name, _)| name == "cursor") {
                response.body.clone_from(&page);
            } else {
                page.clone_from(&response.body);
            }
        }
        Ok(())
    })
    .await;
    assert_only_fails(&verdict, &["list"]);
    let words =
        ["list the next page of contacts: expected contacts that the page before did not have"];
    assert_ended(&verdict, "list", CheckStatus::Failed, &words);
}

#[tokio::test]
async fn a_merge_that_drops_an_attribute_fails_merge() {
    let verdict = run_with_fault(|request, response| {
        if request.method == Method::PATCH {
            edit(response, |body| {
                body["data"].as_object_mut().unwrap().remove("name");
            });
        }
        Ok(())
    })
    .await;
    assert_only_fails(&verdict, &["merge"]);
    let words = [
        "merge attributes over the contact: expected the attributes",
        r#""name":"Ada""#,
    ];
    assert_ended(&verdict, "merge", CheckStatus::Failed, &words);
}

#[tokio::test]
async fn a_stale_merge_that_is_taken_fails_merge() {
    let verdict = run_with_fault(|_, response| {
        if response.status == StatusCode::PRECONDITION_FAILED {
            response.status = StatusCode::OK;
        }
        Ok(())
    })
    .await;
    assert_only_fails(&verdict, &["merge"]);
    let words = ["merge with a stale If-Match: expected status 412, got status 200"];
    assert_ended(&verdict, "merge", CheckStatus::Failed, &words);
}

#[tokio::test]
async fn a_deleted_contact_that_is_still_there_fails_delete() {
    let verdict = run_with_fault(|request, response| {
        if reads_one(request) && response.status == StatusCode::NOT_FOUND {
            response.status = StatusCode::OK;
        }
        Ok(())
    })
    .await;
    assert_only_fails(&verdict, &["delete"]);
    let words = ["read the deleted contact: expected status 404, got status 200"];
    assert_ended(&verdict, "delete", CheckStatus::Failed, &words);
}

#[tokio::test]
async fn a_refusal_that_does_not_name_the_field_fails_bad_input() {
    let verdict = run_with_fault(|_, response| {
        if response.status == StatusCode::BAD_REQUEST {
            edit(response, |body| {
                let metadata = body["metadata"].take();
                *body = json!({"title": "Bad Request", "status": 400, "metadata": metadata});
            });
        }
        Ok(())
    })
    .await;
    assert_only_fails(&verdict, &["bad-input"]);
    let words = [
        "create a contact that sets createdAt: expected a problem document that names \"createdAt\"",
    ];
    assert_ended(&verdict, "bad-input", CheckStatus::Failed, &words);
}

#[tokio::test]
async fn a_refusal_that_is_no_problem_document_fails_bad_input() {
    let verdict = run_with_fault(|_, response| {
        if response.status == StatusCode::BAD_REQUEST {
            response
                .headers
                .insert("content-type", "text/html".parse().unwrap());
        }
        Ok(())
    })
    .await;
    assert_only_fails(&verdict, &["bad-input"]);
    let words = ["expected content type application/problem+json, got text/html"];
    assert_ended(&verdict, "bad-input", CheckStatus::Failed, &words);
}

#[tokio::test]
async fn an_answer_without_its_envelope_fails_what_reads_it() {
    let verdict = run_with_fault(|request, response| {
        if request.method == Method::PATCH {
            edit(response, |body| {
                body["metadata"].as_object_mut().unwrap().remove("table");
            });
        }
        Ok(())
    })
    .await;
    assert_only_fails(&verdict, &["merge"]);
    assert_ended(
        &verdict,
        "merge",
        CheckStatus::Failed,
        &["expected a text in metadata.table, got none"],
    );
}

#[tokio::test]
async fn another_version_fails_every_check_that_asks_it() {
    let verdict = run_with_fault(|_, response| {
        response.executed_version = Some("7".to_owned());
        Ok(())
    })
    .await;
    for check in verdict
        .checks
        .iter()
        .filter(|check| check.name != CONFIGURATION)
    {
        let words = ["version 8", "version 7", "(request id request-1)"];
        assert_ended(&verdict, &check.name, CheckStatus::Failed, &words);
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
        &["version-identity", "sampled-requests", "latency"],
    );
    let words =
        ["ask which version answers: expected an answer of version 8, got one of version 7"];
    assert_ended(&verdict, "version-identity", CheckStatus::Failed, &words);
    let words = ["6 of 6 sampled requests failed; the first: sampled request"];
    assert_ended(&verdict, "sampled-requests", CheckStatus::Failed, &words);
}

#[tokio::test]
async fn a_slow_version_fails_latency() {
    let table = Table::start().await;
    let api = Api::new(
        Direct::new(&table, VERSION),
        Some(VERSION.to_owned()),
        Duration::ZERO,
    );
    let suite = Suite::new(move || std::future::ready(Ok::<_, String>(api.clone())));
    let verdict = run(
        suite.latency(Hook::before_allow_traffic(), Some(Duration::ZERO)),
        AMPLE,
    )
    .await;
    assert_ended(
        &verdict,
        "latency",
        CheckStatus::Failed,
        &["expected a median of at most 0 ms", "over 5 reads"],
    );
}

#[tokio::test]
async fn without_a_budget_latency_is_skipped() {
    let table = Table::start().await;
    let api = Api::new(
        Direct::new(&table, VERSION),
        Some(VERSION.to_owned()),
        Duration::ZERO,
    );
    let suite = Suite::new(move || std::future::ready(Ok::<_, String>(api.clone())));
    let verdict = run(suite.latency(Hook::before_allow_traffic(), None), AMPLE).await;
    assert_ended(
        &verdict,
        "latency",
        CheckStatus::Skipped,
        &["LATENCY_BUDGET_MS is not set"],
    );
}

#[tokio::test]
async fn a_function_error_is_told_with_its_step_and_request_id() {
    let verdict = run_with_fault(|request, _| {
        if request.method == Method::PATCH {
            return Err(TransportError::FunctionError {
                error_type: "Runtime.ExitError".to_owned(),
                message: "exit status 1".to_owned(),
                request_id: Some("request-2".to_owned()),
            });
        }
        Ok(())
    })
    .await;
    assert_only_fails(&verdict, &["merge"]);
    let words = [
        "merge attributes over the contact: the function ended in an error, Runtime.ExitError: exit status 1",
        "(request id request-2)",
    ];
    assert_ended(&verdict, "merge", CheckStatus::Failed, &words);
}

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
    let hook = all_checks(
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
    let fault = |request: &Request, _: &mut Response| {
        if request.method == Method::POST {
            return Err(TransportError::TimedOut {
                target: "Lambda".to_owned(),
                after: Duration::from_secs(12),
            });
        }
        Ok(())
    };
    let road = Direct::new(&table, VERSION);
    let verdict = run(
        all_checks(Faulty { road, fault }, Some(VERSION), Duration::ZERO),
        AMPLE,
    )
    .await;
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
    assert_eq!(left.len(), 3, "one of each check that makes one");
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
    let fault = |request: &Request, response: &mut Response| {
        if request.method == Method::DELETE {
            response.status = StatusCode::SERVICE_UNAVAILABLE;
        }
        Ok(())
    };
    let road = Direct::new(&table, VERSION);
    let verdict = run(
        all_checks(Faulty { road, fault }, Some(VERSION), Duration::ZERO),
        AMPLE,
    )
    .await;
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
async fn a_target_without_a_version_skips_identity_and_says_so() {
    let table = Table::start().await;
    let hook = all_checks(Direct::new(&table, "$LATEST"), None, Duration::ZERO);
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

/// A road that counts how many requests are on it at once.
struct Counting {
    road: Direct,
    now: AtomicUsize,
    most: Arc<AtomicUsize>,
}

impl Transport for Counting {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        let answer = self.road.send(request).await;
        self.now.fetch_sub(1, Ordering::SeqCst);
        answer
    }
}

#[tokio::test]
async fn only_a_few_requests_are_on_their_way_at_once() {
    let table = Table::start().await;
    let most = Arc::new(AtomicUsize::new(0));
    let road = Counting {
        road: Direct::new(&table, VERSION),
        now: AtomicUsize::new(0),
        most: Arc::clone(&most),
    };
    let verdict = run(all_checks(road, Some(VERSION), Duration::ZERO), AMPLE).await;
    assert_eq!(verdict.status, Status::Succeeded);
    assert_eq!(most.load(Ordering::SeqCst), MAX_IN_FLIGHT);
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
        old: Direct::new(table, "7"),
        sent: AtomicUsize::new(0),
        old_answers,
    }
}

#[tokio::test]
async fn while_the_alias_settles_an_old_answer_is_asked_for_again() {
    let table = Table::start().await;
    let verdict = run(
        all_checks(settling(&table, 5), Some(VERSION), Duration::from_secs(30)),
        AMPLE,
    )
    .await;
    assert_eq!(verdict.status, Status::Succeeded, "{verdict:#?}");
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
    let verdict = run(
        all_checks(settling(&table, usize::MAX), Some(VERSION), settle),
        AMPLE,
    )
    .await;
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
    let verdict = run(
        all_checks(Direct::new(&table, "7"), Some(VERSION), AMPLE),
        Duration::from_secs(8),
    )
    .await;
    // Checks end after 3.6 s of such a time-out; a finding must come before.
    for check in verdict
        .checks
        .iter()
        .filter(|check| check.name != CONFIGURATION)
    {
        assert_eq!(check.status, CheckStatus::Failed, "{check:?}");
        assert!(check.duration_ms < 3_400, "{check:?}");
    }
}
