//! What CloudFormation refuses of how a template declares its parameters, mappings, conditions and resources, before it deploys anything.

use rehearsal_template::{Inputs, Severity, read_str};

use crate::common::{messages, refused, refused_with, stack, stack_with};

/// A resource, so that there is one.
const TOPIC: &str = "Resources:\n  Topic: {Type: AWS::SNS::Topic}\n";

/// What is said of a template that is refused for one thing.
fn only(template: &str) -> String {
    let found = messages(&refused(template));
    let [only] = &found[..] else {
        panic!("{template}\n{found:#?}");
    };
    only.clone()
}

/// Holds each of these in a template to be refused, for one thing and in these words.
fn all_refused(cases: &[(&str, &str)], template: impl Fn(&str) -> String) {
    for &(declared, what) in cases {
        let said = only(&template(declared));
        assert!(said.contains(what), "{said}");
    }
}

#[test]
fn parameters_have_alphanumeric_names_keys_of_their_own_and_text_as_default() {
    #[rustfmt::skip] // A table.
    let cases = [
        ("my-stage: {Type: String}", "the parameter `my-stage` has other characters than letters and digits"),
        ("Stage: {Type: String, Defualt: a}", "a parameter has no `Defualt`"),
        ("Stage: {Type: CommaDelimitedList, Default: [a, b]}", "the default of the parameter `Stage` is a list"),
        ("Stage: {Type: String, Default: !Sub '${AWS::Region}'}", "the default of the parameter `Stage` is an intrinsic function"),
        ("Stage: {Type: String, Default: }", "the default of the parameter `Stage` is null"),
        ("Stage: {Type: String, Description: }", "`Description` has nothing behind it"),
    ];
    all_refused(&cases, |declared| {
        format!("Parameters: {{{declared}}}\n{TOPIC}")
    });
    stack(&format!(
        "Parameters: {{Stage: {{Type: Number, Default: 1, AllowedValues: [1, 2], MaxValue: 2, NoEcho: true}}}}\n{TOPIC}"
    ));
}

#[test]
fn mappings_have_alphanumeric_names_and_no_functions() {
    #[rustfmt::skip] // A table.
    let cases = [
        ("my-map: {a: {b: c}}", "the mapping `my-map` has other characters"),
        ("Map: {us-east-1: {v1.1: c}}", "`v1.1` under `us-east-1` of the mapping `Map` has other characters"),
        ("Map: {a: {b: !Ref AWS::Region}}", "`b` under `a` of the mapping `Map` is an intrinsic function"),
        ("Map: {a: {b: }}", "`b` under `a` of the mapping `Map` is null"),
    ];
    all_refused(&cases, |declared| {
        format!("Mappings: {{{declared}}}\n{TOPIC}")
    });
    let said = only(&format!("Mappings:\n{TOPIC}"));
    assert!(said.contains("`Mappings` must be a map"), "{said}");
    stack(&format!(
        "Mappings: {{Map: {{us-east-1: {{One: 1, Many: [a, b], Yes: true}}}}}}\n{TOPIC}"
    ));
}

#[test]
fn a_text_that_a_macro_makes_may_have_anything_put_into_it() {
    let template = format!(
        "{TOPIC}  Other: {{Type: AWS::SNS::Topic, Properties: {{DisplayName: {{'Fn::Sub': {{'Fn::Transform': {{Name: Ours}}}}}}}}}}\n"
    );
    assert_eq!(stack(&template).diagnostics, []);
}

#[test]
fn a_condition_is_judged_though_nothing_is_under_it() {
    #[rustfmt::skip] // A table.
    let cases = [
        ("C: !And [!Equals [a, b]]", "`Fn::And` takes 2 to 10 conditions, and has 1"),
        ("C: !Equals [!GetAtt Topic.TopicName, b]", "a condition refers to parameters alone"),
        ("C: !Equals [a]", "`Fn::Equals` has the wrong number of operands"),
        ("C: {Condition: C}", "the condition `C` depends on itself"),
        ("C: !Equals [!Ref Stage, b]", "`Stage` is no parameter of this template"),
    ];
    all_refused(&cases, |declared| {
        format!("Conditions: {{{declared}}}\n{TOPIC}")
    });
}

#[test]
fn a_resource_waits_for_names_of_others() {
    #[rustfmt::skip] // A table.
    let cases = [
        ("{Type: AWS::SNS::Topic, DependsOn: !Ref Topic}", "`DependsOn` takes names of resources, not an intrinsic function"),
        ("{Type: AWS::SNS::Topic, DependsOn: [Topic, {a: b}]}", "`DependsOn` takes names of resources, not a map"),
        ("{Type: AWS::SNS::Topic, DependsOn: Other}", "circular dependency: Other → Other"),
    ];
    all_refused(&cases, |resource| format!("{TOPIC}  Other: {resource}\n"));
}

#[test]
fn a_resource_may_wait_for_a_connector_that_is_embedded_in_another() {
    let template = "
Transform: AWS::Serverless-2016-10-31
Resources:
  Items:
    Type: AWS::Serverless::SimpleTable
    Connectors: {ToJobs: {Properties: {Destination: {Id: Jobs}, Permissions: [Write]}}}
  Jobs: {Type: AWS::SQS::Queue}
  Topic: {Type: AWS::SNS::Topic, DependsOn: WAITS}
";
    for waits in ["ItemsToJobs", "ItemsToJobsPolicy"] {
        stack(&template.replace("WAITS", waits));
    }
    let said = only(&template.replace("WAITS", "ItemsToOther"));
    assert!(said.contains("`ItemsToOther` is no resource"), "{said}");
}

#[test]
fn a_name_with_nothing_behind_it_is_refused() {
    for resource in [
        "{Type: AWS::SNS::Topic, Properties: {TopicName: }}",
        "{Type: AWS::SNS::Topic, Properties: }",
        "{Type: AWS::SNS::Topic, Metadata: }",
        "{Type: AWS::SNS::Topic, Properties: {Tags: [{Key: a, Value: }]}}",
    ] {
        let said = only(&format!("{TOPIC}  Other: {resource}\n"));
        assert!(said.contains("has nothing behind it"), "{said}");
    }
    let said = only(&format!(
        "{TOPIC}Outputs: {{It: {{Value: a, Description: }}}}\n"
    ));
    assert!(said.contains("has nothing behind it"), "{said}");
    stack(&format!(
        "{TOPIC}  Other: {{Type: AWS::SNS::Topic, Metadata: {{Of: }}}}\n"
    ));
}

#[test]
fn an_item_of_a_list_that_is_null_is_refused_without_the_languages_extensions() {
    for (written, list) in [
        (
            "  Other: {Type: AWS::SNS::Topic, Properties: {Tags: [~]}}",
            "Tags",
        ),
        (
            "  Other: {Type: AWS::SNS::Topic, DependsOn: [Topic, ~]}",
            "DependsOn",
        ),
        (
            "  Other: {Type: AWS::Events::Rule, Properties: {EventPattern: {detail: {id: [null]}}}}",
            "id",
        ),
        (
            "  Other: {Type: AWS::SNS::Topic, Properties: {TopicName: !If [C, ~, a]}}\nConditions: {C: !Equals [a, b]}",
            "Fn::If",
        ),
        ("Conditions: {C: !Equals [a, ~]}", "Fn::Equals"),
        ("Mappings: {Map: {a: {b: [c, ~]}}}", "b"),
        (
            "Parameters: {Stage: {Type: String, Default: a, AllowedValues: [a, ~]}}",
            "AllowedValues",
        ),
    ] {
        let said: Vec<_> = messages(&refused(&format!("{TOPIC}{written}\n")));
        let expected = format!("an item of `{list}` is null: CloudFormation refuses the template");
        let found = said.iter().any(|said| said.contains(&expected));
        assert!(found, "{written}: {said:#?}");
    }
    // Extensions of the language take it away.
    stack(&format!(
        "Transform: AWS::LanguageExtensions\n{TOPIC}  Other: {{Type: AWS::SNS::Topic, DependsOn: [Topic, ~], Properties: {{Tags: [~]}}}}\n"
    ));
    stack(&format!(
        "Transform: [AWS::LanguageExtensions, AWS::Serverless-2016-10-31]\n{TOPIC}  Items: {{Type: AWS::Serverless::SimpleTable, DependsOn: [Topic, ~]}}\n"
    ));
}

#[test]
fn null_in_what_sam_passes_on_is_refused_and_in_its_own_it_is_not() {
    let sam = |properties: &str| {
        format!(
            "Transform: AWS::Serverless-2016-10-31\nResources:\n  F: {{Type: AWS::Serverless::Function, Properties: {{Runtime: nodejs22.x, Handler: i.h, InlineCode: x, {properties}}}}}\n"
        )
    };
    for properties in [
        "VpcConfig: {SubnetIds: [~], SecurityGroupIds: [a]}",
        "Events: {E: {Type: EventBridgeRule, Properties: {Pattern: {detail: {id: [~]}}}}}",
        "Policies: {Statement: {Effect: Allow, Action: 's3:Get*', Resource: [~]}}",
        "Policies: [!If [C, {Statement: [~]}, !Ref AWS::NoValue]]",
    ] {
        let said = messages(&refused(&sam(properties)));
        let found = said
            .iter()
            .any(|said| said.contains("is null: CloudFormation"));
        assert!(found, "{properties}: {said:#?}");
    }
    stack(&sam("VpcConfig: , Tags: {A: }"));
    // SAM makes no role of policies beside one.
    stack(&sam(
        "Role: 'arn:aws:iam::123456789012:role/own', Policies: {Statement: {Effect: Allow, Action: 's3:Get*', Resource: [~]}}",
    ));
    let globals = "Globals: {Function: {VpcConfig: {SubnetIds: [~], SecurityGroupIds: [a]}}}\n";
    let said = only(&format!("{globals}{}", sam("Timeout: 3")));
    assert!(said.contains("an item of `SubnetIds` is null"), "{said}");
    stack(&format!(
        "{globals}Transform: AWS::Serverless-2016-10-31\n{TOPIC}"
    ));
    // Of a definition it takes away some, and passes on others.
    stack(
        "Transform: AWS::Serverless-2016-10-31\nResources:\n  Api: {Type: AWS::Serverless::HttpApi, Properties: {DefinitionBody: {openapi: 3.0.1, paths: {/: {get: }}}}}\n",
    );
    // SAM passes over what is null in its own.
    stack(
        "Transform: AWS::Serverless-2016-10-31\nResources:\n  Items: {Type: AWS::Serverless::SimpleTable, Properties: {TableName: }}\n",
    );
}

#[test]
fn what_a_macro_brings_to_mappings_conditions_exports_and_waits_is_not_known() {
    const MACRO: &str = "{'Fn::Transform': {Name: AWS::Include, Parameters: {Location: s3://a/b}}}";
    let finds = "Conditions: {C: !Equals [!FindInMap [Map, a, b], x]}";
    for more in [
        format!("Mappings: {MACRO}\n{finds}"),
        format!("Mappings: {{Map: {MACRO}}}\n{finds}"),
        format!("Mappings: {{Map: {{a: {MACRO}}}}}\n{finds}"),
        format!("Conditions: {{C: {MACRO}, D: !And [{MACRO}, !Equals [a, b]]}}"),
        format!("Outputs: {{It: {{Value: a, Export: {MACRO}}}}}"),
    ] {
        stack(&format!("{TOPIC}{more}\n"));
    }
    stack(&format!(
        "{TOPIC}  Other: {{Type: AWS::SNS::Topic, DependsOn: {MACRO}}}\n"
    ));
}

#[test]
fn what_a_template_makes_of_a_stacks_name_is_not_known_where_nobody_gives_it() {
    for condition in [
        "!Equals [!Select [1, !Split ['-', !Ref AWS::StackName]], x]",
        "!Equals [!FindInMap [Map, !Ref AWS::StackName, b], x]",
    ] {
        let template =
            format!("{TOPIC}Mappings: {{Map: {{a: {{b: c}}}}}}\nConditions: {{C: {condition}}}\n");
        stack_with(&template, &Inputs::default());
        refused_with(&template, &Inputs::new("shop"));
        // A second template of the stack has its name from the first, which nobody gave either.
        let mut second = Inputs::default();
        second.call_stack_as("template", &Inputs::default());
        stack_with(&template, &second);
    }
}

#[test]
fn an_export_has_a_name() {
    let said = only(&format!(
        "{TOPIC}Outputs: {{It: {{Value: a, Export: {{Nmae: b}}}}}}\n"
    ));
    assert!(
        said.contains("the export of the output `It` has no `Name`"),
        "{said}"
    );
}

#[test]
fn a_type_that_is_misspelt_is_refused_and_one_that_may_be_newer_is_warned_of() {
    let with = |r#type: &str| format!("{TOPIC}  Other: {{Type: {type}}}\n");
    let said = only(&with("AWS::SQS::Queu"));
    assert!(said.contains("there is no type `AWS::SQS::Queu`"), "{said}");
    let newer = stack(&with("AWS::SQS::SomethingWhollyNew"));
    let found: Vec<_> = newer
        .diagnostics
        .iter()
        .map(|found| found.severity)
        .collect();
    assert_eq!(found, [Severity::Warning]);
    for known in ["Custom::Check", "Ours::Checks::Check", "AWS::CDK::Metadata"] {
        assert_eq!(stack(&with(known)).diagnostics, [], "{known}");
    }
    // A macro may make another of it.
    let macro_ = format!("Transform: Ours\n{}", with("AWS::SQS::Queu"));
    stack(&macro_);
}

#[test]
fn the_languages_extensions_need_their_transform() {
    #[rustfmt::skip] // A table.
    let cases = [
        "  Other: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Sub ['${A}', {A: {'Fn::Length': [a]}}]}}\n",
        "  Other: {Type: AWS::SNS::Topic, Properties: {DisplayName: {'Fn::ToJsonString': [a]}}}\n",
        "  Fn::ForEach::Each: [Name, [a], {'Topic${Name}': {Type: AWS::SNS::Topic}}]\n",
    ];
    for resource in cases {
        let template = format!("{TOPIC}{resource}");
        let said = only(&template);
        assert!(said.contains("needs a transform"), "{said}");
        stack(&format!("Transform: AWS::LanguageExtensions\n{template}"));
        // A macro of one's own may do the same.
        stack(&format!("Transform: Ours\n{template}"));
    }
}

#[test]
fn with_the_extensions_a_function_may_make_the_name_that_ref_takes() {
    let template = "
Transform: AWS::LanguageExtensions
Resources:
  Fn::ForEach::Topics:
    - Name
    - [Orders, Ledger]
    - '${Name}Topic': {Type: AWS::SNS::Topic, Properties: {TopicName: !Sub '${Name}-topic'}}
Outputs:
  It: {Value: !Ref {'Fn::Sub': '${P}Topic'}}
Parameters: {P: {Type: String, Default: Ledger}}
";
    let stack = stack(template);
    let it = stack.outputs[0].value.known_value().map(String::as_str);
    assert_eq!(it, Some("arn:aws:sns:us-east-1:123456789012:Ledger-topic"));
    let waits: Vec<_> = stack.outputs[0].references.keys().collect();
    assert_eq!(waits, ["LedgerTopic"]);
    let without = template.replace("Transform: AWS::LanguageExtensions\n", "");
    assert!(read_str("template.yaml", &without, &Inputs::new("app")).is_err());
}
