//! Every check over roads that may be broken.

use std::sync::Arc;
use std::time::Duration;

use contacts_checks::{Api, Sample, Suite};
use contacts_testing::{Direct, Table, run};
use http::{HeaderValue, Method, StatusCode};
use lifecycle_hook::{
    CheckStatus, Hook, Request, Response, Status, Transport, TransportError, Verdict,
};
use serde_json::{Value, json};

pub const VERSION: &str = "8";
pub const OLD_VERSION: &str = "7";
pub const SAMPLED: u32 = 6;
pub const AMPLE: Duration = Duration::from_mins(1);

/// Which of an API's roads a request takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    New,
    Live,
    Unsigned,
}

/// A road with a fault, which may change an answer, keep it, or lose it.
pub struct Faulty<F> {
    pub way: Way,
    pub road: Direct,
    pub fault: Arc<F>,
}

impl<F> Transport for Faulty<F>
where
    F: Fn(Way, &Request, &mut Response) -> Result<(), TransportError> + Send + Sync + 'static,
{
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let mut response = self.road.send(request.clone()).await?;
        if self.way == Way::Unsigned {
            // As API Gateway refuses what has no signature.
            response.status = StatusCode::FORBIDDEN;
            let json = HeaderValue::from_static("application/json");
            response.headers.insert("content-type", json);
            response.body = br#"{"message": "Missing Authentication Token"}"#.to_vec();
        }
        (self.fault)(self.way, &request, &mut response)?;
        Ok(response)
    }
}

/// The API on `table` with all its roads, each with the fault.
pub fn faulty_api<F>(table: &Table, fault: F) -> Api<Faulty<F>>
where
    F: Fn(Way, &Request, &mut Response) -> Result<(), TransportError> + Send + Sync + 'static,
{
    let fault = Arc::new(fault);
    let road = |way, version| Faulty {
        way,
        road: Direct::new(table, version),
        fault: Arc::clone(&fault),
    };
    Api::new(
        road(Way::New, VERSION),
        Some(VERSION.to_owned()),
        Duration::ZERO,
    )
    .with_live(road(Way::Live, OLD_VERSION))
    .with_unsigned(road(Way::Unsigned, VERSION))
}

/// Every check there is, over `api`, but `large-contact`: that one takes its time, and has tests of its own.
pub fn all_checks<T: Transport>(api: Api<T>) -> Hook {
    let budget = Some(Duration::from_secs(5));
    let sample = Sample {
        requests: SAMPLED,
        bake: Duration::ZERO,
    };
    let suite = Suite::new(move || {
        let api = api.clone();
        async move {
            api.ask_first().await;
            Ok::<_, String>(api)
        }
    });
    let hook = suite.contract(Hook::before_allow_traffic());
    let hook = suite.table(suite.version_identity(hook));
    let hook = suite.concurrent_invocations(hook, 3);
    let hook = suite.unsigned_requests(suite.old_data(hook));
    let hook = suite.sampled_requests(hook, sample);
    suite.latency(suite.cold_start(hook, budget), budget)
}

/// Every check over one road alone.
pub fn all_checks_over<T: Transport>(
    transport: T,
    version: Option<&str>,
    settle: Duration,
) -> Hook {
    all_checks(Api::new(transport, version.map(str::to_owned), settle))
}

/// Runs every check with a fault in the version under test, and asserts that they leave the table as it was.
pub async fn run_with_fault<F>(fault: F) -> Verdict
where
    F: Fn(&Request, &mut Response) -> Result<(), TransportError> + Send + Sync + 'static,
{
    run_with_faults(move |way, request, response| match way {
        Way::New => fault(request, response),
        Way::Live | Way::Unsigned => Ok(()),
    })
    .await
}

/// Runs every check with a fault that knows by which road a request went, and asserts that they leave the table as it was.
pub async fn run_with_faults<F>(fault: F) -> Verdict
where
    F: Fn(Way, &Request, &mut Response) -> Result<(), TransportError> + Send + Sync + 'static,
{
    let table = Table::start().await;
    seed(&table).await;
    let before = table.items();
    let verdict = run(all_checks(faulty_api(&table, fault)), AMPLE).await;
    assert_eq!(table.items(), before, "what the checks made must be gone");
    assert_eq!(verdict.cleanup, []);
    verdict
}

/// Other people's contacts, enough for a second page.
async fn seed(table: &Table) {
    for name in ["Grace", "Edsger", "Barbara"] {
        let request = Request::new(Method::POST, "/contacts").json(&json!({"name": name}));
        let answer = Direct::new(table, OLD_VERSION).send(request).await.unwrap();
        assert_eq!(answer.status, StatusCode::CREATED);
    }
}

/// Changes an answer's JSON body.
pub fn edit(response: &mut Response, change: impl FnOnce(&mut Value)) {
    let mut body = serde_json::from_slice(&response.body).unwrap();
    change(&mut body);
    response.body = body.to_string().into_bytes();
}

/// A read of one contact that a check made.
pub fn reads_one(request: &Request) -> bool {
    let id = request.path.strip_prefix("/contacts/");
    request.method == Method::GET && id.is_some_and(|id| !id.starts_with("00000000"))
}

pub fn asks_limit(request: &Request, limit: &str) -> bool {
    let limit = ("limit".to_owned(), limit.to_owned());
    request.query.contains(&limit)
}

#[track_caller]
pub fn assert_only_fails(verdict: &Verdict, failing: &[&str]) {
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
