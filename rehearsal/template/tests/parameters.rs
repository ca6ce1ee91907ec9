//! Parameters: defaults, overrides, and the values that are refused.

use crate::common::{messages, refused_with, stack_with, text};
use rehearsal_template::Inputs;

const TEMPLATE: &str = "
Parameters:
  Preference:
    Type: String
    Default: AllAtOnce
    AllowedValues: [AllAtOnce, Canary10Percent5Minutes]
  Email:
    Type: String
    Default: ''
    AllowedPattern: ^$|^[^@]+@[^@]+$
    ConstraintDescription: an e-mail address
  Count: {Type: Number, Default: 5, MinValue: 1, MaxValue: 10}
  Name: {Type: String, Default: abc, MinLength: 2, MaxLength: 4}
  Key: {Type: String, NoEcho: true, Default: okay, AllowedPattern: '[a-z]+'}
Resources:
  T: {Type: AWS::SNS::Topic}
Outputs:
  All: {Value: !Sub '${Preference} ${Email} ${Count} ${Name}'}
";

fn all(inputs: &Inputs) -> String {
    text(&stack_with(TEMPLATE, inputs).outputs[0].value).to_owned()
}

#[test]
fn defaults_and_overrides_are_taken() {
    assert_eq!(all(&Inputs::new("app")), "AllAtOnce  5 abc");
    let inputs = Inputs::new("app")
        .parameter("Preference", "Canary10Percent5Minutes")
        .parameter("Email", "a@b")
        .parameter("Count", "10")
        .parameter("Name", "né");
    assert_eq!(all(&inputs), "Canary10Percent5Minutes a@b 10 né");
}

#[test]
fn values_that_the_template_forbids_are_refused_all_at_once() {
    let inputs = Inputs::new("app")
        .parameter("Preference", "Canary10Percent5Minuts")
        .parameter("Email", "nobody")
        .parameter("Count", "11")
        .parameter("Name", "abcde")
        .parameter("Key", "SECRET");
    let diagnostics = refused_with(TEMPLATE, &inputs);
    assert_eq!(
        messages(&diagnostics),
        [
            "5: the parameter `Preference` cannot be `Canary10Percent5Minuts`: it must be one of AllAtOnce, Canary10Percent5Minutes",
            "9: the parameter `Email` cannot be `nobody`: it does not match `AllowedPattern`",
            "12: the parameter `Count` cannot be `11`: it must be at most 10",
            "13: the parameter `Name` cannot be `abcde`: its length, 5, is outside `MinLength` and `MaxLength`",
            "14: the parameter `Key` cannot be `****`: it does not match `AllowedPattern`",
        ]
    );
    assert_eq!(
        diagnostics[0].help.as_deref(),
        Some("did you mean `Canary10Percent5Minutes`?")
    );
    assert_eq!(
        diagnostics[1].help.as_deref(),
        Some("it must be an e-mail address")
    );
}

#[test]
fn a_number_must_be_one() {
    let diagnostics = refused_with(TEMPLATE, &Inputs::new("app").parameter("Count", "many"));
    assert_eq!(
        messages(&diagnostics),
        ["12: the parameter `Count` cannot be `many`: it must be a number"]
    );
}

#[test]
fn an_override_for_no_parameter_is_refused_with_a_suggestion() {
    let diagnostics = refused_with(
        TEMPLATE,
        &Inputs::new("app").parameter("Preferance", "AllAtOnce"),
    );
    assert_eq!(
        diagnostics[0].help.as_deref(),
        Some("did you mean `Preference`?")
    );
}

#[test]
fn a_parameter_without_a_value_travels_and_is_named_with_the_option_that_gives_it() {
    let template = "
Transform: AWS::Serverless-2016-10-31
Parameters:
  Alias: {Type: String}
  Shift: {Type: String}
  Pass: {Type: String}
  Bucket: {Type: String}
Conditions: {IsProd: !Equals [!Ref Pass, 'true']}
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: provided.al2023
      Handler: bootstrap
      CodeUri: {Bucket: !Ref Bucket, Key: k}
      AutoPublishAlias: !Ref Alias
      Timeout: !If [IsProd, 30, 3]
      DeploymentPreference: {Type: !Ref Shift, PassthroughCondition: !Ref Pass}
";
    let stack = stack_with(template, &Inputs::new("app"));
    let names: Vec<_> = stack
        .parameters_without_value
        .iter()
        .map(|parameter| (parameter.name.as_str(), parameter.place.line))
        .collect();
    assert_eq!(
        names,
        [("Alias", 4), ("Shift", 5), ("Pass", 6), ("Bucket", 7)]
    );
    let alias = &stack.aliases[0];
    let reason = |value: Result<&String, &rehearsal_template::Unknown>| {
        value.expect_err("it is unknown").reason.clone()
    };
    assert_eq!(
        reason(alias.name.value.as_ref()),
        "the parameter `Alias` has no value: give it one with --parameter Alias=VALUE"
    );
    assert_eq!(alias.logical_id, "FAlias*");
    assert_eq!(alias.version_logical_id, None);
    let group = alias.deployment.as_ref().expect("it is deployed");
    let group = group.group.value.as_ref().expect("the group is here");
    assert!(reason(group.config_name.value.as_ref()).contains("--parameter Shift=VALUE"));
    assert!(stack.functions[0].timeout_seconds.value.is_err());
}

#[test]
fn a_parameter_without_a_value_has_an_example_that_its_declaration_takes() {
    for (declaration, example) in [
        ("{Type: String}", Some("rehearsal")),
        ("{Type: String, AllowedValues: [prod, dev]}", Some("prod")),
        ("{Type: Number}", Some("1")),
        ("{Type: Number, MinValue: 5}", Some("5")),
        (
            "{Type: String, AllowedPattern: '[0-9]{12}'}",
            Some("123456789012"),
        ),
        ("{Type: CommaDelimitedList}", Some("rehearsal")),
        (
            "{Type: String, AllowedPattern: 'nobody-guesses-this'}",
            None,
        ),
    ] {
        let template = format!(
            "Parameters: {{P: {declaration}}}\nResources: {{T: {{Type: AWS::SNS::Topic}}}}\n"
        );
        let stack = crate::common::stack(&template);
        assert_eq!(
            stack.parameters_without_value[0]
                .examples
                .first()
                .map(String::as_str),
            example,
            "{declaration}"
        );
    }
}

#[test]
fn what_is_not_to_be_shown_is_known_by_its_value() {
    let template = "
Parameters:
  Key: {Type: String, NoEcho: true}
  Keys: {Type: CommaDelimitedList, NoEcho: 'true', Default: 'first, second'}
  Plain: {Type: String, NoEcho: false, Default: shown}
Resources: {}
";
    let inputs = Inputs::new("app")
        .parameter("Key", "hidden")
        .reference(
            "{{resolve:secretsmanager:db:SecretString:password}}",
            "of a secret",
        )
        .reference("{{resolve:ssm-secure:/key}}", "of a secure string")
        .reference("{{resolve:ssm:/host}}", "of a string");
    let stack = stack_with(template, &inputs);
    let secrets: Vec<_> = stack.secrets.iter().map(String::as_str).collect();
    assert_eq!(
        secrets,
        [
            "first",
            "hidden",
            "of a secret",
            "of a secure string",
            "second"
        ]
    );
}
