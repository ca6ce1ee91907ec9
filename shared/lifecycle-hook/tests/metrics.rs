//! The log lines are metrics in CloudWatch's embedded metric format, and hold no secret.

use std::time::Duration;

use crate::support::{BREAK, CodeDeploy, Does, Lines, context, emf, event, invoke};
use aws_clients::Environment;
use lambda_runtime::{Diagnostic, LambdaEvent};
use lifecycle_hook::{
    Check, Failure, Hook, HookEvent, METRICS_NAMESPACE, OnFailureDestination, Reporter, Status,
};
use serde_json::{Value, json};
use tower::ServiceExt;

const TIMEOUT: Duration = Duration::from_secs(10);

/// A hook whose checks end in every way, under names that no dimension may have.
fn hook(environment: &Environment, log: &Lines) -> Hook {
    Hook::after_allow_traffic()
        .environment(environment)
        .log_to(log.clone())
        .check("passes", async |cx: Check| {
            cx.note("_aws", "a note of this name");
            cx.note("CheckDuration", "not a number");
            Ok::<(), Failure>(())
        })
        .check("prüft\tdie Länge", async |_cx: Check| {
            Err::<(), _>("é".repeat(1 << 20))
        })
        .check("", async |_cx: Check| -> Result<(), Failure> {
            panic!("no item 7")
        })
        .check("x".repeat(2_000), async |_cx: Check| {
            Err::<(), _>(Failure::skipped("nothing to ask"))
        })
        .check_with_timeout("hangs", Duration::from_millis(50), async |_cx: Check| {
            std::future::pending::<Result<(), Failure>>().await
        })
}

/// The metrics of each line.
fn published(log: &Lines) -> Vec<Vec<(String, Vec<Vec<String>>)>> {
    log.text()
        .lines()
        .map(|line| emf::metrics(line).unwrap_or_else(|why| panic!("{why}: {line}")))
        .collect()
}

fn names(metrics: &[(String, Vec<Vec<String>>)]) -> Vec<&str> {
    metrics.iter().map(|(name, _)| name.as_str()).collect()
}

#[tokio::test]
async fn every_line_of_a_verdict_is_an_embedded_metric_whatever_the_checks_are_called() {
    let codedeploy = CodeDeploy::start();
    let log = Lines::default();
    invoke(&hook(&codedeploy.environment(), &log), TIMEOUT)
        .await
        .unwrap();
    let lines = published(&log);
    assert_eq!(lines.len(), 6);
    for check in &lines[..5] {
        assert_eq!(names(check), ["CheckDuration", "CheckFailures"]);
        assert_eq!(check[0].1, [["FunctionName", "Check"]]);
    }
    assert_eq!(
        names(&lines[5]),
        ["VerdictFailures", "ReportAttempts", "ReportFailures"]
    );
    assert_eq!(lines[5][0].1, [["FunctionName"]]);
}

#[tokio::test]
async fn the_figures_are_those_of_the_verdict() {
    let codedeploy = CodeDeploy::with_script([BREAK]);
    let log = Lines::default();
    let verdict = invoke(&hook(&codedeploy.environment(), &log), TIMEOUT)
        .await
        .unwrap();
    let lines = log.values();
    for (line, check) in lines.iter().zip(&verdict.checks) {
        assert_eq!(line["CheckDuration"], check.duration_ms);
        assert_eq!(
            line["CheckFailures"],
            u8::from(check.status.is_failure()),
            "{line}"
        );
    }
    let last = &lines[verdict.checks.len()];
    assert_eq!(
        [
            &last["VerdictFailures"],
            &last["ReportAttempts"],
            &last["ReportFailures"]
        ],
        [1, 2, 0]
    );
    assert_eq!(
        last["_aws"]["CloudWatchMetrics"][0]["Namespace"],
        METRICS_NAMESPACE
    );
}

#[tokio::test]
async fn the_line_of_an_on_failure_destination_is_an_embedded_metric() {
    let codedeploy = CodeDeploy::start();
    let log = Lines::default();
    OnFailureDestination::new()
        .environment(codedeploy.environment())
        .log_to(log.clone())
        .oneshot(LambdaEvent::new(
            json!({"requestPayload": event("d-1")}),
            context(TIMEOUT),
        ))
        .await
        .unwrap();
    let lines = published(&log);
    assert_eq!(
        names(&lines[0]),
        ["AnsweredFor", "ReportAttempts", "ReportFailures"]
    );
}

#[test]
fn what_is_not_an_embedded_metric_is_told_from_one() {
    let good = json!({
        "_aws": {
            "Timestamp": 1_700_000_000_123_u64,
            "CloudWatchMetrics": [{
                "Namespace": "N", "Dimensions": [["D"]], "Metrics": [{"Name": "M", "Unit": "Count", "StorageResolution": 60}]
            }]
        },
        "D": "d",
        "M": 1
    });
    assert!(emf::metrics(&good.to_string()).is_ok());
    let directive = "/_aws/CloudWatchMetrics/0";
    #[rustfmt::skip] // A table.
    let cases = [
        ("/_aws/Timestamp".to_owned(), json!(1.5), "Timestamp"),
        ("/_aws/Timestamp".to_owned(), json!("now"), "Timestamp"),
        (format!("{directive}/Namespace"), json!(""), "Namespace"),
        (format!("{directive}/Dimensions"), json!([]), "dimension set"),
        (format!("{directive}/Dimensions/0"), json!(["other"]), "other is missing"),
        (format!("{directive}/Dimensions/0"), json!(vec!["D"; 31]), "thirty"),
        (format!("{directive}/Metrics/0/Unit"), json!("ms"), "unit"),
        (format!("{directive}/Metrics/0/StorageResolution"), json!(5), "resolution"),
        (format!("{directive}/Metrics/0/Name"), json!("other"), "other is missing"),
        ("/D".to_owned(), json!(7), "D is no text"),
        ("/D".to_owned(), json!("ü"), "ASCII"),
        ("/D".to_owned(), json!(" "), "blank"),
        ("/M".to_owned(), json!("1"), "M is no number"),
        ("/M".to_owned(), json!(vec![1; 101]), "M is no number"),
        ("/_aws".to_owned(), json!({"Timestamp": 1, "CloudWatchMetrics": [], "More": 1}), "More does not belong"),
    ];
    for (at, value, why) in cases {
        let mut line: Value = good.clone();
        *line.pointer_mut(&at).unwrap() = value;
        let error = emf::metrics(&line.to_string()).unwrap_err();
        assert!(error.contains(why), "{at}: {error}");
    }
}

/// What a function on Lambda signs with.
const SECRETS: [(&str, &str); 3] = [
    ("AWS_ACCESS_KEY_ID", "AKIDOFTHISTEST"),
    ("AWS_SECRET_ACCESS_KEY", "secret/of+this/test"),
    ("AWS_SESSION_TOKEN", "token/of+this/test=="),
];

/// Of the token, as it may come back.
const SPELLED: [&str; 4] = [
    "token%2Fof%2Bthis",
    "token%252Fof%252Bthis",
    "token&#x2F;of&#43;this",
    "n/of+this/test",
];

#[tokio::test]
async fn no_credential_and_no_signature_is_in_a_log_or_an_error_whatever_happens() {
    let codedeploy = CodeDeploy::with_script([BREAK; 24]);
    let quoting = CodeDeploy::with_script([Does::Quote; 4]);
    let [endpoint, quoting] = [&codedeploy, &quoting].map(|at| format!("http://{}", at.address()));
    for endpoint in [
        endpoint.as_str(),
        quoting.as_str(),
        "http://127.0.0.1:1",
        "localhost:4566",
        "https://name:password@host",
    ] {
        let environment = Environment::from_variables(SECRETS.into_iter().chain([
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ENDPOINT_URL_CODEDEPLOY", endpoint),
        ]));
        let log = Lines::default();
        let hook = hook(&environment, &log);
        let failed = invoke(&hook, Duration::from_secs(2)).await.unwrap_err();
        let guard = OnFailureDestination::new()
            .environment(&environment)
            .log_to(log.clone());
        let unanswered = guard
            .clone()
            .oneshot(LambdaEvent::new(
                json!({"requestPayload": event("d-1")}),
                context(Duration::from_secs(1)),
            ))
            .await
            .unwrap_err();
        let own = HookEvent::from_value(&event("d-2")).unwrap();
        let reporter = Reporter::new(&environment);
        let unreported = tokio::time::timeout(
            Duration::from_millis(500),
            reporter.report(&own, Status::Failed),
        );
        let mut output = format!(
            "{}{failed}{failed:?}{unanswered}{unanswered:?}{hook:?}{guard:?}{environment:?}{reporter:?}{:?}",
            log.text(),
            unreported.await
        );
        let quoted =
            output.contains("InvalidSignatureException: The request signature we calculated");
        assert_eq!(quoted, endpoint == quoting, "{output}");
        let diagnostics = [Diagnostic::from(failed), Diagnostic::from(unanswered)];
        output += &diagnostics.map(|d| d.error_message).concat();
        for secret in SECRETS
            .map(|(_, value)| value)
            .into_iter()
            .chain(SPELLED)
            .chain(["password", "AWS4-HMAC-SHA256", "Signature="])
        {
            assert!(!output.contains(secret), "{endpoint}: {secret} in {output}");
        }
    }
}

/// What the services and the tasks of a check may quote, in a check's reason, its notes, its panic and its clean-up.
#[tokio::test]
async fn a_check_may_quote_what_it_was_answered_and_nothing_of_it_leaves() {
    let codedeploy = CodeDeploy::start();
    let [key, secret, token] = SECRETS.map(|(_, value)| value);
    let environment = Environment::from_variables(SECRETS.into_iter().chain([
        ("AWS_REGION", "eu-central-1"),
        (
            "AWS_ENDPOINT_URL_CODEDEPLOY",
            &format!("http://{}", codedeploy.address()),
        ),
    ]));
    let answer = format!(
        "403: AWS4-HMAC-SHA256 Credential={key}/20260101, Signature=ab12\nx-amz-security-token:{token}"
    );
    let log = Lines::default();
    let hook_with = |answer: String| {
        Hook::before_allow_traffic()
            .environment(&environment)
            .log_to(log.clone())
            .check("fails", {
                let answer = answer.clone();
                move |cx: Check| {
                    cx.note("answer", answer.clone());
                    cx.note(answer.clone(), 1);
                    let (left, reason) = (answer.clone(), answer.clone());
                    cx.on_cleanup(answer.clone(), async { Err::<(), _>(left) });
                    async { Err::<(), _>(reason) }
                }
            })
            .check("panics", move |_cx: Check| {
                let answer = answer.clone();
                async move { panic!("{answer}") as Result<(), Failure> }
            })
    };
    let hook = hook_with(format!("{answer} {secret} {}", &token[..14]));
    let verdict = invoke(&hook, TIMEOUT).await.unwrap();
    let by_hand = hook.run_once(TIMEOUT).await;
    let pretty = invoke(&hook.clone().dry_run(true), TIMEOUT).await.unwrap();
    let all = format!("{verdict:?}{by_hand:?}{by_hand}{pretty:?}{}", log.text());
    assert!(
        all.contains("403: AWS4-HMAC-SHA256 Credential=[redacted]"),
        "{all}"
    );
    for secret in [key, secret, token, &token[..14], "ab12"] {
        assert!(!all.contains(secret), "{secret} in {all}");
    }
    // The lines are JSON still, and metrics.
    assert_eq!(verdict.checks.len(), 2);
    assert_eq!(codedeploy.reports().len(), 1);
}
