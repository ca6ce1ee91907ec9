//! Rules, which a template has for its parameters: broken ones are refused of an update, and those that only AWS can judge are named.

use crate::common::{messages, stack_with};
use rehearsal_template::Diagnostic;
use rehearsal_template::Inputs;

const TEMPLATE: &str = "
Parameters:
  Stage: {Type: String, Default: beta}
  Size: {Type: String, Default: small}
  Zones: {Type: CommaDelimitedList, Default: 'a,b'}
  Vpc: {Type: 'AWS::EC2::VPC::Id', Default: vpc-1}
  Unset: {Type: String}
Rules:
  LargeInProduction:
    RuleCondition: !Equals [!Ref Stage, prod]
    Assertions:
      - Assert: {'Fn::Contains': [[large, huge], !Ref Size]}
        AssertDescription: production takes a large one
  KnownZones:
    Assertions:
      - Assert: !EachMemberIn [!Ref Zones, [a, b, c]]
      - Assert: !Not [!EachMemberEquals [!Ref Zones, c]]
  OwnVpc:
    Assertions:
      - Assert: !Or [!Equals [!Ref Stage, dev], !Equals [!ValueOf [Vpc, Tags.Owner], us]]
  NothingUnset:
    Assertions:
      - Assert: !Equals [!Ref Unset, x]
Resources:
  T: {Type: AWS::SNS::Topic}
";

fn not_judged(inputs: &Inputs) -> Vec<String> {
    not_judged_of(TEMPLATE, inputs)
}

fn not_judged_of(template: &str, inputs: &Inputs) -> Vec<String> {
    let stack = stack_with(template, inputs);
    let rules = stack.not_rehearsed.iter();
    let rules = rules.filter(|left_out| left_out.r#type == "Rule");
    rules
        .map(|rule| format!("{}: {}", rule.logical_id, rule.why))
        .collect()
}

/// The rules that the parameters break.
fn broken(template: &str, inputs: &Inputs) -> Vec<Diagnostic> {
    let mut found = stack_with(template, inputs).diagnostics;
    found.retain(|diagnostic| diagnostic.code == "template::rule");
    assert!(found.iter().all(|diagnostic| diagnostic.is_refused));
    found
}

#[test]
fn a_rule_holds_of_what_is_given_and_one_that_asks_aws_is_not_judged() {
    assert_eq!(
        not_judged(&Inputs::new("app").parameter("Unset", "x")),
        ["OwnVpc: a rule that is not judged: Fn::ValueOf asks for what only AWS knows"]
    );
    let of_nobody = Inputs::new("app")
        .parameter("Unset", "x")
        .parameter("Stage", "dev");
    assert!(not_judged(&of_nobody).is_empty(), "one operand decides");
    assert_eq!(not_judged(&Inputs::new("app")).len(), 2);
}

#[test]
fn a_broken_rule_is_said_with_what_it_asserts_and_refused_of_an_update() {
    let inputs = Inputs::new("app")
        .parameter("Stage", "prod")
        .parameter("Zones", "a,d")
        .parameter("Unset", "y");
    let diagnostics = broken(TEMPLATE, &inputs);
    assert_eq!(
        messages(&diagnostics),
        [
            "12: the rule `LargeInProduction` refuses the parameters: production takes a large one",
            "16: the rule `KnownZones` refuses the parameters",
            "23: the rule `NothingUnset` refuses the parameters",
        ]
    );
    assert_eq!(
        diagnostics[0].help.as_deref(),
        Some("give other values: --parameter Size=VALUE")
    );
}

#[test]
fn whether_an_account_was_bootstrapped_for_cdk_is_asked_only_where_the_version_is_given() {
    let template = "
Parameters:
  BootstrapVersion: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /cdk-bootstrap/hnb659fds/version}
Rules:
  CheckBootstrapVersion:
    Assertions:
      - Assert: {'Fn::Not': [{'Fn::Contains': [['1', '2', '3', '4', '5'], !Ref BootstrapVersion]}]}
        AssertDescription: CDK bootstrap stack version 6 required.
Resources:
  T: {Type: AWS::SNS::Topic}
";
    assert!(not_judged_of(template, &Inputs::new("app")).is_empty());
    let old = Inputs::new("app").parameter("BootstrapVersion", "5");
    assert_eq!(
        messages(&broken(template, &old)),
        [
            "7: the rule `CheckBootstrapVersion` refuses the parameters: CDK bootstrap stack version 6 required."
        ]
    );
}
