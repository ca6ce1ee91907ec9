//! Contacts that go from the live version to the one under test, and the other way round.

use contacts_checks::{Api, Suite};
use contacts_testing::{Direct, Table, assert_ended, result, run};
use http::{Method, StatusCode};
use lifecycle_hook::{
    CheckStatus, Hook, Request, Response, Status, Transport, TransportError, Verdict,
};
use serde_json::json;

use crate::support::{
    AMPLE, OLD_VERSION, VERSION, Way, assert_only_fails, edit, faulty_api, reads_one,
    run_with_faults,
};

const NAME: &str = "old-data";

/// Takes an attribute away from what a contact's reader sees, if `of` wrote it.
fn hide(response: &mut Response, attribute: &str) {
    if response.status == StatusCode::OK {
        edit(response, |body| {
            if let Some(contact) = body["data"].as_object_mut() {
                contact.remove(attribute);
            }
        });
    }
}

/// The text of the check, with a fault in one of the two versions that it alone can see.
async fn failed<F>(fault: F) -> String
where
    F: Fn(Way, &Request, &mut Response) -> Result<(), TransportError> + Send + Sync + 'static,
{
    let verdict = run_with_faults(fault).await;
    assert_only_fails(&verdict, &[NAME]);
    result(&verdict, NAME).detail.clone().unwrap()
}

#[tokio::test]
async fn versions_that_share_their_contacts_pass_and_the_live_one_is_named() {
    let verdict = run_with_faults(|_, _, _| Ok(())).await;
    assert_ended(&verdict, NAME, CheckStatus::Passed, &[]);
    assert_eq!(
        result(&verdict, NAME).notes["live_version"],
        json!(OLD_VERSION)
    );
}

#[tokio::test]
async fn a_version_that_misreads_or_undoes_what_the_other_one_wrote_fails() {
    // Each version leaves its mark where it merges.
    for (reads, method, mark, expected) in [
        (
            Way::New,
            Method::GET,
            "old",
            "version 8 reads what version 7 wrote: expected \"old\" to be {\"seen\":true}, got none (request id request-1)",
        ),
        (
            Way::Live,
            Method::GET,
            "new",
            "version 7 reads what version 8 merged: expected \"new\" to be {\"seen\":true}, got none (request id request-1)",
        ),
        (
            Way::New,
            Method::PATCH,
            "old",
            "version 8 merges into what version 7 wrote: expected \"old\"",
        ),
    ] {
        let detail = failed(move |way, request, response| {
            let is_read = method == Method::PATCH || reads_one(request);
            if way == reads && request.method == method && is_read {
                hide(response, mark);
            }
            Ok(())
        })
        .await;
        assert!(detail.starts_with(expected), "{detail}");
    }
}

#[tokio::test]
async fn an_old_version_that_dies_of_what_the_new_one_wrote_fails() {
    let detail = failed(|way, request, response| {
        let merged = String::from_utf8_lossy(&response.body).contains("\"new\":");
        if way == Way::Live && request.method == Method::GET && merged {
            return Err(TransportError::FunctionError {
                error_type: "Runtime.ExitError".to_owned(),
                message: "exit status 101".to_owned(),
                request_id: Some("request-7".to_owned()),
            });
        }
        Ok(())
    })
    .await;
    assert!(
        detail.starts_with("version 7 reads what version 8 merged: the function ended in an error"),
        "{detail}"
    );
}

#[tokio::test]
async fn a_live_version_that_does_not_work_itself_does_not_keep_its_fix_away() {
    let verdict = run_with_faults(|way, request, response| {
        if way == Way::Live && request.method == Method::PATCH {
            response.status = StatusCode::SERVICE_UNAVAILABLE;
        }
        Ok(())
    })
    .await;
    assert_eq!(verdict.status, Status::Succeeded, "{verdict:#?}");
    let words = [
        "the live version does not serve as a measure: merge with the live version into what it wrote: \
         expected status 200, got status 503",
    ];
    assert_ended(&verdict, NAME, CheckStatus::Skipped, &words);
}

#[tokio::test]
async fn a_live_version_that_is_throttled_is_no_finding() {
    let verdict = run_with_faults(|way, request, response| {
        let merged = String::from_utf8_lossy(&response.body).contains("\"new\":");
        if way == Way::Live && request.method == Method::GET && merged {
            return Err(TransportError::Throttled {
                attempts: 5,
                reason: "TooManyRequestsException: Rate Exceeded.".to_owned(),
                request_id: None,
            });
        }
        Ok(())
    })
    .await;
    assert_eq!(verdict.status, Status::Succeeded, "{verdict:#?}");
    assert_ended(&verdict, NAME, CheckStatus::Skipped, &["inconclusive"]);
}

/// The check alone, over these roads.
async fn alone<T: Transport>(api: Api<T>) -> Verdict {
    let suite = Suite::new(move || std::future::ready(Ok::<_, String>(api.clone())));
    run(suite.old_data(Hook::before_allow_traffic()), AMPLE).await
}

#[tokio::test]
async fn without_a_live_version_the_check_is_skipped_and_says_so() {
    let table = Table::start().await;
    let new = Direct::new(&table, VERSION);
    let verdict = alone(Api::new(new, Some(VERSION.to_owned()), AMPLE)).await;
    let words = ["LIVE_ALIAS_ARN is not set"];
    assert_ended(&verdict, NAME, CheckStatus::Skipped, &words);
}

#[tokio::test]
async fn an_alias_that_serves_the_version_under_test_already_is_no_older_one() {
    let table = Table::start().await;
    let new = Direct::new(&table, VERSION);
    let api = Api::new(new.clone(), Some(VERSION.to_owned()), AMPLE).with_live(new);
    let verdict = alone(api).await;
    let words = ["the live alias serves version 8, the one under test"];
    assert_ended(&verdict, NAME, CheckStatus::Skipped, &words);
    assert_eq!(table.items(), [] as [serde_json::Value; 0]);
}

#[tokio::test]
async fn a_hook_that_may_not_invoke_the_live_version_fails_rather_than_skip_the_check() {
    let table = Table::start().await;
    let denied = |way: Way, _: &Request, _: &mut Response| match way {
        Way::Live => Err(TransportError::Refused {
            service: "Lambda",
            code: "AccessDeniedException".to_owned(),
            message: "not authorized to perform: lambda:InvokeFunction".to_owned(),
            request_id: None,
        }),
        Way::New | Way::Unsigned => Ok(()),
    };
    let verdict = alone(faulty_api(&table, denied)).await;
    let words = ["Lambda refused the call, AccessDeniedException: not authorized"];
    assert_ended(&verdict, NAME, CheckStatus::Failed, &words);
}
