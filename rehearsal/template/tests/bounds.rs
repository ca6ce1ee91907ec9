//! Every bound is kept, and says so: no input takes long or much memory, and no file is read but the one that was named.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::common::{refused, stack};
use rehearsal_template::bounds::{
    MAX_BYTES, MAX_DEPTH, MAX_DIAGNOSTICS, MAX_MADE, MAX_NAME, MAX_NODES, MAX_PARAMETER_VALUE,
    MAX_REFERENCES, MAX_RESOURCES, MAX_SECTION, MAX_TEXT,
};
use rehearsal_template::{Inputs, read};

const TOPIC: &str = "Resources: {T: {Type: 'AWS::SNS::Topic'}}\n";

/// The template must be refused with this code alone.
#[track_caller]
fn refused_as(code: &str, template: &str) {
    let diagnostics = refused(template);
    let codes: Vec<_> = diagnostics
        .iter()
        .map(|diagnostic| diagnostic.code)
        .collect();
    assert_eq!(codes, [code], "{}", diagnostics[0]);
}

/// A template with this many topics.
fn topics(count: usize) -> String {
    let mut template = "Resources:\n".to_owned();
    for number in 0..count {
        let _ = writeln!(template, "  T{number}: {{Type: 'AWS::SNS::Topic'}}");
    }
    template
}

/// A template whose topic has this metadata.
fn metadata(value: &str) -> String {
    format!("Resources:\n  T:\n    Type: AWS::SNS::Topic\n    Metadata:\n      M: {value}\n")
}

#[test]
fn the_longest_text_is_read_and_a_longer_one_is_refused() {
    let padded = |length: usize| format!("{TOPIC}#{}", "x".repeat(length - TOPIC.len() - 1));
    stack(&padded(MAX_BYTES));
    refused_as("template::too-large", &padded(MAX_BYTES + 1));
}

#[cfg(unix)]
#[test]
fn a_file_that_never_ends_is_refused() {
    let refusal = read(Path::new("/dev/zero"), &Inputs::default()).expect_err("it is no template");
    assert_eq!(refusal.diagnostics[0].code, "template::too-large");
}

#[test]
fn the_deepest_nesting_is_read_and_a_deeper_one_is_refused() {
    // Four maps are around it.
    let nested = |depth: usize| {
        let depth = depth - 4;
        metadata(&format!("{}{}", "[".repeat(depth), "]".repeat(depth)))
    };
    stack(&nested(MAX_DEPTH));
    refused_as("template::too-deep", &nested(MAX_DEPTH + 1));
    refused_as("template::too-deep", &metadata(&"[".repeat(1_000_000)));
    refused_as("template::too-deep", &"- ".repeat(1_000_000));
}

#[test]
fn yaml_aliases_that_multiply_are_refused() {
    let mut laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let before = format!("*a{}", level - 1);
        let _ = writeln!(
            laughs,
            "a{level}: &a{level} [{}]",
            [before.as_str(); 10].join(", ")
        );
    }
    refused_as("template::too-large", &(laughs + TOPIC));
}

#[test]
fn anchors_inside_anchors_count_as_often_as_they_are_kept() {
    let mut nested = "x,".repeat(MAX_NODES / 20);
    for level in 0..40 {
        nested = format!("&a{level} [{nested}]");
    }
    refused_as("template::too-large", &metadata(&nested));
}

#[test]
fn cloudformations_quota_of_resources_is_kept() {
    stack(&topics(MAX_RESOURCES));
    refused_as("template::too-many-resources", &topics(MAX_RESOURCES + 1));
}

#[test]
fn the_resources_that_sam_generates_count_too() {
    let functions = |count: usize| {
        let mut template = "Transform: AWS::Serverless-2016-10-31\nResources:\n".to_owned();
        for number in 0..count {
            let _ = writeln!(
                template,
                "  F{number}: {{Type: 'AWS::Serverless::Function', Properties: {{Runtime: r, Handler: h, CodeUri: c}}}}"
            );
        }
        template
    };
    // Each has a role.
    stack(&functions(MAX_RESOURCES / 2));
    refused_as(
        "template::too-many-resources",
        &functions(MAX_RESOURCES / 2 + 1),
    );
}

#[test]
fn cloudformations_quotas_of_parameters_mappings_and_outputs_are_kept() {
    for (section, entry) in [
        ("Parameters", "{Type: String, Default: x}"),
        ("Mappings", "{a: {b: c}}"),
        ("Outputs", "{Value: x}"),
    ] {
        let with = |count: usize| {
            let mut template = format!("{TOPIC}{section}:\n");
            for number in 0..count {
                let _ = writeln!(template, "  E{number}: {entry}");
            }
            template
        };
        stack(&with(MAX_SECTION));
        refused_as("template::too-large", &with(MAX_SECTION + 1));
    }
}

#[test]
fn cloudformations_quota_of_a_parameters_value_is_kept() {
    let with = |length: usize| {
        format!(
            "Parameters: {{P: {{Type: String, Default: '{}'}}}}\n{TOPIC}",
            "x".repeat(length)
        )
    };
    stack(&with(MAX_PARAMETER_VALUE));
    refused_as("template::parameter-value", &with(MAX_PARAMETER_VALUE + 1));
}

#[test]
fn cloudformations_quota_of_a_names_length_is_kept() {
    for (section, entry) in [
        ("Parameters", r#"{"Type": "String", "Default": "x"}"#),
        ("Mappings", r#"{"a": {"b": "c"}}"#),
        ("Conditions", r#"{"Fn::Equals": ["a", "b"]}"#),
        ("Resources", r#"{"Type": "AWS::SNS::Topic"}"#),
        ("Outputs", r#"{"Value": "x"}"#),
    ] {
        let with = |length: usize| {
            let name = "N".repeat(length);
            let resources = r#""Resources": {"T": {"Type": "AWS::SNS::Topic"}}"#;
            match section {
                "Resources" => format!(r#"{{"Resources": {{"{name}": {entry}}}}}"#),
                _ => format!(r#"{{{resources}, "{section}": {{"{name}": {entry}}}}}"#),
            }
        };
        stack(&with(MAX_NAME));
        for length in [MAX_NAME + 1, 160_000] {
            let template = with(length);
            refused_as("template::name-too-long", &template);
            let diagnostic = refused(&template).remove(0);
            let message = diagnostic.to_string();
            assert!(
                message.contains(&length.to_string()) && message.len() < 200,
                "{message}"
            );
            assert!(diagnostic.place.line == 1 && diagnostic.place.length > 0);
        }
    }
}

#[test]
fn the_names_that_sam_generates_count_too() {
    let template = format!(
        "Transform: AWS::Serverless-2016-10-31\nResources:\n  {}:\n    Type: AWS::Serverless::Function\n    \
         Properties: {{Runtime: r, Handler: h, CodeUri: c}}\n",
        "N".repeat(MAX_NAME)
    );
    refused_as("template::name-too-long", &template);
    assert!(refused(&template)[0].message.contains("AWS::IAM::Role"));
}

#[test]
fn a_reference_that_is_too_long_to_be_a_name_gets_no_suggestion_and_takes_no_time() {
    let mut template = topics(400);
    let _ = writeln!(
        template,
        "  T: {{Type: 'AWS::SNS::Topic', Properties: {{TopicName: !Ref '{}'}}}}",
        "T".repeat(1_000_000)
    );
    assert_eq!(refused(&template)[0].help, None);
}

#[test]
fn a_text_that_grows_with_each_function_is_refused() {
    let mut inner = "!Sub '${AWS::StackId}'".to_owned();
    for _ in 0..8 {
        inner = format!("!Sub ['{}', {{V: {inner}}}]", "${V}".repeat(20));
    }
    let diagnostics = refused(&metadata(&inner).replace("Metadata", "Properties"));
    assert!(
        diagnostics
            .iter()
            .any(|diagnostic| diagnostic.message.contains(&MAX_TEXT.to_string())),
        "{diagnostics:?}"
    );
}

#[test]
fn values_that_are_large_only_together_are_refused() {
    let list = "x,".repeat(MAX_PARAMETER_VALUE / 2);
    let references = "!Ref P, ".repeat(MAX_MADE / MAX_PARAMETER_VALUE / 8);
    let template = format!(
        "Parameters: {{P: {{Type: CommaDelimitedList, Default: '{list}'}}}}\n\
         Resources: {{T: {{Type: 'AWS::SNS::Topic', Properties: {{A: [{references}]}}}}}}\n"
    );
    refused_as("template::too-large", &template);
}

#[test]
fn globals_that_are_large_only_once_merged_are_refused() {
    let mut variables = String::new();
    for number in 0..1000 {
        let _ = write!(variables, "V{number}: x, ");
    }
    let mut template = format!(
        "Transform: AWS::Serverless-2016-10-31\n\
         Globals: {{Function: {{Runtime: r, Handler: h, CodeUri: c, Environment: {{Variables: {{{variables}}}}}}}}}\n\
         Resources:\n"
    );
    for number in 0..240 {
        let _ = writeln!(
            template,
            "  F{number}: {{Type: 'AWS::Serverless::Function'}}"
        );
    }
    refused_as("template::too-large", &template);
}

#[test]
fn names_that_are_made_of_names_end_somewhere() {
    let mut template = "Resources:\n".to_owned();
    for number in 0..=MAX_REFERENCES {
        let _ = writeln!(
            template,
            "  T{number}: {{Type: 'AWS::SNS::Topic', Properties: {{TopicName: !Sub 'x-${{T{}.TopicName}}'}}}}",
            number + 1
        );
    }
    let _ = writeln!(
        template,
        "  T{}: {{Type: 'AWS::SNS::Topic'}}",
        MAX_REFERENCES + 1
    );
    refused_as("template::too-deep", &template);
}

#[test]
fn no_more_problems_are_listed_than_anyone_reads() {
    let mut wrong = String::new();
    for number in 0..MAX_DIAGNOSTICS * 20 {
        let _ = write!(wrong, "!Ref Missing{number}, ");
    }
    let template =
        format!("Resources: {{T: {{Type: 'AWS::SNS::Topic', Properties: {{A: [{wrong}]}}}}}}\n");
    assert_eq!(refused(&template).len(), MAX_DIAGNOSTICS);
}

/// A folder of this test's own.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("the target folder can be written");
    folder
}

/// What the template names is a folder that would fail any attempt to read it as a file: nobody tries.
#[cfg(unix)]
#[test]
fn no_file_that_a_template_names_is_read() {
    let folder = folder("names-files");
    std::os::unix::fs::symlink("/", folder.join("outside")).expect("a link can be made");
    let template = folder.join("template.yaml");
    let text = "
Transform: AWS::Serverless-2016-10-31
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: r
      Handler: h
      CodeUri: outside/etc
      Layers: [outside/etc/passwd]
      Environment:
        Fn::Transform: {Name: AWS::Include, Parameters: {Location: outside/etc/passwd}}
  Api:
    Type: AWS::Serverless::Api
    Properties: {StageName: live, DefinitionUri: outside/etc/passwd}
Outputs:
  Included:
    Value: !Transform {Name: AWS::Include, Parameters: {Location: outside/etc/passwd}}
";
    std::fs::write(&template, text).expect("it can be written");
    let stack = read(&template, &Inputs::default()).expect("it is read");
    assert!(stack.apis[0].routes_unknown.is_some());
    assert!(stack.outputs[0].value.known_value().is_none());
}

#[cfg(unix)]
#[test]
fn a_template_behind_a_symbolic_link_is_what_was_named() {
    let folder = folder("is-a-link");
    std::fs::write(folder.join("real.yaml"), TOPIC).expect("it can be written");
    let link = folder.join("template.yaml");
    std::os::unix::fs::symlink("real.yaml", &link).expect("a link can be made");
    let stack = read(&link, &Inputs::default()).expect("it is read");
    assert_eq!(stack.name, "template");
}
