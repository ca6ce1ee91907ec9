//! What other stacks export, what dynamic references stand for, and parameters that are read from SSM.

use rehearsal_template::{Inputs, Missing, Stack, read_str};

/// A template whose one output is an expression.
fn with_output(expression: &str) -> String {
    format!(
        "
Parameters:
  Stage: {{Type: String, Default: beta}}
  Image: {{Type: 'AWS::SSM::Parameter::Value<String>', Default: /image, AllowedPattern: '/.*'}}
  Subnets: {{Type: 'AWS::SSM::Parameter::Value<List<String>>', Default: /subnets}}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
Resources:
  Secret: {{Type: AWS::SecretsManager::Secret}}
Outputs:
  It: {{Value: {expression}}}
"
    )
}

fn read(expression: &str, inputs: &Inputs) -> Stack {
    read_str("template.yaml", &with_output(expression), inputs).expect("the template is good")
}

fn value(expression: &str, inputs: &Inputs) -> Result<String, Option<Missing>> {
    let stack = read(expression, inputs);
    let value = stack.outputs[0].value.value.clone();
    value.map_err(|unknown| unknown.missing)
}

#[test]
fn what_is_given_is_what_the_template_means() {
    let inputs = Inputs::new("app")
        .parameter("Image", "ami-1")
        .parameter("Subnets", "a, b")
        .import("beta-network", "vpc-1")
        .reference("{{resolve:ssm:/beta/key}}", "k")
        .reference("{{resolve:ssm:/plain:2}}", "p")
        .reference(
            "{{resolve:secretsmanager:${Secret}:SecretString:password}}",
            "${!}{{",
        );
    for (expression, expected) in [
        ("!ImportValue beta-network", "vpc-1"),
        ("!ImportValue {'Fn::Sub': '${Stage}-network'}", "vpc-1"),
        ("!Join ['/', [a, !ImportValue beta-network]]", "a/vpc-1"),
        ("'{{resolve:ssm:/plain:2}}'", "p"),
        (
            "'a-{{resolve:ssm:/plain:2}}-{{resolve:ssm:/beta/key}}-{{resolve:ssm:/plain:2}}'",
            "a-p-k-p",
        ),
        ("!Sub '${Stage}={{resolve:ssm:/${Stage}/key}}'", "beta=k"),
        ("!Join ['', ['{{resolve:ssm:/', !Ref Stage, '/key}}']]", "k"),
        // What the name stands for is made by AWS, so the reference is given as it is written; its value is no template.
        (
            "!Sub '${Stage}:{{resolve:secretsmanager:${Secret}:SecretString:password}}'",
            "beta:${!}{{",
        ),
        ("!Ref Image", "ami-1"),
        ("!Join ['+', !Ref Subnets]", "a+b"),
        ("!If [IsProd, !ImportValue other, here]", "here"),
    ] {
        assert_eq!(
            value(expression, &inputs).as_deref(),
            Ok(expected),
            "{expression}"
        );
    }
}

#[test]
fn what_is_not_given_is_unknown_and_says_what_would_give_it() {
    let import = |name: &str| Some(Missing::Import(name.to_owned()));
    let reference = |text: &str| Some(Missing::Reference(text.to_owned()));
    #[rustfmt::skip] // A table.
    let cases = [
        ("!ImportValue beta-network", import("beta-network")),
        ("!Sub ['x-${A}', {A: !ImportValue {'Fn::Sub': '${Stage}-a'}}]", import("beta-a")),
        ("'a-{{resolve:ssm:/plain:2}}'", reference("{{resolve:ssm:/plain:2}}")),
        ("!Sub '{{resolve:ssm:/${Stage}/key}}'", reference("{{resolve:ssm:/beta/key}}")),
        (
            "!Sub '{{resolve:secretsmanager:${Secret}:SecretString:password}}'",
            reference("{{resolve:secretsmanager:${Secret}:SecretString:password}}"),
        ),
        ("!Sub 'x-${Image}'", Some(Missing::Parameter("Image".to_owned()))),
        ("!Select [0, !GetAZs '']", None),
    ];
    for (expression, missing) in cases {
        assert_eq!(
            value(expression, &Inputs::new("app")),
            Err(missing),
            "{expression}"
        );
    }
}

#[test]
fn what_a_template_asks_for_is_told_also_where_no_condition_leads_to_it() {
    let expression = "!If [IsProd, !Sub ['${A}{{resolve:ssm:/${Stage}/key}}', {A: !ImportValue one}], !Join ['', ['{{resolve:ssm:/', b, '}}']]]";
    let asked = read(expression, &Inputs::new("app")).asked_for;
    assert_eq!(asked.imports.iter().collect::<Vec<_>>(), ["one"]);
    for reference in ["{{resolve:ssm:/${Stage}/key}}", "{{resolve:ssm:/b}}"] {
        assert!(asked.references.contains(reference), "{reference}");
    }
}

#[test]
fn what_looks_like_a_reference_and_does_not_end_is_text() {
    assert_eq!(
        value("'{{resolve:ssm:/a'", &Inputs::new("app")).as_deref(),
        Ok("{{resolve:ssm:/a")
    );
}

#[test]
fn what_cloudformation_is_given_for_an_ssm_type_is_a_name_and_no_value() {
    let mut inputs = Inputs::new("app").parameter("Image", "/image/of/prod");
    inputs.as_deployed.insert("Image".to_owned());
    let missing = Missing::Parameter("Image".to_owned());
    assert_eq!(value("!Ref Image", &inputs), Err(Some(missing)));
    let inputs = inputs.parameter("Image", "ami-1");
    assert_eq!(value("!Ref Image", &inputs).as_deref(), Ok("ami-1"));
}

#[test]
fn a_secure_string_is_looked_up_for_few_types_and_refused_for_the_others() {
    const SECURE: &str = "'{{resolve:ssm-secure:/key:1}}'";
    let refused = |resource: &str| -> Vec<String> {
        let template = format!(
            "Transform: AWS::Serverless-2016-10-31\nConditions: {{Is: !Equals [a, a], Not: !Equals [a, b]}}\nResources:\n  F: {resource}\n"
        );
        let read = read_str("template.yaml", &template, &Inputs::new("app"));
        let diagnostics = read
            .err()
            .map(|refusal| refusal.diagnostics)
            .unwrap_or_default();
        let codes = diagnostics.iter().map(|found| found.code.to_owned());
        codes.collect()
    };
    let function = |variable: &str, more: &str| {
        format!(
            "{{Type: AWS::Serverless::Function{more}, Properties: {{Runtime: nodejs22.x, Handler: i.h, InlineCode: x, Environment: {{Variables: {{KEY: {variable}}}}}}}}}"
        )
    };
    for variable in [
        SECURE,
        "!Sub '{{resolve:ssm-secure:/${AWS::StackName}/key}}'",
        "!Join ['', ['{{resolve:ssm-secure:/', !Ref AWS::StackName, '}}']]",
        &format!("!If [Is, {SECURE}, a]"),
    ] {
        assert_eq!(
            refused(&function(variable, "")),
            ["template::secure-string"],
            "{variable}"
        );
    }
    for (resource, what) in [
        (function("'{{resolve:ssm:/key}}'", ""), "a plain one"),
        (function("'{{resolve:secretsmanager:key}}'", ""), "a secret"),
        (
            function(&format!("!If [Not, {SECURE}, a]"), ""),
            "a branch that does not hold",
        ),
        (
            function(SECURE, ", Condition: Not"),
            "a function that is not there",
        ),
        (
            format!("{{Type: AWS::RDS::DBInstance, Properties: {{MasterUserPassword: {SECURE}}}}}"),
            "a database",
        ),
        (
            format!(
                "{{Type: AWS::OpsWorks::Stack, Properties: {{DefaultInstanceProfileArn: a, Name: a, ServiceRoleArn: a, RdsDbInstances: [{{DbPassword: !Sub {SECURE}, DbUser: a, RdsDbInstanceArn: a}}]}}}}"
            ),
            "a property in a list",
        ),
        (
            format!("{{Type: Custom::Thing, Properties: {{ServiceToken: t, Key: {SECURE}}}}}"),
            "a custom resource",
        ),
    ] {
        assert_eq!(refused(&resource), [""; 0], "{what}");
    }
}

#[test]
fn a_secure_string_that_may_not_be_there_is_not_permitted_and_one_beside_its_property_is_refused() {
    const SECURE: &str = "'{{resolve:ssm-secure:/key:1}}'";
    let read = |resource: &str| {
        let template = format!(
            "Parameters: {{Stage: {{Type: String}}}}\nConditions: {{Maybe: !Equals [!Ref Stage, beta]}}\nResources:\n  R: {resource}\n"
        );
        read_str("template.yaml", &template, &Inputs::new("app"))
    };
    for resource in [
        format!(
            "{{Type: AWS::SNS::Topic, Condition: Maybe, Properties: {{DisplayName: {SECURE}}}}}"
        ),
        format!("{{Type: AWS::SNS::Topic, Properties: {{DisplayName: !If [Maybe, {SECURE}, a]}}}}"),
    ] {
        let stack = read(&resource).unwrap_or_else(|refusal| panic!("{refusal:?}"));
        let codes: Vec<_> = stack.not_permitted().map(|found| found.code).collect();
        assert_eq!(codes, ["template::secure-string"], "{resource}");
    }
    for resource in [
        format!(
            "{{Type: AWS::SNS::Topic, Properties: {{TopicName: !If [Maybe, {SECURE}, a], DisplayName: {SECURE}}}}}"
        ),
        format!(
            "{{Type: AWS::RDS::DBInstance, Properties: {{MasterUsername: {SECURE}, MasterUserPassword: {SECURE}}}}}"
        ),
    ] {
        let refused = read(&resource).err().map(|refusal| refusal.diagnostics);
        let codes = refused.iter().flatten().map(|found| found.code);
        assert_eq!(
            codes.collect::<Vec<_>>(),
            ["template::secure-string"],
            "{resource}"
        );
    }
}
