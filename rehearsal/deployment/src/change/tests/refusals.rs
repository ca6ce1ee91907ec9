//! What AWS refuses of an update because something is there already.

use super::*;

fn failing(plan: &UpdatePlan) -> Vec<&str> {
    plan.failures()
        .map(|failure| failure.resource.as_str())
        .collect()
}

#[test]
fn two_versions_of_one_function_in_one_update_are_one_and_the_second_is_refused() {
    use VersionAction::{NotPublished, Published, Refused};

    let with = |code: &str, versions: &[&str]| {
        let versions: Vec<String> = versions
            .iter()
            .map(|id| {
                format!(
                    "  {id}: {{Type: AWS::Lambda::Version, Properties: {{FunctionName: !Ref F}}}}\n"
                )
            })
            .collect();
        format!(
            "
Resources:
  F:
    Type: AWS::Lambda::Function
    Properties: {{Runtime: nodejs22.x, Handler: i.h, Role: r, Code: {{S3Bucket: b, S3Key: {code}}}}}
{}",
            versions.concat()
        )
    };
    let actions = |plan: &UpdatePlan| -> Vec<VersionAction> {
        plan.versions.iter().map(|version| version.action).collect()
    };
    let update = plan(
        &with("a", &["V1"]),
        &with("b", &["V1", "V2", "V3"]),
        CodeChange::Same,
    );
    assert_eq!(actions(&update), [NotPublished, Published, Refused]);
    assert_eq!(failing(&update), ["V3"]);
    let failure = update.failures().next().unwrap();
    assert!(
        failure.reason.contains("exists ( 2 )"),
        "{}",
        failure.reason
    );
    // Nor does a new account take them.
    let first = UpdatePlan::between(
        None,
        &read(&with("a", &["V1", "V2"])),
        &Code::all(CodeChange::Unknown),
    );
    assert_eq!(actions(&first), [Published, Refused]);
    let failure = first.failures().next().unwrap();
    assert!(
        failure.reason.contains("exists ( 1 )"),
        "{}",
        failure.reason
    );
}

/// A resource of a type with these properties, beside what it belongs to.
fn beside(api: &str, id: &str, r#type: &str, properties: &str) -> String {
    format!(
        "
Resources:
  {api}: {{Type: AWS::ApiGateway::RestApi, Properties: {{Name: shop}}}}
  Http: {{Type: AWS::ApiGatewayV2::Api, Properties: {{Name: shop, ProtocolType: HTTP}}}}
  App: {{Type: AWS::CodeDeploy::Application, Properties: {{ComputePlatform: Lambda}}}}
  Jobs: {{Type: AWS::SQS::Queue}}
  Events: {{Type: AWS::Kinesis::Stream, Properties: {{ShardCount: 1}}}}
  F:
    Type: AWS::Lambda::Function
    Properties: {{Runtime: nodejs22.x, Handler: i.h, Role: r, Code: {{S3Bucket: b, S3Key: k}}}}
  {id}: {{Type: '{}', Properties: {{{}}}}}
",
        r#type,
        properties.replace("API", api)
    )
}

#[test]
fn what_is_created_beside_its_like_under_another_logical_id_is_refused() {
    #[rustfmt::skip] // A table.
    let cases = [
        ("AWS::ApiGateway::Method", "RestApiId: !Ref API, ResourceId: !GetAtt API.RootResourceId, HttpMethod: GET, AuthorizationType: NONE, Integration: {Type: MOCK}"),
        ("AWS::ApiGateway::Resource", "RestApiId: !Ref API, ParentId: !GetAtt API.RootResourceId, PathPart: orders"),
        ("AWS::ApiGateway::Stage", "RestApiId: !Ref API, StageName: live, DeploymentId: d"),
        ("AWS::ApiGatewayV2::Route", "ApiId: !Ref Http, RouteKey: GET /orders"),
        ("AWS::ApiGatewayV2::Stage", "ApiId: !Ref Http, StageName: live"),
        ("AWS::CodeDeploy::DeploymentGroup", "ApplicationName: !Ref App, DeploymentGroupName: orders, DeploymentConfigName: CodeDeployDefault.LambdaAllAtOnce, ServiceRoleArn: r"),
        ("AWS::Lambda::EventSourceMapping", "EventSourceArn: !GetAtt Jobs.Arn, FunctionName: !Ref F"),
        ("AWS::Lambda::Url", "TargetFunctionArn: !Ref F, AuthType: NONE"),
    ];
    for (r#type, properties) in cases {
        let with = |id: &str, properties: &str| beside("Api", id, r#type, properties);
        let renamed = plan(
            &with("Before", properties),
            &with("After", properties),
            CodeChange::Same,
        );
        assert_eq!(failing(&renamed), ["After"], "{type}");
        assert_eq!(renamed.findings[0].code, "plan::name-taken", "{type}");
        let same = plan(
            &with("Before", properties),
            &with("Before", properties),
            CodeChange::Same,
        );
        assert_eq!(failing(&same), [""; 0], "{type}");
    }
    // One that has another name, one that is made a name for, and a stream's mapping, of which it is not known.
    #[rustfmt::skip] // A table.
    let taken = [
        ("AWS::CodeDeploy::DeploymentGroup", "ApplicationName: !Ref App, DeploymentConfigName: CodeDeployDefault.LambdaAllAtOnce, ServiceRoleArn: r"),
        ("AWS::Lambda::EventSourceMapping", "EventSourceArn: !GetAtt Events.Arn, FunctionName: !Ref F, StartingPosition: LATEST"),
    ];
    for (r#type, properties) in taken {
        let with = |id: &str| beside("Api", id, r#type, properties);
        let renamed = plan(&with("Before"), &with("After"), CodeChange::Same);
        assert_eq!(failing(&renamed), [""; 0], "{type}");
    }
}

#[test]
fn a_stage_of_another_api_is_no_second_one() {
    let stage = "RestApiId: !Ref API, StageName: live, DeploymentId: d";
    let with = |api: &str, id: &str| beside(api, id, "AWS::ApiGateway::Stage", stage);
    let moved = plan(
        &with("Api", "Before"),
        &with("Other", "After"),
        CodeChange::Same,
    );
    assert_eq!(failing(&moved), [""; 0]);
}
