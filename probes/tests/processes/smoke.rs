//! `smoke`, against APIs that are good, of several versions, and not to be asked.

use contacts_testing::{Table, api_gateway, stage};
use serde_json::Value;

use crate::support::{SMOKE, ended};

const TARGET: &str = "arn:aws:lambda:us-east-1:123456789012:function:contacts:8";

#[tokio::test]
async fn a_healthy_api_passes_signed_and_its_table_is_as_it_was() {
    let table = Table::start().await;
    let api = api_gateway(&table, true, |_| "8").await;
    let url = stage(&api);
    let (code, output) = ended(
        SMOKE,
        &[
            ("API_URL", &url),
            ("API_AUTHORIZATION", "AWS_IAM"),
            ("NEW_VERSION_ARN", TARGET),
            ("SAMPLE_REQUESTS", "4"),
            ("LATENCY_BUDGET_MS", "5000"),
        ],
    )
    .await;
    assert_eq!(code, 0, "{output}");
    for check in ["create-and-read", "sampled-requests", "unsigned-requests"] {
        let passed = output
            .lines()
            .any(|line| line.starts_with("Passed ") && line.ends_with(&format!(" ms  {check}")));
        assert!(passed, "{check}\n{output}");
    }
    let last = output.lines().last().unwrap();
    assert_eq!(last, "AfterAllowTraffic of version 8: Succeeded, 11 passed");
    assert_eq!(table.items(), [] as [Value; 0]);
}

#[tokio::test]
async fn without_a_version_any_may_answer_and_the_checks_that_need_one_say_so() {
    let table = Table::start().await;
    let api = api_gateway(&table, false, |number| ["7", "8"][number % 2]).await;
    let url = stage(&api);
    let (code, output) = ended(SMOKE, &[("API_URL", &url), ("API_AUTHORIZATION", "NONE")]).await;
    assert_eq!(code, 0, "{output}");
    let skipped = output.lines().filter(|line| line.starts_with("Skipped "));
    assert_eq!(skipped.count(), 3, "{output}");
    assert!(
        output.contains("sampled-requests: NEW_VERSION_ARN names no version"),
        "{output}"
    );
    let last = output.lines().last().unwrap();
    assert_eq!(last, "AfterAllowTraffic: Succeeded, 8 passed, 3 skipped");
}

#[tokio::test]
async fn a_failed_check_ends_with_1_and_what_cannot_be_asked_with_2() {
    let table = Table::start().await;
    let api = api_gateway(&table, true, |_| "8").await;
    let url = stage(&api);
    let (code, output) = ended(SMOKE, &[("API_URL", &url), ("API_AUTHORIZATION", "NONE")]).await;
    assert_eq!(code, 1, "{output}");
    assert!(output.contains("Missing Authentication Token"), "{output}");
    assert!(
        output.lines().last().unwrap().contains(": Failed, "),
        "{output}"
    );

    let (code, output) = ended(
        SMOKE,
        &[("API_URL", "contacts"), ("API_AUTHORIZATION", "NONE")],
    )
    .await;
    assert_eq!(code, 2, "{output}");
    assert!(output.contains("no URL"), "{output}");
}
