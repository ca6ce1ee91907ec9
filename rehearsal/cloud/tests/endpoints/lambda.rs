//! Lambda, by which functions invoke others.

use aws_sdk_lambda::operation::invoke::InvokeError;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvocationType;
use rehearsal_aws::call::{AwsAnswer, AwsCall};
use rehearsal_aws::lambda::invoke::{InvocationType as Asked, Invoked, LambdaError};

use crate::Cloud;

#[tokio::test]
async fn a_function_is_invoked_through_the_sdk_by_arn_and_qualifier() {
    let cloud = Cloud::start().await;
    let client = client!(aws_sdk_lambda, cloud);
    let answer = client
        .invoke()
        .function_name("arn:aws:lambda:eu-central-1:123456789012:function:contacts:2")
        .payload(Blob::new(r#"{"n":1}"#))
        .send()
        .await
        .unwrap();
    assert_eq!(
        (answer.status_code(), answer.executed_version()),
        (200, Some("2"))
    );
    assert_eq!(answer.payload().unwrap().as_ref(), br#"{"n":1}"#);
    assert_eq!(answer.function_error(), None);
    client
        .invoke()
        .function_name("contacts")
        .qualifier("live")
        .send()
        .await
        .unwrap();
    let asked = cloud.backend.answered.lock().unwrap();
    let calls: Vec<_> = asked.iter().map(|(_, call, _)| call.clone()).collect();
    let invoke = |qualifier: &str| AwsCall::Invoke {
        function_name: "contacts".to_owned(),
        qualifier: Some(qualifier.to_owned()),
        invocation_type: Asked::RequestResponse,
    };
    assert_eq!(calls, [invoke("2"), invoke("live")]);
    assert_eq!(asked[1].2, "{}");
}

#[tokio::test]
async fn a_function_error_is_200_with_its_header_and_the_tail_of_its_log() {
    let cloud = Cloud::start().await;
    let mut failed = Invoked::new(r#"{"errorType":"E"}"#, "2");
    failed.function_error = Some("Unhandled".to_owned());
    failed.log = vec!["one".to_owned(), "two".to_owned()];
    cloud.backend.answer(AwsAnswer::Invoked(Ok(failed)));
    let client = client!(aws_sdk_lambda, cloud);
    let invoke = client
        .invoke()
        .function_name("f")
        .log_type(aws_sdk_lambda::types::LogType::Tail);
    let answer = invoke.send().await.unwrap();
    assert_eq!(
        (answer.status_code(), answer.function_error()),
        (200, Some("Unhandled"))
    );
    assert_eq!(answer.log_result(), Some("b25lCnR3bw=="));
}

#[tokio::test]
async fn events_and_dry_runs_have_their_own_status() {
    let cloud = Cloud::start().await;
    let client = client!(aws_sdk_lambda, cloud);
    for (kind, asked, status) in [
        (InvocationType::Event, Asked::Event, 202),
        (InvocationType::DryRun, Asked::DryRun, 204),
    ] {
        let invoke = client.invoke().function_name("f").invocation_type(kind);
        assert_eq!(invoke.send().await.unwrap().status_code(), status);
        let (_, call, _) = cloud.backend.answered.lock().unwrap().pop().unwrap();
        let AwsCall::Invoke {
            invocation_type, ..
        } = call
        else {
            panic!("{call:?}")
        };
        assert_eq!(invocation_type, asked);
    }
}

#[tokio::test]
async fn lambdas_refusals_are_told_apart_by_the_sdk() {
    let cloud = Cloud::start().await;
    let client = client!(aws_sdk_lambda, cloud);
    let invoke = || client.invoke().function_name("f");
    let not_found = LambdaError::ResourceNotFound {
        arn: "arn:f".to_owned(),
    };
    let is: [fn(&InvokeError) -> bool; 4] = [
        InvokeError::is_resource_not_found_exception,
        InvokeError::is_too_many_requests_exception,
        InvokeError::is_invalid_parameter_value_exception,
        InvokeError::is_invalid_request_content_exception,
    ];
    #[rustfmt::skip] // A table.
    let cases = [
        (Some(not_found), invoke(), is[0], "Function not found: arn:f"),
        (Some(LambdaError::throttled()), invoke(), is[1], "Rate Exceeded."),
        // What the endpoint refuses itself.
        (None, invoke().function_name("f:1").qualifier("2"), is[2], "The derived qualifier from the function name does not match"),
        (None, invoke().payload(Blob::new("not json")), is[3], "Could not parse request body into json: "),
    ];
    for (refusal, invoke, is, words) in cases {
        if let Some(error) = refusal {
            cloud.backend.answer(AwsAnswer::Invoked(Err(error)));
        }
        let error = invoke.send().await.unwrap_err().into_service_error();
        assert!(is(&error), "{error:?}");
        let message = error.meta().message().unwrap_or_default();
        assert!(message.starts_with(words), "{message}");
    }
}
