//! Each check against the real API, healthy, and broken one answer at a time.

use std::sync::{Arc, Mutex};

use contacts_testing::{assert_ended, result};
use http::{Method, StatusCode};
use lifecycle_hook::{CheckStatus, Request, Response, Status};
use serde_json::json;

use crate::support::{
    SAMPLED, VERSION, asks_limit, assert_only_fails, edit, reads_one, run_with_fault,
};

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
            "headers",
            "list",
            "merge",
            "delete",
            "bad-input",
            "routes",
            "version-identity",
            "table",
            "concurrent-invocations",
            "old-data",
            "unsigned-requests",
            "sampled-requests",
            "cold-start",
            "latency",
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

/// Asserts which checks alone a fault in the version's answers fails, and what one of them says of it.
async fn assert_breaks<F>(fault: F, failing: &[&str], check: &str, words: &[&str])
where
    F: Fn(&Request, &mut Response) + Send + Sync + 'static,
{
    let verdict = run_with_fault(move |request, response| {
        fault(request, response);
        Ok(())
    })
    .await;
    assert_only_fails(&verdict, failing);
    assert_ended(&verdict, check, CheckStatus::Failed, words);
}

#[tokio::test]
async fn an_attribute_that_reads_back_otherwise_fails_create_and_read() {
    let fault = |request: &Request, response: &mut Response| {
        if reads_one(request) && response.status == StatusCode::OK {
            // Only these checks write the attribute.
            edit(response, |body| {
                if let Some(account) = body["data"].get_mut("account") {
                    *account = json!(9_007_199_254_740_992_u64);
                }
            });
        }
    };
    let words = [
        "read the contact back: expected",
        "9007199254740993",
        "got",
        "9007199254740992",
        "(request id request-1)",
    ];
    assert_breaks(
        fault,
        &["create-and-read", "old-data"],
        "create-and-read",
        &words,
    )
    .await;
}

#[tokio::test]
async fn a_location_that_leads_elsewhere_fails_headers() {
    let fault = |_: &Request, response: &mut Response| {
        if response.status == StatusCode::CREATED {
            response
                .headers
                .insert("location", "/live/contacts".parse().unwrap());
        }
    };
    let words = [
        "create a contact: expected a Location that ends in /contacts/",
        "got /live/contacts",
    ];
    assert_breaks(fault, &["headers"], "headers", &words).await;
}

#[tokio::test]
async fn a_creation_answered_with_another_status_fails_what_creates_and_is_cleaned_up() {
    let fault = |_: &Request, response: &mut Response| {
        if response.status == StatusCode::CREATED {
            response.status = StatusCode::OK;
        }
    };
    let words = ["create a contact: expected status 201, got status 200"];
    assert_breaks(
        fault,
        &[
            "create-and-read",
            "headers",
            "merge",
            "delete",
            "concurrent-invocations",
            "old-data",
        ],
        "merge",
        &words,
    )
    .await;
}

#[tokio::test]
async fn a_page_larger_than_its_limit_fails_list() {
    let fault = |request: &Request, response: &mut Response| {
        if asks_limit(request, "2") {
            edit(response, |body| {
                let first = body["data"][0].clone();
                body["data"].as_array_mut().unwrap().push(first);
            });
        }
    };
    let words = ["list contacts: expected at most 2 contacts, got 3"];
    assert_breaks(fault, &["list"], "list", &words).await;
}

#[tokio::test]
async fn a_cursor_that_leads_back_fails_list() {
    let first_page = Arc::new(Mutex::new(Vec::new()));
    let fault = move |request: &Request, response: &mut Response| {
        if asks_limit(request, "2") {
            let mut page = first_page.lock().unwrap();
            if request.query.iter().any(|(name, _)| name == "cursor") {
                response.body.clone_from(&page);
            } else {
                page.clone_from(&response.body);
            }
        }
    };
    let words =
        ["list the next page of contacts: expected contacts that the page before did not have"];
    assert_breaks(fault, &["list"], "list", &words).await;
}

#[tokio::test]
async fn a_merge_that_drops_an_attribute_fails_merge() {
    let fault = |request: &Request, response: &mut Response| {
        if request.method == Method::PATCH && response.status == StatusCode::OK {
            edit(response, |body| {
                body["data"].as_object_mut().unwrap().remove("name");
            });
        }
    };
    let words = ["merge attributes over the contact: expected \"name\" to be \"Ada\", got none"];
    assert_breaks(fault, &["merge", "old-data"], "merge", &words).await;
}

#[tokio::test]
async fn a_stale_merge_that_is_taken_fails_merge() {
    let fault = |_: &Request, response: &mut Response| {
        if response.status == StatusCode::PRECONDITION_FAILED {
            response.status = StatusCode::OK;
        }
    };
    let words = ["merge with a stale If-Match: expected status 412, got status 200"];
    assert_breaks(fault, &["merge"], "merge", &words).await;
}

#[tokio::test]
async fn a_deleted_contact_that_is_still_there_fails_delete() {
    let fault = |request: &Request, response: &mut Response| {
        if reads_one(request) && response.status == StatusCode::NOT_FOUND {
            response.status = StatusCode::OK;
        }
    };
    let words = ["read the deleted contact: expected status 404, got status 200"];
    assert_breaks(fault, &["delete"], "delete", &words).await;
}

#[tokio::test]
async fn a_refusal_that_does_not_name_the_field_fails_bad_input() {
    let fault = |_: &Request, response: &mut Response| {
        if response.status == StatusCode::BAD_REQUEST {
            edit(response, |body| {
                let metadata = body["metadata"].take();
                *body = json!({"title": "Bad Request", "status": 400, "metadata": metadata});
            });
        }
    };
    let words = [
        "create a contact that sets createdAt: expected a problem document that names \"createdAt\"",
    ];
    assert_breaks(fault, &["bad-input"], "bad-input", &words).await;
}

#[tokio::test]
async fn a_refusal_that_is_no_problem_document_fails_bad_input() {
    let fault = |_: &Request, response: &mut Response| {
        if response.status == StatusCode::BAD_REQUEST {
            response
                .headers
                .insert("content-type", "text/html".parse().unwrap());
        }
    };
    let words = ["expected content type application/problem+json, got text/html"];
    assert_breaks(fault, &["bad-input"], "bad-input", &words).await;
}

#[tokio::test]
async fn an_answer_without_its_envelope_fails_what_reads_it() {
    let fault = |request: &Request, response: &mut Response| {
        if request.method == Method::PATCH {
            edit(response, |body| {
                body["metadata"].as_object_mut().unwrap().remove("table");
            });
        }
    };
    let words = ["expected a text in metadata.table, got none"];
    assert_breaks(
        fault,
        &["headers", "merge", "concurrent-invocations", "old-data"],
        "merge",
        &words,
    )
    .await;
}
