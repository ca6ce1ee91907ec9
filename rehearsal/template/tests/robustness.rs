//! No input makes the reader panic: whatever it is given, it reads a stack or says why not.

use proptest::prelude::*;
use rehearsal_template::{Inputs, Severity, read_str};

/// Templates that reach most of the reader.
const TEMPLATES: [&str; 3] = [
    include_str!("../../../template.yaml"),
    "
Transform: [AWS::Serverless-2016-10-31]
Parameters: {P: {Type: CommaDelimitedList, Default: 'a,b'}, Q: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /q}}
Mappings: {M: {a: {b: 010}}}
Conditions: {C: !And [!Equals [!Ref Q, x], !Not [{Condition: D}]], D: !Or [!Equals [1, '1'], !Equals [a, b]]}
Globals: {Function: {Timeout: 3, Environment: {Variables: {A: &x yes}}}, Api: {Auth: {DefaultAuthorizer: AWS_IAM}}}
Resources:
  F:
    Type: AWS::Serverless::Function
    Condition: C
    Properties:
      <<: {Runtime: r, Handler: h}
      CodeUri: {Bucket: b, Key: !Sub 'k-${P}'}
      AutoPublishAlias: live
      DeploymentPreference: {Type: !If [C, AllAtOnce, !Ref G], Alarms: !If [C, [!Ref A], []], Hooks: {PreTraffic: !Ref F}}
      EventInvokeConfig: {DestinationConfig: {OnFailure: {Type: SQS}}}
      Events: {A: {Type: Api, Properties: {Path: '/{x+}', Method: any}}, H: {Type: HttpApi}, S: {Type: SQS, Properties: {Queue: 'arn:aws:sqs:us-east-1:123456789012:q'}}}
  G: {Type: AWS::CodeDeploy::DeploymentConfig, Properties: {TrafficRoutingConfig: {Type: TimeBasedLinear, TimeBasedLinear: {LinearPercentage: 10, LinearInterval: 1}}}}
  A: {Type: AWS::CloudWatch::Alarm, Properties: {EvaluationPeriods: 1, ComparisonOperator: x, Metrics: [{Id: a, Expression: *x}]}}
  S: {Type: AWS::Serverless::SimpleTable, Properties: {PrimaryKey: {Name: a, Type: Number}}}
Outputs:
  O: {Condition: D, Value: !Join ['-', [!Select [1, !Split [':', !GetAtt F.Arn]], !FindInMap [M, a, b], !Base64 x]]}
",
    r#"{"Resources": {"R": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Body": {"paths": {"/a": {"get":
{"security": [{"s": []}], "x-amazon-apigateway-integration": {"type": "aws_proxy", "uri": {"Fn::Join": ["", ["x", {"Ref": "AWS::Region"}]]}}}}}}}}}}"#,
];

fn survives(text: &str) -> Result<(), TestCaseError> {
    match read_str(
        "template.yaml",
        text,
        &Inputs::new("app").version("Contacts", 2),
    ) {
        Ok(stack) => {
            prop_assert!(
                stack
                    .diagnostics
                    .iter()
                    .all(|diagnostic| diagnostic.severity != Severity::Error)
            );
        }
        Err(refusal) => {
            prop_assert!(!refusal.diagnostics.is_empty());
            // Printing follows every place into the text.
            let printed = format!("{:?}", miette::Report::new(refusal));
            prop_assert!(!printed.is_empty());
        }
    }
    Ok(())
}

/// One change to a text: where (as a share of its length), how much is cut, and what is put there.
type Change = (f64, usize, String);

fn change() -> impl Strategy<Value = Change> {
    let snippet = prop_oneof![
        Just("!Ref "),
        Just("!Sub "),
        Just("!GetAtt "),
        Just("!If "),
        Just("!Join "),
        Just("{"),
        Just("}"),
        Just("["),
        Just("]"),
        Just(": "),
        Just("\n"),
        Just("\n  "),
        Just("- "),
        Just("&a "),
        Just("*a"),
        Just("'"),
        Just("\""),
        Just("null"),
        Just("é😀"),
        Just("Contacts"),
        Just("AWS::NoValue"),
        Just("<<: "),
        Just("[]"),
        Just("{}"),
        Just("!"),
        Just("%"),
        Just("\t"),
        Just("? "),
    ]
    .prop_map(str::to_owned);
    (
        0.0..1.0_f64,
        0_usize..40,
        prop_oneof![
            snippet,
            any::<char>().prop_map(String::from),
            Just(String::new())
        ],
    )
}

fn changed(text: &str, changes: &[Change]) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    for (share, cut, insert) in changes {
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a share of a text's length, which is small"
        )]
        let at = (characters.len() as f64 * share) as usize;
        let end = (at + cut).min(characters.len());
        characters.splice(at..end, insert.chars());
    }
    characters.into_iter().collect()
}

proptest! {
    // A case that is found becomes a test of its own, not a seed in a file.
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn changed_templates_are_read_or_refused(which in 0..TEMPLATES.len(), changes in prop::collection::vec(change(), 1..6)) {
        survives(&changed(TEMPLATES[which], &changes))?;
    }

    #[test]
    fn lines_in_any_order_are_read_or_refused(
        which in 0..TEMPLATES.len(),
        moves in prop::collection::vec(any::<(prop::sample::Index, prop::sample::Index)>(), 1..5),
    ) {
        let mut lines: Vec<&str> = TEMPLATES[which].lines().collect();
        for (from, to) in moves {
            let line = lines.remove(from.index(lines.len()));
            lines.insert(to.index(lines.len() + 1), line);
        }
        survives(&lines.join("\n"))?;
    }

    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        survives(&text)?;
    }

    #[test]
    fn a_template_reads_the_same_twice(which in 0..TEMPLATES.len()) {
        let read = || format!("{:?}", read_str("template.yaml", TEMPLATES[which], &Inputs::new("app")));
        prop_assert_eq!(read(), read());
    }
}

#[test]
fn the_templates_to_change_are_good_to_begin_with() {
    for text in TEMPLATES {
        if let Err(refusal) = read_str("template.yaml", text, &Inputs::new("app")) {
            panic!("{:?}", miette::Report::new(refusal));
        }
    }
}
