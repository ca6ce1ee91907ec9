//! Templates with a deployment, and what lints say of them.

use std::fmt::Write as _;

use rehearsal_template::{Diagnostic, Inputs, Severity};

use super::stack_with;

/// A function with a deployment, and what else is given.
pub fn orders(preference: &str, more: &str) -> String {
    format!(
        "
Transform: AWS::Serverless-2016-10-31
Parameters: {{Stage: {{Type: String, Default: beta}}}}
Conditions: {{IsProduction: !Equals [!Ref Stage, production]}}
Globals:
  Function: {{Runtime: provided.al2023, Handler: bootstrap, CodeUri: build}}
Resources:
  Orders:
    Type: AWS::Serverless::Function
    Properties:
      AutoPublishAlias: live
      DeploymentPreference: {{{preference}}}
{more}"
    )
}

/// An alarm called `Errors`, with properties that go before these.
pub fn alarm(properties: &str) -> String {
    let defaults = [
        ("Namespace", "AWS/Lambda"),
        ("MetricName", "Errors"),
        ("Dimensions", "[{Name: FunctionName, Value: !Ref Orders}]"),
        ("Statistic", "Sum"),
        ("Period", "60"),
        ("EvaluationPeriods", "3"),
        ("Threshold", "1"),
        ("ComparisonOperator", "GreaterThanOrEqualToThreshold"),
        ("TreatMissingData", "notBreaching"),
    ];
    let metric = [
        "Namespace",
        "MetricName",
        "Dimensions",
        "Statistic",
        "Period",
    ];
    let mut text = "  Errors:\n    Type: AWS::CloudWatch::Alarm\n    Properties:\n".to_owned();
    for (key, value) in defaults {
        let is_given = properties
            .lines()
            .any(|line| line.starts_with(&format!("{key}:")));
        let is_computed = properties.contains("Metrics:") && metric.contains(&key);
        if !is_given && !is_computed {
            let _ = writeln!(text, "      {key}: {value}");
        }
    }
    for line in properties.lines() {
        let _ = writeln!(text, "      {line}");
    }
    text
}

/// A hook with these policies.
pub fn hook(policies: &str) -> String {
    format!(
        "  Hook:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: CodeDeployHook_orders
{policies}"
    )
}

pub const CANARY: &str = "Type: Canary10Percent5Minutes, Alarms: [!Ref Errors]";
pub const HOOKED: &str =
    "Type: Canary10Percent5Minutes, Alarms: [shared], Hooks: {PreTraffic: !Ref Hook}";
pub const REPORTS: &str = "      Policies:
        - Statement: {Effect: Allow, Action: 'codedeploy:PutLifecycleEventHookExecutionStatus', Resource: '*'}
";

/// All warnings, in the template's order.
#[track_caller]
pub fn warnings(template: &str, inputs: &Inputs) -> Vec<Diagnostic> {
    let mut found = stack_with(template, inputs).diagnostics;
    found.retain(|diagnostic| diagnostic.severity != Severity::Note);
    found
}

/// The codes of all warnings, in the template's order.
#[track_caller]
pub fn warned(template: &str) -> Vec<&'static str> {
    warnings(template, &Inputs::new("shop"))
        .iter()
        .map(|found| found.code)
        .collect()
}

/// The one warning's message and help.
#[track_caller]
pub fn warning(template: &str) -> String {
    let found = warnings(template, &Inputs::new("shop"));
    let [diagnostic] = &found[..] else {
        panic!("{found:#?}")
    };
    format!(
        "{}: {}; {}",
        diagnostic.code,
        diagnostic,
        diagnostic.help.as_deref().unwrap_or_default()
    )
}

/// Asserts that there is no warning, or the one that begins like this and says what is expected.
#[track_caller]
pub fn assert_warned(template: &str, begins: &str, expected: Option<&str>) {
    let Some(expected) = expected else {
        assert_eq!(warned(template), [""; 0], "{template}");
        return;
    };
    let text = warning(template);
    assert!(
        text.starts_with(begins) && text.contains(expected),
        "{text}\n{template}"
    );
}

/// Asserts whether there is one warning, of this code; otherwise there may be others.
#[track_caller]
pub fn assert_is_warned(template: &str, code: &str, is_warned: bool) {
    let warned = warned(template);
    if is_warned {
        assert_eq!(warned, [code], "{template}");
    } else {
        assert!(!warned.contains(&code), "{warned:?}\n{template}");
    }
}

/// An API whose route invokes what is given.
pub fn api(target: &str) -> String {
    format!(
        "  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties:
      Body:
        openapi: 3.0.1
        paths:
          /orders:
            get: {{x-amazon-apigateway-integration: {{type: aws_proxy, uri: !Sub 'arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{target}/invocations'}}}}
"
    )
}
