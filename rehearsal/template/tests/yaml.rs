//! Text: YAML 1.1 and JSON, places, and the bounds on both.

use std::fmt::Write as _;

use crate::common::{messages, refused, stack, text};

fn environment(variables: &str) -> Vec<(String, String)> {
    let template = format!(
        "
Resources:
  F:
    Type: AWS::Lambda::Function
    Properties:
      Handler: bootstrap
      Runtime: provided.al2023
      Environment:
        Variables:
{variables}"
    );
    let stack = stack(&template);
    let environment = stack.functions[0]
        .environment
        .value
        .as_ref()
        .expect("it is known");
    environment
        .iter()
        .map(|(name, field)| (name.clone(), text(field).to_owned()))
        .collect()
}

#[test]
fn plain_scalars_are_read_as_sam_reads_them() {
    let variables = environment(
        "          A: yes\n          B: 010\n          C: 'no'\n          D: 1_000\n          E: 2012-10-17\n          F: !!str 010\n          G: 1.0\n",
    );
    let values: Vec<_> = variables.iter().map(|(_, value)| value.as_str()).collect();
    assert_eq!(
        values,
        ["true", "8", "no", "1000", "2012-10-17", "010", "1.0"]
    );
}

#[test]
fn merge_keys_fill_in_what_a_map_lacks() {
    let variables = environment(
        "          <<: [{A: first, B: first}, {B: second, C: second}]\n          A: own\n",
    );
    let values: Vec<_> = variables.iter().map(|(_, value)| value.as_str()).collect();
    assert_eq!(values, ["own", "first", "second"]);
}

#[test]
fn anchors_are_followed() {
    let variables = environment("          A: &shared text\n          B: *shared\n");
    assert_eq!(variables[1].1, "text");
}

#[test]
fn of_a_key_given_twice_the_last_counts_and_both_lines_are_told() {
    for template in [
        "Resources:\n  A: {Type: 'AWS::SNS::Topic'}\n  A: {Type: 'AWS::SQS::Queue'}\n",
        r#"{"Resources": {
            "A": {"Type": "AWS::SNS::Topic"},
            "A": {"Type": "AWS::SQS::Queue"}}}"#,
    ] {
        let stack = stack(template);
        assert_eq!(stack.resources[0].r#type, "AWS::SQS::Queue");
        assert_eq!(
            messages(&stack.diagnostics),
            [
                "3: A: `A` is given twice in the same map, first in line 2: CloudFormation takes the last and says nothing"
            ]
        );
    }
}

#[test]
fn an_unknown_tag_is_an_error_with_a_suggestion() {
    let diagnostics = refused(
        "Resources:\n  A:\n    Type: AWS::SNS::Topic\n    Properties:\n      TopicName: !GetAttr X.Y\n",
    );
    assert_eq!(
        messages(&diagnostics),
        ["5: `!GetAttr` is no intrinsic function"]
    );
    assert_eq!(
        diagnostics[0].help.as_deref(),
        Some("did you mean `!GetAtt`?")
    );
}

#[test]
fn json_is_read_with_tabs_escapes_and_places() {
    let template = "{\n\t\"Resources\": {\n\t\t\"T\": {\n\t\t\t\"Type\": \"AWS::SNS::Topic\",\n\t\t\t\"Properties\": {\"TopicName\": \"a\\u002fb\", \"X\": 1e3}\n\t\t}\n\t},\n\t\"Outputs\": {\"Name\": {\"Value\": {\"Fn::GetAtt\": [\"T\", \"TopicName\"]}}}\n}\n";
    let stack = stack(template);
    assert_eq!(text(&stack.outputs[0].value), "a/b");
    assert_eq!(stack.resources[0].place.line, 3);
}

#[test]
fn json_with_surrogate_pairs_is_read() {
    let stack = stack(
        r#"{"Resources": {"T": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "\ud83d\ude00"}}}, "Outputs": {"Name": {"Value": {"Fn::GetAtt": ["T", "TopicName"]}}}}"#,
    );
    assert_eq!(text(&stack.outputs[0].value), "😀");
    let after = stack.outputs[0].place;
    assert_eq!(
        (after.offset, after.column),
        (107, 108),
        "later places stay where they were"
    );
}

#[test]
fn places_count_lines_columns_and_bytes_also_beyond_ascii() {
    let template = "# ünïcödé 😀\nResources:\n  T: {Type: 'AWS::SNS::Topic'} # é\n  Ü: 1\n";
    let diagnostics = refused(template);
    let place = diagnostics[0].place;
    assert_eq!((place.line, place.column), (4, 3));
    assert!(template[place.offset as usize..].starts_with('Ü'));
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_text() {
    let stack = stack("\u{feff}Resources:\n  T: {Type: 'AWS::SNS::Topic'}\n");
    assert_eq!(stack.resources[0].place.line, 2);
}

#[test]
fn a_syntax_error_has_its_line() {
    let diagnostics = refused("Resources:\n  A: [1, 2\n  B: 3\n");
    assert_eq!(diagnostics[0].code, "template::syntax");
    assert!(diagnostics[0].place.line >= 2, "{diagnostics:?}");
}

#[test]
fn an_empty_template_and_one_without_resources_are_refused() {
    assert_eq!(refused("")[0].code, "template::empty");
    assert_eq!(refused("# nothing\n")[0].code, "template::empty");
    assert_eq!(refused("just text\n")[0].code, "template::not-a-template");
    let diagnostics = refused("Resource:\n  A: {Type: 'AWS::SNS::Topic'}\n");
    assert_eq!(
        diagnostics[0].help.as_deref(),
        Some("did you mean `Resources` instead of `Resource`?")
    );
}

#[test]
fn a_second_document_is_refused() {
    let diagnostics = refused("Resources: {}\n---\nResources: {}\n");
    assert_eq!(diagnostics[0].code, "template::several-documents");
}

#[test]
fn a_billion_laughs_are_refused_at_once() {
    let mut template = String::from("A0: &a0 [ha, ha, ha, ha, ha, ha, ha, ha, ha, ha]\n");
    for level in 1..12 {
        let before = level - 1;
        let aliases = vec![format!("*a{before}"); 10].join(", ");
        writeln!(template, "A{level}: &a{level} [{aliases}]").unwrap();
    }
    template.push_str("Resources: {}\n");
    assert_eq!(refused(&template)[0].code, "template::too-large");
}

#[test]
fn aliases_do_not_nest_deeper_than_text_may() {
    let mut template = String::from("A0: &a0 [x]\n");
    for level in 1..200 {
        writeln!(template, "A{level}: &a{level} [*a{}]", level - 1).unwrap();
    }
    assert_eq!(refused(&template)[0].code, "template::too-deep");
}

#[test]
fn an_alias_inside_itself_is_refused() {
    let diagnostics = refused("A: &a [*a]\nResources: {}\n");
    assert!(
        ["template::alias", "template::syntax"].contains(&diagnostics[0].code),
        "{diagnostics:?}"
    );
}

#[test]
fn deep_nesting_is_refused_in_every_style() {
    for template in [
        format!("A: {}{}\n", "[".repeat(100), "]".repeat(100)),
        format!("A: {}\n", "[".repeat(100_000)),
        format!("{}x\n", "- ".repeat(100_000)),
    ] {
        let code = refused(&template)[0].code;
        assert!(
            ["template::too-deep", "template::syntax"].contains(&code),
            "{code}"
        );
    }
}

#[test]
fn a_file_too_long_or_with_too_many_resources_is_refused() {
    assert_eq!(refused(&"#".repeat(5 << 20))[0].code, "template::too-large");
    let mut template = String::from("Resources:\n");
    for number in 0..501 {
        writeln!(template, "  R{number}: {{Type: 'AWS::SNS::Topic'}}").unwrap();
    }
    assert_eq!(refused(&template)[0].code, "template::too-many-resources");
}

#[test]
fn a_plain_key_that_yaml_1_1_reads_as_a_boolean_is_no_name() {
    let template = "Parameters: {On: {Type: String, Default: a}}
Resources: {T: {Type: AWS::SNS::Topic, Properties: {TopicName: !Ref On}}}";
    let diagnostics = refused(template);
    assert_eq!(
        (messages(&diagnostics), diagnostics[0].help.as_deref()),
        (
            vec!["2: T: `On` is no parameter and no resource of this template".to_owned()],
            Some("YAML 1.1 reads the plain key `On` as another value: quote it where it stands")
        )
    );
    stack(&template.replace("On:", "'On':"));
}
