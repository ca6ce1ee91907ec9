//! Paths that a REST API cannot have.

use rehearsal_template::Inputs;

use crate::common::deployments::warnings;

/// What is found of a REST API with a route of each path: the last part of the message, and whether it is refused.
#[track_caller]
fn of_paths(paths: &[&str]) -> Vec<(String, bool)> {
    let events = paths.iter().enumerate().map(|(index, path)| {
        format!("        E{index}: {{Type: Api, Properties: {{Path: '{path}', Method: get}}}}\n")
    });
    let template = format!(
        "
Transform: AWS::Serverless-2016-10-31
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: nodejs22.x
      Handler: a.b
      CodeUri: src
      AutoPublishAlias: live
      DeploymentPreference: {{Type: Canary10Percent5Minutes}}
      Events:
{}",
        events.collect::<String>()
    );
    let found = warnings(&template, &Inputs::new("shop"));
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
