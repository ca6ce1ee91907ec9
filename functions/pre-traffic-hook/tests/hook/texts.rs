//! What an operator reads when a version fails, word by word.

use contacts_testing::{Canned, Server, lookup, result, run};
use lifecycle_hook::CheckStatus;

use crate::suite::AMPLE;
use crate::support::{SERVED, TARGET, THROTTLED, environment};

/// How `check` ends, and its detail, when Lambda answers every invocation so.
async fn ended_with(check: &str, answer: Canned) -> (CheckStatus, String) {
    let (lambda, _) = Server::answering(vec![answer]).await;
    let variables = [("NEW_VERSION_ARN", TARGET)];
    let hook = pre_traffic_hook::hook(lookup(&variables), &environment(&lambda.url()));
    let verdict = run(hook, AMPLE).await;
    let result = result(&verdict, check);
    (result.status, result.detail.clone().unwrap_or_default())
}

#[tokio::test]
async fn a_function_that_dies() {
    let died = Canned {
        status: 200,
        header: ("x-amz-function-error", "Unhandled"),
        body: r#"{"errorType": "Runtime.ExitError", "errorMessage": "RequestId: 7a4c Error: Runtime exited with error: exit status 101"}"#,
    };
    let (status, detail) = ended_with("create-and-read", died).await;
    assert_eq!(status, CheckStatus::Failed);
    insta::assert_snapshot!(detail, @"create a contact: the function ended in an error, Runtime.ExitError: RequestId: 7a4c Error: Runtime exited with error: exit status 101; look the request id up in its log (request id request-1)");
}

#[tokio::test]
async fn an_answer_that_api_gateway_would_not_take() {
    let malformed = Canned {
        body: r#"{"id": "018f", "name": "Ada"}"#,
        ..SERVED
    };
    let (status, detail) = ended_with("create-and-read", malformed).await;
    assert_eq!(status, CheckStatus::Failed);
    insta::assert_snapshot!(detail, @"create a contact: the function's answer is no API Gateway proxy response: missing field `statusCode` at line 1 column 29 (request id request-1)");
}

#[tokio::test]
async fn an_answer_that_is_no_contact() {
    let (status, detail) = ended_with("create-and-read", SERVED).await;
    assert_eq!(status, CheckStatus::Failed);
    insta::assert_snapshot!(detail, @"create a contact: expected status 201, got status 200 (request id request-1)");
}

#[tokio::test]
async fn invocations_that_stay_throttled() {
    let (status, detail) = ended_with("concurrent-invocations", THROTTLED).await;
    assert_eq!(status, CheckStatus::Skipped);
    insta::assert_snapshot!(detail, @"create a contact: throttled at each of 5 attempts (TooManyRequestsException: Rate Exceeded.): inconclusive, it says nothing of the version; look at the account's concurrency and the API's rate limits (request id request-1)");
    let (status, detail) = ended_with("create-and-read", THROTTLED).await;
    assert_eq!(status, CheckStatus::Failed);
    insta::assert_snapshot!(detail, @"create a contact: throttled at each of 5 attempts (TooManyRequestsException: Rate Exceeded.): inconclusive, it says nothing of the version; look at the account's concurrency and the API's rate limits (request id request-1)");
}
