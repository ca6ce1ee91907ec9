//! Paths that a REST API cannot have.

use rehearsal_template::Inputs;

use super::found_with;
use crate::common::deployments::warnings;

/// What is found of a REST API with a route of each path: the message, and whether it is refused.
#[track_caller]
fn of_paths(paths: &[&str]) -> Vec<(String, bool)> {
    let events = paths.iter().enumerate().map(|(index, path)| {
        format!("        E{index}: {{Type: Api, Properties: {{Path: '{path}', Method: get}}}}\n")
    });
    let events = events.collect::<String>();
    let found = found_with(&format!("      Events:\n{events}"));
    let found = found
        .into_iter()
        .filter(|found| found.code == "api-refused");
    found
        .map(|found| (found.message, found.is_refused))
        .collect()
}

#[test]
fn a_path_of_a_rest_api_is_made_of_parts_that_it_can_have() {
    for path in ["/", "/a/{id}/b.png", "/a:b,c$d/{proxy+}", "/{a}/{a}"] {
        assert_eq!(of_paths(&[path]), [], "{path}");
    }
    for (path, message) in [
        (
            "/t/{y}.png",
            "a part of the path `/t/{y}.png` is `{y}.png`: API Gateway refuses it",
        ),
        (
            "/{a+}/x",
            "`{a+}` stands inside the path `/{a+}/x`, and takes all that follows: API Gateway refuses it",
        ),
        (
            "/{}",
            "a part of the path `/{}` is `{}`: API Gateway refuses it",
        ),
    ] {
        assert_eq!(of_paths(&[path]), [(message.to_owned(), true)], "{path}");
    }
    for path in ["/a b", "/x?a=1", "/*"] {
        let found = of_paths(&[path]);
        assert!(matches!(&found[..], [(_, false)]), "{path}: {found:?}");
    }
}

#[test]
fn a_parameter_of_a_path_has_one_name() {
    assert_eq!(of_paths(&["/{a}", "/{a}/x", "/y/{b}"]), []);
    assert_eq!(
        of_paths(&["/{a+}", "/{b}"]),
        [(
            "the path `/{b}` has `{b}` where another of its API has `{a+}`: API Gateway refuses it"
                .to_owned(),
            true
        )]
    );
}

/// What is found of a REST API of these resources: the message, and its line below them.
#[track_caller]
fn of_resources(resources: &str) -> Vec<String> {
    let template = format!(
        "
Transform: AWS::Serverless-2016-10-31
Parameters: {{Stage: {{Type: String}}}}
Conditions: {{Maybe: !Equals [!Ref Stage, beta], MaybeNot: !Not [!Condition Maybe]}}
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties: {{Runtime: nodejs22.x, Handler: a.b, CodeUri: src, AutoPublishAlias: live, DeploymentPreference: {{Type: Canary10Percent5Minutes}}}}
  Api: {{Type: AWS::ApiGateway::RestApi, Properties: {{Name: shop}}}}
{resources}"
    );
    let found = warnings(&template, &Inputs::new("shop")).into_iter();
    let found = found.filter(|found| found.code == "api-refused");
    found
        .map(|found| format!("{} {found}", found.place.line - 9))
        .collect()
}

#[test]
fn a_part_of_a_path_that_is_a_resource_of_its_own_is_judged_where_it_stands() {
    let part = |id: &str, parent: &str, part: &str, more: &str| {
        format!(
            "  {id}:\n    Type: AWS::ApiGateway::Resource\n{more}    Properties:\n      RestApiId: !Ref Api\n      ParentId: {parent}\n      PathPart: '{part}'\n"
        )
    };
    let root = "!GetAtt Api.RootResourceId";
    let both = |more: [&str; 2]| {
        [
            part("One", root, "{a}", more[0]),
            part("Other", root, "{b}", more[1]),
        ]
        .concat()
    };
    assert_eq!(
        of_resources(&both(["", ""])),
        [
            "12 Other: its part is `{b}`, and beside it that of `One` is `{a}`: API Gateway refuses it"
        ]
    );
    // Of two under conditions there may never be both.
    let apart = ["    Condition: Maybe\n", "    Condition: MaybeNot\n"];
    assert_eq!(of_resources(&both(apart)), [""; 0]);
    let below = [
        part("All", root, "{a+}", ""),
        part("Below", "!Ref All", "{b}", ""),
    ];
    assert_eq!(
        of_resources(&below.concat()),
        [
            "12 Below: it is below `All`, whose `{a+}` takes all that follows: API Gateway refuses it"
        ]
    );
    assert_eq!(
        of_resources(&part("File", root, "{name}.png", "")),
        ["6 File: its part of a path is `{name}.png`: API Gateway refuses it"]
    );
    let below = [part("A", root, "{a}", ""), part("B", "!Ref A", "{b+}", "")];
    assert_eq!(of_resources(&below.concat()), [""; 0]);
}

#[test]
fn a_path_that_no_function_answers_is_judged_as_the_others() {
    let mock = "{get: {x-amazon-apigateway-integration: {type: mock}}}";
    let body = format!(
        "  Described: {{Type: AWS::ApiGateway::RestApi, Properties: {{Body: {{paths: {{'/{{a}}': {mock}, '/{{b}}/x': {mock}}}}}}}}}\n"
    );
    assert_eq!(
        of_resources(&body),
        [
            "1 Described: the path `/{b}/x` has `{b}` where another of its API has `{a}`: API Gateway refuses it"
        ]
    );
}
