//! Functions, their versions and aliases.

use rehearsal_deployment::Revision;
use rehearsal_deployment::event::{Happening, InvocationOutcome};

use crate::support::{between, between_beside, run, seen};
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
    #[rustfmt::skip] // A table.
    let cases = [
        ("", other, InvocationOutcome::NotServed, InvocationOutcome::Answered),
        (other, "", InvocationOutcome::Answered, InvocationOutcome::NotServed),
    ];
    for (live, new, before, after) in cases {
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

#[test]
fn a_fault_on_the_old_version_leaves_one_alone_that_an_earlier_update_has_left() {
    let (live, new) = (
        shop("a", 3, &["/orders"], ""),
        shop("b", 3, &["/orders"], ""),
    );
    let by_number =
        |number: u32| format!("[[traffic.request]]\nfunction = 'Orders'\nqualifier = '{number}'\n");
    for (which, expected) in [
        ("old", [true, false, false]),
        ("new", [false, true, false]),
        ("any", [true; 3]),
    ] {
        let rehearsal = format!(
            "{TRAFFIC}{}{}{}[[fault]]\nfunction = 'Orders'\nversion = '{which}'\nkind = 'error'\n",
            by_number(1),
            by_number(2),
            by_number(7)
        );
        let (plan, _) = between_beside(&live, &new, &rehearsal, &[("Orders", "7")]).unwrap();
        let (world, _) = run(plan);
        let seen = seen(&world);
        let fails = |version: &str| {
            let mut own = seen
                .iter()
                .filter(|seen| seen.version == version)
                .peekable();
            assert!(own.peek().is_some(), "{version} is called");
            own.all(|seen| seen.outcome != InvocationOutcome::Answered)
        };
        assert_eq!(["1", "2", "7"].map(fails), expected, "{which}");
    }
}

/// The shop under a name of its function's own; a shift of three minutes of another function goes on meanwhile.
fn named(name: &str, code: &str) -> String {
    let other = "  Other:
    Type: AWS::Serverless::Function
    Properties: {Runtime: provided.al2023, Handler: b, CodeUri: %, AutoPublishAlias: live, DeploymentPreference: {Type: Linear10PercentEvery1Minute}}
";
    shop(
        code,
        3,
        &["/orders"],
        &other.replace('%', &format!("s3://code/{code}.zip")),
    )
    .replacen(
        "      Timeout: 3\n",
        &format!("      Timeout: 3\n      FunctionName: {name}\n"),
        1,
    )
}

#[test]
fn another_function_takes_the_place_of_one_that_is_renamed_and_its_alias_serves_without_a_deployment()
 {
    let rehearsal = format!(
        "[[stub]]\nfunction = 'Orders'\nversion = 'old'\nanswer = {{ statusCode = 201 }}\n{TRAFFIC}{}[[traffic.request]]\nfunction = 'Orders'\n",
        get("/orders")
    );
    let (plan, update) = between(&named("old", "a"), &named("new", "b"), &rehearsal).unwrap();
    let change = |id: &str| update.change(id).unwrap().action.name();
    assert_eq!(change("Orders"), "replace");
    assert_eq!(change("OrdersAliaslive"), "replace");
    let deployed: Vec<_> = plan.deployments.iter().map(|d| &d.function).collect();
    assert_eq!(deployed, ["Other"]);
    // Its version goes with it, whatever its policy.
    assert!(
        plan.leaves[0].starts_with("OrdersVersion"),
        "{:?}",
        plan.leaves
    );
    assert_eq!(
        plan.leaves[1..],
        ["OrdersAliaslive (replaced)", "Orders (replaced)"]
    );
    let functions = &plan.functions;
    let name = |id: &str, revision| functions[id].of(revision).map(|f| f.name.as_str());
    let (before, after) = (Revision::Before, Revision::After);
    assert_eq!(name("Orders (replaced)", before), Some("old"));
    assert_eq!(name("Orders (replaced)", after), None);
    assert_eq!(
        (name("Orders", before), name("Orders", after)),
        (None, Some("new"))
    );
    let (world, _) = run(plan);
    let seen = seen(&world);
    let served: Vec<_> = world
        .events()
        .iter()
        .filter_map(|event| match &event.happening {
            Happening::RequestServed {
                function,
                version,
                arrived,
                ..
            } => Some((function.as_str(), version.as_str(), arrived.0)),
            _ => None,
        })
        .collect();
    for (function, version, arrived) in &served {
        // The alias of the new function is there at once, and who invokes it directly meets it; the API's stage follows.
        let expected: &[&str] = match arrived {
            ..120_000 => &["Orders (replaced)"],
            ..125_000 => &["Orders (replaced)", "Orders"],
            _ => &["Orders"],
        };
        assert!(expected.contains(function), "{function} at {arrived}");
        assert_eq!(*version, "1");
    }
    assert!(
        seen.iter()
            .all(|seen| seen.outcome == InvocationOutcome::Answered)
    );
}

#[test]
fn a_function_that_is_renamed_is_what_it_was_after_a_rollback() {
    let failing =
        "  Again: {Type: AWS::SNS::Topic, Properties: {TopicName: a.fifo, FifoTopic: true}}\n";
    let before = "  Again: {Type: AWS::SNS::Topic, Properties: {TopicName: a.fifo}}\n";
    let rehearsal = format!("{TRAFFIC}{}", get("/orders"));
    let (plan, _) = between(
        &(named("old", "a") + before),
        &(named("new", "b") + failing),
        &rehearsal,
    )
    .unwrap();
    let (world, _) = run(plan);
    let went_back = |happening: &Happening| matches!(happening, Happening::UpdateRolledBack { .. });
    assert!(
        world
            .events()
            .iter()
            .any(|event| went_back(&event.happening))
    );
    let seen = seen(&world);
    assert_eq!(
        all(&seen, 3, |seen| seen.outcome),
        InvocationOutcome::Answered
    );
    let functions: std::collections::BTreeSet<_> = world
        .events()
        .iter()
        .filter_map(|event| match &event.happening {
            Happening::RequestServed { function, .. } => Some(function.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(functions, ["Orders (replaced)"].into());
}
