//! Functions, their versions and aliases.

use rehearsal_deployment::event::InvocationOutcome;

use crate::support::{between, run, seen};
use crate::{TRAFFIC, all, get, shop};

#[test]
fn a_version_keeps_the_time_out_that_it_was_published_with() {
    let rehearsal = format!(
        "[[stub]]\nfunction = 'Orders'\nduration_ms = 4000\n{TRAFFIC}{}",
        get("/orders")
    );
    let (plan, _) = between(
        &shop("a", 3, &["/orders"], ""),
        &shop("b", 10, &["/orders"], ""),
        &rehearsal,
    )
    .unwrap();
    let (world, _) = run(plan);
    let seen = seen(&world);
    for request in &seen {
        let expected = match request.version.as_str() {
            "1" => InvocationOutcome::TimedOut,
            _ => InvocationOutcome::Answered,
        };
        assert_eq!(request.outcome, expected, "{request:?}");
    }
    let both = seen.iter().filter(|request| request.minute == 5);
    let versions: std::collections::BTreeSet<_> = both.map(|request| &request.version).collect();
    assert_eq!(versions.len(), 2, "both serve while traffic shifts");
}

#[test]
fn a_time_out_of_which_no_version_is_published_changes_the_function_itself_and_no_version() {
    let worker = |timeout: u32| {
        format!(
            "  Worker:
    Type: AWS::Serverless::Function
    Properties: {{Runtime: provided.al2023, Handler: b, CodeUri: 's3://code/w.zip', Timeout: {timeout}, AutoPublishAlias: live}}
"
        )
    };
    let rehearsal = format!(
        "[[stub]]\nfunction = 'Worker'\nduration_ms = 4000\n{TRAFFIC}
[[traffic.request]]
function = 'Worker'
[[traffic.request]]
function = 'Worker'
qualifier = 'live'
"
    );
    let (plan, _) = between(
        &shop("a", 3, &["/orders"], &worker(3)),
        &shop("b", 3, &["/orders"], &worker(10)),
        &rehearsal,
    )
    .unwrap();
    let (world, _) = run(plan);
    for request in seen(&world) {
        let is_new = request.version == "$LATEST" && request.minute >= 2;
        let expected = if is_new {
            InvocationOutcome::Answered
        } else {
            InvocationOutcome::TimedOut
        };
        assert_eq!(request.outcome, expected, "{request:?}");
    }
}

#[test]
fn an_alias_that_the_update_brings_is_met_from_then_on() {
    let without = shop("a", 3, &["/orders"], "").replace("      AutoPublishAlias: live\n      DeploymentPreference: {Type: Linear10PercentEvery1Minute}\n", "");
    let other = "  Other:
    Type: AWS::Serverless::Function
    Properties: {Runtime: provided.al2023, Handler: b, CodeUri: %, AutoPublishAlias: live, DeploymentPreference: {Type: AllAtOnce}}
";
    let with = shop("a", 3, &["/orders"], &other.replace('%', "s3://code/b.zip"));
    let without = without + &other.replace('%', "s3://code/a.zip");
    let rehearsal = format!("{TRAFFIC}[[traffic.request]]\nfunction = 'Orders'\n");
    let (plan, _) = between(&without, &with, &rehearsal).unwrap();
    let (world, _) = run(plan);
    let seen = seen(&world);
    assert_eq!(all(&seen, 1, |seen| seen.version.clone()), "$LATEST");
    assert_eq!(all(&seen, 3, |seen| seen.version.clone()), "1");
}

#[test]
fn a_function_that_is_not_there_yet_answers_nobody() {
    let other = "  Later:
    Type: AWS::Serverless::Function
    Properties: {Runtime: provided.al2023, Handler: b, CodeUri: 's3://code/later.zip'}
";
    let rehearsal = format!("{TRAFFIC}[[traffic.request]]\nfunction = 'Later'\n");
    for (live, new, before, after) in [
        (
            "",
            other,
            InvocationOutcome::NotServed,
            InvocationOutcome::Answered,
        ),
        (
            other,
            "",
            InvocationOutcome::Answered,
            InvocationOutcome::NotServed,
        ),
    ] {
        let (plan, _) = between(
            &shop("a", 3, &["/orders"], live),
            &shop("b", 3, &["/orders"], new),
            &rehearsal,
        )
        .unwrap();
        let (world, _) = run(plan);
        let seen = seen(&world);
        assert_eq!(all(&seen, 1, |seen| seen.outcome), before);
        assert_eq!(all(&seen, 12, |seen| seen.outcome), after);
    }
}

#[test]
fn a_version_that_a_new_alias_names_is_still_what_it_was_published_from() {
    let template = |timeout: u32, more: &str| {
        format!(
            "{}  Worker:
    Type: AWS::Lambda::Function
    Properties: {{Runtime: provided.al2023, Handler: b, Role: r, Code: {{S3Bucket: b, S3Key: w}}, Timeout: {timeout}}}
  First: {{Type: AWS::Lambda::Version, Properties: {{FunctionName: !Ref Worker}}}}
  Live: {{Type: AWS::Lambda::Alias, Properties: {{FunctionName: !Ref Worker, FunctionVersion: !GetAtt First.Version, Name: live}}}}
{more}",
            shop("a", 3, &["/orders"], "")
        )
    };
    let beta = "  Beta: {Type: AWS::Lambda::Alias, Properties: {FunctionName: !Ref Worker, FunctionVersion: !GetAtt First.Version, Name: beta}}\n";
    let rehearsal = format!(
        "[[stub]]\nfunction = 'Worker'\nduration_ms = 4000\n{TRAFFIC}[[traffic.request]]\nfunction = 'Worker'\nqualifier = 'beta'\n"
    );
    let (plan, _) = between(&template(3, ""), &template(10, beta), &rehearsal).unwrap();
    let (world, _) = run(plan);
    let seen = seen(&world);
    assert_eq!(
        all(&seen, 1, |seen| seen.outcome),
        InvocationOutcome::NotServed
    );
    assert_eq!(
        all(&seen, 3, |seen| seen.outcome),
        InvocationOutcome::TimedOut
    );
}
