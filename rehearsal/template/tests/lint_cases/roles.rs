//! What a role that is judged may have besides, and what it certainly lacks.

use rehearsal_template::Inputs;

use super::CANARY;
use crate::common::deployments::{orders, warned, warnings};

const QUEUE: &str = "!GetAtt Failed.Arn";

/// `Orders` in a role of the template with these policies, and one destination.
fn sends(destination: &str, policies: &str, more: &str) -> String {
    orders(
        CANARY,
        &format!(
            "
      Role: !GetAtt Role.Arn
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: orders
      AssumeRolePolicyDocument: {{Statement: {{Effect: Allow, Action: 'sts:AssumeRole', Principal: {{Service: lambda.amazonaws.com}}}}}}
      {policies}
  Failed: {{Type: AWS::SQS::Queue}}
  Guard: {{Type: AWS::Serverless::Function, Properties: {{Runtime: provided.al2023, Handler: bootstrap, CodeUri: guard}}}}
  Config: {{Type: AWS::Lambda::EventInvokeConfig, Properties: {{FunctionName: !Ref Orders, Qualifier: $LATEST, DestinationConfig: {{OnFailure: {{Destination: {destination}}}}}}}}}
{more}"
        ),
    )
}

fn is_named(template: &str) -> bool {
    warned(template).contains(&"function-settings-refused")
}

#[test]
fn a_policy_that_a_macro_or_a_connector_may_bring_leaves_a_role_alone() {
    let template = sends(QUEUE, "", "");
    assert!(is_named(&template));
    let with_macro = template.replace(
        "Transform: AWS::Serverless-2016-10-31",
        "Transform: [Policies, AWS::Serverless-2016-10-31]",
    );
    assert_ne!(with_macro, template);
    assert!(!is_named(&with_macro));
    let connector = "  Connector: {Type: AWS::Serverless::Connector, Properties: {Source: {Id: Orders}, Destination: {Id: Failed}, Permissions: [Write]}}\n";
    assert!(!is_named(&sends(QUEUE, "", connector)));
    let of_others = connector.replace("{Id: Orders}", "{Id: Guard}");
    assert!(is_named(&sends(QUEUE, "", &of_others)));
    let by_arn = connector.replace("{Id: Orders}", "{Type: AWS::Lambda::Function, RoleName: r}");
    assert!(!is_named(&sends(QUEUE, "", &by_arn)));
    let embedded = template.replace(
        "  Failed: {Type: AWS::SQS::Queue}",
        "  Failed: {Type: AWS::SQS::Queue, Connectors: {ToOrders: {Properties: {Destination: {Id: Orders}, Permissions: [Read]}}}}",
    );
    assert_ne!(embedded, template);
    assert!(!is_named(&embedded));
}

#[test]
fn a_policy_that_is_json_or_is_for_roles_that_only_aws_knows_leaves_a_role_alone() {
    let json = r#"Policies: [{PolicyName: a, PolicyDocument: '{"Statement": {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}}'}]"#;
    assert!(!is_named(&sends(QUEUE, json, "")));
    let attached = |roles: &str| {
        let policy = format!(
            "  Policy: {{Type: AWS::IAM::ManagedPolicy, Properties: {{Roles: {roles}, PolicyDocument: {{Statement: {{Effect: Allow, Action: 'sqs:*', Resource: '*'}}}}}}}}\n"
        );
        is_named(&sends(QUEUE, "", &policy))
    };
    assert!(attached("[another]"));
    for roles in ["[orders]", "!ImportValue roles", "[!ImportValue role]"] {
        assert!(!attached(roles), "{roles}");
    }
}

#[test]
fn a_managed_policy_is_known_by_the_actions_that_it_allows() {
    let managed = |name: &str| {
        let policies = format!("ManagedPolicyArns: ['arn:aws:iam::aws:policy/{name}']");
        is_named(&sends(QUEUE, &policies, ""))
    };
    for name in [
        "service-role/AWSLambdaSQSQueueExecutionRole",
        "AWSXRayDaemonWriteAccess",
    ] {
        assert!(managed(name), "{name}");
    }
    assert!(!managed("AmazonSQSFullAccess"));
}

#[test]
fn a_resource_policy_may_allow_a_role_to_send() {
    let guard = "!GetAtt Guard.Arn";
    let bus = "'arn:aws:events:us-east-1:123456789012:event-bus/default'";
    let permission = |principal: &str| {
        format!(
            "  Permission: {{Type: AWS::Lambda::Permission, Properties: {{FunctionName: !Ref Guard, Action: 'lambda:InvokeFunction', Principal: {principal}}}}}\n"
        )
    };
    let on_bus = "  OnBus: {Type: AWS::Events::EventBusPolicy, Properties: {StatementId: a, Statement: {}}}\n";
    assert!(is_named(&sends(guard, "", "")));
    assert!(is_named(&sends(
        guard,
        "",
        &permission("sns.amazonaws.com")
    )));
    assert!(!is_named(&sends(
        guard,
        "",
        &permission("!GetAtt Role.Arn")
    )));
    assert!(is_named(&sends(bus, "", "")));
    assert!(!is_named(&sends(bus, "", on_bus)));
    let bucket = "'arn:aws:s3:::failed'";
    assert!(!is_named(&sends(bucket, "", "")), "it is not judged");
}

#[test]
fn a_destination_is_refused_where_it_stands() {
    let found = warnings(&sends(QUEUE, "", ""), &Inputs::new("shop"));
    let found = found.iter().find(|found| found.is_not_permitted);
    let found = found.expect("its role lacks the action");
    assert_eq!(
        (found.message.as_str(), found.logical_id.as_deref()),
        (
            "`Orders` has this destination, and its role `Role` does not allow `sqs:SendMessage`: Lambda refuses the destination",
            Some("Config")
        )
    );
}
