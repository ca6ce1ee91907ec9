//! What an update without a deployment, and one that fails, does with the other resources.

use rehearsal_aws::call::{AwsAnswer, AwsCall};
use rehearsal_aws::principal::Principal;
use rehearsal_aws::ssm::SsmError;
use rehearsal_deployment::World;
use rehearsal_deployment::event::Happening;
use rehearsal_deployment::world::{Answer, Call, CallId, Called, Command, Input};

use crate::support::{between, run, seen};
use crate::{TRAFFIC, get, shop, with_table};

/// What a parameter's name is answered now.
fn asked(world: &mut World, call: u64, name: &str) -> Result<String, SsmError> {
    let commands = world.step(Input::Called(Called {
        id: CallId(call),
        principal: Principal::Unknown,
        invocation: None,
        call: Call::Aws(AwsCall::GetParameter {
            name: name.to_owned(),
            with_decryption: false,
        }),
    }));
    match &commands[..] {
        [
            Command::Answer {
                answer: Answer::Aws(AwsAnswer::Parameter(value)),
                ..
            },
        ] => value.clone().map(|parameter| parameter.value),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_parameter_that_another_replaces_goes_with_the_clean_up_unless_a_policy_keeps_it() {
    for (policy, is_kept) in [("", false), ("UpdateReplacePolicy: Retain, ", true)] {
        let parameter = |name: &str| {
            format!(
                "  Limit: {{Type: AWS::SSM::Parameter, {policy}Properties: {{Name: {name}, Type: String, Value: '7'}}}}\n"
            )
        };
        let rehearsal = format!("{TRAFFIC}{}", get("/orders"));
        let (plan, _) = between(
            &shop("a", 3, &["/orders"], &parameter("/limit")),
            &shop("b", 3, &["/orders"], &parameter("/bound")),
            &rehearsal,
        )
        .unwrap();
        let mut before = World::new(plan.clone());
        let (mut after, _) = run(plan);
        assert!(asked(&mut before, 1, "/limit").is_ok());
        assert!(asked(&mut before, 2, "/bound").is_err());
        assert_eq!(asked(&mut after, 1, "/limit").is_ok(), is_kept, "{policy}");
        assert!(asked(&mut after, 2, "/bound").is_ok());
    }
}

#[test]
fn a_parameter_is_there_when_the_update_has_come_to_it() {
    let parameter = "
  Limit: {Type: AWS::SSM::Parameter, Properties: {Name: /orders/limit, Type: String, Value: '7'}}
";
    let rehearsal = format!("{TRAFFIC}{}", get("/orders"));
    let (plan, _) = between(
        &shop("a", 3, &["/orders"], ""),
        &shop("b", 3, &["/orders"], parameter),
        &rehearsal,
    )
    .unwrap();
    let limit = &plan.parameters["Limit"];
    assert!(limit.before.is_none());
    assert_eq!(
        limit.after.as_ref().map(|limit| limit.value.as_str()),
        Some("7")
    );
    let mut before = World::new(plan.clone());
    let (mut after, _) = run(plan);
    let limit = |world: &mut World| asked(world, 1, "/orders/limit");
    assert_eq!(limit(&mut before), Err(SsmError::ParameterNotFound));
    assert_eq!(limit(&mut after), Ok("7".to_owned()));
}

/// The names of the parameters that a call finds, and the names that it does not.
fn found(world: &mut World, id: u64, call: AwsCall) -> (Vec<String>, Vec<String>) {
    let commands = world.step(Input::Called(Called {
        id: CallId(id),
        principal: Principal::Unknown,
        invocation: None,
        call: Call::Aws(call),
    }));
    let [
        Command::Answer {
            answer: Answer::Aws(AwsAnswer::Parameters { found, invalid }),
            ..
        },
    ] = &commands[..]
    else {
        panic!("{commands:?}")
    };
    let names = found.iter().map(|parameter| parameter.name.clone());
    (names.collect(), invalid.clone())
}

#[test]
fn what_the_file_gives_is_read_beside_what_the_template_writes() {
    let parameter = "
  Limit: {Type: AWS::SSM::Parameter, Properties: {Name: /orders/limit, Type: String, Value: '7'}}
";
    let given = "[ssm_parameters]\n'/orders/db/key' = { type = 'SecureString', value = 'a secret' }\n'/orders/host' = 'h'\n";
    let rehearsal = format!("{given}{TRAFFIC}{}", get("/orders"));
    let (plan, _) = between(
        &shop("a", 3, &["/orders"], parameter),
        &shop("b", 3, &["/orders"], parameter),
        &rehearsal,
    )
    .unwrap();
    let mut world = World::new(plan);
    assert_eq!(
        asked(&mut world, 1, "/orders/db/key"),
        Ok("a secret".to_owned())
    );
    let arn = "arn:aws:ssm:us-east-1:123456789012:parameter/orders/host";
    assert_eq!(asked(&mut world, 2, arn), Ok("h".to_owned()));
    let several = AwsCall::GetParameters {
        names: ["/orders/host", "/none", "/orders/limit"]
            .map(str::to_owned)
            .to_vec(),
        with_decryption: true,
    };
    let (names, invalid) = found(&mut world, 3, several);
    assert_eq!(names, ["/orders/host", "/orders/limit"]);
    assert_eq!(invalid, ["/none"]);
    for (id, recursive, expected) in [
        (4, false, &["/orders/host", "/orders/limit"][..]),
        (
            5,
            true,
            &["/orders/db/key", "/orders/host", "/orders/limit"],
        ),
    ] {
        let below = AwsCall::GetParametersByPath {
            path: "/orders".to_owned(),
            recursive,
            with_decryption: false,
            max_results: 10,
            skips: 0,
        };
        assert_eq!(found(&mut world, id, below).0, expected);
    }
}

#[test]
fn an_update_that_cannot_have_a_resource_goes_back_before_any_deployment() {
    let named = "      TableName: orders\n";
    let again = "  Again: {Type: AWS::Lambda::Version, Properties: {FunctionName: !Ref Orders}}\n";
    for (live, new, resource, reason) in [
        (
            with_table("a", "id", &[], named),
            with_table("b", "number", &[], named),
            "Items",
            "CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename orders and update the stack again.",
        ),
        (
            with_table("a", "id", &[], ""),
            with_table("b", "id", &["city", "street"], ""),
            "Items",
            "Cannot perform more than one GSI creation or deletion in a single update",
        ),
        (
            shop("a", 3, &["/orders"], "  Jobs: {Type: AWS::SQS::Queue}\n"),
            shop("b", 3, &["/orders"], "  Jobs: {Type: AWS::SNS::Topic}\n"),
            "Jobs",
            "Update of resource type is not permitted. The new template modifies resource type of the following resources: [Jobs]",
        ),
        (
            shop("a", 3, &["/orders"], ""),
            shop("a", 3, &["/orders"], again),
            "Again",
            "A version for this Lambda function exists ( 1 ). Modify the function to create a new version.",
        ),
    ] {
        let rehearsal = format!("{TRAFFIC}{}", get("/orders"));
        let (plan, update) = between(&live, &new, &rehearsal).unwrap();
        let (world, _) = run(plan);
        let failed = world
            .events()
            .iter()
            .find_map(|event| match &event.happening {
                Happening::UpdateFailed {
                    logical_id: resource,
                    reason,
                } => Some((resource.as_str(), reason.as_str())),
                _ => None,
            });
        assert_eq!(failed, Some((resource, reason)), "{:?}", update.findings);
        let is =
            |of: fn(&Happening) -> bool| world.events().iter().any(|event| of(&event.happening));
        assert!(!is(|happening| matches!(
            happening,
            Happening::DeploymentCreated { .. }
        )));
        assert!(is(|happening| matches!(
            happening,
            Happening::UpdateRolledBack { .. }
        )));
        assert!(
            seen(&world).iter().all(|seen| seen.version == "1"),
            "the old version serves"
        );
    }
}

#[test]
fn another_sha_of_the_code_is_a_version_of_its_own_whatever_the_code_is() {
    let with = |sha: &str| {
        let alias = "AutoPublishAlias: live";
        let sha = sha.repeat(64);
        shop("a", 3, &["/orders"], "").replace(
            alias,
            &format!("{alias}\n      AutoPublishCodeSha256: '{sha}'"),
        )
    };
    let rehearsal = format!("{TRAFFIC}{}", get("/orders"));
    let (plan, _) = between(&with("a"), &with("b"), &rehearsal).unwrap();
    assert_eq!(plan.deployments.len(), 1);
    let (world, _) = run(plan);
    let mut happenings = world.events().iter().map(|event| &event.happening);
    assert!(happenings.any(|happening| matches!(happening, Happening::UpdateCompleted)));
}

#[test]
fn an_update_without_a_deployment_is_complete_at_once() {
    let rehearsal = format!("{TRAFFIC}{}", get("/orders"));
    let (plan, _) = between(
        &shop("a", 3, &["/orders"], ""),
        &shop("a", 10, &["/orders"], ""),
        &rehearsal,
    )
    .unwrap();
    assert!(plan.deployments.is_empty());
    let (world, _) = run(plan);
    assert!(
        world
            .events()
            .iter()
            .any(|event| matches!(event.happening, Happening::UpdateCompleted))
    );
    assert_eq!(seen(&world).len(), 60 * 4);
}

#[test]
fn what_aws_refuses_of_a_function_that_does_not_change_is_in_no_updates_way() {
    let worker = |code: &str| {
        format!(
            "  Worker:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: provided.al2023
      Handler: bootstrap
      CodeUri: s3://code/{code}.zip
      EphemeralStorage: {{Size: 100}}
      AutoPublishAlias: live
      DeploymentPreference: {{Type: Linear10PercentEvery1Minute}}
"
        )
    };
    let to = |code: &str, workers: &str| shop(code, 3, &["/orders"], &worker(workers));
    let live = to("a", "w");
    let (plan, _) = between(&live, &to("b", "w"), TRAFFIC).unwrap();
    let deployed: Vec<_> = plan
        .deployments
        .iter()
        .map(|deployment| &deployment.function)
        .collect();
    assert_eq!(deployed, ["Orders"]);
    let refused = between(&live, &to("b", "x"), TRAFFIC).unwrap_err();
    assert!(
        refused.iter().any(|error| error.logical_id == "Worker"),
        "{refused:?}"
    );
}
