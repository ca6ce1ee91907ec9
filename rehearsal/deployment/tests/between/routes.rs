//! Routes of an API.

use rehearsal_deployment::Revision;
use rehearsal_deployment::event::Happening;
use rehearsal_deployment::world::Command;

use crate::support::{Seen, between, run, seen};
use crate::{TRAFFIC, all, get, shop};

#[test]
fn routes_of_a_rest_api_change_at_once_when_all_traffic_has_shifted() {
    let rehearsal = format!("{TRAFFIC}{}{}", get("/old"), get("/new"));
    let (plan, _) = between(
        &shop("a", 3, &["/old"], ""),
        &shop("b", 3, &["/new"], ""),
        &rehearsal,
    )
    .unwrap();
    let (world, commands) = run(plan);
    let seen = seen(&world);
    let of = |kind: usize| -> Vec<Seen> {
        seen.iter()
            .filter(|seen| seen.kind == kind)
            .cloned()
            .collect()
    };
    // The update begins at 2, and the last shift is nine minutes later.
    for minute in [0, 5, 10] {
        assert_eq!(all(&of(0), minute, |seen| seen.status), Some(200));
        assert_eq!(all(&of(1), minute, |seen| seen.status), Some(403));
    }
    assert_eq!(all(&of(0), 12, |seen| seen.status), Some(403));
    assert_eq!(
        all(&of(1), 12, |seen| (seen.status, seen.version.clone())),
        (Some(200), "2".to_owned())
    );
    let stage = ["OrdersAlias".to_owned()];
    assert!(!commands.iter().any(
        |command| matches!(command, Command::Alter { resources, .. } if resources[..] == stage)
    ));
    assert!(commands.iter().any(|command| {
        matches!(command, Command::Alter { resources, to: Revision::After } if resources.contains(&"ServerlessRestApiProdStage".to_owned()))
    }));
}

#[test]
fn routes_of_an_update_that_goes_back_were_never_changed() {
    let alarm = "
  Failures:
    Type: AWS::CloudWatch::Alarm
    Properties: {Namespace: AWS/Lambda, MetricName: Errors, Dimensions: [{Name: FunctionName, Value: !Ref Orders}], Statistic: Sum, Period: 60, EvaluationPeriods: 1, ComparisonOperator: GreaterThanOrEqualToThreshold, Threshold: 1, TreatMissingData: notBreaching}
";
    let watched =
        |text: String| text.replace("Every1Minute}", "Every1Minute, Alarms: [!Ref Failures]}");
    let rehearsal = format!(
        "[[stub]]\nfunction = 'Orders'\nversion = 'new'\nerror = 'broken'\n{TRAFFIC}{}{}",
        get("/old"),
        get("/new")
    );
    let (plan, _) = between(
        &watched(shop("a", 3, &["/old"], alarm)),
        &watched(shop("b", 3, &["/new"], alarm)),
        &rehearsal,
    )
    .unwrap();
    let (world, commands) = run(plan);
    let back = |happening: &Happening| matches!(happening, Happening::UpdateRolledBack { .. });
    assert!(world.events().iter().any(|event| back(&event.happening)));
    assert!(
        seen(&world)
            .iter()
            .filter(|seen| seen.kind == 1)
            .all(|seen| seen.status == Some(403))
    );
    assert_eq!(commands, []);
}

#[test]
fn a_route_that_changes_in_the_template_alone_is_served_as_before_and_named() {
    let method = |id: &str, method: &str| {
        let uri = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${Orders.Alias}/invocations";
        format!(
            "  {id}: {{Type: AWS::ApiGateway::Method, Properties: {{RestApiId: !Ref Own, ResourceId: !GetAtt Own.RootResourceId, HttpMethod: {method}, AuthorizationType: NONE, Integration: {{Type: AWS_PROXY, IntegrationHttpMethod: POST, Uri: !Sub '{uri}'}}}}}}\n"
        )
    };
    let own = |description: &str, more: &str| {
        let get = method("Get", "GET");
        format!(
            "
  Own: {{Type: AWS::ApiGateway::RestApi, Properties: {{Name: own}}}}
{get}{more}  OwnDeployment: {{Type: AWS::ApiGateway::Deployment, DependsOn: Get, Properties: {{RestApiId: !Ref Own, Description: {description}}}}}
  OwnStage: {{Type: AWS::ApiGateway::Stage, Properties: {{RestApiId: !Ref Own, DeploymentId: !Ref OwnDeployment, StageName: own}}}}
"
        )
    };
    let rehearsal = format!("{TRAFFIC}{}", get("/orders"));
    let (plan, _) = between(
        &shop("a", 3, &["/orders"], &own("one", "")),
        &shop(
            "b",
            3,
            &["/orders", "/new"],
            &own("two", &method("Delete", "DELETE")),
        ),
        &rehearsal,
    )
    .unwrap();
    assert_eq!(plan.not_deployed, ["DELETE / of Own"], "and `/new` is");
    let mut apis = plan.apis.iter();
    let own = apis.find(|api| api.logical_id == "Own").unwrap();
    assert_eq!(own.front.before.as_ref().unwrap().api.routes.len(), 1);
    assert_eq!(own.front.after.as_ref().unwrap().api.routes.len(), 1);
}

#[test]
fn an_http_api_that_deploys_by_itself_changes_with_its_definition() {
    let api = |text: String| {
        text.replace("Type: Api", "Type: HttpApi").replace(
            "{Api: {OpenApiVersion: 3.0.1}}",
            "{Function: {MemorySize: 128}}",
        )
    };
    let rehearsal = format!("{TRAFFIC}{}{}", get("/old"), get("/new"));
    let (plan, update) = between(
        &api(shop("a", 3, &["/old"], "")),
        &api(shop("b", 3, &["/new"], "")),
        &rehearsal,
    )
    .unwrap();
    assert!(update.routes.len() == 2, "{:?}", update.routes);
    let (world, _) = run(plan);
    let seen: Vec<Seen> = seen(&world)
        .into_iter()
        .filter(|seen| seen.kind == 1)
        .collect();
    assert_eq!(all(&seen, 5, |seen| seen.status), Some(404));
    assert_eq!(all(&seen, 12, |seen| seen.status), Some(200));
}

#[test]
fn a_request_without_the_key_that_a_route_asks_for_is_answered_by_the_api() {
    let keyed = |code: &str| {
        let globals = "{Api: {OpenApiVersion: 3.0.1, Auth: {ApiKeyRequired: true}}}";
        shop(code, 3, &["/orders"], "").replace("{Api: {OpenApiVersion: 3.0.1}}", globals)
    };
    let rehearsal = format!(
        "{TRAFFIC}{}{}headers = {{ X-API-Key = 'a-key' }}\n",
        get("/orders"),
        get("/orders")
    );
    let (plan, _) = between(&keyed("a"), &keyed("b"), &rehearsal).unwrap();
    let (world, _) = run(plan);
    for seen in seen(&world) {
        assert_eq!(seen.status, Some(if seen.kind == 0 { 403 } else { 200 }));
        assert_eq!(seen.version.is_empty(), seen.kind == 0);
    }
}
