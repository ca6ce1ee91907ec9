//! Where the records of a hook's failures go: what a plan makes of the template's `EventInvokeConfig`.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use rehearsal_deployment::Plan;
use rehearsal_deployment::plan::NotRehearsed;

/// The plan of a template whose hook and guard have these settings, each line of them indented by six spaces.
fn plan(hook: &str, guard: &str) -> Plan {
    let template = format!(
        "\
Transform: AWS::Serverless-2016-10-31
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: provided.al2023
      Handler: bootstrap
      CodeUri: f
      AutoPublishAlias: live
      DeploymentPreference: {{Type: AllAtOnce, Hooks: {{PreTraffic: !Ref Hook}}}}
  Hook:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: provided.al2023
      Handler: bootstrap
      CodeUri: hook
{hook}
  Guard:
    Type: AWS::Serverless::Function
    Properties:
      Handler: bootstrap
      CodeUri: guard
{guard}
  Queue: {{Type: AWS::SQS::Queue}}
"
    );
    support::plan(&template).unwrap()
}

const PROVIDED: &str = "      Runtime: provided.al2023";

fn on_failure(destination: &str) -> String {
    format!("      EventInvokeConfig: {{DestinationConfig: {{OnFailure: {destination}}}}}")
}

fn left_out(plan: &Plan) -> Vec<&NotRehearsed> {
    let all = plan.not_rehearsed.iter();
    all.filter(|left_out| left_out.r#type == "on-failure destination")
        .collect()
}

/// A function as the update leaves it.
fn after<'p>(plan: &'p Plan, function: &str) -> &'p rehearsal_deployment::plan::Function {
    plan.functions[function]
        .after
        .as_ref()
        .expect("it is there")
}

#[test]
fn a_function_that_gets_records_is_part_of_the_rehearsal() {
    let plan = plan(
        "      EventInvokeConfig:
        MaximumRetryAttempts: 1
        MaximumEventAgeInSeconds: 300
        DestinationConfig: {OnFailure: {Type: Lambda, Destination: !GetAtt Guard.Arn}}",
        PROVIDED,
    );
    let hook = after(&plan, "Hook");
    assert_eq!(hook.on_failure.as_deref(), Some("Guard"));
    assert_eq!(
        (
            hook.retries.maximum_retry_attempts,
            hook.retries.maximum_event_age_ms
        ),
        (1, 300_000)
    );
    assert_eq!(after(&plan, "Guard").on_failure, None);
    assert!(left_out(&plan).is_empty());
}

#[test]
fn a_destination_of_a_destination_and_a_circle_of_them_are_found() {
    // Spelt out, for references that make a circle are refused.
    let to = |function: &str| {
        let arn = format!("arn:aws:lambda:us-east-1:123456789012:function:app-{function}");
        on_failure(&format!("{{Type: Lambda, Destination: '{arn}'}}"))
    };
    let plan = plan(&to("Guard"), &format!("{PROVIDED}\n{}", to("Hook")));
    let destination = |function: &str| after(&plan, function).on_failure.as_deref();
    assert_eq!(
        (destination("Hook"), destination("Guard")),
        (Some("Guard"), Some("Hook"))
    );
}

#[test]
fn a_destination_that_is_no_function_is_named_with_its_line() {
    let plan = plan(
        &on_failure("{Type: SQS, Destination: !GetAtt Queue.Arn}"),
        PROVIDED,
    );
    assert_eq!(after(&plan, "Hook").on_failure, None);
    assert!(!plan.functions.contains_key("Guard"), "no one invokes it");
    let [queue] = left_out(&plan)[..] else {
        panic!("{:?}", plan.not_rehearsed)
    };
    assert_eq!((queue.logical_id.as_str(), queue.place.line), ("Hook", 17));
    assert!(
        queue.why.ends_with(":app-Queue"),
        "it says which: {}",
        queue.why
    );
}

#[test]
fn a_destination_that_only_aws_knows_is_named_and_one_of_another_runtime_is_part() {
    let imported = plan(
        &on_failure("{Type: SNS, Destination: !ImportValue topic}"),
        PROVIDED,
    );
    assert!(
        left_out(&imported)[0].why.contains("another stack"),
        "{:?}",
        left_out(&imported)
    );
    let python = plan(
        &on_failure("{Type: Lambda, Destination: !GetAtt Guard.Arn}"),
        "      Runtime: python3.13",
    );
    assert_eq!(after(&python, "Hook").on_failure.as_deref(), Some("Guard"));
    assert!(python.functions.contains_key("Guard"));
}
