//! How a refusal reads.

use miette::{GraphicalReportHandler, GraphicalTheme};
use rehearsal_template::{Inputs, Severity, read, read_str};

fn rendered(template: &str) -> String {
    let refusal =
        read_str("template.yaml", template, &Inputs::new("app")).expect_err("it is refused");
    let mut text = String::new();
    GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor())
        .render_report(&mut text, &refusal)
        .expect("a String takes all that is written to it");
    text
}

#[test]
fn each_problem_shows_file_line_column_source_resource_and_help() {
    let text = rendered(
        "Resources:
  Topic:
    Type: AWS::SNS::Topic
    Properties: {TopicName: !Sub '${Tpic}-x'}
  Queue:
    Type: AWS::SQS::Queue
    Condition: Missing
",
    );
    for part in [
        "template.yaml is refused: 2 problems",
        "template.yaml:4:",
        "    Properties: {TopicName: !Sub '${Tpic}-x'}",
        "`Tpic` is no parameter and no resource of this template",
        "help: did you mean `Topic`?",
        "template.yaml:7:16",
        "the condition `Missing` is not in `Conditions`",
    ] {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
}

#[test]
fn a_problem_names_its_resource() {
    let text = rendered(
        "Resources:\n  Alias: {Type: AWS::Lambda::Alias, Properties: {Name: live, FunctionVersion: '1'}}\n",
    );
    assert!(text.contains("Alias: `FunctionName` is missing"), "{text}");
}

#[test]
fn a_number_that_aws_does_not_take_is_refused_with_the_bound() {
    #[rustfmt::skip] // A table.
    let cases = [
        ("AWS::Lambda::Function", "Timeout", "900", "901"),
        ("AWS::Lambda::Function", "MemorySize", "32768", "32769"),
        ("AWS::CloudWatch::Alarm", "EvaluationPeriods", "8640", "4294967295"),
        ("AWS::CloudWatch::Alarm", "DatapointsToAlarm", "8640", "8641"),
        ("AWS::CloudWatch::Alarm", "Period", "604800", "604801"),
        ("AWS::Lambda::EventInvokeConfig", "MaximumRetryAttempts", "2", "3"),
        ("AWS::Lambda::EventInvokeConfig", "MaximumEventAgeInSeconds", "21600", "21601"),
    ];
    for (kind, property, good, bad) in cases {
        let others = match kind {
            "AWS::Lambda::Function" => {
                "Role: arn:aws:iam::123456789012:role/r, Code: {ZipFile: x}, Handler: a.b, Runtime: nodejs22.x"
            }
            "AWS::CloudWatch::Alarm" if property == "EvaluationPeriods" => {
                "ComparisonOperator: GreaterThanThreshold"
            }
            "AWS::CloudWatch::Alarm" => {
                "ComparisonOperator: GreaterThanThreshold, EvaluationPeriods: 1"
            }
            _ => "FunctionName: !Ref F, Qualifier: $LATEST",
        };
        let template = |number: &str| {
            format!(
                "Resources:\n  It: {{Type: {kind}, Properties: {{{property}: {number}, {others}}}}}\n  F: {{Type: AWS::Lambda::Function, Properties: {{Role: arn:aws:iam::123456789012:role/r, Code: {{ZipFile: x}}, Handler: a.b, Runtime: nodejs22.x}}}}\n"
            )
        };
        let taken = read_str("template.yaml", &template(good), &Inputs::new("app"));
        assert!(
            taken.is_ok(),
            "{property}: {:?}",
            taken.err().map(|refusal| refusal.diagnostics)
        );
        let refused = rendered(&template(bad));
        let expected = format!("`{property}` must be a whole number of {good} at most");
        assert!(
            refused.replace("\n  │ ", " ").contains(&expected),
            "{refused}"
        );
    }
}

#[test]
fn every_refusal_has_an_error() {
    let refusal =
        read_str("template.yaml", "Resources: 1", &Inputs::new("app")).expect_err("it is refused");
    assert!(
        refusal
            .diagnostics
            .iter()
            .any(|diagnostic| diagnostic.severity == Severity::Error)
    );
}

#[test]
fn a_file_that_is_not_there_is_refused_by_name() {
    let refusal =
        read("no/such/template.yaml".as_ref(), &Inputs::default()).expect_err("it is refused");
    assert!(
        refusal.to_string().contains("no/such/template.yaml"),
        "{refusal}"
    );
    assert!(
        refusal.diagnostics[0]
            .message
            .starts_with("the file cannot be read"),
        "{refusal:?}"
    );
}

#[test]
fn a_stack_is_named_after_its_file_where_no_name_is_given() {
    let text = "Resources: {T: {Type: 'AWS::SNS::Topic'}}\n";
    let stack = read_str("some/orders.yaml", text, &Inputs::default()).expect("it is read");
    assert_eq!(stack.name, "orders");
}

/// A template's codes, with the lines they are at.
fn refused(template: &str) -> Vec<(&'static str, u32)> {
    let Err(refusal) = read_str("template.yaml", template, &Inputs::new("app")) else {
        return Vec::new();
    };
    let found = refusal.diagnostics.iter();
    found
        .map(|diagnostic| (diagnostic.code, diagnostic.place.line))
        .collect()
}

#[test]
fn what_cloudformation_refuses_of_a_templates_form_is_refused_at_its_line() {
    #[rustfmt::skip] // A table.
    let cases = [
        ("Parameter:\n  A: {Type: String}\nResources: {T: {Type: AWS::SNS::Topic}}", "template::section", 1),
        ("Globals: {Function: {Timeout: 3}}\nResources: {T: {Type: AWS::SNS::Topic}}", "template::section", 1),
        ("AWSTemplateFormatVersion: 2010-09-10\nResources: {T: {Type: AWS::SNS::Topic}}", "template::format-version", 1),
        ("Resources:\n  T:\n    Type: AWS::SNS::Topic\n    Dependson: U\n  U: {Type: AWS::SNS::Topic}", "template::attribute", 4),
        ("Resources:\n  T:\n    Type: AWS::SNS::Topic\n    Tags: []", "template::attribute", 4),
        ("Resources:\n  T:\n    Type: AWS::SNS::Topic\n    DeletionPolicy: Keep", "template::policy", 4),
        ("Resources:\n  T:\n    Type: AWS::SNS::Topic\n    UpdateReplacePolicy: RetainExceptOnCreate", "template::policy", 4),
        ("Resources:\n  T:\n    Type: AWS::SNS::Topic\n    DeletionPolicy: Snapshot", "template::policy", 4),
        ("Resources:\n  T:\n    Type: AWS::SNS::Topic\n    UpdateReplacePolicy: Snapshot", "template::policy", 4),
        ("Resources:\n  T:\n    Type: AWS::SNS::Topic\n    DependsOn: [Nothing]", "template::unknown-reference", 4),
        ("Resources:\n  T:\n    Type: AWS::SNS::Topic\n    Properties: {DisplayName: !GetAtt T.TopicName}", "template::circular-dependency", 4),
        ("Mappings:\n  M:\n    a: b\nResources: {T: {Type: AWS::SNS::Topic}}", "template::mapping", 3),
        ("Parameters:\n  A: {Type: Boolean, Default: true}\nResources: {T: {Type: AWS::SNS::Topic}}", "template::parameter-type", 2),
        ("Conditions:\n  C: !Equals [!Ref T, a]\nResources: {T: {Type: AWS::SNS::Topic}}", "template::unknown-reference", 2),
    ];
    for (template, code, line) in cases {
        assert_eq!(refused(template), [(code, line)], "{template}");
    }
}

#[test]
fn a_description_has_a_kilobyte_at_most() {
    let with = |length: usize| {
        let text = "x".repeat(length);
        refused(&format!(
            "Description: {text}\nResources: {{T: {{Type: AWS::SNS::Topic}}}}"
        ))
    };
    assert_eq!(with(1_024), []);
    assert_eq!(with(1_025), [("template::description", 1)]);
    let of_output = "x".repeat(1_025);
    let output = refused(&format!(
        "Resources: {{T: {{Type: AWS::SNS::Topic}}}}\nOutputs:\n  O: {{Value: x, Description: {of_output}}}"
    ));
    assert_eq!(output, [("template::description", 3)]);
}

#[test]
fn what_cloudformation_takes_of_a_templates_form_is_taken() {
    let taken = [
        "AWSTemplateFormatVersion: 2010-09-09\nRules: {}\nMetadata: {}\nHooks: {}\nResources: {T: {Type: AWS::SNS::Topic}}",
        "Resources:\n  T: {Type: AWS::RDS::DBInstance, DeletionPolicy: Snapshot, UpdateReplacePolicy: Snapshot}\n  U: {Type: Custom::Volume, DeletionPolicy: Snapshot, Properties: {ServiceToken: a}}",
        "Mappings:\n  M:\n    a: {b: c, d: [e]}\nResources: {T: {Type: AWS::SNS::Topic}}",
        "Transform: [AWS::Serverless-2016-10-31]\nGlobals: {}\nResources: {T: {Type: AWS::SNS::Topic}}",
        // A macro makes of it what it likes.
        "Transform: Mine\nAnything: {}\nResources: {T: {Type: AWS::SNS::Topic, DependsOn: Made}}",
        "Resources:\n  T:\n    Type: AWS::SNS::Topic\n    DependsOn: U\n    DeletionPolicy: RetainExceptOnCreate\n  U: {Type: AWS::SNS::Topic}",
        // SAM's own ids, and the attributes that SAM drops.
        "Transform: AWS::Serverless-2016-10-31\nResources:\n  Api:\n    Type: AWS::Serverless::Api\n    Tagged: yes\n    Properties: {StageName: a}\n  T:\n    Type: AWS::SNS::Topic\n    DependsOn: [ApiaStage, ApiDeployment0123456789]",
        "Parameters:\n  A: {Type: 'List<AWS::EC2::Subnet::Id>', Default: subnet-1}\n  B: {Type: AWS::SSM::Parameter::Value<String>, Default: /b}\nResources: {T: {Type: AWS::SNS::Topic}}",
        "Parameters:\n  A: {Type: String, Default: a}\nConditions:\n  C: !Equals [!Ref A, !Ref AWS::Region]\n  D: !Not [!Condition C]\nResources: {T: {Type: AWS::SNS::Topic}}",
    ];
    for template in taken {
        assert_eq!(refused(template), [], "{template}");
    }
}
