//! Files that a template names.

use std::path::{Path, PathBuf};

use crate::common::text;
use rehearsal_template::stack::NestedTemplate;
use rehearsal_template::{Inputs, Stack, read};

/// A folder of its own, with these files.
fn folder(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("template-files-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    for (file, content) in files {
        let path = folder.join(file);
        std::fs::create_dir_all(path.parent().expect("it is in a folder"))
            .expect("a temporary folder can be made");
        std::fs::write(path, content).expect("a temporary file can be written");
    }
    folder
}

fn stack_in(folder: &Path, inputs: &Inputs) -> Stack {
    read(&folder.join("app/template.yaml"), inputs)
        .unwrap_or_else(|refusal| panic!("{:?}", miette::Report::new(refusal)))
}

const DEFINED: &str = "Transform: AWS::Serverless-2016-10-31
Resources:
  Api: {Type: AWS::Serverless::Api, Properties: {StageName: live, DefinitionUri: api.yaml}}
  F: {Type: AWS::Serverless::Function, Properties: {Runtime: provided.al2023, Handler: b, FunctionName: f}}
";

const DEFINITION: &str = "openapi: 3.0.1
paths:
  /a:
    get:
      x-amazon-apigateway-integration: {type: aws_proxy, httpMethod: POST, uri: 'arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:f/invocations'}
";

#[test]
fn what_an_included_file_has_goes_before_what_stands_beside_it() {
    let template = DEFINED.replace(
        "DefinitionUri: api.yaml",
        "DefinitionBody: {openapi: 3.0.1, paths: {/never-created: {options: {}}}, 'Fn::Transform': {Name: AWS::Include, Parameters: {Location: api.yaml}}}",
    );
    let at = folder(
        "include-beside",
        &[
            ("app/template.yaml", &template),
            ("app/api.yaml", DEFINITION),
        ],
    );
    let stack = stack_in(&at, &Inputs::new("app"));
    let routes = stack.apis[0].routes.iter();
    let paths: Vec<_> = routes.map(|route| route.path.as_str()).collect();
    assert_eq!(paths, ["/a"]);
    std::fs::remove_dir_all(&at).unwrap();
}

#[test]
fn an_apis_definition_beside_the_template_gives_its_routes() {
    let at = folder(
        "definition",
        &[("app/template.yaml", DEFINED), ("app/api.yaml", DEFINITION)],
    );
    let stack = stack_in(&at, &Inputs::new("app"));
    let route = &stack.apis[0].routes[0];
    assert_eq!(
        (
            route.method.as_str(),
            route.path.as_str(),
            text(&route.function)
        ),
        ("GET", "/a", "F")
    );
    assert_eq!(
        route.place.line, 3,
        "it stands where the template names the file"
    );
    std::fs::remove_dir_all(&at).unwrap();
}

#[test]
fn a_definition_that_is_not_read_says_why() {
    let outside = DEFINED.replace("api.yaml", "../api.yaml");
    let with_functions = DEFINITION.replace("uri: 'arn", "uri: !Sub 'arn");
    for (template, definition, why) in [
        (outside.as_str(), DEFINITION, "it is outside"),
        (
            DEFINED,
            with_functions.as_str(),
            "it has intrinsic functions",
        ),
        (DEFINED, "a: [", "line 1"),
    ] {
        let at = folder(
            "why",
            &[
                ("app/template.yaml", template),
                ("app/api.yaml", definition),
                ("api.yaml", DEFINITION),
            ],
        );
        let stack = stack_in(&at, &Inputs::new("app"));
        let unknown = stack.apis[0]
            .routes_unknown
            .as_ref()
            .expect("its routes are not known");
        assert!(unknown.reason.contains(why), "{unknown}");
        if template == outside {
            let inputs = Inputs {
                root: Some(at.clone()),
                ..Inputs::new("app")
            };
            assert_eq!(
                stack_in(&at, &inputs).apis[0].routes.len(),
                1,
                "--root widens it"
            );
        }
        std::fs::remove_dir_all(&at).unwrap();
    }
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_folder_is_not_followed() {
    let at = folder(
        "link",
        &[("app/template.yaml", DEFINED), ("secret.yaml", DEFINITION)],
    );
    std::os::unix::fs::symlink(at.join("secret.yaml"), at.join("app/api.yaml")).unwrap();
    let stack = stack_in(&at, &Inputs::new("app"));
    assert!(
        stack.apis[0]
            .routes_unknown
            .as_ref()
            .expect("it is outside")
            .reason
            .contains("it is outside")
    );
    std::fs::remove_dir_all(&at).unwrap();
}

#[test]
fn an_include_of_a_local_file_is_read_with_its_functions() {
    let template = "Transform: AWS::Serverless-2016-10-31
Resources:
  Fn::Transform: {Name: AWS::Include, Parameters: {Location: more.yaml}}
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: live
      DefinitionBody: {Fn::Transform: {Name: AWS::Include, Parameters: {Location: api.yaml}}}
  F: {Type: AWS::Serverless::Function, Properties: {Runtime: provided.al2023, Handler: b, Environment: {Variables: {T: !GetAtt Topic.TopicName}}}}
";
    let definition = DEFINITION
        .replace("uri: 'arn:aws:", "uri: !Sub 'arn:aws:")
        .replace(
            "arn:aws:lambda:us-east-1:123456789012:function:f",
            "${F.Arn}",
        );
    let at = folder(
        "include",
        &[
            ("app/template.yaml", template),
            ("app/api.yaml", &definition),
            (
                "app/more.yaml",
                "Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: t}}\n",
            ),
        ],
    );
    let stack = stack_in(&at, &Inputs::new("app"));
    assert_eq!(text(&stack.apis[0].routes[0].function), "F");
    let variables = stack.functions[0]
        .environment
        .known_value()
        .expect("it is known");
    assert_eq!(text(&variables["T"]), "t");
    std::fs::remove_dir_all(&at).unwrap();
}

const OUTER: &str = "Transform: AWS::Serverless-2016-10-31
Parameters: {Secret: {Type: String}}
Resources:
  Inner:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: inner/template.yaml, Parameters: {Shift: AllAtOnce, Secret: !Ref Secret}}
  Elsewhere: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: 'https://s3.amazonaws.com/b/t.yaml'}}
  Missing: {Type: AWS::Serverless::Application, Properties: {Location: nowhere.yaml}}
";

const INNER: &str = "Transform: AWS::Serverless-2016-10-31
Parameters: {Shift: {Type: String}, Secret: {Type: String}}
Resources:
  Again: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: template.yaml}}
  F:
    Type: AWS::Serverless::Function
    Properties: {Runtime: provided.al2023, Handler: b, AutoPublishAlias: live, DeploymentPreference: {Type: !Ref Shift}}
";

#[test]
fn a_stack_inside_a_template_is_read_with_the_parameters_that_it_is_given() {
    let at = folder(
        "nested",
        &[
            ("app/template.yaml", OUTER),
            ("app/inner/template.yaml", INNER),
        ],
    );
    let stack = stack_in(&at, &Inputs::new("app"));
    let ids: Vec<_> = stack
        .nested
        .iter()
        .map(|nested| nested.logical_id.as_str())
        .collect();
    assert_eq!(ids, ["Inner", "Elsewhere", "Missing"]);
    let Some(NestedTemplate::Read(inner)) = &stack.nested[0].template else {
        panic!("{:?}", stack.nested[0].template)
    };
    assert_eq!(inner.name, "app-Inner");
    assert_eq!(
        crate::common::group(inner)
            .config_name
            .known_value()
            .map(String::as_str),
        Some("CodeDeployDefault.LambdaAllAtOnce")
    );
    let unset: Vec<_> = inner
        .parameters_without_value
        .iter()
        .map(|unset| unset.name.as_str())
        .collect();
    assert_eq!(
        unset,
        ["Secret"],
        "what the outer template does not know, the inner does not"
    );
    assert!(stack.nested[1].template.is_none());
    assert!(matches!(
        &stack.nested[2].template,
        Some(NestedTemplate::NotRead(_))
    ));
    let mut depth = 0;
    let mut at_depth = inner.as_ref();
    while let Some(NestedTemplate::Read(further)) = &at_depth.nested[0].template {
        at_depth = further;
        depth += 1;
    }
    assert_eq!(depth, 4, "a template that is in itself ends");
    let deployments = stack.nested_deployments();
    assert_eq!(deployments[..2], ["Inner/F", "Inner/Again/F"]);
    assert_eq!(deployments.len(), 5);
    std::fs::remove_dir_all(&at).unwrap();
}

#[test]
fn the_template_of_a_stack_inside_cdks_is_the_file_that_it_uploads() {
    let outer = r#"{"Resources": {"Inner": {"Type": "AWS::CloudFormation::Stack",
        "Properties": {"TemplateURL": {"Fn::Join": ["", ["https://s3.", {"Ref": "AWS::URLSuffix"}, "/1.json"]]}},
        "Metadata": {"aws:asset:path": "Inner.nested.template.json", "aws:asset:property": "TemplateURL"}}},
        "Outputs": {"Name": {"Value": "v", "Export": {"Name": {"Fn::Sub": "${AWS::StackName}-name"}}}}}"#;
    let inner = r#"{"Resources": {"T": {"Type": "AWS::SNS::Topic"}}}"#;
    let at = folder(
        "assets",
        &[
            ("app/template.yaml", outer),
            ("app/Inner.nested.template.json", inner),
        ],
    );
    let stack = stack_in(&at, &Inputs::new("app"));
    assert!(
        matches!(&stack.nested[0].template, Some(NestedTemplate::Read(inner)) if inner.name == "app-Inner"),
        "{:?}",
        stack.nested[0].template
    );
    let export = stack.outputs[0].export.as_ref().unwrap();
    assert_eq!(export.known_value().map(String::as_str), Some("app-name"));
    std::fs::remove_dir_all(&at).unwrap();
}

#[test]
fn a_deployment_makes_the_stage_that_it_names() {
    let template = "Resources:
  Api: {Type: AWS::ApiGateway::RestApi, Properties: {Name: shop}}
  Items: {Type: AWS::ApiGateway::Resource, Properties: {RestApiId: !Ref Api, ParentId: !GetAtt Api.RootResourceId, PathPart: items}}
  Get:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Api
      ResourceId: !Ref Items
      HttpMethod: GET
      AuthorizationType: NONE
      Integration: {Type: AWS_PROXY, IntegrationHttpMethod: POST, Uri: !Sub 'arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${F.Arn}/invocations'}
  Deployed: {Type: AWS::ApiGateway::Deployment, DependsOn: Get, Properties: {RestApiId: !Ref Api, StageName: live}}
  F: {Type: AWS::Lambda::Function, Properties: {Runtime: provided.al2023, Handler: b, Code: {S3Bucket: b, S3Key: k}}}
";
    let stack = crate::common::stack(template);
    let api = &stack.apis[0];
    assert_eq!(text(&api.stages[0].name), "live");
    assert_eq!(
        (api.routes[0].path.as_str(), text(&api.routes[0].function)),
        ("/items", "F")
    );
}
