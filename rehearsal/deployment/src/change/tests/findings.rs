//! What a plan says of updates that surprise, or fail.

use super::*;

#[test]
fn two_indexes_in_one_update_are_refused_by_dynamodb() {
    let index = |name: &str| {
        format!(
            "{{IndexName: {name}, KeySchema: [{{AttributeName: id, KeyType: HASH}}], Projection: {{ProjectionType: ALL}}}}"
        )
    };
    let with = |indexes: &[&str]| {
        let indexes: Vec<_> = indexes.iter().map(|name| index(name)).collect();
        SHOP.replace(
            "BillingMode: PAY_PER_REQUEST",
            &format!(
                "BillingMode: PAY_PER_REQUEST\n      GlobalSecondaryIndexes: [{}]",
                indexes.join(", ")
            ),
        )
    };
    let one = plan(SHOP, &with(&["one"]), CodeChange::Same);
    assert_eq!(action(&one, "Items"), Action::Update);
    assert_eq!(codes(&one), [""; 0]);
    let with_code = plan(SHOP, &with(&["one"]), CodeChange::Changed);
    assert!(
        codes(&with_code).contains(&"plan::index-being-filled"),
        "{:?}",
        with_code.findings
    );
    let two = plan(SHOP, &with(&["one", "two"]), CodeChange::Same);
    assert_eq!(codes(&two), ["plan::several-indexes"]);
    let gone = plan(&with(&["one"]), SHOP, CodeChange::Same);
    assert_eq!(codes(&gone), ["plan::index-deleted"]);
}

#[test]
fn a_hook_that_is_adopted_runs_before_its_parameter_and_its_policy() {
    let with_needs = SHOP.to_owned()
        + "
  ApiUrl:
    Type: AWS::SSM::Parameter
    Properties: {Name: /shop/url, Type: String, Value: !Sub 'https://${Api}.example.com'}
  MayCall:
    Type: AWS::IAM::RolePolicy
    Properties:
      PolicyName: call
      RoleName: !Ref AfterRole
      PolicyDocument: {Statement: [{Effect: Allow, Action: execute-api:Invoke, Resource: !Sub '${Api}'}]}
";
    let without = SHOP.replace("        Hooks: {PostTraffic: !Ref After}\n", "");
    let plan = plan(&without, &with_needs, CodeChange::Changed);
    let needs: Vec<_> = plan
        .findings
        .iter()
        .filter(|finding| finding.code == "plan::hook-before-its-need")
        .map(|finding| finding.message.as_str())
        .collect();
    assert_eq!(needs.len(), 2, "{:#?}", plan.findings);
    assert!(
        needs.iter().any(|need| need
            .contains("before MayCall, a policy of its role, is created: it waits for the alias")),
        "{needs:?}"
    );
    // The second update meets both.
    let again = self::plan(&with_needs, &with_needs, CodeChange::Changed);
    assert!(!codes(&again).contains(&"plan::hook-before-its-need"));
}

#[test]
fn a_new_route_comes_after_the_shift_and_post_traffic_meets_the_old_api() {
    let more = SHOP.replace(
        "        List:",
        "        Drop: {Type: Api, Properties: {Path: /orders, Method: delete, RestApiId: !Ref Api}}\n        List:",
    );
    let plan = plan(SHOP, &more, CodeChange::Changed);
    assert_eq!(plan.routes.len(), 1);
    assert_eq!(action(&plan, "ApiDeployment*"), Action::Replace);
    assert_eq!(action(&plan, "ApiliveStage"), Action::Update);
    assert!(plan.rollback.untouched.contains(&"Api".to_owned()));
    assert!(codes(&plan).contains(&"plan::post-traffic-meets-old-routes"));
    let back = self::plan(&more, SHOP, CodeChange::Changed);
    assert_eq!(back.routes[0].action, RouteAction::Removed);
    assert!(
        back.findings
            .iter()
            .any(|f| f.code == "plan::route-at-once" && f.severity == Severity::Warning)
    );
}

#[test]
fn an_alias_under_another_logical_id_has_the_name_of_the_one_that_leaves() {
    let with_alias = |id: &str| {
        format!(
            "
Resources:
  F:
    Type: AWS::Lambda::Function
    Properties: {{Runtime: nodejs22.x, Handler: i.h, Role: r, Code: {{S3Bucket: b, S3Key: k}}}}
  V:
    Type: AWS::Lambda::Version
    Properties: {{FunctionName: !Ref F}}
  {id}:
    Type: AWS::Lambda::Alias
    Properties: {{FunctionName: !Ref F, FunctionVersion: !GetAtt V.Version, Name: live}}
"
        )
    };
    let plan = plan(&with_alias("A"), &with_alias("B"), CodeChange::Same);
    assert_eq!(codes(&plan), ["plan::name-taken"]);
    assert_eq!(action(&plan, "A"), Action::Delete);
    assert_eq!(plan.order, [["B"], ["A"]]);
    // Another bucket key, and the version's id stays: nothing is published.
    let moved = self::plan(
        &with_alias("A"),
        &with_alias("A").replace("S3Key: k", "S3Key: l"),
        CodeChange::Unknown,
    );
    assert_eq!(moved.versions[0].action, VersionAction::NotPublished);
    assert_eq!(moved.deployments[0].starts, Some(false));
}

#[test]
fn a_function_under_another_logical_id_and_the_same_name_fails_and_nothing_is_said_of_its_alias() {
    let orders = |id: &str| {
        format!(
            "
Transform: AWS::Serverless-2016-10-31
Resources:
  {id}:
    Type: AWS::Serverless::Function
    Properties: {{FunctionName: orders, Runtime: nodejs22.x, Handler: i.h, CodeUri: 's3://code/a', AutoPublishAlias: live}}
"
        )
    };
    let plan = plan(
        &orders("Orders"),
        &orders("OrdersA41DC22A"),
        CodeChange::Same,
    );
    let failing: Vec<_> = plan
        .failures()
        .map(|failure| failure.resource.as_str())
        .collect();
    assert_eq!(failing, ["OrdersA41DC22A"]);
}

#[test]
fn a_function_that_is_renamed_is_another_with_a_first_version_and_an_alias_that_nothing_shifts() {
    let renamed = |name: &str| {
        SHOP.replacen(
            "      Timeout: 3\n",
            &format!("      Timeout: 3\n      FunctionName: {name}\n"),
            1,
        )
    };
    let plan = plan(&renamed("a"), &renamed("b"), CodeChange::Same);
    for id in [
        "Orders",
        "OrdersVersion*",
        "OrdersAliaslive",
        "ApiDeployment*",
    ] {
        assert_eq!(action(&plan, id), Action::Replace, "{id}");
    }
    assert_eq!(plan.deployments[0].starts, Some(false));
    assert!(
        codes(&plan).contains(&"plan::function-replaced"),
        "{:?}",
        codes(&plan)
    );
    assert!(!codes(&plan).contains(&"plan::route-to-replaced"));
    assert_eq!(
        plan.rollback.retry[0].refused,
        Some(false),
        "it goes with its function"
    );
}

/// A function without SAM's help: the deployment of its API has a logical id that stays.
const BY_HAND: &str = "
Resources:
  Orders: {Type: AWS::Lambda::Function, Properties: {FunctionName: %, Runtime: nodejs22.x, Handler: a.b, Role: r, Code: {S3Bucket: b, S3Key: k}}}
  Api: {Type: AWS::ApiGateway::RestApi, Properties: {Name: shop}}
  List:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Api
      ResourceId: !GetAtt Api.RootResourceId
      HttpMethod: GET
      AuthorizationType: NONE
      Integration: {Type: AWS_PROXY, IntegrationHttpMethod: POST, Uri: !Sub 'arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${Orders.Arn}/invocations'}
  Deployment: {Type: AWS::ApiGateway::Deployment, DependsOn: List, Properties: {RestApiId: !Ref Api}}
  Live: {Type: AWS::ApiGateway::Stage, Properties: {RestApiId: !Ref Api, DeploymentId: !Ref Deployment, StageName: live}}
";

#[test]
fn a_stage_that_goes_on_with_the_routes_to_a_function_that_goes_is_warned_of() {
    let plan = plan(
        &BY_HAND.replace('%', "a"),
        &BY_HAND.replace('%', "b"),
        CodeChange::Same,
    );
    assert_eq!(action(&plan, "List"), Action::Update);
    assert_eq!(action(&plan, "Live"), Action::None);
    assert_eq!(codes(&plan), ["plan::route-to-replaced"]);
}

#[test]
fn a_route_that_no_new_deployment_takes_to_a_stage_is_warned_of() {
    let list = BY_HAND.find("  List:").unwrap();
    let end = BY_HAND.find("  Deployment:").unwrap();
    let post = BY_HAND[list..end]
        .replace("List:", "Post:")
        .replace("HttpMethod: GET", "HttpMethod: POST");
    let live = BY_HAND.replace('%', "a");
    let new = live.clone() + &post;
    let kept = plan(&live, &new, CodeChange::Same);
    assert_eq!(codes(&kept), ["plan::route-not-deployed"]);
    let renamed = new
        .replace("  Deployment:", "  Deployment2:")
        .replace("!Ref Deployment,", "!Ref Deployment2,");
    let deployed = plan(&live, &renamed, CodeChange::Same);
    assert_eq!(codes(&deployed), ["plan::route-at-once"]);
}

#[test]
fn neither_a_deployment_that_is_updated_in_place_nor_another_change_of_a_stage_takes_a_route_to_one()
 {
    let live = BY_HAND.replace('%', "a")
        + "  Beta: {Type: AWS::ApiGateway::Stage, Properties: {RestApiId: !Ref Api, DeploymentId: !Ref Deployment, StageName: beta}}\n";
    let with = |from: &str, to: &str| {
        let new = live
            .replace("HttpMethod: GET", "HttpMethod: DELETE")
            .replacen(from, to, 1);
        let plan = plan(&live, &new, CodeChange::Same);
        codes(&plan).join(" ")
    };
    let by_id = "{RestApiId: !Ref Api}";
    let described = "{RestApiId: !Ref Api, Description: two}";
    assert_eq!(with(by_id, described), "plan::route-not-deployed");
    let other = "StageName: beta, Variables: {a: b}";
    assert_eq!(with("StageName: beta", other), "plan::route-not-deployed");
    let of_its_own = "  Deployment:";
    let unnamed = "  More: {Type: AWS::ApiGateway::Deployment, Properties: {RestApiId: !Ref Api}}\n  Deployment:";
    assert_eq!(with(of_its_own, unnamed), "plan::route-not-deployed");
    // It moves the stage of that name itself.
    let named = unnamed.replace("!Ref Api}", "!Ref Api, StageName: gamma}");
    let moved = with(of_its_own, &named);
    assert!(!moved.contains("plan::route-not-deployed"), "{moved}");
}

#[test]
fn routes_that_are_not_deployed_are_counted_by_what_becomes_of_them() {
    let routes = |methods: &[&str]| {
        let list = BY_HAND.find("  List:").unwrap();
        let end = BY_HAND.find("  Deployment:").unwrap();
        let all = methods.iter().map(|method| {
            BY_HAND[list..end]
                .replace("List:", &format!("{method}:"))
                .replace("HttpMethod: GET", &format!("HttpMethod: {method}"))
        });
        BY_HAND.replace('%', "a") + &all.collect::<String>()
    };
    let message = |live: &[&str], new: &[&str]| {
        let plan = plan(&routes(live), &routes(new), CodeChange::Same);
        let mut findings = plan.findings.iter();
        let found = findings.find(|finding| finding.code == "plan::route-not-deployed");
        found.unwrap().message.replace(
            ", and no new deployment takes that to a stage: callers meet the routes of before",
            "",
        )
    };
    let one = message(&[], &["PUT"]);
    assert_eq!(one, "the route PUT / of Api is added");
    let two = message(&["PUT"], &["POST"]);
    assert_eq!(
        two,
        "of the routes of Api POST / is added and PUT / is removed"
    );
    let more = message(&["PUT"], &["POST", "PATCH"]);
    assert_eq!(more, "of the routes of Api 2 are added and 1 is removed");
}

#[test]
fn an_api_is_deployed_anew_for_what_its_definition_says_and_always_where_sam_is_told_so() {
    // The function is another, and has the name that it would have had.
    let image = |more: &str| SHOP.replacen("      Timeout: 3\n", more, 1);
    let of_image = image("      Timeout: 3\n").replacen(
        "      Runtime: nodejs22.x\n      Handler: index.handler\n      CodeUri: orders\n",
        "      PackageType: Image\n      ImageUri: 123456789012.dkr.ecr.us-east-1.amazonaws.com/a:1\n",
        1,
    );
    let replaced = plan(SHOP, &of_image, CodeChange::Same);
    assert_eq!(action(&replaced, "Orders"), Action::Replace);
    assert_eq!(action(&replaced, "Api"), Action::Update);
    assert_eq!(
        action(&replaced, "ApiDeployment*"),
        Action::None,
        "SAM hashes the text"
    );
    assert!(codes(&replaced).contains(&"plan::route-to-replaced"));
    let always = SHOP.replace("StageName: live", "StageName: live, AlwaysDeploy: true");
    let same = plan(&always, &always, CodeChange::Same);
    assert_eq!(action(&same, "ApiDeployment*"), Action::Replace);
    assert_eq!(action(&same, "Api"), Action::None);
}

#[test]
fn what_is_written_alike_is_hashed_alike_by_sam_also_beside_a_layer() {
    let layered = SHOP.replacen(
        "      Timeout: 3\n",
        "      Timeout: 3\n      AutoPublishAliasAllProperties: true\n      Layers: [!Ref Shared]\n",
        1,
    ) + "  Shared: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: s3://b/layer.zip}}\n";
    let same = plan(&layered, &layered, CodeChange::Same);
    assert!(same.is_empty(), "{same:#?}");
    let other = layered.replace("layer.zip", "other.zip");
    let changed = plan(&layered, &other, CodeChange::Same);
    assert_eq!(
        changed.versions[0].action,
        VersionAction::Unknown,
        "{changed:#?}"
    );
}

#[test]
fn what_aws_refuses_of_a_resource_makes_the_update_fail_when_it_comes_to_it() {
    let refused = SHOP.replace(
        "      AutoPublishAlias: live\n",
        "      AutoPublishAlias: live\n      EphemeralStorage: {Size: 100}\n",
    );
    assert_ne!(refused, SHOP);
    let new = plan(SHOP, &refused, CodeChange::Changed);
    assert!(codes(&new).contains(&"plan::refused"), "{:?}", new.findings);
    let failed: Vec<_> = new
        .failures()
        .map(|failure| failure.resource.as_str())
        .collect();
    assert!(!failed.is_empty());
    // It was there before, and the update does not come to it.
    let same = plan(&refused, &refused, CodeChange::Same);
    assert_eq!(same.failures().count(), 0, "{:?}", same.findings);
}

#[test]
fn a_route_that_leads_no_one_knows_where_is_named() {
    let with = |variables: &str| {
        format!(
            "{SHOP}
  Other:
    Type: AWS::Serverless::Api
    Properties:
      StageName: prod
      Variables: {variables}
      DefinitionBody:
        openapi: 3.0.1
        paths:
          /orders:
            get:
              x-amazon-apigateway-integration:
                type: aws_proxy
                httpMethod: POST
                uri: !Sub 'arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:orders:${{!stageVariables.alias}}/invocations'
"
        )
    };
    let lacks = plan(SHOP, &with("{other: live}"), CodeChange::Same);
    let unknown = lacks
        .findings
        .iter()
        .find(|finding| finding.code == "plan::route-unknown");
    assert!(
        unknown.is_some_and(|finding| finding.message.contains("has no variable `alias`")),
        "{:?}",
        lacks.findings
    );
}

#[test]
fn a_route_that_comes_to_ask_for_a_key_changes_and_one_of_which_that_is_not_known_is_named() {
    let asking = |value: &str| {
        SHOP.replace(
            "RestApiId: !Ref Api}",
            &format!("RestApiId: !Ref Api, Auth: {{ApiKeyRequired: {value}}}}}"),
        )
    };
    let keyed = plan(SHOP, &asking("true"), CodeChange::Same);
    let changed: Vec<_> = keyed
        .routes
        .iter()
        .map(|route| (route.action, route.path.as_str()))
        .collect();
    assert_eq!(changed, [(RouteAction::Changed, "/orders")]);
    let method = |required: &str| {
        format!(
            "{SHOP}
  Plain: {{Type: AWS::ApiGateway::RestApi, Properties: {{Name: plain}}}}
  Get:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Plain
      ResourceId: !GetAtt Plain.RootResourceId
      HttpMethod: GET
      AuthorizationType: NONE
      ApiKeyRequired: {required}
      Integration: {{Type: AWS_PROXY, IntegrationHttpMethod: POST, Uri: !Sub 'arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${{Orders.Arn}}/invocations'}}
  Deployment: {{Type: AWS::ApiGateway::Deployment, DependsOn: Get, Properties: {{RestApiId: !Ref Plain, StageName: live}}}}
"
        )
    };
    let unknown = |required: &str| {
        let update = plan(SHOP, &method(required), CodeChange::Same);
        let mut findings = update.findings.into_iter();
        findings
            .find(|finding| finding.code == "plan::route-unknown")
            .map(|finding| finding.message)
    };
    assert_eq!(unknown("true"), None);
    let told = unknown("!ImportValue asks").unwrap_or_default();
    assert!(
        told.starts_with("Plain: whether GET / asks for an API key is not known"),
        "{told}"
    );
}

#[test]
fn a_version_that_is_kept_beside_the_one_that_is_published_is_no_finding() {
    let with = |code: &str, versions: &str| {
        format!(
            "
Resources:
  Orders: {{Type: AWS::Lambda::Function, Properties: {{Runtime: nodejs22.x, Handler: a.b, Role: 'arn:aws:iam::123456789012:role/a', Code: {{ZipFile: {code}}}}}}}
  First: {{Type: AWS::Lambda::Version, DeletionPolicy: Retain, Properties: {{FunctionName: !Ref Orders}}}}
{versions}  Live: {{Type: AWS::Lambda::Alias, Properties: {{FunctionName: !Ref Orders, FunctionVersion: !GetAtt First.Version, Name: live}}}}
"
        )
    };
    let second =
        "  Second: {Type: AWS::Lambda::Version, Properties: {FunctionName: !Ref Orders}}\n";
    let found = |versions: &str| {
        let (live, new) = (with("one", ""), with("other", versions));
        let plan = plan(&live, &new, CodeChange::Changed);
        codes(&plan).contains(&"plan::version-not-published")
    };
    assert!(found(""));
    assert!(!found(second));
}

#[test]
fn what_aws_refuses_of_an_alias_or_a_path_is_found_where_the_function_or_the_api_stays() {
    let failed = |live: &str, new: &str| -> Vec<String> {
        let plan = plan(live, new, CodeChange::Same);
        let refused = plan.failures();
        refused.map(|failure| failure.resource.clone()).collect()
    };
    let with = |provisioned: u32, reserved: u32| {
        SHOP.replace(
            "      AutoPublishAlias: live\n",
            &format!(
                "      AutoPublishAlias: live\n      ProvisionedConcurrencyConfig: {{ProvisionedConcurrentExecutions: {provisioned}}}\n      ReservedConcurrentExecutions: {reserved}\n"
            ),
        )
    };
    assert_eq!(failed(&with(5, 9), &with(4, 9)), [""; 0]);
    assert_eq!(failed(&with(5, 9), &with(0, 9)), ["OrdersAliaslive"]);
    assert_eq!(failed(&with(5, 9), &with(10, 9)), ["OrdersAliaslive"]);
    assert_eq!(failed(&with(5, 9), &with(5, 4)), ["Orders"]);
    assert_eq!(failed(&with(5, 4), &with(5, 4)), [""; 0]);
    let part = |id: &str, part: &str| {
        format!(
            "  {id}: {{Type: AWS::ApiGateway::Resource, Properties: {{RestApiId: !Ref Plain, ParentId: !GetAtt Plain.RootResourceId, PathPart: '{part}'}}}}\n"
        )
    };
    let plain = "  Plain: {Type: AWS::ApiGateway::RestApi, Properties: {Name: plain}}\n";
    let one = format!("{SHOP}{plain}{}", part("One", "{a}"));
    let both = format!("{one}{}", part("Other", "{b}"));
    assert_eq!(failed(&one, &both), ["Other"]);
    assert_eq!(failed(&both, &both), [""; 0]);
}
