//! Contacts as large as one may be.

use contacts_checks::Suite;
use contacts_testing::{Table, assert_ended, result, run};
use http::{Method, StatusCode};
use lifecycle_hook::{CheckStatus, Hook, Request, Response, TransportError, Verdict};
use serde_json::{Value, json};

use crate::support::{AMPLE, Way, edit, faulty_api, reads_one};

const NAME: &str = "large-contact";

/// The check alone, with a fault; it leaves nothing behind.
async fn large<F>(fault: F) -> Verdict
where
    F: Fn(&Request, &mut Response) + Send + Sync + 'static,
{
    let table = Table::start().await;
    let api = faulty_api(
        &table,
        move |_: Way, request: &Request, response: &mut Response| {
            fault(request, response);
            Ok::<(), TransportError>(())
        },
    );
    let suite = Suite::new(move || std::future::ready(Ok::<_, String>(api.clone())));
    let verdict = run(suite.large_contact(Hook::before_allow_traffic()), AMPLE).await;
    assert!(table.items() == [] as [Value; 0], "something is left");
    verdict
}

#[tokio::test]
async fn a_version_that_keeps_them_whole_and_refuses_larger_ones_passes() {
    let verdict = large(|_, _| ()).await;
    assert_ended(&verdict, NAME, CheckStatus::Passed, &[]);
}

#[tokio::test]
async fn one_that_comes_back_cut_is_told_by_its_length() {
    let verdict = large(|request, response| {
        if reads_one(request) {
            edit(response, |body| {
                let first = body["data"]["first"].as_str().unwrap();
                body["data"]["first"] = json!(first[..65_536]);
            });
        }
    })
    .await;
    insta::assert_snapshot!(result(&verdict, NAME).detail.as_ref().unwrap(), @r#"read the contact of 398 KB back: expected "first" to be a text of 262084 bytes, got one of 65536 bytes, another from byte 65536 on (request id request-1)"#);
}

#[tokio::test]
async fn one_that_is_larger_than_an_item_may_be_must_be_refused() {
    let verdict = large(|request, response| {
        let refused = response.status == StatusCode::PAYLOAD_TOO_LARGE;
        if refused && request.method == Method::PATCH {
            response.status = StatusCode::INTERNAL_SERVER_ERROR;
        }
    })
    .await;
    let words = ["merge it past the 400 KB of an item: expected status 413, got status 500"];
    assert_ended(&verdict, NAME, CheckStatus::Failed, &words);
}
