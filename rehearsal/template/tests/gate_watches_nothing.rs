//! What `gate-watches-nothing` tells apart.

use crate::common::deployments::{
    CANARY, alarm, assert_is_warned, assert_warned, orders, warned, warning,
};

/// Dimensions of the function, with more behind them.
fn of_function(more: &str) -> String {
    alarm(&format!(
        "Dimensions: [{{Name: FunctionName, Value: !Ref Orders}}{more}]"
    ))
}

#[test]
fn an_alias_or_a_version_that_the_deployment_does_not_shift_is_told() {
    let other = "  Other: {Type: AWS::Lambda::Alias, Properties: {FunctionName: !Ref Orders, FunctionVersion: '1', Name: beta}}\n";
    #[rustfmt::skip] // A table.
    let cases = [
        ("!Sub '${Orders}:live'", "", None),
        ("!Sub '${Orders}:${Stage}'", "", Some("`Orders` has no alias `beta` in this template: it has `live`")),
        ("!Sub '${Orders}:${Stage}'", other, Some("it watches the alias `beta`, and the deployment that it gates shifts `live`")),
        ("!Sub '${Orders}:7'", "", Some("it watches version 7, and each deployment brings another")),
        ("shop-Orders:7", "", Some("it watches version 7")),
        ("!Sub '${Orders}:${Orders.Version.Version}'", "", None),
        ("!Sub '${Orders}:$LATEST'", "", Some("it watches `$LATEST`, which no alias runs")),
        ("!Ref Orders", "", Some("it watches what invokes `shop-Orders` without a qualifier, and that runs `$LATEST`")),
        ("!ImportValue resource", "", None),
    ];
    for (resource, more, expected) in cases {
        let template = orders(
            CANARY,
            &(of_function(&format!(", {{Name: Resource, Value: {resource}}}")) + more),
        );
        let begins = format!(
            "gate-watches-nothing: Errors: {}",
            expected.unwrap_or_default()
        );
        assert_warned(&template, &begins, expected);
    }
}

#[test]
fn a_version_is_watched_by_what_the_template_publishes() {
    for (version, is_warned) in [
        ("'3'", true),
        ("3", true),
        ("$LATEST", true),
        ("!GetAtt Orders.Version.Version", false),
        ("!Ref Stage", false),
    ] {
        let dimensions = format!(
            ", {{Name: Resource, Value: !Sub '${{Orders}}:live'}}, {{Name: ExecutedVersion, Value: {version}}}"
        );
        assert_is_warned(
            &orders(CANARY, &of_function(&dimensions)),
            "gate-watches-nothing",
            is_warned,
        );
    }
}

#[test]
fn a_logical_id_is_no_name() {
    let table = "  Table: {Type: AWS::Serverless::SimpleTable}\n";
    #[rustfmt::skip] // A table.
    let rows = [
        ("Dimensions: [{Name: FunctionName, Value: Orders}]", "write `!Ref Orders`"),
        ("Namespace: AWS/DynamoDB\nMetricName: ReadThrottleEvents\nDimensions: [{Name: TableName, Value: Table}]", "write `!Ref Table`"),
        ("Namespace: AWS/ApiGateway\nMetricName: 5XXError\nDimensions: [{Name: ApiName, Value: Front}]", "write `orders`"),
        (
            "Metrics: [{Id: m, MetricStat: {Metric: {Namespace: AWS/Lambda, MetricName: Errors, Dimensions: [{Name: FunctionName, Value: Orders}]}, Period: 60, Stat: Sum}}]",
            "write `!Ref Orders`",
        ),
    ];
    for (properties, help) in rows {
        let more = alarm(properties) + table + FRONT;
        let stack = crate::common::stack_with(
            &orders(CANARY, &more),
            &rehearsal_template::Inputs::new("shop"),
        );
        let found: Vec<_> = stack
            .diagnostics
            .iter()
            .filter(|found| found.code == "gate-watches-nothing")
            .collect();
        assert_eq!(found.len(), 1, "{properties}: {found:#?}");
        assert_eq!(found[0].help.as_deref(), Some(help));
    }
}

#[test]
fn a_function_that_is_called_like_its_logical_id_is_named_well() {
    let template = orders(
        CANARY,
        &alarm("Dimensions: [{Name: FunctionName, Value: Orders}]"),
    )
    .replace(
        "      AutoPublishAlias",
        "      FunctionName: Orders\n      AutoPublishAlias",
    );
    assert_eq!(warned(&template), [""; 0]);
}

#[test]
fn a_name_in_the_list_of_alarms_is_an_alarms_name() {
    for (name, help) in [
        ("Errors", Some("write `!Ref Errors`")),
        (
            "!GetAtt Errors.Arn",
            Some("write the name: `!Ref` of the alarm gives it"),
        ),
        ("!Ref Errors", None),
        ("shop-Errors", None),
        ("errors-of-another-stack", None),
        ("Orders", None),
        ("!ImportValue alarm", None),
    ] {
        let template = orders(
            &format!("Type: Canary10Percent5Minutes, Alarms: [{name}]"),
            &alarm(""),
        );
        assert_warned(&template, "gate-watches-nothing: Orders: ", help);
    }
}

#[test]
fn an_alarm_watches_one_of_the_functions_that_it_gates() {
    let items = |alarms: &str| {
        format!(
            "  Items: {{Type: AWS::Serverless::Function, Properties: {{AutoPublishAlias: live, DeploymentPreference: {{Type: Canary10Percent5Minutes, Alarms: {alarms}}}}}}}\n"
        )
    };
    let of_items = alarm("Dimensions: [{Name: FunctionName, Value: !Ref Items}]");
    let both = "Metrics: [{Id: a, Expression: b + c}, {Id: b, ReturnData: false, MetricStat: {Metric: {Namespace: AWS/Lambda, MetricName: Errors, Dimensions: [{Name: FunctionName, Value: !Ref Items}]}, Period: 60, Stat: Sum}}, {Id: c, ReturnData: false, MetricStat: {Metric: {Namespace: AWS/Lambda, MetricName: Errors, Dimensions: [{Name: FunctionName, Value: !Ref Orders}]}, Period: 60, Stat: Sum}}]";
    #[rustfmt::skip] // A table.
    let cases = [
        (of_items.clone() + &items("[shared]"), true),
        // It is the other function's gate as well.
        (of_items.clone() + &items("[!Ref Errors]"), false),
        (alarm(both) + &items("[shared]"), false),
        (alarm("Dimensions: [{Name: FunctionName, Value: elsewhere}]"), true),
        (alarm("Dimensions: [{Name: FunctionName, Value: !ImportValue elsewhere}]"), false),
        (alarm("Namespace: Orders\nMetricName: Failures\nDimensions: [{Name: FunctionName, Value: elsewhere}]"), false),
    ];
    for (more, is_warned) in cases {
        assert_is_warned(&orders(CANARY, &more), "gate-watches-nothing", is_warned);
    }
}

const FRONT: &str = "  Front:
    Type: AWS::Serverless::Api
    Properties:
      StageName: live
      Name: orders
      DefinitionBody:
        openapi: 3.0.1
        paths:
          /orders/{id}:
            get: {x-amazon-apigateway-integration: {type: aws_proxy, httpMethod: POST, uri: !Sub 'arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${Orders.Alias}/invocations'}}
  May: {Type: AWS::Lambda::Permission, Properties: {Action: 'lambda:InvokeFunction', FunctionName: !Ref Orders.Alias, Principal: apigateway.amazonaws.com}}
";

#[test]
fn a_stage_or_a_method_that_the_api_does_not_have_is_told() {
    for (dimensions, expected) in [
        ("{Name: Stage, Value: live}", None),
        (
            "{Name: Stage, Value: Prod}",
            Some("`Front` has no stage `Prod` in this template: it has `live`"),
        ),
        (
            "{Name: Stage, Value: live}, {Name: Method, Value: GET}, {Name: Resource, Value: '/orders/{id}'}",
            None,
        ),
        (
            "{Name: Stage, Value: live}, {Name: Method, Value: PUT}, {Name: Resource, Value: '/orders/{id}'}",
            Some("`Front` has no PUT on `/orders/{id}` in this template: it has GET"),
        ),
        (
            "{Name: Stage, Value: live}, {Name: Method, Value: GET}, {Name: Resource, Value: /order}",
            Some("`Front` has no path `/order` in this template"),
        ),
    ] {
        let properties = format!(
            "Namespace: AWS/ApiGateway\nMetricName: 5XXError\nDimensions: [{{Name: ApiName, Value: orders}}, {dimensions}]"
        );
        let template = orders(CANARY, &(alarm(&properties) + FRONT));
        let begins = format!(
            "gate-watches-nothing: Errors: {}",
            expected.unwrap_or_default()
        );
        assert_warned(&template, &begins, expected);
    }
}

#[test]
fn a_versions_arn_is_told_from_its_number() {
    let plain =
        "  Published: {Type: AWS::Lambda::Version, Properties: {FunctionName: !Ref Orders}}\n";
    for (version, more, expected) in [
        ("!GetAtt Orders.Version.Version", "", None),
        ("!GetAtt Published.Version", plain, None),
        ("!Ref Stage", "", None),
        ("!ImportValue version", "", None),
        (
            "!Ref Orders.Version",
            "",
            Some(
                "`!Ref Orders.Version` is a version's ARN, and `ExecutedVersion` is its number; write `!GetAtt Orders.Version.Version`",
            ),
        ),
        (
            "!Ref Published",
            plain,
            Some(
                "`!Ref Published` is a version's ARN, and `ExecutedVersion` is its number; write `!GetAtt Published.Version`",
            ),
        ),
    ] {
        let dimensions = format!(
            ", {{Name: Resource, Value: !Sub '${{Orders}}:live'}}, {{Name: ExecutedVersion, Value: {version}}}"
        );
        let template = orders(CANARY, &(of_function(&dimensions) + more));
        match expected {
            None => assert_eq!(warned(&template), [""; 0], "{version}"),
            Some(message) => {
                let text = warning(&template);
                let (said, help) = message.split_once("; ").unwrap();
                assert!(text.contains(said) && text.contains(help), "{text}");
            }
        }
    }
}
