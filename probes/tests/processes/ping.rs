//! `ping`, against APIs of several versions, nobody, and credentials that expire.

use contacts_testing::{Table, api_gateway, stage};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use crate::support::{PING, ended, program};

/// A line without what differs from run to run: digits of times and durations.
fn masked(line: &str) -> String {
    let mut words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    if words.first().is_some_and(|word| word.contains(':')) {
        "TIME".clone_into(&mut words[0]);
    }
    for index in 1..words.len() {
        if words[index].starts_with("ms") {
            "N".clone_into(&mut words[index - 1]);
        }
    }
    words.join(" ")
}

#[tokio::test]
async fn what_cannot_be_asked_as_it_was_named_ends_with_2() {
    let url = "http://127.0.0.1:9/live";
    for (variables, words) in [
        (
            [("API_URL", "contacts"), ("API_AUTHORIZATION", "NONE")],
            "no URL",
        ),
        ([("API_URL", url), ("COUNT", "0")], "COUNT is \"0\""),
        (
            [("API_URL", url), ("API_AUTHORIZATION", "maybe")],
            "expected AWS_IAM or NONE",
        ),
    ] {
        let (code, output) = ended(PING, &variables).await;
        assert_eq!(code, 2, "{output}");
        assert!(output.contains(words), "{output}");
    }
}

/// What the page on deploying shows of `make ping`, from the heading on.
fn shown() -> Vec<String> {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/deploy.md");
    let text = std::fs::read_to_string(page).unwrap();
    let block = text
        .split("```")
        .find(|block| block.contains("$ make ping COUNT=5"))
        .unwrap();
    let lines = block.lines().skip_while(|line| !line.starts_with("UTC "));
    lines.map(str::to_owned).collect()
}

#[tokio::test]
async fn each_second_the_version_that_answered_is_told_with_the_shares_so_far_as_its_page_shows() {
    let shown = shown();
    let answered: Vec<&str> = shown
        .iter()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            (words.next()?.contains(':') && words.next()? == "200").then(|| words.next())?
        })
        .map(|version| if version == "v2" { "2" } else { "1" })
        .collect();
    let count = answered.len().to_string();
    assert!(
        answered.contains(&"1") && answered.contains(&"2"),
        "{shown:?}"
    );

    let table = Table::start().await;
    let api = api_gateway(&table, true, move |number| answered[number]).await;
    let variables = [
        ("API_URL", stage(&api)),
        ("API_AUTHORIZATION", "AWS_IAM".to_owned()),
        ("COUNT", count),
    ];
    let variables = variables
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    let (code, output) = ended(PING, &variables).await;
    assert_eq!(code, 0, "{output}");
    let masked = |lines: &mut dyn Iterator<Item = &str>| lines.map(masked).collect::<Vec<_>>();
    assert_eq!(
        masked(&mut output.lines()),
        masked(&mut shown.iter().map(String::as_str)),
        "the README shows something else than\n{output}"
    );
}

#[tokio::test]
async fn a_failed_request_is_a_line_and_ctrl_c_prints_the_totals() {
    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/live", nobody.local_addr().unwrap());
    drop(nobody);
    let mut ping = program(PING, &[("API_URL", &url), ("API_AUTHORIZATION", "NONE")])
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(ping.stdout.take().unwrap()).lines();
    let heading = lines.next_line().await.unwrap().unwrap();
    assert!(heading.starts_with("UTC "), "{heading}");
    for _ in 0..2 {
        let line = lines.next_line().await.unwrap().unwrap();
        assert!(line.contains("no version  ! 127.0.0.1:"), "{line}");
        assert!(line.contains("could not be reached"), "{line}");
    }
    let id = ping.id().unwrap().to_string();
    let sent = Command::new("kill").args(["-INT", &id]).status().await;
    assert!(sent.unwrap().success());
    let mut rest = Vec::new();
    while let Some(line) = lines.next_line().await.unwrap() {
        rest.push(masked(&line));
    }
    let words = "requests, 2 failed; median N ms, slowest N ms";
    assert_eq!(
        rest,
        [
            String::new(),
            format!("2 {words}"),
            "answered by no version".to_owned()
        ]
    );
    assert_eq!(ping.wait().await.unwrap().code(), Some(1));
}

/// A folder with a program `aws` that does this.
fn fake_aws(script: &str) -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("aws");
    std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

#[tokio::test]
async fn credentials_that_expire_are_asked_for_again_and_their_end_is_told_once() {
    let table = Table::start().await;
    let api = api_gateway(&table, true, |_| "8").await;
    let url = stage(&api);
    // With the old ones in its environment the AWS CLI would print those.
    let renews = fake_aws(
        "[ \"$*\" = 'configure export-credentials --format env-no-export' ] && [ -z \"$AWS_ACCESS_KEY_ID\" ] || exit 1
        echo AWS_ACCESS_KEY_ID=AKIDEXAMPLE; echo AWS_SECRET_ACCESS_KEY=secret; echo AWS_SESSION_TOKEN=token
        echo AWS_CREDENTIAL_EXPIRATION=2999-01-01T00:00:00+00:00",
    );
    let refuses = fake_aws("echo 'Token has expired' >&2; exit 255");
    for (aws, code, warnings) in [(&renews, 0, 0), (&refuses, 1, 1)] {
        let path = aws.path().to_str().unwrap();
        let ping = program(
            PING,
            &[
                ("API_URL", &url),
                ("API_AUTHORIZATION", "AWS_IAM"),
                ("COUNT", "2"),
                ("PATH", path),
                ("AWS_SECRET_ACCESS_KEY", "of the session before"),
                ("AWS_CREDENTIAL_EXPIRATION", "2026-01-01T00:00:00+00:00"),
            ],
        )
        .output()
        .await
        .unwrap();
        let output = String::from_utf8(ping.stdout).unwrap()
            + "\n"
            + std::str::from_utf8(&ping.stderr).unwrap();
        assert_eq!(ping.status.code(), Some(code), "{output}");
        assert_eq!(
            output.matches("Token has expired").count(),
            warnings,
            "{output}"
        );
    }
}
