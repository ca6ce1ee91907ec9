//! A project, and what `rehearse init` makes of it.

use std::path::Path;
use std::process::Output;

use tempfile::TempDir;
use workspace_tests::places;

/// A function of Python, whose code is `src/app.py`, with this beside its runtime.
pub fn function(name: &str, more: &str) -> String {
    format!(
        "  {name}:\n    Type: AWS::Serverless::Function\n    Properties:\n      Runtime: python3.11\n      Handler: app.handler\n      CodeUri: src\n{more}"
    )
}

/// A WebSocket API whose route leads to `Orders`.
pub const WEBSOCKET: &str = "  Chat: {Type: AWS::ApiGatewayV2::Api, Properties: {Name: chat, ProtocolType: WEBSOCKET, RouteSelectionExpression: $request.body.action}}
  Stage: {Type: AWS::ApiGatewayV2::Stage, Properties: {ApiId: !Ref Chat, StageName: live, AutoDeploy: true}}
  Connect: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Chat, RouteKey: $connect, Target: !Sub 'integrations/${Integration}'}}
  Integration:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Chat
      IntegrationType: AWS_PROXY
      IntegrationUri: !Sub 'arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Orders.Arn}:live/invocations'
";

pub const SHIFTS: &str = "      AutoPublishAlias: live\n      DeploymentPreference: {Type: Linear10PercentEvery1Minute}\n";

/// The folder of a project with this template.
pub fn project(template: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let code = "def handler(event, context):\n    return {'statusCode': 200, 'body': '{}'}\n";
    std::fs::create_dir(folder.path().join("src")).expect("a folder can be made");
    std::fs::write(folder.path().join("src/app.py"), code).expect("the code can be written");
    std::fs::write(folder.path().join("template.yaml"), template).expect("it can be written");
    folder
}

pub fn rehearse(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = places::command()
        .current_dir(folder)
        .args(arguments)
        .output()
        .expect("rehearse starts");
    let all = [stdout, stderr].concat();
    (status.code(), String::from_utf8_lossy(&all).into_owned())
}

/// A template of SAM with these resources, and parameters.
pub fn sam(parameters: &str, resources: &str) -> String {
    format!("Transform: AWS::Serverless-2016-10-31\n{parameters}Resources:\n{resources}")
}
