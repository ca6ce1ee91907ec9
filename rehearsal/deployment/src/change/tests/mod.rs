//! Comparisons of small templates: what becomes of their resources, versions and deployments. `findings`: what is said of them. `refusals`:
//! what AWS refuses of them.

mod findings;
mod refusals;

use rehearsal_template::{Inputs, Stack, read_str};

use super::*;

fn read(text: &str) -> Stack {
    read_with(text, &Inputs::new("shop"))
}

fn read_with(text: &str, inputs: &Inputs) -> Stack {
    read_str("template.yaml", text, inputs)
        .unwrap_or_else(|refusal| panic!("{:?}", refusal.diagnostics))
}

fn plan(live: &str, new: &str, code: CodeChange) -> UpdatePlan {
    UpdatePlan::between(Some(&read(live)), &read(new), &Code::all(code))
}

fn action(plan: &UpdatePlan, id: &str) -> Action {
    plan.change(id)
        .unwrap_or_else(|| panic!("no {id} in {:#?}", plan.changes))
        .action
}

fn codes(plan: &UpdatePlan) -> Vec<&str> {
    plan.findings.iter().map(|finding| finding.code).collect()
}

/// A function with a canary, its table, an API in front of it and a PostTraffic hook.
const SHOP: &str = "
Transform: AWS::Serverless-2016-10-31
Parameters:
  Level: {Type: String, Default: info}
Resources:
  Orders:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: nodejs22.x
      Handler: index.handler
      CodeUri: orders
      Timeout: 3
      AutoPublishAlias: live
      Environment: {Variables: {TABLE: !Ref Items, LEVEL: !Ref Level}}
      DeploymentPreference:
        Type: Canary10Percent5Minutes
        Alarms: [!Ref Failing]
        Hooks: {PostTraffic: !Ref After}
      Events:
        List: {Type: Api, Properties: {Path: /orders, Method: get, RestApiId: !Ref Api}}
  After:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: nodejs22.x
      Handler: index.handler
      CodeUri: after
      DeploymentPreference: {Enabled: false}
      Environment: {Variables: {VERSION: !Ref Orders.Version, URL: /shop/url}}
  Api:
    Type: AWS::Serverless::Api
    Properties: {StageName: live}
  Items:
    Type: AWS::DynamoDB::Table
    Properties:
      KeySchema: [{AttributeName: id, KeyType: HASH}]
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      BillingMode: PAY_PER_REQUEST
  Failing:
    Type: AWS::CloudWatch::Alarm
    Properties:
      Namespace: AWS/Lambda
      MetricName: Errors
      Dimensions: [{Name: FunctionName, Value: !Ref Orders}]
      Statistic: Sum
      Period: 60
      EvaluationPeriods: 1
      Threshold: 0
      ComparisonOperator: GreaterThanThreshold
";

#[test]
fn an_update_to_the_same_changes_nothing() {
    let plan = plan(SHOP, SHOP, CodeChange::Same);
    assert!(plan.is_empty(), "{plan:#?}");
    assert_eq!(plan.order, Vec::<Vec<String>>::new());
    assert_eq!(codes(&plan), [""; 0]);
}

#[test]
fn what_refers_to_nothing_that_changes_is_begun_with_the_first() {
    let parameters = |value: &str| {
        let parameter = |id: &str, value: &str, after: &str| {
            format!(
                "  {id}: {{Type: AWS::SSM::Parameter, DependsOn: [{after}], Properties: {{Type: String, Value: {value}}}}}\n"
            )
        };
        [
            "Resources:\n".to_owned(),
            parameter("Stays", "a", ""),
            parameter("First", value, ""),
            parameter("BehindOneThatStays", value, "Stays"),
            parameter("StaysBehindFirst", "a", "First"),
            parameter("Second", value, "StaysBehindFirst"),
        ]
        .concat()
    };
    let plan = plan(&parameters("a"), &parameters("b"), CodeChange::Same);
    assert_eq!(
        plan.order,
        [vec!["First", "BehindOneThatStays"], vec!["Second"]]
    );
}

#[test]
fn a_first_creation_runs_no_deployment() {
    let stack = read(SHOP);
    let plan = UpdatePlan::between(None, &stack, &Code::all(CodeChange::Unknown));
    assert_eq!(plan.count(Action::Create), plan.changes.len());
    assert_eq!(plan.versions[0].action, VersionAction::Published);
    assert_eq!(plan.deployments[0].starts, Some(false));
    assert_eq!(plan.order, stack.update_levels);
}

#[test]
fn new_code_is_published_and_deployed_and_what_names_the_version_changes_with_it() {
    let plan = plan(SHOP, SHOP, CodeChange::Changed);
    assert_eq!(action(&plan, "Orders"), Action::Update);
    assert_eq!(action(&plan, "OrdersVersion*"), Action::Replace);
    assert_eq!(action(&plan, "OrdersAliaslive"), Action::Update);
    let hook: Vec<_> = plan
        .change("After")
        .unwrap()
        .properties
        .iter()
        .map(|p| &p.name)
        .collect();
    assert_eq!(hook, ["Environment", "Code"]);
    assert_eq!(action(&plan, "Items"), Action::None);
    assert_eq!(action(&plan, "Api"), Action::None);
    assert_eq!(
        (plan.versions[0].action, plan.versions[0].why.as_str()),
        (VersionAction::Published, "Code changes")
    );
    let deployment = &plan.deployments[0];
    assert_eq!(deployment.starts, Some(true));
    assert_eq!(
        deployment.config.as_deref(),
        Some("CodeDeployDefault.LambdaCanary10Percent5Minutes")
    );
    assert_eq!(deployment.hooks[0].function.as_deref(), Some("After"));
    assert_eq!(deployment.gates[0].alarm.as_deref(), Some("Failing"));
    assert_eq!(
        plan.order,
        [
            vec!["Orders"],
            vec!["OrdersVersion*"],
            vec!["After"],
            vec!["OrdersAliaslive"]
        ]
    );
    // The version stays after a rollback, and is in the way.
    assert_eq!(plan.rollback.keeps[0].logical_id, "OrdersVersion*");
    assert_eq!(
        plan.rollback.brings_back,
        ["OrdersAliaslive", "Orders", "After"]
    );
    assert_eq!(plan.rollback.retry[0].refused, Some(true));
}

#[test]
fn without_word_of_the_code_it_is_unknown_whether_a_deployment_starts() {
    let plan = plan(SHOP, SHOP, CodeChange::Unknown);
    assert_eq!(action(&plan, "Orders"), Action::Unknown);
    assert_eq!(action(&plan, "OrdersAliaslive"), Action::Unknown);
    assert_eq!(plan.versions[0].action, VersionAction::Unknown);
    assert_eq!(plan.deployments[0].starts, None);
    assert_eq!(plan.rollback.retry[0].refused, None);
}

#[test]
fn a_parameters_value_and_a_time_out_publish_nothing() {
    let live = read(SHOP);
    let new = read_with(SHOP, &Inputs::new("shop").parameter("Level", "debug"));
    let plan = UpdatePlan::between(Some(&live), &new, &Code::all(CodeChange::Same));
    assert_eq!(
        plan.change("Orders").unwrap().properties[0].paths,
        ["Variables.LEVEL"]
    );
    assert_eq!(plan.versions[0].action, VersionAction::NotPublished);
    assert_eq!(plan.deployments[0].starts, Some(false));
    assert_eq!(codes(&plan), ["plan::version-not-published"]);

    let plan = self::plan(
        SHOP,
        &SHOP.replace("Timeout: 3", "Timeout: 30"),
        CodeChange::Same,
    );
    assert_eq!(plan.versions[0].action, VersionAction::NotPublished);
    assert!(
        plan.versions[0]
            .why
            .starts_with("Timeout changes, but not what SAM hashes")
    );
    assert_eq!(codes(&plan), ["plan::version-not-published"]);

    // With all properties hashed it does, and a tag, which is no part of a version, is refused.
    let all = SHOP.replace(
        "Timeout: 3",
        "AutoPublishAliasAllProperties: true\n      Timeout: 3",
    );
    let plan = self::plan(
        &all,
        &all.replace("Timeout: 3", "Timeout: 30"),
        CodeChange::Same,
    );
    assert_eq!(plan.versions[0].action, VersionAction::Published);
    assert_eq!(plan.deployments[0].starts, Some(true));
    let tagged = all.replace("Timeout: 3", "Timeout: 3\n      Tags: {team: shop}");
    let plan = self::plan(&all, &tagged, CodeChange::Same);
    assert_eq!(plan.versions[0].action, VersionAction::Refused);
    assert_eq!(plan.deployments[0].starts, Some(false));
    assert_eq!(codes(&plan), ["plan::version-exists"]);
}

#[test]
fn a_literal_in_the_place_of_its_parameter_is_another_hash_and_the_same_version() {
    let plan = plan(
        SHOP,
        &SHOP.replace("LEVEL: !Ref Level", "LEVEL: info"),
        CodeChange::Same,
    );
    assert_eq!(action(&plan, "Orders"), Action::None);
    assert_eq!(plan.versions[0].action, VersionAction::Refused);
}

#[test]
fn where_a_given_hash_of_the_code_alone_counts_other_code_publishes_nothing_by_itself() {
    let hashed = |sha: &str| {
        SHOP.replace(
            "Timeout: 3",
            &format!("AutoPublishCodeSha256: {sha}\n      Timeout: 3"),
        )
    };
    let published = |live: &str, new: &str| plan(live, new, CodeChange::Changed).versions[0].action;
    let [one, other] = ["a", "b"].map(|digit| hashed(&digit.repeat(64)));
    assert_eq!(published(&one, &one), VersionAction::NotPublished);
    assert_eq!(published(&one, &other), VersionAction::Published);
    // Whether a parameter that nobody gives a value becomes another, nobody knows.
    let open = hashed("!Ref Sha").replace("Parameters:", "Parameters:\n  Sha: {Type: String}");
    assert_eq!(published(&open, &open), VersionAction::Unknown);
}

#[test]
fn a_packaged_template_is_compared_by_its_logical_ids() {
    let packaged =
        |key: &str| SHOP.replace("CodeUri: orders", &format!("CodeUri: s3://code/{key}"));
    let same = plan(&packaged("1"), &packaged("1"), CodeChange::Unknown);
    assert_eq!(same.versions[0].action, VersionAction::NotPublished);
    let other = plan(&packaged("1"), &packaged("2"), CodeChange::Unknown);
    assert_eq!(other.versions[0].action, VersionAction::Published);
    let leaves: Vec<_> = other
        .changes
        .iter()
        .filter(|c| c.action == Action::Delete)
        .collect();
    assert_eq!(leaves.len(), 1);
    assert_eq!(
        leaves[0].why.as_deref(),
        Some("its DeletionPolicy keeps it, outside the stack")
    );
    // The source against what was packaged of it.
    let source = plan(&packaged("1"), SHOP, CodeChange::Same);
    assert_eq!(source.versions[0].action, VersionAction::NotPublished);
    assert_eq!(source.count(Action::Delete), 0);
}

#[test]
fn another_key_replaces_the_table_and_all_that_names_it_changes() {
    let keyed = SHOP.replace("AttributeName: id", "AttributeName: number");
    let plan = plan(SHOP, &keyed, CodeChange::Same);
    assert_eq!(action(&plan, "Items"), Action::Replace);
    assert_eq!(action(&plan, "Orders"), Action::Update);
    // The text of Environment is the same, so SAM publishes nothing.
    assert_eq!(plan.versions[0].action, VersionAction::NotPublished);
    assert_eq!(
        codes(&plan),
        [
            "plan::version-not-published",
            "plan::version-left-behind",
            "plan::table-replaced"
        ]
    );
    let named = |key: &str| key.replace("BillingMode", "TableName: items\n      BillingMode");
    let plan = self::plan(&named(SHOP), &named(&keyed), CodeChange::Same);
    assert!(
        codes(&plan).contains(&"plan::named-replacement"),
        "{:?}",
        plan.findings
    );
}

#[test]
fn a_version_goes_with_its_function_whatever_policy_it_has_and_stays_where_that_stays() {
    let orders = |more: &str| {
        format!(
            "
Transform: AWS::Serverless-2016-10-31
Resources:
  Topic: {{Type: AWS::SNS::Topic}}
  Orders:
    Type: AWS::Serverless::Function
{more}    Properties: {{Runtime: nodejs22.x, Handler: i.h, CodeUri: 's3://code/a', AutoPublishAlias: live}}
"
        )
    };
    let none = "Resources: {Topic: {Type: AWS::SNS::Topic}}";
    for (more, stays) in [("", false), ("    DeletionPolicy: Retain\n", true)] {
        let plan = plan(&orders(more), none, CodeChange::Same);
        let mut changes = plan.changes.iter();
        let version = changes.find(|change| change.r#type == "AWS::Lambda::Version");
        assert_eq!(version.unwrap().stays, stays, "{more}");
    }
}

#[test]
fn a_parameter_that_is_replaced_leaves_the_version_behind_that_goes_on_with_its_name() {
    let orders = |name: &str, code: &str| {
        format!(
            "
Transform: AWS::Serverless-2016-10-31
Resources:
  Limit: {{Type: AWS::SSM::Parameter, Properties: {{Name: {name}, Type: String, Value: a}}}}
  Orders:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: nodejs22.x
      Handler: i.h
      CodeUri: s3://code/{code}
      AutoPublishAlias: live
      Environment: {{Variables: {{LIMIT: !Ref Limit}}}}
"
        )
    };
    let behind = |code: &str| {
        let plan = plan(&orders("/a", "a"), &orders("/b", code), CodeChange::Same);
        codes(&plan).contains(&"plan::version-left-behind")
    };
    assert_eq!(
        action(
            &plan(&orders("/a", "a"), &orders("/b", "a"), CodeChange::Same),
            "Limit"
        ),
        Action::Replace
    );
    assert_eq!(["a", "b"].map(behind), [true, false]);
}
