//! The intrinsic functions, one by one, and what is unknown.

use crate::common::{around, messages, refused, stack, text, value};

#[test]
fn ref_gives_parameters_pseudo_parameters_and_names() {
    for (expression, expected) in [
        ("!Ref Stage", "beta"),
        ("{Ref: Stage}", "beta"),
        ("!Ref AWS::Region", "us-east-1"),
        ("!Ref AWS::AccountId", "123456789012"),
        ("!Ref AWS::StackName", "app"),
        ("!Ref AWS::Partition", "aws"),
        ("!Ref AWS::URLSuffix", "amazonaws.com"),
        (
            "!Ref AWS::StackId",
            "arn:aws:cloudformation:us-east-1:123456789012:stack/app/51af3dc0-da77-11e4-872e-1234567db123",
        ),
        ("!Ref Contacts", "app-Contacts"),
    ] {
        assert_eq!(value(expression), expected, "{expression}");
    }
}

#[test]
fn getatt_takes_a_dotted_name_or_a_list() {
    let arn = "arn:aws:dynamodb:us-east-1:123456789012:table/app-Contacts";
    for expression in [
        "!GetAtt Contacts.Arn",
        "!GetAtt [Contacts, Arn]",
        "{'Fn::GetAtt': [Contacts, Arn]}",
        "{'Fn::GetAtt': Contacts.Arn}",
    ] {
        assert_eq!(value(expression), arn, "{expression}");
    }
}

#[test]
fn sub_puts_values_in_place_of_names() {
    for (expression, expected) in [
        ("!Sub plain", "plain"),
        ("!Sub '${Stage}-${AWS::Region}'", "beta-us-east-1"),
        (
            "!Sub '${Contacts}/${Contacts.Arn}'",
            "app-Contacts/arn:aws:dynamodb:us-east-1:123456789012:table/app-Contacts",
        ),
        ("!Sub '${!Stage} ${Stage}'", "${Stage} beta"),
        (
            "!Sub ['${A}-${Stage}', {A: !Ref AWS::AccountId}]",
            "123456789012-beta",
        ),
        ("!Sub ['${Stage}', {Stage: shadowed}]", "shadowed"),
        ("{'Fn::Sub': ['${N}', {N: 5}]}", "5"),
    ] {
        assert_eq!(value(expression), expected, "{expression}");
    }
}

#[test]
fn lists_are_joined_split_and_selected_from() {
    #[rustfmt::skip] // A table.
    let cases = [
        ("!Join ['-', [a, !Ref Stage, 1, true]]", "a-beta-1-true"),
        ("!Join [',', !Ref Names]", "a,b,c"),
        ("!Join ['', []]", ""),
        ("!Select [1, !Ref Names]", "b"),
        ("!Select ['0', [x, y]]", "x"),
        ("!Select [2, !Split ['/', 'a/b/c']]", "c"),
        ("!Select [4, !Split ['-', !Select [2, !Split [/, !Ref AWS::StackId]]]]", "1234567db123"),
        ("!Join ['', ['Fn::Length:', 'Fn::Length': [1, 2]]]", "Fn::Length:2"),
        ("!Base64 hello", "aGVsbG8="),
        ("{'Fn::ToJsonString': {a: [1, !Ref Stage]}}", r#"{"a":[1,"beta"]}"#),
    ];
    for (expression, expected) in cases {
        assert_eq!(value(expression), expected, "{expression}");
    }
}

#[test]
fn mappings_are_looked_up() {
    assert_eq!(value("!FindInMap [Sizes, !Ref Stage, memory]"), "256");
    assert_eq!(
        value("!FindInMap [Sizes, none, memory, {DefaultValue: 1}]"),
        "1"
    );
    let diagnostics = refused(&around("!FindInMap [Sizes, gamma, memory]"));
    assert_eq!(
        diagnostics[0].message,
        "`Fn::FindInMap` finds no `memory` under `gamma` in the mapping `Sizes`"
    );
}

#[test]
fn conditions_choose() {
    for (expression, expected) in [
        ("!If [Holds, a, b]", "a"),
        ("!If [Fails, a, b]", "b"),
        ("!If [Holds, !If [Fails, a, c], b]", "c"),
        (
            "!Join [',', [a, !If [Fails, b, !Ref AWS::NoValue], c]]",
            "a,c",
        ),
    ] {
        assert_eq!(value(expression), expected, "{expression}");
    }
}

#[test]
fn conditions_combine_also_where_one_is_unknown() {
    for (condition, expected) in [
        ("!And [{Condition: A}, !Equals [x, x]]", Some(true)),
        ("!And [{Condition: Unknown}, !Equals [x, y]]", Some(false)),
        ("!And [{Condition: Unknown}, {Condition: A}]", None),
        ("!Or [{Condition: Unknown}, {Condition: A}]", Some(true)),
        ("!Or [!Equals [1, '1'], !Equals [a, b]]", Some(true)),
        ("!Or [{Condition: Unknown}, !Equals [a, b]]", None),
        ("!Not [{Condition: A}]", Some(false)),
        ("!Not [{Condition: Unknown}]", None),
        ("!Equals [!Ref P, 'true']", Some(true)),
        ("!Equals [!Join ['', [a, b]], ab]", Some(true)),
    ] {
        let stack = stack(&format!(
            "
Parameters:
  P: {{Type: String, Default: true}}
  S: {{Type: 'AWS::SSM::Parameter::Value<String>', Default: /s}}
Conditions:
  A: !Equals [!Ref P, true]
  Unknown: !Equals [!Ref S, x]
  It: {condition}
Resources:
  Kept: {{Type: AWS::SNS::Topic}}
  T: {{Type: AWS::SNS::Topic, Condition: It}}
"
        ));
        let found = stack
            .resource("T")
            .map(|topic| topic.condition.as_ref().unwrap().holds);
        let holds = found.map_or(Some(false), |holds| holds);
        assert_eq!(holds, expected, "{condition}");
    }
}

#[test]
fn what_only_aws_knows_is_unknown_with_its_reason() {
    #[rustfmt::skip] // A table.
    let cases = [
        ("!ImportValue other", "it is exported by another stack (Fn::ImportValue)"),
        ("!Select [0, !GetAZs '']", "availability zones are the account's (Fn::GetAZs)"),
        ("!Select [0, !Cidr [10.0.0.0/16, 1, 8]]", "address blocks are computed when the stack is deployed (Fn::Cidr)"),
        ("'{{resolve:ssm:/a:1}}'", "a dynamic reference is looked up when the stack is deployed"),
        ("!Sub 'x-{{resolve:secretsmanager:a}}'", "a dynamic reference is looked up when the stack is deployed"),
        ("!Transform {Name: Macro}", "a macro (Fn::Transform) fills it in when the stack is deployed"),
        ("!Ref Secret", "the parameter `Secret` is read from SSM when the stack is deployed"),
        ("!Sub 'a-${Secret}-b'", "the parameter `Secret` is read from SSM when the stack is deployed"),
        ("!GetAtt Contacts.StreamArn", "the attribute `StreamArn` of `Contacts` (AWS::DynamoDB::Table) is made when the stack is deployed"),
        ("!If [Maybe, a, b]", "the parameter `Secret` is read from SSM when the stack is deployed"),
        ("!Ref Absent", "`Absent` is not created, as its condition `Fails` does not hold"),
    ];
    for (expression, reason) in cases {
        assert_eq!(value(expression), format!("? {reason}"), "{expression}");
    }
}

#[test]
fn an_unknown_keeps_the_place_it_comes_from() {
    let stack = stack(&around("!Join ['', [a, !Sub '${Secret}']]"));
    let unknown = stack.outputs[0].value.value.as_ref().unwrap_err();
    assert_eq!(
        unknown.place.line, 5,
        "the parameter's line, not the output's"
    );
}

#[test]
fn a_choice_that_does_not_matter_is_known() {
    assert_eq!(value("!If [Maybe, same, same]"), "same");
}

#[test]
fn misuse_is_an_error_at_its_line() {
    #[rustfmt::skip] // A table.
    let cases = [
        ("!Ref Contatcs", "`Contatcs` is no parameter and no resource of this template"),
        ("!GetAtt Nothing.Arn", "`Nothing` is no parameter and no resource of this template"),
        ("!Sub '${Nope}'", "`Nope` is no parameter and no resource of this template"),
        ("!Select [5, [a]]", "`Fn::Select` asks for item 5, counted from 0, of a list of 1"),
        ("!Select [x, [a]]", "`Fn::Select` takes a number as its index, not `x`"),
        ("!Join [',', text]", "`Fn::Join` needs a list here, not text"),
        ("!If [Holds, a]", "`Fn::If` takes a condition and two values"),
        ("!If [Holdss, a, b]", "the condition `Holdss` is not in `Conditions`"),
        ("!Split ['', abc]", "`Fn::Split` takes a delimiter that is not empty"),
        ("{'Fn::Subb': a}", "`Fn::Subb` is no intrinsic function"),
        ("!Sub [a, b, c]", "`Fn::Sub` takes text, or text and a map of variables"),
        ("!Sub '${Names}'", "`Fn::Sub` cannot put a list in place of `${Names}`"),
        ("[1, 2]", "the output `It` must be text, not a list"),
    ];
    for (expression, message) in cases {
        let diagnostics = refused(&around(expression));
        assert!(
            diagnostics
                .iter()
                .any(|diagnostic| diagnostic.message == message && diagnostic.place.line >= 24),
            "{expression}: {:?}",
            messages(&diagnostics)
        );
    }
    let diagnostics = refused(&around("!Ref Contatcs"));
    assert_eq!(
        diagnostics[0].help.as_deref(),
        Some("did you mean `Contacts`?")
    );
}

#[test]
fn names_made_of_themselves_are_refused() {
    let diagnostics = refused(
        "
Resources:
  A: {Type: AWS::SNS::Topic, Properties: {TopicName: !Sub '${B.TopicName}x'}}
  B: {Type: AWS::SNS::Topic, Properties: {TopicName: !Sub '${A.TopicName}x'}}
",
    );
    assert_eq!(
        messages(&diagnostics),
        ["3: A: circular dependency: A → B → A"]
    );
    assert_eq!(
        diagnostics[0].help.as_deref(),
        Some("`A` refers to `B` in line 3; `B` refers to `A` in line 4")
    );
}

#[test]
fn conditions_that_name_each_other_are_refused() {
    let diagnostics = refused(
        "
Conditions:
  A: !Not [{Condition: B}]
  B: !Not [{Condition: A}]
Resources:
  T: {Type: AWS::SNS::Topic, Condition: A}
",
    );
    assert!(
        diagnostics[0].message.contains("depends on itself"),
        "{diagnostics:?}"
    );
}

#[test]
fn text_that_doubles_at_each_step_is_stopped() {
    use std::fmt::Write as _;
    let mut template = String::from(
        "Resources:\n  R0: {Type: AWS::SNS::Topic, Properties: {TopicName: 0123456789}}\n",
    );
    for level in 1..60 {
        let before = level - 1;
        writeln!(
            template,
            "  R{level}: {{Type: AWS::SNS::Topic, Properties: {{TopicName: !Sub '${{R{before}.TopicName}}${{R{before}.TopicName}}'}}}}"
        )
        .unwrap();
    }
    let diagnostics = refused(&template);
    assert!(
        diagnostics
            .iter()
            .any(|diagnostic| diagnostic.message.contains("more than")),
        "{diagnostics:?}"
    );
}

#[test]
fn a_long_chain_of_names_is_stopped_before_the_stack_is_full() {
    use std::fmt::Write as _;
    let mut template = String::from("Resources:\n");
    for level in 0..499 {
        let next = level + 1;
        writeln!(
            template,
            "  R{level}: {{Type: AWS::SNS::Topic, Properties: {{TopicName: !Sub '${{R{next}.TopicName}}'}}}}"
        )
        .unwrap();
    }
    template.push_str("  R499: {Type: AWS::SNS::Topic}\n");
    let diagnostics = refused(&template);
    assert!(
        diagnostics
            .iter()
            .all(|diagnostic| diagnostic.code == "template::too-deep"),
        "{diagnostics:?}"
    );
}

#[test]
fn a_region_has_its_partition_and_suffix() {
    let inputs = rehearsal_template::Inputs::new("app").in_region("cn-north-1");
    let stack = crate::common::stack_with(
        &around("!Sub '${AWS::Partition} ${AWS::URLSuffix}'"),
        &inputs,
    );
    assert_eq!(text(&stack.outputs[0].value), "aws-cn amazonaws.com.cn");
}

#[test]
fn an_attribute_that_a_type_does_not_have_is_refused() {
    let of = |attribute: &str| {
        format!(
            "Resources:\n  Jobs: {{Type: AWS::SQS::Queue}}\n  Orders:\n    Type: AWS::DynamoDB::Table\n    Properties: {{TableName: orders, KeySchema: []}}\nOutputs:\n  It: {{Value: {attribute}}}\n"
        )
    };
    for (attribute, help) in [
        (
            "!GetAtt Orders.TableName",
            "it has Arn, StreamArn; `!Ref` gives its name or id",
        ),
        ("!Sub '${Orders.arn}'", "did you mean `Arn`?"),
        ("!GetAtt [Orders, StreamARN]", "did you mean `StreamArn`?"),
    ] {
        let found = refused(&of(attribute));
        assert_eq!(found[0].code, "template::unknown-attribute", "{attribute}");
        assert_eq!(found[0].help.as_deref(), Some(help), "{attribute}");
        assert_eq!(found[0].place.line, 7, "{attribute}");
    }
    // The list has a date, and a nested stack's outputs are its own.
    for attribute in [
        "!GetAtt Jobs.QueueName",
        "!GetAtt Orders.Arn",
        "!GetAtt Orders.Checksum",
    ] {
        stack(&of(attribute));
    }
    assert_eq!(
        stack(&of("!GetAtt Orders.Checksum")).diagnostics[0].code,
        "template::unknown-attribute"
    );
}

#[test]
fn a_function_of_sams_has_a_plain_ones_attributes_and_what_sam_makes_beside_it() {
    let of = |attribute: &str| {
        format!(
            "Transform: AWS::Serverless-2016-10-31\nResources:\n  F:\n    Type: AWS::Serverless::Function\n    Properties: {{Runtime: python3.13, Handler: a.b, InlineCode: x, AutoPublishAlias: live}}\nOutputs:\n  It: {{Value: {attribute}}}\n"
        )
    };
    let found = refused(&of("!GetAtt F.FunctionName"));
    assert_eq!(found[0].code, "template::unknown-attribute");
    assert_eq!(
        stack(&of("!GetAtt F.Nobodys")).diagnostics[0].code,
        "template::unknown-attribute"
    );
    for attribute in ["!GetAtt F.Arn", "!Ref F.Alias", "!GetAtt F.Version.Version"] {
        let found = stack(&of(attribute)).diagnostics;
        let mut codes = found.iter().map(|found| found.code);
        assert!(
            codes.all(|code| code != "template::unknown-attribute"),
            "{attribute}"
        );
    }
}

#[test]
fn a_layer_of_sams_has_a_plain_ones_attributes() {
    let of = |attribute: &str| {
        format!(
            "Transform: AWS::Serverless-2016-10-31\nResources:\n  L:\n    Type: AWS::Serverless::LayerVersion\n    Properties: {{ContentUri: layer}}\nOutputs:\n  It: {{Value: {attribute}}}\n"
        )
    };
    let codes = |attribute: &str| {
        let found = stack(&of(attribute)).diagnostics;
        found.iter().map(|found| found.code).collect::<Vec<_>>()
    };
    assert_eq!(codes("!GetAtt L.Arn"), ["template::unknown-attribute"]);
    assert_eq!(codes("!GetAtt L.LayerVersionArn"), [""; 0]);
    assert_eq!(codes("!Ref L"), [""; 0]);
}
