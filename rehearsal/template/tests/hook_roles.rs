//! What `hook-cannot-report`, `hook-cannot-be-invoked` and `hook-without-prefix` tell apart by action, resource and effect.

use crate::common::deployments::{HOOKED, REPORTS, assert_warned, hook, orders, warned};

const PUT: &str = "codedeploy:PutLifecycleEventHookExecutionStatus";
const GROUP: &str = "arn:aws:codedeploy:us-east-1:123456789012:deploymentgroup";

/// Statements in the hook's own policies.
fn statements(statements: &[String]) -> String {
    format!(
        "      Policies: [{{Statement: [{}]}}]\n",
        statements.join(", ")
    )
}

fn statement(effect: &str, action: &str, resource: &str) -> String {
    format!("{{Effect: {effect}, Action: '{action}', Resource: {resource}}}")
}

#[test]
fn a_hook_reports_on_the_deployment_group_that_it_is_allowed() {
    let allow = |resource: &str| statement("Allow", PUT, resource);
    let deny = |resource: &str| statement("Deny", PUT, resource);
    let app = "shop-ServerlessDeploymentApplication";
    #[rustfmt::skip] // A table.
    let cases = [
        (vec![allow("'*'")], None),
        (vec![allow(&format!("'{GROUP}:*'"))], None),
        (vec![allow(&format!("'{GROUP}:{app}/*'"))], None),
        (vec![allow(&format!("!Sub '{GROUP}:${{ServerlessDeploymentApplication}}/${{OrdersDeploymentGroup}}'"))], None),
        // CloudFormation ends the names in random characters.
        (vec![allow(&format!("'{GROUP}:{app}-*/shop-OrdersDeploymentGroup-*'"))], None),
        (vec![allow(&format!("['arn:aws:s3:::b', '{GROUP}:{app}/*']"))], None),
        (vec![allow("!ImportValue group")], None),
        (
            vec![allow(&format!("'{GROUP}:another/*'"))],
            Some(
                "allows `codedeploy:PutLifecycleEventHookExecutionStatus` on other resources than the deployment group `shop-ServerlessDeploymentApplication/shop-OrdersDeploymentGroup`",
            ),
        ),
        (vec![allow("'arn:aws:codedeploy:eu-west-1:123456789012:deploymentgroup:*'")], Some("on other resources than")),
        (vec![allow("!Sub '${Orders.Arn}'")], Some("on other resources than")),
        (vec![allow("'*'"), deny("'*'")], Some("a statement of its role `HookRole` denies")),
        (vec![allow("'*'"), deny(&format!("'{GROUP}:another/*'"))], None),
        (vec![allow("'*'"), deny("!ImportValue group")], None),
        (vec![allow("'*'"), statement("Deny", "codedeploy:*", &format!("'{GROUP}:{app}*/*'"))], Some("denies")),
        (vec!["{Effect: Allow, Action: 'codedeploy:*', NotResource: 'arn:aws:s3:::*'}".to_owned()], None),
        (vec![format!("{{Effect: Allow, Action: 'codedeploy:*', NotResource: '{GROUP}:*'}}")], Some("on other resources than")),
        (
            vec![
                format!(
                    "{{Effect: Deny, Action: '{PUT}', Resource: '*', Condition: {{Bool: {{'aws:SecureTransport': 'false'}}}}}}"
                ),
                allow("'*'"),
            ],
            None,
        ),
        (
            vec![format!(
                "{{Effect: Allow, Action: '{PUT}', Resource: '*', Condition: {{StringEquals: {{'aws:RequestedRegion': us-east-1}}}}}}"
            )],
            None,
        ),
        (vec![statement("Allow", "lambda:*", "'*'")], Some("does not allow `codedeploy:PutLifecycleEventHookExecutionStatus`")),
    ];
    for (given, why) in cases {
        let template = orders(HOOKED, &hook(&statements(&given)));
        let begins = "hook-cannot-report: Hook: it is a lifecycle hook, and ";
        assert_warned(&template, begins, why);
    }
}

/// A deployment with a role of its own for CodeDeploy.
fn with_role(hook: &str, managed: &str, statements: &[String]) -> String {
    let preference = format!(
        "Type: Canary10Percent5Minutes, Alarms: [shared], Role: !GetAtt Deploy.Arn, Hooks: {{PreTraffic: {hook}}}"
    );
    let role = format!(
        "  Deploy:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {{}}
      ManagedPolicyArns: [{managed}]
      Policies: [{{PolicyName: deploy, PolicyDocument: {{Statement: [{}]}}}}, {{PolicyName: shift, PolicyDocument: {{Statement: [{{Effect: Allow, Action: ['lambda:UpdateAlias', 'cloudwatch:DescribeAlarms'], Resource: '*'}}]}}}}]
  Test:
    Type: AWS::Serverless::Function
    Properties:
{REPORTS}",
        statements.join(", ")
    );
    orders(
        &preference,
        &(role + &crate::common::deployments::hook(REPORTS)),
    )
}

#[test]
fn a_role_of_the_templates_own_invokes_what_it_is_allowed() {
    const INVOKE: &str = "lambda:InvokeFunction";
    const MANAGED: &str = "'arn:aws:iam::aws:policy/service-role/AWSCodeDeployRoleForLambda'";
    let allow = |resource: &str| statement("Allow", INVOKE, resource);
    let deny = |resource: &str| statement("Deny", INVOKE, resource);
    let basic = "'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole'";
    #[rustfmt::skip] // A table.
    let cases = [
        ("!Ref Test", "", vec![allow("!GetAtt Test.Arn")], None),
        ("!Ref Test", "", vec![allow("'*'")], None),
        ("!Ref Test", "", vec![allow("'arn:aws:lambda:*:*:function:shop-*'")], None),
        ("!Ref Test", "", vec![allow("'arn:aws:lambda:*:*:function:shop-Test-*'")], None),
        ("!Ref Test", "", vec![allow("!Sub '${Test.Arn}:*'")], Some("allows `lambda:InvokeFunction` on other functions alone")),
        ("!Ref Test", "", vec![allow("!GetAtt Orders.Arn")], Some("on other functions alone")),
        ("!Ref Test", "", vec![statement("Allow", "lambda:UpdateAlias", "'*'")], Some("does not allow `lambda:InvokeFunction`")),
        ("!Ref Test", basic, vec![statement("Allow", "lambda:UpdateAlias", "'*'")], Some("does not allow")),
        ("!Ref Hook", "", vec![statement("Allow", "lambda:UpdateAlias", "'*'")], Some("does not allow")),
        ("!Ref Test", "", vec![allow("'*'"), deny("!GetAtt Test.Arn")], Some("denies `lambda:InvokeFunction` on it")),
        ("!Ref Hook", MANAGED, vec![deny("'*'")], Some("denies `lambda:InvokeFunction` on it")),
        ("!Ref Test", "", vec![allow("!ImportValue hook")], None),
        ("!Ref Test", "!ImportValue policy", vec![], None),
        ("!Ref Test", "'arn:aws:iam::aws:policy/AdministratorAccess'", vec![], None),
        ("!Ref Hook", MANAGED, vec![], None),
        ("another-hook", "", vec![allow("!GetAtt Test.Arn")], Some("CodeDeploy may not invoke the hook `another-hook`")),
    ];
    for (hook, managed, given, expected) in cases {
        let template = with_role(hook, managed, &given);
        assert_warned(&template, "hook-cannot-be-invoked: Deploy: ", expected);
    }
}

#[test]
fn the_managed_policy_asks_for_the_prefix_unless_a_statement_allows_the_hook() {
    let allow = |resource: &str| statement("Allow", "lambda:InvokeFunction", resource);
    for (given, expected) in [
        (vec![], &["hook-without-prefix"][..]),
        (vec![allow("!GetAtt Orders.Arn")], &["hook-without-prefix"]),
        (vec![allow("!GetAtt Test.Arn")], &[]),
    ] {
        let managed = "'arn:aws:iam::aws:policy/service-role/AWSCodeDeployRoleForLambda'";
        assert_eq!(
            warned(&with_role("!Ref Test", managed, &given)),
            expected,
            "{given:?}"
        );
    }
}
