//! Parameters: defaults, overrides, and the values that are refused.

mod common;

use common::{messages, refused_with, stack_with, text};
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
fn a_parameter_without_a_value_is_refused() {
    let template = "Parameters: {P: {Type: String}}\nResources: {T: {Type: 'AWS::SNS::Topic'}}\n";
    let diagnostics = refused_with(template, &Inputs::new("app"));
    assert_eq!(
        messages(&diagnostics),
        ["1: the parameter `P` has no default and is given no value"]
    );
}
