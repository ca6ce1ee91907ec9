//! Sampling that goes on, in the time of a paused clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use contacts_checks::{Api, Sample, Suite};
use contacts_testing::{assert_ended, result};
use http::{HeaderValue, StatusCode};
use lifecycle_hook::{CheckStatus, Hook, Request, Response, Transport, TransportError, Verdict};
use serde_json::json;
use tokio::time::Instant;

const NAME: &str = "sampled-requests";
const SAMPLED: u32 = 3;

/// An empty page at once, of the old version from `old_from` until `old_until` after the first request.
struct Page {
    started: Instant,
    old: std::ops::Range<Duration>,
    asked: Arc<AtomicU32>,
}

impl Transport for Page {
    async fn send(&self, _: Request) -> Result<Response, TransportError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let is_old = self.old.contains(&self.started.elapsed());
        let version = if is_old { "7" } else { "8" };
        let metadata = json!({
            "code_version": "1.0.0", "function_version": version, "table": "contacts", "api_key_id": null,
        });
        let content_type = HeaderValue::from_static("application/json");
        let body = json!({"data": [], "metadata": metadata}).to_string();
        let mut response = Response::new(StatusCode::OK, body);
        let headers = &mut response.headers;
        headers.insert(http::header::CONTENT_TYPE, content_type);
        response.request_id = Some("request-1".to_owned());
        response.latency = Duration::from_millis(1);
        Ok(response)
    }
}

/// A bake of `seconds`, while the old version answers during `old`, and how many requests it took. The hook has 15 min, and
/// its alias 10 s to settle.
async fn baked(seconds: u64, old: std::ops::Range<u64>) -> (Verdict, u32) {
    let asked = Arc::new(AtomicU32::new(0));
    let page = Page {
        started: Instant::now(),
        old: Duration::from_secs(old.start)..Duration::from_secs(old.end),
        asked: Arc::clone(&asked),
    };
    let api = Api::new(page, Some("8".to_owned()), Duration::from_secs(10));
    let suite = Suite::new(move || std::future::ready(Ok::<_, String>(api.clone())));
    let sample = Sample {
        requests: SAMPLED,
        bake: Duration::from_secs(seconds),
    };
    let hook = suite.sampled_requests(Hook::after_allow_traffic(), sample);
    // On this runtime, whose clock is paused.
    let verdict = hook.run_once_in_place(Duration::from_mins(15)).await;
    (verdict, asked.load(Ordering::Relaxed))
}

#[tokio::test(start_paused = true)]
async fn without_a_bake_no_more_is_sent_than_the_sample() {
    let (verdict, asked) = baked(0, 0..0).await;
    assert_ended(&verdict, NAME, CheckStatus::Passed, &[]);
    assert_eq!(asked, SAMPLED);
}

#[tokio::test(start_paused = true)]
async fn the_longest_bake_sends_one_a_second_and_ends_in_time() {
    let started = Instant::now();
    let (verdict, asked) = baked(780, 0..0).await;
    assert_ended(&verdict, NAME, CheckStatus::Passed, &[]);
    assert_eq!(asked, SAMPLED + 780);
    assert_eq!(result(&verdict, NAME).notes["baked"], json!(780));
    assert_eq!(started.elapsed().as_secs(), 780);
}

#[tokio::test(start_paused = true)]
async fn an_old_answer_while_the_alias_settles_is_forgiven_and_counted() {
    let (verdict, _) = baked(60, 0..9).await;
    assert_ended(&verdict, NAME, CheckStatus::Passed, &[]);
    let asked_again = result(&verdict, NAME).notes["asked_again"].as_u64();
    assert!(asked_again > Some(9), "{verdict:?}");
}

#[tokio::test(start_paused = true)]
async fn an_old_answer_during_the_bake_ends_it() {
    let started = Instant::now();
    let (verdict, _) = baked(600, 300..301).await;
    let words = [
        "after 300 s of baking: baking request",
        "expected an answer of version 8, got one of version 7 (request id request-1)",
    ];
    assert_ended(&verdict, NAME, CheckStatus::Failed, &words);
    assert_eq!(started.elapsed().as_secs(), 300);
}

#[tokio::test(start_paused = true)]
async fn a_bake_that_the_hooks_time_out_has_no_room_for_fails_at_once() {
    let (verdict, asked) = baked(870, 0..0).await;
    let words = ["BAKE_SECONDS is 870, and the hook's Timeout leaves 8"];
    assert_ended(&verdict, NAME, CheckStatus::Failed, &words);
    assert_eq!(asked, 0);
}
