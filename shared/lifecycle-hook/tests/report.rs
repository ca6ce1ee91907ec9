//! What becomes of the report, whatever CodeDeploy's endpoint does.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::support::{
    ALREADY, BREAK, CodeDeploy, DENY, Does, THROTTLE, environment, event, invoke,
};
use aws_clients::Environment;
use axum::http::StatusCode;
use lifecycle_hook::{Check, Failure, Hook, HookError, HookEvent, Reporter, Status, Verdict};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpSocket};

/// Long enough for three back-offs from 150 ms.
const TIMEOUT: Duration = Duration::from_secs(12);
const SHORT: Duration = Duration::from_secs(2);

fn hook(environment: &Environment) -> Hook {
    Hook::before_allow_traffic()
        .environment(environment)
        .log_to(std::io::sink())
        .check("fails", async |_cx: Check| Err::<(), _>("no"))
}

/// Passes one connection on.
async fn forward(front: &TcpListener, behind: SocketAddr) {
    let (mut near, _) = front.accept().await.unwrap();
    let mut far = tokio::net::TcpStream::connect(behind).await.unwrap();
    tokio::io::copy_bidirectional(&mut near, &mut far)
        .await
        .unwrap();
}

async fn reported_after(script: &[Does]) -> Verdict {
    let codedeploy = CodeDeploy::with_script(script.iter().copied());
    let verdict = invoke(&hook(&codedeploy.environment()), TIMEOUT)
        .await
        .unwrap();
    assert!(verdict.report.delivered);
    assert_eq!(codedeploy.calls(), verdict.report.attempts);
    verdict
}

#[tokio::test]
async fn a_report_that_is_refused_for_now_is_tried_again() {
    let unknown_words = Does::Refuse(StatusCode::TOO_MANY_REQUESTS, "SlowDownPlease");
    // IAM settles: a call that is denied may be allowed a moment later.
    for refusal in [THROTTLE, BREAK, unknown_words, DENY] {
        let verdict = reported_after(&[refusal; 3]).await;
        assert_eq!(verdict.report.attempts, 4, "{refusal:?}");
    }
}

#[tokio::test]
async fn a_success_that_is_not_codedeploys_is_none() {
    // Of a proxy, a sign-in page, another service, and one that has no end.
    for not_codedeploys in [
        Does::Say(StatusCode::OK, "<html>Sign in</html>"),
        Does::Say(StatusCode::OK, ""),
        Does::Say(StatusCode::OK, "[]"),
        Does::Say(StatusCode::OK, "\"ok\""),
        Does::Say(StatusCode::OK, r#"{"message": "Healthy"}"#),
        Does::Say(StatusCode::NO_CONTENT, ""),
        Does::Endless,
    ] {
        let verdict = reported_after(&[not_codedeploys]).await;
        assert_eq!(verdict.report.attempts, 2, "{not_codedeploys:?}");
    }
    // Its one member may be left out, by CodeDeploy's model.
    let verdict = reported_after(&[Does::Say(StatusCode::OK, "{}")]).await;
    assert_eq!(verdict.report.attempts, 1);
}

#[tokio::test]
async fn a_refusal_that_is_not_codedeploys_is_tried_again() {
    for refusal in [
        Does::Say(StatusCode::FORBIDDEN, "<html>blocked</html>"),
        Does::Say(StatusCode::NOT_FOUND, ""),
        Does::Say(StatusCode::REQUEST_TIMEOUT, "{}"),
        Does::Say(StatusCode::FOUND, ""),
        Does::Refuse(StatusCode::NOT_IMPLEMENTED, "Whatever"),
    ] {
        let verdict = reported_after(&[refusal]).await;
        assert_eq!(verdict.report.attempts, 2, "{refusal:?}");
    }
}

#[tokio::test]
async fn a_report_that_is_answered_with_no_http_is_tried_again() {
    for garbage in [
        "\x15\x03\x01\x00\x02\x02\x46",
        "HTTP/9.9 what\r\n\r\n",
        "HTTP/1.1 200 OK\r\na b: c\r\n\r\n",
    ] {
        let codedeploy = CodeDeploy::start();
        let front = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = front.local_addr().unwrap();
        let behind = codedeploy.address();
        tokio::spawn(async move {
            for _ in 0..2 {
                let (mut near, _) = front.accept().await.unwrap();
                near.write_all(garbage.as_bytes()).await.unwrap();
                // All that was sent is read, so that the answer arrives and not the connection's end alone.
                tokio::io::copy(&mut near, &mut tokio::io::sink())
                    .await
                    .unwrap();
            }
            forward(&front, behind).await;
        });
        let verdict = invoke(&hook(&environment(&format!("http://{address}"))), TIMEOUT)
            .await
            .unwrap();
        assert_eq!(verdict.report.attempts, 3, "{garbage:?}");
        assert_eq!(codedeploy.reports().len(), 1);
    }
}

#[tokio::test]
async fn what_came_instead_of_codedeploys_answer_is_said() {
    for (does, expected) in [
        (
            Does::Say(StatusCode::OK, "<html>"),
            "HTTP 200 with an answer that is not CodeDeploy's (no JSON)",
        ),
        (
            Does::Say(StatusCode::TOO_MANY_REQUESTS, ""),
            "HTTP 429 with an answer without a code",
        ),
        (Does::Endless, "the answer is longer than 65536 bytes"),
    ] {
        let codedeploy = CodeDeploy::with_script([does; 24]);
        let (text, verdict) = undeliverable(&codedeploy.environment()).await;
        assert!(text.contains(expected), "{text}");
        assert!(verdict.report.attempts > 1, "{text}");
    }
}

#[tokio::test]
async fn an_event_answered_before_is_success() {
    let report = reported_after(&[ALREADY]).await.report;
    assert!(report.already_completed);
    assert_eq!(report.attempts, 1);
}

#[tokio::test]
async fn a_second_report_after_a_lost_answer_is_success() {
    // The first attempt arrives, but its answer is lost; by the second, the event is completed.
    let report = reported_after(&[Does::BlackHole, ALREADY]).await.report;
    assert!(report.already_completed);
    assert_eq!(report.attempts, 2);
}

#[tokio::test]
async fn a_report_whose_connection_is_lost_is_tried_again() {
    let codedeploy = CodeDeploy::start();
    let front = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = front.local_addr().unwrap();
    let behind = codedeploy.address();
    tokio::spawn(async move {
        for _ in 0..2 {
            drop(front.accept().await.unwrap());
        }
        forward(&front, behind).await;
    });
    let verdict = invoke(&hook(&environment(&format!("http://{address}"))), TIMEOUT)
        .await
        .unwrap();
    assert_eq!(verdict.report.attempts, 3);
    assert_eq!(codedeploy.reports()[0].status, "Failed");
}

/// A port that is the test's own, and refuses connections: bound, but not listening.
fn refusing() -> TcpSocket {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    socket
}

#[tokio::test]
async fn an_endpoint_that_is_dead_for_twenty_seconds_gets_the_status_all_the_same() {
    let outage = Duration::from_secs(20);
    let timeout = Duration::from_mins(1);
    let codedeploy = CodeDeploy::start();
    let socket = refusing();
    let address = socket.local_addr().unwrap();
    let begun = Instant::now();
    let back = tokio::spawn({
        let behind = codedeploy.address();
        async move {
            tokio::time::sleep(outage).await;
            forward(&socket.listen(8).unwrap(), behind).await;
        }
    });
    let verdict = invoke(&hook(&environment(&format!("http://{address}"))), timeout)
        .await
        .unwrap();
    back.abort();

    let reports = codedeploy.reports();
    assert_eq!(reports.len(), 1);
    assert_eq!(reports[0].status, "Failed");
    let after = reports[0].at - begun;
    println!(
        "delivered {after:?} after the event, at attempt {}",
        verdict.report.attempts
    );
    assert!(outage < after && after < timeout, "{after:?}");
}

/// The error of an invocation whose report nobody takes.
async fn undeliverable(environment: &Environment) -> (String, Verdict) {
    let begun = Instant::now();
    let error = invoke(&hook(environment), SHORT).await.unwrap_err();
    assert!(
        begun.elapsed() < SHORT,
        "the function's own time-out came first"
    );
    let text = error.to_string();
    let HookError::Undeliverable { verdict, .. } = error else {
        panic!("{text}");
    };
    assert!(!verdict.report.delivered);
    assert_eq!(verdict.checks[0].detail.as_deref(), Some("no"));
    (text, *verdict)
}

#[tokio::test]
async fn a_report_into_a_black_hole_is_an_error_before_the_time_out() {
    let codedeploy = CodeDeploy::with_script([Does::BlackHole; 8]);
    let (text, verdict) = undeliverable(&codedeploy.environment()).await;
    assert!(text.contains("time is up"), "{text}");
    assert!(verdict.report.attempts >= 1);
}

#[tokio::test]
async fn a_refused_connection_is_tried_again_until_time_is_up() {
    let socket = refusing();
    let endpoint = format!("http://{}", socket.local_addr().unwrap());
    let (text, verdict) = undeliverable(&environment(&endpoint)).await;
    assert!(verdict.report.attempts > 1, "{verdict:?}");
    assert!(
        text.contains("the function's time is up; last, ")
            && text.to_lowercase().contains("connection refused"),
        "{text}"
    );
}

#[tokio::test]
async fn a_name_that_does_not_resolve_is_tried_again_until_time_is_up() {
    // A label has 63 characters at most, so the resolver refuses this one without asking anybody.
    let endpoint = format!("http://{}.invalid", "a".repeat(64));
    let (text, verdict) = undeliverable(&environment(&endpoint)).await;
    assert!(verdict.report.attempts > 1, "{text}");
}

#[tokio::test]
async fn a_permission_that_is_missing_for_good_is_named_by_the_failing_report() {
    let codedeploy = CodeDeploy::with_script([DENY; 24]);
    let (text, _) = undeliverable(&codedeploy.environment()).await;
    assert!(
        text.contains("AccessDeniedException: as the script says"),
        "{text}"
    );
}

#[tokio::test]
async fn a_missing_variable_is_named_by_the_failing_report() {
    let (text, _) =
        undeliverable(&Environment::from_variables([("AWS_REGION", "eu-west-1")])).await;
    assert!(text.contains("AWS_ACCESS_KEY_ID is not set"), "{text}");
}

#[tokio::test]
async fn a_malformed_endpoint_is_named_by_the_failing_report() {
    let (text, _) = undeliverable(&environment("localhost:4566")).await;
    assert!(
        text.contains("AWS_ENDPOINT_URL_CODEDEPLOY cannot be used"),
        "{text}"
    );
}

#[tokio::test]
async fn a_refusal_for_good_is_not_tried_again_and_says_what_codedeploy_said() {
    let codedeploy = CodeDeploy::with_script([Does::Refuse(
        axum::http::StatusCode::BAD_REQUEST,
        "DeploymentDoesNotExistException",
    )]);
    let (text, verdict) = undeliverable(&codedeploy.environment()).await;
    assert_eq!(verdict.report.attempts, 1);
    assert!(
        text.contains("DeploymentDoesNotExistException: as the script says"),
        "{text}"
    );
}

#[tokio::test]
async fn anyone_can_answer_for_a_hook_that_could_not() {
    let codedeploy = CodeDeploy::with_script([THROTTLE]);
    let event = HookEvent::from_value(&event("d-2")).unwrap();
    let report = Reporter::new(&codedeploy.environment())
        .report(&event, Status::Failed)
        .await
        .unwrap();
    assert_eq!((report.delivered, report.attempts), (true, 2));
    assert_eq!(codedeploy.reports()[0].deployment_id, "d-2");
}

#[tokio::test]
async fn a_repeated_event_is_answered_again() {
    let codedeploy = CodeDeploy::with_script([Does::Accept, ALREADY]);
    let hook = codedeploy
        .hook()
        .check("passes", async |_cx: Check| Ok::<(), Failure>(()));
    let first = invoke(&hook, TIMEOUT).await.unwrap();
    let second = invoke(&hook, TIMEOUT).await.unwrap();
    assert_eq!(
        (first.status, second.status),
        (Status::Succeeded, Status::Succeeded)
    );
    assert!(second.report.already_completed && !first.report.already_completed);
}

#[tokio::test]
async fn the_failures_of_earlier_events_leave_a_later_one_all_its_retries() {
    // The SDK's shared quota holds 500 tokens, and these take 5 each: 900 in all.
    let codedeploy = CodeDeploy::throttling_first(3);
    let reporter = Reporter::new(&codedeploy.environment());
    let reports = (0..60).map(|n| {
        let event = HookEvent::from_value(&event(&format!("d-{n}"))).unwrap();
        let reporter = reporter.clone();
        async move {
            reporter
                .report(&event, Status::Failed)
                .await
                .unwrap()
                .attempts
        }
    });
    assert_eq!(futures::future::join_all(reports).await, [4; 60]);
}
